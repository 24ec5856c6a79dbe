"""Commands from the first host of a job to the others, in place of SSH.

mpirun starts its daemons on other hosts by a remote shell, for which SageMaker's
own images run SSH daemons. Here the toolkit on each other host listens for the
first one (``Worker``), and mpirun's remote agent (``toolkit/mpi-agent``) connects
to it. They meet in the job's own network, and prove to each other that they know
the job's credentials before a command is taken.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import secrets
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from scriptmode.contract import UserError

PORT = 7779
"""Where the other hosts listen for the first one."""

JOIN_SECONDS = 900
"""How long hosts wait for each other: to fetch code and packages may take one longer."""

PROOF_SECONDS = 30
"""How long a connection may take to prove itself."""


class Channel:
    """A connection between two hosts: lines of JSON."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._file: IO[bytes] = connection.makefile("rb")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def send(self, **message: Any) -> None:
        """Send one message."""
        self._connection.sendall(json.dumps(message).encode() + b"\n")

    def receive(self) -> dict[str, Any]:
        """The next message; an empty one when the other side has gone."""
        try:
            line = self._file.readline(1 << 20)
            return dict(json.loads(line)) if line else {}
        except (OSError, ValueError, TypeError, RecursionError):
            return {}

    def prove(self, role: str) -> bool:
        """Whether the other side knows the secret; it learns whether we do."""
        other = {"first": "worker", "worker": "first"}[role]
        challenge = secrets.token_hex(16)
        self._connection.settimeout(PROOF_SECONDS)
        try:
            self.send(challenge=challenge)
            self.send(proof=_proof(role, str(self.receive().get("challenge"))))
            answer = str(self.receive().get("proof"))
        except OSError:
            return False
        finally:
            self._connection.settimeout(None)
        return hmac.compare_digest(answer.encode(), _proof(other, challenge).encode())

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()


def _proof(role: str, challenge: str) -> str:
    """What only the hosts of this job can say about a challenge.

    A job in an isolated network has no credentials; there is nobody else in it.
    """
    names = ("TRAINING_JOB_ARN", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    secret = "\n".join(os.environ.get(name, "") for name in names)
    return hmac.new(secret.encode(), f"{role} {challenge}".encode(), hashlib.sha256).hexdigest()


def connect(host: str, seconds: float = JOIN_SECONDS) -> Channel:
    """Reach another host's Worker, which may begin to listen later than we ask."""
    end = time.monotonic() + seconds
    pause = 0.05
    while True:
        try:
            channel = Channel(socket.create_connection((host, PORT), timeout=PROOF_SECONDS))
            break
        except OSError as error:
            if time.monotonic() > end:
                raise UserError(f"Host {host} of this job does not answer: {error}.") from error
            time.sleep(pause)
            pause = min(2 * pause, 1)
    if not channel.prove("first"):
        channel.close()
        raise UserError(f"Host {host} does not have the credentials of this job.")
    return channel


@contextlib.contextmanager
def held(hosts: list[str]) -> Iterator[None]:
    """Keep the other hosts while something runs, and let them go when it has ended."""
    joined: list[Channel] = []
    try:
        for host in hosts:
            joined.append(connect(host))
            joined[-1].send(do="join")
        yield
        for channel in joined:
            with contextlib.suppress(OSError):
                channel.send(do="leave")
    finally:
        for channel in joined:
            channel.close()


def command_on(host: str, command: str) -> int:
    """Run a shell command on another host; answers its status."""
    channel = connect(host)
    channel.send(do="run", command=command)
    status = channel.receive().get("status")
    channel.close()
    return status if isinstance(status, int) else 255


class Worker:
    """What every other host does: run what the first one asks for, until it lets go."""

    def __init__(self, host: str, environ: Mapping[str, str], cwd: Path) -> None:
        self._environ = dict(environ)
        self._cwd = cwd
        self._joined = threading.Event()
        self._ended = threading.Event()
        self._dismissed = False
        self._listener = socket.create_server((host, PORT))

    def run(self, seconds: float = JOIN_SECONDS) -> None:
        """Serve until the first host lets go; it is an error when that just vanishes."""
        threading.Thread(target=self._accept, daemon=True).start()
        try:
            if not self._joined.wait(seconds):
                raise UserError("The first host of this job has not begun with MPI.")
            self._ended.wait()
        finally:
            with contextlib.suppress(OSError):  # closing alone does not wake who accepts
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        if not self._dismissed:
            raise UserError("The first host of this job has ended without a word.")

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(Channel(connection),), daemon=True).start()

    def _serve(self, channel: Channel) -> None:
        """One connection: the one that holds this host, or a command."""
        try:
            if not channel.prove("worker"):
                return
            message = channel.receive()
            if message.get("do") == "join":
                self._joined.set()
                self._dismissed = channel.receive().get("do") == "leave"
                self._ended.set()
            elif message.get("do") == "run":
                words = ["/bin/sh", "-c", str(message.get("command"))]
                channel.send(status=subprocess.call(words, env=self._environ, cwd=self._cwd))
        finally:
            channel.close()
