"""How the text of one hyperparameter becomes a value.

A parser answers the value, or raises ValueError with words that follow "it".
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

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


def flag(text: str) -> bool:
    """true or false, as JSON or as Python writes them."""
    lowered = text.lower()
    if lowered not in ("true", "false"):
        raise ValueError("must be true or false")
    return lowered == "true"


def auto(parse: Parser) -> Parser:
    """The word auto, which becomes None, or what another parser takes."""

    def either(text: str) -> Any:
        if text.lower() == "auto":
            return None
        try:
            return parse(text)
        except ValueError as error:
            raise ValueError(f"{error}, or auto") from None

    return either


def json_choices(*values: str) -> Parser:
    """A JSON list of some of the named values."""

    def parse(text: str) -> list[str]:
        try:
            items = json.loads(text.replace("'", '"'))
        except ValueError:
            items = None
        if not isinstance(items, list) or not items or any(item not in values for item in items):
            raise ValueError("must be a JSON list of " + " and ".join(f'"{v}"' for v in values))
        return list(dict.fromkeys(items))

    return parse


def _bounds(low: int | None, high: int | None) -> str:
    if low is None:
        return f"of {high} or less"
    return f"of {low} or more" if high is None else f"from {low} to {high}"
