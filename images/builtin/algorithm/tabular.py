"""The channel layout of LightGBM and CatBoost: CSV with labels first, and categorical columns.

Either the channels train (or training) and validation, or one channel with the
subfolders train (or training) and validation. Without validation data a fifth
of the rows is set apart. categorical_index.json beside the data names the
columns that are no numbers.
"""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from algorithm.channels import CSV, ContentType, data_files
from algorithm.contract import Job, Paths, UserError
from algorithm.csv_text import numbers
from algorithm.table import shorten

if TYPE_CHECKING:
    from algorithm.table import Array

log = logging.getLogger("algorithm")

TRAIN = ("train", "training")
VALIDATION = "validation"
INDEX = "categorical_index.json"
INDEX_MEMBER = "cat_index_list"
HELD_OUT = 0.2
"""Share of the rows that is set apart where there are no validation data."""
SEED = 0


@dataclass
class Frame:
    """Rows with a label. Categorical columns hold numbers of categories; -1 is an unknown one."""

    features: Array
    label: Array

    def take(self, rows: Array) -> Frame:
        """Some of the rows."""
        return Frame(self.features[rows], self.label[rows])


@dataclass
class Categories:
    """Which features are categorical, and the text of their categories in the order of numbers."""

    names: dict[int, list[str]]

    def encode(self, content: bytes, name: str, first: int = 0) -> Array:
        """CSV as numbers, categories by their number; features begin at column ``first``."""
        import numpy as np

        if not self.names:
            return numbers(content, name)
        rows = _split(content, name)
        out = np.empty((len(rows), len(rows[0]) if rows else 0), np.float32)
        for position, column in enumerate(zip(*rows, strict=True)):
            known = self.names.get(position - first)
            if known is None:
                out[:, position] = _floats(column, name, position)
            else:
                places = {text: number for number, text in enumerate(known)}
                out[:, position] = [places.get(text, -1) for text in column]
        return out

    def to_json(self) -> dict[str, list[str]]:
        """As it is kept beside a model."""
        return {str(feature): names for feature, names in self.names.items()}

    @classmethod
    def from_json(cls, content: dict[str, list[str]]) -> Categories:
        """What to_json made."""
        return cls({int(feature): names for feature, names in content.items()})


def read(paths: Paths, job: Job) -> tuple[Frame, Frame, Categories]:
    """Rows to train on, rows to validate on, and the categories that were found."""
    import numpy as np

    train_files, held_files, index = _layout(paths, job)
    parts = {file: file.read_bytes() for file in (*train_files, *held_files)}
    categories = _learn(index, [(parts[file], file.name) for file in train_files])
    train = _frame(((parts[file], file.name) for file in train_files), categories, "train")
    if held_files:
        held = _frame(((parts[file], file.name) for file in held_files), categories, VALIDATION)
        if held.features.shape[1] != train.features.shape[1]:
            raise UserError(
                f"The training data have {train.features.shape[1]} features, the validation data "
                f"{held.features.shape[1]}."
            )
        return train, held, categories
    count = round(HELD_OUT * len(train.label))
    if not count:
        raise UserError("The training data have too few rows to set some apart for validation.")
    order = np.random.default_rng(SEED).permutation(len(train.label))
    log.info("No validation data: %d rows of %d are set apart", count, len(order))
    return train.take(order[count:]), train.take(order[:count]), categories


def _layout(paths: Paths, job: Job) -> tuple[list[Path], list[Path], Path | None]:
    """Files to train on, files to validate on, and the index of categorical columns."""
    for name, settings in sorted(job.channels.items()):
        if name not in (*TRAIN, VALIDATION):
            raise UserError(f"Channel {name} is not one of this algorithm's: train and validation.")
        if settings.get("TrainingInputMode") == "Pipe":
            raise UserError(f"Channel {name} has input mode Pipe; this algorithm reads files.")
        kind = settings.get("ContentType") or CSV
        if ContentType.parse(kind).base not in (CSV, "csv"):
            raise UserError(f"Channel {name} has content type {kind}; this algorithm reads {CSV}.")
    channel = next((name for name in TRAIN if name in job.channels), None)
    if channel is None:
        raise UserError("Channel train is missing: it is required.")
    root = paths.channel(channel)
    inner = next((root / name for name in TRAIN if (root / name).is_dir()), root)
    held: list[Path] = []
    if VALIDATION in job.channels:
        held = _files(paths.channel(VALIDATION))
        if not held:
            raise UserError(f"Channel {VALIDATION} holds no files.")
    elif (root / VALIDATION).is_dir():
        held = _files(root / VALIDATION)
    files = [file for file in _files(inner) if root / VALIDATION not in file.parents]
    if not files:
        raise UserError(f"Channel {channel} holds no files: there is nothing to train on.")
    index = next((f for f in (root / INDEX, inner / INDEX) if f.is_file()), None)
    return files, held, index


def _files(directory: Path) -> list[Path]:
    return [file for file in data_files(directory) if file.name != INDEX]


def _learn(index: Path | None, contents: list[tuple[bytes, str]]) -> Categories:
    """The categories of the training data, in the order of their text."""
    if index is None:
        return Categories({})
    try:
        listed = json.loads(index.read_bytes())[INDEX_MEMBER]
        fine = isinstance(listed, list) and all(type(i) is int and i > 0 for i in listed)
    except (ValueError, KeyError, TypeError):
        fine = False
    if not fine:
        raise UserError(
            f'File {index.name} must be {{"{INDEX_MEMBER}": [1, 3, …]}} with columns from 1; '
            f"column 0 is the label."
        )
    found: dict[int, set[str]] = {column: set() for column in listed}
    for content, name in contents:
        for row in _split(content, name):
            for column, names in found.items():
                if column >= len(row):
                    raise UserError(f"File {index.name} names column {column}; {name} has none.")
                names.add(row[column])
    return Categories({column - 1: sorted(names) for column, names in sorted(found.items())})


def _split(content: bytes, name: str) -> list[list[str]]:
    text = content.decode("utf-8-sig", "replace").splitlines()
    rows = [[field.strip() for field in row] for row in csv.reader(text) if row]
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise UserError(
                f"File {name}, row {number} has {len(row)} columns, the first one {len(rows[0])}."
            )
    return rows


def _floats(column: tuple[str, ...], name: str, position: int) -> list[float]:
    out = []
    for number, text in enumerate(column, 1):
        try:
            out.append(float(text) if text else float("nan"))
        except ValueError:
            raise UserError(
                f"File {name}, row {number}, column {position} holds {shorten(text)!r}, which is "
                f"no number. {INDEX} names columns with categories."
            ) from None
    return out


def _frame(contents: Iterable[tuple[bytes, str]], categories: Categories, what: str) -> Frame:
    import numpy as np

    matrices: list[Any] = []
    for content, name in contents:
        if not content.strip():
            continue
        matrix = categories.encode(content, name, first=1)
        if matrix.shape[1] < 2:
            raise UserError(f"File {name} has one column; it needs a label and features.")
        if matrices and matrix.shape[1] != matrices[0].shape[1]:
            raise UserError(
                f"File {name} has {matrix.shape[1]} columns, the files before it "
                f"{matrices[0].shape[1]}."
            )
        if not np.isfinite(matrix[:, 0]).all():
            row = int(np.flatnonzero(~np.isfinite(matrix[:, 0]))[0])
            raise UserError(f"File {name}, row {row + 1} has no label: every row needs one.")
        matrices.append(matrix)
    if not matrices:
        raise UserError(f"The {what} data are empty.")
    whole = np.concatenate(matrices)
    return Frame(whole[:, 1:], whole[:, 0].astype(np.float64))


def classes(label: Array) -> Array | None:
    """The classes that labels stand for, None when they look like measurements.

    Labels are classes when they are whole numbers, and few: two of them, or not
    more than a hundred with ten rows each on average.
    """
    import numpy as np

    if (label % 1 != 0).any():
        return None
    found, counts = np.unique(label, return_counts=True)
    few = len(found) <= 2 or (len(found) <= 100 and len(label) >= 10 * len(found))
    return found if few and len(counts) > 1 else None


def numbered(label: Array, known: Array, what: str) -> Array:
    """Labels as places among the known classes."""
    import numpy as np

    places = np.searchsorted(known, label)
    places = np.minimum(places, len(known) - 1)
    if (known[places] != label).any():
        odd = label[int(np.flatnonzero(known[places] != label)[0])]
        raise UserError(f"The {what} data have the label {odd:g}, which the training data lack.")
    return places
