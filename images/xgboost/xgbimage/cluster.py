"""Several hosts that train one model: XGBoost's collective, with its tracker on the first host."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from algorithm import hosts
from algorithm.contract import Job, UserError

if TYPE_CHECKING:
    from xgboost.tracker import RabitTracker

log = logging.getLogger("algorithm")

FAILED, EMPTY, READY = range(3)
"""What a host says about its data."""


class HostFailedError(UserError):
    """Another host cannot go on."""


class Alone:
    """A job with one host."""

    rank = 0
    distributed = False

    def most(self, value: int) -> int:
        """The largest value of all hosts."""
        return value

    def mean(self, value: float, weight: float) -> float:
        """The weighted mean over all hosts."""
        return value

    def any(self, value: bool) -> bool:
        """Whether it holds on a host."""
        return value

    def first(self, value: Any) -> Any:
        """What the first host has."""
        return value


class Together(Alone):
    """One of several hosts, within a communicator."""

    distributed = True

    def __init__(self) -> None:
        from xgboost import collective

        self.rank = collective.get_rank()

    def most(self, value: int) -> int:
        import numpy as np
        from xgboost import collective

        return int(collective.allreduce(np.array([value], np.int64), collective.Op.MAX)[0])

    def mean(self, value: float, weight: float) -> float:
        import numpy as np
        from xgboost import collective

        sums = collective.allreduce(np.array([value * weight, weight]), collective.Op.SUM)
        return float(sums[0] / sums[1]) if sums[1] else value

    def any(self, value: bool) -> bool:
        return bool(self.most(int(value)))

    def first(self, value: Any) -> Any:
        from xgboost import collective

        return collective.broadcast(value if self.rank == 0 else None, 0)


@contextlib.contextmanager
def join(job: Job, state: int) -> Iterator[Alone | None]:
    """Meet the other hosts; None for a host that has nothing to train on.

    A host whose data cannot be read takes part too, to say so: the others would
    wait for it.
    """
    if len(job.hosts) == 1:
        yield Alone()
        return
    trackers: list[RabitTracker] = []
    plan = hosts.meet(job, state, lambda states: _plan(job, states, trackers))
    if plan["failed"]:
        bad = ", ".join(plan["failed"])
        raise HostFailedError(f"Training ended because of host {bad}: see its log.")
    log.info("Training on the hosts %s", ", ".join(plan["members"]))
    if job.host not in plan["members"]:
        log.warning("This host has no data: the others train without it.")
        yield None
    elif len(plan["members"]) == 1:
        yield Alone()
    else:
        with _communicator(plan, job):
            yield Together()
    for tracker in trackers:
        tracker.wait_for()


def _plan(job: Job, states: dict[str, int], trackers: list[RabitTracker]) -> dict[str, Any]:
    """On the first host: who trains, and where they find XGBoost's tracker."""
    members = [host for host in job.hosts if states[host] == READY]
    failed = [host for host in job.hosts if states[host] not in (READY, EMPTY)]
    plan: dict[str, Any] = {"failed": failed, "members": members}
    if not members and not failed:
        raise UserError("Channel train holds no files on any host: there is nothing to train on.")
    if len(members) > 1 and not failed:
        from xgboost.tracker import RabitTracker

        place = hosts.address(job.host)
        tracker = RabitTracker(n_workers=len(members), host_ip=place, sortby="task")
        tracker.start()
        trackers.append(tracker)
        found = tracker.worker_args()
        plan["address"], plan["port"] = place, int(found["dmlc_tracker_port"] or 0)
    return plan


def _communicator(plan: dict[str, Any], job: Job) -> Any:
    from xgboost.collective import CommunicatorContext

    arguments: dict[str, int | str | None] = {
        "dmlc_communicator": "rabit",
        "dmlc_tracker_uri": plan["address"],
        "dmlc_tracker_port": plan["port"],
        # Ranks follow the order of these as text.
        "dmlc_task_id": f"{plan['members'].index(job.host):06d}",
    }
    return CommunicatorContext(**arguments)
