"""Answers of PCA: the projection on the components, the strongest component last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from algorithm import arrays
from algorithm.contract import Paths
from algorithm.responses import Columns
from algorithm.serving import RowModel

if TYPE_CHECKING:
    from algorithm.table import Array


class Projection(RowModel):
    """The components of a trained model."""

    collection = "projections"

    def __init__(self, mean: Array, vectors: Array) -> None:
        self.mean, self.vectors = mean, vectors
        self.width = len(mean)

    def predict(self, rows: Array, verbose: bool) -> Columns:
        """The vector projection."""
        return {"projection": (rows - self.mean) @ self.vectors}


def load(paths: Paths) -> Projection:
    """Load the model of a job."""
    model = arrays.read(paths, "mean", "v")
    return Projection(model["mean"], model["v"])
