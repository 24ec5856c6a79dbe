"""Reading hyperparameters: strings in, typed values out, everything wrong named at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from algorithm.contract import UserError
from algorithm.parsers import Parser, flag

REQUIRED: Any = object()
"""Stands for the default of a hyperparameter that has none."""


@dataclass(frozen=True)
class Hyperparameter:
    """One documented hyperparameter: how its text is read, and its value without one."""

    parse: Parser
    default: Any = REQUIRED


WITHOUT_MEANING = {"force_dense": flag}
"""Sent by the clients' estimators; data is always held dense here."""


def read(raw: Mapping[str, str], known: Mapping[str, Hyperparameter]) -> dict[str, Any]:
    """Values of all known hyperparameters; UserError names every one that is wrong.

    Names that begin with an underscore or with sagemaker_ are the service's and
    the clients' own business, and no algorithm's.
    """
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for name, text in sorted(raw.items()):
        if name.startswith(("sagemaker_", "_")):
            continue
        parse = known[name].parse if name in known else WITHOUT_MEANING.get(name)
        if parse is None:
            wrong.append(f"{name} is no hyperparameter of this algorithm")
            continue
        try:
            values[name] = parse(text.strip())
        except ValueError as error:
            wrong.append(f"{name} is {text!r}: it {error}")
    for name, each in known.items():
        if name not in raw and each.default is REQUIRED:
            wrong.append(f"{name} is missing: it is required")
        elif name not in raw:
            values[name] = each.default
    refuse(wrong)
    return values


def refuse(wrong: list[str]) -> None:
    """Raise UserError when something is wrong."""
    if wrong:
        count = "Hyperparameter" if len(wrong) == 1 else f"{len(wrong)} hyperparameters are wrong:"
        raise UserError(f"{count} {'; '.join(wrong)}.")
