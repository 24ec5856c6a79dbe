"""Losses of linear models, for many models at once.

Predictions have the shape (rows, models), for several classes (rows, models,
classes); labels the shape (rows,). Derivatives are taken by the predictions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from algorithm.table import Array

POWERS = {
    "mse": 2,
    "eps_insensitive_squared_loss": 2,
    "huber_loss": 2,
    "absolute_loss": 1,
    "eps_insensitive_absolute_loss": 1,
    "quantile_loss": 1,
}

Function = Callable[["Array", "Array"], "Array"]


@dataclass(frozen=True)
class Loss:
    """A loss with its derivative, and its name in metrics."""

    name: str
    value: Function
    slope: Function
    power: int = 0
    """The power of the labels' unit that the loss is measured in."""


def make(settings: dict[str, Any], scale: float = 1.0) -> Loss:
    """The loss that the hyperparameters ask for; ``scale`` is what labels were divided by."""
    delta = settings["huber_delta"] / scale
    width = settings["loss_insensitivity"] / scale
    margin, quantile = settings["margin"], settings["quantile"]
    known = {
        "logistic": ("binary_classification_cross_entropy", _logistic, _logistic_slope),
        "softmax_loss": ("multiclass_cross_entropy", _softmax, _softmax_slope),
        "hinge_loss": (
            "hinge_loss",
            lambda z, y: np.maximum(0, margin - _sign(y) * z),
            lambda z, y: -_sign(y) * (_sign(y) * z < margin),
        ),
        "squared_loss": ("mse", _on_error(np.square), _on_error(lambda e: 2 * e)),
        "absolute_loss": ("absolute_loss", _on_error(np.abs), _on_error(np.sign)),
        "eps_insensitive_squared_loss": (
            "eps_insensitive_squared_loss",
            _on_error(lambda e: np.square(_beyond(e, width))),
            _on_error(lambda e: 2 * _beyond(e, width)),
        ),
        "eps_insensitive_absolute_loss": (
            "eps_insensitive_absolute_loss",
            _on_error(lambda e: np.abs(_beyond(e, width))),
            _on_error(lambda e: np.sign(_beyond(e, width))),
        ),
        "quantile_loss": (
            "quantile_loss",
            _on_error(lambda e: np.maximum((1 - quantile) * e, -quantile * e)),
            _on_error(lambda e: np.where(e > 0, 1 - quantile, -quantile)),
        ),
        "huber_loss": (
            "huber_loss",
            _on_error(
                lambda e: np.where(
                    np.abs(e) <= delta, 0.5 * np.square(e), delta * (np.abs(e) - 0.5 * delta)
                )
            ),
            _on_error(lambda e: np.clip(e, -delta, delta)),
        ),
    }
    name, value, slope = known[settings["loss"]]
    return Loss(name, value, slope, POWERS.get(name, 0))


def _on_error(function: Callable[[Array], Array]) -> Function:
    """A loss of prediction minus label."""
    return lambda z, y: function(z - y[:, None])


def _beyond(error: Array, width: float) -> Array:
    """What of an error lies outside of a tube around the label."""
    outside: Array = np.sign(error) * np.maximum(np.abs(error) - width, 0)
    return outside


def _sign(label: Array) -> Array:
    sign: Array = 2 * label[:, None] - 1
    return sign


def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)) without overflow."""
    small = np.exp(-np.abs(z))
    out: Array = np.where(z >= 0, 1, small) / (1 + small)
    return out


def softmax(z: Array) -> Array:
    """Shares of exp(z) along the last axis."""
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    out: Array = powers / powers.sum(axis=-1, keepdims=True)
    return out


def _logistic(z: Array, y: Array) -> Array:
    out: Array = np.logaddexp(0, z) - y[:, None] * z
    return out


def _logistic_slope(z: Array, y: Array) -> Array:
    out: Array = sigmoid(z) - y[:, None]
    return out


def _softmax(z: Array, y: Array) -> Array:
    top = z.max(axis=-1)
    total = top + np.log(np.exp(z - top[..., None]).sum(axis=-1))
    out: Array = total - z[np.arange(len(z)), :, y.astype(np.int64)]
    return out


def _softmax_slope(z: Array, y: Array) -> Array:
    out = softmax(z)
    out[np.arange(len(z)), :, y.astype(np.int64)] -= 1
    return out
