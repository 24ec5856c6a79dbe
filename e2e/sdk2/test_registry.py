"""The model registry and model cards as version 2 of the SDK uses them."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import sagemaker
from botocore.exceptions import ClientError
from sagemaker.model import Model, ModelPackage
from sagemaker.model_card import (
    EvaluationJob,
    IntendedUses,
    Metric,
    MetricGroup,
    MetricTypeEnum,
    ModelCard,
    ModelCardStatusEnum,
    ModelOverview,
    RiskRatingEnum,
)
from sagemaker.model_metrics import MetricsSource, ModelMetrics

pytestmark = [pytest.mark.server, pytest.mark.sdk2]

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"


def test_register_and_approve(
    session: sagemaker.Session, role: str, unique: Callable[[str], str]
) -> None:
    """Registering makes the group; approval by Update; the list by approval finds it."""
    group = unique("churn")
    model = Model(
        image_uri=IMAGE,
        model_data=f"s3://{session.default_bucket()}/model.tar.gz",
        role=role,
        sagemaker_session=session,
    )
    statistics = MetricsSource(content_type="application/json", s3_uri="s3://bucket/quality.json")
    packages = [
        model.register(
            content_types=["text/csv"],
            response_types=["text/csv"],
            inference_instances=["ml.m5.large"],
            transform_instances=["ml.m5.large"],
            model_package_group_name=group,
            model_metrics=ModelMetrics(model_statistics=statistics),
            customer_metadata_properties={"commit": str(number)},
            description=f"number {number}",
        )
        for number in range(2)
    ]
    arns = [package.model_package_arn for package in packages]
    assert [arn.rsplit("/", 2)[1:] for arn in arns] == [[group, "1"], [group, "2"]]
    package = ModelPackage(role=role, model_package_arn=arns[1], sagemaker_session=session)
    package.update_approval_status("Approved", approval_description="better")
    package.update_customer_metadata({"reviewer": "ann"})
    package.remove_customer_metadata_properties(["commit"])
    package.add_inference_specification(name="fast", image_uris=[IMAGE])
    client = session.sagemaker_client
    approved = client.list_model_packages(
        ModelPackageGroupName=group, ModelApprovalStatus="Approved"
    )["ModelPackageSummaryList"]
    assert [p["ModelPackageArn"] for p in approved] == [arns[1]]
    described = client.describe_model_package(ModelPackageName=arns[1])
    assert described["CustomerMetadataProperties"] == {"reviewer": "ann"}
    assert described["ApprovalDescription"] == "better"
    assert [s["Name"] for s in described["AdditionalInferenceSpecifications"]] == ["fast"]
    assert described["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"] == statistics.s3_uri
    assert client.describe_model_package(ModelPackageName=arns[0])["ModelApprovalStatus"] == (
        "PendingManualApproval"
    )


def test_only_approved_versions_become_models(
    session: sagemaker.Session, role: str, unique: Callable[[str], str]
) -> None:
    """No model before approval (CreateModelPackage-4); the SDK's ModelPackage approves itself."""
    group, client = unique("gate"), session.sagemaker_client
    model = Model(
        image_uri=IMAGE,
        model_data=f"s3://{session.default_bucket()}/model.tar.gz",
        role=role,
        sagemaker_session=session,
    )

    def register(**more: str) -> str:
        package = model.register(
            content_types=["text/csv"],
            response_types=["text/csv"],
            inference_instances=["ml.m5.large"],
            transform_instances=["ml.m5.large"],
            model_package_group_name=group,
            **more,
        )
        return str(package.model_package_arn)

    waiting, rejected, approved = register(), register(), register(approval_status="Approved")
    package = ModelPackage(role=role, model_package_arn=rejected, sagemaker_session=session)
    package.update_approval_status("Rejected", approval_description="worse")
    for arn, status in ((waiting, "PendingManualApproval"), (rejected, "Rejected")):
        name = unique("refused")
        with pytest.raises(ClientError, match=f"{status}.*only Approved versions"):
            session.create_model(name, role, {"ModelPackageName": arn})
        assert client.list_models(NameContains=name)["Models"] == []
    listed = client.list_model_packages(ModelPackageGroupName=group, ModelApprovalStatus="Rejected")
    assert [p["ModelPackageArn"] for p in listed["ModelPackageSummaryList"]] == [rejected]

    name = unique("made")
    assert session.create_model(name, role, {"ModelPackageName": approved}) == name
    (container,) = client.describe_model(ModelName=name)["Containers"]  # as the SDK sends it
    assert container["ModelPackageName"] == approved
    # The SDK's own class approves what it deploys: creating a model shows its intent.
    package = ModelPackage(role=role, model_package_arn=waiting, sagemaker_session=session)
    package.create(instance_type="ml.m5.large")
    assert client.describe_model_package(ModelPackageName=waiting)["ModelApprovalStatus"] == (
        "Approved"
    )
    (container,) = client.describe_model(ModelName=package.name)["Containers"]
    assert container["ModelPackageName"] == waiting
    package.delete_model()


def test_model_card(session: sagemaker.Session, unique: Callable[[str], str]) -> None:
    """A card is written, loaded, changed, its versions and its PDF file are there."""
    name = unique("card")
    metric = Metric(name="auc", type=MetricTypeEnum.NUMBER, value=0.9)
    graph = Metric(name="roc", type=MetricTypeEnum.LINEAR_GRAPH, value=[[0, 0], [1, 1]])
    card = ModelCard(
        name=name,
        status=ModelCardStatusEnum.DRAFT,
        model_overview=ModelOverview(model_name="churn", model_version=1, problem_type="Binary"),
        intended_uses=IntendedUses(risk_rating=RiskRatingEnum.LOW),
        evaluation_details=[
            EvaluationJob(
                name="holdout", metric_groups=[MetricGroup(name="m", metric_data=[metric, graph])]
            )
        ],
        sagemaker_session=session,
    )
    assert card.create().endswith(f":model-card/{name}")
    loaded = ModelCard.load(name, sagemaker_session=session)
    assert loaded.model_overview.model_name == "churn"
    assert loaded.evaluation_details[0].metric_groups[0].metric_data[1].value == [[0, 0], [1, 1]]
    loaded.model_overview.model_description = "what it does"
    loaded.status = ModelCardStatusEnum.APPROVED
    assert set(loaded.update()) == {"content", "status"}
    assert [v["ModelCardVersion"] for v in loaded.get_version_history()] == [2, 1]
    began = time.monotonic()
    uri = loaded.export_pdf(s3_output_path=f"s3://{session.default_bucket()}/cards")
    assert uri is not None, f"after {time.monotonic() - began:.0f} s"
    assert sagemaker.s3.S3Downloader.read_bytes(uri, sagemaker_session=session)[:5] == b"%PDF-"
    assert len(loaded.list_export_jobs()["ModelCardExportJobSummaries"]) == 1
    loaded.delete()
