"""The mathematics of k-means on arrays, without any of the job around it.

Points are float32. Distances come from a matrix product, which is accurate
enough when the points lie around the origin: callers shift them there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from algorithm.table import Array

BLOCK = 1 << 22
"""Distances that are held at a time."""


def nearest(points: Array, centers: Array) -> tuple[Array, Array]:
    """The closest center of every point, and the squared distance to it."""
    labels = np.empty(len(points), np.int64)
    squares = np.empty(len(points), np.float32)
    norms = np.einsum("ij,ij->i", centers, centers)
    step = max(1, BLOCK // len(centers))
    for start in range(0, len(points), step):
        block = points[start : start + step]
        scores = norms - 2 * (block @ centers.T)
        best = scores.argmin(axis=1)
        labels[start : start + step] = best
        gap = block - centers[best]
        squares[start : start + step] = np.einsum("ij,ij->i", gap, gap)
    return labels, squares


def choose_random(points: Array, count: int, rng: np.random.Generator) -> Array:
    """Centers drawn from the points."""
    drawn: Array = points[rng.choice(len(points), count, replace=False)].copy()
    return drawn


def choose_spread(points: Array, weights: Array, count: int, rng: np.random.Generator) -> Array:
    """Centers by k-means++: each drawn with a probability in its squared distance to the others."""
    centers = np.empty((count, points.shape[1]), points.dtype)
    centers[0] = points[rng.choice(len(points), p=weights / weights.sum())]
    squares = np.full(len(points), np.inf)
    for number in range(1, count):
        gap = points - centers[number - 1]
        squares = np.minimum(squares, np.einsum("ij,ij->i", gap, gap))
        chances = squares * weights
        total = chances.sum()
        if total > 0:
            drawn = np.searchsorted(np.cumsum(chances), rng.random() * total, side="right")
            place = min(int(drawn), len(points) - 1)
        else:  # fewer different points than centers
            place = int(rng.integers(len(points)))
        centers[number] = points[place]
    return centers


def sums(points: Array, labels: Array, weights: Array, count: int) -> tuple[Array, Array]:
    """Weighted sum and total weight of the points of every cluster."""
    order = np.argsort(labels, kind="stable")
    present, starts = np.unique(labels[order], return_index=True)
    totals = np.bincount(labels, weights, count)
    out = np.zeros((count, points.shape[1]))
    out[present] = np.add.reduceat(points[order] * weights[order, None], starts, axis=0)
    return out, totals


@dataclass
class MiniBatches:
    """Centers that move a little with every mini-batch (Sculley 2010)."""

    centers: Array
    counts: Array
    half_life: int = 0
    """Points after which an observation counts half; 0 keeps its weight."""

    def update(self, points: Array) -> None:
        """Move the centers towards the points that are closest to them."""
        labels, _ = nearest(points, self.centers)
        added, totals = sums(points, labels, np.ones(len(points)), len(self.centers))
        if self.half_life:
            self.counts *= 0.5 ** (len(points) / self.half_life)
        self.counts += totals
        moved = totals > 0
        mean = added[moved] / totals[moved, None]
        share = (totals[moved] / self.counts[moved])[:, None]
        self.centers[moved] = (1 - share) * self.centers[moved] + share * mean


def lloyd(
    points: Array, weights: Array, centers: Array, iterations: int, tolerance: float
) -> tuple[Array, float]:
    """Lloyd's method from given centers; answers the centers and their weighted squared distances.

    It ends when an iteration improves the distances by less than the tolerance,
    as a share of them.
    """
    before = np.inf
    for _ in range(iterations):
        labels, squares = nearest(points, centers)
        loss = float(squares @ weights)
        if before - loss <= tolerance * before and np.isfinite(before):
            break
        before = loss
        added, totals = sums(points, labels, weights, len(centers))
        full = totals > 0
        centers = centers.copy()
        centers[full] = added[full] / totals[full, None]
    return centers, float(nearest(points, centers)[1] @ weights)
