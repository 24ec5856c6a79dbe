"""Serving: GET /ping, GET /execution-parameters and POST /invocations for one trained model.

A threading server of the standard library with kept-alive connections: no
package to install, and nothing to start but one process.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Protocol

from algorithm import requests, responses, threads
from algorithm.channels import CSV, RECORDS
from algorithm.contract import Paths, UserError
from algorithm.requests import JSON, JSON_LINES, RequestError

if TYPE_CHECKING:
    from algorithm.table import Array

PORT_VARIABLE = "SAGEMAKER_BIND_TO_PORT"
MAX_BODY = int(os.environ.get("MAX_CONTENT_LENGTH", str(20 * 1024 * 1024)))

DISCARDED = 64 * 1024 * 1024
"""Bytes of a body that is too large which are still read before the connection is closed."""


class Model(Protocol):
    """A loaded model; it is asked from several threads."""

    def answer(
        self, body: bytes, content_type: str | None, accept: str | None
    ) -> tuple[bytes, str]:
        """The body of the answer and its type; RequestError refuses a request."""


class RowModel:
    """A model that answers rows of features with columns of predictions."""

    width: int
    """Number of features."""
    offered: tuple[str, ...] = (JSON, JSON_LINES, RECORDS, CSV)
    """Types of answers, the default first."""
    collection = "predictions"

    def predict(self, rows: Array, verbose: bool) -> responses.Columns:
        """Predictions for rows that have been checked."""
        raise NotImplementedError

    def answer(
        self, body: bytes, content_type: str | None, accept: str | None
    ) -> tuple[bytes, str]:
        """Decode, predict, encode."""
        kind = responses.choose(accept, self.offered)
        rows = requests.decode(body, content_type or CSV, self.width)
        verbose = kind.parameters.get("verbose") == "true"
        columns = self.predict(rows, verbose)
        return responses.encode(columns, kind.base, self.collection), kind.base


class Handler(BaseHTTPRequestHandler):
    """One connection. The server object carries the model."""

    protocol_version = "HTTP/1.1"
    server: Server
    timeout = 75  # seconds a kept-alive connection may be idle

    def do_GET(self) -> None:
        """Health, and what a transform job may send."""
        if self.path == "/ping":
            self._answer(HTTPStatus.OK, b"", "text/plain")
        elif self.path == "/execution-parameters":
            parameters = {
                "MaxConcurrentTransforms": int(os.environ["OMP_NUM_THREADS"]),
                "BatchStrategy": "MULTI_RECORD",
                "MaxPayloadInMB": MAX_BODY // (1024 * 1024),
            }
            self._answer(HTTPStatus.OK, json.dumps(parameters).encode(), "application/json")
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"no such path\n", "text/plain")

    def do_POST(self) -> None:
        """Predictions for the rows in the body."""
        try:
            body = self._body()
            if self.path != "/invocations":
                raise RequestError(HTTPStatus.NOT_FOUND, "no such path")
            if not body.strip():
                self._answer(HTTPStatus.NO_CONTENT, b"", "text/plain")
                return
            kind, accept = self.headers.get("Content-Type"), self.headers.get("Accept")
            self._answer(HTTPStatus.OK, *self.server.model.answer(body, kind, accept))
        except RequestError as error:
            self._answer(error.status, f"{error}\n".encode(), "text/plain; charset=utf-8")
        except Exception as error:
            self.log_error("%s: %s", type(error).__name__, error)
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, f"{error}\n".encode(), "text/plain")

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            self.close_connection = True
            raise RequestError(HTTPStatus.LENGTH_REQUIRED, "Content-Length is missing.") from None
        if length > MAX_BODY:
            self._discard(length)
        self._limit(length)
        return self.rfile.read(length)

    def _discard(self, length: int) -> None:
        """Read what will be refused: a client that is still sending would not see the answer."""
        left = min(length, DISCARDED)
        while left > 0 and (part := self.rfile.read(min(left, 1 << 16))):
            left -= len(part)

    def _chunks(self) -> bytes:
        parts, total = [], 0
        while True:
            try:
                size = int(self.rfile.readline(1024).partition(b";")[0], 16)
            except ValueError:
                self.close_connection = True
                raise RequestError(HTTPStatus.BAD_REQUEST, "The chunked body is broken.") from None
            total += size
            self._limit(total)
            parts.append(self.rfile.read(size))
            self.rfile.readline(1024)
            if size == 0:
                return b"".join(parts)

    def _limit(self, length: int) -> None:
        if not 0 <= length <= MAX_BODY:
            self.close_connection = True
            raise RequestError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body is over {MAX_BODY} bytes."
            )

    def _answer(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing of requests that went well: a line each costs more than the prediction."""
        if isinstance(code, HTTPStatus) and code >= HTTPStatus.BAD_REQUEST:
            super().log_request(code.value, size)


class Server(ThreadingHTTPServer):
    """The HTTP server with its model."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], model: Model) -> None:
        self.model = model
        super().__init__(address, Handler)


def main(load: Callable[[Paths], Model]) -> int:
    """Load the model and serve until SIGTERM."""
    threads.settle(os.environ)
    host = os.environ.get("SAGEMAKER_BIND_TO_HOST", "0.0.0.0")
    try:
        server = Server(
            (host, int(os.environ.get(PORT_VARIABLE) or "8080")),
            load(Paths.from_environment()),
        )
    except UserError as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    # shutdown waits for serve_forever to return, so it must not run on this thread.
    signal.signal(
        signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown, daemon=True).start()
    )
    print(f"Serving on port {server.server_address[1]}", flush=True)
    server.serve_forever()
    server.server_close()
    return 0
