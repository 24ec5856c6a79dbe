"""A forest of random cut trees as arrays, built and asked level by level for all trees at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from algorithm.table import Array

BLOCK = 1 << 22
"""Numbers that are held at a time while points are scored."""


@dataclass
class Forest:
    """Nodes of all trees. The roots are the first nodes, one a tree."""

    trees: int
    low: Array
    """Lower corner of each node's bounding box."""
    high: Array
    left: Array
    """Number of the left child, 0 for a leaf; the right child is the next number."""
    dimension: Array
    cut: Array
    """A point goes left when its coordinate is at most this."""
    mass: Array
    """How many sampled points a node holds."""

    @classmethod
    def grow(cls, rows: Array, trees: int, samples: int, rng: np.random.Generator) -> Forest:
        """Trees over random samples of the rows, each without replacement."""
        samples = min(samples, len(rows))
        points = np.concatenate(
            [rows[rng.choice(len(rows), samples, replace=False)] for _ in range(trees)]
        )
        levels: list[tuple[Array, ...]] = []
        starts = np.arange(0, len(points), samples)
        placed = 0  # nodes of the levels before
        while len(starts):
            counts = np.diff(np.append(starts, len(points)))
            low = np.minimum.reduceat(points, starts, axis=0)
            high = np.maximum.reduceat(points, starts, axis=0)
            dimension, cut, splits = _cuts(low, high, rng)
            children = np.zeros(len(starts), np.int64)
            children[splits] = placed + len(starts) + 2 * np.arange(int(splits.sum()))
            levels.append((low, high, children, dimension, cut, counts))
            placed += len(starts)
            points, starts = _divide(points, counts, splits, dimension, cut)
        return cls(trees, *(np.concatenate(column) for column in zip(*levels, strict=True)))

    def score(self, rows: Array) -> Array:
        """Anomaly scores: high for what random cuts set apart near the root.

        The score of a point in a tree is its expected displacement when it is
        inserted: at each node on its way down, the chance that a random cut of
        the enlarged box separates it there, times what that depth is worth. It is
        scaled by the logarithm of the tree's mass and averaged over the trees.
        """
        scores = np.empty(len(rows), np.float64)
        step = max(1, BLOCK // (self.trees * rows.shape[1]))
        for start in range(0, len(rows), step):
            scores[start : start + step] = self._score(rows[start : start + step])
        return scores

    def _score(self, rows: Array) -> Array:
        pairs = len(rows) * self.trees
        totals = np.zeros(pairs)
        active = np.arange(pairs)
        node = np.tile(np.arange(self.trees), len(rows))
        row = np.repeat(np.arange(len(rows)), self.trees)
        chance = np.ones(pairs)
        depth = 0
        while len(active):
            points, low, high = rows[row], self.low[node], self.high[node]
            beyond = (np.maximum(low - points, 0) + np.maximum(points - high, 0)).sum(
                axis=1, dtype=np.float64
            )
            extent = (high - low).sum(axis=1, dtype=np.float64) + beyond
            apart = np.divide(beyond, extent, out=np.zeros_like(extent), where=extent > 0)
            totals[active] += chance * apart / (depth + 1)
            chance = chance * (1 - apart)
            leaf = self.left[node] == 0
            same = leaf & (chance > 0)  # the point is one of the sampled ones
            totals[active[same]] += chance[same] / (depth + np.log2(self.mass[node[same]] + 1.0))
            further = ~leaf & (chance > 0)
            active, row, chance, node = (a[further] for a in (active, row, chance, node))
            right = rows[row, self.dimension[node]] > self.cut[node]
            node = self.left[node] + right
            depth += 1
        scale = np.log2(self.mass[: self.trees] + 1.0)
        mean: Array = (totals.reshape(len(rows), self.trees) * scale).mean(axis=1)
        return mean


def _cuts(low: Array, high: Array, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """A random cut of every box, its dimension drawn by the length of its sides.

    Boxes without extent are not cut: all of their points are the same.
    """
    lengths = (high - low).astype(np.float64)
    reach = np.cumsum(lengths, axis=1)
    splits = reach[:, -1] > 0
    drawn = rng.random(len(low)) * reach[:, -1]
    dimension = np.minimum((reach <= drawn[:, None]).sum(axis=1), low.shape[1] - 1)
    every = np.arange(len(low))
    # Rounding can land on a side without length, or on the upper end.
    flat = lengths[every, dimension] <= 0
    dimension[flat] = lengths[flat].argmax(axis=1)
    offset = drawn - (reach - lengths)[every, dimension]
    below = low[every, dimension]
    cut = (below + np.clip(offset, 0, None)).astype(low.dtype)
    at_end = cut >= high[every, dimension]
    cut[at_end] = below[at_end]
    return dimension.astype(np.int32), cut, splits


def _divide(
    points: Array, counts: Array, splits: Array, dimension: Array, cut: Array
) -> tuple[Array, Array]:
    """The points of the nodes that are split, in the order of the nodes of the next level."""
    owner = np.repeat(np.arange(len(counts)), counts)
    kept = splits[owner]
    points, owner = points[kept], owner[kept]
    right = points[np.arange(len(points)), dimension[owner]] > cut[owner]
    place = 2 * (np.cumsum(splits) - 1)[owner] + right
    order = np.argsort(place, kind="stable")
    sizes = np.bincount(place, minlength=2 * int(splits.sum()))
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]) if len(sizes) else np.empty(0, np.int64)
    return points[order], starts.astype(np.int64)
