"""The programs of the pages in docs/: what a section holds, and running it as a reader would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from server import PROGRAM, ROOT, Server, clean_environment

SECONDS = 240
"""The longest that a program may take; an image's environment may have to be made first."""

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"\A(#!.*\n)?# ([\w./-]+)\n")


@dataclass(frozen=True)
class Section:
    """A section's blocks in order, each with its language."""

    title: str
    blocks: tuple[tuple[str, str], ...]

    @property
    def runs(self) -> bool:
        """Whether there is a program to run, not only files or text."""
        return any(language == "python" and not _FILE.match(text) for language, text in self.blocks)

    def run(self, server: Server, folder: Path) -> None:
        """Follow the section in an empty folder; what it shows must have been printed."""
        environment = {
            **clean_environment(),
            "PATH": f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}",
            "SAGEBRUSH_DATA_DIR": str(server.data),
        }
        printed = ""
        for language, text in self.blocks:
            if language == "python" and (named := _FILE.match(text)):
                file = folder / named[2]
                file.parent.mkdir(exist_ok=True)
                file.write_text(text)
                if named[1]:
                    file.chmod(0o755)
            elif language == "python":
                (folder / "program.py").write_text(text)
                command = f"exec -- {sys.executable} program.py"
                printed = _call([PROGRAM, *command.split()], folder, environment)
            elif language == "sh":
                _call(["sh", "-ec", text], folder, environment)
            elif language == "text":
                _compare(text, printed)


def sections(page: str = "training.md") -> list[Section]:
    """Sections of a page of docs/ with a program."""
    text = (ROOT / "docs" / page).read_text()
    titled = [part.partition("\n") for part in text.split("\n## ")[1:]]
    found = [
        Section(title, tuple((m[1], m[2]) for m in _BLOCK.finditer(body)))
        for title, _, body in titled
    ]
    return [section for section in found if section.runs]


def _call(command: list[str | Path], folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def _compare(shown: str, printed: str) -> None:
    """Every line shown is in a line of the output, in this order; … stands for anything."""
    rest = iter(re.sub(r"\x1b\[[0-9;]*m", "", printed).splitlines())
    for line in shown.splitlines():
        pattern = re.compile(".*".join(map(re.escape, line.split("…"))))
        assert any(pattern.search(found) for found in rest), f"{line!r} is not in\n{printed}"
