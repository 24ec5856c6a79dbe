"""The model registry and model cards with the resource classes of the SDK, version 3."""

from __future__ import annotations

from collections.abc import Callable

import boto3
import pytest
from botocore.exceptions import ClientError
from sagemaker.core.resources import (
    Model,
    ModelCard,
    ModelCardExportJob,
    ModelPackage,
    ModelPackageGroup,
)
from sagemaker.core.shapes import ContainerDefinition, ModelCardExportOutputConfig

pytestmark = [pytest.mark.server, pytest.mark.sdk3]

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
ROLE = "arn:aws:iam::123456789012:role/SageMakerExecutionRole"


def test_packages(unique: Callable[[str], str]) -> None:
    """Register, approve by update, list by approval, make a model: with the classes alone."""
    name = unique("group")
    group = ModelPackageGroup.create(
        model_package_group_name=name, model_package_group_description="models of one kind"
    )
    group.wait_for_status("Completed")
    # ModelPackage.create itself reads a ModelPackageName out of the answer, which has none, not
    # even the live service's.
    client = boto3.client("sagemaker")
    for number in range(3):
        made = client.create_model_package(
            ModelPackageGroupName=name,
            ModelPackageDescription=f"number {number}",
            InferenceSpecification={
                "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://bucket/model.tar.gz"}],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
            CustomerMetadataProperties={"commit": str(number)},
        )
        package = ModelPackage.get(model_package_name=made["ModelPackageArn"])
        assert package.model_package_arn.endswith(f"/{name}/{number + 1}")
        assert package.model_approval_status == "PendingManualApproval"
    packages = list(ModelPackage.get_all(model_package_group_name=name))
    assert [package.model_package_version for package in packages] == [1, 2, 3]
    package = ModelPackage.get(model_package_name=packages[1].model_package_arn)
    package.wait_for_status("Completed")

    def model(source: ModelPackage) -> Model:
        return Model.create(
            model_name=unique("model"),
            primary_container=ContainerDefinition(model_package_name=source.model_package_arn),
            execution_role_arn=ROLE,
        )

    with pytest.raises(ClientError, match="only Approved versions"):
        model(package)
    package.update(model_approval_status="Approved", approval_description="better")
    assert package.model_approval_status == "Approved"
    assert package.customer_metadata_properties == {"commit": "1"}
    approved = ModelPackage.get_all(model_package_group_name=name, model_approval_status="Approved")
    assert [p.model_package_arn for p in approved] == [package.model_package_arn]
    deployed = model(package)
    assert deployed.primary_container.model_package_name == package.model_package_arn
    assert deployed.model_name in {m.model_name for m in Model.get_all(name_contains="model")}
    package.update(model_approval_status="Rejected")
    with pytest.raises(ClientError, match="Rejected"):
        model(package)
    deployed.delete()
    for left in packages:
        client.delete_model_package(ModelPackageName=left.model_package_arn)
    group.delete()


def test_model_card(unique: Callable[[str], str]) -> None:
    """A card is made, changed and printed."""
    name = unique("card")
    bucket = unique("cards")
    boto3.client("s3").create_bucket(Bucket=bucket)
    card = ModelCard.create(model_card_name=name, content="{}", model_card_status="Draft")
    card.update(content='{"model_overview": {"model_name": "churn"}}')
    card = ModelCard.get(model_card_name=name)
    assert card.model_card_version == 2
    assert [version.model_card_version for version in card.get_all_versions()] == [2, 1]
    job = ModelCardExportJob.create(
        model_card_name=name,
        model_card_export_job_name="print",
        output_config=ModelCardExportOutputConfig(s3_output_path=f"s3://{bucket}"),
    )
    job.wait()
    assert job.status == "Completed"
    assert job.export_artifacts.s3_export_artifacts == f"s3://{bucket}/{name}/print.pdf"
    card.delete()
