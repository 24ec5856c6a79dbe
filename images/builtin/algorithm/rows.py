"""Records of RecordIO-protobuf as rows of a matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from algorithm import protobuf, recordio
from algorithm.contract import UserError
from algorithm.table import Table

if TYPE_CHECKING:
    from algorithm.table import Array

DENSE_LIMIT = 1 << 34
"""Bytes that sparse rows may take once they are dense."""


def parse_records(content: bytes, name: str, width: int = 0, sparse: bool = False) -> Table:
    """Rows of a RecordIO-protobuf file; ``label`` is NaN where records have none.

    Sparse rows become dense ones of ``width`` features (0 takes the shape that
    they name), or a scipy matrix where ``sparse`` allows it.
    """
    table = _alike(content)
    return table if table is not None else _one_by_one(content, name, width, sparse)


def _alike(content: bytes) -> Table | None:
    """Dense float32 rows that differ in nothing but their values; None for others."""
    import numpy as np

    block = recordio.uniform(content)
    if block is None or not block.shape[1]:
        return None
    try:
        first = protobuf.decode(block[0].tobytes())
    except protobuf.MalformedError:
        return None
    features, label = first.features.get(protobuf.DEFAULT), first.label.get(protobuf.DEFAULT)
    if features is None or len(first.features) > 1:
        return None
    spans = []
    fixed = np.ones(block.shape[1], dtype=bool)
    for tensor in (features, label):
        if tensor is None:
            continue
        if tensor.keys is not None or tensor.values.dtype != np.float32 or not tensor.start:
            return None
        span = slice(tensor.start, tensor.start + 4 * len(tensor.values))
        fixed[span] = False
        spans.append(span)
    if (block[:, fixed] != block[0, fixed]).any():
        return None
    columns = [np.ascontiguousarray(block[:, span]).view("<f4") for span in spans]
    labels = columns[1][:, 0] if len(columns) > 1 and columns[1].shape[1] else None
    return Table(columns[0], _missing(len(block)) if labels is None else labels.copy())


def _missing(rows: int) -> Array:
    import numpy as np

    return np.full(rows, np.nan, np.float32)


def _one_by_one(content: bytes, name: str, width: int, sparse: bool) -> Table:
    import numpy as np

    vectors, labels = [], []
    for number, message in enumerate(recordio.records(content, name)):
        try:
            record = protobuf.decode(message)
        except protobuf.MalformedError as error:
            raise UserError(f"File {name}: record {number} {error}.") from None
        vector = record.features.get(protobuf.DEFAULT)
        if vector is None:
            raise UserError(f"File {name}: record {number} has no features named values.")
        label = record.label.get(protobuf.DEFAULT)
        labels.append(float(label.values[0]) if label is not None and len(label.values) else np.nan)
        vectors.append(vector)
    scattered = any(vector.keys is not None for vector in vectors)
    widths = {_length(vector, scattered) for vector in vectors}
    if scattered:
        width = max([width, *widths])
    elif len(widths) > 1:
        raise UserError(f"File {name} has rows of {min(widths)} and of {max(widths)} features.")
    label_column = np.array(labels, np.float32)
    if scattered and sparse:
        return Table(_scipy(vectors, width), label_column)
    if not scattered:
        rows = [np.asarray(vector.values, np.float32) for vector in vectors]
        matrix = np.stack(rows) if rows else np.empty((0, width), np.float32)
        return Table(matrix, label_column)
    return Table(_dense(vectors, width, name), label_column)


def _length(vector: protobuf.Tensor, scattered: bool) -> int:
    """How many features a row has, as far as it says so."""
    if vector.keys is None:
        return vector.size if scattered and not len(vector.values) else len(vector.values)
    top = int(vector.keys.max()) + 1 if len(vector.keys) else 0
    return max(top, vector.size)


def _positions(vector: protobuf.Tensor) -> Any:
    import numpy as np

    return np.arange(len(vector.values)) if vector.keys is None else vector.keys.astype(np.int64)


def _dense(vectors: list[protobuf.Tensor], width: int, name: str) -> Array:
    import numpy as np

    if 4 * width * len(vectors) > DENSE_LIMIT:
        raise UserError(
            f"File {name} has {len(vectors)} sparse rows of {width} features; this algorithm "
            f"holds rows dense, and these would take more than {DENSE_LIMIT >> 30} GiB."
        )
    matrix = np.zeros((len(vectors), width), np.float32)
    for row, vector in zip(matrix, vectors, strict=True):
        row[_positions(vector)] = vector.values
    return matrix


def _scipy(vectors: list[protobuf.Tensor], width: int) -> Any:
    import numpy as np
    from scipy import sparse

    starts = np.concatenate([[0], np.cumsum([len(vector.values) for vector in vectors])])
    empty = [np.empty(0, np.int64)]
    return sparse.csr_matrix(
        (
            np.concatenate([*empty, *(vector.values for vector in vectors)]).astype(np.float32),
            np.concatenate([*empty, *map(_positions, vectors)]),
            starts,
        ),
        shape=(len(vectors), width),
    )
