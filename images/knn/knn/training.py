"""The training job of k-NN: sample, reduce the dimensions, build the index."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from algorithm import channels
from algorithm.contract import Job, Paths, UserError
from algorithm.hyperparameters import Hyperparameter, read, refuse
from algorithm.lines import Reporter
from algorithm.parsers import auto, choice, integer
from algorithm.training import StopRequest

if TYPE_CHECKING:
    from algorithm.table import Table

log = logging.getLogger("algorithm")

PARTS = (1, 2, 3, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 96)
HYPERPARAMETERS = {
    "feature_dim": Hyperparameter(integer(1)),
    "k": Hyperparameter(integer(1)),
    "predictor_type": Hyperparameter(choice("classifier", "regressor")),
    "sample_size": Hyperparameter(integer(1)),
    "dimension_reduction_target": Hyperparameter(integer(1), None),
    "dimension_reduction_type": Hyperparameter(choice("sign", "fjlt"), None),
    "faiss_index_ivf_nlists": Hyperparameter(auto(integer(1)), None),
    "faiss_index_pq_m": Hyperparameter(integer(1, 96), None),
    "index_metric": Hyperparameter(choice("L2", "INNER_PRODUCT", "COSINE"), "L2"),
    "index_type": Hyperparameter(
        choice("faiss.Flat", "faiss.IVFFlat", "faiss.IVFPQ"), "faiss.Flat"
    ),
    "mini_batch_size": Hyperparameter(integer(1), 5000),
}
SEED = 0
CODES = 256
"""Points that product quantization needs at least: it learns that many codes a part."""


def train(paths: Paths, stop: StopRequest) -> None:
    """Read, sample, index, score and save."""
    job = Job.read(paths)
    settings = read(job.hyperparameters, HYPERPARAMETERS)
    _check(settings)
    job.single_host("k-NN")
    channels.check(job, ("train",), ("test",))
    width = settings["feature_dim"]
    report = Reporter(job.host)
    table = channels.read(paths, job, "train", width, labelled=True)
    test = None
    if "test" in job.channels:
        test = channels.read(paths, job, "test", width, labelled=True)
    log.info("Train channel has %d rows of %d features", len(table.label), width)

    started = time.monotonic()
    model = _index(table, settings)
    report.progress(1, 1)
    report.throughput(len(table.label), time.monotonic() - started)
    if test is not None:
        _evaluate(model, test, settings["mini_batch_size"], report)
    model.write(paths)


def _check(settings: dict[str, Any]) -> None:
    wrong = []
    target, width = settings["dimension_reduction_target"], settings["feature_dim"]
    if settings["dimension_reduction_type"] and target is None:
        wrong.append("dimension_reduction_target is missing: dimension_reduction_type requires it")
    if target is not None and not settings["dimension_reduction_type"]:
        wrong.append("dimension_reduction_type is missing: dimension_reduction_target requires it")
    if target is not None and target >= width:
        wrong.append(
            f"dimension_reduction_target is {target}: it must be less than feature_dim ({width})"
        )
    parts = settings["faiss_index_pq_m"]
    if parts is not None and parts not in PARTS:
        wrong.append(f"faiss_index_pq_m is {parts}: it must be one of {', '.join(map(str, PARTS))}")
    if settings["index_type"] == "faiss.IVFPQ" and settings["index_metric"] != "L2":
        wrong.append(
            f"index_metric is {settings['index_metric']}: index_type faiss.IVFPQ supports L2 only"
        )
    refuse(wrong)


def _index(table: Table, settings: dict[str, Any]) -> Any:
    import numpy as np

    from knn.index import Neighbours, build, prepare
    from knn.reduction import Reduction

    rng = np.random.default_rng(SEED)
    features, label = table.features, table.label
    if settings["sample_size"] < len(label):
        chosen = rng.choice(len(label), settings["sample_size"], replace=False)
        features, label = features[chosen], label[chosen]
    kind, width = settings["index_type"], settings["feature_dim"]
    target = settings["dimension_reduction_target"]
    parts = settings["faiss_index_pq_m"] or max(p for p in PARTS if (target or width) % p == 0)
    pad = -(target or width) % parts if kind == "faiss.IVFPQ" else 0
    if target and target + pad <= width:  # a larger target instead of zeros, as documented
        target, pad = target + pad, 0
    model = Neighbours(
        index=None,
        labels=label,
        k=settings["k"],
        predictor_type=settings["predictor_type"],
        metric=settings["index_metric"],
        reduction=Reduction(settings["dimension_reduction_type"], 3, width, target)
        if target
        else None,
        pad=pad,
        width=width,
    )
    lists = settings["faiss_index_ivf_nlists"] or max(1, int(len(label) ** 0.5))
    if kind != "faiss.Flat" and len(label) < lists:
        raise UserError(f"{len(label)} sampled rows are too few for {lists} lists of the index.")
    if kind == "faiss.IVFPQ" and len(label) < CODES:
        raise UserError(
            f"{len(label)} sampled rows are too few for index_type faiss.IVFPQ, which needs "
            f"{CODES}: use faiss.Flat."
        )
    model.index = build(kind, prepare(features, model), model.metric, lists, parts)
    return model


def _evaluate(model: Any, test: Table, batch: int, report: Reporter) -> None:
    import numpy as np

    guess = np.concatenate(
        [
            model.predict(model.search(test.features[start : start + batch])[1])
            for start in range(0, len(test.label), batch)
        ]
    )
    if model.predictor_type == "classifier":
        name, word, value = "accuracy", "score", float((guess == test.label).mean())
    else:
        name, word = "mse", "loss"
        value = float(np.square(guess - test.label, dtype=np.float64).mean())
    report.score("test", name, value)
    report.quality("test", f"{name} <{word}>", value)
