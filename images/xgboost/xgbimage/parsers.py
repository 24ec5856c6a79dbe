"""Parsers of the hyperparameters that only XGBoost has."""

from __future__ import annotations

import json

from xgbimage.metrics import known_metric


def metric_names(text: str) -> list[str]:
    """eval_metric: one name, "a,b", or the JSON list that some clients send."""
    stripped = text.strip()
    if stripped.startswith("["):
        try:
            items = json.loads(stripped.replace("'", '"'))
        except ValueError:
            raise ValueError("must be a comma-separated list of metrics") from None
    else:
        items = stripped.split(",")
    found = list(dict.fromkeys(str(item).strip() for item in items))
    for item in found:
        known_metric(item)
    return found


def objective_metric(text: str) -> str:
    """_tuning_objective_metric: validation:name, set by tuning jobs."""
    channel, _, name = text.partition(":")
    if channel not in ("train", "validation") or not name:
        raise ValueError("must be train:METRIC or validation:METRIC")
    known_metric(name)
    return name


def constraints(text: str) -> str:
    """monotone_constraints: "(1,0,-1)"."""
    items = text.strip().strip("()[]").split(",")
    if any(item.strip() not in ("-1", "0", "1", "+1") for item in items if item.strip()):
        raise ValueError("must be a tuple of -1, 0 and 1 such as (0,1,-1)")
    return "(" + ",".join(item.strip() for item in items if item.strip()) + ")"


def groups(text: str) -> str:
    """interaction_constraints: "[[1,2],[3,4,5]]"."""
    try:
        value = json.loads(text)
        fine = isinstance(value, list) and all(
            isinstance(group, list)
            and group
            and all(type(item) is int and item >= 0 for item in group)
            for group in value
        )
    except ValueError:
        fine = False
    if not fine:
        raise ValueError("must be a nested list of feature numbers such as [[1,2],[3,4,5]]")
    return text
