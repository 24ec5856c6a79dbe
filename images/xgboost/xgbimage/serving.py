"""Serving a trained model: requests in the channels' formats, answers as SageMaker's container."""

from __future__ import annotations

import json
import os
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from algorithm import parquet, responses, serving
from algorithm.contract import Paths, UserError
from algorithm.csv_text import numbers
from algorithm.libsvm_text import parse_libsvm
from algorithm.requests import BODY
from algorithm.rows import parse_records
from scriptmode.http import RequestError
from xgbimage import data
from xgbimage.training import MODEL_NAME

if TYPE_CHECKING:
    import xgboost

    from algorithm.table import Array

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

    def answer(
        self, body: bytes, content_type: str | None, accept: str | None
    ) -> tuple[bytes, str]:
        """Predictions for the rows of a request in the type that was asked for."""
        kind = responses.choose(accept, ACCEPTED).base
        return encode(self.predict(body, content_type), kind), kind

    def predict(self, body: bytes, content_type: str | None) -> Array:
        """Predictions for the rows of a request in one of the four formats."""
        import xgboost

        try:
            kind = data.content_format("of the request", content_type or "text/csv")
        except UserError as error:
            raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, str(error)) from error
        try:
            rows = self._features(kind, body)
        except UserError as error:
            raise RequestError(HTTPStatus.BAD_REQUEST, str(error)) from error
        if kind == data.CSV and not self.linear:
            predictions: Array = self.model.inplace_predict(rows, validate_features=False)
        else:
            predictions = self.model.predict(xgboost.DMatrix(rows), validate_features=False)
        return predictions

    def _features(self, kind: str, body: bytes) -> Any:
        rows = features(kind, body)
        found = rows.shape[1]
        if kind == data.LIBSVM and found > self.columns:
            raise UserError(f"The request names feature {found - 1}, the model has {self.columns}.")
        if kind == data.LIBSVM:  # a row need not mention the last features
            rows.resize(rows.shape[0], self.columns)
        elif found != self.columns:
            raise UserError(
                f"The request has {found} features, the model {self.columns}; "
                f"requests carry no label."
            )
        return rows


def features(kind: str, body: bytes) -> Any:
    """The rows of a request in one of the four formats."""
    if kind == data.CSV:
        return numbers(body, BODY)
    if kind == data.PARQUET:
        return parquet.matrix(body, BODY)
    if kind == data.RECORDIO:
        return parse_records(body, BODY, sparse=True).features
    # Rows of a request may come with or without a label.
    lines = [
        line if line.split(maxsplit=1)[:1] and b":" not in line.split()[0] else b"0 " + line
        for line in body.splitlines()
        if line.strip()
    ]
    return parse_libsvm(b"\n".join(lines), BODY).features


def encode(predictions: Array, accept: str) -> bytes:
    """Predictions as SageMaker's container writes them, one row for each row of the request."""
    rows = predictions.tolist()
    if accept == "application/json":
        return json.dumps({"predictions": [{"score": row} for row in rows]}).encode()
    if accept == "application/jsonlines":
        return "".join(json.dumps({"score": row}) + "\n" for row in rows).encode()
    lines = [",".join(map(str, row)) if isinstance(row, list) else str(row) for row in rows]
    return ("\n".join(lines) + "\n").encode()


def main() -> int:
    """Load the model and serve until SIGTERM."""
    return serving.main(Predictor.load)
