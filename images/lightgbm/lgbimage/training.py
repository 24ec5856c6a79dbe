"""The training job of LightGBM."""

from __future__ import annotations

import contextlib
import json
import logging
import os
from typing import TYPE_CHECKING, Any

from algorithm import tabular
from algorithm.contract import Job, Paths, UserError
from algorithm.training import StopRequest, save
from lgbimage import cluster
from lgbimage.settings import OWN, check, task

if TYPE_CHECKING:
    from algorithm.table import Array

log = logging.getLogger("algorithm")

NAME = "model.txt"
"""The model in LightGBM's own text format."""
ABOUT = "about.json"
"""Classes and categories, beside the model."""

DEFAULT_METRICS = {"binary": "binary_logloss", "multiclass": "multi_logloss"}


def train(paths: Paths, stop: StopRequest) -> None:
    """Read, train and save."""
    job = Job.read(paths)
    settings = check(job.hyperparameters)
    try:
        data, held, categories = tabular.read(paths, job)
        if len(job.hosts) > 1:
            _check_shared(job, categories)
    except UserError:
        if len(job.hosts) > 1:  # the others would wait
            with contextlib.suppress(UserError):
                cluster.form(job, None, None)
        raise
    group = cluster.form(job, data, held)
    known = group.classes
    objective = task(settings, 0 if known is None else len(known))
    log.info("Training on %d rows of %d features: %s", *data.features.shape, objective)
    if objective not in ("binary", "multiclass"):
        known = None
    else:
        assert known is not None
        data.label = tabular.numbered(data.label, known, "training")
        held.label = tabular.numbered(held.label, known, "validation")
    parameters = _parameters(settings, objective, known)
    parameters.update(group.parameters)
    if group.parameters and parameters["tree_learner"] == "serial":
        parameters["tree_learner"] = "data"
    model = _train(parameters, settings, data, held, categories, stop, group)
    if not group.first:
        return
    about = {
        "objective": objective,
        "classes": None if known is None else known.astype(int).tolist(),
        "categories": categories.to_json(),
        "features": data.features.shape[1],
    }
    save(paths.model, NAME, model.model_to_string().encode())
    save(paths.model, ABOUT, json.dumps(about).encode())
    log.info("Saved %s (%d rounds)", paths.model / NAME, model.current_iteration())


def _check_shared(job: Job, categories: tabular.Categories) -> None:
    """Refuse what several hosts cannot have each for itself."""
    if tabular.VALIDATION not in job.channels:
        raise UserError(
            "Several instances need a channel validation: rows that each sets apart for itself "
            "would not be the same ones."
        )
    if categories.names:
        raise UserError(
            f"Several instances take numbers only: leave out {tabular.INDEX}, or set "
            f"InstanceCount to 1."
        )


def _parameters(settings: dict[str, Any], objective: str, known: Array | None) -> dict[str, Any]:
    parameters = {name: value for name, value in settings.items() if name not in OWN}
    parameters["objective"] = objective
    metric = settings["metric"]
    parameters["metric"] = DEFAULT_METRICS.get(objective, "rmse") if metric == "auto" else metric
    parameters["num_threads"] = settings["num_threads"] or int(os.environ["OMP_NUM_THREADS"])
    if objective == "multiclass" and known is not None:
        parameters["num_class"] = len(known)
    if objective != "binary":
        del parameters["scale_pos_weight"], parameters["is_unbalance"]
    elif parameters["is_unbalance"]:
        del parameters["scale_pos_weight"]
    if objective != "tweedie":
        del parameters["tweedie_variance_power"]
    if parameters["boosting"] == "goss":  # samples rows itself
        del parameters["bagging_fraction"], parameters["bagging_freq"]
    if settings["seed"] is not None:
        parameters["seed"] = settings["seed"]
    return parameters


def _train(
    parameters: dict[str, Any],
    settings: dict[str, Any],
    data: tabular.Frame,
    held: tabular.Frame,
    categories: tabular.Categories,
    stop: StopRequest,
    group: cluster.Group,
) -> Any:
    import lightgbm

    alone = not group.parameters

    names = [f"feature_{number}" for number in range(data.features.shape[1])]
    whole = lightgbm.Dataset(
        data.features,
        data.label,
        feature_name=names,
        categorical_feature=list(categories.names),
        params={"verbosity": parameters["verbosity"], "max_bin": parameters["max_bin"]},
    )
    outside = whole.create_valid(held.features, held.label)

    def after(round_: Any) -> None:
        """Print the round as SageMaker's container does, and end when SIGTERM came."""
        for data_name, metric, value, _ in round_.evaluation_result_list if group.first else ():
            # Fixed notation: the documented expressions do not know exponents.
            print(f"[{round_.iteration + 1}]#011{data_name}'s {metric}: {value:.8f}", flush=True)
        if stop.asked:
            raise lightgbm.callback.EarlyStopException(
                round_.iteration, round_.evaluation_result_list
            )

    callbacks: list[Any] = [after]
    rounds = settings["early_stopping_rounds"]
    if rounds > 0 and settings["boosting"] != "dart":
        callbacks.append(lightgbm.early_stopping(rounds, verbose=False))
    # One of several hosts cannot end a round alone: SIGTERM ends its program then.
    stop.training = alone
    try:
        model = lightgbm.train(
            parameters,
            whole,
            settings["num_boost_round"],
            valid_sets=[outside],
            valid_names=["valid_0"],
            callbacks=callbacks,
        )
    except lightgbm.basic.LightGBMError as error:
        raise UserError(f"LightGBM refused to train: {error}.") from error
    if stop.asked:
        log.warning("Stopped after %d rounds; the model so far is kept.", model.current_iteration())
    return model
