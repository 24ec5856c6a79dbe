"""Predictions as answers: JSON, JSON Lines, RecordIO-protobuf and CSV."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from algorithm import protobuf, recordio
from algorithm.channels import CSV, RECORDS, ContentType
from algorithm.requests import JSON, JSON_LINES
from scriptmode.http import RequestError

if TYPE_CHECKING:
    from algorithm.table import Array

Columns = Mapping[str, "Array"]
"""Predictions by name, a row each: numbers, or vectors as a matrix."""

DEFAULT_VARIABLE = "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT"


def choose(header: str | None, offered: tuple[str, ...]) -> ContentType:
    """The answer's type: the first acceptable one that is offered, else the first offered."""
    default = os.environ.get(DEFAULT_VARIABLE) or offered[0]
    for item in (header or "*/*").split(","):
        kind = ContentType.parse(item)
        if kind.base in ("*/*", ""):
            return ContentType.parse(default)
        if kind.base in offered:
            return kind
    raise RequestError(
        HTTPStatus.NOT_ACCEPTABLE, f"Accept is {header}; this model answers {', '.join(offered)}."
    )


def encode(columns: Columns, accept: str, collection: str = "predictions") -> bytes:
    """Predictions in one of the four types; ``collection`` is JSON's name for their list."""
    names = list(columns)
    rows = list(zip(*(column.tolist() for column in columns.values()), strict=True))
    if accept == JSON:
        return json.dumps({collection: [dict(zip(names, r, strict=True)) for r in rows]}).encode()
    if accept == JSON_LINES:
        return b"".join(
            json.dumps(dict(zip(names, row, strict=True))).encode() + b"\n" for row in rows
        )
    if accept == RECORDS:
        return recordio.write(
            protobuf.encode({n: _vector(v) for n, v in zip(names, row, strict=True)})
            for row in rows
        )
    if accept == CSV:
        text = (",".join(str(v) for value in row for v in _vector(value)) for row in rows)
        return "".join(line + "\n" for line in text).encode()
    raise ValueError(accept)


def _vector(value: Any) -> list[float]:
    return value if isinstance(value, list) else [value]
