"""Answers of LightGBM and CatBoost as JumpStart's containers give them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from algorithm import responses
from algorithm.channels import CSV, ContentType
from algorithm.contract import UserError
from algorithm.requests import BODY, JSON
from algorithm.tabular import Categories
from scriptmode.http import RequestError

if TYPE_CHECKING:
    from algorithm.table import Array


class TabularModel:
    """A model behind CSV rows without a label.

    ``about`` says which features, categories and classes there are; ``predict``
    answers a number for each row, or a probability for each class.
    """

    def __init__(self, about: Mapping[str, Any], predict: Callable[[Array], Array]) -> None:
        self.categories = Categories.from_json(about["categories"])
        self.classes, self.width = about["classes"], about["features"]
        self.predict = predict

    def answer(
        self, body: bytes, content_type: str | None, accept: str | None
    ) -> tuple[bytes, str]:
        """Probabilities with the classes that they belong to, or predictions; always JSON."""
        responses.choose(accept, (JSON,))
        kind = ContentType.parse(content_type or CSV).base
        if kind not in (CSV, "csv"):
            raise RequestError(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                f"The request has content type {kind}; this model takes {CSV}.",
            )
        try:
            rows = self.categories.encode(body, BODY)
        except UserError as error:
            raise RequestError(HTTPStatus.BAD_REQUEST, str(error)) from error
        if rows.shape[1] != self.width:
            raise RequestError(
                HTTPStatus.BAD_REQUEST,
                f"The request has {rows.shape[1]} features, the model {self.width}; requests "
                f"carry no label.",
            )
        found = self.predict(rows)
        if self.classes is None:
            return json.dumps({"prediction": found.tolist()}).encode(), JSON
        answer = {
            "probabilities": found.tolist(),
            "labels": self.classes,
            "predicted_label": [self.classes[place] for place in found.argmax(axis=1)],
        }
        return json.dumps(answer).encode(), JSON
