"""images/builtin: how the hosts of a job meet."""

from __future__ import annotations

import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from algorithm import hosts
from algorithm.contract import Job, UserError


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """Three hosts with addresses that no other run has."""
    names = ["algo-1", "algo-2", "algo-3"]
    net = f"127.{128 | os.getpid() >> 8 & 127}.{os.getpid() & 255}"
    places = ",".join(f"{name}={net}.{number}" for number, name in enumerate(names, 1))
    monkeypatch.setenv(hosts.ADDRESSES_VARIABLE, places)
    return [Job({}, {}, names, name) for name in names]


def test_all_hear_the_same_decision(jobs: list[Job]) -> None:
    """The first host decides on everybody's message; who is no host is not heard."""
    heard: list[dict[str, Any]] = []

    def decide(messages: dict[str, Any]) -> Any:
        heard.append(messages)
        return {"sum": sum(messages.values())}

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(hosts.meet, jobs[0], 1, decide, 60)
        for junk in (b"", b"GET / HTTP/1.1\r\n\r\n", b"[]\n", b'{"host": "other", "message": 9}\n'):
            stranger = connect(hosts.address("algo-1"))
            stranger.sendall(junk)
            stranger.close()
        others = [pool.submit(hosts.meet, job, n, decide, 60) for n, job in enumerate(jobs[1:], 2)]
        answers = [each.result(60) for each in (first, *others)]
    assert answers == [{"sum": 6}] * 3
    assert heard == [{"algo-1": 1, "algo-2": 2, "algo-3": 3}]


def connect(place: str) -> socket.socket:
    """Connect as soon as somebody listens."""
    pause = threading.Event()
    for _ in range(600):
        try:
            return socket.create_connection((place, hosts.PORT), timeout=5)
        except ConnectionRefusedError:
            pause.wait(0.05)
    raise AssertionError("nobody listens")


def test_a_host_that_does_not_come_is_named(jobs: list[Job]) -> None:
    with pytest.raises(UserError, match="algo-2, algo-3 did not come up in time"):
        hosts.meet(jobs[0], 1, dict, seconds=0.2)
    with pytest.raises(UserError, match="algo-1 does not answer on port 9099"):
        hosts.meet(jobs[1], 1, dict, seconds=0.2)


def test_a_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(hosts.ADDRESSES_VARIABLE, raising=False)
    assert hosts.address("localhost") == "127.0.0.1"
    with pytest.raises(UserError, match="does not resolve"):
        hosts.address("algo-9.invalid")
