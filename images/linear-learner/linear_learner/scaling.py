"""Shifting and scaling features and labels, and taking it back out of the trained weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from algorithm.table import Array


@dataclass(frozen=True)
class Scaling:
    """Means that are subtracted and deviations that are divided by."""

    mean: Array
    deviation: Array
    label_mean: float
    label_deviation: float

    @classmethod
    def learn(cls, features: Array, label: Array, settings: dict[str, Any], rng: Any) -> Scaling:
        """Measure a sample of the rows."""
        sample = slice(None)
        if len(features) > settings["num_point_for_scaler"]:
            sample = rng.choice(len(features), settings["num_point_for_scaler"], replace=False)
        rows, labels = features[sample].astype(np.float64), label[sample].astype(np.float64)
        width = features.shape[1]
        mean, deviation = np.zeros(width), np.ones(width)
        if settings["unbias_data"]:
            mean = rows.mean(axis=0)
        if settings["normalize_data"]:
            measured = rows.std(axis=0)
            # A feature that does not vary stays as it is, up to rounding.
            deviation = np.where(measured > 1e-7 * np.abs(rows).max(axis=0), measured, 1)
        shift = float(labels.mean()) if settings["unbias_label"] else 0.0
        scale = float(labels.std()) if settings["normalize_label"] else 1.0
        return cls(mean.astype(np.float32), deviation.astype(np.float32), shift, scale or 1.0)

    def rows(self, features: Array) -> Array:
        """Features as the optimizer sees them."""
        scaled: Array = (features - self.mean) / self.deviation
        return scaled

    def label(self, label: Array) -> Array:
        """Labels as the optimizer sees them."""
        scaled: Array = (label - np.float32(self.label_mean)) / np.float32(self.label_deviation)
        return scaled

    def restore(self, weights: Array, bias: Array) -> tuple[Array, Array]:
        """Weights (features, outputs) and biases for features and labels as they were."""
        weights = weights.astype(np.float64) * self.label_deviation / self.deviation[:, None]
        bias = bias.astype(np.float64) * self.label_deviation + self.label_mean
        return weights, bias - self.mean.astype(np.float64) @ weights
