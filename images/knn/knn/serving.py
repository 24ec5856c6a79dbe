"""Answers of k-NN: the predicted label, and in verbose answers the neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from algorithm.channels import RECORDS
from algorithm.contract import Paths
from algorithm.requests import JSON, JSON_LINES
from algorithm.responses import Columns
from algorithm.serving import RowModel
from knn.index import Neighbours

if TYPE_CHECKING:
    from algorithm.table import Array


class Answers(RowModel):
    """A loaded index."""

    offered = (JSON, JSON_LINES, RECORDS)

    def __init__(self, model: Neighbours) -> None:
        self.model = model
        self.width = model.width

    def predict(self, rows: Array, verbose: bool) -> Columns:
        """predicted_label, and with verbose=true in Accept also distances and labels."""
        distances, labels = self.model.search(rows)
        answer = {"predicted_label": self.model.predict(labels)}
        return {**answer, "distances": distances, "labels": labels} if verbose else answer


def load(paths: Paths) -> Answers:
    """Load the model of a job."""
    return Answers(Neighbours.load(paths))
