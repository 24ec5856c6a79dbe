"""Experiments with version 2 of the SDK: Run outside and inside of jobs, and the analytics."""

from __future__ import annotations

import datetime
import json
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path

import boto3
import guide
import pytest
import sagemaker
from sagemaker.analytics import ExperimentAnalytics, TrainingJobAnalytics
from sagemaker.estimator import Estimator
from sagemaker.experiments.experiment import Experiment
from sagemaker.experiments.run import Run, SortByType, SortOrderType, list_runs, load_run
from sagemaker.experiments.trial_component import _TrialComponent
from server import Server

pytestmark = [pytest.mark.server, pytest.mark.sdk2]

SECTIONS = guide.sections("experiments.md")

IN_JOB = """
import os
from sagemaker import Session
from sagemaker.experiments.run import load_run

with load_run(sagemaker_session=Session()) as run:
    run.log_parameter("inside", os.environ["TRAINING_JOB_NAME"])
    for step in range(3):
        run.log_metric("accuracy", step / 4, step=step)
    # At once, so that both are of one minute: the table has a row for each.
    print("loss=0.5;\\nloss=0.25;", flush=True)
open("/opt/ml/model/weights", "w").write("w")
"""


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.title)
def test_guide(server: Server, section: guide.Section, tmp_path: Path) -> None:
    """docs/experiments.md does what it says."""
    section.run(server, tmp_path)


def test_nothing_is_left_out() -> None:
    """The page has a program for runs, jobs and single values."""
    assert len(SECTIONS) == 3


def test_everything_that_run_logs(
    session: sagemaker.Session, unique: Callable[[str], str], tmp_path: Path
) -> None:
    """Parameters, metrics, artifacts, files and charts, and the same run loaded again."""
    client, name = boto3.client("sagemaker"), unique("Everything").lower()
    (tmp_path / "notes.txt").write_text("notes")
    with Run(
        experiment_name=name,
        run_name="Run-One",
        run_display_name="Shown",
        tags=[{"Key": "team", "Value": "sage"}],
        sagemaker_session=session,
    ) as run:
        run.log_parameter("rate", 0.1)
        run.log_parameters({"kind": "linear", "depth": 3, "nothing": float("nan")})
        for step in range(25):
            run.log_metric("loss", 1 / (step + 1), step=step)
        run.log_metric("when", 1.5, timestamp=datetime.datetime.now() - datetime.timedelta(days=1))
        run.log_artifact("data", "s3://bucket/data", media_type="text/csv", is_output=False)
        run.log_file(str(tmp_path / "notes.txt"), name="notes")
        run.log_precision_recall([0, 1, 1], [0.1, 0.8, 0.6], title="pr", no_skill=0)
        run.log_roc_curve([0, 1, 1], [0.1, 0.8, 0.6], title="roc", is_output=False)
        run.log_confusion_matrix([0, 1, 1], [0, 1, 0], title="matrix")
        with load_run(sagemaker_session=session) as same:
            assert same is run
    component = client.describe_trial_component(TrialComponentName=f"{name}-run-one")
    assert component["DisplayName"] == "Shown"
    assert component["Status"]["PrimaryStatus"] == "Completed"
    assert component["StartTime"] < component["EndTime"]
    assert component["Parameters"] == {
        "rate": {"NumberValue": 0.1},
        "kind": {"StringValue": "linear"},
        "depth": {"NumberValue": 3.0},
    }
    assert component["InputArtifacts"] == {
        "data": {"Value": "s3://bucket/data", "MediaType": "text/csv"}
    }
    notes = component["OutputArtifacts"]["notes"]
    assert notes["MediaType"] == "text/plain"
    assert session.read_s3_file(*notes["Value"].removeprefix("s3://").split("/", 1)) == "notes"
    loss, when = component["Metrics"]
    assert (loss["MetricName"], loss["Count"], loss["Max"], loss["Last"]) == ("loss", 25, 1, 0.04)
    assert (when["MetricName"], when["Count"]) == ("when", 1)
    arn = component["TrialComponentArn"]
    made = client.list_associations(SourceArn=arn)["AssociationSummaries"]
    assert {a["DestinationName"] for a in made} == {"pr", "matrix"}
    assert {a["AssociationType"] for a in made} == {"Produced"}
    (used,) = client.list_associations(DestinationArn=arn)["AssociationSummaries"]
    assert (used["SourceName"], used["SourceType"]) == ("roc", "ROCCurve")
    chart = client.describe_artifact(ArtifactArn=used["SourceArn"])["Source"]["SourceUri"]
    text = session.read_s3_file(*chart.removeprefix("s3://").split("/", 1))
    assert json.loads(text)["type"] == "ROCCurve"

    with load_run(experiment_name=name, run_name="run-one", sagemaker_session=session) as later:
        assert later.experiment_name == name
        later.log_parameter("rate", 0.2)
    component = client.describe_trial_component(TrialComponentName=f"{name}-run-one")
    assert component["Parameters"]["rate"] == {"NumberValue": 0.2}
    assert component["Parameters"]["kind"] == {"StringValue": "linear"}

    with (
        pytest.raises(RuntimeError, match="no luck"),
        Run(experiment_name=name, run_name="failed", sagemaker_session=session),
    ):
        raise RuntimeError("no luck")
    failed = client.describe_trial_component(TrialComponentName=f"{name}-failed")
    assert failed["Status"] == {"PrimaryStatus": "Failed", "Message": "no luck"}


def test_lists_and_tables(
    session: sagemaker.Session, unique: Callable[[str], str], caplog: pytest.LogCaptureFixture
) -> None:
    """list_runs and ExperimentAnalytics, then everything is deleted in the SDK's way."""
    name = unique("lists")
    for number in range(3):
        with Run(experiment_name=name, run_name=f"r{number}", sagemaker_session=session) as run:
            run.log_parameter("number", number)
            run.log_metric("test:accuracy", 0.5 + number / 10)
            run.log_metric("test:accuracy", 0.1)
    loose = unique("loose")  # belongs to the experiment, and is no run
    boto3.client("sagemaker").create_trial_component(TrialComponentName=loose)
    run._trial.add_trial_component(loose)
    runs = list_runs(experiment_name=name, sagemaker_session=session)
    assert [r.run_name for r in runs] == ["r2", "r1", "r0"]
    runs = list_runs(
        experiment_name=name,
        sort_by=SortByType.NAME,
        sort_order=SortOrderType.ASCENDING,
        max_results=2,
        sagemaker_session=session,
    )
    assert [r.run_name for r in runs] == ["r0", "r1", "r2"]
    table = ExperimentAnalytics(
        experiment_name=name,
        search_expression={
            "Filters": [{"Name": "Parameters.number", "Operator": "LessThan", "Value": "2"}]
        },
        sort_by="metrics.test:accuracy.max",
        sort_order="Descending",
        sagemaker_session=session,
    ).dataframe()
    assert list(table["TrialComponentName"]) == [f"{name}-r1", f"{name}-r0"]
    assert list(table["number"]) == [1.0, 0.0]
    assert list(table["test:accuracy - Max"]) == [0.6, 0.5]
    assert list(table["test:accuracy - Last"]) == [0.1, 0.1]
    assert list(table["Trials"]) == [[f"Default-Run-Group-{name}"]] * 2
    assert list(table["Experiments"]) == [[name]] * 2
    with caplog.at_level(logging.WARNING):
        _TrialComponent.load(loose, session).delete(force_disassociate=True)
        Experiment.load(name, session)._delete_all("--force")
    left = boto3.client("sagemaker").list_experiments(MaxResults=100)["ExperimentSummaries"]
    assert name not in {e["ExperimentName"] for e in left}


def test_run_and_its_job(
    server: Server,
    session: sagemaker.Session,
    role: str,
    unique: Callable[[str], str],
    tmp_path: Path,
) -> None:
    """fit() inside a run hands it to the job, whose program loads it and logs more."""
    (tmp_path / "train").write_text(f"#!{sys.executable}\n{IN_JOB}")
    (tmp_path / "train").chmod(0o755)
    uri = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{unique('mine')}:1"
    server.run("image", "add", uri, tmp_path)
    client, name = boto3.client("sagemaker"), unique("jobs")
    with Run(experiment_name=name, run_name="first", sagemaker_session=session) as run:
        run.log_parameter("outside", 1)
        estimator = Estimator(
            image_uri=uri,
            role=role,
            instance_count=1,
            instance_type="ml.m5.large",
            hyperparameters={"depth": 3},
            metric_definitions=[{"Name": "loss", "Regex": "loss=(.*?);"}],
        )
        estimator.fit(logs=False)
    job = estimator.latest_training_job.name
    described = client.describe_training_job(TrainingJobName=job)
    assert described["ExperimentConfig"] == {
        "ExperimentName": name,
        "TrialName": f"Default-Run-Group-{name}",
        "RunName": f"{name}-first",
    }
    component = client.describe_trial_component(TrialComponentName=f"{name}-first")
    assert component["Parameters"]["inside"] == {"StringValue": job}
    assert [m["Count"] for m in component["Metrics"] if m["MetricName"] == "accuracy"] == [3]
    assert [s["SourceArn"] for s in component["Sources"]] == [described["TrainingJobArn"]]
    own = client.describe_trial_component(TrialComponentName=f"{job}-aws-training-job")
    assert own["Parameters"]["depth"] == {"NumberValue": 3.0}
    assert own["OutputArtifacts"]["SageMaker.ModelArtifact"]["Value"] == estimator.model_data
    (record,) = client.search(
        Resource="ExperimentTrialComponent",
        SearchExpression={
            "Filters": [{"Name": "Source.SourceArn", "Value": described["TrainingJobArn"]}]
        },
    )["Results"]
    found = record["TrialComponent"]
    assert found["RunName"] == f"{name}-first"
    assert found["SourceDetail"]["TrainingJob"]["TrainingJobStatus"] == "Completed"
    assert found["Parents"] == [{"TrialName": f"Default-Run-Group-{name}", "ExperimentName": name}]
    assert [r.run_name for r in list_runs(name, sagemaker_session=session)] == ["first"]
    frame = TrainingJobAnalytics(job, ["loss"], sagemaker_session=session).dataframe()
    assert list(frame["value"]) == pytest.approx([0.375])


def test_search_sees_a_write_at_once(
    session: sagemaker.Session, unique: Callable[[str], str]
) -> None:
    """What a component shows beside its own row is found as soon as it was written."""
    client, metrics, name = (
        boto3.client("sagemaker"),
        boto3.client("sagemaker-metrics"),
        unique("s"),
    )

    def found(**condition: str) -> bool:
        only = {"Name": "TrialComponentName", "Operator": "Equals", "Value": name}
        expression = {"Filters": [only, condition]}
        results = client.search(Resource="ExperimentTrialComponent", SearchExpression=expression)
        return bool(results["Results"])

    client.create_experiment(ExperimentName=name)
    client.create_trial(ExperimentName=name, TrialName=name)
    client.create_trial_component(TrialComponentName=name)
    member = {"Name": "Parents.TrialName", "Operator": "Equals", "Value": name}
    for _ in range(3):
        assert not found(**member)
        client.associate_trial_component(TrialName=name, TrialComponentName=name)
        assert found(**member)
        client.disassociate_trial_component(TrialName=name, TrialComponentName=name)
    for value in (1.0, 5.0, 9.0):
        least = {"Name": "Metrics.m.Max", "Operator": "GreaterThanOrEqualTo", "Value": str(value)}
        assert not found(**least)
        data = [{"MetricName": "m", "Timestamp": time.time(), "Value": value}]
        metrics.batch_put_metrics(TrialComponentName=name, MetricData=data)
        assert found(**least)
