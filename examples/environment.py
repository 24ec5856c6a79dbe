#!/usr/bin/env python3
"""Make a virtual environment from pinned requirements, once.

    python3 examples/environment.py .venv examples/requirements.txt

Uses uv where it is installed, else venv and pip. A second call with the same
requirements returns at once; changed requirements make the environment anew.
Standard library only, for it runs before anything is installed.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

Progress = Callable[[str], None]


def digest(requirements: list[Path]) -> str:
    """Name of the requirements' content and of the Python that would run them."""
    name = hashlib.sha256(sys.version.encode())
    for file in requirements:
        name.update(file.read_bytes())
    return name.hexdigest()


def make(
    directory: Path,
    requirements: list[Path],
    progress: Progress = print,
    bytecode: bool = True,
    complete: Sequence[Path] = (),
) -> Path:
    """Make the environment if need be; answers its interpreter.

    Without bytecode modules are compiled when they are first imported, which is
    better for large packages of which little is used. ``complete`` are files that
    name everything: what their packages ask for beyond that is not installed.
    """
    python = directory / "bin" / "python"
    marker = directory / ".ready"
    wanted = digest([*requirements, *complete])
    if python.exists() and marker.exists() and marker.read_text() == wanted:
        return python
    started = time.monotonic()
    shutil.rmtree(directory, ignore_errors=True)
    files = [word for file in requirements for word in ("-r", str(file))]
    alone = [word for file in complete for word in ("--no-deps", "-r", str(file))]
    uv = shutil.which("uv")
    compiling = ["--compile-bytecode"] if bytecode else []
    steps = [files, alone] if alone else [files]
    if uv and _try_uv(uv, directory, python, [[*compiling, *words] for words in steps], progress):
        pass
    else:
        shutil.rmtree(directory, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(directory)], progress)
        options = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
        options += [] if bytecode else ["--no-compile"]
        for words in steps:
            _run([str(python), "-m", "pip", "install", *options, *words], progress)
    marker.write_text(wanted)
    progress(f"{directory} is ready after {time.monotonic() - started:.0f} s")
    return python


def _try_uv(
    uv: str, directory: Path, python: Path, steps: list[list[str]], progress: Progress
) -> bool:
    """uv does not read pip's configuration, so where it fails pip may still succeed."""
    try:
        _run([uv, "venv", "--no-project", "--python", sys.executable, str(directory)], progress)
        for words in steps:
            _run([uv, "pip", "install", "--python", str(python), *words], progress)
    except SystemExit:
        progress("uv did not succeed: trying venv and pip")
        return False
    return True


def _run(command: list[str], progress: Progress) -> None:
    """Run a tool, show its lines, and end the program with them when it fails."""
    lines: list[str] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        for line in process.stdout:
            lines.append(line.rstrip())
            if line.strip():
                progress(line.strip())
    if process.returncode:
        tail = "\n".join(lines[-15:])
        raise SystemExit(f"{' '.join(command[:4])} … failed:\n{tail}")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    make(Path(sys.argv[1]), [Path(file) for file in sys.argv[2:]])
