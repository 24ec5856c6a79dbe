"""Several hosts that train one model of LightGBM: what they agree on before they begin."""

from __future__ import annotations

import hashlib
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from algorithm import hosts, tabular
from algorithm.contract import Job, UserError

if TYPE_CHECKING:
    from algorithm.table import Array

MINUTES = 10
"""How long LightGBM waits for the other hosts."""


@dataclass(frozen=True)
class Group:
    """This host among the job's hosts."""

    classes: Array | None
    """The classes of all hosts' labels, None for measurements."""
    parameters: dict[str, Any]
    """What the library needs to know about the others; empty for one host."""
    first: bool = True


def form(job: Job, data: tabular.Frame | None, held: tabular.Frame | None) -> Group:
    """Meet the other hosts; a host without data, which is to say one that failed, ends them all."""
    if len(job.hosts) == 1:
        assert data is not None
        return Group(tabular.classes(data.label), {})
    place, port = hosts.address(job.host), _free_port(hosts.address(job.host))
    message: dict[str, Any] = {"failed": True}
    if data is not None and held is not None:
        message = {
            "failed": False,
            "features": data.features.shape[1],
            "labels": _labels(data.label),
            "held": _digest(held),
            "machine": f"{place}:{port}",
        }
    plan = hosts.meet(job, message, _decide)
    if plan["reason"]:
        raise UserError(plan["reason"])
    import numpy as np

    return Group(
        None if plan["classes"] is None else np.array(plan["classes"], dtype=np.float64),
        {
            "machines": ",".join(plan["machines"]),
            "num_machines": len(plan["machines"]),
            "local_listen_port": port,
            "pre_partition": True,
            "time_out": MINUTES,
        },
        job.rank == 0,
    )


def _decide(messages: dict[str, Any]) -> dict[str, Any]:
    """On the first host: whether all fit together, and what the classes are."""
    failed = sorted(host for host, said in messages.items() if said["failed"])
    plan: dict[str, Any] = {"reason": "", "classes": None, "machines": []}
    if failed:
        plan["reason"] = f"Training ended because of host {', '.join(failed)}: see its log."
        return plan
    everybody = list(messages.values())
    if len({said["features"] for said in everybody}) > 1:
        plan["reason"] = "The hosts' training data do not have the same number of features."
    elif len({said["held"] for said in everybody}) > 1:
        plan["reason"] = (
            "The hosts have different validation data: channel validation must be FullyReplicated, "
            "for they decide by it together when to stop."
        )
    plan["machines"] = [said["machine"] for said in everybody]
    if all(said["labels"] is not None for said in everybody):
        plan["classes"] = sorted({label for said in everybody for label in said["labels"]})
    return plan


def _labels(label: Array) -> list[float] | None:
    """The classes among a host's labels; one class alone may be a host's share of several."""
    import numpy as np

    found = tabular.classes(label)
    if found is None and len(np.unique(label)) == 1 and float(label[0]).is_integer():
        found = label[:1]
    return None if found is None else [float(value) for value in found]


def _digest(frame: tabular.Frame) -> str:
    content = hashlib.sha256(frame.features.tobytes())
    content.update(frame.label.tobytes())
    return content.hexdigest()


def _free_port(place: str) -> int:
    with socket.create_server((place, 0)) as server:
        port: int = server.getsockname()[1]
        return port
