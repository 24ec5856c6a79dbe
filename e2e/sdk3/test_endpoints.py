"""Endpoints with the resource classes of the SDK, version 3: variants and a canary.

Its classes spell MemorySizeInMB wrongly and cannot read an event stream: no serverless
endpoints and no streams with them.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hosting import SERVE
from programs import Programs
from sagemaker.core.resources import Endpoint, EndpointConfig, Model
from sagemaker.core.shapes import (
    BlueGreenUpdatePolicy,
    CapacitySize,
    ContainerDefinition,
    DeploymentConfig,
    ProductionVariant,
    TrafficRoutingConfig,
)

pytestmark = [pytest.mark.server, pytest.mark.sdk3]

ROLE = "arn:aws:iam::123456789012:role/SageMakerExecutionRole"
SAY = SERVE.replace('with open("/opt/ml/model/name.txt") as file:', "if True:").replace(
    "name = file.read()", 'name = os.environ["NAME"]'
)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK looks every five seconds; here every tenth of one does."""
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.1)))


@pytest.fixture
def image(program: Programs) -> str:
    """An image whose program serves."""
    return program(SAY, "serve")


def model(image: str, name: str) -> str:
    """A model whose answers begin with its name."""
    Model.create(
        model_name=name,
        execution_role_arn=ROLE,
        primary_container=ContainerDefinition(image=image, environment={"NAME": name}),
    )
    return name


def test_update(image: str, unique: Callable[[str], str]) -> None:
    """Two variants, asked by name; a canary; the end."""
    names = [unique("model") for _ in range(3)]
    variants = [
        ProductionVariant(
            variant_name=name,
            model_name=model(image, name),
            instance_type="ml.m5.large",
            initial_instance_count=1,
            initial_variant_weight=weight,
        )
        for name, weight in zip(names, (1, 0, 1), strict=True)
    ]
    first, second = unique("config"), unique("config")
    EndpointConfig.create(endpoint_config_name=first, production_variants=variants[:2])
    endpoint = Endpoint.create(endpoint_name=unique("shop"), endpoint_config_name=first)
    endpoint.wait_for_status("InService")
    said = [
        endpoint.invoke(body="x", content_type="text/csv", **more).body.read().decode()
        for more in ({}, {"target_variant": names[1]})
    ]
    assert said == [f"{name}|nobody|text/csv|x" for name in names[:2]]
    EndpointConfig.create(endpoint_config_name=second, production_variants=variants[2:])
    endpoint.endpoint_config_name = second
    endpoint.update(
        deployment_config=DeploymentConfig(
            blue_green_update_policy=BlueGreenUpdatePolicy(
                traffic_routing_configuration=TrafficRoutingConfig(
                    type="CANARY",
                    wait_interval_in_seconds=1,
                    canary_size=CapacitySize(type="CAPACITY_PERCENT", value=50),
                )
            )
        )
    )
    endpoint.wait_for_status("InService")
    assert endpoint.endpoint_config_name == second
    assert endpoint.last_deployment_config.blue_green_update_policy
    assert endpoint.invoke(body="x").body.read().startswith(names[2].encode())
    endpoint.delete()
    endpoint.wait_for_delete(poll=1)
