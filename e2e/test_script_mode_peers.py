"""Script mode, hosts of one job: the first runs commands on the others, and nobody else does."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from script_mode import IMAGES

from scriptmode import peers
from scriptmode.contract import UserError

pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINING_JOB_ARN", "arn:aws:sagemaker:us-east-1:1:training-job/x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


class Waiting:
    """A Worker on an address of its own, in a thread, and how it ended."""

    def __init__(self, address: str, folder: Path) -> None:
        self.error: Exception | None = None
        environ = {"PATH": os.environ["PATH"], "HERE": address}
        self.worker = peers.Worker(address, environ, folder)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.worker.run(60)
        except UserError as error:
            self.error = error

    def end(self) -> Exception | None:
        """Wait for its end; answers its error."""
        self.thread.join(60)
        assert not self.thread.is_alive()
        return self.error


@pytest.fixture
def waiting(tmp_path: Path) -> Callable[[str], Waiting]:
    return lambda address: Waiting(address, tmp_path)


def test_commands_run_there_until_the_first_host_lets_go(
    waiting: Callable[[str], Waiting], tmp_path: Path
) -> None:
    hosts = ["127.0.0.71", "127.0.0.72"]
    others = [waiting(host) for host in hosts]
    with peers.held(hosts):
        for host in hosts:
            assert peers.command_on(host, 'pwd > "$HERE"; exit 7') == 7
    assert [other.end() for other in others] == [None, None]
    assert {(tmp_path / host).read_text().strip() for host in hosts} == {str(tmp_path)}


def test_first_host_that_vanishes(waiting: Callable[[str], Waiting]) -> None:
    other = waiting("127.0.0.73")
    channel = peers.connect("127.0.0.73")
    channel.send(do="join")
    channel.close()
    assert "ended without a word" in str(other.end())


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"{}\n{}\n",
        b'{"challenge": "x"}\n{"proof": "'
        + b"0" * 64
        + b'"}\n{"do": "run", "command": "touch no"}\n',
        b"\xff\xfe\n" * 3,
        b"[" * 5000 + b"\n",
    ],
)
def test_strangers_run_nothing(
    waiting: Callable[[str], Waiting], tmp_path: Path, sent: bytes
) -> None:
    other = waiting("127.0.0.74")
    with socket.create_connection(("127.0.0.74", peers.PORT), timeout=30) as stranger:
        stranger.sendall(sent)
        stranger.shutdown(socket.SHUT_WR)
        while stranger.recv(4096):
            pass
    with peers.held(["127.0.0.74"]):
        pass
    assert other.end() is None
    assert list(tmp_path.iterdir()) == []


def test_reflected_proofs_prove_nothing(waiting: Callable[[str], Waiting]) -> None:
    """A stranger that sends back what it hears knows no secret."""
    other = waiting("127.0.0.75")
    with socket.create_connection(("127.0.0.75", peers.PORT), timeout=30) as stranger:
        lines = stranger.makefile("rb")
        for line in lines:
            stranger.sendall(line)
    with peers.held(["127.0.0.75"]):
        pass
    assert other.end() is None


@pytest.mark.parametrize(("secret", "status"), [("secret", 3), ("another", 255)])
def test_agent_of_this_and_of_another_job(
    waiting: Callable[[str], Waiting], secret: str, status: int
) -> None:
    """What mpirun runs in place of ssh."""
    address = "127.0.0.76"
    other = waiting(address)
    done = subprocess.run(
        [sys.executable, IMAGES / "toolkit" / "mpi-agent", address, "exit", "3"],
        env={**os.environ, "AWS_SECRET_ACCESS_KEY": secret},
        capture_output=True,
        text=True,
    )
    assert done.returncode == status, done.stderr
    assert ("credentials of this job" in done.stderr) == (status == 255)
    with peers.held([address]):
        pass
    assert other.end() is None


def test_host_that_does_not_answer() -> None:
    with pytest.raises(UserError, match=r"127\.0\.0\.77 of this job does not answer"):
        peers.connect("127.0.0.77", seconds=0)
