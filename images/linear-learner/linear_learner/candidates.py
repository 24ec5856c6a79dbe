"""Which models are trained beside the one that was asked for."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from linear_learner.settings import MODELS

if TYPE_CHECKING:
    from algorithm.table import Array

LEARNING_RATES = {"adam": (0.02, 0.1, 0.005, 0.5), "rmsprop": (0.02, 0.1, 0.005, 0.001)}
SGD_LEARNING_RATES = (0.1, 0.5, 0.02, 0.005)
DECAYS = (1e-4, 0.0, 1e-2, 1e-3)
L1 = (0.0, 1e-5, 1e-3)
NEAR = (1.0, 1 / 3, 3.0, 0.1, 10.0)
"""Factors around a value that was given."""
LARGEST = 1 << 25
"""Weights of all models together, unless num_models was given."""


@dataclass(frozen=True)
class Candidates:
    """Hyperparameters of the models, a column each; the first is the one that was asked for."""

    learning_rate: Array
    wd: Array
    l1: Array
    positive_weight: Array

    def __len__(self) -> int:
        return len(self.wd)

    def describe(self, number: int) -> dict[str, float]:
        """One model's values, for the log."""
        return {name: float(values[number]) for name, values in vars(self).items()}


def choose(settings: dict[str, Any], balance: float, weights: int) -> Candidates:
    """Models close to the one that was asked for, the closest first.

    ``balance`` is the number of negative rows for each positive one, ``weights``
    the size of one model.
    """
    optimizer = settings["optimizer"] or "adam"
    asked = settings["positive_example_weight_mult"]
    positive = {
        "auto": tuple(dict.fromkeys((1.0, balance, balance**0.5))),
        "balanced": (balance,),
    }.get(asked, (asked,))
    axes = (
        _near(settings["learning_rate"], LEARNING_RATES.get(optimizer, SGD_LEARNING_RATES)),
        _near(settings["wd"], DECAYS),
        _near(settings["l1"], L1),
        positive,
    )
    count = settings["num_models"] or max(1, min(MODELS, LARGEST // max(weights, 1)))
    places = sorted(itertools.product(*(range(len(axis)) for axis in axes)), key=sum)[:count]
    columns = [
        np.array([axis[place[number]] for place in places], np.float32)
        for number, axis in enumerate(axes)
    ]
    return Candidates(*columns)


def _near(given: float | None, guesses: tuple[float, ...]) -> tuple[float, ...]:
    if given is None:
        return guesses
    return tuple(given * factor for factor in NEAR) if given else (0.0,)
