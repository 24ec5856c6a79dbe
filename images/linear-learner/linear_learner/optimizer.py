"""Stochastic gradient steps for the weights of many models at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from algorithm.table import Array

BETA_1, BETA_2, MOMENTUM, DECAY = 0.9, 0.999, 0.9, 0.9
EPSILON = 1e-8


class Optimizer:
    """Moves weights of shape (features, columns) against a gradient, each column at its own rate.

    The L1 penalty is applied after the step, as its proximal operator: weights
    that it outweighs become exactly zero.
    """

    def __init__(self, settings: dict[str, Any], shape: tuple[int, ...]) -> None:
        self.kind = settings["optimizer"] or "adam"
        given = {name: settings[name] for name in ("beta_1", "beta_2", "momentum")}
        self.beta_1 = BETA_1 if given["beta_1"] is None else given["beta_1"]
        self.beta_2 = BETA_2 if given["beta_2"] is None else given["beta_2"]
        self.momentum = MOMENTUM if given["momentum"] is None else given["momentum"]
        self.steps = 0
        self.first = np.zeros(shape, np.float32)
        self.second = np.zeros(shape if self.kind != "sgd" else 0, np.float32)

    def step(self, weights: Array, gradient: Array, rate: Array, l1: Array | None) -> None:
        """Change the weights in place."""
        self.steps += 1
        if self.kind == "sgd":
            self.first *= self.momentum
            self.first += gradient
            pace: Array = np.broadcast_to(rate * (1 - self.momentum), weights.shape)
            weights -= pace * self.first
        else:
            pace = self._adaptive(weights, gradient, rate)
        if l1 is not None:
            np.copyto(weights, np.sign(weights) * np.maximum(np.abs(weights) - pace * l1, 0))

    def _adaptive(self, weights: Array, gradient: Array, rate: Array) -> Array:
        """Adam, or RMSProp, which has no momentum and forgets at a fixed pace."""
        decay = self.beta_2 if self.kind == "adam" else DECAY
        self.second *= decay
        self.second += (1 - decay) * np.square(gradient)
        if self.kind == "rmsprop":
            pace: Array = rate / (np.sqrt(self.second) + EPSILON)
            weights -= pace * gradient
            return pace
        self.first *= self.beta_1
        self.first += (1 - self.beta_1) * gradient
        # A beta of exactly 1 never forgets its zeros: there is nothing to correct then.
        start = 1 - self.beta_1**self.steps or 1.0
        spread = 1 - self.beta_2**self.steps or 1.0
        pace = rate / (np.sqrt(self.second / spread) + EPSILON)
        weights -= pace * (self.first / start)
        return pace
