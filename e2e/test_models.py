"""Models with boto3: every form of a model, what is refused, lists."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.server

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
ROLE = "arn:aws:iam::123456789012:role/SageMakerExecutionRole"


@pytest.fixture
def sagemaker(client: Callable[..., Any]) -> Any:
    """The client."""
    return client("sagemaker")


@pytest.fixture
def data(client: Callable[..., Any], unique: Callable[[str], str]) -> str:
    """The URI of a bucket with an archive, an object and a tree."""
    bucket = unique("models").lower()
    s3 = client("s3")
    s3.create_bucket(Bucket=bucket)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("model.bin"))
    s3.put_object(Bucket=bucket, Key="model.tar.gz", Body=packed.getvalue())
    s3.put_object(Bucket=bucket, Key="raw/model.bin", Body=b"weights")
    s3.put_object(Bucket=bucket, Key="tree/a/model.bin", Body=b"weights")
    return f"s3://{bucket}"


def source(uri: str, kind: str, compression: str, **more: Any) -> dict[str, Any]:
    """A container whose model data is a ModelDataSource."""
    described = {"S3Uri": uri, "S3DataType": kind, "CompressionType": compression, **more}
    return {"Image": IMAGE, "ModelDataSource": {"S3DataSource": described}}


def test_every_form(sagemaker: Any, unique: Callable[[str], str], data: str) -> None:
    """DescModel-1, -2, -5, -8, -10 to -14: models are described as they were made."""
    archive = {"Image": IMAGE, "ModelDataUrl": f"{data}/model.tar.gz", "Environment": {"A": "b"}}
    many = {"Image": IMAGE, "ModelDataUrl": f"{data}/", "Mode": "MultiModel"}
    network = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    eula = {"ModelAccessConfig": {"AcceptEula": True}}
    forms: list[dict[str, Any]] = [
        {"PrimaryContainer": archive, "VpcConfig": network, "EnableNetworkIsolation": True},
        {"PrimaryContainer": source(f"{data}/model.tar.gz", "S3Object", "Gzip")},
        {"PrimaryContainer": source(f"{data}/raw/model.bin", "S3Object", "None", **eula)},
        {"PrimaryContainer": source(f"{data}/tree/", "S3Prefix", "None")},
        {"PrimaryContainer": {**many, "MultiModelConfig": {"ModelCacheSetting": "Disabled"}}},
        {"Containers": [archive, many], "InferenceExecutionConfig": {"Mode": "Direct"}},
    ]
    prefix = unique("Form")
    for i, form in enumerate(forms):
        name = f"{prefix}-{i}"
        made = sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, **form)
        described = sagemaker.describe_model(ModelName=name)
        assert described["ModelArn"] == made["ModelArn"]
        assert described["EnableNetworkIsolation"] == form.get("EnableNetworkIsolation", False)
        assert described["DeploymentRecommendation"]["RecommendationStatus"] == "NOT_APPLICABLE"
        for want, got in zip(
            form.get("Containers", [form.get("PrimaryContainer")]),
            described.get("Containers", [described.get("PrimaryContainer")]),
            strict=True,
        ):
            assert want.items() <= got.items()
    assert [c["ContainerHostname"] for c in described["Containers"]] == [
        "container-1",
        "container-2",
    ]
    pages = sagemaker.get_paginator("list_models").paginate(
        NameContains=prefix, SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 4}
    )
    names = [m["ModelName"] for page in pages for m in page["Models"]]
    assert names == [f"{prefix}-{i}" for i in range(len(forms))]
    sagemaker.delete_model(ModelName=names[0])
    with pytest.raises(ClientError) as caught:
        sagemaker.describe_model(ModelName=names[0])
    arn = f"arn:aws:sagemaker:us-east-1:123456789012:model/{names[0].lower()}"
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert caught.value.response["Error"]["Message"] == f'Could not find model "{arn}".'


def test_refusals(sagemaker: Any, unique: Callable[[str], str], data: str) -> None:
    """DescModel-4, -5, -8, X-5: data that is not there, twice, or not as it is described."""
    name = unique("refused")
    eula = {"ModelAccessConfig": {"AcceptEula": False}}
    for words, container in {
        "Could not find model data": {"Image": IMAGE, "ModelDataUrl": f"{data}/none.tar.gz"},
        "suffix .tar.gz": {"Image": IMAGE, "ModelDataUrl": f"{data}/raw/model.bin"},
        "must end with a slash": source(f"{data}/tree", "S3Prefix", "None"),
        "takes CompressionType None": source(f"{data}/tree/", "S3Prefix", "Gzip"),
        "does not accept the license": source(f"{data}/raw/model.bin", "S3Object", "None", **eula),
    }.items():
        with pytest.raises(ClientError) as caught:
            sagemaker.create_model(ModelName=name, PrimaryContainer=container)
        assert caught.value.response["Error"]["Code"] == "ValidationException"
        assert words in caught.value.response["Error"]["Message"]
    made = sagemaker.create_model(ModelName=name, PrimaryContainer={"Image": IMAGE})
    with pytest.raises(ClientError, match="Cannot create already existing model") as caught:
        sagemaker.create_model(ModelName=name.upper(), PrimaryContainer={"Image": IMAGE})
    assert made["ModelArn"] in str(caught.value)
