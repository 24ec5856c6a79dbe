"""The threshold of a binary classifier, and how good the classifier is with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from algorithm.table import Array


def best_threshold(score: Array, truth: Array, settings: dict[str, Any]) -> tuple[float, float]:
    """The threshold over which a row counts as positive, and the criterion's value there.

    Every cut between two different scores is considered. Where no cut reaches the
    target, the one that comes closest to it is taken, with a value below zero.
    """
    order = np.argsort(-score, kind="stable")
    score, truth = score[order].astype(np.float64), truth[order] == 1
    # Cuts after 0, 1, …, n rows from the top; between equal scores there is none.
    hits = np.concatenate([[0], np.cumsum(truth)]).astype(np.float64)
    taken = np.arange(len(score) + 1, dtype=np.float64)
    valid = np.concatenate([[True], score[1:] != score[:-1], [True]])
    values = _criterion(hits, taken, float(truth.sum()), settings)
    place = int(np.where(valid, values, -np.inf).argmax())
    return _between(score, place), float(values[place])


def _criterion(hits: Array, taken: Array, positives: float, settings: dict[str, Any]) -> Array:
    criterion = settings["binary_classifier_model_selection_criteria"]
    total = len(taken) - 1
    precision = np.divide(hits, taken, out=np.zeros_like(hits), where=taken > 0)
    recall = hits / positives if positives else np.zeros_like(hits)
    if criterion == "f_beta":
        square = settings["f_beta"] ** 2
        below = square * positives + taken
        return np.divide((1 + square) * hits, below, out=np.zeros_like(hits), where=below > 0)
    if criterion == "precision_at_target_recall":
        return _at_target(precision, recall, settings["target_recall"])
    if criterion == "recall_at_target_precision":
        return _at_target(recall, precision, settings["target_precision"])
    accuracy: Array = (hits + (total - taken) - (positives - hits)) / total
    return accuracy


def _at_target(wanted: Array, held: Array, target: float) -> Array:
    """The wanted value where the held one reaches its target, else how far it is from that."""
    values: Array = np.where(held >= target, wanted, held - target - 1e-9)
    return values


def _between(score: Array, place: int) -> float:
    """A threshold below the place's rows and not below the next one."""
    if place == 0:
        return float(np.nextafter(score[0], np.inf))
    if place == len(score):
        return float(np.nextafter(score[-1], -np.inf))
    return float((score[place - 1] + score[place]) / 2)


def roc_auc(score: Array, truth: Array) -> float:
    """Chance that a positive row has a higher score than a negative one; half for ties."""
    order = np.argsort(score, kind="stable")
    ordered = score[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    sizes = np.diff(np.append(starts, len(ordered)))
    ranks = np.empty(len(score))
    ranks[order] = np.repeat(starts + (sizes + 1) / 2, sizes)
    positives = float((truth == 1).sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return 0.5
    return float(
        (ranks[truth == 1].sum() - positives * (positives + 1) / 2) / positives / negatives
    )
