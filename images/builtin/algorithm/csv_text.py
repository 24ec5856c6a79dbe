"""CSV as SageMaker's algorithm takes it: numbers only, no header, the label first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from algorithm.contract import UserError
from algorithm.table import Table, shorten

if TYPE_CHECKING:
    from algorithm.table import Array


def parse_csv(content: bytes, name: str, weights: bool) -> Table:
    """Rows of label, weight (when asked for) and features; no header; an empty field is missing."""
    return split_label(numbers(content, name), name, weights, content)


def split_label(matrix: Array, name: str, weights: bool, text: bytes | None = None) -> Table:
    """Take label and weight off the front of rows; ``text`` gives errors their line numbers."""
    first = 2 if weights else 1
    if matrix.shape[1] <= first:
        need = "a label, a weight and features" if weights else "a label and features"
        apart = "" if text is None else ", separated by commas"
        raise UserError(f"File {name} has {matrix.shape[1]} columns; it needs {need}{apart}.")
    _finite(matrix[:, 0], text, name, "label", 1)
    if weights:
        _finite(matrix[:, 1], text, name, "weight", 2)
    return Table(matrix[:, first:], matrix[:, 0].copy(), matrix[:, 1].copy() if weights else None)


def numbers(content: bytes, name: str) -> Array:
    """A CSV text as a matrix of float32, the precision that xgboost computes in."""
    import numpy as np

    content = content.removeprefix(b"\xef\xbb\xbf")
    lines = content.splitlines()
    separator = _separator(lines)
    try:
        text = [line.decode("ascii") for line in _with_missing(lines, separator)]
        matrix = np.loadtxt(text, dtype=np.float32, delimiter=separator, ndmin=2, comments=None)
    except ValueError as error:  # includes UnicodeDecodeError
        raise UserError(_explain_csv(lines, separator, name)) from error
    if np.isinf(matrix).any():
        raise UserError(_explain_csv(lines, separator, name))
    return matrix


def _separator(lines: list[bytes]) -> str | None:
    """The field separator of the first line: comma, or what other programs write instead."""
    first = next((line for line in lines if line.strip()), b"")
    for candidate in (",", "\t", ";", "|"):
        if candidate.encode() in first:
            return candidate
    return " " if b" " in first.strip() else ","


def _with_missing(lines: list[bytes], separator: str | None) -> Iterable[bytes]:
    """Lines with "nan" in place of empty fields, which is what numpy understands."""
    mark = (separator or ",").encode()
    pair, filled = mark * 2, mark + b"nan" + mark
    if mark == b" ":
        return (b" ".join(line.split()) for line in lines)
    ends = (mark, mark + b" ")
    if not any(pair in line or line.startswith(mark) or line.endswith(ends) for line in lines):
        return lines
    return (_fill(line, mark, pair, filled) for line in lines)


def _fill(line: bytes, mark: bytes, pair: bytes, filled: bytes) -> bytes:
    line = line.strip(b" \r")
    while pair in line:
        line = line.replace(pair, filled)
    if line.startswith(mark):
        line = b"nan" + line
    return line + b"nan" if line.endswith(mark) else line


def _explain_csv(lines: list[bytes], separator: str | None, name: str) -> str:
    """The first thing wrong with a CSV text, found by reading it slowly."""
    width = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        fields = line.decode("utf-8", "replace").split(separator)
        bad = [(i, f.strip()) for i, f in enumerate(fields, 1) if f.strip() and not _number(f)]
        if (
            bad
            and not width
            and len(bad) == len([f for f in fields if f.strip()])
            and len(fields) > 1
        ):
            return (
                f"File {name}, line {number} is a header ({shorten(','.join(fields))}): "
                f"CSV for this algorithm has no header, and the label in the first column."
            )
        if bad:
            column, value = bad[0]
            return (
                f"File {name} is not CSV of numbers: line {number}, column {column} holds "
                f"{shorten(value)!r}, which is not a finite number."
            )
        if width and len(fields) != width:
            return (
                f"File {name} is not CSV of numbers: line {number} has {len(fields)} columns, "
                f"the lines before it have {width}."
            )
        width = len(fields)
    return f"File {name} is not CSV of numbers."


def _number(text: str) -> bool:
    try:
        value = float(text)
    except ValueError:
        return False
    return abs(value) <= 3.4028235e38 or value != value  # finite in float32, or NaN


def _finite(values: Array, text: bytes | None, name: str, what: str, column: int) -> None:
    import numpy as np

    bad = np.flatnonzero(~np.isfinite(values))
    if not bad.size:
        return
    place = f"row {int(bad[0]) + 1}"
    if text is not None:
        rows = [number for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        place = f"line {rows[int(bad[0])]}"
    raise UserError(f"File {name}, {place} has no {what} in column {column}: every row needs one.")
