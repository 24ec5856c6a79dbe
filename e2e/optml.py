"""A directory that stands for /opt/ml, and an image's programs run on it without a server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

IMAGES = Path(__file__).parent.parent / "images"


def environment(base: Path, **variables: str) -> dict[str, str]:
    """What a program of an image needs: its directory, and the folder that manifests include."""
    return {
        **os.environ,
        "SAGEMAKER_BASE_DIR": str(base),
        "PYTHONPATH": os.pathsep.join([str(IMAGES / "builtin"), str(IMAGES / "toolkit")]),
        **variables,
    }


class OptML:
    """A directory laid out as SageMaker lays out /opt/ml."""

    def __init__(self, base: Path, image: Path) -> None:
        self.base, self.image = base, image
        self.channels: dict[str, dict[str, Any]] = {}
        (base / "input" / "config").mkdir(parents=True)
        self.config("resourceconfig", {"current_host": "algo-1", "hosts": ["algo-1"]})

    def config(self, name: str, content: object) -> None:
        (self.base / "input" / "config" / f"{name}.json").write_text(json.dumps(content))

    def channel(self, name: str, files: dict[str, str | bytes], content_type: str | None) -> None:
        directory = self.base / "input" / "data" / name
        for file, content in files.items():
            path = directory / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        directory.mkdir(parents=True, exist_ok=True)
        self.channels[name] = {
            "TrainingInputMode": "File",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
        }
        if content_type:
            self.channels[name]["ContentType"] = content_type

    def pipe(self, name: str, **settings: str) -> None:
        """Make a channel stream; its content is to be written to the pipe name_0."""
        self.channels[name] = {**self.channels[name], "TrainingInputMode": "Pipe", **settings}
        os.mkfifo(self.base / "input" / "data" / f"{name}_0")

    def start(self, hyperparameters: dict[str, str], **variables: str) -> subprocess.Popen[str]:
        self.config("hyperparameters", hyperparameters)
        self.config("inputdataconfig", self.channels)
        return subprocess.Popen(
            [sys.executable, str(self.image / "train")],
            env=environment(self.base, **variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def train(self, hyperparameters: dict[str, str], status: int = 0) -> str:
        process = self.start(hyperparameters)
        output, _ = process.communicate(timeout=120)
        assert process.returncode == status, output
        return output

    def refused(self, hyperparameters: dict[str, str], *words: str) -> None:
        """Training ends with status 1 and says why where SageMaker looks for it."""
        output = self.train(hyperparameters, status=1)
        failure = (self.base / "output" / "failure").read_text()
        for word in words:
            assert word in failure
        assert failure in output
        assert "Traceback" not in output


def definitions(image: Path, output: str) -> dict[str, float]:
    """The last value of every metric that the image's own definitions find in its log."""
    found = {}
    for metric in json.loads((image / "manifest.json").read_text())["metrics"]:
        values = re.findall(metric["regex"], output)
        if values:
            found[metric["name"]] = float(values[-1])
    return found


def to_csv(*columns: np.ndarray) -> str:
    rows = np.column_stack(columns)
    return "".join(",".join(repr(float(v)) for v in row) + "\n" for row in rows)


def to_libsvm(features: np.ndarray, label: np.ndarray) -> str:
    return "".join(
        f"{y:g} " + " ".join(f"{i}:{v!r}" for i, v in enumerate(map(float, row)) if v) + "\n"
        for row, y in zip(features, label, strict=True)
    )
