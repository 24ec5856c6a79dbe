#!/usr/bin/env python3
"""Run the Python tests with the clients that users have, old and new.

    python3 e2e/run.py                 everything: lint, tests with both clients
    python3 e2e/run.py lint            formatting, lint and types
    python3 e2e/run.py test [ARGS]     tests with today's boto3; ARGS go to pytest
    python3 e2e/run.py test-2023       the client tests with boto3 1.34.2
    python3 e2e/run.py sdk2 [ARGS]     programs of the SageMaker Python SDK, version 2
    python3 e2e/run.py sdk3 [ARGS]     the same, version 3
    python3 e2e/run.py shap [SEED]     explanations beside those of the package shap

The environments are made once, in .cache/. Build bin/sagebrush first.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "examples"))
import environment  # noqa: E402

CACHE = ROOT / ".cache"
IMAGES = ROOT / "images"
IMAGE = IMAGES / "xgboost" / "library.txt"
LIBRARIES = [IMAGES / "knn" / "requirements.txt", IMAGES / "lightgbm" / "requirements.txt"]
"""Of algorithms that the tests of today's clients call directly, beside XGBoost."""
COMPLETE = [IMAGES / "catboost" / "requirements.txt"]
"""The same, where the file names everything (noDependencies)."""
PACKAGES = [
    "builtin/algorithm",
    "catboost/catimage",
    "kmeans/kmeans",
    "knn/knn",
    "lightgbm/lgbimage",
    "linear-learner/linear_learner",
    "pca/pca",
    "pytorch/torchimage.py",
    "randomcutforest/randomcutforest",
    "sklearn/sagebrush_trees.py",
    "toolkit/scriptmode",
    "xgboost/xgbimage",
]
"""The images' own code."""
PYTHON_FILES = ["images", "examples", "e2e"]
SDK_WORKERS = 4
"""Programs of the SDK that run at once: they mostly sleep between their polls."""


def show(line: str) -> None:
    """Print what is worth reading of an installer's output."""
    if not line.startswith(("Collecting", "Downloading", "Using cached", "  ", "+ ", "Downloaded")):
        print(f"    {line}", flush=True)


def interpreter(
    name: str, *requirements: Path, bytecode: bool = True, complete: Sequence[Path] = ()
) -> Path:
    """The Python of one of the test environments."""
    CACHE.mkdir(exist_ok=True)
    return environment.make(CACHE / name, list(requirements), show, bytecode, complete)


def today() -> Path:
    """The Python with today's boto3."""
    have_uv()
    requirements = ROOT / "e2e" / "requirements.txt"
    return interpreter("e2e", IMAGE, *LIBRARIES, requirements, complete=COMPLETE)


def have_uv() -> None:
    """Put uv on PATH: with it the larger environments take seconds, with pip minutes.

    The servers under test inherit it and make the images' environments with it.
    """
    if not shutil.which("uv"):
        directory = interpreter("uv", ROOT / "e2e" / "requirements-uv.txt").parent
        os.environ["PATH"] = f"{directory}{os.pathsep}{os.environ.get('PATH', '')}"
    if os.environ.get("PIP_CERT"):  # uv does not know pip's variables
        os.environ.setdefault("SSL_CERT_FILE", os.environ["PIP_CERT"])


def call(*command: str | Path) -> int:
    """Run in the checkout's root; answers the status."""
    return subprocess.call([str(word) for word in command], cwd=ROOT)


def lint() -> int:
    """Formatting, lint and types."""
    python = today()
    return max(
        call(python, "-m", "ruff", "format", "--check", "-q", *PYTHON_FILES),
        call(python, "-m", "ruff", "check", "-q", *PYTHON_FILES),
        call(python, "-m", "mypy", *(IMAGES / package for package in PACKAGES)),
        call(python, "-m", "mypy", *sorted((ROOT / "examples").glob("*.py"))),
    )


def test(*arguments: str) -> int:
    """All tests with today's clients."""
    return call(today(), "-m", "pytest", *arguments)


def test_2023(*arguments: str) -> int:
    """The client tests with the clients of the specification's day."""
    have_uv()
    python = interpreter("e2e-2023", IMAGE, ROOT / "e2e" / "requirements-2023.txt")
    return call(python, "-m", "pytest", "-m", "server and not current", *arguments)


def sdk(version: str, *arguments: str) -> int:
    """Programs written for one version of the SageMaker Python SDK."""
    have_uv()
    images = [IMAGE] if version == "2" else []
    requirements = ROOT / "e2e" / f"requirements-sdk{version}.txt"
    python = interpreter(f"sdk{version}", *images, requirements, bytecode=False)
    # Compile what is imported, once, and apart from the checkout.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(CACHE / "pycache")
    folder = f"e2e/sdk{version}"
    return call(
        python, "-m", "pytest", "-n", str(SDK_WORKERS), "--dist=worksteal", folder, *arguments
    )


def shap(seed: str = "") -> int:
    """Explain new records by the package shap, and compare what Go says of them."""
    have_uv()
    data = ROOT / "algo" / "shap" / "testdata"
    python = interpreter("shap", data / "requirements.txt", bytecode=False)
    seed = seed or str(secrets.randbelow(2**31))
    print(f"shap: records of seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        corpus = Path(directory) / "corpus.json.gz"
        if status := call(python, data / "make.py", corpus, seed):
            return status
        os.environ["SAGEBRUSH_SHAP_CORPUS"] = str(corpus)
        return call("go", "test", "-count=1", "./algo/shap")


def main() -> int:
    """Choose by the first argument."""
    match sys.argv[1:]:
        case []:
            return max(lint(), test(), test_2023(), sdk("2"), sdk("3"), shap())
        case ["lint"]:
            return lint()
        case ["test", *arguments]:
            return test(*arguments)
        case ["test-2023", *arguments]:
            return test_2023(*arguments)
        case ["sdk2" | "sdk3" as which, *arguments]:
            return sdk(which[-1], *arguments)
        case ["shap", *arguments] if len(arguments) < 2:
            return shap(*arguments)
    raise SystemExit(__doc__)


if __name__ == "__main__":
    raise SystemExit(main())
