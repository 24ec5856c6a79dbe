"""The training job of PCA."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from algorithm import arrays, channels
from algorithm.contract import Job, Paths
from algorithm.hyperparameters import Hyperparameter, read, refuse
from algorithm.lines import Reporter
from algorithm.parsers import choice, flag, integer
from algorithm.training import StopRequest

if TYPE_CHECKING:
    from algorithm.table import Array

log = logging.getLogger("algorithm")

HYPERPARAMETERS = {
    "feature_dim": Hyperparameter(integer(1)),
    "mini_batch_size": Hyperparameter(integer(1)),
    "num_components": Hyperparameter(integer(1)),
    "algorithm_mode": Hyperparameter(choice("regular", "randomized"), "regular"),
    "extra_components": Hyperparameter(integer(-1), -1),
    "subtract_mean": Hyperparameter(flag, True),
}
SEED = 0


def train(paths: Paths, stop: StopRequest) -> None:
    """Read, decompose, score and save."""
    job = Job.read(paths)
    settings = read(job.hyperparameters, HYPERPARAMETERS)
    width, count = settings["feature_dim"], settings["num_components"]
    refuse(
        [f"num_components is {count}: it must be feature_dim ({width}) or less"] * (count > width)
    )
    job.single_host("PCA")
    channels.check(job, ("train",), ("test",))
    report = Reporter(job.host)
    rows = channels.read(paths, job, "train", width, labelled=False).features
    test = None
    if "test" in job.channels:
        test = channels.read(paths, job, "test", width, labelled=False).features
    log.info("Train channel has %d rows of %d features", len(rows), width)

    import numpy as np

    from pca import components

    started = time.monotonic()
    mean = rows.mean(axis=0, dtype=np.float64) if settings["subtract_mean"] else np.zeros(width)
    batch = settings["mini_batch_size"]
    if settings["algorithm_mode"] == "regular":
        vectors, values = components.regular(rows, mean, count, batch)
    else:
        extra = settings["extra_components"]
        extra = max(10, count) if extra < 0 else extra
        rng = np.random.default_rng(SEED)
        vectors, values = components.randomized(rows, mean, count, extra, batch, rng)
    report.progress(1, 1)
    report.throughput(len(rows), time.monotonic() - started)
    report.score("train", "explained_variance_ratio", _explained(rows, mean, vectors))
    if test is not None:
        report.score("test", "explained_variance_ratio", _explained(test, mean, vectors))
    arrays.write(
        paths,
        mean=mean.astype(np.float32),
        v=vectors.astype(np.float32),
        s=values.astype(np.float32),
    )


def _explained(rows: Array, mean: Array, vectors: Array) -> float:
    """Share of the squared distances from the mean that the components keep."""
    import numpy as np

    kept = whole = 0.0
    for start in range(0, len(rows), 10_000):
        shifted = rows[start : start + 10_000] - mean
        whole += float(np.square(shifted).sum())
        kept += float(np.square(shifted @ vectors).sum())
    return kept / whole if whole else 1.0
