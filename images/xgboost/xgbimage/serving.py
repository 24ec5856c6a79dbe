"""Serving: GET /ping, GET /execution-parameters and POST /invocations for one trained model.

A threading server of the standard library with kept-alive connections: no
package to install beside xgboost, and nothing to start but one process.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from xgbimage import data, threads
from xgbimage.contract import MODEL_NAME, Paths, UserError
from xgbimage.csv_text import numbers
from xgbimage.libsvm_text import parse_libsvm

if TYPE_CHECKING:
    import xgboost

    from xgbimage.metrics import Array

PORT_VARIABLE = "SAGEMAKER_BIND_TO_PORT"
MAX_BODY = int(os.environ.get("MAX_CONTENT_LENGTH", str(20 * 1024 * 1024)))
ACCEPTED = ("text/csv", "application/json", "application/jsonlines")


class RequestError(Exception):
    """A request that cannot be answered, with the HTTP status that says why."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class Predictor:
    """A loaded model; predictions are safe from several threads."""

    def __init__(self, model: xgboost.Booster) -> None:
        self.model = model
        config = json.loads(model.save_config())
        self.linear = config["learner"]["gradient_booster"]["name"] == "gblinear"
        self.columns = model.num_features()

    @classmethod
    def load(cls, paths: Paths) -> Predictor:
        """Load xgboost-model, or the only file there is."""
        import xgboost

        file = paths.model / MODEL_NAME
        if not file.exists():
            others = [p for p in sorted(paths.model.glob("*")) if p.is_file()]
            if len(others) != 1:
                raise UserError(f"{file} does not exist: the model archive must hold it.")
            file = others[0]
        model = xgboost.Booster()
        try:
            model.load_model(bytearray(file.read_bytes()))
        except xgboost.core.XGBoostError as error:
            raise UserError(f"{file} is no XGBoost model.") from error
        model.set_param({"nthread": os.environ["OMP_NUM_THREADS"]})
        return cls(model)

    def predict(self, body: bytes, content_type: str | None) -> Array:
        """Predictions for the rows of a request, CSV or libsvm."""
        import xgboost

        try:
            kind = data.content_format("of the request", content_type or "text/csv")
        except UserError as error:
            raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, str(error)) from error
        try:
            features = self._csv(body) if kind == data.CSV else self._libsvm(body)
        except UserError as error:
            raise RequestError(HTTPStatus.BAD_REQUEST, str(error)) from error
        if kind == data.CSV and not self.linear:
            predictions: Array = self.model.inplace_predict(features, validate_features=False)
        else:
            predictions = self.model.predict(xgboost.DMatrix(features), validate_features=False)
        return predictions

    def _csv(self, body: bytes) -> Array:
        rows = numbers(body, "request body")
        if rows.shape[1] != self.columns:
            raise UserError(
                f"The request has {rows.shape[1]} features, the model {self.columns}; "
                f"requests carry no label."
            )
        return rows

    def _libsvm(self, body: bytes) -> Any:
        # Rows of a request may come with or without a label.
        lines = [
            line if line.split(maxsplit=1)[:1] and b":" not in line.split()[0] else b"0 " + line
            for line in body.splitlines()
            if line.strip()
        ]
        features = parse_libsvm(b"\n".join(lines), "request body").features
        if features.shape[1] > self.columns:
            raise UserError(
                f"The request names feature {features.shape[1] - 1}, the model has {self.columns}."
            )
        features.resize(features.shape[0], self.columns)
        return features


def choose_accept(header: str | None) -> str:
    """The answer's type: the first acceptable one that we speak, CSV by default."""
    default = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "text/csv")
    for item in (header or "*/*").split(","):
        kind = item.partition(";")[0].strip().lower()
        if kind in ("*/*", ""):
            return default
        if kind in ACCEPTED:
            return kind
    raise RequestError(
        HTTPStatus.NOT_ACCEPTABLE, f"Accept is {header}; this image answers {', '.join(ACCEPTED)}."
    )


def encode(predictions: Array, accept: str) -> bytes:
    """Predictions as SageMaker's container writes them, one row for each row of the request."""
    rows = predictions.tolist()
    if accept == "application/json":
        return json.dumps({"predictions": [{"score": row} for row in rows]}).encode()
    if accept == "application/jsonlines":
        return "".join(json.dumps({"score": row}) + "\n" for row in rows).encode()
    lines = [",".join(map(str, row)) if isinstance(row, list) else str(row) for row in rows]
    return ("\n".join(lines) + "\n").encode()


class Handler(BaseHTTPRequestHandler):
    """One connection. The server object carries the predictor."""

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
            accept = choose_accept(self.headers.get("Accept"))
            if not body.strip():
                self._answer(HTTPStatus.NO_CONTENT, b"", accept)
                return
            predictions = self.server.predictor.predict(body, self.headers.get("Content-Type"))
            self._answer(HTTPStatus.OK, encode(predictions, accept), accept)
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

    def __init__(self, address: tuple[str, int], predictor: Predictor) -> None:
        self.predictor = predictor
        super().__init__(address, Handler)


def main() -> int:
    """Load the model and serve until SIGTERM."""
    threads.settle(os.environ)
    host = os.environ.get("SAGEMAKER_BIND_TO_HOST", "0.0.0.0")
    try:
        server = Server(
            (host, int(os.environ.get(PORT_VARIABLE) or "8080")),
            Predictor.load(Paths.from_environment()),
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
