"""Running the user's program: its output passes, signals reach it, its last words are kept."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

KEPT_BYTES = 64 * 1024
"""How much of the end of standard error is looked at for a reason."""

DRAIN_SECONDS = 5
"""How long a program's own children may go on to hold its output after it has ended."""

MESSAGE_LIMIT = 700
"""Characters of the message in a failure; what is left is for the command."""


@dataclass(frozen=True)
class Ended:
    """How a program ended."""

    command: Sequence[str]
    status: int
    """The exit status, negative for a signal."""
    error: str
    """The end of what it wrote to standard error."""
    stopped: bool
    """SIGTERM came while it ran."""

    @property
    def exit_code(self) -> int:
        """The status as a shell would tell it."""
        return 128 - self.status if self.status < 0 else self.status

    def reason(self) -> str:
        """The failure in the form of SageMaker's toolkit, what matters first."""
        message = last_words(self.error)
        if self.status < 0:
            name = signal.Signals(-self.status).name
            hint = ", most often because memory ran out" if name == "SIGKILL" else ""
            message = f"The program was ended by {name}{hint}. {message}".strip()
        if len(message) > MESSAGE_LIMIT:
            message = message[: MESSAGE_LIMIT - 1] + "…"
        return (
            f'ExecuteUserScriptError:\nExitCode {self.exit_code}\nErrorMessage "{message}"\n'
            f'Command "{" ".join(self.command)}"'
        )


class Runner:
    """Runs programs one after the other; SIGTERM is handed on to the one that runs."""

    def __init__(self) -> None:
        self.stopped = False
        self.waiting = False
        """Set while this host's part is run by another one, which is stopped too."""
        self._process: subprocess.Popen[bytes] | None = None
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)

    def _stop(self, number: int, _frame: object) -> None:
        self.stopped = True
        if self.waiting:
            return
        if self._process is None:
            raise SystemExit(128 + number)  # nothing of the user's runs yet
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process.pid, number)

    def run(self, command: Sequence[str], environ: Mapping[str, str], cwd: Path) -> Ended:
        """Run a program to its end.

        It leads a session of its own: a signal to our process group must not reach
        it a second time.
        """
        kept = bytearray()
        process = subprocess.Popen(
            command, env=dict(environ), cwd=cwd, stderr=subprocess.PIPE, start_new_session=True
        )
        self._process = process
        if self.stopped:  # it came between the two
            process.terminate()
        assert process.stderr
        pump = threading.Thread(target=_pump, args=(process.stderr, kept), daemon=True)
        pump.start()
        status = process.wait()
        pump.join(DRAIN_SECONDS)
        self._process = None
        return Ended(command, status, kept.decode(errors="replace"), self.stopped)


def _pump(stream: IO[bytes], kept: bytearray) -> None:
    """Pass standard error on as it comes, and keep its end."""
    while block := os.read(stream.fileno(), 65536):
        with contextlib.suppress(OSError):
            sys.stderr.buffer.write(block)
            sys.stderr.buffer.flush()
        kept += block
        if len(kept) > 2 * KEPT_BYTES:
            del kept[:-KEPT_BYTES]


def last_words(text: str) -> str:
    """The reason in standard error: the last exception with its place, else the last lines."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    for at in range(len(lines) - 1, -1, -1):
        if re.search(r"Traceback \(most recent call last\)", lines[at]):
            return _exception(lines[at + 1 :])
    return "\n".join(lines[-5:])


def _exception(lines: list[str]) -> str:
    """The message of a traceback: the first line that is not indented, and what follows."""
    start = next((i for i, line in enumerate(lines) if not line.startswith(" ")), len(lines))
    places = [line.strip() for line in lines[:start] if line.lstrip().startswith('File "')]
    message = "\n".join(lines[start : start + 8])
    return f"{message}\n{places[-1]}" if places else message
