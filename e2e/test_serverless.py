"""Serverless endpoints with boto3: instances that come with requests and go without them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hosting import SERVE, Hosting
from programs import Programs
from server import Server

pytestmark = pytest.mark.server

SLOW = SERVE.replace(
    'if body == b"die"', 'if body == b"wait":\n            time.sleep(1)\n        if body == b"die"'
).replace('"nobody"', "str(os.getpid())")
IDLE = "1s"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose serverless instances go soon."""
    directory = tmp_path_factory.mktemp("serverless") / "own"
    running = Server(directory, "--runner", "process", "--serverless-idle", IDLE)
    yield running
    running.close()


@pytest.fixture
def hosting(own: Server, tmp_path: Path, unique: Callable[[str], str]) -> Hosting:
    """Models and endpoints of that server."""
    s3 = own.client("s3")
    bucket = unique("serverless")
    s3.create_bucket(Bucket=bucket)
    return Hosting(
        own.client("sagemaker"),
        own.client("sagemaker-runtime"),
        s3,
        bucket,
        unique,
        Programs(own, tmp_path, unique),
    )


def serverless(hosting: Hosting, **more: int) -> str:
    """A serverless endpoint in service."""
    model = hosting.model(hosting.program(SLOW, "serve"), "cat")
    config = hosting.unique("config")
    hosting.sagemaker.create_endpoint_config(
        EndpointConfigName=config,
        ProductionVariants=[
            {
                "VariantName": "AllTraffic",
                "ModelName": model,
                "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 2, **more},
            }
        ],
    )
    endpoint = hosting.endpoint(config)
    assert hosting.settle(endpoint)["EndpointStatus"] == "InService", hosting.settle(endpoint)
    return endpoint


def at_once(hosting: Hosting, endpoint: str, count: int) -> tuple[set[str], list[str]]:
    """Requests that take a second, all at once: who answered, and what was refused."""
    answered: set[str] = set()
    refused: list[str] = []

    def ask() -> None:
        try:
            answered.add(hosting.ask(endpoint, "wait")[0].split("|")[1])
        except ClientError as error:
            refused.append(error.response["Error"]["Code"])

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answered, refused


def process(hosting: Hosting, endpoint: str) -> int:
    """The number of the process that answers."""
    return int(hosting.ask(endpoint)[0].split("|")[1])


def until_gone(pid: int) -> None:
    """Wait until a process has ended."""
    for _ in range(600):
        if not Path(f"/proc/{pid}").exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"{pid} still runs")


def test_from_zero_and_back(hosting: Hosting) -> None:
    """Instances come with requests, one each, and go when nobody asks (Serverless-1)."""
    endpoint = serverless(hosting)
    (variant,) = hosting.sagemaker.describe_endpoint(EndpointName=endpoint)["ProductionVariants"]
    assert variant["CurrentServerlessConfig"] == {"MemorySizeInMB": 1024, "MaxConcurrency": 2}
    assert "CurrentInstanceCount" not in variant
    first = process(hosting, endpoint)
    until_gone(first)
    second = process(hosting, endpoint)  # from zero
    assert second != first
    answered, refused = at_once(hosting, endpoint, 2)
    assert len(answered) == 2
    assert not refused
    until_gone(second)
    described = hosting.sagemaker.describe_endpoint(EndpointName=endpoint)
    assert described["EndpointStatus"] == "InService"
    hosting.delete(endpoint)


def test_concurrency(hosting: Hosting) -> None:
    """Above MaxConcurrency requests are throttled, and what is provisioned stays (Weights-1)."""
    endpoint = serverless(hosting, ProvisionedConcurrency=1)
    answered, refused = at_once(hosting, endpoint, 8)
    assert len(answered) == 2
    assert refused == ["ThrottlingException"] * 6
    hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[
            {"VariantName": "AllTraffic", "ServerlessUpdateConfig": {"MaxConcurrency": 4}}
        ],
    )
    settled: dict[str, Any] = hosting.settle(endpoint)
    config = settled["ProductionVariants"][0]["CurrentServerlessConfig"]
    assert config["MaxConcurrency"] == 4
    answered, _ = at_once(hosting, endpoint, 4)
    assert len(answered) == 4
    running = {int(pid) for pid in answered}
    for _ in range(600):
        running = {pid for pid in running if Path(f"/proc/{pid}").exists()}
        if len(running) == 1:
            break
        time.sleep(0.05)
    assert {process(hosting, endpoint)} == running
    hosting.delete(endpoint)
