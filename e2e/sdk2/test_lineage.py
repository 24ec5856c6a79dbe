"""The SDK's own view of lineage, version 2: its objects, its queries and its pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import guide
import pytest
import sagemaker
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.lineage.action import Action
from sagemaker.lineage.artifact import Artifact, DatasetArtifact, ImageArtifact, ModelArtifact
from sagemaker.lineage.association import Association
from sagemaker.lineage.context import Context, EndpointContext
from sagemaker.lineage.lineage_trial_component import LineageTrialComponent
from sagemaker.lineage.query import (
    LineageEntityEnum,
    LineageFilter,
    LineageQuery,
    LineageQueryDirectionEnum,
    LineageSourceEnum,
)
from sagemaker.lineage.visualizer import LineageTableVisualizer
from server import Server

pytestmark = [pytest.mark.server, pytest.mark.sdk2]


def test_objects(session: sagemaker.Session, unique: Callable[[str], str]) -> None:
    """Create, load, save, list, tag and delete, as the SDK's own tests do it."""
    name = unique("sdk")
    action = Action.create(
        action_name=name,
        action_type="bar",
        source_uri="bazz",
        status="InProgress",
        properties={"k1": "v1"},
        sagemaker_session=session,
    )
    action.description = "changed"
    action.status = "Completed"
    action.properties = {"k3": "v3"}
    action.properties_to_remove = ["k1"]
    action.save()
    loaded = Action.load(action_name=name, sagemaker_session=session)
    assert (loaded.description, loaded.status, loaded.properties) == (
        "changed",
        "Completed",
        {"k3": "v3"},
    )
    loaded.set_tag({"Key": "foo", "Value": "bar"})
    assert session.sagemaker_client.list_tags(ResourceArn=action.action_arn)["Tags"] == [
        {"Key": "foo", "Value": "bar"}
    ]
    # Two artifacts may have one name, when their sources differ.
    made = [
        Artifact.create(
            artifact_name="foo",
            artifact_type=name,
            source_uri=f"{name}/{number}",
            properties={"k1": "v1"},
            sagemaker_session=session,
        )
        for number in range(12)
    ]
    for order in ("Ascending", "Descending"):
        listed = [
            a.artifact_arn
            for a in Artifact.list(
                artifact_type=name,
                sort_by="CreationTime",
                sort_order=order,
                sagemaker_session=session,
            )
        ]
        assert listed == [a.artifact_arn for a in made][:: 1 if order == "Ascending" else -1]
    Association.create(
        source_arn=made[0].artifact_arn,
        destination_arn=action.action_arn,
        association_type="ContributedTo",
        sagemaker_session=session,
    )
    action.delete(disassociate=True)
    for artifact in made:
        artifact.delete()


def test_endpoints_of_a_model(session: sagemaker.Session, unique: Callable[[str], str]) -> None:
    """The SDK finds endpoints by the kind and by the type of what a model leads to."""
    name = unique("deployed")
    model = ModelArtifact.create(
        artifact_type="Model", source_uri=f"s3://{name}/model", sagemaker_session=session
    )
    action = Action.create(
        action_name=name,
        action_type="ModelDeployment",
        source_uri=name,
        status="Completed",
        sagemaker_session=session,
    )
    context = Context.create(
        context_name=name, context_type="Endpoint", source_uri=name, sagemaker_session=session
    )
    for source, destination in (
        (model.artifact_arn, action.action_arn),
        (action.action_arn, context.context_arn),
    ):
        Association.create(
            source_arn=source, destination_arn=destination, sagemaker_session=session
        )
    (found,) = model.endpoints()
    assert found.destination_arn == context.context_arn
    (endpoint,) = model.endpoint_contexts()
    assert isinstance(endpoint, EndpointContext)
    assert endpoint.context_name == name
    (deployment,) = endpoint.actions(LineageQueryDirectionEnum.ASCENDANTS)
    assert deployment.action_name == name
    assert [a.artifact_arn for a in action.artifacts()] == [model.artifact_arn]


@pytest.fixture(scope="module")
def image(server: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URI of an image whose program leaves a model."""
    folder = tmp_path_factory.mktemp("image")
    (folder / "train").write_text("#!/bin/sh\necho w > /opt/ml/model/weights\n")
    (folder / "train").chmod(0o755)
    uri = "example.com/lineage-of-the-sdk:1"
    server.run("image", "add", uri, folder)
    return uri


def test_training(
    session: sagemaker.Session, role: str, image: str, channels: dict[str, str], tmp_path: Path
) -> None:
    """What a training job leaves is found by every helper that the SDK has for it."""
    estimator = Estimator(
        image, role, instance_count=1, instance_type="ml.m5.large", sagemaker_session=session
    )
    estimator.fit({name: TrainingInput(uri) for name, uri in channels.items()}, logs=False)
    job = estimator.latest_training_job.name
    table = LineageTableVisualizer(session).show(training_job_name=job)
    rows = {
        (row["Direction"], row["Type"], row["Association Type"], row["Lineage Type"])
        for _, row in table.iterrows()
    }
    assert rows == {
        ("Input", "Image", "ContributedTo", "artifact"),
        ("Input", "DataSet", "ContributedTo", "artifact"),
        ("Output", "Model", "Produced", "artifact"),
    }
    assert len(table) == 4
    assert any(name.endswith("output/model.tar.gz") for name in table["Name/Source"])

    component = LineageTrialComponent.load(
        trial_component_name=f"{job}-aws-training-job", sagemaker_session=session
    )
    datasets = component.dataset_artifacts()
    assert {type(a) for a in datasets} == {DatasetArtifact}
    assert {a.source.source_uri for a in datasets} == set(channels.values())
    (model,) = component.models()
    assert isinstance(model, ModelArtifact)
    assert model.source.source_uri == estimator.model_data
    assert {a.artifact_arn for a in model.dataset_artifacts()} == {a.artifact_arn for a in datasets}
    (training_job,) = model.training_job_arns()
    assert training_job.endswith(f":training-job/{job}")
    assert model.pipeline_execution_arn() is None

    query = LineageQuery(session)
    result = query.query(
        start_arns=[model.artifact_arn],
        query_filter=LineageFilter(
            entities=[LineageEntityEnum.ARTIFACT], sources=[LineageSourceEnum.IMAGE]
        ),
        direction=LineageQueryDirectionEnum.ASCENDANTS,
    )
    assert {v.lineage_source for v in result.vertices} == {"Model", "TrainingJob", "Image"}
    assert [e.association_type for e in result.edges].count("ContributedTo") == 1
    found = [v.to_lineage_object() for v in result.vertices if v.lineage_source == "Image"]
    assert [type(a) for a in found] == [ImageArtifact]
    assert {a.artifact_arn for a in found[0].datasets(LineageQueryDirectionEnum.BOTH)} >= {
        a.artifact_arn for a in datasets
    }
    elements = result._get_visualization_elements()  # what the picture is drawn of
    assert [node[0] for node in elements["nodes"] if node[3]] == [model.artifact_arn]
    arns = {node[0] for node in elements["nodes"]}
    assert all(edge[0] in arns and edge[1] in arns for edge in elements["edges"])


@pytest.mark.parametrize("section", guide.sections("lineage.md"), ids=lambda s: s.title)
def test_guide(section: guide.Section, server: Server, account: None, tmp_path: Path) -> None:
    """Every program of docs/lineage.md does what the page says."""
    section.run(server, tmp_path)
