"""Core files of containers that crash, where the machine's kernel leaves them to programs."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hosting import Hosting
from programs import Programs

pytestmark = pytest.mark.server

CRASH = """
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        os.abort()


port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
ThreadingHTTPServer(("0.0.0.0", port), Handler).serve_forever()
"""


def test_crash(
    client: Callable[..., Any], bucket: str, unique: Callable[[str], str], program: Programs
) -> None:
    """The core file lies in the bucket (CoreDumpConfig), or the endpoint is refused and why."""
    hosting = Hosting(
        client("sagemaker"), client("sagemaker-runtime"), client("s3"), bucket, unique, program
    )
    model = hosting.model(program(CRASH, "serve"), "any")
    config = hosting.config(
        {
            "VariantName": "a",
            "ModelName": model,
            "CoreDumpConfig": {"DestinationS3Uri": f"s3://{bucket}/cores/"},
        }
    )
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    forbidden = resource.getrlimit(resource.RLIMIT_CORE)[1] == 0 and os.geteuid() != 0
    if forbidden or pattern.startswith(("|", "%")) or "/" in pattern:
        with pytest.raises(ClientError, match="core_pattern=core"):
            hosting.endpoint(config)
        return
    endpoint = hosting.endpoint(config)
    seen = hosting.settle(endpoint)
    assert seen["EndpointStatus"] == "InService", seen
    with pytest.raises(ClientError) as failure:
        hosting.ask(endpoint)
    assert failure.value.response["Error"]["Code"] == "ModelError"
    keys: list[str] = []
    for _ in range(300):
        listed = hosting.s3.list_objects_v2(Bucket=bucket, Prefix=f"cores/{endpoint}/a/i-")
        keys = [found["Key"] for found in listed.get("Contents", [])]
        if keys:
            break
        time.sleep(0.1)
    assert len(keys) == 1
    core = hosting.s3.get_object(Bucket=bucket, Key=keys[0], Range="bytes=0-3")["Body"]
    assert core.read() == b"\x7fELF"
    hosting.delete(endpoint)
