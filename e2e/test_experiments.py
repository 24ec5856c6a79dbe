"""Experiments, trials, trial components and their metrics, as boto3 programs use them."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from programs import Programs
from server import Server
from training import Training

pytestmark = pytest.mark.server

LOSS = """
for loss in (0.5, 0.125, 0.25):
    print(f"loss={loss};", flush=True)
open("/opt/ml/model/weights", "w").write("w")
"""
METRICS = [{"Name": "loss", "Regex": "loss=(.*?);"}]


@pytest.fixture
def image(program: Programs) -> str:
    """An image whose program prints three values of a loss."""
    return program(LOSS)


def refused(call: Callable[..., Any], code: str, words: str, **arguments: Any) -> None:
    """The call is refused with that code and these words."""
    with pytest.raises(ClientError) as failure:
        call(**arguments)
    error = failure.value.response["Error"]
    assert error["Code"] == code
    assert words in error["Message"]


def when(text: float) -> datetime.datetime:
    """A time of this hour."""
    return datetime.datetime.fromtimestamp(text, datetime.UTC)


def test_life_of_an_experiment(client: Callable[..., Any], unique: Callable[[str], str]) -> None:
    """Make, list, change and delete, in the order that the service asks for."""
    sagemaker, name = client("sagemaker"), unique("Exp")
    arn = sagemaker.create_experiment(
        ExperimentName=name, Description="one", Tags=[{"Key": "team", "Value": "sage"}]
    )["ExperimentArn"]
    assert arn.endswith(f":experiment/{name.lower()}")
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "sage"}]
    refused(
        sagemaker.create_experiment,
        "ValidationException",
        "already exists",
        ExperimentName=name.lower(),
    )
    for number in range(3):
        sagemaker.create_trial(ExperimentName=name, TrialName=f"{name}-t{number}")
        sagemaker.create_trial_component(
            TrialComponentName=f"{name}-c{number}",
            Parameters={"rate": {"NumberValue": 0.1}, "kind": {"StringValue": "linear"}},
            InputArtifacts={"data": {"Value": "s3://b/data", "MediaType": "text/csv"}},
            Status={"PrimaryStatus": "InProgress", "Message": "at work"},
            StartTime=when(1_700_000_000),
        )
        sagemaker.associate_trial_component(
            TrialName=f"{name}-t0", TrialComponentName=f"{name}-c{number}"
        )
    pages = sagemaker.get_paginator("list_trial_components").paginate(
        ExperimentName=name, SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 1}
    )
    names = [s["TrialComponentName"] for p in pages for s in p["TrialComponentSummaries"]]
    assert names == [f"{name}-c{number}" for number in range(3)]
    trials = sagemaker.list_trials(TrialComponentName=f"{name}-c1")["TrialSummaries"]
    assert [t["TrialName"] for t in trials] == [f"{name}-t0"]
    sagemaker.update_trial_component(
        TrialComponentName=f"{name}-c1",
        ParametersToRemove=["kind"],
        OutputArtifacts={"plot": {"Value": "s3://b/plot"}},
        EndTime=when(1_700_000_060),
        Status={"PrimaryStatus": "Completed"},
    )
    component = sagemaker.describe_trial_component(TrialComponentName=f"{name}-c1")
    assert component["Parameters"] == {"rate": {"NumberValue": 0.1}}
    assert component["InputArtifacts"]["data"]["MediaType"] == "text/csv"
    assert component["OutputArtifacts"] == {"plot": {"Value": "s3://b/plot"}}
    assert component["Status"] == {"PrimaryStatus": "Completed"}
    assert component["EndTime"] - component["StartTime"] == datetime.timedelta(minutes=1)
    refused(
        sagemaker.delete_experiment, "ValidationException", "it has trials", ExperimentName=name
    )
    refused(
        sagemaker.delete_trial, "ValidationException", "trial components", TrialName=f"{name}-t0"
    )
    refused(
        sagemaker.delete_trial_component,
        "ValidationException",
        "is associated with the trial",
        TrialComponentName=f"{name}-c0",
    )
    for number in range(3):
        sagemaker.disassociate_trial_component(
            TrialName=f"{name}-t0", TrialComponentName=f"{name}-c{number}"
        )
        sagemaker.delete_trial_component(TrialComponentName=f"{name}-c{number}")
    for number in range(3):
        sagemaker.delete_trial(TrialName=f"{name}-t{number}")
    assert sagemaker.delete_experiment(ExperimentName=name)["ExperimentArn"] == arn
    refused(
        sagemaker.describe_experiment,
        "ResourceNotFound",
        "does not exist",
        ExperimentName=name,
    )


def test_metrics(client: Callable[..., Any], unique: Callable[[str], str]) -> None:
    """Values are summarized as they come, and read by step and by minute."""
    sagemaker, metrics, name = client("sagemaker"), client("sagemaker-metrics"), unique("run")
    arn = sagemaker.create_trial_component(TrialComponentName=name)["TrialComponentArn"]
    start = int(time.time()) // 3600 * 3600
    values = [3.0, 1.0, 2.0]
    answer = metrics.batch_put_metrics(
        TrialComponentName=name,
        MetricData=[
            {"MetricName": "loss", "Timestamp": when(start + step), "Step": step, "Value": value}
            for step, value in enumerate(values)
        ]
        + [{"MetricName": "loss", "Timestamp": when(1), "Value": 1.0}],
    )
    assert answer["Errors"] == [{"Code": "VALIDATION_ERROR", "MetricIndex": 3}]
    (summary,) = sagemaker.describe_trial_component(TrialComponentName=name)["Metrics"]
    assert summary["SourceArn"] == arn
    assert summary["TimeStamp"] == when(start + 2)
    assert [summary[key] for key in ("Min", "Max", "Avg", "Last", "Count")] == [1, 3, 2, 2, 3]
    assert summary["StdDev"] == pytest.approx((2 / 3) ** 0.5)
    query = {"MetricName": "loss", "ResourceArn": arn, "MetricStat": "Last"}
    if not hasattr(metrics, "batch_get_metrics"):
        return  # the clients of 2023 do not know it
    by_step, by_minute, wrong = metrics.batch_get_metrics(
        MetricQueries=[
            {**query, "Period": "IterationNumber", "XAxisType": "IterationNumber", "Start": 1},
            {**query, "Period": "OneMinute", "XAxisType": "Timestamp"},
            {**query, "Period": "OneMinute", "XAxisType": "IterationNumber"},
        ]
    )["MetricQueryResults"]
    assert by_step == {"Status": "Complete", "XAxisValues": [1, 2], "MetricValues": [1.0, 2.0]}
    assert by_minute == {"Status": "Complete", "XAxisValues": [start], "MetricValues": [2.0]}
    assert wrong["Status"] == "ValidationError"
    refused(
        metrics.batch_put_metrics,
        "ResourceNotFound",
        "does not exist",
        TrialComponentName="nope",
        MetricData=[{"MetricName": "m", "Timestamp": when(start), "Value": 1.0}],
    )


def test_jobs_are_components(
    training: Training, image: str, unique: Callable[[str], str], client: Callable[..., Any]
) -> None:
    """A job that names nothing has its component, one that names a trial joins it."""
    sagemaker, name = training.sagemaker, unique("exp")
    sagemaker.create_experiment(ExperimentName=name)
    sagemaker.create_trial(ExperimentName=name, TrialName=f"{name}-trial")
    algorithm = {
        "TrainingImage": image,
        "TrainingInputMode": "File",
        "MetricDefinitions": METRICS,
    }
    uri = training.upload("train", "1,2\n")
    answer = training.run(
        image,
        [training.channel("train", uri)],
        {"rounds": "7", "booster": "gbtree"},
        AlgorithmSpecification=algorithm,
        ExperimentConfig={
            "ExperimentName": name,
            "TrialName": f"{name}-trial",
            "TrialComponentDisplayName": "Shown",
        },
    )
    assert answer["TrainingJobStatus"] == "Completed", answer.get("FailureReason")
    assert answer["ExperimentConfig"]["TrialName"] == f"{name}-trial"
    (found,) = sagemaker.list_trial_components(SourceArn=answer["TrainingJobArn"].lower())[
        "TrialComponentSummaries"
    ]
    assert found["TrialComponentName"] == f"{training.name}-aws-training-job"
    assert found["DisplayName"] == "Shown"
    assert found["TrialComponentSource"] == {
        "SourceArn": answer["TrainingJobArn"],
        "SourceType": "SageMakerTrainingJob",
    }
    component = sagemaker.describe_trial_component(TrialComponentName=found["TrialComponentArn"])
    assert component["Parameters"] == {
        "rounds": {"NumberValue": 7.0},
        "booster": {"StringValue": "gbtree"},
        "SageMaker.ImageUri": {"StringValue": image},
        "SageMaker.InstanceType": {"StringValue": "ml.m5.large"},
        "SageMaker.InstanceCount": {"NumberValue": 1.0},
        "SageMaker.VolumeSizeInGB": {"NumberValue": 5.0},
    }
    assert component["InputArtifacts"] == {"train": {"Value": uri, "MediaType": "text/csv"}}
    assert component["OutputArtifacts"] == {
        "SageMaker.ModelArtifact": {"Value": answer["ModelArtifacts"]["S3ModelArtifacts"]}
    }
    assert component["Status"]["PrimaryStatus"] == "Completed"
    assert component["StartTime"] == answer["TrainingStartTime"]
    assert component["EndTime"] == answer["TrainingEndTime"]
    (summary,) = component["Metrics"]
    assert summary["SourceArn"] == answer["TrainingJobArn"]
    assert [summary[key] for key in ("Min", "Max", "Last", "Count")] == [0.125, 0.5, 0.25, 3]
    metrics = client("sagemaker-metrics")
    if hasattr(metrics, "batch_get_metrics"):
        query = {"MetricName": "loss", "ResourceArn": answer["TrainingJobArn"]}
        query |= {"MetricStat": "Count", "Period": "OneHour", "XAxisType": "Timestamp"}
        (result,) = metrics.batch_get_metrics(MetricQueries=[query])["MetricQueryResults"]
        assert sum(result["MetricValues"]) == 3
    in_trial = sagemaker.list_trial_components(TrialName=f"{name}-trial")
    assert [c["TrialComponentArn"] for c in in_trial["TrialComponentSummaries"]] == [
        found["TrialComponentArn"]
    ]


def test_a_job_gets_a_trial_of_its_own(
    training: Training, image: str, unique: Callable[[str], str]
) -> None:
    """An experiment without a trial: the service makes one. What is not there is refused."""
    sagemaker, name = training.sagemaker, unique("exp")
    request = training.request(image, [], ExperimentConfig={"ExperimentName": name})
    refused(sagemaker.create_training_job, "ResourceNotFound", "does not exist", **request)
    sagemaker.create_experiment(ExperimentName=name)
    sagemaker.create_training_job(**request)
    assert training.wait()["TrainingJobStatus"] == "Completed"
    (trial,) = sagemaker.list_trials(ExperimentName=name)["TrialSummaries"]
    components = sagemaker.list_trial_components(TrialName=trial["TrialName"])
    (component,) = components["TrialComponentSummaries"]
    assert component["TrialComponentName"] == f"{training.name}-aws-training-job"


def test_hostile_texts(client: Callable[..., Any], unique: Callable[[str], str]) -> None:
    """Whatever a text holds, it comes back as it was, and nothing else changes."""
    sagemaker, name = client("sagemaker"), unique("run")
    hostile = "'; DROP TABLE resource; -- \" $1 ? %s {{x}} \\ \N{SNOWMAN} \x01 <script>"
    sagemaker.create_trial_component(
        TrialComponentName=name,
        Parameters={hostile: {"StringValue": hostile}},
        OutputArtifacts={hostile: {"Value": hostile}},
        Status={"PrimaryStatus": "Failed", "Message": hostile},
    )
    client("sagemaker-metrics").batch_put_metrics(
        TrialComponentName=name,
        MetricData=[{"MetricName": hostile, "Timestamp": when(time.time()), "Value": 1.0}],
    )
    component = sagemaker.describe_trial_component(TrialComponentName=name)
    assert component["Parameters"] == {hostile: {"StringValue": hostile}}
    assert component["OutputArtifacts"] == {hostile: {"Value": hostile}}
    assert component["Status"]["Message"] == hostile
    assert component["Metrics"][0]["MetricName"] == hostile
    for call, arguments in (
        (sagemaker.create_experiment, {"ExperimentName": "a b"}),
        (sagemaker.create_experiment, {"ExperimentName": "x" * 121}),
        (sagemaker.create_trial_component, {"TrialComponentName": "-"}),
        (sagemaker.list_trial_components, {"SourceArn": hostile}),
        (sagemaker.list_trials, {"NextToken": hostile}),
    ):
        refused(call, "ValidationException", "", **arguments)


def test_pages_while_others_write(
    server: Server, client: Callable[..., Any], unique: Callable[[str], str]
) -> None:
    """What was there throughout is on exactly one page."""
    sagemaker, name = client("sagemaker"), unique("exp")
    sagemaker.create_experiment(ExperimentName=name)
    sagemaker.create_trial(ExperimentName=name, TrialName=name)
    there = [f"{name}-there-{number:02}" for number in range(20)]

    def add(component: str) -> None:
        sagemaker.create_trial_component(TrialComponentName=component)
        sagemaker.associate_trial_component(TrialName=name, TrialComponentName=component)

    for component in there:
        add(component)
    done = threading.Event()
    failures: list[Exception] = []

    def disturb() -> None:
        number = 0
        try:
            while not done.is_set():
                component = f"{name}-new-{number}"
                add(component)
                if number % 2:
                    sagemaker.disassociate_trial_component(
                        TrialName=name, TrialComponentName=component
                    )
                number += 1
        except Exception as failure:
            failures.append(failure)

    writer = threading.Thread(target=disturb)
    writer.start()
    try:
        for order in ("Ascending", "Descending"):
            pages = sagemaker.get_paginator("list_trial_components").paginate(
                TrialName=name, SortOrder=order, PaginationConfig={"PageSize": 3, "MaxItems": 500}
            )
            names = [s["TrialComponentName"] for p in pages for s in p["TrialComponentSummaries"]]
            kept = [n for n in names if "-there-" in n]
            assert kept == sorted(there, reverse=order == "Descending")
            assert len(names) == len(set(names))
    finally:
        done.set()
        writer.join()
    assert not failures
