"""Answers of k-means: the closest cluster and the distance to its center."""

from __future__ import annotations

from typing import TYPE_CHECKING

from algorithm import arrays
from algorithm.contract import Paths
from algorithm.responses import Columns
from algorithm.serving import RowModel

if TYPE_CHECKING:
    from algorithm.table import Array


class Clusters(RowModel):
    """The centers of a trained model."""

    def __init__(self, centers: Array) -> None:
        self.middle = centers.mean(axis=0)
        self.centers = centers - self.middle
        self.width = centers.shape[1]

    def predict(self, rows: Array, verbose: bool) -> Columns:
        """closest_cluster and distance_to_cluster, both numbers with a fraction."""
        import numpy as np

        from kmeans.clusters import nearest

        labels, squares = nearest(rows - self.middle, self.centers)
        return {
            "closest_cluster": labels.astype(np.float32),
            "distance_to_cluster": np.sqrt(squares),
        }


def load(paths: Paths) -> Clusters:
    """Load the model of a job."""
    return Clusters(arrays.read(paths, "centers")["centers"])
