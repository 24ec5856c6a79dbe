"""Request bodies as rows of features: CSV, JSON, JSON Lines and RecordIO-protobuf."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from algorithm.channels import CSV, RECORDS, ContentType
from algorithm.contract import UserError
from algorithm.csv_text import numbers
from algorithm.rows import DENSE_LIMIT, parse_records
from scriptmode.http import RequestError

if TYPE_CHECKING:
    from algorithm.table import Array

JSON, JSON_LINES = "application/json", "application/jsonlines"
BODY = "request body"


def decode(body: bytes, content_type: str, width: int) -> Array:
    """The rows of a request to a model of ``width`` features."""
    kind = ContentType.parse(content_type)
    readers: dict[str, Callable[[], Array]] = {
        CSV: lambda: _csv(body, kind),
        JSON: lambda: _json(body, width),
        JSON_LINES: lambda: _lines(body, width),
        RECORDS: lambda: parse_records(body, BODY, width).features,
    }
    if kind.base not in readers:
        raise RequestError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"The request has content type {content_type}; this model takes {', '.join(readers)}.",
        )
    try:
        rows = readers[kind.base]()
        _check(rows, width)
    except UserError as error:
        raise RequestError(HTTPStatus.BAD_REQUEST, str(error)) from error
    return rows


def _csv(body: bytes, kind: ContentType) -> Array:
    size = kind.parameters.get("label_size", "0")
    if not size.isdigit():
        raise UserError(f"label_size is {size}; it must be a number.")
    return numbers(body, BODY)[:, int(size) :]


def _check(rows: Array, width: int) -> None:
    import numpy as np

    if rows.shape[1] != width:
        raise UserError(
            f"The request has {rows.shape[1]} features, the model {width}; requests carry no label."
        )
    if not np.isfinite(rows).all():
        raise UserError("The request has values that are missing or not finite.")


def _json(body: bytes, width: int) -> Array:
    content = _parse(body)
    instances = content.get("instances") if isinstance(content, dict) else None
    if not isinstance(instances, list):
        raise UserError('The request must be {"instances": [{"features": [1, 2, …]}, …]}.')
    return _stack([_instance(item, width, number) for number, item in enumerate(instances)], width)


def _lines(body: bytes, width: int) -> Array:
    lines = [line for line in body.splitlines() if line.strip()]
    return _stack([_instance(_parse(line), width, i) for i, line in enumerate(lines)], width)


def _parse(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"The request is not JSON: {error}.") from error


def _instance(item: Any, width: int, number: int) -> Any:
    """One row: {"features": […]}, {"data": {"features": {"values": […]}}}, or the sparse form."""
    data = item.get("data", item) if isinstance(item, dict) else None
    features = data.get("features") if isinstance(data, dict) else None
    if isinstance(features, list):
        return features
    if not isinstance(features, dict) or not isinstance(features.get("values"), list):
        raise UserError(f'Instance {number} has no "features".')
    values, keys = features["values"], features.get("keys")
    if not keys:
        return values
    if not isinstance(keys, list) or len(keys) != len(values):
        raise UserError(f"Instance {number} must have as many keys as values.")
    row = [0.0] * width
    for key, value in zip(keys, values, strict=True):
        if type(key) is not int or not 0 <= key < width:
            raise UserError(f"Instance {number} has the key {key!r}; keys are 0 to {width - 1}.")
        row[key] = value
    return row


def _stack(rows: list[Any], width: int) -> Array:
    import numpy as np

    if 4 * width * len(rows) > DENSE_LIMIT:
        raise UserError("The request has too many values.")
    for number, row in enumerate(rows):
        if len(row) != width:
            raise UserError(f"Instance {number} has {len(row)} features, the model {width}.")
        if not all(type(value) in (int, float) for value in row):
            raise UserError(f"Instance {number} has a feature that is no number.")
    try:
        with np.errstate(over="ignore"):  # what is too large is refused with the infinite
            return np.array(rows, np.float32).reshape(len(rows), width)
    except (ValueError, OverflowError) as error:
        raise UserError(f"The request has a value that is too large: {error}.") from error
