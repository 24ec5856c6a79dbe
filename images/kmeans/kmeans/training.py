"""The training job of k-means."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from algorithm import arrays, channels
from algorithm.contract import Job, Paths, UserError
from algorithm.hyperparameters import Hyperparameter, read
from algorithm.lines import Reporter
from algorithm.parsers import auto, choice, integer, json_choices, real
from algorithm.training import StopRequest

if TYPE_CHECKING:
    from algorithm.table import Array

log = logging.getLogger("algorithm")

HYPERPARAMETERS = {
    "feature_dim": Hyperparameter(integer(1)),
    "k": Hyperparameter(integer(1)),
    "epochs": Hyperparameter(integer(1), 1),
    "eval_metrics": Hyperparameter(json_choices("msd", "ssd"), ["msd"]),
    "extra_center_factor": Hyperparameter(auto(integer(1)), None),
    "half_life_time_size": Hyperparameter(integer(0), 0),
    "init_method": Hyperparameter(choice("random", "kmeans++"), "random"),
    "local_lloyd_init_method": Hyperparameter(choice("random", "kmeans++"), "kmeans++"),
    "local_lloyd_max_iter": Hyperparameter(integer(1), 300),
    "local_lloyd_num_trials": Hyperparameter(auto(integer(1)), None),
    "local_lloyd_tol": Hyperparameter(real(0, 1), 0.0001),
    "mini_batch_size": Hyperparameter(integer(1), 5000),
}

EXTRA_CENTERS = 10
"""What extra_center_factor auto stands for."""
TRIALS = 10
"""What local_lloyd_num_trials auto stands for."""
SEED = 0


def train(paths: Paths, stop: StopRequest) -> None:
    """Read, cluster, score and save."""
    job = Job.read(paths)
    settings = read(job.hyperparameters, HYPERPARAMETERS)
    job.single_host("k-means")
    channels.check(job, ("train",), ("test",))
    width = settings["feature_dim"]
    report = Reporter(job.host)
    rows = channels.read(paths, job, "train", width, labelled=False).features
    test = None
    if "test" in job.channels:
        test = channels.read(paths, job, "test", width, labelled=False).features
    if len(rows) < settings["k"]:
        raise UserError(f"Channel train has {len(rows)} rows; {settings['k']} clusters need more.")
    log.info("Train channel has %d rows of %d features", len(rows), width)

    import numpy as np

    from kmeans.clusters import nearest

    middle = rows.mean(axis=0, dtype=np.float64).astype(np.float32)
    rows = rows - middle
    started = time.monotonic()
    centers = _cluster(rows, settings, report, stop)
    report.throughput(len(rows) * settings["epochs"], time.monotonic() - started)
    report.quality("train", "msd <loss>", float(nearest(rows, centers)[1].mean(dtype=np.float64)))
    if test is not None:
        squares = nearest(test - middle, centers)[1].astype(np.float64)
        scores = {"msd": float(squares.mean()), "ssd": float(squares.sum())}
        for name in settings["eval_metrics"]:
            report.quality("test", f"{name} <loss>", scores[name])
    arrays.write(paths, centers=(centers + middle).astype(np.float32))


def _cluster(rows: Array, settings: dict[str, Any], report: Reporter, stop: StopRequest) -> Array:
    import numpy as np

    from kmeans import clusters

    rng = np.random.default_rng(SEED)
    wanted = min(settings["k"] * (settings["extra_center_factor"] or EXTRA_CENTERS), len(rows))
    batch = settings["mini_batch_size"]
    first = rows[rng.choice(len(rows), min(len(rows), max(batch, wanted)), replace=False)]
    ones = np.ones(len(first))
    centers = (
        clusters.choose_random(first, wanted, rng)
        if settings["init_method"] == "random"
        else clusters.choose_spread(first, ones, wanted, rng)
    )
    state = clusters.MiniBatches(centers, np.zeros(wanted), settings["half_life_time_size"])
    stop.training = True
    for epoch in range(settings["epochs"]):
        order = rng.permutation(len(rows))
        for start in range(0, len(rows), batch):
            state.update(rows[order[start : start + batch]])
        report.progress(epoch + 1, settings["epochs"])
        if stop.asked:
            log.warning("Stopped after %d epochs; the model so far is kept.", epoch + 1)
            break
    return _reduce(state.centers, state.counts, settings, rng)


def _reduce(centers: Array, counts: Array, settings: dict[str, Any], rng: Any) -> Array:
    """From the extra centers to the k that are wanted, each weighted by what it stands for."""
    from kmeans import clusters

    used = counts > 0
    if used.sum() >= settings["k"]:
        centers, counts = centers[used], counts[used]
    else:  # centers that no point was closest to are as good as any
        counts = counts + 1e-9
    best, least = centers, float("inf")
    for _ in range(settings["local_lloyd_num_trials"] or TRIALS):
        start = (
            clusters.choose_random(centers, settings["k"], rng)
            if settings["local_lloyd_init_method"] == "random"
            else clusters.choose_spread(centers, counts, settings["k"], rng)
        )
        found, loss = clusters.lloyd(
            centers, counts, start, settings["local_lloyd_max_iter"], settings["local_lloyd_tol"]
        )
        if loss < least:
            best, least = found, loss
    return best
