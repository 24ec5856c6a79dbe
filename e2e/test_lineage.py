"""Lineage with boto3: entities made by hand, and those that jobs leave behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hosting import SERVE, Hosting
from programs import Programs
from training import ROLE, Training

pytestmark = pytest.mark.server

MODEL = """
open("/opt/ml/model/weights", "w").write("w")
"""


def refused(call: Callable[..., Any], code: str, words: str, **arguments: Any) -> None:
    """The call is refused with that code and these words."""
    with pytest.raises(ClientError) as failure:
        call(**arguments)
    error = failure.value.response["Error"]
    assert error["Code"] == code
    assert words in error["Message"]


def walk(sagemaker: Any, start: str, **arguments: Any) -> tuple[dict[str, str], set[Any]]:
    """All pages of a query: types by ARN, and edges."""
    types: dict[str, str] = {}
    edges = set()
    while True:
        page = sagemaker.query_lineage(StartArns=[start], IncludeEdges=True, **arguments)
        for vertex in page["Vertices"]:
            assert vertex["Arn"] not in types, "once, on one page"
            types[vertex["Arn"]] = f"{vertex['LineageType']}/{vertex['Type']}"
        for edge in page["Edges"]:
            ends = (edge["SourceArn"], edge["DestinationArn"])
            edges.add((*ends, edge.get("AssociationType")))
        if "NextToken" not in page:
            return types, edges
        arguments["NextToken"] = page["NextToken"]


def test_life_of_entities(client: Callable[..., Any], unique: Callable[[str], str]) -> None:
    """Make, describe, change, list, tag, associate and delete."""
    sagemaker, name = client("sagemaker"), unique("Lineage")
    source = {
        "SourceUri": f"s3://{name}/data",
        "SourceTypes": [{"SourceIdType": "MD5Hash", "Value": "d41d8cd98f00b204e9800998ecf8427e"}],
    }
    artifact = sagemaker.create_artifact(
        ArtifactName=name,
        ArtifactType="DataSet",
        Source=source,
        Properties={"rows": "7"},
        MetadataProperties={"CommitId": "c0ffee"},
        Tags=[{"Key": "team", "Value": "sage"}],
    )["ArtifactArn"]
    action = sagemaker.create_action(
        ActionName=name,
        ActionType="Cleaning",
        Status="InProgress",
        Source={"SourceUri": f"git://{name}", "SourceType": "git"},
    )["ActionArn"]
    context = sagemaker.create_context(
        ContextName=f"{name}_all", ContextType="Study", Source={"SourceUri": name}
    )["ContextArn"]

    seen = sagemaker.describe_artifact(ArtifactArn=artifact)
    assert seen["Source"] == source
    assert seen["Properties"] == {"rows": "7"}
    assert seen["MetadataProperties"]["CommitId"] == "c0ffee"
    assert seen["LineageGroupArn"].endswith(":lineage-group/sagemaker-default-lineage-group")
    sagemaker.add_tags(ResourceArn=artifact, Tags=[{"Key": "more", "Value": ""}])
    assert len(sagemaker.list_tags(ResourceArn=artifact)["Tags"]) == 2
    refused(
        sagemaker.create_artifact,
        "ValidationException",
        "already exists",
        ArtifactType="Other",
        Source=source,
    )
    sagemaker.update_action(ActionName=name, Status="Completed", Properties={"by": "hand"})
    seen = sagemaker.describe_action(ActionName=action)
    assert (seen["Status"], seen["Properties"]) == ("Completed", {"by": "hand"})
    listed = sagemaker.list_contexts(ContextType="Study", SourceUri=name)["ContextSummaries"]
    assert [c["ContextArn"] for c in listed] == [context]

    for ends in ((artifact, action), (action, context)):
        answer = sagemaker.add_association(SourceArn=ends[0], DestinationArn=ends[1])
        assert (answer["SourceArn"], answer["DestinationArn"]) == ends
    refused(
        sagemaker.add_association,
        "ValidationException",
        "already exists",
        SourceArn=artifact,
        DestinationArn=action,
    )
    refused(
        sagemaker.add_association,
        "ResourceNotFound",
        "does not exist",
        SourceArn=artifact,
        DestinationArn=action.replace("123456789012", "210987654321"),
    )
    types, edges = walk(sagemaker, artifact, Direction="Descendants", MaxResults=1)
    assert types == {
        artifact: "Artifact/DataSet",
        action: "Action/Cleaning",
        context: "Context/Study",
    }
    assert edges == {(artifact, action, None), (action, context, None)}
    refused(sagemaker.delete_action, "ValidationException", "associations", ActionName=name)
    for listed in (
        sagemaker.list_associations(SourceArn=action),
        sagemaker.list_associations(DestinationArn=action),
    ):
        for row in listed["AssociationSummaries"]:
            sagemaker.delete_association(
                SourceArn=row["SourceArn"], DestinationArn=row["DestinationArn"]
            )
    sagemaker.delete_action(ActionName=name)
    sagemaker.delete_context(ContextName=f"{name}_all")
    assert sagemaker.delete_artifact(Source=source)["ArtifactArn"] == artifact
    refused(sagemaker.describe_artifact, "ResourceNotFound", "does not exist", ArtifactArn=artifact)


def test_jobs_leave_lineage(program: Programs, training: Training) -> None:
    """Two jobs share their data: their models are found from it, and it from them."""
    sagemaker, image = training.sagemaker, program(MODEL)
    data = training.upload("train", "1,2")
    models = []
    for _ in range(2):
        training.name += "x"
        out = training.run(image, [training.channel("train", data)])
        models.append(out["ModelArtifacts"]["S3ModelArtifacts"])
    component = sagemaker.describe_trial_component(
        TrialComponentName=f"{training.name}-aws-training-job"
    )["TrialComponentArn"]

    def artifact(uri: str) -> str:
        (found,) = sagemaker.list_artifacts(SourceUri=uri)["ArtifactSummaries"]
        arn: str = found["ArtifactArn"]
        return arn

    types, edges = walk(sagemaker, component, Direction="Ascendants")
    assert types == {
        component: "TrialComponent/TrainingJob",
        artifact(image): "Artifact/Image",
        artifact(data): "Artifact/DataSet",
    }
    assert edges == {
        (artifact(image), component, "ContributedTo"),
        (artifact(data), component, "ContributedTo"),
    }
    # From one model through the shared data to the other (both ways at every entity).
    found = sagemaker.query_lineage(
        StartArns=[artifact(models[0])], Filters={"Types": ["Model"]}, MaxDepth=4
    )["Vertices"]
    assert artifact(models[1]) in [v["Arn"] for v in found]
    assert "SageMakerTrainingJob" in [
        row["DestinationType"]
        for row in sagemaker.list_associations(SourceArn=artifact(data))["AssociationSummaries"]
    ]
    group = sagemaker.list_lineage_groups()["LineageGroupSummaries"]
    assert [g["LineageGroupName"] for g in group] == ["sagemaker-default-lineage-group"]


def test_many_pages(client: Callable[..., Any], unique: Callable[[str], str]) -> None:
    """A query of more than a page, and lists beside it, by the clients' own paginators."""
    sagemaker, name = client("sagemaker"), unique("hub")
    hub = sagemaker.create_context(ContextName=name, ContextType="Hub", Source={"SourceUri": name})[
        "ContextArn"
    ]
    leaves = set()
    for number in range(60):
        arn = sagemaker.create_artifact(
            ArtifactType=name, Source={"SourceUri": f"{name}/{number}"}
        )["ArtifactArn"]
        sagemaker.add_association(SourceArn=arn, DestinationArn=hub, AssociationType="DerivedFrom")
        leaves.add(arn)
    first = sagemaker.query_lineage(StartArns=[hub])
    assert len(first["Vertices"]) == 50
    assert first["Edges"] == []
    types, edges = walk(sagemaker, hub)
    assert set(types) == {hub, *leaves}
    assert edges == {(leaf, hub, "DerivedFrom") for leaf in leaves}
    pages = sagemaker.get_paginator("list_associations").paginate(DestinationArn=hub)
    assert {r["SourceArn"] for p in pages for r in p["AssociationSummaries"]} == leaves
    pages = sagemaker.get_paginator("list_artifacts").paginate(ArtifactType=name)
    assert {r["ArtifactArn"] for p in pages for r in p["ArtifactSummaries"]} == leaves


def test_registered_model(program: Programs, training: Training) -> None:
    """From a registered version back to the data, over the model that a job produced."""
    sagemaker, image = training.sagemaker, program(MODEL)
    data = training.upload("train", "1,2")
    out = training.run(image, [training.channel("train", data)])
    group = f"group-{training.name}"
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    container = {"Image": image, "ModelDataUrl": out["ModelArtifacts"]["S3ModelArtifacts"]}
    package = sagemaker.create_model_package(
        ModelPackageGroupName=group,
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )["ModelPackageArn"]
    sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
    (found,) = sagemaker.list_artifacts(SourceUri=package)["ArtifactSummaries"]
    types, _ = walk(sagemaker, found["ArtifactArn"], Direction="Ascendants")
    assert sorted(types.values()) == [
        "Action/Approval",
        "Action/Approval",
        "Artifact/DataSet",
        "Artifact/Image",
        "Artifact/Model",
        "Artifact/Model",
        "TrialComponent/TrainingJob",
    ]
    below, edges = walk(sagemaker, found["ArtifactArn"], Direction="Descendants")
    assert sorted(below.values()) == ["Artifact/Model", "Context/ModelGroup"]
    assert [edge[2] for edge in edges] == ["AssociatedWith"]


def test_endpoint_leaves_lineage(
    program: Programs, training: Training, client: Callable[..., Any], unique: Callable[[str], str]
) -> None:
    """A job's data leads to the endpoint of its model, and Search finds that (QL-9, Search-1)."""
    sagemaker = training.sagemaker
    data = training.upload("train", "1,2")
    out = training.run(program(MODEL), [training.channel("train", data)])
    hosting = Hosting(
        sagemaker, client("sagemaker-runtime"), training.s3, training.bucket, unique, program
    )
    name = unique("model")
    sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=ROLE,
        PrimaryContainer={
            "Image": program(SERVE, "serve"),
            "ModelDataUrl": out["ModelArtifacts"]["S3ModelArtifacts"],
        },
    )
    endpoint = hosting.endpoint(hosting.config({"VariantName": "a", "ModelName": name}))
    seen = hosting.settle(endpoint)
    assert seen["EndpointStatus"] == "InService", seen
    sagemaker.add_tags(ResourceArn=seen["EndpointArn"], Tags=[{"Key": "team", "Value": endpoint}])

    (artifact,) = sagemaker.list_artifacts(SourceUri=data)["ArtifactSummaries"]
    types, _ = walk(sagemaker, artifact["ArtifactArn"], Direction="Descendants")
    (context,) = [arn for arn, kind in types.items() if kind == "Context/Endpoint"]
    described = sagemaker.describe_context(ContextName=context.rpartition("/")[2])
    assert described["Source"]["SourceUri"] == seen["EndpointArn"]
    assert sorted(types.values()).count("Action/ModelDeployment") == 1
    back, _ = walk(sagemaker, context, Direction="Ascendants")
    assert artifact["ArtifactArn"] in back
    assert list(back.values()).count("Artifact/Image") == 2  # what trained, and what serves

    def search(**filters: str) -> list[dict[str, Any]]:
        found = sagemaker.search(
            Resource="Endpoint",
            SearchExpression={
                "Filters": [
                    {"Name": name.replace("_", "."), "Operator": "Equals", "Value": value}
                    for name, value in filters.items()
                ]
            },
        )
        return [result["Endpoint"] for result in found["Results"]]

    (found,) = search(Tags_team=endpoint, EndpointStatus="InService")
    assert found["EndpointArn"] == seen["EndpointArn"]
    assert found["ProductionVariants"] == seen["ProductionVariants"]
    assert found["Tags"] == [{"Key": "team", "Value": endpoint}]
    hosting.delete(endpoint)
    assert search(Tags_team=endpoint) == []
