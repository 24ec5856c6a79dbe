"""SageMaker's hyperparameters of the XGBoost algorithm: names, ranges, and what becomes of them.

Every value arrives as a string. ``check`` turns the strings into typed values
and refuses, all at once, whatever the algorithm would refuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from algorithm.hyperparameters import refuse
from algorithm.parsers import Parser, choice, integer, names, real
from xgbimage.metrics import COMPUTED_HERE
from xgbimage.parsers import constraints, groups, metric_names, objective_metric


@dataclass(frozen=True)
class Settings:
    """What the hyperparameters ask for, ready for xgboost.train."""

    parameters: dict[str, Any]
    """Passed to the library under its own names."""
    rounds: int
    early_stopping_rounds: int | None
    csv_weights: bool
    own_metrics: list[str]
    """Metrics that SageMaker adds and the library does not know."""
    stopping_metric: str | None
    """The metric that decides about stopping early; None leaves it to the library."""
    ignored: list[str]
    """Accepted for the sake of older programs, without meaning in this release."""


FLAG = choice("true", "false")
UPDATERS = (
    "grow_colmaker",
    "grow_histmaker",
    "grow_quantile_histmaker",
    "sync",
    "refresh",
    "prune",
    "shotgun",
    "coord_descent",
)

OBJECTIVES = (
    "reg:squarederror",
    "reg:linear",
    "reg:squaredlogerror",
    "reg:logistic",
    "reg:pseudohubererror",
    "reg:absoluteerror",
    "reg:gamma",
    "reg:tweedie",
    "binary:logistic",
    "binary:logitraw",
    "binary:hinge",
    "count:poisson",
    "multi:softmax",
    "multi:softprob",
    "rank:pairwise",
    "rank:ndcg",
    "rank:map",
    "survival:aft",
    "survival:cox",
)

PARSERS: dict[str, Parser] = {
    "num_round": integer(1),
    "num_class": integer(2),
    "alpha": real(0),
    "base_score": real(),
    "booster": choice("gbtree", "gblinear", "dart"),
    "colsample_bylevel": real(0, 1),
    "colsample_bynode": real(high=1, above=0),
    "colsample_bytree": real(0, 1),
    "csv_weights": integer(0, 1),
    "early_stopping_rounds": integer(1),
    "eta": real(0, 1),
    "eval_metric": metric_names,
    "gamma": real(0),
    "grow_policy": choice("depthwise", "lossguide"),
    "interaction_constraints": groups,
    "lambda": real(0),
    "max_bin": integer(2),
    "max_delta_step": real(0),
    "max_depth": integer(0),
    "max_leaves": integer(0),
    "min_child_weight": real(0),
    "monotone_constraints": constraints,
    "normalize_type": choice("tree", "forest"),
    "nthread": integer(1),
    "num_parallel_tree": integer(1),
    "objective": choice(*OBJECTIVES),
    "one_drop": integer(0, 1),
    "process_type": choice("default", "update"),
    "rate_drop": real(0, 1),
    "refresh_leaf": integer(0, 1),
    "sample_type": choice("uniform", "weighted"),
    "sampling_method": choice("uniform", "gradient_based"),
    "scale_pos_weight": real(above=0),
    "seed": integer(-(2**31) + 1, 2**31 - 2),
    "skip_drop": real(0, 1),
    "subsample": real(0, 1),
    "tree_method": choice("auto", "exact", "approx", "hist", "gpu_hist"),
    "tweedie_variance_power": real(above=1, below=2),
    "updater": names(*UPDATERS),
    "verbosity": integer(0, 3),
    "aft_loss_distribution": choice("normal", "logistic", "extreme"),
    "aft_loss_distribution_scale": real(above=0),
    "save_model_on_termination": FLAG,
    "use_dask_gpu_training": FLAG,
    "_tuning_objective_metric": objective_metric,
}
"""Every hyperparameter with its check."""

WITHOUT_MEANING: dict[str, Parser] = {
    "deterministic_histogram": FLAG,
    "dsplit": choice("row", "col"),
    "lambda_bias": real(0, 1),
    "predictor": choice("auto", "cpu_predictor", "gpu_predictor"),
    "prob_buffer_row": real(above=0),
    "silent": integer(0, 1),
    "single_precision_histogram": FLAG,
    "sketch_eps": real(0, 1),
}
"""Parameters of older releases that the library has dropped since."""

ALIASES = {
    "learning_rate": "eta",
    "min_split_loss": "gamma",
    "reg_lambda": "lambda",
    "reg_alpha": "alpha",
}

NOT_FOR_THE_LIBRARY = (
    "num_round",
    "csv_weights",
    "early_stopping_rounds",
    "eval_metric",
    "save_model_on_termination",
    "use_dask_gpu_training",
    "_tuning_objective_metric",
)


def check(raw: Mapping[str, str]) -> Settings:
    """Check the hyperparameters and sort them; UserError names every one that is wrong."""
    values: dict[str, Any] = {}
    ignored: list[str] = []
    wrong: list[str] = []
    for name, text in sorted(raw.items()):
        if name.startswith("sagemaker_"):
            continue  # written by SDKs for their own toolkit
        name = ALIASES.get(name, name)
        parse = PARSERS.get(name) or WITHOUT_MEANING.get(name)
        if parse is None:
            wrong.append(f"{name} is no hyperparameter of this algorithm")
            continue
        try:
            value = parse(text.strip())
        except ValueError as error:
            wrong.append(f"{name} is {text!r}: it {error}")
            continue
        if name in WITHOUT_MEANING:
            ignored.append(name)
        else:
            values[name] = value
    wrong += _combinations(raw, values)
    refuse(wrong)
    return _sort(values, ignored)


def _combinations(raw: Mapping[str, str], values: Mapping[str, Any]) -> list[str]:
    """What is wrong only together."""
    wrong = []
    objective = values.get("objective", "reg:squarederror")
    if "num_round" not in raw:
        wrong.append("num_round is missing: it is required")
    if objective.startswith("multi:") and "num_class" not in raw:
        wrong.append(f"num_class is missing: objective {objective} requires it")
    if "num_class" in values and not objective.startswith("multi:"):
        wrong.append(f"num_class is set, but objective {objective} is not multi-class")
    if values.get("tree_method") == "gpu_hist" or values.get("use_dask_gpu_training") == "true":
        wrong.append(
            "GPU training is asked for, but this image trains on processors: use tree_method hist"
        )
    for name in values.get("eval_metric", []):
        if name in ("auc", "aucpr") and not objective.startswith(("binary:", "rank:", "multi:")):
            wrong.append(
                f"eval_metric {name} needs a classification or ranking objective, not {objective}"
            )
        if name in COMPUTED_HERE and not COMPUTED_HERE[name].suits(objective):
            wrong.append(f"eval_metric {name} needs a classification objective, not {objective}")
    updater = values.get("updater", "")
    linear = [name for name in updater.split(",") if name in ("shotgun", "coord_descent")]
    if bool(linear) != (values.get("booster") == "gblinear") and updater:
        wrong.append(f"updater {updater} does not fit booster {values.get('booster', 'gbtree')}")
    return wrong


def _sort(values: dict[str, Any], ignored: list[str]) -> Settings:
    metrics: list[str] = list(values.get("eval_metric", []))
    tuned = values.get("_tuning_objective_metric")
    if tuned and tuned not in metrics:
        metrics.append(tuned)
    parameters = {name: value for name, value in values.items() if name not in NOT_FOR_THE_LIBRARY}
    if parameters.get("objective") == "reg:linear":
        parameters["objective"] = "reg:squarederror"  # its name since 0.90
    parameters.setdefault("objective", "reg:squarederror")
    library_metrics = [name for name in metrics if name not in COMPUTED_HERE]
    if library_metrics:
        parameters["eval_metric"] = library_metrics
    return Settings(
        parameters=parameters,
        rounds=values["num_round"],
        early_stopping_rounds=values.get("early_stopping_rounds"),
        csv_weights=values.get("csv_weights") == 1,
        own_metrics=[name for name in metrics if name in COMPUTED_HERE],
        stopping_metric=tuned or (metrics[-1] if metrics else None),
        ignored=ignored,
    )
