"""How long requests to endpoints may be, and how long models may take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hosting import Hosting
from programs import Programs
from server import Server

pytestmark = pytest.mark.server

SERVE = """
import os, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if body == b"slowly":
            time.sleep(20)
        self.answer(str(len(body)).encode())

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
ThreadingHTTPServer(("0.0.0.0", port), Handler).serve_forever()
"""


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[Server]:
    """A server that takes longer requests, and waits less for answers."""
    running = Server(
        tmp_path / "data",
        *["--runner", "process", "--max-invocation-body", "8MiB", "--invocation-timeout", "1s"],
    )
    yield running
    assert running.close() == 0


def hosted(server: Server, folder: Path, unique: Callable[[str], str]) -> tuple[Hosting, str]:
    """An endpoint that says how long its requests are."""
    program = Programs(server, folder, unique)
    runtime = server.client("sagemaker-runtime", config=Config(retries={"total_max_attempts": 1}))
    s3, bucket = server.client("s3"), unique("bucket")
    s3.create_bucket(Bucket=bucket)
    hosting = Hosting(server.client("sagemaker"), runtime, s3, bucket, unique, program)
    model = hosting.model(program(SERVE, "serve"), "any")
    endpoint = hosting.endpoint(hosting.config({"VariantName": "a", "ModelName": model}))
    assert hosting.settle(endpoint)["EndpointStatus"] == "InService"
    return hosting, endpoint


def refused(hosting: Hosting, endpoint: str, body: str) -> dict[str, Any]:
    """The error that the request ends in."""
    with pytest.raises(ClientError) as failure:
        hosting.ask(endpoint, body)
    answer: dict[str, Any] = failure.value.response
    return answer


def test_raised(patient: Server, tmp_path: Path, unique: Callable[[str], str]) -> None:
    """Flags raise the limit of the body, and change that of the time (InvokeEndpoint-1, Host-4)."""
    hosting, endpoint = hosted(patient, tmp_path, unique)
    assert hosting.ask(endpoint, "x" * (7 << 20))[0] == str(7 << 20)
    long = refused(hosting, endpoint, "x" * (9 << 20))
    assert long["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert "8388608 bytes" in long["Error"]["Message"]
    slow = refused(hosting, endpoint, "slowly")
    assert slow["Error"]["Code"] == "ModelError"
    assert "The limit is 1s" in slow["OriginalMessage"]
    hosting.delete(endpoint)


def test_default(server: Server, tmp_path: Path, unique: Callable[[str], str]) -> None:
    """6 MiB pass, and not a byte more (InvokeEndpoint-1)."""
    hosting, endpoint = hosted(server, tmp_path, unique)
    assert hosting.ask(endpoint, "x" * 6291456)[0] == "6291456"
    for length in (6291457, 7 << 20):
        long = refused(hosting, endpoint, "x" * length)
        assert long["ResponseMetadata"]["HTTPStatusCode"] == 413
        assert "6291456 bytes" in long["Error"]["Message"]
    hosting.delete(endpoint)
