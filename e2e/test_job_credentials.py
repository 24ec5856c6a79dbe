"""Programs in jobs use AWS clients with no configuration, as their job's role."""

from __future__ import annotations

import json

import pytest
from programs import Programs
from training import ROLE, Training

pytestmark = pytest.mark.server

PROGRAM = """
import json, os, pathlib
import boto3
me = boto3.client("sts").get_caller_identity()
pinned = boto3.client("sts", endpoint_url="https://sts.us-east-1.amazonaws.com").get_caller_identity()
s3 = boto3.client("s3")
s3.put_object(Bucket={bucket!r}, Key="from-a-job", Body=b"hello")
answer = {{
    "arn": me["Arn"],
    "pinned": pinned["Arn"],
    "region": boto3.Session().region_name,
    "body": s3.get_object(Bucket={bucket!r}, Key="from-a-job")["Body"].read().decode(),
}}
pathlib.Path("/opt/ml/model/answer.json").write_text(json.dumps(answer))
"""


def test_boto3_in_a_job(training: Training, program: Programs) -> None:
    # TrainContainer-6: role credentials and the region are there; a pinned STS host too.
    description = training.run(program(PROGRAM.format(bucket=training.bucket)), [])
    assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
    answer = json.loads(training.artifact(description)["answer.json"])
    role = ROLE.rpartition("/")[2]
    assert answer["arn"].endswith(f":assumed-role/{role}/SageMaker")
    assert answer["pinned"] == answer["arn"]
    assert answer["region"] == "us-east-1"
    assert answer["body"] == "hello"
