"""MPI: the command line of Open MPI's mpirun, which runs on the first host of a job.

On the other hosts it starts its daemons through ``peers``.
"""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scriptmode.contract import BASE_DIR_VARIABLE, STANDARD_BASE, Resources, UserError

AGENT = Path(__file__).parent.parent / "mpi-agent"

LOOPBACK = "lo"


def find_mpirun() -> str:
    """The path of mpirun."""
    mpirun = shutil.which("mpirun")
    if mpirun is None:
        raise UserError(
            "Hyperparameter sagemaker_mpi_enabled asks for MPI, and mpirun is not installed where "
            "this job runs. Install Open MPI there (on Debian the package openmpi-bin)."
        )
    return mpirun


def command(
    resources: Resources,
    framework: Mapping[str, Any],
    number: int,
    program: list[str],
    code: str = "code",
) -> list[str]:
    """mpirun's command line; program is what each process runs, in code beneath /opt/ml."""
    hosts = resources.hosts
    if len(hosts) > 1 and resources.interface == LOOPBACK:
        raise UserError(
            "MPI over several hosts needs hosts with network interfaces of their own, and these "
            "share the machine's loopback interface: run the server as root, or with Docker, or "
            "use torch_distributed, or one instance with more processes."
        )
    total = framework.get("sagemaker_mpi_num_processes") or number * len(hosts)
    words = [find_mpirun(), "--host", ",".join(f"{host}:{number}" for host in hosts)]
    words += ["-np", str(total), "--allow-run-as-root", "--oversubscribe", "--tag-output"]
    words += ["-bind-to", "none", "-map-by", "slot"]
    settings = {
        "orte_abort_on_non_zero_status": "1",
        "btl": "tcp,self,vader",
        "btl_vader_single_copy_mechanism": "none",
    }
    if len(hosts) > 1:
        settings |= {
            "btl_tcp_if_include": resources.interface,
            "oob_tcp_if_include": resources.interface,
            "plm_rsh_agent": f"{sys.executable} {AGENT}",
            "plm_rsh_no_tree_spawn": "1",
        }
    for name, value in settings.items():
        words += ["-mca", name, value]
    words += shlex.split(str(framework.get("sagemaker_mpi_custom_mpi_options") or ""))
    # Hosts may have their files in different places: each process finds its own.
    enter = f'cd "${{{BASE_DIR_VARIABLE}:-{STANDARD_BASE}}}/{code}" && exec "$@"'
    return [*words, "/bin/sh", "-c", enter, "sh", *program]
