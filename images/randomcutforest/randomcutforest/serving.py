"""Answers of the random cut forest: an anomaly score for each row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from algorithm import arrays
from algorithm.channels import RECORDS
from algorithm.contract import Paths
from algorithm.requests import JSON, JSON_LINES
from algorithm.responses import Columns
from algorithm.serving import RowModel

if TYPE_CHECKING:
    from algorithm.table import Array
    from randomcutforest.forest import Forest

MEMBERS = ("low", "high", "left", "dimension", "cut", "mass")


class Scores(RowModel):
    """A trained forest."""

    collection = "scores"
    offered = (JSON, JSON_LINES, RECORDS)

    def __init__(self, forest: Forest) -> None:
        self.forest = forest
        self.width = forest.low.shape[1]

    def predict(self, rows: Array, verbose: bool) -> Columns:
        """The number score."""
        return {"score": self.forest.score(rows)}


def load(paths: Paths) -> Scores:
    """Load the model of a job."""
    from randomcutforest.forest import Forest

    model = arrays.read(paths, "trees", *MEMBERS)
    return Scores(Forest(int(model["trees"]), *(model[name] for name in MEMBERS)))
