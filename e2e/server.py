"""A running bin/sagebrush, as tests start it, and clients for it."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = Path(os.environ.get("SAGEBRUSH_BIN", ROOT / "bin" / "sagebrush"))
READY_SECONDS = 60
STOP_SECONDS = 30


class Server:
    """One server process on a free port, with a data directory of its own."""

    def __init__(self, data: Path, *flags: str) -> None:
        self.data, self.flags = data, flags
        self.log = data.with_suffix(".log")
        self.start()

    def start(self) -> None:
        """Start the process, for the first time or once it has ended."""
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data-dir", self.data, *self.flags],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=clean_environment(),
            )
        assert self.process.stdout
        line = self.process.stdout.readline()
        match = re.search(r"https?://[\w.]+:\d+", line)
        assert match, f"no address in {line!r}; the log says:\n{self.log.read_text()[-3000:]}"
        self.url = match[0]
        self.variables = self.exported()

    def exported(self) -> dict[str, str]:
        """The variables that `sagebrush env` sets, as a shell would."""
        words = shlex.split(self.run("env"), comments=True)
        pairs = [word.rstrip(";").split("=", 1) for word in words if "=" in word]
        return dict(pairs)

    def run(self, *arguments: str | Path, check: bool = True, **options: Any) -> str:
        """Run a command of the program against this server; answers what it printed."""
        command, *rest = arguments
        done = subprocess.run(
            [PROGRAM, command, *self._placed(command, rest)],
            capture_output=True,
            text=True,
            timeout=120,
            env=clean_environment(),
            **options,
        )
        if check:
            assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + ("" if check else done.stderr)

    def _placed(self, command: object, rest: list[Any]) -> list[Any]:
        flag = ["--data-dir", self.data]
        return [*flag, *rest] if command == "exec" else [*rest, *flag]

    def session(self, **changes: Any) -> boto3.Session:
        """A session with this server's own keys."""
        settings = {
            "aws_access_key_id": self.variables["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": self.variables["AWS_SECRET_ACCESS_KEY"],
            "region_name": "us-east-1",
            **changes,
        }
        return boto3.Session(**settings)

    def client(self, service: str, config: Config | None = None, **changes: Any) -> Any:
        """A client of this server; retries off, so that a test sees every error."""
        base = Config(retries={"total_max_attempts": 1}, read_timeout=60)
        return self.session(**changes).client(
            service, endpoint_url=self.url, config=base.merge(config) if config else base
        )

    def program_environment(self, **changes: str) -> dict[str, str]:
        """The environment of a program that a user starts after `eval "$(sagebrush env)"`."""
        return {**clean_environment(), **self.variables, **changes}

    def kill(self) -> None:
        """SIGKILL, as a machine's out-of-memory killer would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM, as an operator would; answers the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def close(self) -> int:
        """Stop, and end what the server's jobs and endpoints left running: it would outlive us."""
        try:
            return self.stop()
        finally:
            for entry in Path("/proc").iterdir():
                if not entry.name.isdigit():
                    continue
                with contextlib.suppress(OSError):
                    if str(self.data) in (entry / "cmdline").read_text(errors="replace"):
                        os.kill(int(entry.name), signal.SIGKILL)


def clean_environment() -> dict[str, str]:
    """This process's environment without anything that steers an AWS client."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
