"""How the text of one hyperparameter becomes a value.

A parser answers the value, or raises ValueError with words that follow "it".
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from xgbimage.metrics import known_metric

Parser = Callable[[str], Any]


def integer(low: int | None = None, high: int | None = None) -> Parser:
    """An integer between bounds that are included."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            # Tuning and JSON writers send "6.0".
            try:
                number = float(text)
            except ValueError:
                raise ValueError("must be an integer") from None
            if not number.is_integer():
                raise ValueError("must be an integer") from None
            value = int(number)
        if (low is not None and value < low) or (high is not None and value > high):
            raise ValueError("must be an integer " + _bounds(low, high))
        return value

    return parse


def real(
    low: float = -math.inf,
    high: float = math.inf,
    *,
    above: float = -math.inf,
    below: float = math.inf,
) -> Parser:
    """A number between bounds: low and high are included, above and below are not."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise ValueError("must be a number") from None
        if not (math.isfinite(value) and low <= value <= high and above < value < below):
            words = []
            if low > -math.inf:
                words.append(f"{low:g} or more")
            if above > -math.inf:
                words.append(f"more than {above:g}")
            if high < math.inf:
                words.append(f"{high:g} or less")
            if below < math.inf:
                words.append(f"less than {below:g}")
            raise ValueError("must be a number" + (", " if words else "") + " and ".join(words))
        return value

    return parse


def choice(*values: str) -> Parser:
    """One of the named values."""

    def parse(text: str) -> str:
        if text not in values:
            raise ValueError("must be one of " + ", ".join(values))
        return text

    return parse


def names(*allowed: str) -> Parser:
    """A comma-separated list of the named values, kept as one string for the library."""

    def parse(text: str) -> str:
        items = [item.strip() for item in text.split(",")]
        for item in items:
            if item not in allowed:
                raise ValueError(f"has {item!r}; each item must be one of {', '.join(allowed)}")
        return ",".join(items)

    return parse


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


def _bounds(low: int | None, high: int | None) -> str:
    if low is None:
        return f"of {high} or less"
    return f"of {low} or more" if high is None else f"from {low} to {high}"
