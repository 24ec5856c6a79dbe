"""The hyperparameters of LightGBM, with SageMaker's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from algorithm.hyperparameters import Hyperparameter, read, refuse
from algorithm.parsers import choice, flag, integer, real

REGRESSION_METRICS = ("rmse", "l1", "l2", "huber", "fair")
BINARY_METRICS = ("binary_logloss", "binary_error", "auc", "average_precision", "cross_entropy")
MULTICLASS_METRICS = ("multi_logloss", "multi_error", "auc_mu")
METRICS = (*REGRESSION_METRICS, *BINARY_METRICS, *MULTICLASS_METRICS)

REGRESSIONS = ("regression", "regression_l1", "huber", "fair", "poisson", "tweedie")
OBJECTIVES = ("auto", *REGRESSIONS, "binary", "multiclass")

HYPERPARAMETERS = {
    "num_boost_round": Hyperparameter(integer(1), 100),
    "early_stopping_rounds": Hyperparameter(integer(), 10),
    "metric": Hyperparameter(choice("auto", *METRICS), "auto"),
    "objective": Hyperparameter(choice(*OBJECTIVES), "auto"),
    "learning_rate": Hyperparameter(real(above=0, high=1), 0.1),
    "num_leaves": Hyperparameter(integer(2, 131072), 64),
    "feature_fraction": Hyperparameter(real(above=0, high=1), 0.9),
    "bagging_fraction": Hyperparameter(real(above=0, high=1), 0.9),
    "bagging_freq": Hyperparameter(integer(0), 1),
    "max_depth": Hyperparameter(integer(), 6),
    "min_data_in_leaf": Hyperparameter(integer(0), 3),
    "max_delta_step": Hyperparameter(real(), 0.0),
    "lambda_l1": Hyperparameter(real(0), 0.0),
    "lambda_l2": Hyperparameter(real(0), 0.0),
    "boosting": Hyperparameter(choice("gbdt", "rf", "dart", "goss"), "gbdt"),
    "min_gain_to_split": Hyperparameter(real(0), 0.0),
    "scale_pos_weight": Hyperparameter(real(above=0), 1.0),
    "tree_learner": Hyperparameter(choice("serial", "feature", "data", "voting"), "serial"),
    "feature_fraction_bynode": Hyperparameter(real(above=0, high=1), 1.0),
    "is_unbalance": Hyperparameter(flag, False),
    "max_bin": Hyperparameter(integer(2), 255),
    "tweedie_variance_power": Hyperparameter(real(1, below=2), 1.5),
    "num_threads": Hyperparameter(integer(0), 0),
    "verbosity": Hyperparameter(integer(), 1),
    "seed": Hyperparameter(integer(0), None),
}

OWN = ("num_boost_round", "early_stopping_rounds", "metric", "objective", "seed", "num_threads")
"""Not handed to the library as they are."""


def check(raw: Mapping[str, str]) -> dict[str, Any]:
    """Read the hyperparameters."""
    values = read(raw, HYPERPARAMETERS)
    wrong = []
    if values["is_unbalance"] and values["scale_pos_weight"] != 1:
        wrong.append("is_unbalance and scale_pos_weight exclude each other")
    if values["boosting"] == "rf" and not (
        values["bagging_freq"] and values["bagging_fraction"] < 1
    ):
        wrong.append("boosting rf needs bagging_freq and a bagging_fraction below 1")
    refuse(wrong)
    return values


def task(values: Mapping[str, Any], classes: int) -> str:
    """The objective: what was asked for, else by the metric, else by the number of classes.

    ``classes`` is 0 for labels that look like measurements.
    """
    objective, metric = values["objective"], values["metric"]
    if objective == "auto":
        if metric in REGRESSION_METRICS or not classes:
            objective = "regression"
        else:
            objective = (
                "binary" if classes == 2 and metric not in MULTICLASS_METRICS else "multiclass"
            )
    fits = {"binary": BINARY_METRICS, "multiclass": MULTICLASS_METRICS}.get(
        objective, REGRESSION_METRICS
    )
    if metric not in ("auto", *fits):
        refuse([f"metric {metric} does not fit the data, which call for {objective}"])
    if objective in ("binary", "multiclass") and not classes:
        refuse([f"objective {objective} needs labels that are classes: whole numbers, and few"])
    if objective == "binary" and classes != 2:
        refuse([f"objective binary needs two classes; the training data have {classes}"])
    return str(objective)
