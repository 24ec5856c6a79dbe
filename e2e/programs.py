"""Folders with a program in this Python, as images of jobs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from server import Server


class Programs:
    """Registers programs under image URIs of their own."""

    def __init__(self, server: Server, directory: Path, unique: Callable[[str], str]) -> None:
        self._server, self._directory, self._unique = server, directory, unique

    def __call__(self, text: str, name: str = "train") -> str:
        """The image URI of a Python program, which `train`, or another name, then is."""
        folder = self._directory / self._unique("folder")
        folder.mkdir()
        program = folder / name
        program.write_text(f"#!{sys.executable}\n{text}")
        program.chmod(0o755)
        uri = f"example.com/{self._unique('image')}:1"
        self._server.run("image", "add", uri, folder)
        return uri
