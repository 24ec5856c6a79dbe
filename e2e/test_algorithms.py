"""Algorithm resources: a contract for jobs, proved by a training job that really runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from server import Server
from training import ROLE, Training

pytestmark = pytest.mark.server

# Trains on the channel's lines, and fails where there is no third column.
SCRIPT = """#!/usr/bin/env bash
set -e
cut -d, -f3 -s /opt/ml/input/data/train/* > /opt/ml/model/column
grep -q '"rounds": *"7"' /opt/ml/input/config/hyperparameters.json
grep -q '"rate": *"0.5"' /opt/ml/input/config/hyperparameters.json
if ! [ -s /opt/ml/model/column ]; then
  echo "the third column is missing" > /opt/ml/output/failure
  exit 1
fi
echo "rows: $(wc -l < /opt/ml/model/column)"
"""


@pytest.fixture
def image(server: Server, tmp_path: Path, unique: Callable[[str], str]) -> str:
    """The URI of a registered image with the script."""
    folder = tmp_path / "image"
    folder.mkdir()
    (folder / "train").write_text(SCRIPT)
    (folder / "train").chmod(0o755)
    uri = f"example.com/{unique('algorithm')}:1"
    server.run("image", "add", uri, folder)
    return uri


def algorithm(training: Training, image: str, uri: str | None = None) -> dict[str, Any]:
    """A CreateAlgorithm request; with a URI it has a profile that trains on its data."""
    request: dict[str, Any] = {
        "AlgorithmName": training.name,
        "AlgorithmDescription": "takes the third column",
        "TrainingSpecification": {
            "TrainingImage": image,
            "SupportedHyperParameters": [
                {
                    "Name": "rounds",
                    "Type": "Integer",
                    "Range": {
                        "IntegerParameterRangeSpecification": {"MinValue": "1", "MaxValue": "10"}
                    },
                    "IsRequired": True,
                    "IsTunable": True,
                },
                {"Name": "rate", "Type": "Continuous", "DefaultValue": "0.5"},
            ],
            "SupportedTrainingInstanceTypes": ["ml.m5.large"],
            "MetricDefinitions": [{"Name": "rows", "Regex": "rows: ([0-9]+)"}],
            "TrainingChannels": [
                {
                    "Name": "train",
                    "IsRequired": True,
                    "SupportedContentTypes": ["text/csv"],
                    "SupportedInputModes": ["File"],
                }
            ],
        },
        "Tags": [{"Key": "team", "Value": "sage"}],
    }
    if uri:
        job = training.request(image, [training.channel("train", uri)], {"rounds": "7"})
        request["ValidationSpecification"] = {
            "ValidationRole": ROLE,
            "ValidationProfiles": [
                {
                    "ProfileName": "profile",
                    "TrainingJobDefinition": {
                        "TrainingInputMode": "File",
                        "HyperParameters": job["HyperParameters"],
                        "InputDataConfig": job["InputDataConfig"],
                        "OutputDataConfig": job["OutputDataConfig"],
                        "ResourceConfig": job["ResourceConfig"],
                        "StoppingCondition": job["StoppingCondition"],
                    },
                }
            ],
        }
    return request


def ended(sagemaker: Any, name: str) -> dict[str, Any]:
    """The description once the algorithm is validated."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found: dict[str, Any] = sagemaker.describe_algorithm(AlgorithmName=name)
        if found["AlgorithmStatus"] not in ("Pending", "InProgress"):
            return found
        time.sleep(0.1)
    raise AssertionError(found)


def refusal(call: Callable[..., Any], **arguments: Any) -> str:
    """The message of the ValidationException that the call is answered with."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    return str(caught.value.response["Error"]["Message"])


def test_validated_algorithm(training: Training, image: str) -> None:
    """CreateAlgorithm-7, CreateAlgorithm-8, CreateAlgorithm-9, DescribeAlgorithm-2."""
    sagemaker = training.sagemaker
    uri = training.upload("train", "1,2,3\n4,5,6\n")
    request = algorithm(training, image, uri)
    arn = sagemaker.create_algorithm(**request)["AlgorithmArn"]
    found = ended(sagemaker, arn)
    details = found["AlgorithmStatusDetails"]
    assert found["AlgorithmStatus"] == "Completed", details
    assert details["ValidationStatuses"] == [{"Name": "profile", "Status": "Completed"}]
    assert found["TrainingSpecification"].pop("TrainingImageDigest").startswith("sha256:")
    specification = request["TrainingSpecification"]
    specification["SupportsDistributedTraining"] = False  # what was left out is shown as well
    specification["SupportedHyperParameters"][1].update(IsRequired=False, IsTunable=False)
    assert found["TrainingSpecification"] == specification
    assert found["ValidationSpecification"] == request["ValidationSpecification"]
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == request["Tags"]

    jobs = sagemaker.list_training_jobs(NameContains=f"{training.name}-profile-")
    (summary,) = jobs["TrainingJobSummaries"]
    job = sagemaker.describe_training_job(TrainingJobName=summary["TrainingJobName"])
    assert job["RoleArn"] == ROLE
    assert job["HyperParameters"] == {"rounds": "7", "rate": "0.5"}
    assert {m["MetricName"]: m["Value"] for m in job["FinalMetricDataList"]} == {"rows": 2.0}
    assert training.artifact(job)["column"] == b"3\n6\n"

    listed = sagemaker.list_algorithms(NameContains=training.name, SortBy="Name")
    (entry,) = listed["AlgorithmSummaryList"]
    assert (entry["AlgorithmArn"], entry["AlgorithmStatus"]) == (arn, "Completed")
    assert "already exists" in refusal(sagemaker.create_algorithm, **request)
    sagemaker.delete_algorithm(AlgorithmName=training.name)
    assert "does not exist" in refusal(sagemaker.describe_algorithm, AlgorithmName=training.name)


def test_failing_validation(training: Training, image: str) -> None:
    """DescribeAlgorithm-1, DescribeAlgorithm-2."""
    sagemaker = training.sagemaker
    sagemaker.create_algorithm(**algorithm(training, image, training.upload("train", "nothing\n")))
    found = ended(sagemaker, training.name)
    (profile,) = found["AlgorithmStatusDetails"]["ValidationStatuses"]
    assert (found["AlgorithmStatus"], profile["Status"]) == ("Failed", "Failed")
    assert "AlgorithmError: the third column is missing" in profile["FailureReason"]
    sagemaker.delete_algorithm(AlgorithmName=training.name)


def test_contract_of_a_profile(training: Training, image: str) -> None:
    request = algorithm(training, image, training.upload("train", "1,2,3\n"))
    (profile,) = request["ValidationSpecification"]["ValidationProfiles"]
    profile["TrainingJobDefinition"]["HyperParameters"] = {"rounds": "11"}
    message = refusal(training.sagemaker.create_algorithm, **request)
    assert '"rounds" is "11", but the algorithm takes an integer from 1 to 10' in message


def test_job_of_an_algorithm(training: Training, image: str) -> None:
    """CreateTrainingJob-3, CreateTrainingJob-4, DescribeAlgorithm-4 to DescribeAlgorithm-7."""
    sagemaker = training.sagemaker
    uri = training.upload("train", "1,2,3\n")
    arn = sagemaker.create_algorithm(**algorithm(training, image))["AlgorithmArn"]

    def request(number: int, **changes: Any) -> dict[str, Any]:
        made = training.request(image, [training.channel("train", uri)], {"rounds": "7"})
        made["AlgorithmSpecification"] = {"AlgorithmName": arn, "TrainingInputMode": "File"}
        made["TrainingJobName"] = f"{training.name}-{number}"
        return {**made, **changes}

    resources = {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1}
    breaches: list[tuple[dict[str, Any], str]] = [
        ({"HyperParameters": {}}, 'requires the hyperparameter "rounds"'),
        ({"HyperParameters": {"rounds": "7.5"}}, "takes an integer from 1 to 10"),
        ({"HyperParameters": {"rounds": "7", "depth": "1"}}, '"depth" is none of'),
        ({"InputDataConfig": [training.channel("test", uri)]}, 'channel "test"'),
        ({"InputDataConfig": [training.channel("train", uri, "text/x")]}, "takes text/csv on"),
        ({"ResourceConfig": resources}, "runs on ml.m5.large only"),
    ]
    for number, (changes, words) in enumerate(breaches):
        message = refusal(sagemaker.create_training_job, **request(number, **changes))
        assert words in message

    sagemaker.create_training_job(**request(100))
    sagemaker.delete_algorithm(AlgorithmName=training.name)  # the job took what it needs
    training.name += "-100"
    description = training.wait()
    assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
    assert description["AlgorithmSpecification"]["AlgorithmName"] == arn
    assert "TrainingImage" not in description["AlgorithmSpecification"]
    assert description["HyperParameters"] == {"rounds": "7", "rate": "0.5"}
    metrics = {m["MetricName"]: m["Value"] for m in description["FinalMetricDataList"]}
    assert metrics == {"rows": 1.0}
    assert "does not exist" in refusal(sagemaker.create_training_job, **request(101))
