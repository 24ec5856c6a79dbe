"""The server of the serving contract: /ping, /invocations, /execution-parameters.

A threading server of the standard library with kept-alive connections: no
package to install beside the model's own, and nothing to start but one process.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOST_VARIABLE = "SAGEMAKER_BIND_TO_HOST"
PORT_VARIABLE = "SAGEMAKER_BIND_TO_PORT"
MAX_BODY = int(os.environ.get("MAX_CONTENT_LENGTH", str(20 * 1024 * 1024)))
IDLE_SECONDS = 75

Answer = Callable[[bytes, str, str], tuple[bytes, str]]
"""From body, content type and accept to content and its type."""


class RequestError(Exception):
    """A request that cannot be answered, with the HTTP status that says why."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class Handler(BaseHTTPRequestHandler):
    """One connection. The server object carries the model."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server
    timeout = IDLE_SECONDS

    def do_GET(self) -> None:
        """Health, and what a transform job may send."""
        if self.path == "/ping":
            self._answer(HTTPStatus.OK, b"", "application/json")
        elif self.path == "/execution-parameters":
            parameters: dict[str, Any] = {
                "MaxConcurrentTransforms": os.cpu_count() or 1,
                "BatchStrategy": "MULTI_RECORD",
                "MaxPayloadInMB": MAX_BODY // (1024 * 1024),
            }
            self._answer(HTTPStatus.OK, json.dumps(parameters).encode(), "application/json")
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"no such path\n", "text/plain")

    def do_POST(self) -> None:
        """An invocation."""
        try:
            body = self._body()
            if self.path != "/invocations":
                raise RequestError(HTTPStatus.NOT_FOUND, "no such path")
            content, kind = self.server.answer(
                body,
                self.headers.get("Content-Type") or "application/json",
                self.headers.get("Accept") or self.server.default_accept,
            )
            self._answer(HTTPStatus.OK, content, kind)
        except RequestError as error:
            self._answer(error.status, f"{error}\n".encode(), "text/plain; charset=utf-8")

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            self.close_connection = True
            raise RequestError(HTTPStatus.LENGTH_REQUIRED, "Content-Length is missing.") from None
        self._limit(length)
        return self.rfile.read(length)

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
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing of requests that went well: a line each costs more than the prediction."""
        if isinstance(code, HTTPStatus) and code >= HTTPStatus.BAD_REQUEST:
            super().log_request(code.value, size)


class Server(ThreadingHTTPServer):
    """The HTTP server with what answers its invocations."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, answer: Answer, default_accept: str) -> None:
        self.answer = answer
        self.default_accept = default_accept
        host = os.environ.get(HOST_VARIABLE, "0.0.0.0")
        super().__init__((host, int(os.environ.get(PORT_VARIABLE) or "8080")), Handler)

    def serve_until_stopped(self) -> None:
        """Answer until SIGTERM."""
        # shutdown waits for serve_forever to return, so it must not run on this thread.
        signal.signal(
            signal.SIGTERM, lambda *_: threading.Thread(target=self.shutdown, daemon=True).start()
        )
        print(f"Serving on port {self.server_address[1]}", flush=True)
        self.serve_forever()
        self.server_close()
