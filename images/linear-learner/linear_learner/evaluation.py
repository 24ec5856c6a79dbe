"""The metrics of a finished model on a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from algorithm.lines import Reporter
from linear_learner.calibration import roc_auc
from linear_learner.losses import Loss
from linear_learner.model import Linear
from linear_learner.settings import BINARY, CLASSES

if TYPE_CHECKING:
    from algorithm.table import Array, Table

ROWS = 8192
"""Rows whose predictions are held at a time."""


def report(
    model: Linear, channel: str, table: Table, loss: Loss, settings: dict[str, Any], to: Reporter
) -> None:
    """Print every metric that the predictor type has."""
    starts = range(0, len(table.label), ROWS)
    raw = np.concatenate([model.raw(table.features[start : start + ROWS]) for start in starts])
    scores = np.concatenate([model.score(table.features[start : start + ROWS]) for start in starts])
    label = table.label.astype(np.float64)
    shaped = raw[:, None, :] if model.kind == CLASSES else raw
    to.quality(channel, f"{loss.name}_objective <loss>", float(loss.value(shaped, label).mean()))
    if model.kind == BINARY:
        found = binary(scores, model.label(scores), label, settings["f_beta"])
    elif model.kind == CLASSES:
        found = classes(scores, label, settings["accuracy_top_k"], settings["f_beta"])
    else:
        error = scores - label
        mse = float(np.square(error).mean())
        for name, value in (("mse", mse), ("absolute_loss", float(np.abs(error).mean()))):
            to.quality(channel, f"{name} <loss>", value)
        to.quality(channel, "rmse <loss>", mse**0.5)
        return
    for name, value in found.items():
        to.quality(channel, f"{name} <score>", value)


def binary(score: Array, guess: Array, truth: Array, beta: float) -> dict[str, float]:
    """Scores of a binary classifier."""
    hits = float(((guess == 1) & (truth == 1)).sum())
    guessed, actual = float((guess == 1).sum()), float((truth == 1).sum())
    return {
        "binary_classification_accuracy": float((guess == truth).mean()),
        f"binary_f_{beta:.3f}": _f_beta(hits, guessed, actual, beta),
        "precision": hits / guessed if guessed else 0.0,
        "recall": hits / actual if actual else 0.0,
        "roc_auc_score": roc_auc(score, truth),
    }


def classes(score: Array, truth: Array, top: int, beta: float) -> dict[str, float]:
    """Scores of a classifier of several classes."""
    number = truth.astype(np.int64)
    own = score[np.arange(len(score)), number]
    rank = (score > own[:, None]).sum(axis=1)
    guess = score.argmax(axis=1)
    count = score.shape[1]
    hits = np.bincount(number[guess == number], minlength=count).astype(float)
    guessed = np.bincount(guess, minlength=count).astype(float)
    actual = np.bincount(number, minlength=count).astype(float)
    present = actual > 0
    precision = np.divide(hits, guessed, out=np.zeros(count), where=guessed > 0)[present]
    fs = [_f_beta(*row, beta) for row in zip(hits, guessed, actual, strict=True)]
    return {
        "multiclass_accuracy": float((guess == number).mean()),
        f"multiclass_top_k_accuracy_{top}": float((rank < top).mean()),
        "dcg": float((1 / np.log2(rank + 2)).mean()),
        "macro_recall": float((hits[present] / actual[present]).mean()),
        "macro_precision": float(precision.mean()),
        f"macro_f_{beta:.3f}": float(np.array(fs)[present].mean()),
    }


def _f_beta(hits: float, guessed: float, actual: float, beta: float) -> float:
    below = beta**2 * actual + guessed
    return float((1 + beta**2) * hits / below) if below else 0.0
