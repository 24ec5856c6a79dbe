"""The services beside SageMaker that its clients call on the way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from server import Server
from training import GROUP, Training

pytestmark = pytest.mark.server

TRUST = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {"Service": "sagemaker.amazonaws.com"},
      "Action": "sts:AssumeRole"
    }
  ]
}"""


def test_identity_is_an_assumed_role(client: Callable[[str], Any]) -> None:
    identity = client("sts").get_caller_identity()
    account = identity["Account"]
    prefix = f"arn:aws:sts::{account}:assumed-role/"
    assert identity["Arn"].startswith(prefix)
    role = client("iam").get_role(RoleName=identity["Arn"].removeprefix(prefix).split("/")[0])
    assert role["Role"]["Arn"].startswith(f"arn:aws:iam::{account}:role/")


def test_assumed_role_works_with_its_token(server: Server, client: Callable[[str], Any]) -> None:
    arn = f"arn:aws:iam::{client('sts').get_caller_identity()['Account']}:role/Trainer"
    keys = client("sts").assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    given = {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
    }
    sts = server.client("sts", **given, aws_session_token=keys["SessionToken"])
    assert sts.get_caller_identity()["Arn"].endswith(":assumed-role/Trainer/me")
    for token in (None, keys["SessionToken"][:-4] + "AAAA"):
        with pytest.raises(ClientError):
            server.client("sts", **given, aws_session_token=token).get_caller_identity()


def test_roles(client: Callable[[str], Any], unique: Callable[[str], str]) -> None:
    iam, name = client("iam"), unique("role")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    policy = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
    iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert [p["PolicyArn"] for p in attached] == [policy]
    with pytest.raises(ClientError) as error:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    assert error.value.response["Error"]["Code"] == "EntityAlreadyExists"
    arn = iam.get_role(RoleName=name)["Role"]["Arn"]
    answers = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject"])
    assert answers["EvaluationResults"][0]["EvalDecision"] == "allowed"


def test_logs_of_a_job(server: Server, training: Training, tmp_path: Any) -> None:
    (tmp_path / "train").write_text("#!/bin/sh\nfor i in 1 2 3 4 5; do echo line $i; done\n")
    (tmp_path / "train").chmod(0o755)
    server.run("image", "add", "example.com/lines:1", tmp_path)
    training.run("example.com/lines:1", [])
    logs = training.logs
    groups = logs.describe_log_groups(logGroupNamePrefix="/aws/sagemaker/")["logGroups"]
    assert GROUP in [g["logGroupName"] for g in groups]
    stream = logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=f"{training.name}/")[
        "logStreams"
    ][0]["logStreamName"]
    assert stream.startswith(f"{training.name}/algo-1-")
    at = {"logGroupName": GROUP, "logStreamName": stream}
    first = logs.get_log_events(**at, startFromHead=True, limit=2)
    assert [e["message"] for e in first["events"]] == ["line 1", "line 2"]
    rest = logs.get_log_events(**at, nextToken=first["nextForwardToken"])
    assert [e["message"] for e in rest["events"]] == ["line 3", "line 4", "line 5"]
    # At the end the token stays the same: that is how clients know.
    end = logs.get_log_events(**at, nextToken=rest["nextForwardToken"])
    assert (end["events"], end["nextForwardToken"]) == ([], rest["nextForwardToken"])
    found = logs.filter_log_events(
        logGroupName=GROUP, logStreamNames=[stream], filterPattern='"line 4"'
    )
    assert [e["message"] for e in found["events"]] == ["line 4"]
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.describe_log_streams(logGroupName="/absent")


def test_metrics(client: Callable[[str], Any], unique: Callable[[str], str]) -> None:
    cloudwatch, space = client("cloudwatch"), unique("Space")
    now = dt.datetime.now(dt.timezone.utc).replace(microsecond=0)
    dimensions = [{"Name": "Host", "Value": "h"}]
    cloudwatch.put_metric_data(
        Namespace=space,
        MetricData=[
            {"MetricName": "m", "Dimensions": dimensions, "Timestamp": now, "Value": float(v)}
            for v in (1, 2, 6)
        ],
    )
    listed = cloudwatch.list_metrics(Namespace=space)["Metrics"]
    assert listed == [{"Namespace": space, "MetricName": "m", "Dimensions": dimensions}]
    window = {
        "StartTime": now - dt.timedelta(minutes=5),
        "EndTime": now + dt.timedelta(minutes=5),
    }
    statistics = cloudwatch.get_metric_statistics(
        Namespace=space,
        MetricName="m",
        Dimensions=dimensions,
        Period=60,
        Statistics=["Average", "Maximum", "SampleCount"],
        **window,
    )["Datapoints"]
    assert [(d["Average"], d["Maximum"], d["SampleCount"]) for d in statistics] == [(3.0, 6.0, 3.0)]
    query = {
        "Id": "q",
        "MetricStat": {"Metric": listed[0], "Period": 60, "Stat": "Sum"},
    }
    data = cloudwatch.get_metric_data(MetricDataQueries=[query], **window)
    assert data["MetricDataResults"][0]["Values"] == [9.0]


def test_a_jobs_metrics_are_in_cloudwatch(
    server: Server, client: Callable[[str], Any], training: Training, tmp_path: Any
) -> None:
    """TrainContainer-13."""
    (tmp_path / "train").write_text("#!/bin/sh\nfor i in 1 2 3; do echo loss=$i; done\n")
    (tmp_path / "train").chmod(0o755)
    server.run("image", "add", "example.com/loss:1", tmp_path)
    request = training.request("example.com/loss:1", [])
    request["AlgorithmSpecification"]["MetricDefinitions"] = [
        {"Name": "loss", "Regex": r"loss=(\d+)"}
    ]
    training.sagemaker.create_training_job(**request)
    description = training.wait()
    final = [(m["MetricName"], m["Value"]) for m in description["FinalMetricDataList"]]
    assert final == [("loss", 3.0)]
    points = client("cloudwatch").get_metric_statistics(
        Namespace="/aws/sagemaker/TrainingJobs",
        MetricName="loss",
        Dimensions=[{"Name": "TrainingJobName", "Value": training.name}],
        StartTime=description["TrainingStartTime"] - dt.timedelta(minutes=2),
        EndTime=dt.datetime.now(dt.timezone.utc) + dt.timedelta(minutes=2),
        Period=60,
        Statistics=["SampleCount", "Maximum"],
    )["Datapoints"]
    assert sum(p["SampleCount"] for p in points) == 3
    assert max(p["Maximum"] for p in points) == 3
