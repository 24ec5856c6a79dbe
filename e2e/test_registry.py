"""The model registry and model cards with boto3: register, approve, deploy, document."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import guide
import pypdf
import pytest
from botocore.exceptions import ClientError
from server import ROOT, Server

pytestmark = pytest.mark.server

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
ROLE = "arn:aws:iam::123456789012:role/SageMakerExecutionRole"


@pytest.fixture
def sagemaker(client: Callable[..., Any]) -> Any:
    """The client."""
    return client("sagemaker")


@pytest.fixture
def group(sagemaker: Any, unique: Callable[[str], str]) -> str:
    """A model package group with a tag."""
    name = unique("Group")
    sagemaker.create_model_package_group(
        ModelPackageGroupName=name,
        ModelPackageGroupDescription="models of one kind",
        Tags=[{"Key": "team", "Value": "sage"}],
    )
    return name


def specification(data: str | None = None) -> dict[str, Any]:
    """An InferenceSpecification of one container."""
    container = {"Image": IMAGE, "Environment": {"A": "b"}}
    if data:
        container["ModelDataUrl"] = data
    return {
        "Containers": [container],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
        "SupportedTransformInstanceTypes": ["ml.m5.large"],
        "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"],
    }


def refused(call: Callable[[], Any], code: str, words: str) -> None:
    """The call fails with the code, and its message has the words."""
    with pytest.raises(ClientError) as caught:
        call()
    assert caught.value.response["Error"]["Code"] == code
    assert words in caught.value.response["Error"]["Message"]


def test_register_approve_deploy(sagemaker: Any, group: str, unique: Callable[[str], str]) -> None:
    """CreateModelPackage-1 to -5, -10, -14, UpdMP-1 to -4: only approved versions become models."""
    token = unique("token")
    request: dict[str, Any] = {
        "ModelPackageGroupName": group,
        "ModelPackageDescription": "the first",
        "InferenceSpecification": specification("s3://bucket/model.tar.gz"),
        "CustomerMetadataProperties": {"f1": "0.9", "old": "x"},
        "ModelMetrics": {
            "ModelQuality": {
                "Statistics": {"ContentType": "application/json", "S3Uri": "s3://bucket/s.json"}
            }
        },
        "ClientToken": token,
    }
    arn = sagemaker.create_model_package(**request)["ModelPackageArn"]
    assert arn.endswith(f":model-package/{group.lower()}/1")
    assert sagemaker.create_model_package(**request)["ModelPackageArn"] == arn
    changed = {**request, "ModelPackageDescription": "another"}
    refused(lambda: sagemaker.create_model_package(**changed), "ConflictException", "another")
    described = sagemaker.describe_model_package(ModelPackageName=arn)
    for member in ("ModelPackageGroupName", "ModelPackageDescription", "ModelMetrics"):
        assert described[member] == request[member]
    assert described["ModelPackageVersion"] == 1
    assert described["ModelPackageStatus"] == "Completed"
    assert described["ModelApprovalStatus"] == "PendingManualApproval"
    assert "assumed-role" in described["CreatedBy"]["IamIdentity"]["Arn"]
    digest = described["InferenceSpecification"]["Containers"][0]["ImageDigest"]
    assert digest.startswith("sha256:")

    name = unique("model")
    model = {
        "ModelName": name,
        "ExecutionRoleArn": ROLE,
        "PrimaryContainer": {"ModelPackageName": arn},
    }
    refused(
        lambda: sagemaker.create_model(**model),
        "ValidationException",
        "Approve it with UpdateModel",
    )
    sagemaker.update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus="Approved",
        ApprovalDescription="good enough",
        CustomerMetadataProperties={"f1": "0.91"},
        CustomerMetadataPropertiesToRemove=["old"],
    )
    described = sagemaker.describe_model_package(ModelPackageName=arn)
    assert described["ModelApprovalStatus"] == "Approved"
    assert described["ApprovalDescription"] == "good enough"
    assert described["CustomerMetadataProperties"] == {"f1": "0.91"}
    assert described["LastModifiedTime"] > described["CreationTime"]
    sagemaker.create_model(**model)
    shown = sagemaker.describe_model(ModelName=name)["PrimaryContainer"]
    assert shown["ModelPackageName"] == arn
    sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Rejected")
    model["ModelName"] = unique("model")
    refused(lambda: sagemaker.create_model(**model), "ValidationException", "Rejected")


def test_unversioned(sagemaker: Any, unique: Callable[[str], str]) -> None:
    """CreateModelPackage-3, -7: a package by name is listed by default and needs no approval."""
    name = unique("alone")
    request = {"ModelPackageName": name, "InferenceSpecification": specification()}
    arn = sagemaker.create_model_package(**request, Tags=[{"Key": "k", "Value": "v"}])
    assert sagemaker.list_tags(ResourceArn=arn["ModelPackageArn"])["Tags"] == [
        {"Key": "k", "Value": "v"}
    ]
    refused(
        lambda: sagemaker.create_model_package(**request),
        "ValidationException",
        "ModelPackage already exists",
    )
    listed = sagemaker.list_model_packages(NameContains=name)["ModelPackageSummaryList"]
    assert [p["ModelPackageName"] for p in listed] == [name]
    sagemaker.create_model(
        ModelName=unique("model"),
        ExecutionRoleArn=ROLE,
        PrimaryContainer={"ModelPackageName": name},
    )
    sagemaker.delete_model_package(ModelPackageName=name)
    with pytest.raises(ClientError, match="Could not find model package"):
        sagemaker.describe_model_package(ModelPackageName=name)


def test_versions_of_many_writers(sagemaker: Any, group: str) -> None:
    """CreateModelPackage-2, DescMP-13, Co-3: numbers without gaps; lists; the batch; deletion."""
    writers = [
        threading.Thread(
            target=lambda: sagemaker.create_model_package(
                ModelPackageGroupName=group, InferenceSpecification=specification()
            )
        )
        for _ in range(10)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group, PaginationConfig={"PageSize": 3}
    )
    versions = [p for page in pages for p in page["ModelPackageSummaryList"]]
    assert sorted(p["ModelPackageVersion"] for p in versions) == list(range(1, 11))
    assert all("ModelPackageName" not in p for p in versions)
    arns = {p["ModelPackageVersion"]: p["ModelPackageArn"] for p in versions}
    sagemaker.update_model_package(ModelPackageArn=arns[7], ModelApprovalStatus="Approved")
    latest = sagemaker.list_model_packages(
        ModelPackageGroupName=group,
        ModelApprovalStatus="Approved",
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=1,
    )["ModelPackageSummaryList"]
    assert [p["ModelPackageArn"] for p in latest] == [arns[7]]
    wrong = arns[1] + "0000"
    batch = sagemaker.batch_describe_model_package(ModelPackageArnList=[arns[1], arns[2], wrong])
    assert set(batch["ModelPackageSummaries"]) == {arns[1], arns[2]}
    assert batch["BatchDescribeModelPackageErrorMap"][wrong]["ErrorCode"] == "ValidationException"

    tags = sagemaker.list_tags(ResourceArn=arns[1])["Tags"]
    assert tags == [{"Key": "team", "Value": "sage"}]
    refused(
        lambda: sagemaker.add_tags(ResourceArn=arns[1], Tags=[{"Key": "a", "Value": "b"}]),
        "ValidationException",
        "goes by the tags of",
    )
    delete = {"ModelPackageGroupName": group}
    refused(lambda: sagemaker.delete_model_package_group(**delete), "ConflictException", "10 model")
    for arn in arns.values():
        sagemaker.delete_model_package(ModelPackageName=arn)
    again = sagemaker.create_model_package(ModelPackageGroupName=group)["ModelPackageArn"]
    assert again.endswith("/11")
    sagemaker.delete_model_package(ModelPackageName=again)
    sagemaker.delete_model_package_group(**delete)
    refused(
        lambda: sagemaker.describe_model_package_group(**delete),
        "ValidationException",
        "does not exist",
    )


def test_policy(sagemaker: Any, group: str) -> None:
    """Co-4, Gen-3: the words that terraform searches for."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    name = {"ModelPackageGroupName": group}
    get = sagemaker.get_model_package_group_policy
    refused(lambda: get(**name), "ValidationException", "Cannot find resource policy")
    refused(
        lambda: get(ModelPackageGroupName="nobodys"),
        "ValidationException",
        "Cannot find Model Package Group",
    )
    sagemaker.put_model_package_group_policy(**name, ResourcePolicy=policy)
    assert get(**name)["ResourcePolicy"] == policy
    sagemaker.delete_model_package_group_policy(**name)
    refused(lambda: get(**name), "ValidationException", "Cannot find resource policy")


CONTENT = {
    "model_overview": {
        "model_name": "churn",
        "model_description": "Größe, ценность, ψ; <b>not markup</b> \u65e5",
        "model_artifact": ["s3://bucket/model.tar.gz"],
    },
    "intended_uses": {"risk_rating": "Medium", "purpose_of_model": "x" * 2048},
    "evaluation_details": [
        {
            "name": "holdout",
            "metric_groups": [
                {
                    "name": "binary",
                    "metric_data": [
                        {"name": "auc", "type": "number", "value": 0.9375},
                        {"name": "confusion", "type": "matrix", "value": [[41, 2], [3, 54]]},
                    ],
                }
            ],
        }
    ],
}


def test_model_card(
    sagemaker: Any, client: Callable[..., Any], bucket: str, unique: Callable[[str], str]
) -> None:
    """A card's versions, and its document, which another program reads."""
    name = unique("card")
    sagemaker.create_model_card(
        ModelCardName=name, Content=json.dumps({"intended_uses": {}}), ModelCardStatus="Draft"
    )
    sagemaker.update_model_card(ModelCardName=name, Content=json.dumps(CONTENT))
    sagemaker.update_model_card(ModelCardName=name, ModelCardStatus="PendingReview")
    card = sagemaker.describe_model_card(ModelCardName=name)
    assert json.loads(card["Content"]) == CONTENT
    assert (card["ModelCardVersion"], card["ModelCardStatus"]) == (2, "PendingReview")
    versions = sagemaker.list_model_card_versions(ModelCardName=name)
    assert [v["ModelCardVersion"] for v in versions["ModelCardVersionSummaryList"]] == [2, 1]
    listed = sagemaker.list_model_cards(NameContains=name)["ModelCardSummaries"]
    assert [c["ModelCardArn"] for c in listed] == [card["ModelCardArn"]]
    refused(
        lambda: sagemaker.update_model_card(
            ModelCardName=name, Content='{"intended_uses":{"risk_rating":"Extreme"}}'
        ),
        "ValidationException",
        "intended_uses.risk_rating: value must be one of",
    )
    refused(
        lambda: sagemaker.describe_model_card(ModelCardName="nobodys"),
        "ResourceNotFound",
        "does not exist",
    )

    job = sagemaker.create_model_card_export_job(
        ModelCardName=name,
        ModelCardExportJobName="print",
        OutputConfig={"S3OutputPath": f"s3://{bucket}/cards"},
    )["ModelCardExportJobArn"]
    deadline = time.monotonic() + 60
    described: dict[str, Any] = {"Status": "InProgress"}
    while described["Status"] == "InProgress" and time.monotonic() < deadline:
        described = sagemaker.describe_model_card_export_job(ModelCardExportJobArn=job)
    assert described["Status"] == "Completed", described
    assert described["ModelCardVersion"] == 2
    uri = described["ExportArtifacts"]["S3ExportArtifacts"]
    assert uri == f"s3://{bucket}/cards/{name}/print.pdf"
    document = client("s3").get_object(Bucket=bucket, Key=uri.split("/", 3)[3])
    assert document["ContentType"] == "application/pdf"
    pages = pypdf.PdfReader(io.BytesIO(document["Body"].read())).pages
    text = "".join(page.extract_text() for page in pages)
    for words in (
        name,
        "PendingReview",
        "Größe, ценность, ψ; <b>not markup</b> [U+65E5]",
        "0.9375",
    ):
        assert words in text
    assert "x" * 2048 in text.replace("\n", "")
    listed = sagemaker.list_model_card_export_jobs(ModelCardName=name)
    assert [j["Status"] for j in listed["ModelCardExportJobSummaries"]] == ["Completed"]
    sagemaker.delete_model_card(ModelCardName=name)


@pytest.mark.parametrize(
    "section", guide.sections(ROOT / "docs" / "registry.md"), ids=lambda section: section.title
)
def test_guide(server: Server, section: guide.Section, tmp_path: Path) -> None:
    """docs/registry.md: every program does what the page says."""
    section.run(server, tmp_path)


def test_guide_is_read() -> None:
    """The page has its programs."""
    assert len(guide.sections(ROOT / "docs" / "registry.md")) == 2
