"""Reading the channels: CSV and libsvm files into matrices, with errors that name file and line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xgbimage.contract import Paths, UserError
from xgbimage.csv_text import parse_csv
from xgbimage.libsvm_text import parse_libsvm
from xgbimage.table import Table

if TYPE_CHECKING:
    pass

CSV = "csv"
LIBSVM = "libsvm"

_FORMATS = {
    "csv": CSV,
    "text/csv": CSV,
    "libsvm": LIBSVM,
    "text/libsvm": LIBSVM,
    "text/x-libsvm": LIBSVM,
}


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
