"""Endpoint configurations with boto3: variants, what is refused, lists."""

from __future__ import annotations

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
def model(sagemaker: Any, unique: Callable[[str], str]) -> str:
    """The name of a model of one container."""
    name = unique("model")
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE})
    return name


def variant(name: str, model: str, **more: Any) -> dict[str, Any]:
    """A variant of one instance."""
    return {
        "VariantName": name,
        "ModelName": model,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
        **more,
    }


def serverless(name: str, model: str) -> dict[str, Any]:
    """A variant without instances."""
    config = {"MemorySizeInMB": 2048, "MaxConcurrency": 4, "ProvisionedConcurrency": 2}
    return {"VariantName": name, "ModelName": model, "ServerlessConfig": config}


def test_every_form(sagemaker: Any, unique: Callable[[str], str], model: str) -> None:
    """CreateEndpointConfig-1 to -19, DescribeEndpointConfig-1: described as made, with defaults."""
    captured = {
        "InitialSamplingPercentage": 20,
        "DestinationS3Uri": "s3://captured/here",
        "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
    }
    queued = {
        "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 4},
        "OutputConfig": {"S3OutputPath": "s3://answers/here"},
    }
    explained = {
        "ClarifyExplainerConfig": {
            "InferenceConfig": {"FeatureHeaders": ["a", "b"]},
            "ShapConfig": {"ShapBaselineConfig": {"ShapBaseline": "1,2"}, "Seed": 7},
        }
    }
    scaled = {"Status": "ENABLED", "MinInstanceCount": 1, "MaxInstanceCount": 3}
    component = variant("components", model, ManagedInstanceScaling=scaled)
    del component["ModelName"]
    two = [variant("a", model), variant("b", model, InitialVariantWeight=3.0)]
    routed = {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"}
    shadow = [variant("shadow", model, RoutingConfig=routed)]
    forms: list[dict[str, Any]] = [
        {"ProductionVariants": two, "KmsKeyId": "alias/mine"},
        {"ProductionVariants": two[:1], "ShadowProductionVariants": shadow},
        {"ProductionVariants": [serverless("s", model)]},
        {"ProductionVariants": two, "DataCaptureConfig": captured},
        {"ProductionVariants": two[:1], "AsyncInferenceConfig": queued},
        {"ProductionVariants": two[:1], "ExplainerConfig": explained},
        {"ProductionVariants": [component], "ExecutionRoleArn": ROLE},
    ]
    prefix = unique("Config")
    described = []
    for i, form in enumerate(forms):
        name = f"{prefix}-{i}"
        made = sagemaker.create_endpoint_config(
            EndpointConfigName=name, Tags=[{"Key": "team", "Value": "sage"}], **form
        )
        out = sagemaker.describe_endpoint_config(EndpointConfigName=name)
        assert out["EndpointConfigArn"] == made["EndpointConfigArn"]
        assert not out["EnableNetworkIsolation"]
        for kind in ("ProductionVariants", "ShadowProductionVariants"):
            for want, got in zip(form.get(kind, []), out.get(kind, []), strict=True):
                assert {"InitialVariantWeight": 1.0, **want} == got
        described.append(out)
    assert described[3]["DataCaptureConfig"] == {"EnableCapture": True, **captured}
    assert described[4]["AsyncInferenceConfig"] == queued
    clarify = described[5]["ExplainerConfig"]["ClarifyExplainerConfig"]
    assert clarify["InferenceConfig"]["MaxPayloadInMB"] == 6
    assert clarify["ShapConfig"]["ShapBaselineConfig"]["MimeType"] == "text/csv"
    assert described[6]["ExecutionRoleArn"] == ROLE
    tags = sagemaker.list_tags(ResourceArn=described[0]["EndpointConfigArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "sage"}]

    pages = sagemaker.get_paginator("list_endpoint_configs").paginate(
        NameContains=prefix, PaginationConfig={"PageSize": 3}
    )
    names = [c["EndpointConfigName"] for page in pages for c in page["EndpointConfigs"]]
    assert names == [f"{prefix}-{i}" for i in reversed(range(len(forms)))]
    since = sagemaker.list_endpoint_configs(
        NameContains=prefix, CreationTimeBefore=described[0]["CreationTime"]
    )
    assert since["EndpointConfigs"] == []


def test_refusals(sagemaker: Any, unique: Callable[[str], str], model: str) -> None:
    """CreateEndpointConfig-1, -4, -6, -18, X-2, X-5: the codes and the very words."""
    name = unique("refused")
    arns = "arn:aws:sagemaker:us-east-1:123456789012"

    def refused(call: Callable[[], Any], words: str) -> None:
        with pytest.raises(ClientError) as caught:
            call()
        assert caught.value.response["Error"]["Code"] == "ValidationException"
        assert words in caught.value.response["Error"]["Message"]

    def create(*variants: dict[str, Any], **more: Any) -> Callable[[], Any]:
        return lambda: sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=list(variants), **more
        )

    one = variant("v", model)
    refused(create(variant("v", "none")), f'Could not find model "{arns}:model/none".')
    refused(create(one, one), "occurs more than once")
    refused(create({"VariantName": "v", "ModelName": model}), "needs an InstanceType")
    refused(create({**one, **serverless("v", model)}), "Give one or the other")
    refused(create(serverless("v", model), variant("w", model)), "other variants beside it")
    refused(
        create(one, variant("w", model), ShadowProductionVariants=[one | {"VariantName": "s"}]),
        "exactly one of each",
    )
    refused(create(one | {"InstanceType": "ml.g4dn.xlarge"}, KmsKeyId="key"), "KmsKeyId encrypts")
    gone = f'Could not find endpoint configuration "{arns}:endpoint-config/{name}".'
    refused(lambda: sagemaker.describe_endpoint_config(EndpointConfigName=name), gone)
    refused(lambda: sagemaker.delete_endpoint_config(EndpointConfigName=name), gone)
    made = create(one)()
    again = f'Cannot create already existing endpoint configuration "{made["EndpointConfigArn"]}".'
    refused(create(one), again)
    sagemaker.delete_endpoint_config(EndpointConfigName=name)
    refused(lambda: sagemaker.describe_endpoint_config(EndpointConfigName=name), gone)
