"""Experiments with version 3 of the SDK: Run, and the resources of sagemaker-core."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest
from sagemaker.core.experiments.run import Run, list_runs, load_run
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.resources import Experiment, Trial, TrialComponent
from sagemaker.core.shapes import (
    MetricQuery,
    RawMetricData,
    TrialComponentArtifact,
    TrialComponentParameterValue,
)

pytestmark = [pytest.mark.server, pytest.mark.sdk3]


def test_run(unique: Callable[[str], str], tmp_path: Path) -> None:
    """A run is logged, loaded again and listed."""
    session, name = Session(), unique("run3")
    (tmp_path / "notes.txt").write_text("notes")
    with Run(experiment_name=name, run_name="One", sagemaker_session=session) as run:
        run.log_parameters({"rate": 0.1, "kind": "linear"})
        for step in range(12):
            run.log_metric("loss", 1 / (step + 1), step=step)
        run.log_file(str(tmp_path / "notes.txt"), name="notes")
        run.log_confusion_matrix([0, 1, 1], [0, 1, 0], title="matrix")
    with load_run(experiment_name=name, run_name="one", sagemaker_session=session) as later:
        later.log_parameter("rate", 0.2)
    client = boto3.client("sagemaker")
    component = client.describe_trial_component(TrialComponentName=f"{name}-one")
    assert component["Status"]["PrimaryStatus"] == "Completed"
    assert component["Parameters"]["rate"] == {"NumberValue": 0.2}
    assert component["OutputArtifacts"]["notes"]["MediaType"] == "text/plain"
    assert [(m["MetricName"], m["Count"]) for m in component["Metrics"]] == [("loss", 12)]
    (made,) = client.list_associations(SourceArn=component["TrialComponentArn"])[
        "AssociationSummaries"
    ]
    assert (made["DestinationName"], made["DestinationType"]) == ("matrix", "ConfusionMatrix")
    assert [r.run_name for r in list_runs(name, sagemaker_session=session)] == ["one"]


def test_resources(unique: Callable[[str], str]) -> None:
    """The generated classes make, read, change and delete."""
    name = unique("Core")
    experiment = Experiment.create(experiment_name=name, description="one")
    assert experiment.description == "one"
    trial = Trial.create(trial_name=name, experiment_name=name, display_name="Shown")
    assert trial.display_name == "Shown"
    component = TrialComponent.create(
        trial_component_name=name.lower(),
        parameters={"rate": TrialComponentParameterValue(number_value=0.5)},
        input_artifacts={"data": TrialComponentArtifact(value="s3://bucket/data")},
    )
    assert component.parameters["rate"].number_value == 0.5
    component.associate_trail(trial_name=name)
    assert [t.trial_name for t in Trial.get_all(trial_component_name=name.lower())] == [name]
    found = TrialComponent.get_all(experiment_name=name)
    assert [c.trial_component_name for c in found] == [name.lower()]
    values = [  # this SDK leaves out members that are 0
        RawMetricData(metric_name="loss", timestamp=time.time(), step=step, value=4.0 - step)
        for step in (1, 2, 3)
    ]
    component.batch_put_metrics(metric_data=values)
    query = MetricQuery(
        metric_name="loss",
        resource_arn=component.trial_component_arn,
        metric_stat="Last",
        period="IterationNumber",
        x_axis_type="IterationNumber",
    )
    answer = component.batch_get_metrics(metric_queries=[query])
    assert answer is not None
    assert answer.metric_query_results[0].metric_values == [3.0, 2.0, 1.0]
    component.refresh()
    assert component.metrics[0].min == 1.0
    component.disassociate_trail(trial_name=name)
    component.delete()
    trial.delete()
    experiment.delete()
    assert name not in {e.experiment_name for e in Experiment.get_all()}
