"""An HTTP endpoint of the test's own that subscribes to topics."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Listener:
    """Confirms every subscription that it is asked for, and keeps all messages."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self._arrived = threading.Condition()
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener._take(self.headers["x-amz-sns-message-type"], json.loads(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _take(self, kind: str, message: dict[str, Any]) -> None:
        assert message["Type"] == kind
        if kind == "SubscriptionConfirmation":
            urllib.request.urlopen(message["SubscribeURL"], timeout=10).close()
        with self._arrived:
            self.messages.append(message)
            self._arrived.notify_all()

    def subscribe(self, sns: Any, *topics: str) -> None:
        """Subscribe to topics, and confirm."""
        for topic in topics:
            sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=self.url)

            def confirmed(messages: list[dict[str, Any]], topic: str = topic) -> bool:
                return any(m["TopicArn"] == topic for m in messages)

            self.until(confirmed)

    def until(self, enough: Callable[[list[dict[str, Any]]], bool]) -> None:
        """Wait until the messages are enough."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: enough(self.messages), 30), self.messages

    def results(self, topic: str | None = None) -> dict[str, list[dict[str, Any]]]:
        """What the notifications say, by inference id; each message once."""
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for message in list(self.messages):
            if message["Type"] == "Notification" and topic in (None, message["TopicArn"]):
                said = json.loads(message["Message"])
                found.setdefault(said["inferenceId"], {})[message["MessageId"]] = said
        return {name: list(said.values()) for name, said in found.items()}

    def result(self, inference: str) -> dict[str, Any]:
        """What the only notification of a request says."""
        self.until(lambda _: inference in self.results())
        (said,) = self.results()[inference]
        return said

    def close(self) -> None:
        """Hear nothing more."""
        self._server.shutdown()
        self._server.server_close()
