"""Training: from the job's files to xgboost-model, one metric line for each round.

Started by SageMaker's contract with no arguments. Exit status 0 with a model in
the model directory, or 1 with the reason in the failure file. SIGTERM ends the
training after the round that runs and keeps the model that there is.
"""

from __future__ import annotations

import logging
import os
import re
from typing import TYPE_CHECKING, Any

from algorithm import threads, training
from algorithm.contract import Job, Paths, UserError
from algorithm.table import Table
from algorithm.training import StopRequest
from xgbimage import cluster, data, metrics
from xgbimage.checkpoints import Checkpoints
from xgbimage.hyperparameters import Settings, check

if TYPE_CHECKING:
    import xgboost

log = logging.getLogger("xgboost-image")

MODEL_NAME = "xgboost-model"
"""The model's file name in the model directory, as the built-in algorithm calls it."""

CHANNELS = ("train", "validation")


def main() -> int:
    """Run the job that SageMaker's files describe."""
    return training.main(run, "[%(asctime)s:%(levelname)s] %(message)s", "%Y-%m-%d:%H:%M:%S")


def run(paths: Paths, stop: StopRequest) -> None:
    """Check everything that can be checked, then read, train and save."""
    job = Job.read(paths)
    settings = check(job.hyperparameters)
    _check_channels(job)
    if settings.ignored:
        log.warning("Without meaning in this release, ignored: %s", ", ".join(settings.ignored))
    thread_count = threads.settle(os.environ)
    settings.parameters.setdefault("nthread", thread_count)

    distributed = len(job.hosts) > 1
    tables: dict[str, Table] = {}
    problem: UserError | None = None
    try:
        tables = _read(paths, job, settings)
    except UserError as error:
        if not distributed:
            raise
        problem = error
    state = cluster.FAILED if problem else cluster.READY if "train" in tables else cluster.EMPTY
    try:
        with cluster.join(job, state) as group:
            if group is not None:
                _train_and_save(paths, settings, tables, stop, group)
    except cluster.HostFailedError as error:
        raise problem or error from None


def _read(paths: Paths, job: Job, settings: Settings) -> dict[str, Table]:
    """The channels of this host; one of several hosts may have got no training file."""
    tables = {}
    for name in CHANNELS:
        if name not in job.channels:
            continue
        if len(job.hosts) > 1 and name == "train" and not data.holds_files(paths, job, name):
            return {}
        tables[name] = data.read_channel(paths, job, name, settings.csv_weights)
        _check_labels(name, tables[name], settings.parameters)
    return tables


def _train_and_save(
    paths: Paths,
    settings: Settings,
    tables: dict[str, Table],
    stop: StopRequest,
    group: cluster.Alone,
) -> None:
    matrices = _matrices(tables, group)
    for name, matrix in matrices.items():
        log.info("%s matrix has %d rows and %d columns", name, matrix.num_row(), matrix.num_col())
    model = _train(settings, matrices, stop, group, Checkpoints(paths))
    if group.rank == 0:
        save(model, paths)


def _check_channels(job: Job) -> None:
    """Refuse what would otherwise be half obeyed."""
    if "train" not in job.channels:
        raise UserError("Channel train is missing: it is required.")
    for name in sorted(job.channels):
        if name not in CHANNELS:
            raise UserError(f"Channel {name} is not one of this algorithm's: train and validation.")


def _check_labels(channel: str, table: Table, parameters: dict[str, Any]) -> None:
    """Refuse labels that the objective cannot mean, in words that XGBoost does not have."""
    import numpy as np

    objective, label = parameters["objective"], table.label
    if objective.startswith("multi:"):
        top = parameters["num_class"] - 1
        bad, need = (label < 0) | (label > top) | (label % 1 != 0), f"whole numbers from 0 to {top}"
    elif objective.startswith("binary:") or objective == "reg:logistic":
        bad, need = (label < 0) | (label > 1), "numbers from 0 to 1"
    elif objective in ("count:poisson", "reg:gamma", "reg:tweedie"):
        bad, need = label < 0, "numbers that are not negative"
    else:
        return
    if bad.any():
        found = label[int(np.flatnonzero(bad)[0])]
        raise UserError(f"Channel {channel} has the label {found:g}; {objective} needs {need}.")


def _matrices(tables: dict[str, Table], group: cluster.Alone) -> dict[str, xgboost.DMatrix]:
    import numpy as np
    import xgboost

    widths = {name: table.columns for name, table in tables.items()}
    dense = {name: isinstance(table.features, np.ndarray) for name, table in tables.items()}
    if len(set(widths.values())) > 1 and any(dense.values()):
        raise UserError(
            f"Channel train has {widths['train']} features, "
            f"channel validation {widths['validation']}."
        )
    width = group.most(max(widths.values()))
    if width > max(widths.values()) and any(dense.values()):
        raise UserError(f"This host has {max(widths.values())} features, another one {width}.")
    matrices = {}
    for name, table in tables.items():
        if not dense[name]:  # a sparse file need not mention the last features
            table.features.resize(table.features.shape[0], width)
        try:
            matrices[name] = xgboost.DMatrix(
                table.features, label=table.label, weight=table.weight, qid=table.query
            )
        except xgboost.core.XGBoostError as error:
            raise UserError(f"Channel {name} was refused by XGBoost: {_reason(error)}") from error
    return matrices


def _train(
    settings: Settings,
    matrices: dict[str, xgboost.DMatrix],
    stop: StopRequest,
    group: cluster.Alone,
    checkpoints: Checkpoints,
) -> xgboost.Booster:
    import xgboost

    before = _resume(checkpoints, group)
    done = before.num_boosted_rounds() if before else 0

    class Rounds(xgboost.callback.TrainingCallback):
        """Prints each round's metrics and ends the training when it is time.

        xgboost keeps callbacks in a set and stops asking at the first that wants
        to stop. So there is one only, or the last line would be lost at random.
        """

        def __init__(self, early: xgboost.callback.EarlyStopping | None) -> None:
            super().__init__()
            self.early = early

        def before_training(self, model: Any) -> Any:
            return self.early.before_training(model) if self.early else model

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            if group.rank == 0:
                print(metrics.log_line(done + epoch, evals_log), flush=True)
            enough = self.early and self.early.after_iteration(model, epoch, evals_log)
            last = bool(enough) or group.any(stop.asked)
            if group.rank == 0:
                checkpoints.write(model, done + epoch, last or done + epoch + 1 == settings.rounds)
            return last

        def after_training(self, model: Any) -> Any:
            return self.early.after_training(model) if self.early else model

    stop.training = True
    try:
        model = xgboost.train(
            settings.parameters,
            matrices["train"],
            num_boost_round=max(settings.rounds - done, 0),
            xgb_model=before,
            evals=[(matrix, name) for name, matrix in matrices.items()],
            custom_metric=metrics.evaluator(
                settings.own_metrics, settings.parameters["objective"], group.mean
            ),
            callbacks=[Rounds(_early_stopping(settings, matrices))],
            verbose_eval=False,
        )
    except (xgboost.core.XGBoostError, ValueError) as error:
        raise UserError(f"XGBoost refused to train: {_reason(error)}") from error
    if stop.asked:
        log.warning(
            "Stopped after %d rounds; the model so far is kept.", model.num_boosted_rounds()
        )
    return model


def _resume(checkpoints: Checkpoints, group: cluster.Alone) -> xgboost.Booster | None:
    """The model of the newest checkpoint, the same on every host."""
    import xgboost

    found = checkpoints.newest() if group.rank == 0 else None
    if not group.distributed:
        return found
    raw = group.first(bytes(found.save_raw(raw_format="ubj")) if found else b"")
    if not raw:
        return None
    model = xgboost.Booster()
    model.load_model(bytearray(raw))
    return model


def _early_stopping(
    settings: Settings, matrices: dict[str, xgboost.DMatrix]
) -> xgboost.callback.EarlyStopping | None:
    """The library's own rule on the validation channel; None when it is not asked for."""
    import xgboost

    if not settings.early_stopping_rounds:
        return None
    if "validation" not in matrices:
        log.warning("early_stopping_rounds needs a validation channel: ignored")
        return None
    name = settings.stopping_metric
    return xgboost.callback.EarlyStopping(
        rounds=settings.early_stopping_rounds,
        data_name="validation",
        metric_name=name,
        maximize=metrics.maximize(name) if name else None,
        save_best=settings.parameters.get("booster") != "gblinear",
    )


def _reason(error: Exception) -> str:
    """XGBoost's message without its C++ stack."""
    lines = [line.strip() for line in str(error).splitlines()]
    lines = lines[: lines.index("Stack trace:")] if "Stack trace:" in lines else lines
    text = " ".join(line for line in lines if line)
    return re.sub(r"^\[[\d:]+\] \S+: (Check failed: )?", "", text)


def save(model: xgboost.Booster, paths: Paths) -> None:
    """Write the model whole or not at all.

    The format is JSON text: every XGBoost from 1.0 on recognises it by its first
    bytes, whatever the file is called, and a person can read it. The binary UBJSON
    is half the size, but nothing before 1.6 reads it.
    """
    training.save(paths.model, MODEL_NAME, bytes(model.save_raw(raw_format="json")))
    log.info("Saved %s (%d rounds)", paths.model / MODEL_NAME, model.num_boosted_rounds())
