"""Inference components with the resource classes of the SDK, version 3."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hosting import SERVE
from programs import Programs
from sagemaker.core.resources import Endpoint, EndpointConfig, InferenceComponent
from sagemaker.core.shapes import (
    InferenceComponentComputeResourceRequirements,
    InferenceComponentContainerSpecification,
    InferenceComponentRuntimeConfig,
    InferenceComponentSpecification,
    ProductionVariant,
)

pytestmark = [pytest.mark.server, pytest.mark.sdk3]

ROLE = "arn:aws:iam::123456789012:role/SageMakerExecutionRole"
SAY = SERVE.replace('with open("/opt/ml/model/name.txt") as file:', "if True:").replace(
    "name = file.read()", 'name = "cat"'
)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK looks every five seconds; here every tenth of one does."""
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.1)))


def test_component(program: Programs, unique: Callable[[str], str]) -> None:
    """An endpoint, a component on it: asked, updated, deleted; the endpoint after it."""
    name = unique("zoo")
    EndpointConfig.create(
        endpoint_config_name=name,
        execution_role_arn=ROLE,
        production_variants=[
            ProductionVariant(
                variant_name="AllTraffic", instance_type="ml.m5.large", initial_instance_count=1
            )
        ],
    )
    endpoint = Endpoint.create(endpoint_name=name, endpoint_config_name=name)
    endpoint.wait_for_status("InService")
    component = InferenceComponent.create(
        inference_component_name=name,
        endpoint_name=name,
        variant_name="AllTraffic",
        specification=InferenceComponentSpecification(
            container=InferenceComponentContainerSpecification(
                image=program(SAY, "serve"), environment={"WHO": "me"}
            ),
            compute_resource_requirements=InferenceComponentComputeResourceRequirements(
                number_of_cpu_cores_required=1, min_memory_required_in_mb=256
            ),
        ),
        runtime_config=InferenceComponentRuntimeConfig(copy_count=1),
    )
    component.wait_for_status("InService")
    answer = endpoint.invoke(body="x", content_type="text/csv", inference_component_name=name)
    assert answer.body.read() == b"cat|me|text/csv|x"
    component.update_runtime_configs(
        desired_runtime_config=InferenceComponentRuntimeConfig(copy_count=2)
    )
    component.wait_for_status("InService")
    assert component.runtime_config.current_copy_count == 2
    (listed,) = InferenceComponent.get_all(endpoint_name_equals=name)
    assert listed.inference_component_name == name
    component.delete()
    component.wait_for_delete(poll=1)
    endpoint.delete()
    endpoint.wait_for_delete(poll=1)
