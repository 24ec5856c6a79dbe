"""The training job of CatBoost."""

from __future__ import annotations

import json
import logging
import os
from typing import Any

from algorithm import tabular
from algorithm.contract import Job, Paths, UserError
from algorithm.training import StopRequest, save
from catimage.settings import DEFAULT_METRICS, PASSED, check, task

log = logging.getLogger("algorithm")

NAME = "model"
"""The model in CatBoost's own format, under the name that SageMaker's container gives it."""
ABOUT = "about.json"
"""Classes and categories, beside the model."""


def train(paths: Paths, stop: StopRequest) -> None:
    """Read, train and save."""
    job = Job.read(paths)
    settings = check(job.hyperparameters)
    job.single_host("CatBoost")
    data, held, categories = tabular.read(paths, job)
    known = tabular.classes(data.label)
    loss = task(settings, 0 if known is None else len(known))
    log.info("Training on %d rows of %d features: %s", *data.features.shape, loss)
    if loss not in ("Logloss", "MultiClass"):
        known = None
    else:
        assert known is not None
        data.label = tabular.numbered(data.label, known, "training")
        held.label = tabular.numbered(held.label, known, "validation")
    model = _train(settings, loss, data, held, categories, stop)
    about = {
        "loss_function": loss,
        "classes": None if known is None else known.astype(int).tolist(),
        "categories": categories.to_json(),
        "features": data.features.shape[1],
    }
    paths.model.mkdir(parents=True, exist_ok=True)
    partial = paths.model / f".{NAME}.partial"
    model.save_model(str(partial), format="cbm")
    partial.replace(paths.model / NAME)
    save(paths.model, ABOUT, json.dumps(about).encode())
    log.info("Saved %s (%d trees)", paths.model / NAME, model.tree_count_)


def _parameters(settings: dict[str, Any], loss: str) -> dict[str, Any]:
    parameters = {name: settings[name] for name in PASSED}
    metric = settings["eval_metric"]
    parameters["loss_function"] = loss
    parameters["eval_metric"] = DEFAULT_METRICS[loss] if metric == "auto" else metric
    threads = settings["thread_count"]
    parameters["thread_count"] = int(os.environ["OMP_NUM_THREADS"]) if threads < 0 else threads
    if settings["grow_policy"] == "Lossguide":
        parameters["max_leaves"] = settings["max_leaves"]
    if settings["grow_policy"] != "SymmetricTree":
        parameters["min_data_in_leaf"] = settings["min_data_in_leaf"]
    if settings["boosting_type"] != "Auto":
        parameters["boosting_type"] = settings["boosting_type"]
    if settings["max_bin"] is not None:
        parameters["max_bin"] = settings["max_bin"]
    if loss == "Logloss":
        parameters["scale_pos_weight"] = settings["scale_pos_weight"]
    return parameters


def _train(
    settings: dict[str, Any],
    loss: str,
    data: tabular.Frame,
    held: tabular.Frame,
    categories: tabular.Categories,
    stop: StopRequest,
) -> Any:
    import catboost

    from catimage.rows import pool

    class Stop:
        """Ends the training after the round that runs when SIGTERM came."""

        def after_iteration(self, _: object) -> bool:
            return not stop.asked

    parameters = _parameters(settings, loss)
    model = catboost.CatBoost({**parameters, "allow_writing_files": False})
    rounds = settings["early_stopping_rounds"]
    stop.training = True
    try:
        model.fit(
            pool(data.features, categories, data.label),
            eval_set=pool(held.features, categories, held.label),
            early_stopping_rounds=rounds if rounds > 0 else None,
            use_best_model=True,
            verbose=settings["verbose"],
            callbacks=[Stop()],
        )
    except catboost.CatBoostError as error:
        raise UserError(f"CatBoost refused to train: {error}.") from error
    if stop.asked:
        log.warning("Stopped after %d trees; the model so far is kept.", model.tree_count_)
    metric = parameters["eval_metric"]
    best = model.get_best_score()["validation"][metric]
    print(f"bestTest = {best:.8f} ({metric})", flush=True)
    return model
