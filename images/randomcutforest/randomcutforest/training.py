"""The training job of the random cut forest."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from algorithm import arrays, channels
from algorithm.contract import Job, Paths, UserError
from algorithm.hyperparameters import Hyperparameter, read
from algorithm.lines import Reporter
from algorithm.parsers import integer, json_choices
from algorithm.training import StopRequest

if TYPE_CHECKING:
    from algorithm.table import Array

log = logging.getLogger("algorithm")

HYPERPARAMETERS = {
    "feature_dim": Hyperparameter(integer(1, 10_000)),
    "eval_metrics": Hyperparameter(
        json_choices("accuracy", "precision_recall_fscore"),
        ["accuracy", "precision_recall_fscore"],
    ),
    "num_samples_per_tree": Hyperparameter(integer(1, 2048), 256),
    "num_trees": Hyperparameter(integer(50, 1000), 100),
    "mini_batch_size": Hyperparameter(integer(1), 1000),
}
SEED = 0
LARGEST = 1 << 32
"""Bytes that a forest may take."""
DEVIATIONS = 3
"""A point is called anomalous when its score is this many standard deviations over the mean."""


def train(paths: Paths, stop: StopRequest) -> None:
    """Read, grow, score and save."""
    job = Job.read(paths)
    settings = read(job.hyperparameters, HYPERPARAMETERS)
    width, trees = settings["feature_dim"], settings["num_trees"]
    samples = settings["num_samples_per_tree"]
    size = 2 * trees * samples * width * 8
    if size > LARGEST:
        raise UserError(
            f"{trees} trees of {samples} samples with {width} features take {size >> 30} GiB; "
            f"{LARGEST >> 30} GiB are allowed. Lower num_trees or num_samples_per_tree."
        )
    job.single_host("Random Cut Forest")
    channels.check(job, ("train",), ("test",))
    report = Reporter(job.host)
    rows = channels.read(paths, job, "train", width, labelled=False).features
    test = None
    if "test" in job.channels:
        test = channels.read(paths, job, "test", width, labelled=True)
        _check_labels(test.label)
    log.info("Train channel has %d rows of %d features", len(rows), width)

    import numpy as np

    from randomcutforest.forest import Forest

    started = time.monotonic()
    forest = Forest.grow(rows, trees, samples, np.random.default_rng(SEED))
    report.progress(1, 1)
    report.throughput(len(rows), time.monotonic() - started)
    if test is not None:
        _evaluate(forest.score(test.features), test.label, settings["eval_metrics"], report)
    members = {name: value for name, value in vars(forest).items() if name != "trees"}
    arrays.write(paths, trees=np.array(forest.trees), **members)


def _check_labels(label: Array) -> None:
    import numpy as np

    bad = ~np.isin(label, (0, 1))
    if bad.any():
        raise UserError(
            f"Channel test has the label {label[int(np.flatnonzero(bad)[0])]:g}; it must be 1 for "
            f"an anomaly and 0 for a normal row."
        )


def _evaluate(scores: Array, label: Array, metrics: list[str], report: Reporter) -> None:
    """Compare what lies three standard deviations out with the labels."""
    guess = scores > scores.mean() + DEVIATIONS * scores.std()
    truth = label == 1
    hits = float((guess & truth).sum())
    precision = hits / guess.sum() if guess.any() else 0.0
    recall = hits / truth.sum() if truth.any() else 0.0
    found = {}
    if "accuracy" in metrics:
        found["accuracy"] = float((guess == truth).mean())
    if "precision_recall_fscore" in metrics:
        found["precision"], found["recall"] = float(precision), float(recall)
        total = precision + recall
        found["f1"] = float(2 * precision * recall / total) if total else 0.0
    for name, value in found.items():
        report.quality("test", f"{name} <score>", value)
        report.score("test", name, value)
