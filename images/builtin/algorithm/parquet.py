"""Parquet files as a matrix of float32, one column after another."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from algorithm.contract import UserError

if TYPE_CHECKING:
    from algorithm.table import Array

MAGIC = b"PAR1"
NUMERIC = ("Int", "UInt", "Float", "Boolean", "Decimal")
"""How the names of the types begin that are numbers."""


def matrix(content: bytes, name: str) -> Array:
    """All columns in the file's order; nulls are NaN; UserError for what holds no numbers."""
    import numpy as np

    table = _open(content, name)
    out = np.empty((table.num_rows, table.num_columns), np.float32)
    for position, column in enumerate(table.column_names):
        data = table.column(position)
        kind = str(data.type).rpartition("<")[2].split(">")[0]
        if not kind.startswith(NUMERIC):
            raise UserError(
                f"File {name}: column {column} has the type {kind}; every column must be numbers."
            )
        out[:, position] = _numbers(data)
    if np.isinf(out).any():
        raise UserError(f"File {name} holds values that are not finite.")
    return out


def _open(content: bytes, name: str) -> Any:
    from arro3.io import read_parquet

    if not (content.startswith(MAGIC) and content.endswith(MAGIC)):
        raise UserError(f"File {name} is not Parquet: it does not begin and end with PAR1.")
    try:
        return read_parquet(io.BytesIO(content)).read_all()
    except BaseException as error:  # the library's panics are no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
        raise UserError(f"File {name} cannot be read as Parquet: {error}.") from None


def _numbers(column: Any) -> Array:
    import numpy as np
    from arro3.core import DataType

    if not column.num_chunks:
        return np.empty(0, np.float64)
    parts = []
    for chunk in column.cast(DataType.float64()).chunks:
        if chunk.null_count:
            parts.append(np.array([value.as_py() for value in chunk], dtype=np.float64))
        else:
            parts.append(chunk.to_numpy())
    return np.concatenate(parts)
