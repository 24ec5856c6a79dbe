"""The hyperparameters of CatBoost, with SageMaker's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from algorithm.hyperparameters import Hyperparameter, read, refuse
from algorithm.parsers import choice, integer, real

REGRESSION_METRICS = ("RMSE", "MAE", "MedianAbsoluteError", "R2")
BINARY_METRICS = ("Logloss", "Precision", "Recall", "F1", "AUC", "Accuracy", "BalancedAccuracy")
MULTICLASS_METRICS = ("MultiClass", "Accuracy", "AUC")
METRICS = tuple(dict.fromkeys((*REGRESSION_METRICS, *BINARY_METRICS, *MULTICLASS_METRICS)))

LOSSES = ("auto", "RMSE", "MAE", "Logloss", "MultiClass")
DEFAULT_METRICS = {"Logloss": "AUC", "MultiClass": "MultiClass", "RMSE": "RMSE", "MAE": "MAE"}


def _max_bin(text: str) -> int | None:
    if text == "Auto":
        return None
    try:
        value: int = integer(1, 65535)(text)
    except ValueError as error:
        raise ValueError(f"{error}, or Auto") from None
    return value


def _threads(text: str) -> int:
    value: int = integer(-1)(text)
    if value == 0:
        raise ValueError("must be -1 or a positive integer")
    return value


HYPERPARAMETERS = {
    "iterations": Hyperparameter(integer(1), 500),
    "early_stopping_rounds": Hyperparameter(integer(), 5),
    "eval_metric": Hyperparameter(choice("auto", *METRICS), "auto"),
    "loss_function": Hyperparameter(choice(*LOSSES), "auto"),
    "learning_rate": Hyperparameter(real(above=0, high=1), 0.009),
    "depth": Hyperparameter(integer(1, 16), 6),
    "l2_leaf_reg": Hyperparameter(real(above=0), 3),
    "random_strength": Hyperparameter(real(0), 1.0),
    "max_leaves": Hyperparameter(integer(2, 64), 31),
    "rsm": Hyperparameter(real(above=0, high=1), 1.0),
    "sampling_frequency": Hyperparameter(choice("PerTreeLevel", "PerTree"), "PerTreeLevel"),
    "min_data_in_leaf": Hyperparameter(integer(1), 1),
    "bagging_temperature": Hyperparameter(real(0), 1.0),
    "boosting_type": Hyperparameter(choice("Auto", "Ordered", "Plain"), "Auto"),
    "scale_pos_weight": Hyperparameter(real(above=0), 1.0),
    "max_bin": Hyperparameter(_max_bin, None),
    "grow_policy": Hyperparameter(
        choice("SymmetricTree", "Depthwise", "Lossguide"), "SymmetricTree"
    ),
    "random_seed": Hyperparameter(integer(0), 1),
    "thread_count": Hyperparameter(_threads, -1),
    "verbose": Hyperparameter(integer(1), 1),
}

PASSED = (
    "iterations",
    "learning_rate",
    "depth",
    "l2_leaf_reg",
    "random_strength",
    "rsm",
    "sampling_frequency",
    "bagging_temperature",
    "grow_policy",
    "random_seed",
)
"""Handed to the library as they are."""


def check(raw: Mapping[str, str]) -> dict[str, Any]:
    """Read the hyperparameters."""
    values = read(raw, HYPERPARAMETERS)
    policy = values["grow_policy"]
    wrong = []
    if "max_leaves" in raw and policy != "Lossguide":
        wrong.append("max_leaves is for grow_policy Lossguide only")
    if "min_data_in_leaf" in raw and policy == "SymmetricTree":
        wrong.append("min_data_in_leaf is for grow_policy Lossguide and Depthwise only")
    if values["boosting_type"] == "Ordered" and policy != "SymmetricTree":
        wrong.append("boosting_type Ordered needs grow_policy SymmetricTree")
    if policy == "Lossguide":
        if raw.get("sampling_frequency") == "PerTreeLevel":
            wrong.append("sampling_frequency PerTreeLevel is not for grow_policy Lossguide")
        values["sampling_frequency"] = "PerTree"
    refuse(wrong)
    return values


def task(values: Mapping[str, Any], classes: int) -> str:
    """The loss: what was asked for, else by the metric, else by the number of classes.

    ``classes`` is 0 for labels that look like measurements.
    """
    loss, metric = values["loss_function"], values["eval_metric"]
    if loss == "auto":
        if metric in REGRESSION_METRICS or not classes:
            loss = "RMSE"
        else:
            loss = "Logloss" if classes == 2 and metric != "MultiClass" else "MultiClass"
    fits = {"Logloss": BINARY_METRICS, "MultiClass": MULTICLASS_METRICS}.get(
        loss, REGRESSION_METRICS
    )
    if metric not in ("auto", *fits):
        refuse([f"eval_metric {metric} does not fit the data, which call for {loss}"])
    if loss in ("Logloss", "MultiClass") and not classes:
        refuse([f"loss_function {loss} needs labels that are classes: whole numbers, and few"])
    if loss == "Logloss" and classes != 2:
        refuse([f"loss_function Logloss needs two classes; the training data have {classes}"])
    return str(loss)
