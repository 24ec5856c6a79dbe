"""Training many linear models at once on scaled data."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from linear_learner.candidates import Candidates
from linear_learner.losses import Loss
from linear_learner.optimizer import Optimizer

if TYPE_CHECKING:
    from algorithm.table import Array

STEPS = 32
"""Steps of an epoch at least, where the optimizer is left to us."""
SMALLEST = 16
"""Rows of a step at least, where there are as many."""
DECREASES = 100
"""How often the scheduler lowers the rate in a whole training, when it decides itself."""
END = 0.01
"""Share of the learning rate that is left at the end of it."""
MINIMUM = 1e-5


@dataclass
class Progress:
    """What an epoch came to."""

    epoch: int
    train: Array
    """Mean loss of every model on the rows that it trained on."""
    judged: Array
    """Mean loss of every model on the rows that it is judged by."""
    best: int
    """The model that is best so far."""


class Fit:
    """The models in training. Columns of the weights are models, or models' classes."""

    def __init__(
        self,
        settings: dict[str, Any],
        loss: Loss,
        candidates: Candidates,
        width: int,
        outputs: int,
        rng: np.random.Generator,
    ) -> None:
        self.settings, self.loss, self.candidates = settings, loss, candidates
        self.outputs = outputs
        columns = len(candidates) * outputs
        shape = (width, columns)
        draw = (
            rng.uniform(-settings["init_scale"], settings["init_scale"], (width, outputs))
            if settings["init_method"] == "uniform"
            else rng.normal(0, settings["init_sigma"], (width, outputs))
        )
        self.weights = np.tile(draw, len(candidates)).astype(np.float32)
        start = settings["init_bias"] if settings["use_bias"] else 0.0
        self.bias = np.full((1, columns), start, np.float32)
        self.optimizers = Optimizer(settings, shape), Optimizer(settings, (1, columns))
        self.wd, self.rate, self.l1 = (
            np.repeat(values, outputs)
            for values in (candidates.wd, candidates.learning_rate, candidates.l1)
        )
        bias_wd, bias_rate = settings["bias_wd_mult"], settings["bias_lr_mult"]
        self.bias_wd = self.wd * np.float32(bias_wd or 0.0)
        self.bias_rate = np.float32(1.0 if bias_rate is None else bias_rate)
        self.steps = 0

    def raw(self, rows: Array) -> Array:
        """Predictions of all models, (rows, models) or (rows, models, classes)."""
        out: Array = rows @ self.weights + self.bias
        return out if self.outputs == 1 else out.reshape(len(rows), -1, self.outputs)

    def step(self, rows: Array, label: Array, share: Array, schedule: float) -> Array:
        """One step; ``share`` weighs the rows for each model. Answers the summed losses."""
        raw = self.raw(rows)
        total = share.sum(axis=0)
        losses: Array = (self.loss.value(raw, label) * share).sum(axis=0) / total
        slope = self.loss.slope(raw, label)
        part = (share / total).astype(np.float32)
        slope = (slope * (part if self.outputs == 1 else part[..., None])).astype(np.float32)
        slope = slope.reshape(len(rows), -1)
        rate = self.rate * np.float32(schedule)
        penalty = self.l1 if self.l1.any() else None
        self.optimizers[0].step(
            self.weights, rows.T @ slope + self.wd * self.weights, rate, penalty
        )
        if self.settings["use_bias"]:
            gradient = slope.sum(axis=0, keepdims=True) + self.bias_wd * self.bias
            self.optimizers[1].step(self.bias, gradient, rate * self.bias_rate, None)
        self.steps += 1
        return losses

    def mean_loss(self, rows: Array, label: Array) -> Array:
        """Mean loss of every model."""
        total = np.zeros(len(self.candidates))
        block = max(1, (1 << 22) // self.weights.shape[1])
        for start in range(0, len(rows), block):
            part = label[start : start + block]
            total += self.loss.value(self.raw(rows[start : start + block]), part).sum(axis=0)
        return total / len(rows)

    def batch(self, rows: int) -> int:
        """Rows of a step: as asked, but small data is not left with a handful of steps."""
        asked: int = self.settings["mini_batch_size"]
        if self.settings["optimizer"] is None:
            asked = min(asked, max(SMALLEST, math.ceil(rows / STEPS)))
        return min(asked, rows)

    def schedule(self, total: int) -> float:
        """The factor on all learning rates at this step of ``total`` ones."""
        if not self.settings["use_lr_scheduler"]:
            return 1.0
        step = self.settings["lr_scheduler_step"] or max(1, total // DECREASES)
        factor = self.settings["lr_scheduler_factor"] or END ** (1 / DECREASES)
        floor = self.settings["lr_scheduler_minimum_lr"] or MINIMUM
        base = float(self.candidates.learning_rate[0])
        lowered: float = max(factor ** (self.steps // step), min(1.0, floor / base))
        return lowered

    def state(self) -> dict[str, Array]:
        """Everything that a later run needs to go on."""
        state = {"weights": self.weights, "bias": self.bias, "steps": np.array(self.steps)}
        for number, optimizer in enumerate(self.optimizers):
            state[f"first{number}"], state[f"second{number}"] = optimizer.first, optimizer.second
        return state

    def resume(self, state: dict[str, Array]) -> None:
        """Take a state over."""
        self.weights, self.bias = state["weights"], state["bias"]
        self.steps = int(state["steps"])
        for number, optimizer in enumerate(self.optimizers):
            optimizer.first, optimizer.second = state[f"first{number}"], state[f"second{number}"]
            optimizer.steps = self.steps


@dataclass
class Best:
    """Each model at its best epoch, and when to stop waiting for a better one."""

    patience: int
    tolerance: float
    weights: Array
    bias: Array
    values: Array
    """What each model was judged by at its best: less is better."""
    leader: float = math.inf
    waited: int = 0

    def watch(self, fit: Fit, values: Array) -> bool:
        """Take over the models that are better now; answers whether it is time to stop."""
        values = np.where(np.isfinite(values), values, np.inf)
        better = values < self.values
        columns = np.repeat(better, fit.outputs)
        self.weights[:, columns] = fit.weights[:, columns]
        self.bias[:, columns] = fit.bias[:, columns]
        self.values = np.where(better, values, self.values)
        now = float(values.min())
        gain = self.leader - now
        if (
            gain > self.tolerance * abs(self.leader)
            if math.isfinite(self.leader)
            else now < math.inf
        ):
            self.leader, self.waited = now, 0
        else:
            self.waited += 1
        return self.waited >= self.patience


def run(
    fit: Fit,
    best: Best,
    rows: Array,
    label: Array,
    judged: tuple[Array, Array],
    share: Callable[[Array], Array],
    after: Callable[[Progress], bool],
    first_epoch: int,
) -> None:
    """Epoch after epoch, until the last one, early stopping, or ``after`` says that it is enough.

    ``share`` weighs the rows of a step by their labels. Epochs of a model are
    compared by its loss on the rows and labels in ``judged``.
    """
    batch = fit.batch(len(rows))
    per_epoch = math.ceil(len(rows) / batch)
    total = per_epoch * fit.settings["epochs"]
    for epoch in range(first_epoch, fit.settings["epochs"]):
        order = np.random.default_rng([epoch]).permutation(len(rows))
        losses = np.zeros(len(fit.candidates))
        with np.errstate(all="ignore"):  # a model may diverge; others are there
            for start in range(0, len(rows), batch):
                chosen = order[start : start + batch]
                part = label[chosen]
                losses += fit.step(rows[chosen], part, share(part), fit.schedule(total))
            losses /= per_epoch
            values = fit.mean_loss(*judged)
            enough = best.watch(fit, values)
        leader = int(best.values.argmin())
        if after(Progress(epoch, losses, values, leader)) or enough:
            return
