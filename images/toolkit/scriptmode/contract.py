"""The container contract: where SageMaker puts things, and how a program says that it failed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BASE_DIR_VARIABLE = "SAGEMAKER_BASE_DIR"
"""Set to the directory that stands for /opt/ml where it cannot be mounted there."""

STANDARD_BASE = "/opt/ml"

FAILURE_LIMIT = 1024
"""SageMaker shows this many characters of the failure file (TrainContainer-7)."""

LOG_FORMAT = "%(asctime)s %(name)s %(levelname)s %(message)s"


class UserError(Exception):
    """Something the user can mend: the message says what was wrong, where, and what to do."""


@dataclass(frozen=True)
class Paths:
    """The directories of the contract under one base."""

    base: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Paths:
        """The directories of this run: /opt/ml, or what the variable names."""
        return cls(Path(environ.get(BASE_DIR_VARIABLE) or STANDARD_BASE))

    @property
    def code(self) -> Path:
        return self.base / "code"

    @property
    def input(self) -> Path:
        return self.base / "input"

    @property
    def config(self) -> Path:
        return self.base / "input" / "config"

    @property
    def model(self) -> Path:
        return self.base / "model"

    @property
    def output(self) -> Path:
        return self.base / "output"

    @property
    def output_data(self) -> Path:
        return self.base / "output" / "data"

    @property
    def intermediate(self) -> Path:
        return self.base / "output" / "intermediate"

    @property
    def failure(self) -> Path:
        return self.base / "output" / "failure"

    @property
    def checkpoints(self) -> Path:
        """Where checkpoints lie when the job asks for them (its default place)."""
        return self.base / "checkpoints"

    def channel(self, name: str) -> Path:
        """The directory with the files of a channel."""
        return self.base / "input" / "data" / name

    def pipe(self, name: str, epoch: int = 0) -> Path:
        """The named pipe that streams a channel in one epoch (TrainData-3)."""
        return self.base / "input" / "data" / f"{name}_{epoch}"

    def local(self, path: str) -> Path:
        """A path that a client wrote for /opt/ml, where it is in this run."""
        if path == STANDARD_BASE or path.startswith(STANDARD_BASE + "/"):
            return self.base / path[len(STANDARD_BASE) :].lstrip("/")
        return Path(path)


@dataclass(frozen=True)
class Resources:
    """resourceconfig.json: the hosts of the job and this one's place among them."""

    raw: dict[str, Any]

    @property
    def current_host(self) -> str:
        return str(self.raw.get("current_host") or self.hosts[0])

    @property
    def hosts(self) -> list[str]:
        return [str(host) for host in self.raw.get("hosts") or ["algo-1"]]

    @property
    def instance_type(self) -> str:
        return str(self.raw.get("current_instance_type", "local"))

    @property
    def group(self) -> str:
        return str(self.raw.get("current_group_name", "homogeneousCluster"))

    @property
    def groups(self) -> dict[str, dict[str, Any]]:
        """The instance groups by name."""
        return {
            group["instance_group_name"]: group for group in self.raw.get("instance_groups", [])
        }

    @property
    def interface(self) -> str:
        return str(self.raw.get("network_interface_name", "eth0"))


@dataclass(frozen=True)
class Job:
    """What SageMaker says about the job: the three configuration files."""

    hyperparameters: dict[str, Any]
    channels: dict[str, dict[str, Any]]
    resources: Resources

    @classmethod
    def read(cls, paths: Paths) -> Job:
        """Read the configuration files."""
        return cls(
            hyperparameters=read_object(paths.config / "hyperparameters.json"),
            channels=read_object(paths.config / "inputdataconfig.json"),
            resources=Resources(read_object(paths.config / "resourceconfig.json")),
        )


def read_object(path: Path) -> dict[str, Any]:
    """Read a configuration file; an absent one is empty (docker run by hand)."""
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise UserError(f"{path} is not JSON: {error}.") from error
    if not isinstance(content, dict):
        raise UserError(f"{path} must hold a JSON object.")
    return content


def write_failure(paths: Paths, message: str, *, keep: bool = False) -> None:
    """Leave the reason where SageMaker looks for it; a full disk must not hide the first error.

    With keep, a reason that is there already stays: the user's program has left its own.
    """
    try:
        paths.output.mkdir(parents=True, exist_ok=True)
        if keep and paths.failure.exists() and paths.failure.stat().st_size > 0:
            return
        paths.failure.write_text(message[:FAILURE_LIMIT], encoding="utf-8")
    except OSError:
        pass
