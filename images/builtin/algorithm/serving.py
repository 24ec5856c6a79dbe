"""Serving one trained model with the server of script mode."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from algorithm import requests, responses, threads
from algorithm.channels import CSV, RECORDS
from algorithm.contract import Paths, UserError
from algorithm.requests import JSON, JSON_LINES
from scriptmode.http import Reply, Server

if TYPE_CHECKING:
    from algorithm.table import Array


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


def main(load: Callable[[Paths], Model]) -> int:
    """Load the model and serve until SIGTERM."""
    count = threads.settle(os.environ)
    try:
        model = load(Paths.from_environment())
    except UserError as error:
        print(error, file=sys.stderr, flush=True)
        return 1

    def answer(body: bytes, content_type: str | None, accept: str | None) -> Reply:
        if not body.strip():
            return Reply(b"", "text/plain", HTTPStatus.NO_CONTENT)
        return Reply(*model.answer(body, content_type, accept))

    Server(answer, count).serve_until_stopped()
    return 0
