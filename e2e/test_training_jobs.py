"""Training jobs with folders that a user registers, and everything that can go wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from server import ROOT, Server
from training import ROLE, XGBOOST, Training

pytestmark = pytest.mark.server


def refused(call: Callable[..., Any], code: str, *words: str, **arguments: Any) -> None:
    """The call is answered with an error of that code and these words."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    for word in words:
        assert word in error["Message"]


@pytest.fixture
def image(server: Server, tmp_path: Path, unique: Callable[[str], str]) -> Callable[[str], str]:
    """Registers a folder with a train script; answers the image's URI."""

    def register(script: str) -> str:
        folder = tmp_path / unique("folder")
        folder.mkdir()
        (folder / "train").write_text("#!/usr/bin/env bash\n" + script)
        (folder / "train").chmod(0o755)
        uri = f"example.com/{unique('image')}:1"
        server.run("image", "add", uri, folder)
        return uri

    return register


def test_word_count_example(server: Server, training: Training) -> None:
    server.run("image", "add", "example/word-count:1", ROOT / "examples" / "word_count")
    assert "example/word-count:1" in server.run("image", "list")
    uri = training.upload("train", "to be or not to be\n", "To sleep\n")
    description = training.run("example/word-count:1", [training.channel("train", uri, None)])
    assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
    files = training.artifact(description)
    assert files["counts.txt"].split()[:4] == [b"3", b"to", b"2", b"be"]
    metrics = {m["MetricName"]: m["Value"] for m in description["FinalMetricDataList"]}
    assert metrics == {"words": 8.0}
    assert training.lines() == ["words: 8"]
    server.run("image", "remove", "example/word-count:1")
    refused(
        training.sagemaker.create_training_job,
        "ValidationException",
        "sagebrush image add example/word-count:1",
        **{**training.request("example/word-count:1", []), "TrainingJobName": "removed"},
    )


def test_what_a_program_sees(training: Training, image: Callable[[str], str]) -> None:
    """TrainContainer-3, TrainContainer-4, TrainContainer-5, TrainContainer-6."""
    uri = image(
        "set -e\n"
        'base=${SAGEMAKER_BASE_DIR:-/opt/ml}\ncat "$base/input/config/hyperparameters.json"\necho\n'
        'cat "$base/input/config/inputdataconfig.json"\necho\n'
        'cat "$base/input/config/resourceconfig.json"\necho\n'
        'echo "$TRAINING_JOB_NAME|$GREETING|$AWS_REGION|$TRAINING_JOB_ARN"\n'
        'ls "$base/input/data/train"\n'
    )
    data = training.upload("train", "x")
    description = training.run(
        uri,
        [training.channel("train", data, "text/plain")],
        {"alpha": "1", "quote": 'a "b"'},
        Environment={"GREETING": "hello there"},
    )
    assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
    import json

    lines = training.lines()
    assert json.loads(lines[0]) == {"alpha": "1", "quote": 'a "b"'}
    assert json.loads(lines[1])["train"] == {
        "ContentType": "text/plain",
        "TrainingInputMode": "File",
        "S3DistributionType": "FullyReplicated",
        "RecordWrapperType": "None",
    }
    assert json.loads(lines[2])["hosts"] == ["algo-1"]
    arn = description["TrainingJobArn"]
    assert lines[3] == f"{training.name}|hello there|us-east-1|{arn}"
    assert lines[4] == "part-0"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo it went wrong >&2\nexit 1\n", ["AlgorithmError", "code 1", "it went wrong"]),
        (
            'mkdir -p "${SAGEMAKER_BASE_DIR:-/opt/ml}/output"\n'
            'echo "the reason" > "${SAGEMAKER_BASE_DIR:-/opt/ml}/output/failure"\nexit 3\n',
            ["AlgorithmError", "the reason"],
        ),
        ("kill -KILL $$\n", ["AlgorithmError", "SIGKILL"]),
    ],
)
def test_script_that_fails(
    training: Training, image: Callable[[str], str], script: str, words: list[str]
) -> None:
    """TrainContainer-7."""
    description = training.run(image(script), [])
    assert description["TrainingJobStatus"] == "Failed"
    for word in words:
        assert word in description["FailureReason"]


def test_metrics_of_both_outputs(training: Training, image: Callable[[str], str]) -> None:
    """Metric-1, TrainContainer-13, DescTJ-14: of both outputs, the last value."""
    uri = image("echo 'a=1;'\necho 'x b=2; y' >&2\necho 'a=3;'\n")
    request = training.request(uri, [])
    request["AlgorithmSpecification"]["MetricDefinitions"] = [
        {"Name": name, "Regex": f"{name}=(.*?);"} for name in ("a", "b", "absent")
    ]
    training.sagemaker.create_training_job(**request)
    description = training.wait()
    assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
    metrics = {m["MetricName"]: m["Value"] for m in description["FinalMetricDataList"]}
    assert metrics == {"a": 3.0, "b": 2.0}
    specification = description["AlgorithmSpecification"]
    assert specification["EnableSageMakerMetricsTimeSeries"] is True  # CreateTrainingJob-19


def test_time_limit(training: Training, image: Callable[[str], str]) -> None:
    """CreateTrainingJob-27, DescTJ-7, Stop-2."""
    description = training.run(
        image("exec sleep 600\n"), [], StoppingCondition={"MaxRuntimeInSeconds": 1}
    )
    assert description["TrainingJobStatus"] == "Stopped"
    assert description["SecondaryStatus"] == "MaxRuntimeExceeded"


def test_waiter(training: Training, image: Callable[[str], str]) -> None:
    """Gen-4: boto3's waiter, as it comes, ends on Completed, Stopped, Failed and unknown jobs."""
    from botocore.exceptions import WaiterError

    waiter = training.sagemaker.get_waiter("training_job_completed_or_stopped")
    assert (waiter.config.delay, waiter.config.max_attempts) == (120, 180)
    asked: list[str] = []
    training.sagemaker.meta.events.register(
        "after-call.sagemaker.DescribeTrainingJob",
        lambda parsed, **_: asked.append(parsed.get("TrainingJobStatus", "")),
    )
    quick = {"Delay": 1, "MaxAttempts": 120}
    training.sagemaker.create_training_job(**training.request(image("exit 0\n"), []))
    waiter.wait(TrainingJobName=training.name, WaiterConfig=quick)
    assert asked[-1] == "Completed"
    request = training.request(image("exec sleep 600\n"), [])
    request["TrainingJobName"] = f"{training.name}-stopped"
    training.sagemaker.create_training_job(**request)
    training.sagemaker.stop_training_job(TrainingJobName=request["TrainingJobName"])
    waiter.wait(TrainingJobName=request["TrainingJobName"], WaiterConfig=quick)
    assert asked[-1] == "Stopped"
    request = training.request(image("exit 1\n"), [])
    request["TrainingJobName"] = f"{training.name}-failed"
    training.sagemaker.create_training_job(**request)
    with pytest.raises(WaiterError, match="terminal failure"):
        waiter.wait(TrainingJobName=request["TrainingJobName"], WaiterConfig=quick)
    assert asked[-1] == "Failed"
    before = len(asked)
    with pytest.raises(WaiterError, match="terminal failure"):
        waiter.wait(TrainingJobName="absent", WaiterConfig=quick)
    assert len(asked) == before + 1


def test_refusals_at_create(training: Training, unique: Callable[[str], str]) -> None:
    """CreateTrainingJob-1, CreateTrainingJob-17, and images nobody knows."""
    create = training.sagemaker.create_training_job
    uri = training.upload("train", "1,2\n")
    channel = training.channel("train", uri)
    unknown = "123456789012.dkr.ecr.us-east-1.amazonaws.com/nobody:1"
    words = f"sagebrush image add {unknown}"
    refused(create, "ValidationException", words, **training.request(unknown, [channel]))
    for bad in (f"s3://{training.bucket}/nothing-here/", f"s3://{unique('absent')}/x/"):
        request = training.request(XGBOOST, [training.channel("train", bad)])
        refused(create, "ValidationException", bad.split("/")[2], **request)
    request = training.request(
        XGBOOST, [channel], OutputDataConfig={"S3OutputPath": "s3://absent-b/x"}
    )
    refused(create, "ValidationException", "absent-b", **request)
    request = {**training.request(XGBOOST, [channel]), "TrainingJobName": "under_score"}
    refused(create, "ValidationException", "trainingJobName", "regular expression", **request)
    request = training.request(
        XGBOOST, [channel], VpcConfig={"SecurityGroupIds": ["sg-1"], "Subnets": ["s-1"]}
    )
    # Whatever is not served yet is refused, never half obeyed.
    with pytest.raises(ClientError):
        create(**{**request, "EnableManagedSpotTraining": True, "InputDataConfig": [channel]})
    names = training.sagemaker.list_training_jobs(NameContains=training.name)
    assert names["TrainingJobSummaries"] == []


def test_names_are_unique_and_described_whole(
    training: Training, image: Callable[[str], str]
) -> None:
    """CreateTrainingJob-1, StopTrainingJob-2; every member of the request is described back."""
    request = training.request(
        image("exit 0\n"),
        [],
        {"a": "b"},
        Environment={"K": "V"},
        Tags=[{"Key": "team", "Value": "blue"}],
    )
    request["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "m", "Regex": "m=(\\d+)"}]
    arn = training.sagemaker.create_training_job(**request)["TrainingJobArn"]
    assert arn.endswith(f":training-job/{training.name}")
    refused(training.sagemaker.create_training_job, "ResourceInUse", **request)
    description = training.wait()
    for name, value in request.items():
        if name not in ("Tags", "AlgorithmSpecification", "InputDataConfig", "OutputDataConfig"):
            assert description[name] == value, name
    assert description["RoleArn"] == ROLE
    assert training.sagemaker.list_tags(ResourceArn=arn)["Tags"] == request["Tags"]
    listed = training.sagemaker.list_training_jobs(NameContains=training.name)
    assert [s["TrainingJobArn"] for s in listed["TrainingJobSummaries"]] == [arn]
    refused(
        training.sagemaker.stop_training_job,
        "ValidationException",
        "The request was rejected because the training job is in status Completed.",
        TrainingJobName=training.name,
    )


def test_job_that_does_not_exist(training: Training) -> None:
    """X-2."""
    for call in (training.sagemaker.describe_training_job, training.sagemaker.stop_training_job):
        refused(
            call, "ValidationException", "Requested resource not found", TrainingJobName="absent"
        )
