"""The container contract as the built-in algorithms see it: script mode's, with a job of their own.

Images that include this folder include the toolkit, too (their manifests say so), so that the
directories, the failure file and the errors of the user are the same in both.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from scriptmode.contract import Paths, Resources, UserError, read_object, write_failure

__all__ = ["Job", "Paths", "UserError", "write_failure"]


@dataclass(frozen=True)
class Job:
    """What SageMaker says about the job: the three configuration files.

    Hyperparameters are text here, as the API has them; each algorithm reads its own.
    """

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
        """Read the configuration files."""
        hyperparameters = read_object(paths.config / "hyperparameters.json")
        resources = Resources(read_object(paths.config / "resourceconfig.json"))
        hosts, host = resources.hosts, resources.current_host
        if host not in hosts:
            raise UserError(f"resourceconfig.json: current_host {host} is none of {hosts}.")
        return cls(
            hyperparameters={name: _text(value) for name, value in hyperparameters.items()},
            channels=read_object(paths.config / "inputdataconfig.json"),
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
