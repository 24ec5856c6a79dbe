"""Evaluation metrics: the library's, those that SageMaker adds, and how they are printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from algorithm.table import Array

LIBRARY = (
    "aft-nloglik",
    "auc",
    "aucpr",
    "cox-nloglik",
    "error",
    "gamma-deviance",
    "gamma-nloglik",
    "interval-regression-accuracy",
    "logloss",
    "mae",
    "map",
    "mape",
    "merror",
    "mlogloss",
    "mphe",
    "ndcg",
    "poisson-nloglik",
    "pre",
    "rmse",
    "rmsle",
    "tweedie-nloglik",
)
"""Metrics that xgboost itself computes."""

WITH_THRESHOLD = ("error", "map", "ndcg", "pre", "tweedie-nloglik")
"""Library metrics that take a number after an @, such as error@0.3."""

HIGHER_IS_BETTER = ("auc", "aucpr", "map", "ndcg", "pre", "interval-regression-accuracy")


@dataclass(frozen=True)
class OwnMetric:
    """A metric that SageMaker adds to the library's."""

    compute: Callable[[Array, Array], float]
    """From true and predicted values (class numbers for classification)."""
    classification: bool = True
    maximize: bool = True

    def suits(self, objective: str) -> bool:
        """Says whether the objective's predictions can be measured with it."""
        return not self.classification or objective.startswith(("binary:", "multi:"))


def _counts(truth: Array, guess: Array) -> tuple[Any, Any, Any]:
    """True positives, predicted and actual members of every class that occurs."""
    import numpy as np

    classes = np.union1d(truth, guess)
    hits = np.array([np.sum((truth == c) & (guess == c)) for c in classes], dtype=float)
    guessed = np.array([np.sum(guess == c) for c in classes], dtype=float)
    actual = np.array([np.sum(truth == c) for c in classes], dtype=float)
    return hits, guessed, actual


def _ratio(part: Any, whole: Any) -> Any:
    """part / whole, and 0 where there is nothing to divide by."""
    import numpy as np

    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def accuracy(truth: Array, guess: Array) -> float:
    """Share of the rows that are right."""
    return float((truth == guess).mean())


def balanced_accuracy(truth: Array, guess: Array) -> float:
    """Mean over the classes of the share of their rows that are right."""
    hits, _, actual = _counts(truth, guess)
    return float((hits[actual > 0] / actual[actual > 0]).mean())


def precision_macro(truth: Array, guess: Array) -> float:
    """Mean over the classes of the precision."""
    hits, guessed, _ = _counts(truth, guess)
    return float(_ratio(hits, guessed).mean())


def recall_macro(truth: Array, guess: Array) -> float:
    """Mean over the classes of the recall."""
    hits, _, actual = _counts(truth, guess)
    return float(_ratio(hits, actual).mean())


def f1_macro(truth: Array, guess: Array) -> float:
    """Mean over the classes of the harmonic mean of precision and recall."""
    hits, guessed, actual = _counts(truth, guess)
    return float(_ratio(2 * hits, guessed + actual).mean())


def _positive(truth: Array, guess: Array) -> tuple[float, float, float]:
    hits = float(((truth == 1) & (guess == 1)).sum())
    return hits, float((guess == 1).sum()), float((truth == 1).sum())


def precision(truth: Array, guess: Array) -> float:
    """Precision of class 1."""
    hits, guessed, _ = _positive(truth, guess)
    return hits / guessed if guessed else 0.0


def recall(truth: Array, guess: Array) -> float:
    """Recall of class 1."""
    hits, _, actual = _positive(truth, guess)
    return hits / actual if actual else 0.0


def f1_binary(truth: Array, guess: Array) -> float:
    """Harmonic mean of precision and recall of class 1."""
    hits, guessed, actual = _positive(truth, guess)
    return 2 * hits / (guessed + actual) if guessed + actual else 0.0


def mse(truth: Array, guess: Array) -> float:
    """Mean squared error."""
    return float(((truth - guess) ** 2).mean())


def r2(truth: Array, guess: Array) -> float:
    """Share of the variance that the predictions explain; 0 when nothing varies."""
    total = float(((truth - truth.mean()) ** 2).sum())
    return 1 - float(((truth - guess) ** 2).sum()) / total if total else 0.0


COMPUTED_HERE: dict[str, OwnMetric] = {
    "accuracy": OwnMetric(accuracy),
    "balanced_accuracy": OwnMetric(balanced_accuracy),
    "f1": OwnMetric(f1_macro),
    "f1_binary": OwnMetric(f1_binary),
    "f1_macro": OwnMetric(f1_macro),
    "mse": OwnMetric(mse, classification=False, maximize=False),
    "precision": OwnMetric(precision),
    "precision_macro": OwnMetric(precision_macro),
    "precision_micro": OwnMetric(accuracy),  # the same number when every row has one class
    "r2": OwnMetric(r2, classification=False),
    "recall": OwnMetric(recall),
    "recall_macro": OwnMetric(recall_macro),
    "recall_micro": OwnMetric(accuracy),
}
"""Metrics of SageMaker's that xgboost lacks."""


def known_metric(name: str) -> None:
    """Raise ValueError unless the metric exists."""
    base, at, threshold = name.partition("@")
    if not at:
        if name not in LIBRARY and name not in COMPUTED_HERE:
            every = ", ".join(sorted([*LIBRARY, *COMPUTED_HERE]))
            raise ValueError(f"has {name!r}; known metrics are {every}")
        return
    if base not in WITH_THRESHOLD:
        raise ValueError(f"has {name!r}; only {', '.join(WITH_THRESHOLD)} take a value after @")
    try:
        float(threshold.rstrip("-"))
    except ValueError:
        raise ValueError(f"has {name!r}; a number must follow the @") from None


def maximize(name: str) -> bool:
    """Says whether a higher value of the metric is better."""
    own = COMPUTED_HERE.get(name)
    return own.maximize if own else name.partition("@")[0] in HIGHER_IS_BETTER


def evaluator(
    names: list[str], objective: str, mean: Callable[[float, float], float]
) -> Callable[..., list[tuple[str, float]]] | None:
    """The function that xgboost.train calls for our own metrics; None when there are none.

    ``mean`` takes a host's value and its number of rows to the mean over all hosts.
    """
    if not names:
        return None

    def evaluate(predictions: Array, matrix: Any) -> list[tuple[str, float]]:
        truth = matrix.get_label()
        classes = _classes(predictions, objective)
        return [
            (
                name,
                mean(
                    own.compute(truth, classes if own.classification else predictions), len(truth)
                ),
            )
            for name in names
            for own in [COMPUTED_HERE[name]]
        ]

    return evaluate


def _classes(predictions: Array, objective: str) -> Array:
    """The class numbers behind an objective's predictions."""
    if predictions.ndim == 2:
        best: Array = predictions.argmax(axis=1)
        return best
    if objective == "binary:logitraw":
        return (predictions > 0).astype(predictions.dtype)
    if objective.startswith("binary:"):
        return (predictions > 0.5).astype(predictions.dtype)
    return predictions


def log_line(number: int, log: Mapping[str, Mapping[str, list[Any]]]) -> str:
    """One round's line as SageMaker's container prints it.

    The tabs of xgboost's own line show up as #011 in CloudWatch Logs, and the
    regular expressions of everybody's MetricDefinitions rely on that.
    """
    scores = []
    for data, by_metric in log.items():
        for metric, history in by_metric.items():
            score = history[-1]
            value = score[0] if isinstance(score, tuple) else score
            scores.append(f"#011{data}-{metric}:{value:.5f}")
    return f"[{number}]" + "".join(scores)
