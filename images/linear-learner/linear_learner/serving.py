"""Answers of the linear learner: a score, and for classifiers a predicted label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from algorithm.contract import Paths
from algorithm.responses import Columns
from algorithm.serving import RowModel
from linear_learner.model import Linear
from linear_learner.settings import REGRESSION

if TYPE_CHECKING:
    from algorithm.table import Array


class Scores(RowModel):
    """A loaded model."""

    def __init__(self, model: Linear) -> None:
        self.model = model
        self.width = len(model.weights)

    def predict(self, rows: Array, verbose: bool) -> Columns:
        """score, and predicted_label as a whole number."""
        score = self.model.score(rows)
        if self.model.kind == REGRESSION:
            return {"score": score}
        return {"score": score, "predicted_label": self.model.label(score)}


def load(paths: Paths) -> Scores:
    """Load the model of a job."""
    return Scores(Linear.load(paths))
