"""Hyperparameters: every value is a string of JSON; names that begin with sagemaker_ are for us."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scriptmode.contract import Paths

FOR_THE_TOOLKIT = frozenset(
    {
        "sagemaker_program",
        "sagemaker_submit_directory",
        "sagemaker_enable_cloudwatch_metrics",
        "sagemaker_region",
        "sagemaker_container_log_level",
        "sagemaker_job_name",
        "sagemaker_s3_output",
        "default_user_module_name",
        "_tuning_objective_metric",
    }
)
"""Neither the user's program nor a framework sees these."""


@dataclass(frozen=True)
class Hyperparameters:
    """The three kinds of hyperparameters, decoded."""

    user: dict[str, Any]
    """For the user's program: arguments and SM_HP_* variables."""
    framework: dict[str, Any]
    """How to launch: sagemaker_mpi_enabled and the like (SM_FRAMEWORK_PARAMS)."""
    toolkit: dict[str, Any]
    """Where the code is and what to run."""

    @classmethod
    def decode(cls, raw: Mapping[str, Any]) -> Hyperparameters:
        """Decode the values and sort the names."""
        user, framework, toolkit = {}, {}, {}
        for name, text in raw.items():
            value = decode_value(text)
            if name in FOR_THE_TOOLKIT:
                toolkit[name] = value
            elif name.startswith("sagemaker_"):
                framework[name] = value
            else:
                user[name] = value
        return cls(user, framework, toolkit)


def script_is_named() -> bool:
    """Whether the job of this run names a program of the user's.

    What cannot be read is left to the program that the answer leads to.
    """
    if os.environ.get("SAGEMAKER_PROGRAM"):
        return True
    try:
        raw = json.loads((Paths.from_environment().config / "hyperparameters.json").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(raw, dict) and bool(raw.get("sagemaker_program"))


def decode_value(text: Any) -> Any:
    """The JSON value of a string, or the string itself: boto3 users write plain words."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def as_text(value: Any) -> str:
    """A value as a variable: strings as they are, the rest as compact JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def arguments(values: Mapping[str, Any]) -> list[str]:
    """The values as command line arguments, by name.

    As SageMaker's toolkit writes them: --name value, -n value for names of one
    letter, Python's spelling of booleans and lists, and key=value,… for objects.
    """
    words = []
    for name in sorted(values):
        words += [f"--{name}" if len(name) > 1 else f"-{name}", _argument(values[name])]
    return words


def _argument(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return ",".join(f"{key}={value[key]}" for key in sorted(value))
    return str(value)
