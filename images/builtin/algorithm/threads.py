"""How many threads this program may keep busy, decided before OpenMP starts.

A library that starts one spinning thread for each processor of the machine,
inside a limit of one processor, is several times slower than one thread.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, MutableMapping
from pathlib import Path


def settle(environ: MutableMapping[str, str]) -> int:
    """Set OpenMP's variables; answers the threads to use: what is asked for, within what is there.

    OpenMP reads them once, when its library is loaded: call this before xgboost
    is imported. Passive waiting gives the processor to others between rounds.
    """
    environ.setdefault("OMP_WAIT_POLICY", "passive")
    threads = available()
    with contextlib.suppress(ValueError):
        # An instance type may promise more processors than this machine has.
        threads = max(1, min(threads, int(environ.get("OMP_NUM_THREADS", "").split(",")[0])))
    environ["OMP_NUM_THREADS"] = str(threads)
    return threads


def available() -> int:
    """Processors that this process may use: its affinity, cut by its control group's quota."""
    if hasattr(os, "sched_getaffinity"):
        processors = len(os.sched_getaffinity(0))
    else:
        processors = os.cpu_count() or 1
    quota = control_group_quota()
    return max(1, min(processors, math.ceil(quota))) if quota else processors


def control_group_quota(
    proc: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")
) -> float | None:
    """Processors that the control groups (version 1 or 2) allow; None without a limit."""
    try:
        lines = proc.read_text().splitlines()
    except OSError:
        return None
    limits = []
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers == "":
            limits += _quotas(root, path, _version2)
        elif "cpu" in controllers.split(","):
            for mount in (root / controllers, root / "cpu"):
                limits += _quotas(mount, path, _version1)
    return min(limits, default=None)


def _quotas(mount: Path, path: str, read: Callable[[Path], float | None]) -> list[float]:
    """The limits of a group and of every group above it, for each of them counts."""
    found = []
    group = mount / path.strip("/")
    for directory in [group, *group.parents]:
        if directory != mount and mount not in directory.parents:
            break
        try:
            limit = read(directory)
        except (OSError, ValueError):
            continue
        if limit is not None:
            found.append(limit)
    return found


def _version2(directory: Path) -> float | None:
    quota, period = (directory / "cpu.max").read_text().split()
    return None if quota == "max" else int(quota) / int(period)


def _version1(directory: Path) -> float | None:
    quota = int((directory / "cpu.cfs_quota_us").read_text())
    return None if quota <= 0 else quota / int((directory / "cpu.cfs_period_us").read_text())
