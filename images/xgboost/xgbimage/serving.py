"""Serving: predictions of one trained model for the requests of scriptmode.http."""

from __future__ import annotations

import functools
import json
import os
import sys
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from scriptmode.http import Reply, RequestError, Server
from xgbimage import data, threads
from xgbimage.contract import MODEL_NAME, Paths, UserError
from xgbimage.csv_text import numbers
from xgbimage.libsvm_text import parse_libsvm

if TYPE_CHECKING:
    import xgboost

    from xgbimage.metrics import Array

ACCEPTED = ("text/csv", "application/json", "application/jsonlines")


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


def answer(
    predictor: Predictor, body: bytes, content_type: str | None, accept: str | None
) -> Reply:
    """Predictions for the rows in the body."""
    kind = choose_accept(accept)
    if not body.strip():
        return Reply(b"", kind, HTTPStatus.NO_CONTENT)
    return Reply(encode(predictor.predict(body, content_type), kind), kind)


def main() -> int:
    """Load the model and serve until SIGTERM."""
    count = threads.settle(os.environ)
    try:
        predictor = Predictor.load(Paths.from_environment())
    except UserError as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    Server(functools.partial(answer, predictor), count).serve_until_stopped()
    return 0
