"""Asynchronous endpoints with boto3: queues, objects, notifications."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hosting import SERVE, Hosting
from listener import Listener
from programs import Programs
from server import Server

pytestmark = pytest.mark.server


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Somebody who subscribes."""
    made = Listener()
    yield made
    made.close()


def hosting_of(server: Server, unique: Callable[[str], str], program: Programs) -> Hosting:
    """Models and endpoints with a bucket of their own."""
    s3 = server.client("s3")
    bucket = unique("async")
    s3.create_bucket(Bucket=bucket)
    return Hosting(
        server.client("sagemaker"),
        server.client("sagemaker-runtime"),
        s3,
        bucket,
        unique,
        program,
    )


def queued(hosting: Hosting, image: str, sns: Any, **client: Any) -> tuple[str, str, str]:
    """An asynchronous endpoint in service, and its topics."""
    good, bad = (sns.create_topic(Name=hosting.unique("topic"))["TopicArn"] for _ in range(2))
    model = hosting.model(image, "cat")
    config = hosting.config(
        {"VariantName": "a", "ModelName": model},
        AsyncInferenceConfig={
            "ClientConfig": client,
            "OutputConfig": {
                "S3OutputPath": f"s3://{hosting.bucket}/out",
                "S3FailurePath": f"s3://{hosting.bucket}/failed",
                "NotificationConfig": {
                    "SuccessTopic": good,
                    "ErrorTopic": bad,
                    "IncludeInferenceResponseIn": ["SUCCESS_NOTIFICATION_TOPIC"],
                },
            },
        },
    )
    endpoint = hosting.endpoint(config)
    settled = hosting.settle(endpoint)
    assert settled["EndpointStatus"] == "InService", settled
    return endpoint, good, bad


def ask(hosting: Hosting, endpoint: str, body: str, **more: Any) -> dict[str, Any]:
    """Put an input and send a request for it."""
    key = hosting.unique("in")
    hosting.s3.put_object(Bucket=hosting.bucket, Key=key, Body=body.encode())
    said: dict[str, Any] = hosting.runtime.invoke_endpoint_async(
        EndpointName=endpoint,
        InputLocation=f"s3://{hosting.bucket}/{key}",
        **{"ContentType": "text/csv", **more},
    )
    assert said["ResponseMetadata"]["HTTPStatusCode"] == 202
    return said


def read(hosting: Hosting, location: str) -> str:
    """An object."""
    bucket, _, key = location.removeprefix("s3://").partition("/")
    text: bytes = hosting.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return text.decode()


VERIFY = """
import base64, json, subprocess, sys, urllib.request

message = json.loads(sys.argv[1])
pem = urllib.request.urlopen(message["SigningCertURL"]).read()
key = subprocess.run(
    ["openssl", "x509", "-pubkey", "-noout"], input=pem, capture_output=True, check=True
).stdout
names = [n for n in ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")]
text = "".join(f"{n}\\n{message[n]}\\n" for n in names if n in message)
open("key.pem", "wb").write(key)
open("signature", "wb").write(base64.b64decode(message["Signature"]))
subprocess.run(
    ["openssl", "dgst", "-sha1", "-verify", "key.pem", "-signature", "signature"],
    input=text.encode(),
    check=True,
)
"""


def check_signature(server: Server, folder: Path, message: dict[str, Any]) -> None:
    """A program under `sagebrush exec` finds the certificate, and the signature is right."""
    assert message["SigningCertURL"].startswith("https://sns.us-east-1.amazonaws.com/Simple")
    said = json.dumps(message)
    program = [sys.executable, "-c", VERIFY, said]
    assert "Verified OK" in server.run("exec", "--", *program, cwd=folder)


def test_async(
    server: Server,
    program: Programs,
    unique: Callable[[str], str],
    listener: Listener,
    tmp_path: Path,
) -> None:
    """Answers, failures and their notifications; refusals; metrics (Async-1, Async-2)."""
    hosting = hosting_of(server, unique, program)
    sns = server.client("sns")
    image = program(SERVE, "serve")
    endpoint, good, bad = queued(hosting, image, sns, MaxConcurrentInvocationsPerInstance=2)
    listener.subscribe(sns, good, bad)
    asked = [ask(hosting, endpoint, f"row {i}") for i in range(20)]
    for i, said in enumerate(asked):
        told = listener.result(said["InferenceId"])
        assert told["invocationStatus"] == "Completed", told
        assert told["requestParameters"]["endpointName"] == endpoint
        assert told["responseParameters"]["outputLocation"] == said["OutputLocation"]
        assert told["responseBody"]["content"] == f"cat|nobody|text/csv|row {i}"
        assert read(hosting, said["OutputLocation"]) == f"cat|nobody|text/csv|row {i}"
    failed = ask(hosting, endpoint, "fail", InferenceId="mine")
    told = listener.result("mine")
    assert told["invocationStatus"] == "Failed"
    assert "the model does not like this" in told["failureReason"]
    assert read(hosting, failed["FailureLocation"]) == "the model does not like this"
    with pytest.raises(ClientError, match="NoSuchKey"):
        read(hosting, failed["OutputLocation"])
    missing = hosting.runtime.invoke_endpoint_async(
        EndpointName=endpoint, InputLocation=f"s3://{hosting.bucket}/nothing"
    )
    assert "no such object" in listener.result(missing["InferenceId"])["failureReason"]
    assert set(listener.results(bad)) == {"mine", missing["InferenceId"]}
    with pytest.raises(ClientError, match="call InvokeEndpointAsync") as refused:
        hosting.ask(endpoint)
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    with pytest.raises(ClientError, match="Member must have value less than") as refused:
        ask(hosting, endpoint, "x", RequestTTLSeconds=30_000)
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    described = hosting.sagemaker.describe_endpoint(EndpointName=endpoint)
    client = described["AsyncInferenceConfig"]["ClientConfig"]
    assert client["MaxConcurrentInvocationsPerInstance"] == 2
    metrics = server.client("cloudwatch").list_metrics(
        Namespace="AWS/SageMaker", Dimensions=[{"Name": "EndpointName", "Value": endpoint}]
    )["Metrics"]
    assert {"ApproximateBacklogSize", "HasBacklogWithoutCapacity", "TimeInBacklog"} <= {
        metric["MetricName"] for metric in metrics
    }
    check_signature(server, tmp_path, listener.messages[-1])
    logs = server.client("logs")
    events = logs.filter_log_events(logGroupName=f"/aws/sagemaker/Endpoints/{endpoint}")["events"]
    lines = [e["message"] for e in events if e["logStreamName"].endswith("/data-log")]
    assert sum("Inference request succeeded. ModelLatency" in line for line in lines) == 20, lines
    assert any("[mine] Inference request failed." in line for line in lines), lines
    hosting.delete(endpoint)
    with pytest.raises(ClientError, match=f"Endpoint {endpoint} of account"):
        ask(hosting, endpoint, "late")


def test_synchronous(server: Server, program: Programs, unique: Callable[[str], str]) -> None:
    """An endpoint without an AsyncInferenceConfig takes no such requests (Async-1)."""
    hosting = hosting_of(server, unique, program)
    model = hosting.model(program(SERVE, "serve"), "cat")
    endpoint = hosting.endpoint(hosting.config({"VariantName": "a", "ModelName": model}))
    assert hosting.settle(endpoint)["EndpointStatus"] == "InService"
    with pytest.raises(ClientError, match="call InvokeEndpoint,") as refused:
        ask(hosting, endpoint, "x")
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    hosting.delete(endpoint)


def test_update(
    server: Server, program: Programs, unique: Callable[[str], str], listener: Listener
) -> None:
    """What waits and what is under way is answered while an update moves on (Deploy-1)."""
    hosting = hosting_of(server, unique, program)
    sns = server.client("sns")
    image = program(SLOW, "serve")
    endpoint, good, bad = queued(hosting, image, sns, MaxConcurrentInvocationsPerInstance=1)
    listener.subscribe(sns, good, bad)
    served = hosting.sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    described = hosting.sagemaker.describe_endpoint_config(EndpointConfigName=served)
    config = hosting.config(
        {"VariantName": "a", "ModelName": hosting.model(image, "dog"), "InitialInstanceCount": 2},
        AsyncInferenceConfig=described["AsyncInferenceConfig"],
    )
    asked = [ask(hosting, endpoint, f"row {i}") for i in range(30)]
    hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config)
    for said in asked:
        assert listener.result(said["InferenceId"])["invocationStatus"] == "Completed"
    names = [read(hosting, said["OutputLocation"]).partition("|")[0] for said in asked]
    assert names[0] == "cat"
    assert hosting.settle(endpoint)["EndpointStatus"] == "InService"
    last = ask(hosting, endpoint, "last")
    listener.result(last["InferenceId"])
    assert read(hosting, last["OutputLocation"]).startswith("dog|")
    hosting.delete(endpoint)


SLOW = SERVE.replace('if body == b"die":', 'time.sleep(0.05)\n        if body == b"die":')


def test_killed_server(tmp_path: Path, unique: Callable[[str], str], listener: Listener) -> None:
    """kill -9 again and again: no request is lost, none is told of twice (principle 3)."""
    own = Server(tmp_path / "own", "--runner", "process")
    hosting = hosting_of(own, unique, Programs(own, tmp_path, unique))
    sns = own.client("sns")
    image = hosting.program(SLOW, "serve")
    endpoint, good, bad = queued(hosting, image, sns, MaxConcurrentInvocationsPerInstance=2)
    listener.subscribe(sns, good, bad)
    asked = [ask(hosting, endpoint, f"row {i}") for i in range(60)]
    for rest in (50, 35, 20):
        until = time.monotonic() + 30
        while len(listener.results()) < 60 - rest and time.monotonic() < until:
            time.sleep(0.01)
        own.kill()
        own.start()
    hosting = Hosting(
        own.client("sagemaker"),
        own.client("sagemaker-runtime"),
        own.client("s3"),
        hosting.bucket,
        unique,
        hosting.program,
    )
    listener.until(lambda _: len(listener.results()) == len(asked))
    for i, said in enumerate(asked):
        assert listener.result(said["InferenceId"])["invocationStatus"] == "Completed"
        assert read(hosting, said["OutputLocation"]) == f"cat|nobody|text/csv|row {i}"
    hosting.delete(endpoint)
    assert own.stop() == 0
    objects = [said["OutputLocation"] for said in asked]
    assert len(set(objects)) == len(asked)
