"""Inference components with boto3: models that share the instances of an endpoint."""

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
from training import ROLE

pytestmark = pytest.mark.server


@pytest.fixture
def hosting(
    client: Callable[..., Any], bucket: str, unique: Callable[[str], str], program: Programs
) -> Hosting:
    """Models and endpoints with their data in the test's bucket."""
    return Hosting(
        client("sagemaker"), client("sagemaker-runtime"), client("s3"), bucket, unique, program
    )


def host(hosting: Hosting, **variant: Any) -> str:
    """An endpoint in service that hosts components."""
    config = hosting.config({"VariantName": "AllTraffic", **variant}, ExecutionRoleArn=ROLE)
    endpoint = hosting.endpoint(config)
    described = hosting.settle(endpoint)
    assert described["EndpointStatus"] == "InService", described
    return endpoint


def specification(model: str, cores: float = 0.5) -> dict[str, Any]:
    """A model that takes so many of the two cores of an instance."""
    return {
        "ModelName": model,
        "ComputeResourceRequirements": {
            "NumberOfCpuCoresRequired": cores,
            "MinMemoryRequiredInMb": 256,
        },
    }


def component(hosting: Hosting, endpoint: str, what: dict[str, Any], copies: int = 1) -> str:
    """An inference component, which may not be in service yet."""
    made = hosting.unique("component")
    hosting.sagemaker.create_inference_component(
        InferenceComponentName=made,
        EndpointName=endpoint,
        VariantName="AllTraffic",
        Specification=what,
        RuntimeConfig={"CopyCount": copies},
    )
    return made


def settle(hosting: Hosting, name: str) -> dict[str, Any]:
    """Wait until nothing is under way; what the component is then."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        described: dict[str, Any] = hosting.sagemaker.describe_inference_component(
            InferenceComponentName=name
        )
        if described["InferenceComponentStatus"] in ("InService", "Failed"):
            return described
        time.sleep(0.05)
    raise AssertionError(described)


def gone(hosting: Hosting, name: str) -> None:
    """Delete the component, and wait until it does not exist."""
    hosting.sagemaker.delete_inference_component(InferenceComponentName=name)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            hosting.sagemaker.describe_inference_component(InferenceComponentName=name)
        except ClientError as refusal:
            if refusal.response["Error"]["Code"] == "ValidationException":
                return
            raise
        time.sleep(0.05)
    raise AssertionError(f"{name} is still there")


def test_life(hosting: Hosting) -> None:
    """Two models behind one endpoint: asked by name, scaled, updated, deleted."""
    image = hosting.program(SERVE, "serve")
    endpoint = host(hosting)
    cats = component(hosting, endpoint, specification(hosting.model(image, "cat")))
    dogs = component(hosting, endpoint, specification(hosting.model(image, "dog")))
    assert settle(hosting, cats)["InferenceComponentStatus"] == "InService"
    assert settle(hosting, dogs)["InferenceComponentStatus"] == "InService"

    def ask(name: str) -> str:
        answer, variant = hosting.ask(endpoint, InferenceComponentName=name)
        assert variant == "AllTraffic"
        return answer.split("|")[0]

    assert [ask(cats), ask(dogs)] == ["cat", "dog"]
    for more, said in (
        ({}, "Inference Component Name header is required"),
        ({"InferenceComponentName": "none"}, "Inference component none of endpoint"),
    ):
        with pytest.raises(ClientError, match=said):
            hosting.ask(endpoint, **more)
    with pytest.raises(ClientError, match="while it hosts inference components"):
        hosting.sagemaker.delete_endpoint(EndpointName=endpoint)

    hosting.sagemaker.update_inference_component_runtime_config(
        InferenceComponentName=cats, DesiredRuntimeConfig={"CopyCount": 2}
    )
    assert settle(hosting, cats)["RuntimeConfig"] == {"DesiredCopyCount": 2, "CurrentCopyCount": 2}

    answers: set[str] = set()
    refused: list[ClientError] = []
    stop = threading.Event()

    def keep_asking() -> None:
        while not stop.is_set():
            try:
                answers.add(ask(cats))
            except ClientError as refusal:
                refused.append(refusal)

    asking = threading.Thread(target=keep_asking)
    asking.start()
    try:
        hosting.sagemaker.update_inference_component(
            InferenceComponentName=cats,
            Specification=specification(hosting.model(image, "tiger"), 0.25),
        )
        settled = settle(hosting, cats)
        assert settled["InferenceComponentStatus"] == "InService", settled
    finally:
        stop.set()
        asking.join()
    assert not refused
    assert answers
    assert answers <= {"cat", "tiger"}
    assert ask(cats) == "tiger"
    listed = hosting.sagemaker.list_inference_components(
        EndpointNameEquals=endpoint, SortBy="Name"
    )["InferenceComponents"]
    assert {one["InferenceComponentName"] for one in listed} == {cats, dogs}
    gone(hosting, cats)
    with pytest.raises(ClientError, match="not found"):
        ask(cats)
    assert ask(dogs) == "dog"
    gone(hosting, dogs)
    hosting.delete(endpoint)


def test_failures(hosting: Hosting) -> None:
    """What cannot serve, or has no room, says what is wrong; what served goes on."""
    image = hosting.program(SERVE, "serve")
    endpoint = host(hosting)
    broken = hosting.model(image, "cat", BROKEN="1")
    good = component(hosting, endpoint, specification(hosting.model(image, "cat")))
    bad = component(hosting, endpoint, specification(broken))
    large = component(hosting, endpoint, specification(hosting.model(image, "cat"), 64))
    assert "this model cannot be served" in settle(hosting, bad)["FailureReason"]
    assert "needs 64 CPU cores" in settle(hosting, large)["FailureReason"]
    assert settle(hosting, good)["InferenceComponentStatus"] == "InService"
    hosting.sagemaker.update_inference_component(
        InferenceComponentName=good, Specification=specification(broken)
    )
    assert settle(hosting, good)["InferenceComponentStatus"] == "Failed"
    assert hosting.ask(endpoint, InferenceComponentName=good)[0].startswith("cat")
    with pytest.raises(ClientError):  # the copy dies, and another takes its place
        hosting.ask(endpoint, "die", InferenceComponentName=good)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if hosting.ask(endpoint, InferenceComponentName=good)[0].startswith("cat"):
                break
        except ClientError:
            time.sleep(0.05)
    else:
        raise AssertionError("nothing takes the place of the copy that died")
    for name in (good, bad, large):
        gone(hosting, name)
    hosting.delete(endpoint)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own, to be killed."""
    running = Server(tmp_path / "own", "--runner", "process")
    yield running
    running.close()


def test_killed_server(own: Server, tmp_path: Path, unique: Callable[[str], str]) -> None:
    """Copies outlive the server, in the middle of a change too, and the next one goes on."""
    bucket = unique("killed")
    own.client("s3").create_bucket(Bucket=bucket)
    program = Programs(own, tmp_path, unique)

    def connect() -> Hosting:
        sagemaker, runtime = own.client("sagemaker"), own.client("sagemaker-runtime")
        return Hosting(sagemaker, runtime, own.client("s3"), bucket, unique, program)

    def kill() -> Hosting:
        own.kill()
        own.start()
        return connect()

    hosting = connect()
    pids = SERVE.replace('"nobody"', "str(os.getpid())")
    image = hosting.program(pids, "serve")
    endpoint = host(hosting)
    cats = component(hosting, endpoint, specification(hosting.model(image, "cat")))
    assert settle(hosting, cats)["InferenceComponentStatus"] == "InService"

    def ask() -> list[str]:
        deadline = time.monotonic() + 30
        while True:
            try:
                return hosting.ask(endpoint, InferenceComponentName=cats)[0].split("|")[:2]
            except ClientError:  # the server is not back yet
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    before = ask()
    hosting = kill()
    assert ask() == before
    tiger = specification(hosting.model(image, "tiger"))
    hosting.sagemaker.update_inference_component(InferenceComponentName=cats, Specification=tiger)
    hosting = kill()
    assert settle(hosting, cats)["InferenceComponentStatus"] == "InService"
    assert ask()[0] == "tiger"
    gone(hosting, cats)
    hosting.delete(endpoint)
