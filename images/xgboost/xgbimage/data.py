"""Reading the channels: CSV, libsvm, RecordIO-protobuf and Parquet into matrices."""

from __future__ import annotations

from typing import Any

from algorithm import parquet
from algorithm.channels import RECORDS, ContentType, contents, data_files
from algorithm.contract import Job, Paths, UserError
from algorithm.csv_text import parse_csv, split_label
from algorithm.libsvm_text import parse_libsvm
from algorithm.rows import parse_records
from algorithm.table import Table

CSV = "csv"
LIBSVM = "libsvm"
RECORDIO = "recordio-protobuf"
PARQUET = "parquet"

_FORMATS = {
    "csv": CSV,
    "text/csv": CSV,
    "libsvm": LIBSVM,
    "text/libsvm": LIBSVM,
    "text/x-libsvm": LIBSVM,
    RECORDS: RECORDIO,
    "recordio-protobuf": RECORDIO,
    "application/x-parquet": PARQUET,
    "parquet": PARQUET,
}


def content_format(channel: str, content_type: str | None) -> str:
    """One of the four formats for a channel's ContentType; libsvm is SageMaker's default."""
    if not content_type:
        return LIBSVM
    kind = ContentType.parse(content_type)
    if kind.base not in _FORMATS:
        raise UserError(
            f"Channel {channel} has content type {content_type}; this image reads "
            f"{', '.join(sorted(_FORMATS))}."
        )
    if kind.parameters.get("label_size", "1") != "1":
        raise UserError(f"Channel {channel} has content type {content_type}; label_size must be 1.")
    return _FORMATS[kind.base]


def parse(content: bytes, name: str, kind: str, weights: bool) -> Table:
    """One file's rows."""
    if kind == RECORDIO:
        return _labelled(parse_records(content, name, sparse=True), name)
    if kind == PARQUET:
        return split_label(parquet.matrix(content, name), name, weights)
    if b"\0" in content[:65536]:
        raise UserError(
            f"File {name} is binary, not {kind.upper()} text. Set the channel's ContentType to "
            f"what the file holds: CSV, libsvm, RecordIO-protobuf or Parquet."
        )
    return parse_csv(content, name, weights) if kind == CSV else parse_libsvm(content, name)


def _labelled(table: Table, name: str) -> Table:
    import numpy as np

    missing = np.flatnonzero(~np.isfinite(table.label))
    if missing.size:
        raise UserError(f"File {name}: record {int(missing[0])} has no label: every row needs one.")
    return table


def holds_files(paths: Paths, job: Job, channel: str) -> bool:
    """Whether a channel has anything to read; a pipe is taken to have."""
    if job.channels[channel].get("TrainingInputMode") == "Pipe":
        return True
    return any(file.stat().st_size for file in data_files(paths.channel(channel)))


def read_channel(paths: Paths, job: Job, channel: str, weights: bool) -> Table:
    """Read all of a channel; UserError names the file and line that cannot be read."""
    kind = content_format(channel, job.channels[channel].get("ContentType"))
    tables: list[Table] = []
    found = False
    for name, content in contents(paths, job, channel):
        found = True
        if not content.strip():
            continue
        table = parse(content, name, kind, weights)
        if kind in (CSV, PARQUET) and tables and tables[0].columns != table.columns:
            raise UserError(
                f"File {name} has {table.columns} features, but other files of channel {channel} "
                f"have {tables[0].columns}."
            )
        tables.append(table)
    if not tables:
        holds = "only empty files" if found else "no files"
        raise UserError(f"Channel {channel} holds {holds}: there is nothing to train on.")
    return tables[0] if len(tables) == 1 else _join(tables, channel)


def _join(tables: list[Table], channel: str) -> Table:
    import numpy as np

    dense = [isinstance(table.features, np.ndarray) for table in tables]
    if all(dense):
        widths = {table.columns for table in tables}
        if len(widths) > 1:
            raise UserError(
                f"Channel {channel} has rows of {min(widths)} and {max(widths)} features."
            )
        features: Any = np.concatenate([table.features for table in tables])
    else:
        from scipy import sparse

        width = max(table.columns for table in tables)
        parts = [sparse.csr_matrix(table.features) for table in tables]
        for part in parts:
            part.resize(part.shape[0], width)
        features = sparse.vstack(parts, format="csr")
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
