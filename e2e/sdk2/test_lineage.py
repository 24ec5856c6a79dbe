"""The SDK's own view of lineage, version 2: its objects, its queries and its pictures."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import guide
import pytest
import sagemaker
from sagemaker.estimator import Estimator
from sagemaker.experiments.experiment import Experiment
from sagemaker.experiments.trial import _Trial
from sagemaker.inputs import TrainingInput
from sagemaker.lineage.action import Action, ModelPackageApprovalAction
from sagemaker.lineage.artifact import Artifact, DatasetArtifact, ImageArtifact, ModelArtifact
from sagemaker.lineage.association import Association
from sagemaker.lineage.context import Context, EndpointContext, ModelPackageGroup
from sagemaker.lineage.lineage_trial_component import LineageTrialComponent
from sagemaker.lineage.query import (
    LineageEntityEnum,
    LineageFilter,
    LineageQuery,
    LineageQueryDirectionEnum,
    LineageQueryResult,
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


def sources(result: LineageQueryResult) -> set[str]:
    """The URIs behind what a query found."""
    return {vertex.to_lineage_object().source.source_uri for vertex in result.vertices}


def drawn(page: str, what: str) -> list[dict[str, str]]:
    """The nodes or edges in a page that the SDK drew."""
    found = re.search(rf"{what} = new vis\.DataSet\((\[.*?\])\);", page, re.DOTALL)
    assert found, page
    return list(json.loads(found[1]))


@dataclass(frozen=True)
class Registered:
    """A job in a trial, and the approved version that came of it."""

    data: str
    image: str
    job: str
    model_data: str
    package: str
    group: str
    trial: str

    def artifact(self, uri: str, session: sagemaker.Session) -> str:
        """The ARN of the artifact of a URI."""
        (summary,) = Artifact.list(source_uri=uri, sagemaker_session=session)
        return str(summary.artifact_arn)


@pytest.fixture(scope="module")
def registered(
    session: sagemaker.Session, role: str, image: str, unique: Callable[[str], str]
) -> Registered:
    """Trains, registers and approves, as a program for SageMaker does it."""
    name = unique("registered")
    data = session.upload_string_as_file_body("1,2", session.default_bucket(), f"{name}/data.csv")
    Experiment.create(experiment_name=name, sagemaker_session=session)
    trial = _Trial.create(experiment_name=name, trial_name=f"{name}-t", sagemaker_session=session)
    estimator = Estimator(
        image, role, instance_count=1, instance_type="ml.m5.large", sagemaker_session=session
    )
    estimator.fit(
        {"train": data},
        logs=False,
        experiment_config={"ExperimentName": name, "TrialName": trial.trial_name},
    )
    package = estimator.register(
        content_types=["text/csv"],
        response_types=["text/csv"],
        inference_instances=["ml.m5.large"],
        transform_instances=["ml.m5.large"],
        model_package_group_name=name,
    )
    package.update_approval_status("Approved")
    return Registered(
        data=data,
        image=image,
        job=estimator.latest_training_job.name,
        model_data=estimator.model_data,
        package=package.model_package_arn,
        group=name,
        trial=trial.trial_name,
    )


def test_registered_model(session: sagemaker.Session, registered: Registered) -> None:
    """Every helper finds what led to a registered model, and what became of its data (QL-9)."""
    arn = registered.artifact(registered.package, session)
    table = LineageTableVisualizer(session).show(model_package_arn=registered.package)
    rows = sorted(
        tuple(row[["Direction", "Type", "Association Type", "Lineage Type"]])
        for _, row in table.iterrows()
    )
    assert rows == [
        ("Input", "Approval", "ContributedTo", "action"),
        ("Input", "Approval", "ContributedTo", "action"),
        ("Input", "Image", "ContributedTo", "artifact"),
        ("Input", "Model", "ContributedTo", "artifact"),
        ("Output", "ModelGroup", "AssociatedWith", "context"),
    ]
    package = ModelArtifact.load(arn, session)
    assert package.artifact_type == "Model"  # as the live service has it
    assert [a.source.source_uri for a in package.dataset_artifacts()] == [registered.data]
    (job,) = package.training_job_arns()
    assert job.endswith(f":training-job/{registered.job}")
    assert package.endpoint_contexts() == package.endpoints() == []

    data = DatasetArtifact.load(registered.artifact(registered.data, session), session)
    assert data.trained_models() == []  # it asks for contexts, there as here
    only = LineageFilter(sources=[LineageSourceEnum.MODEL])
    models = LineageQuery(session).query(
        [data.artifact_arn], LineageQueryDirectionEnum.DESCENDANTS, False, only
    )
    assert sources(models) == {registered.model_data, registered.package}
    assert data.endpoint_contexts() == data.upstream_datasets() == data.downstream_datasets() == []
    assert data.downstream_trials() == data.downstream_trials_v2() == [registered.trial]
    assert package.upstream_trials() == [registered.trial]
    assert package.downstream_trials() == data.upstream_trials() == []

    group_arn = session.sagemaker_client.describe_model_package_group(
        ModelPackageGroupName=registered.group
    )["ModelPackageGroupArn"]
    (summary,) = Context.list(source_uri=group_arn, sagemaker_session=session)
    group = ModelPackageGroup.load(summary.context_name, session)
    assert group.pipeline_execution_arn() is None
    approvals = group.actions(LineageQueryDirectionEnum.ASCENDANTS)
    assert {a.properties["ModelApprovalStatus"] for a in approvals} == {
        "PendingManualApproval",
        "Approved",
    }
    for approval in approvals:
        action = ModelPackageApprovalAction.load(approval.action_name, session)
        (found,) = action.artifacts(LineageQueryDirectionEnum.DESCENDANTS)
        assert found.artifact_arn == arn
        assert action.datasets() == action.endpoints() == []


def test_hops_over_hand_made_and_automatic(
    session: sagemaker.Session, registered: Registered, unique: Callable[[str], str]
) -> None:
    """A study that reviewed the version is five associations away from the data (QL-3, QL-5)."""
    name = unique("study")
    review = Action.create(
        action_name=name,
        action_type="Review",
        source_uri="mail",
        status="Completed",
        sagemaker_session=session,
    )
    study = Context.create(
        context_name=name, context_type="Study", source_uri=name, sagemaker_session=session
    )
    package = registered.artifact(registered.package, session)
    model = registered.artifact(registered.model_data, session)
    data = registered.artifact(registered.data, session)
    for source, destination, kind in (
        (package, review.action_arn, "ContributedTo"),
        (review.action_arn, study.context_arn, "AssociatedWith"),
    ):
        Association.create(
            source_arn=source,
            destination_arn=destination,
            association_type=kind,
            sagemaker_session=session,
        )
    component = LineageTrialComponent.load(f"{registered.job}-aws-training-job", session)
    query = LineageQuery(session)

    def studies(depth: int) -> LineageQueryResult:
        # The SDK's enumeration of sources has no Study; strings do.
        return query.query(
            [data],
            LineageQueryDirectionEnum.DESCENDANTS,
            query_filter=LineageFilter(entities=[LineageEntityEnum.CONTEXT], sources=["Study"]),
            max_depth=depth,
        )

    assert studies(4).vertices == []
    found = studies(5)
    way = [data, component.trial_component_arn, model, package, review.action_arn]
    assert [v.arn for v in found.vertices] == [*way, study.context_arn]
    assert [(v.lineage_entity, v.lineage_source) for v in found.vertices] == [
        ("Artifact", "DataSet"),
        ("TrialComponent", "TrainingJob"),
        ("Artifact", "Model"),
        ("Artifact", "Model"),
        ("Action", "Review"),
        ("Context", "Study"),
    ]
    kinds = {(e.source_arn, e.destination_arn): e.association_type for e in found.edges}
    assert kinds == dict(
        zip(
            zip(way, [*way[1:], study.context_arn], strict=True),
            ["ContributedTo", "Produced", "ContributedTo", "ContributedTo", "AssociatedWith"],
            strict=True,
        )
    )
    every = LineageFilter(
        entities=[LineageEntityEnum.ARTIFACT],
        sources=[LineageSourceEnum.ENDPOINT, LineageSourceEnum.MODEL, LineageSourceEnum.DATASET],
    )
    back = query.query([study.context_arn], LineageQueryDirectionEnum.ASCENDANTS, False, every)
    assert sources(back) == {registered.data, registered.model_data, registered.package}
    # As the live service answers: a start that the filter would admit is not in its own answer.
    up = query.query([package], LineageQueryDirectionEnum.ASCENDANTS, False, every)
    assert sources(up) == {registered.data, registered.model_data}
    down = query.query([package], LineageQueryDirectionEnum.DESCENDANTS, False, every)
    assert sources(down) == set()


def test_picture(
    session: sagemaker.Session,
    registered: Registered,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """visualize() draws a train-register run: these nodes and edges, and no others."""
    monkeypatch.chdir(tmp_path)  # the drawing puts its scripts there
    start = registered.artifact(registered.package, session)
    LineageQuery(session).query([start], LineageQueryDirectionEnum.ASCENDANTS).visualize("up.html")
    page = (tmp_path / "up.html").read_text()
    nodes = {node["id"]: node for node in drawn(page, "nodes")}
    assert sorted((n["label"], n["shape"], n["color"]) for n in nodes.values()) == [
        ("Approval", "dot", "#88c396"),
        ("Approval", "dot", "#88c396"),
        ("Data Set", "dot", "#146eb4"),
        ("Image", "dot", "#146eb4"),
        ("Model", "dot", "#146eb4"),
        ("Model", "star", "#146eb4"),
        ("Training Job", "dot", "#f6cf61"),
    ]
    assert nodes[start]["shape"] == "star"
    edges = drawn(page, "edges")
    assert sorted(
        (nodes[e["from"]]["label"], e["title"], nodes[e["to"]]["label"]) for e in edges
    ) == [
        ("Approval", "ContributedTo", "Model"),
        ("Approval", "ContributedTo", "Model"),
        ("Data Set", "ContributedTo", "Training Job"),
        ("Image", "ContributedTo", "Model"),
        ("Image", "ContributedTo", "Training Job"),
        ("Model", "ContributedTo", "Model"),
        ("Training Job", "Produced", "Model"),
    ]
    assert {e["to"] for e in edges if e["title"] == "Produced"} == {
        registered.artifact(registered.model_data, session)
    }


def test_endpoint_made_by_hand(session: sagemaker.Session, unique: Callable[[str], str]) -> None:
    """What EndpointContext asks for, in the direction that the SDK's own tests draw it."""
    name = unique("endpoint")
    endpoint = EndpointContext.create(
        context_name=name, context_type="Endpoint", source_uri=name, sagemaker_session=session
    )
    deployment = Action.create(
        action_name=name,
        action_type="ModelDeployment",
        source_uri=name,
        status="Completed",
        sagemaker_session=session,
    )
    model, data = (
        Artifact.create(
            artifact_type=kind,
            source_uri=f"s3://{name}/{kind}",
            properties={"k": "v"},
            sagemaker_session=session,
        )
        for kind in ("Model", "DataSet")
    )
    for source, destination in (
        (endpoint.context_arn, deployment.action_arn),
        (deployment.action_arn, model.artifact_arn),
        (data.artifact_arn, endpoint.context_arn),
    ):
        Association.create(
            source_arn=source, destination_arn=destination, sagemaker_session=session
        )
    (found,) = endpoint.models()
    assert (found.source_type, found.destination_type) == ("ModelDeployment", "Model")
    assert (found.source_arn, found.destination_arn) == (deployment.action_arn, model.artifact_arn)
    (same,) = endpoint.models_v2()
    assert (same.artifact_arn, same.properties) == (model.artifact_arn, {"k": "v"})
    assert [a.artifact_arn for a in endpoint.dataset_artifacts()] == [data.artifact_arn]
    assert endpoint.training_job_arns() == endpoint.trial_components() == []
    assert endpoint.processing_jobs() == endpoint.transform_jobs() == []
    assert endpoint.pipeline_execution_arn() is None


@pytest.mark.parametrize("section", guide.sections("lineage.md"), ids=lambda s: s.title)
def test_guide(section: guide.Section, server: Server, account: None, tmp_path: Path) -> None:
    """Every program of docs/lineage.md does what the page says."""
    section.run(server, tmp_path)
