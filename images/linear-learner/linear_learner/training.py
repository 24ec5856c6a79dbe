"""The training job of the linear learner."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from algorithm import channels
from algorithm.contract import Job, Paths, UserError
from algorithm.lines import Reporter
from algorithm.table import Table
from algorithm.training import StopRequest
from linear_learner.settings import BINARY, CLASSES, check

if TYPE_CHECKING:
    from algorithm.table import Array
    from linear_learner.fitting import Best, Fit
    from linear_learner.model import Linear
    from linear_learner.scaling import Scaling

log = logging.getLogger("algorithm")

SEED = 0
WORSE = 10.0
"""A best loss that is this many times the loss before training is no result."""
NEAR = 1.05
"""By this factor may a model's loss be larger than the least one, if it shall be chosen."""
CALIBRATION = 10_000
"""What num_calibration_samples auto stands for."""


def train(paths: Paths, stop: StopRequest) -> None:
    """Read, fit, choose, score and save."""
    job = Job.read(paths)
    settings = check(job.hyperparameters)
    job.single_host("the linear learner")
    channels.check(job, ("train",), ("validation", "test"))
    width = settings["feature_dim"] or 0
    tables: dict[str, Table] = {}
    for name in ("train", "validation", "test"):
        if name in job.channels:
            tables[name] = channels.read(paths, job, name, width, labelled=True)
            width = tables[name].columns
            _check_labels(name, tables[name].label, settings)
            log.info("Channel %s has %d rows of %d features", name, len(tables[name].label), width)

    from linear_learner import evaluation, losses

    report = Reporter(job.host)
    model = _fit(settings, tables, paths, stop, report)
    loss = losses.make(settings)
    for name, table in tables.items():
        evaluation.report(model, name, table, loss, settings, report)
    model.write(paths)


def _check_labels(channel: str, label: Array, settings: dict[str, Any]) -> None:
    import numpy as np

    kind = settings["predictor_type"]
    if kind == BINARY:
        bad, need = ~np.isin(label, (0, 1)), "0 or 1"
    elif kind == CLASSES:
        top = settings["num_classes"] - 1
        bad, need = (label < 0) | (label > top) | (label % 1 != 0), f"whole numbers from 0 to {top}"
    else:
        return
    if bad.any():
        found = label[int(np.flatnonzero(bad)[0])]
        raise UserError(f"Channel {channel} has the label {found:g}; {kind} needs {need}.")


def _fit(
    settings: dict[str, Any],
    tables: dict[str, Table],
    paths: Paths,
    stop: StopRequest,
    report: Reporter,
) -> Linear:
    import numpy as np

    from linear_learner import candidates, fitting, losses, rounds
    from linear_learner.scaling import Scaling

    rng = np.random.default_rng(SEED)
    table = tables["train"]
    scaling = Scaling.learn(table.features, table.label, settings, rng)
    rows, label = scaling.rows(table.features), scaling.label(table.label)
    outputs = settings["num_classes"] if settings["predictor_type"] == CLASSES else 1
    positives = max(float((table.label == 1).sum()), 1.0)
    balance = max(len(label) - positives, 1.0) / positives
    chosen = candidates.choose(settings, balance, rows.shape[1] * outputs)
    log.info("Training %d models at once", len(chosen))
    loss = losses.make(settings, scaling.label_deviation)
    fit = fitting.Fit(settings, loss, chosen, rows.shape[1], outputs, rng)
    best = fitting.Best(
        settings["early_stopping_patience"],
        settings["early_stopping_tolerance"],
        fit.weights.copy(),
        fit.bias.copy(),
        np.full(len(chosen), np.inf),
    )
    held = tables.get("validation")
    calibration = _sample(held or table, settings["num_calibration_samples"] or CALIBRATION, rng)
    scale = scaling.label_deviation**loss.power
    epochs = rounds.Epochs(
        settings, fit, best, paths, stop, report, len(label), scale, held is not None
    )
    share = _shares(settings, chosen.positive_weight, table.label)
    judges = held or calibration
    judged = scaling.rows(judges.features), scaling.label(judges.label)
    before = float(fit.mean_loss(*judged).max())
    fitting.run(fit, best, rows, label, judged, share, epochs.after, epochs.first)
    if not best.values.min() <= WORSE * before:
        raise UserError(
            "Training diverged: the loss of every model grew. Lower learning_rate, or set "
            "normalize_data to true."
        )
    return _select(settings, scaling, fit, best, calibration)


def _sample(table: Table, count: int, rng: Any) -> Table:
    if len(table.label) <= count:
        return table
    chosen = rng.choice(len(table.label), count, replace=False)
    return Table(table.features[chosen], table.label[chosen])


def _shares(settings: dict[str, Any], positive_weight: Array, label: Array) -> Any:
    """A function from the labels of some rows to their weights for each model."""
    import numpy as np

    kind = settings["predictor_type"]
    if kind == BINARY:
        return lambda part: np.where(part[:, None] == 1, positive_weight, np.float32(1))
    models = len(positive_weight)
    weights = None
    if kind == CLASSES and settings["balance_multiclass_weights"]:
        counts = np.bincount(label.astype(int), minlength=settings["num_classes"])
        weights = len(label) / (len(counts) * np.maximum(counts, 1.0))

    def share(part: Array) -> Array:
        each = np.ones(len(part)) if weights is None else weights[part.astype(int)]
        shared: Array = np.repeat(each[:, None], models, axis=1)
        return shared

    return share


def _select(
    settings: dict[str, Any], scaling: Scaling, fit: Fit, best: Best, calibration: Table
) -> Linear:
    """The best of the models, on features and labels as they come, with its threshold."""
    import numpy as np

    from linear_learner.model import Linear

    sound = np.flatnonzero(np.isfinite(best.values))
    kind = settings["predictor_type"]
    probabilities = settings["loss"] == "logistic"

    def model(number: int) -> Linear:
        columns = slice(number * fit.outputs, (number + 1) * fit.outputs)
        weights, bias = scaling.restore(best.weights[:, columns], best.bias[0, columns])
        return Linear(kind, weights, bias, probabilities, 0.5 if probabilities else 0.0)

    by_loss = [int(number) for number in sound[np.argsort(best.values[sound], kind="stable")]]
    criterion = settings["binary_classifier_model_selection_criteria"]
    if kind == BINARY and criterion != "loss_function":
        finalists = _finalists(by_loss, best.values, fit.candidates.positive_weight)
        number, chosen = _calibrate({n: model(n) for n in finalists}, calibration, settings)
    else:
        number, chosen = by_loss[0], model(by_loss[0])
    log.info("Best model found: %s", fit.candidates.describe(number))
    return chosen


def _finalists(by_loss: list[int], values: Array, positive_weight: Array) -> list[int]:
    """Models whose loss comes near the least among those that weigh positive rows alike.

    Others have not learned enough by the end: that one of them meets the
    criterion a little better on the rows that are looked at is chance.
    """
    least: dict[float, float] = {}
    for number in by_loss:
        least.setdefault(float(positive_weight[number]), float(values[number]))
    return [n for n in by_loss if values[n] <= NEAR * least[float(positive_weight[n])]]


def _calibrate(
    models: dict[int, Linear], calibration: Table, settings: dict[str, Any]
) -> tuple[int, Linear]:
    """The model with the best value of the criterion, with its threshold; the first of equals."""
    from dataclasses import replace

    from linear_learner.calibration import best_threshold

    found = {}
    for number, model in models.items():
        score = model.score(calibration.features)
        found[number] = best_threshold(score, calibration.label, settings)
    number = max(found, key=lambda each: found[each][1])
    threshold, value = found[number]
    log.info(
        "Threshold %r: %s is %r there",
        threshold,
        settings["binary_classifier_model_selection_criteria"],
        value,
    )
    return number, replace(models[number], threshold=threshold)
