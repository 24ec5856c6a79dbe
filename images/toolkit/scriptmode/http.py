"""The server of the serving contract: /ping, /invocations, /execution-parameters.

A threading server of the standard library with kept-alive connections: no
package to install beside the model's own, and nothing to start but one process.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import traceback
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

HOST_VARIABLE = "SAGEMAKER_BIND_TO_HOST"
PORT_VARIABLE = "SAGEMAKER_BIND_TO_PORT"
MAX_BODY = int(os.environ.get("MAX_CONTENT_LENGTH", str(20 * 1024 * 1024)))
IDLE_SECONDS = 75
PLAIN_TEXT = "text/plain; charset=utf-8"

DISCARD_LIMIT = 64 * 1024 * 1024
"""How much of a body that is refused is read all the same, so that its sender reads the answer."""


class Reply(NamedTuple):
    """The answer to an invocation."""

    content: bytes
    kind: str
    """Its content type."""
    status: HTTPStatus = HTTPStatus.OK


Answer = Callable[[bytes, str | None, str | None], Reply]
"""From a body, its content type, and what the client accepts."""


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
                "MaxConcurrentTransforms": self.server.concurrency,
                "BatchStrategy": "MULTI_RECORD",
                "MaxPayloadInMB": MAX_BODY // (1024 * 1024),
            }
            self._answer(HTTPStatus.OK, json.dumps(parameters).encode(), "application/json")
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"no such path\n", "text/plain")

    def do_POST(self) -> None:
        """An invocation."""
        reply = self._reply()
        self._answer(reply.status, reply.content, reply.kind)

    def _reply(self) -> Reply:
        """The answer, or what is wrong; a connection that breaks has no answer."""
        try:
            body = self._body()
            if self.path != "/invocations":
                raise RequestError(HTTPStatus.NOT_FOUND, "no such path")
            return self.server.answer(
                body, self.headers.get("Content-Type"), self.headers.get("Accept")
            )
        except RequestError as error:
            return Reply(f"{error}\n".encode(), PLAIN_TEXT, error.status)
        except ConnectionError:
            raise
        except Exception as error:
            traceback.print_exc()
            text = f"{type(error).__name__}: {error}\n"
            return Reply(text.encode(), PLAIN_TEXT, HTTPStatus.INTERNAL_SERVER_ERROR)

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
            self._discard(length)
            raise RequestError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body is over {MAX_BODY} bytes."
            )

    def _discard(self, length: int) -> None:
        """Read what a client goes on to send: most read the answer only after that."""
        rest = min(length, DISCARD_LIMIT)
        while rest > 0 and (block := self.rfile.read(min(rest, 65536))):
            rest -= len(block)

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
    """The HTTP server with what answers its invocations."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, answer: Answer, concurrency: int) -> None:
        self.answer = answer
        self.concurrency = concurrency
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
