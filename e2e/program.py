"""An image's serve program, running, and requests to it."""

from __future__ import annotations

import contextlib
import http.client
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from optml import environment


class Client:
    """Requests to one running serve program."""

    def __init__(self, port: int) -> None:
        self.port = port

    def request(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, str, str]:
        """A request; the answer's body as text."""
        status, kind, content = self.raw(method, path, body, **headers)
        return status, kind, content.decode()

    def raw(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, names)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.getheader("Content-Type", ""), content

    def invoke(self, body: str, **headers: str) -> tuple[int, str, str]:
        return self.request("POST", "/invocations", body.encode(), **headers)


def serve(image: Path, base: Path, **variables: str) -> tuple[subprocess.Popen[str], Client]:
    """Start an image's serve program on what lies under ``base``; port 0 if it did not come up."""
    settings = {
        "SAGEMAKER_BIND_TO_HOST": "127.0.0.1",
        "SAGEMAKER_BIND_TO_PORT": "0",
        **variables,
    }
    process = subprocess.Popen(
        [sys.executable, str(image / "serve")],
        env=environment(base, **settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    match = re.search(r"port (\d+)", process.stdout.readline())
    return process, Client(int(match[1]) if match else 0)


@contextlib.contextmanager
def serving(image: Path, base: Path, **variables: str) -> Iterator[Client]:
    """A serve program that is stopped at the end, and a client of it."""
    process, client = serve(image, base, **variables)
    try:
        yield client
    finally:
        process.terminate()
        status = process.wait(30)
    assert status == 0
