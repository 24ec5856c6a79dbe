"""The container contract: where SageMaker puts things, and how a program says that it failed."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BASE_DIR_VARIABLE = "SAGEMAKER_BASE_DIR"
"""Set to the directory that stands for /opt/ml where it cannot be mounted there."""

FAILURE_LIMIT = 1024
"""SageMaker shows this many characters of the failure file (TrainContainer-7)."""


class UserError(Exception):
    """Something the user can mend: the message says what was wrong, where, and what to do."""


@dataclass(frozen=True)
class Paths:
    """The directories of the contract under one base."""

    base: Path

    @classmethod
    def from_environment(cls) -> Paths:
        """The directories of this run: /opt/ml, or what the variable names."""
        return cls(Path(os.environ.get(BASE_DIR_VARIABLE) or "/opt/ml"))

    @property
    def config(self) -> Path:
        return self.base / "input" / "config"

    @property
    def model(self) -> Path:
        return self.base / "model"

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


@dataclass(frozen=True)
class Job:
    """What SageMaker says about the job: the three configuration files."""

    hyperparameters: dict[str, str]
    channels: dict[str, dict[str, Any]]
    hosts: list[str]
    host: str = "algo-1"
    """The name of this one of the hosts."""

    @property
    def rank(self) -> int:
        """This host's place among the job's hosts, from 0."""
        return self.hosts.index(self.host)

    @classmethod
    def read(cls, paths: Paths) -> Job:
        """Read the configuration files; an absent file is an empty one (docker run by hand)."""
        hyperparameters = _read_object(paths.config / "hyperparameters.json")
        resources = _read_object(paths.config / "resourceconfig.json")
        hosts = [str(host) for host in resources.get("hosts") or ["algo-1"]]
        host = str(resources.get("current_host", hosts[0]))
        if host not in hosts:
            raise UserError(f"resourceconfig.json: current_host {host} is none of {hosts}.")
        return cls(
            hyperparameters={name: _text(value) for name, value in hyperparameters.items()},
            channels=_read_object(paths.config / "inputdataconfig.json"),
            hosts=hosts,
            host=host,
        )

    def single_host(self, name: str) -> None:
        """Refuse several instances, for an algorithm that trains on one."""
        if len(self.hosts) > 1:
            raise UserError(
                f"The job has {len(self.hosts)} instances; {name} trains on one here. "
                f"Set InstanceCount to 1."
            )


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _read_object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise UserError(f"{path} is not JSON: {error}.") from error
    if not isinstance(content, dict):
        raise UserError(f"{path} must hold a JSON object.")
    return content


def write_failure(paths: Paths, message: str) -> None:
    """Leave the reason where SageMaker looks for it; a full disk must not hide the first error."""
    try:
        paths.failure.parent.mkdir(parents=True, exist_ok=True)
        paths.failure.write_text(message[:FAILURE_LIMIT], encoding="utf-8")
    except OSError:
        pass
