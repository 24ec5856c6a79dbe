#!/usr/bin/env python3
"""Run the Python tests with the clients that users have, old and new.

    python3 e2e/run.py                 everything: lint, tests with both clients
    python3 e2e/run.py lint            formatting, lint and types
    python3 e2e/run.py test [ARGS]     tests with today's boto3; ARGS go to pytest
    python3 e2e/run.py test-2023       the client tests with boto3 1.34.2

The environments are made once, in .cache/. Build bin/sagebrush first.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "examples"))
import environment  # noqa: E402

IMAGES = ROOT / "images"
PACKAGES = [
    "builtin/algorithm",
    "catboost/catimage",
    "kmeans/kmeans",
    "knn/knn",
    "lightgbm/lgbimage",
    "linear-learner/linear_learner",
    "pca/pca",
    "randomcutforest/randomcutforest",
    "xgboost/xgbimage",
]
"""The images' own code."""
LIBRARIES = ["xgboost", "builtin", "knn", "lightgbm"]
"""Images whose requirements the tests of today's clients need: they call the libraries too."""
PYTHON_FILES = ["images", "examples", "e2e"]


def interpreter(
    name: str, requirements: str, images: list[str], complete: tuple[str, ...] = ()
) -> Path:
    """The Python of one of the test environments, with the requirements of some images.

    ``complete`` are images whose requirements name everything (noDependencies).
    """
    directory = ROOT / ".cache" / name
    directory.parent.mkdir(exist_ok=True)
    files = [IMAGES / image / "requirements.txt" for image in images]
    files.append(ROOT / "e2e" / requirements)

    def show(line: str) -> None:
        if not line.startswith(("Collecting", "Downloading", "Using cached", "  ")):
            print(f"    {line}", flush=True)

    alone = [IMAGES / image / "requirements.txt" for image in complete]
    return environment.make(directory, files, show, alone)


def call(*command: str | Path) -> int:
    """Run in the checkout's root; answers the status."""
    return subprocess.call([str(word) for word in command], cwd=ROOT)


def lint() -> int:
    """Formatting, lint and types."""
    python = interpreter("e2e", "requirements.txt", LIBRARIES, ("catboost",))
    return max(
        call(python, "-m", "ruff", "format", "--check", "-q", *PYTHON_FILES),
        call(python, "-m", "ruff", "check", "-q", *PYTHON_FILES),
        call(python, "-m", "mypy", *(IMAGES / package for package in PACKAGES)),
        call(python, "-m", "mypy", *sorted((ROOT / "examples").glob("*.py"))),
    )


def test(*arguments: str) -> int:
    """All tests with today's clients."""
    return call(interpreter("e2e", "requirements.txt", LIBRARIES, ("catboost",)), "-m", "pytest", *arguments)


def test_2023(*arguments: str) -> int:
    """The client tests with the clients of the specification's day."""
    python = interpreter("e2e-2023", "requirements-2023.txt", ["xgboost"])
    return call(python, "-m", "pytest", "-m", "server and not current", *arguments)


def main() -> int:
    """Choose by the first argument."""
    match sys.argv[1:]:
        case []:
            return max(lint(), test(), test_2023())
        case ["lint"]:
            return lint()
        case ["test", *arguments]:
            return test(*arguments)
        case ["test-2023", *arguments]:
            return test_2023(*arguments)
    raise SystemExit(__doc__)


if __name__ == "__main__":
    raise SystemExit(main())
