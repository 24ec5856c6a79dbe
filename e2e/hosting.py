"""Endpoints as the tests write them: a program that serves, a model, waiting, asking."""

from __future__ import annotations

import contextlib
import io
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import WaiterError
from programs import Programs
from training import ROLE

SERVE = r"""
import os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(200, b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if body == b"die":
            os._exit(7)
        if body == b"stream":
            return self.stream()
        if body == b"fail" or os.environ.get("FAILS"):
            return self.answer(500, b"the model does not like this")
        with open("/opt/ml/model/name.txt") as file:
            name = file.read()
        kind = self.headers.get("Content-Type", "")
        said = [name, os.environ.get("WHO", "nobody"), kind, body.decode()]
        self.answer(200, "|".join(said).encode())

    def stream(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in (b"one;", b"two;", b"three;"):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.flush()
            time.sleep(0.2)
        self.wfile.write(b"0\r\n\r\n")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        print(f"asked {self.path}\n", end="", flush=True)  # one write: requests come at once


if os.environ.get("BROKEN"):
    sys.exit("this model cannot be served")
print("serving", flush=True)
port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
ThreadingHTTPServer(("0.0.0.0", port), Handler).serve_forever()
"""


@dataclass
class Hosting:
    """Models and endpoints of one test, and the clients that they take."""

    sagemaker: Any
    runtime: Any
    s3: Any
    bucket: str
    unique: Callable[[str], str]
    program: Programs

    def archive(self, name: str) -> str:
        """The URI of model data that holds a name."""
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w:gz") as archive:
            member = tarfile.TarInfo("name.txt")
            member.size = len(name)
            archive.addfile(member, io.BytesIO(name.encode()))
        key = f"{self.unique('model')}/model.tar.gz"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content.getvalue())
        return f"s3://{self.bucket}/{key}"

    def model(self, image: str, name: str, **environment: str) -> str:
        """A model whose answers begin with a name."""
        made = self.unique("model")
        self.sagemaker.create_model(
            ModelName=made,
            ExecutionRoleArn=ROLE,
            PrimaryContainer={
                "Image": image,
                "ModelDataUrl": self.archive(name),
                "Environment": environment,
            },
        )
        return made

    def config(self, *variants: dict[str, Any], **more: Any) -> str:
        """An endpoint configuration."""
        made = self.unique("config")
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=made,
            ProductionVariants=[
                {"InitialInstanceCount": 1, "InstanceType": "ml.m5.large", **variant}
                for variant in variants
            ],
            **more,
        )
        return made

    def endpoint(self, config: str) -> str:
        """An endpoint, which may not be in service yet."""
        made = self.unique("endpoint")
        self.sagemaker.create_endpoint(EndpointName=made, EndpointConfigName=config)
        return made

    def settle(self, endpoint: str) -> dict[str, Any]:
        """Wait until nothing is under way; what the endpoint is then."""
        waiter = self.sagemaker.get_waiter("endpoint_in_service")
        with contextlib.suppress(WaiterError):  # what it is says more
            waiter.wait(EndpointName=endpoint, WaiterConfig={"Delay": 0.1, "MaxAttempts": 600})
        described: dict[str, Any] = self.sagemaker.describe_endpoint(EndpointName=endpoint)
        return described

    def ask(self, endpoint: str, body: str = "x", **more: Any) -> tuple[str, str]:
        """The answer, and the variant that gave it."""
        answer = self.runtime.invoke_endpoint(
            EndpointName=endpoint, Body=body, **{"ContentType": "text/csv", **more}
        )
        return answer["Body"].read().decode(), answer["InvokedProductionVariant"]

    def delete(self, endpoint: str) -> None:
        """Delete the endpoint, and wait until it is gone."""
        self.sagemaker.delete_endpoint(EndpointName=endpoint)
        self.sagemaker.get_waiter("endpoint_deleted").wait(
            EndpointName=endpoint, WaiterConfig={"Delay": 0.1, "MaxAttempts": 600}
        )
