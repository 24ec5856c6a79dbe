"""Packages of the job's own, over those of the image.

The image's environment belongs to all jobs. So each job runs in a virtual
environment of its own that sees the image's packages after its own: what a
requirements.txt or the user's program installs shadows the image's release, for
this job alone. Making one takes milliseconds, for nothing is copied.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from scriptmode.contract import Paths, UserError

TORCHRUN = Path(__file__).parent.parent / "torchrun.py"
"""What stands for torchrun: see there."""

PIP = b"import sys\nfrom pip._internal.cli.main import main\nsys.exit(main())\n"

KEPT_LINES = 12
"""How much of pip's output a failure repeats."""


class Overlay:
    """A virtual environment over the one that runs this program."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.bin = directory / "bin"
        self.python = self.bin / "python"

    @classmethod
    def make(cls, paths: Paths) -> Overlay:
        """Make the job's environment beside its files, with which it goes."""
        overlay = cls(paths.base / ".environment")
        system = _sees_system_packages()
        venv.EnvBuilder(
            with_pip=False, symlinks=True, clear=True, system_site_packages=system
        ).create(overlay.directory)
        release = f"python{sys.version_info.major}.{sys.version_info.minor}"
        inner = overlay.directory / "lib" / release / "site-packages"
        outer = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
        # addsitedir, unlike a bare path, also reads the .pth files of the image.
        lines = [f"import site; site.addsitedir({path!r})\n" for path in outer]
        (inner / "image.pth").write_text("".join(lines))
        if importlib.util.find_spec("torch"):
            overlay._write_program("torchrun", TORCHRUN.read_bytes())
        if importlib.util.find_spec("pip"):
            for name in ("pip", "pip3"):
                overlay._write_program(name, PIP)
        overlay._take_over_programs()
        return overlay

    def _take_over_programs(self) -> None:
        """The image's other Python programs, started by this environment's Python."""
        outer = Path(sys.prefix) / "bin"
        first = f"#!{outer}/python".encode()
        for file in sorted(outer.iterdir()) if outer != Path("/usr/bin") else []:
            target = self.bin / file.name
            if target.exists() or not file.is_file() or not os.access(file, os.X_OK):
                continue
            with file.open("rb") as program:
                if program.read(len(first)) == first:
                    rest = program.read().partition(b"\n")[2]
                    self._write_program(file.name, rest)

    def _write_program(self, name: str, text: bytes) -> None:
        target = self.bin / name
        target.write_bytes(f"#!{self.python}\n".encode() + text)
        target.chmod(0o755)

    def variables(self, path: str) -> dict[str, str]:
        """What makes programs find this environment first."""
        return {
            "VIRTUAL_ENV": str(self.directory),
            "PATH": f"{self.bin}{os.pathsep}{path}" if path else str(self.bin),
        }

    def install(self, what: str, *arguments: str | Path, cwd: Path) -> None:
        """Install with pip, which sees the image's packages and leaves what suffices."""
        command = [self.python, "-m", "pip", "install", "--no-input", "--progress-bar", "off"]
        command += ["--disable-pip-version-check", *arguments]
        last: list[str] = []
        with subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd,
            env={**os.environ, **self.variables(os.environ.get("PATH", ""))},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout
            for line in process.stdout:
                print(line, end="", flush=True)
                if line.strip():
                    last = [*last[-KEPT_LINES + 1 :], line.rstrip()]
        if process.returncode:
            raise UserError(f"{what} could not be installed:\n" + "\n".join(last))


def _sees_system_packages() -> bool:
    """Whether the environment of this program sees its base installation's packages."""
    if sys.prefix == sys.base_prefix:
        return True
    try:
        text = (Path(sys.prefix) / "pyvenv.cfg").read_text()
    except OSError:
        return False
    settings = dict(line.partition("=")[::2] for line in text.lower().splitlines())
    cleaned = {name.strip(): value.strip() for name, value in settings.items()}
    return cleaned.get("include-system-site-packages") == "true"
