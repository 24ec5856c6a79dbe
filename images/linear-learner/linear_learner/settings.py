"""The hyperparameters of the linear learner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from algorithm.hyperparameters import Hyperparameter, read, refuse
from algorithm.parsers import Parser, auto, choice, flag, integer, real

POSITIVE = real(above=0)
NOT_NEGATIVE = real(0)
SHARE = real(0, 1)

BINARY, CLASSES, REGRESSION = "binary_classifier", "multiclass_classifier", "regressor"

LOSSES = {
    BINARY: ("logistic", "hinge_loss"),
    CLASSES: ("softmax_loss",),
    REGRESSION: (
        "squared_loss",
        "absolute_loss",
        "eps_insensitive_squared_loss",
        "eps_insensitive_absolute_loss",
        "quantile_loss",
        "huber_loss",
    ),
}
"""The losses of each predictor type, the one that auto stands for first."""

CRITERIA = (
    "accuracy",
    "f_beta",
    "precision_at_target_recall",
    "recall_at_target_precision",
    "loss_function",
)

MODELS = 32
"""What num_models auto stands for."""


def _positive_weight(text: str) -> float | str:
    if text in ("auto", "balanced"):
        return text
    try:
        weight: float = POSITIVE(text)
    except ValueError as error:
        raise ValueError(f"{error}, or balanced or auto") from None
    return weight


def _optional(parse: Parser) -> Hyperparameter:
    """A hyperparameter whose default is auto, read as None."""
    return Hyperparameter(auto(parse), None)


HYPERPARAMETERS = {
    "feature_dim": _optional(integer(1)),
    "num_classes": Hyperparameter(integer(3, 1_000_000), None),
    "predictor_type": Hyperparameter(choice(BINARY, CLASSES, REGRESSION)),
    "accuracy_top_k": Hyperparameter(integer(1), 3),
    "balance_multiclass_weights": Hyperparameter(flag, False),
    "beta_1": _optional(SHARE),
    "beta_2": _optional(SHARE),
    "bias_lr_mult": _optional(POSITIVE),
    "bias_wd_mult": _optional(NOT_NEGATIVE),
    "binary_classifier_model_selection_criteria": Hyperparameter(choice(*CRITERIA), "accuracy"),
    "early_stopping_patience": Hyperparameter(integer(1), 3),
    "early_stopping_tolerance": Hyperparameter(POSITIVE, 0.001),
    "epochs": Hyperparameter(integer(1), 15),
    "f_beta": Hyperparameter(POSITIVE, 1.0),
    "huber_delta": Hyperparameter(POSITIVE, 1.0),
    "init_bias": Hyperparameter(real(), 0.0),
    "init_method": Hyperparameter(choice("uniform", "normal"), "uniform"),
    "init_scale": Hyperparameter(POSITIVE, 0.07),
    "init_sigma": Hyperparameter(POSITIVE, 0.01),
    "l1": _optional(NOT_NEGATIVE),
    "learning_rate": _optional(POSITIVE),
    "loss": _optional(choice(*(name for names in LOSSES.values() for name in names))),
    "loss_insensitivity": Hyperparameter(POSITIVE, 0.01),
    "lr_scheduler_factor": _optional(real(above=0, below=1)),
    "lr_scheduler_minimum_lr": _optional(POSITIVE),
    "lr_scheduler_step": _optional(integer(1)),
    "margin": Hyperparameter(POSITIVE, 1.0),
    "mini_batch_size": Hyperparameter(integer(1), 1000),
    "momentum": _optional(real(0, below=1)),
    "normalize_data": _optional(flag),
    "normalize_label": _optional(flag),
    "num_calibration_samples": _optional(integer(1)),
    "num_models": _optional(integer(1)),
    "num_point_for_scaler": Hyperparameter(integer(1), 10_000),
    "optimizer": _optional(choice("sgd", "adam", "rmsprop")),
    "positive_example_weight_mult": Hyperparameter(_positive_weight, 1.0),
    "quantile": Hyperparameter(real(above=0, below=1), 0.5),
    "target_precision": Hyperparameter(SHARE, 0.8),
    "target_recall": Hyperparameter(SHARE, 0.8),
    "unbias_data": _optional(flag),
    "unbias_label": _optional(flag),
    "use_bias": Hyperparameter(flag, True),
    "use_lr_scheduler": Hyperparameter(flag, True),
    "wd": _optional(NOT_NEGATIVE),
}


def check(raw: Mapping[str, str]) -> dict[str, Any]:
    """Read the hyperparameters and decide what depends on several of them."""
    values = read(raw, HYPERPARAMETERS)
    kind = values["predictor_type"]
    wrong = []
    if kind == CLASSES and values["num_classes"] is None:
        wrong.append(f"num_classes is missing: predictor_type {CLASSES} requires it")
    if values["loss"] is None:
        values["loss"] = LOSSES[kind][0]
    elif values["loss"] not in LOSSES[kind]:
        wrong.append(
            f"loss is {values['loss']!r}: with predictor_type {kind} it must be one of "
            f"{', '.join(LOSSES[kind])}, or auto"
        )
    refuse(wrong)
    if raw.get("_tuning_objective_metric"):
        values["num_models"] = 1  # a tuning job tries the values itself
    for name, default in (
        ("normalize_data", True),
        ("normalize_label", kind == REGRESSION),
        ("unbias_data", values["use_bias"]),
        ("unbias_label", values["use_bias"]),
    ):
        if values[name] is None:
            values[name] = default
    if kind != REGRESSION:
        values["normalize_label"] = values["unbias_label"] = False
    return values
