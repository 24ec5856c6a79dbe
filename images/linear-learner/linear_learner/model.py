"""A trained linear model: what it answers, and its file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from algorithm import arrays
from algorithm.contract import Paths
from linear_learner.losses import sigmoid, softmax
from linear_learner.settings import BINARY, CLASSES, REGRESSION

if TYPE_CHECKING:
    from algorithm.table import Array

KINDS = (BINARY, CLASSES, REGRESSION)


@dataclass(frozen=True)
class Linear:
    """Weights (features, outputs) and biases on features as they come."""

    kind: str
    weights: Array
    bias: Array
    probabilities: bool
    """Whether scores of a binary classifier are probabilities."""
    threshold: float = 0.5

    def raw(self, rows: Array) -> Array:
        """The linear function, one column an output."""
        out: Array = rows @ self.weights + self.bias
        return out

    def score(self, rows: Array) -> Array:
        """The documented score: a number, or for several classes a vector."""
        raw = self.raw(rows)
        if self.kind == CLASSES:
            return softmax(raw)
        column: Array = raw[:, 0]
        return sigmoid(column) if self.kind == BINARY and self.probabilities else column

    def label(self, score: Array) -> Array:
        """The class that scores stand for."""
        best: Array = (
            score.argmax(axis=1) if self.kind == CLASSES else (score > self.threshold).astype(int)
        )
        return best

    def write(self, paths: Paths) -> None:
        """Save the model."""
        arrays.write(
            paths,
            kind=np.array(KINDS.index(self.kind)),
            weights=self.weights.astype(np.float32),
            bias=self.bias.astype(np.float32),
            probabilities=np.array(self.probabilities),
            threshold=np.array(self.threshold),
        )

    @classmethod
    def load(cls, paths: Paths) -> Linear:
        """Load the model of a job."""
        names = ("kind", "weights", "bias", "probabilities", "threshold")
        model = arrays.read(paths, *names)
        return cls(
            KINDS[int(model["kind"])],
            model["weights"],
            model["bias"],
            bool(model["probabilities"]),
            float(model["threshold"]),
        )
