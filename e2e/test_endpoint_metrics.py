"""What endpoints do and use, as CloudWatch has it, with boto3 (Host-9)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hosting import SERVE, Hosting

pytestmark = [pytest.mark.server, pytest.mark.current]


def test_metrics(hosting: Hosting, client: Callable[..., Any]) -> None:
    """Requests, errors and times are counted, and the instances' processors and memory."""
    cloudwatch = client("cloudwatch")
    image = hosting.program(SERVE, "serve")
    model = hosting.model(image, "cat")
    endpoint = hosting.endpoint(hosting.config({"VariantName": "a", "ModelName": model}))
    assert hosting.settle(endpoint)["EndpointStatus"] == "InService"
    dimensions = [
        {"Name": "EndpointName", "Value": endpoint},
        {"Name": "VariantName", "Value": "a"},
    ]

    def read(namespace: str, name: str, statistic: str) -> float | None:
        """The statistic over the last minutes, None while there is no value."""
        points = cloudwatch.get_metric_statistics(
            Namespace=namespace,
            MetricName=name,
            Dimensions=dimensions,
            StartTime=datetime.now(UTC) - timedelta(minutes=5),
            EndTime=datetime.now(UTC) + timedelta(minutes=1),
            Period=600,
            Statistics=[statistic],
        )["Datapoints"]
        return sum(point[statistic] for point in points) if points else None

    def until(namespace: str, name: str, statistic: str, good: Callable[[float], bool]) -> None:
        for _ in range(400):
            value = read(namespace, name, statistic)
            if value is not None and good(value):
                return
            time.sleep(0.1)
        raise AssertionError(f"{name} is {value}")

    for _ in range(20):
        hosting.ask(endpoint)
    with pytest.raises(ClientError):
        hosting.ask(endpoint, "fail")
    until("AWS/SageMaker", "Invocations", "Sum", lambda v: v == 21)
    until("AWS/SageMaker", "Invocation5XXErrors", "Sum", lambda v: v == 1)
    until("AWS/SageMaker", "ModelLatency", "SampleCount", lambda v: v == 20)
    until("AWS/SageMaker", "OverheadLatency", "Average", lambda v: v > 0)
    until("/aws/sagemaker/Endpoints", "MemoryUtilization", "Maximum", lambda v: 0 < v < 100)
    until("/aws/sagemaker/Endpoints", "CPUUtilization", "Minimum", lambda v: v >= 0)
    listed = cloudwatch.list_metrics(Namespace="/aws/sagemaker/Endpoints", Dimensions=dimensions)
    assert {m["MetricName"] for m in listed["Metrics"]} == {"CPUUtilization", "MemoryUtilization"}
    hosting.delete(endpoint)
