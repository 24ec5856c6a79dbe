"""Reading the channels: CSV and libsvm files into matrices, with errors that name file and line."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xgbimage.contract import Paths, UserError

if TYPE_CHECKING:
    from xgbimage.metrics import Array

CSV = "csv"
LIBSVM = "libsvm"

_FORMATS = {
    "csv": CSV,
    "text/csv": CSV,
    "libsvm": LIBSVM,
    "text/libsvm": LIBSVM,
    "text/x-libsvm": LIBSVM,
}

_SHOWN = 40  # characters of a bad value that an error repeats


@dataclass
class Table:
    """The rows of a channel. Features are dense (CSV, empty fields as NaN) or sparse (libsvm)."""

    features: Any
    label: Array
    weight: Array | None = None
    query: Array | None = None

    @property
    def columns(self) -> int:
        """Number of features."""
        return int(self.features.shape[1])


def content_format(channel: str, content_type: str | None) -> str:
    """CSV or LIBSVM for a channel's ContentType; libsvm is SageMaker's default."""
    if not content_type:
        return LIBSVM
    base, *parameters = [part.strip() for part in content_type.lower().split(";")]
    if base not in _FORMATS:
        raise UserError(
            f"Channel {channel} has content type {content_type}; this image reads "
            f"{', '.join(sorted(_FORMATS))}."
        )
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "label_size" and value.strip() != "1":
            raise UserError(
                f"Channel {channel} has content type {content_type}; label_size must be 1."
            )
    return _FORMATS[base]


def read_channel(paths: Paths, channel: str, content_type: str | None, weights: bool) -> Table:
    """Read every file of a channel; UserError names the file and line that cannot be read."""
    kind = content_format(channel, content_type)
    files = list(_data_files(paths.channel(channel)))
    tables: list[Table] = []
    for file in files:
        content = file.read_bytes()
        if not content.strip():
            continue
        name = f"{channel}/{file.relative_to(paths.channel(channel)).as_posix()}"
        if b"\0" in content[:65536]:
            raise UserError(
                f"File {name} is binary, not {kind.upper()} text. Set the channel's ContentType to "
                f"what the file holds; this image reads CSV and libsvm."
            )
        table = parse_csv(content, name, weights) if kind == CSV else parse_libsvm(content, name)
        if kind == CSV and tables and tables[0].columns != table.columns:
            raise UserError(
                f"File {name} has {table.columns} features, but other files of channel {channel} "
                f"have {tables[0].columns}."
            )
        tables.append(table)
    if not tables:
        found = "only empty files" if files else "no files"
        raise UserError(f"Channel {channel} holds {found}: there is nothing to train on.")
    return tables[0] if len(tables) == 1 else _join(tables)


def _data_files(directory: Path) -> Iterator[Path]:
    """Data files in a fixed order; names that start with . or _ are markers, not data."""
    for path in sorted(directory.rglob("*")):
        hidden = any(part.startswith((".", "_")) for part in path.relative_to(directory).parts)
        if path.is_file() and not hidden:
            yield path


def _join(tables: list[Table]) -> Table:
    import numpy as np

    if isinstance(tables[0].features, np.ndarray):
        features: Any = np.concatenate([table.features for table in tables])
    else:
        from scipy import sparse

        width = max(table.columns for table in tables)
        for table in tables:
            table.features.resize(table.features.shape[0], width)
        features = sparse.vstack([table.features for table in tables], format="csr")
    return Table(
        features,
        np.concatenate([table.label for table in tables]),
        _join_optional([table.weight for table in tables], tables, 1.0),
        _join_optional([table.query for table in tables], tables, 0),
    )


def _join_optional(parts: list[Any], tables: list[Table], missing: float) -> Any:
    import numpy as np

    if all(part is None for part in parts):
        return None
    return np.concatenate(
        [
            np.full(len(table.label), missing) if part is None else part
            for part, table in zip(parts, tables, strict=True)
        ]
    )


# --- CSV -------------------------------------------------------------------------


def parse_csv(content: bytes, name: str, weights: bool) -> Table:
    """Rows of label, weight (when asked for) and features; no header; an empty field is missing."""
    matrix = numbers(content, name)
    first = 2 if weights else 1
    if matrix.shape[1] <= first:
        need = "a label, a weight and features" if weights else "a label and features"
        raise UserError(
            f"File {name} has {matrix.shape[1]} columns; it needs {need}, separated by commas."
        )
    _finite(matrix[:, 0], content, name, "label", 1)
    if weights:
        _finite(matrix[:, 1], content, name, "weight", 2)
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
                f"File {name}, line {number} is a header ({_shorten(','.join(fields))}): "
                f"CSV for this algorithm has no header, and the label in the first column."
            )
        if bad:
            column, value = bad[0]
            return (
                f"File {name} is not CSV of numbers: line {number}, column {column} holds "
                f"{_shorten(value)!r}, which is not a finite number."
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


def _shorten(text: str) -> str:
    text = text.strip()
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _finite(values: Array, content: bytes, name: str, what: str, column: int) -> None:
    import numpy as np

    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        rows = [i for i, line in enumerate(content.splitlines(), 1) if line.strip()]
        raise UserError(
            f"File {name}, line {rows[int(bad[0])]} has no {what} in column {column}: "
            f"every row needs one."
        )


# --- libsvm ----------------------------------------------------------------------


def parse_libsvm(content: bytes, name: str) -> Table:
    """Rows of label[:weight] [qid:n] index:value …, indices from zero as SageMaker documents."""
    import numpy as np
    from scipy import sparse

    labels, weights, values = array("f"), array("f"), array("f")
    indices, starts, queries = array("l"), array("l", [0]), array("l")
    weighted = False
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        tokens = line.partition(b"#")[0].split()
        if not tokens:
            continue
        token = tokens[0]
        try:
            label, colon, weight = token.partition(b":")
            labels.append(_finite_float(label))
            weights.append(_finite_float(weight) if colon else 1.0)
            weighted = weighted or bool(colon)
            for token in tokens[1:]:
                index, _, value = token.partition(b":")
                if index == b"qid":
                    queries.append(int(value))
                    continue
                position = int(index)
                if position < 0:
                    raise ValueError
                indices.append(position)
                values.append(_finite_float(value))
        except (ValueError, OverflowError):
            shown = _shorten(token.decode("utf-8", "replace"))
            raise UserError(
                f"File {name} is not libsvm text: line {number} holds {shown!r}, where a row is "
                f"LABEL[:WEIGHT] INDEX:VALUE INDEX:VALUE … with numbers only."
            ) from None
        starts.append(len(indices))
    rows = len(labels)
    if len(queries) not in (0, rows):
        raise UserError(
            f"File {name} has a qid on {len(queries)} of {rows} rows: give all or none."
        )
    features = sparse.csr_matrix(
        (
            np.frombuffer(values, dtype=np.float32),
            np.frombuffer(indices, dtype=np.int64),
            np.frombuffer(starts, dtype=np.int64),
        ),
        shape=(rows, max(indices, default=-1) + 1),
    )
    return Table(
        features,
        np.array(labels, dtype=np.float32),
        np.array(weights, dtype=np.float32) if weighted else None,
        np.array(queries, dtype=np.int64) if queries else None,
    )


def _finite_float(text: bytes) -> float:
    value = float(text)
    if not abs(value) <= 3.4028235e38:
        raise ValueError
    return value
