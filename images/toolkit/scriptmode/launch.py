"""The command that runs the user's program, alone or on several hosts at once."""

from __future__ import annotations

import shlex
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scriptmode import mpi
from scriptmode.contract import Resources, UserError
from scriptmode.hyperparameters import arguments
from scriptmode.overlay import TORCHRUN
from scriptmode.source import check_name

MASTER_PORT = "7777"
"""Where the first host of a PyTorch job listens, as in SageMaker's own images."""

RESOLVE_SECONDS = 300
"""How long peers may take to appear in the job's network."""

UNSUPPORTED = {
    "sagemaker_parameter_server_enabled": "TensorFlow's parameter servers",
    "sagemaker_multi_worker_mirrored_strategy_enabled": "TensorFlow's mirrored strategy",
    "sagemaker_distributed_dataparallel_enabled": "SageMaker's own data parallel library",
    "sagemaker_pytorch_xla_multi_worker_enabled": "PyTorch/XLA",
}
"""Kinds of distribution whose libraries exist for AWS's hardware or other frameworks only."""


@dataclass(frozen=True)
class Program:
    """What to run, and in what."""

    code: Path
    name: str
    """The entry point, a path inside code."""
    python: Path
    """The interpreter of the job's environment."""
    parameters: Mapping[str, Any]
    framework: Mapping[str, Any]
    resources: Resources


@dataclass(frozen=True)
class Command:
    """A command line with what it needs beside the job's environment."""

    words: list[str]
    variables: dict[str, str] = field(default_factory=dict)
    peers: tuple[str, ...] = ()
    """The other hosts, where this one starts the program on them too."""
    waits: bool = False
    """This host runs what the first one starts on it."""


def is_package(code: Path, name: str) -> bool:
    """Whether the code directory is a Python project rather than a folder of scripts.

    A pyproject.toml beside the entry point may only hold the settings of tools.
    """
    if (code / "setup.py").is_file():
        return True
    return (code / "pyproject.toml").is_file() and not (code / name).is_file()


def command(program: Program) -> Command:
    """Choose how to run the program."""
    for name, what in UNSUPPORTED.items():
        if program.framework.get(name):
            raise UserError(
                f"Hyperparameter {name} asks for {what}, which this image does not have. "
                f"Use torch_distributed or mpi for distributed training, or leave it out."
            )
    if program.framework.get("sagemaker_mpi_enabled"):
        return mpirun(program)
    if any(
        program.framework.get(f"sagemaker_{kind}_enabled")
        for kind in ("torch_distributed", "pytorch_ddp")
    ):
        return torchrun(program)
    return Command(_plain(program, [str(program.python)]))


def _plain(program: Program, python: list[str]) -> list[str]:
    """The entry point and its arguments, without a launcher."""
    name = check_name(program.name)
    words = arguments(program.parameters)
    there = (program.code / name).is_file()
    if is_package(program.code, name) and (name.endswith(".py") or not there):
        return [*python, "-m", name.removesuffix(".py").replace("/", "."), *words]
    if not there:
        found = ", ".join(sorted(path.name for path in program.code.iterdir())) or "nothing"
        raise UserError(
            f"The entry point {name} is not in the source directory, which holds: {found}."
        )
    if name.endswith(".py"):
        return [*python, name, *words]
    return ["/bin/sh", "-c", f"./{shlex.quote(name)} {shlex.join(words)}".rstrip()]


def processes_per_host(framework: Mapping[str, Any]) -> int:
    """How many processes a launcher starts on each host; one where there are no GPUs."""
    value = framework.get("sagemaker_mpi_num_of_processes_per_host") or 1
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = 0
    if number < 1:
        raise UserError(f"The number of processes for each host is {value!r}, not a whole number.")
    return number


def torchrun(program: Program) -> Command:
    """PyTorch's own launcher, one node for each host."""
    if not program.name.endswith(".py"):
        raise UserError(
            f"Distributed PyTorch runs a Python script; the entry point is {program.name}."
        )
    if not _has_module(program.python, "torch"):
        raise UserError(
            "Hyperparameter sagemaker_torch_distributed_enabled asks for PyTorch's launcher, and "
            "this image has no PyTorch. Use the PyTorch image, or name torch in requirements.txt."
        )
    hosts = program.resources.hosts
    words = [str(program.python), str(TORCHRUN), f"--nnodes={len(hosts)}"]
    words.append(f"--nproc_per_node={processes_per_host(program.framework)}")
    if len(hosts) > 1:
        wait_for(hosts)
        words += [
            f"--master_addr={hosts[0]}",
            f"--master_port={MASTER_PORT}",
            f"--node_rank={hosts.index(program.resources.current_host)}",
        ]
    else:
        words.append("--standalone")
    interface = program.resources.interface
    return Command(
        [*words, *_plain(program, [])],
        {"GLOO_SOCKET_IFNAME": interface, "NCCL_SOCKET_IFNAME": interface},
    )


def mpirun(program: Program) -> Command:
    """Open MPI on the first host, which starts the program on all of them."""
    python = ["python"]  # the job's own, first on PATH, wherever a host keeps it
    if program.name.endswith(".py"):
        python += with_mpi4py(program.python)
    number = processes_per_host(program.framework)
    words = mpi.command(program.resources, program.framework, number, _plain(program, python))
    hosts = program.resources.hosts
    first = program.resources.current_host == hosts[0]
    return Command(words, peers=tuple(hosts[1:]) if first else (), waits=not first)


def with_mpi4py(python: Path) -> list[str]:
    """Python's options that end all processes when one fails, where mpi4py is installed."""
    return ["-m", "mpi4py"] if _has_module(python, "mpi4py") else []


def _has_module(python: Path, name: str) -> bool:
    look = "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)"
    return subprocess.call([str(python), "-c", look, name]) == 0


def wait_for(hosts: list[str]) -> None:
    """Wait until the names of all hosts resolve: peers may come up later than this one."""
    end = time.monotonic() + RESOLVE_SECONDS
    for host in hosts:
        pause = 0.05
        while True:
            try:
                socket.getaddrinfo(host, None)
                break
            except OSError:
                if time.monotonic() > end:
                    raise UserError(
                        f"Host {host} of this job cannot be found in its network."
                    ) from None
            time.sleep(pause)
            pause = min(2 * pause, 2)
