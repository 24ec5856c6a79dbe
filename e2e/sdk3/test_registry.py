"""The model registry and model cards with the resource classes of the SDK, version 3."""

from __future__ import annotations

from collections.abc import Callable

import boto3
import pytest
from sagemaker.core.resources import ModelCard, ModelCardExportJob, ModelPackage, ModelPackageGroup
from sagemaker.core.shapes import ModelCardExportOutputConfig

pytestmark = [pytest.mark.server, pytest.mark.sdk3]

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"


def test_packages(unique: Callable[[str], str]) -> None:
    """Packages of a group are found, waited for, approved and deleted."""
    name = unique("group")
    group = ModelPackageGroup.create(model_package_group_name=name)
    group.wait_for_status("Completed")
    client = boto3.client("sagemaker")
    for _ in range(3):
        client.create_model_package(
            ModelPackageGroupName=name,
            InferenceSpecification={
                "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://bucket/model.tar.gz"}],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
        )
    packages = list(ModelPackage.get_all(model_package_group_name=name))
    assert [package.model_package_version for package in packages] == [1, 2, 3]
    package = ModelPackage.get(model_package_name=packages[1].model_package_arn)
    package.wait_for_status("Completed")
    package.update(model_approval_status="Approved")
    assert package.model_approval_status == "Approved"
    approved = ModelPackage.get_all(model_package_group_name=name, model_approval_status="Approved")
    assert [p.model_package_arn for p in approved] == [package.model_package_arn]
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
