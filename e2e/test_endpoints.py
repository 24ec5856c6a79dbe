"""Endpoints with boto3: real programs behind real requests."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import guide
import pytest
from botocore.exceptions import ClientError
from hosting import SERVE, Hosting
from programs import Programs
from server import Server
from training import ROLE

pytestmark = pytest.mark.server


@pytest.fixture
def image(program: Programs) -> str:
    """An image whose program serves."""
    return program(SERVE, "serve")


def test_life(hosting: Hosting, image: str, client: Callable[..., Any]) -> None:
    """From creation to deletion (CreateEndpoint-1, Host-1, Host-8, DeleteEndpoint-1)."""
    model = hosting.model(image, "cat", WHO="me")
    config = hosting.config({"VariantName": "AllTraffic", "ModelName": model})
    begun = time.monotonic()
    endpoint = hosting.endpoint(config)
    assert hosting.settle(endpoint)["EndpointStatus"] == "InService", hosting.settle(endpoint)
    assert time.monotonic() - begun < 30
    assert hosting.ask(endpoint, "a,b") == ("cat|me|text/csv|a,b", "AllTraffic")
    seen = hosting.sagemaker.describe_endpoint(EndpointName=endpoint)
    assert seen["EndpointConfigName"] == config
    (variant,) = seen["ProductionVariants"]
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (1, 1)
    assert (variant["CurrentWeight"], variant["DesiredWeight"]) == (1.0, 1.0)
    assert variant["DeployedImages"][0]["SpecifiedImage"] == image
    assert "PendingDeploymentSummary" not in seen
    listed = hosting.sagemaker.list_endpoints(NameContains=endpoint, StatusEquals="InService")
    assert [e["EndpointName"] for e in listed["Endpoints"]] == [endpoint]
    logs = client("logs")
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    (stream,) = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert stream["logStreamName"].startswith("AllTraffic/i-")
    events = logs.get_log_events(
        logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
    )["events"]
    assert "serving" in [event["message"] for event in events]
    with pytest.raises(ClientError, match="Cannot create already existing endpoint"):
        hosting.sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=config)
    hosting.delete(endpoint)
    with pytest.raises(ClientError, match="Could not find endpoint"):
        hosting.sagemaker.describe_endpoint(EndpointName=endpoint)
    with pytest.raises(ClientError, match=f"Endpoint {endpoint} of account") as refused:
        hosting.ask(endpoint)
    assert refused.value.response["Error"]["Code"] == "ValidationError"


def test_failures_of_models(hosting: Hosting, image: str) -> None:
    """A model's errors reach the client; one that dies is replaced (InvokeEndpoint-2, Host-3)."""
    model = hosting.model(image, "dog")
    endpoint = hosting.endpoint(hosting.config({"VariantName": "a", "ModelName": model}))
    assert hosting.settle(endpoint)["EndpointStatus"] == "InService"
    with pytest.raises(ClientError) as refused:
        hosting.ask(endpoint, "fail")
    answer = refused.value.response
    assert answer["Error"]["Code"] == "ModelError"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert answer["OriginalStatusCode"] == 500
    assert answer["OriginalMessage"] == "the model does not like this"
    with pytest.raises(ClientError):
        hosting.ask(endpoint, "die")
    for _ in range(300):
        try:
            assert hosting.ask(endpoint)[0].startswith("dog|")
            break
        except ClientError:
            time.sleep(0.1)
    else:
        pytest.fail("it did not come back")
    hosting.delete(endpoint)


def test_stream(hosting: Hosting, image: str) -> None:
    """Parts of an answer arrive as the model makes them (InvokeStream-1)."""
    model = hosting.model(image, "s")
    endpoint = hosting.endpoint(hosting.config({"VariantName": "a", "ModelName": model}))
    assert hosting.settle(endpoint)["EndpointStatus"] == "InService"
    answer = hosting.runtime.invoke_endpoint_with_response_stream(
        EndpointName=endpoint, Body="stream"
    )
    parts, times = [], []
    for event in answer["Body"]:
        parts.append(event["PayloadPart"]["Bytes"])
        times.append(time.monotonic())
    assert b"".join(parts) == b"one;two;three;"
    assert times[-1] - times[0] > 0.3  # the first was not held back until the last
    hosting.delete(endpoint)


def test_that_cannot_serve(hosting: Hosting, image: str) -> None:
    """A program that ends at once fails its endpoint, and the reason says what it said."""
    model = hosting.model(image, "x", BROKEN="1")
    endpoint = hosting.endpoint(hosting.config({"VariantName": "a", "ModelName": model}))
    seen = hosting.settle(endpoint)
    assert seen["EndpointStatus"] == "Failed"
    for words in ("variant a", image, "status 1", "this model cannot be served"):
        assert words in seen["FailureReason"]
    with pytest.raises(ClientError, match="can only be deleted"):
        hosting.sagemaker.update_endpoint(
            EndpointName=endpoint, EndpointConfigName=seen["EndpointConfigName"]
        )
    hosting.delete(endpoint)


def test_variants(hosting: Hosting, image: str) -> None:
    """Traffic follows the weights, also when they change (Variant-1, Weights-1)."""
    one, other = hosting.model(image, "one"), hosting.model(image, "other")
    endpoint = hosting.endpoint(
        hosting.config(
            {"VariantName": "one", "ModelName": one, "InitialVariantWeight": 3},
            {"VariantName": "other", "ModelName": other, "InitialVariantWeight": 1},
        )
    )
    assert hosting.settle(endpoint)["EndpointStatus"] == "InService"
    asked = [hosting.ask(endpoint) for _ in range(200)]
    assert all(answer.startswith(f"{variant}|") for answer, variant in asked)
    assert 100 < Counter(variant for _, variant in asked)["one"] < 190
    assert hosting.ask(endpoint, TargetVariant="other")[1] == "other"
    with pytest.raises(ClientError):
        hosting.ask(endpoint, TargetVariant="nobody")
    hosting.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[
            {"VariantName": "one", "DesiredWeight": 0},
            {"VariantName": "other", "DesiredWeight": 1, "DesiredInstanceCount": 2},
        ],
    )
    seen = hosting.settle(endpoint)
    assert seen["EndpointStatus"] == "InService"
    by_name = {v["VariantName"]: v for v in seen["ProductionVariants"]}
    assert (by_name["one"]["CurrentWeight"], by_name["other"]["CurrentInstanceCount"]) == (0, 2)
    assert {hosting.ask(endpoint)[1] for _ in range(30)} == {"other"}
    hosting.delete(endpoint)


def test_update_loses_nothing(hosting: Hosting, image: str) -> None:
    """An update under load fails no request; one that fails changes nothing (UpdateEndpoint-1)."""
    old, new = hosting.model(image, "old"), hosting.model(image, "new")
    first = hosting.config({"VariantName": "a", "ModelName": old})
    endpoint = hosting.endpoint(first)
    assert hosting.settle(endpoint)["EndpointStatus"] == "InService"
    stop, answers, failures = threading.Event(), Counter[str](), []

    def load() -> None:
        while not stop.is_set():
            try:
                answers[hosting.ask(endpoint)[0].partition("|")[0]] += 1
            except ClientError as error:
                failures.append(error)

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    second = hosting.config({"VariantName": "a", "ModelName": new})
    hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=second)
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        hosting.sagemaker.delete_endpoint(EndpointName=endpoint)
    seen = hosting.settle(endpoint)
    assert (seen["EndpointStatus"], seen["EndpointConfigName"]) == ("InService", second)
    broken = hosting.model(image, "broken", BROKEN="1")
    third = hosting.config({"VariantName": "a", "ModelName": broken})
    hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=third)
    seen = hosting.settle(endpoint)
    assert (seen["EndpointStatus"], seen["EndpointConfigName"]) == ("InService", second)
    assert "this model cannot be served" in seen["FailureReason"]
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert set(answers) == {"old", "new"}
    assert hosting.ask(endpoint)[0].startswith("new|")
    hosting.delete(endpoint)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own, to be killed."""
    running = Server(tmp_path / "own", "--runner", "process")
    yield running
    running.close()


def test_killed_server(own: Server, tmp_path: Path, unique: Callable[[str], str]) -> None:
    """Replicas outlive the server, and the next one finds them again (principle 3)."""
    program = Programs(own, tmp_path, unique)
    s3 = own.client("s3")
    bucket = unique("killed")
    s3.create_bucket(Bucket=bucket)
    hosting = Hosting(
        own.client("sagemaker"), own.client("sagemaker-runtime"), s3, bucket, unique, program
    )
    image = program(SERVE.replace('"nobody"', "str(os.getpid())"), "serve")
    model = hosting.model(image, "cat")
    endpoint = hosting.endpoint(hosting.config({"VariantName": "a", "ModelName": model}))
    assert hosting.settle(endpoint)["EndpointStatus"] == "InService"
    before = hosting.ask(endpoint)
    own.kill()
    own.start()
    again = Hosting(
        own.client("sagemaker"), own.client("sagemaker-runtime"), s3, bucket, unique, program
    )
    assert again.settle(endpoint)["EndpointStatus"] == "InService"
    for _ in range(200):
        try:
            assert again.ask(endpoint) == before
            break
        except ClientError:
            time.sleep(0.05)
    else:
        pytest.fail("it did not come back")
    again.delete(endpoint)


@pytest.mark.parametrize("section", guide.sections("hosting.md"), ids=lambda s: s.title)
def test_guide(section: guide.Section, server: Server, tmp_path: Path) -> None:
    """docs/hosting.md: its program does what the page says."""
    section.run(server, tmp_path)


def test_capture(hosting: Hosting, image: str) -> None:
    """Requests and answers lie in the bucket, as Model Monitor reads them (DataCapture-1)."""
    model = hosting.model(image, "cat")
    config = hosting.config(
        {"VariantName": "a", "ModelName": model},
        DataCaptureConfig={
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{hosting.bucket}/captured",
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
        },
    )
    endpoint = hosting.endpoint(config)
    seen = hosting.settle(endpoint)
    assert seen["DataCaptureConfig"]["CaptureStatus"] == "Started"
    for number in range(3):
        hosting.ask(endpoint, f"1,{number}", InferenceId=f"id-{number}")
    lines: list[dict[str, Any]] = []
    prefix = f"captured/{endpoint}/a/{time.strftime('%Y/%m/', time.gmtime())}"
    for _ in range(200):
        listed = hosting.s3.list_objects_v2(Bucket=hosting.bucket, Prefix=prefix)
        keys = [found["Key"] for found in listed.get("Contents", [])]
        files = [hosting.s3.get_object(Bucket=hosting.bucket, Key=key)["Body"] for key in keys]
        lines = [json.loads(line) for file in files for line in file.read().splitlines()]
        if len(lines) == 3:
            break
        time.sleep(0.1)
    assert all(key.endswith(".jsonl") for key in keys)
    assert [line["eventMetadata"]["inferenceId"] for line in lines] == ["id-0", "id-1", "id-2"]
    first = lines[0]["captureData"]
    assert first["endpointInput"] == {
        "observedContentType": "text/csv",
        "mode": "INPUT",
        "data": "1,0",
        "encoding": "CSV",
    }
    assert first["endpointOutput"]["encoding"] == "BASE64"
    assert base64.b64decode(first["endpointOutput"]["data"]) == b"cat|nobody|text/csv|1,0"
    hosting.delete(endpoint)


def test_pipeline_and_shadow(hosting: Hosting, image: str, client: Callable[..., Any]) -> None:
    """A container gets the answer of the one before (Host-6); a shadow gets copies (Shadow-1)."""
    pipeline = hosting.unique("pipeline")
    hosting.sagemaker.create_model(
        ModelName=pipeline,
        ExecutionRoleArn=ROLE,
        Containers=[
            {"Image": image, "ModelDataUrl": hosting.archive(name), "ContainerHostname": name}
            for name in ("first", "second")
        ],
    )
    endpoint = hosting.endpoint(hosting.config({"VariantName": "a", "ModelName": pipeline}))
    assert hosting.settle(endpoint)["EndpointStatus"] == "InService"
    answer = hosting.ask(endpoint, "x")[0]
    assert answer.startswith("second|nobody|")
    assert answer.endswith("|first|nobody|text/csv|x")
    hosting.delete(endpoint)
    config = hosting.unique("config")
    variant = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1, "InitialVariantWeight": 1}
    hosting.sagemaker.create_endpoint_config(
        EndpointConfigName=config,
        ProductionVariants=[
            {**variant, "VariantName": "real", "ModelName": hosting.model(image, "real")}
        ],
        ShadowProductionVariants=[
            {**variant, "VariantName": "shadow", "ModelName": hosting.model(image, "shadow")}
        ],
    )
    endpoint = hosting.endpoint(config)
    seen = hosting.settle(endpoint)
    assert [v["VariantName"] for v in seen["ShadowProductionVariants"]] == ["shadow"]
    for _ in range(5):
        assert hosting.ask(endpoint)[1] == "real"
    logs, group = client("logs"), f"/aws/sagemaker/Endpoints/{endpoint}"
    asked = 0
    for _ in range(100):
        events = logs.filter_log_events(logGroupName=group, logStreamNamePrefix="shadow/")["events"]
        asked = sum(event["message"] == "asked /invocations" for event in events)
        if asked == 5:
            break
        time.sleep(0.05)
    assert asked == 5, [event["message"] for event in events]
    hosting.delete(endpoint)
