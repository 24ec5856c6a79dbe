"""Channels: their files or their pipe, and what content types mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from algorithm import recordio
from algorithm.contract import Job, Paths, UserError
from algorithm.csv_text import numbers
from algorithm.rows import parse_records
from algorithm.table import Table

if TYPE_CHECKING:
    from algorithm.table import Array

CSV = "text/csv"
RECORDS = "application/x-recordio-protobuf"

_NAMES = {"csv": CSV, CSV: CSV, RECORDS: RECORDS, "recordio-protobuf": RECORDS}


@dataclass(frozen=True)
class ContentType:
    """A content type with its parameters."""

    base: str
    parameters: dict[str, str]

    @classmethod
    def parse(cls, text: str) -> ContentType:
        """Split ``text/csv; label_size=0``."""
        base, *rest = [part.strip() for part in text.lower().split(";")]
        pairs = [part.partition("=") for part in rest if part]
        return cls(base, {name.strip(): value.strip() for name, _, value in pairs})


def check(job: Job, required: tuple[str, ...], optional: tuple[str, ...]) -> None:
    """Refuse channels that are missing or that the algorithm does not know."""
    known = (*required, *optional)
    for name in required:
        if name not in job.channels:
            raise UserError(f"Channel {name} is missing: it is required.")
    for name in sorted(job.channels):
        if name not in known:
            raise UserError(
                f"Channel {name} is not one of this algorithm's: {' and '.join(known)}."
            )


def contents(paths: Paths, job: Job, channel: str) -> Iterator[tuple[str, bytes]]:
    """Names and contents of a channel's files, or of its pipe as one.

    A pipe is read once, to its end: what comes out of it is held in memory, as
    files are, and later passes over the data do not ask for it again.
    """
    settings = job.channels[channel]
    if settings.get("TrainingInputMode") == "Pipe":
        content = _stream(paths, channel)
        if settings.get("RecordWrapperType") == "RecordIO" and not _protobuf(settings):
            content = b"".join(recordio.records(content, f"of channel {channel}"))
        yield f"{channel} (pipe)", content
        return
    directory = paths.channel(channel)
    if directory.is_file():
        yield channel, directory.read_bytes()
        return
    for file in data_files(directory):
        yield f"{channel}/{file.relative_to(directory).as_posix()}", file.read_bytes()


def _protobuf(settings: dict[str, Any]) -> bool:
    """Whether the frames of a pipe are the data's own."""
    return ContentType.parse(settings.get("ContentType") or RECORDS).base not in ("csv", CSV)


def _stream(paths: Paths, channel: str) -> bytes:
    try:
        return paths.pipe(channel).read_bytes()
    except FileNotFoundError:
        raise UserError(
            f"Channel {channel} has input mode Pipe, but there is no pipe {paths.pipe(channel)}."
        ) from None


def data_files(directory: Path) -> Iterator[Path]:
    """Data files in a fixed order; names that start with . or _ are markers, not data."""
    for path in sorted(directory.rglob("*")):
        hidden = any(part.startswith((".", "_")) for part in path.relative_to(directory).parts)
        if path.is_file() and not hidden:
            yield path


def read(paths: Paths, job: Job, channel: str, width: int, labelled: bool) -> Table:
    """All rows of a channel in CSV or RecordIO-protobuf, with ``width`` features (0: any).

    ``labelled`` rows must have a label. CSV has one in its first column, unless its
    content type says otherwise or there is no column too many.
    """
    kind = ContentType.parse(job.channels[channel].get("ContentType") or RECORDS)
    if kind.base not in _NAMES:
        raise UserError(
            f"Channel {channel} has content type {kind.base}; this algorithm reads {CSV} and "
            f"{RECORDS}."
        )
    text = _NAMES[kind.base] == CSV
    found = False
    tables: list[Table] = []
    for name, content in contents(paths, job, channel):
        found = True
        if not content.strip():
            continue
        table = (
            _csv(content, name, kind, 0 if labelled else width)
            if text
            else parse_records(content, name, width)
        )
        _check(table, name, width or (tables[0].columns if tables else 0), labelled)
        tables.append(table)
    if not tables:
        what = "only empty files" if found else "no files"
        raise UserError(f"Channel {channel} holds {what}: there is nothing to read.")
    return tables[0] if len(tables) == 1 else _join(tables)


def _csv(content: bytes, name: str, kind: ContentType, width: int) -> Table:
    import numpy as np

    size = kind.parameters.get("label_size", "")
    if size not in ("", "0", "1"):
        raise UserError(f"File {name}: label_size is {size}; it must be 0 or 1.")
    matrix = numbers(content, name)
    if size == "0" or (not size and matrix.shape[1] == width):
        return Table(matrix, np.full(len(matrix), np.nan, np.float32))
    return Table(matrix[:, 1:], matrix[:, 0].copy())


def _check(table: Table, name: str, width: int, labelled: bool) -> None:
    """Refuse rows of the wrong width and rows with holes."""
    import numpy as np

    if not table.columns:
        raise UserError(f"File {name} has one column; it needs a label and features.")
    if width and table.columns != width:
        raise UserError(
            f"File {name} has {table.columns} features, not {width}: see feature_dim, and "
            f"label_size in the content type of CSV."
        )
    # A sum finds a hole without a matrix of truth values beside the data.
    if not np.isfinite(table.features.sum(dtype=np.float64)):
        row, column = _first_hole(table.features)
        raise UserError(
            f"File {name}, row {row + 1} has no finite number as feature {column + 1}; this "
            f"algorithm takes no missing values."
        )
    if labelled and not np.isfinite(table.label).all():
        row = int(np.flatnonzero(~np.isfinite(table.label))[0])
        raise UserError(f"File {name}, row {row + 1} has no label: every row needs one.")


def _first_hole(features: Array) -> tuple[int, int]:
    import numpy as np

    row, column = np.argwhere(~np.isfinite(features))[0]
    return int(row), int(column)


def _join(tables: list[Table]) -> Table:
    import numpy as np

    return Table(
        np.concatenate([table.features for table in tables]),
        np.concatenate([table.label for table in tables]),
    )
