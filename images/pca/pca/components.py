"""Principal components of the rows of a matrix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from algorithm.table import Array


def _blocks(rows: Array, size: int) -> Iterator[Array]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size].astype(np.float64)


def regular(rows: Array, mean: Array, count: int, batch: int) -> tuple[Array, Array]:
    """Components as columns and their singular values, the largest last, from the covariance."""
    width = rows.shape[1]
    total = np.zeros((width, width))
    for block in _blocks(rows, batch):
        shifted = block - mean
        total += shifted.T @ shifted
    return _top(total, np.eye(width), count)


def randomized(
    rows: Array, mean: Array, count: int, extra: int, batch: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """The same from a sketch of ``count + extra`` random combinations of the rows.

    The sketch spans nearly the space of the top components; a second pass finds
    them within it, so that only small matrices are ever decomposed.
    """
    width = rows.shape[1]
    size = min(count + extra, width)
    sketch = np.zeros((size, width))
    for block in _blocks(rows, batch):
        signs = rng.integers(0, 2, (size, len(block))) * 2.0 - 1.0
        sketch += signs @ (block - mean)
    basis, _ = np.linalg.qr(sketch.T)
    pulled = np.zeros((width, size))  # one power iteration sharpens a flat spectrum
    for block in _blocks(rows, batch):
        shifted = block - mean
        pulled += shifted.T @ (shifted @ basis)
    basis, _ = np.linalg.qr(pulled)
    total = np.zeros((size, size))
    for block in _blocks(rows, batch):
        inside = (block - mean) @ basis
        total += inside.T @ inside
    return _top(total, basis, count)


def _top(total: Array, basis: Array, count: int) -> tuple[Array, Array]:
    values, vectors = np.linalg.eigh(total)
    components = basis @ vectors[:, -count:]
    # A component's sign is arbitrary: its largest entry is made positive.
    signs = np.sign(components[np.abs(components).argmax(axis=0), range(count)])
    return components * signs, np.sqrt(np.maximum(values[-count:], 0))
