"""The hosts of a job: their addresses, and a first meeting at which they agree how to go on."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections.abc import Callable
from typing import Any

from algorithm.contract import Job, UserError

ADDRESSES_VARIABLE = "SAGEBRUSH_HOST_ADDRESSES"
"""Addresses by name, as ``algo-1=10.0.0.1,algo-2=10.0.0.2``, where names do not resolve."""

PORT = 9099
"""Where the first host listens."""
WAIT = 600
"""Seconds that hosts wait for each other."""
PAUSE = 0.1
LINE = 1 << 20
"""Bytes of a message at most."""


def address(host: str) -> str:
    """The IP address of a host; UserError when its name does not resolve."""
    pairs = os.environ.get(ADDRESSES_VARIABLE, "").split(",")
    given = dict(pair.strip().partition("=")[::2] for pair in pairs if pair)
    if host in given:
        return given[host]
    try:
        return socket.gethostbyname(host)
    except OSError as error:
        raise UserError(f"The name of host {host} does not resolve: {error}.") from error


def meet(
    job: Job, message: Any, decide: Callable[[dict[str, Any]], Any], seconds: float = WAIT
) -> Any:
    """Tell the first host a message, and learn what it decided when it had heard everybody.

    ``decide`` runs on the first host, on the messages by host; it answers what
    JSON can carry. UserError names the hosts that did not come in time.
    """
    end = time.monotonic() + seconds
    if job.rank == 0:
        return _gather(job, message, decide, end)
    first = job.hosts[0]
    while True:
        try:
            with socket.create_connection((address(first), PORT), timeout=5) as link:
                link.settimeout(max(1.0, end - time.monotonic()))
                _send(link, {"host": job.host, "message": message})
                answer = _receive(link)
            return answer["decision"]
        except (OSError, ValueError, KeyError, TypeError, UserError) as error:
            if time.monotonic() > end:
                raise UserError(f"Host {first} does not answer on port {PORT}: {error}.") from error
            time.sleep(PAUSE)


def _gather(job: Job, message: Any, decide: Callable[[dict[str, Any]], Any], end: float) -> Any:
    found = {job.host: message}
    with contextlib.ExitStack() as links:
        try:
            server = links.enter_context(socket.create_server((address(job.host), PORT)))
        except OSError as error:
            raise UserError(
                f"Host {job.host} cannot listen on port {PORT} of {address(job.host)}: {error}."
            ) from error
        open_links = []
        while len(found) < len(job.hosts):
            server.settimeout(max(0.0, end - time.monotonic()) or 1e-3)
            try:
                link = links.enter_context(server.accept()[0])
            except TimeoutError:
                missing = ", ".join(host for host in job.hosts if host not in found)
                raise UserError(f"Host {missing} did not come up in time.") from None
            # Who does not speak at once, or not this language, is none of the hosts.
            link.settimeout(5)
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                said = _receive(link)
                if said["host"] in job.hosts[1:]:
                    found[said["host"]] = said["message"]
                    open_links.append(link)
        decision = decide(found)
        for link in open_links:
            with contextlib.suppress(OSError):  # a host that has gone will be missed later
                _send(link, {"decision": decision})
    return decision


def _send(link: socket.socket, content: object) -> None:
    link.sendall(json.dumps(content).encode() + b"\n")


def _receive(link: socket.socket) -> Any:
    content = b""
    while not content.endswith(b"\n"):
        part = link.recv(65536)
        content += part
        if not part or len(content) > LINE:
            raise ValueError("the connection ended early")
    return json.loads(content)
