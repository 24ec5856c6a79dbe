#!/usr/bin/env python3
"""The demo behind `make demo`: from nothing to a trained model, then everything stopped again.

Prepares .venv and the XGBoost environment (the first time only), starts a
server on a free port with a temporary data directory, runs first_model.py
against it, and ends the server, also on failure and on Ctrl-C. Standard library
only, for it runs before anything is installed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import environment

ROOT = Path(__file__).resolve().parent.parent
SAGEBRUSH = ROOT / "bin" / "sagebrush"
READY_SECONDS = 30
STOP_SECONDS = 20


class Screen:
    """Says what happens: one line that changes on a terminal, plain lines elsewhere."""

    def __init__(self) -> None:
        self.terminal = sys.stdout.isatty()
        self.started = time.monotonic()

    def step(self, text: str) -> None:
        """Begin a step."""
        bold = ("\033[1m", "\033[0m") if self.terminal else ("", "")
        elapsed = time.monotonic() - self.started
        print(f"{bold[0]}[{elapsed:5.1f} s] {text}{bold[1]}", flush=True)

    def detail(self, text: str) -> None:
        """Show what a tool is doing."""
        if self.terminal:
            width = shutil.get_terminal_size().columns - 10
            print(f"\r\033[K          {text[:width]}", end="", flush=True)
        else:
            print(f"          {text}", flush=True)

    def settle(self) -> None:
        """End a line that changes."""
        if self.terminal:
            print("\r\033[K", end="", flush=True)


def start_server(data: Path, screen: Screen) -> subprocess.Popen[str]:
    """Start the server in a session of its own and wait until it says its address."""
    log = (data / "server.log").open("w")
    server = subprocess.Popen(
        [SAGEBRUSH, "serve", "--listen", "127.0.0.1:0", "--data-dir", data / "data"],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        start_new_session=True,  # Ctrl-C is for this program, which then stops the server in order
    )
    assert server.stdout
    line = server.stdout.readline().strip()  # ends without a line if the server ends
    if not line:
        server.wait(READY_SECONDS)
        tail = (data / "server.log").read_text()[-2000:]
        raise SystemExit(f"The server did not start (status {server.returncode}):\n{tail}")
    print(f"          {line}", flush=True)
    return server


def stop_server(server: subprocess.Popen[str]) -> None:
    """SIGTERM drains; what has not ended then is killed."""
    if server.poll() is None:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def stop_programs(data: Path) -> None:
    """End the programs of jobs that were still running.

    They are meant to outlive a server; after a demo that was interrupted nobody
    comes back for them. The supervisor of each names the data directory.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        end = time.monotonic() + STOP_SECONDS
        while (found := _naming(data)) and time.monotonic() < end:
            for process in found:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, number)
            time.sleep(0.1)


def _naming(data: Path) -> list[int]:
    """Processes, other than this one, with the directory in their command line."""
    command = ["ps", "-axo", "pid=,args="]
    lines = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    pairs = [line.strip().partition(" ") for line in lines]
    return [int(pid) for pid, _, args in pairs if str(data) in args and int(pid) != os.getpid()]


def run(screen: Screen) -> int:
    """The whole demo; answers the example's exit status."""
    if not SAGEBRUSH.exists():
        raise SystemExit("bin/sagebrush is not built: run `make build` or `make demo`.")
    screen.step("The example's Python environment, .venv")
    python = environment.make(
        ROOT / ".venv", [ROOT / "examples" / "requirements.txt"], screen.detail
    )
    screen.settle()
    with tempfile.TemporaryDirectory(prefix="sagebrush-demo-") as name:
        data = Path(name)
        screen.step("The XGBoost image's environment")
        # Named here too, so that a server of the user's own is not asked.
        prepare: list[str | Path] = [
            SAGEBRUSH,
            "image",
            "prepare",
            "xgboost",
            "--data-dir",
            data / "data",
        ]
        if status := subprocess.call(prepare):
            return status
        screen.step("A server on a free port, with a temporary data directory")
        server = start_server(data, screen)
        try:
            screen.step("examples/first_model.py")
            example = ROOT / "examples" / "first_model.py"
            command: list[str | Path] = [
                SAGEBRUSH,
                "exec",
                "--data-dir",
                data / "data",
                "--",
                python,
                "-u",
                example,
            ]
            status = subprocess.call(command)
            if status:
                print((data / "server.log").read_text()[-2000:], file=sys.stderr)
        finally:
            screen.step("Stop the server")
            stop_server(server)
            stop_programs(data)
    screen.step("Done" if status == 0 else f"The example ended with status {status}")
    return status


def main() -> int:
    """Run, and turn the signals that end programs into an orderly end."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    screen = Screen()
    try:
        return run(screen)
    except KeyboardInterrupt:
        screen.settle()
        print("Stopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
