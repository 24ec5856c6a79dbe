"""Framework images run as programs on a directory that stands for /opt/ml."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

IMAGES = Path(__file__).parent.parent / "images"
SYSTEM_PYTHON = "/usr/bin/python3"


class OptML:
    """A directory laid out as SageMaker lays out /opt/ml, with the user's code in it."""

    def __init__(self, base: Path, image: str = "sklearn", python: str = sys.executable) -> None:
        self.base = base
        self.image = IMAGES / image
        self.python = python
        for folder in ("input/config", "input/data", "model", "output/data", "code"):
            (base / folder).mkdir(parents=True)
        self.hosts("algo-1", ["algo-1"])

    def hosts(self, current: str, hosts: list[str]) -> None:
        """Write resourceconfig.json (TrainContainer-5)."""
        group = {"instance_group_name": "main", "instance_type": "ml.m5.large", "hosts": hosts}
        self.config(
            "resourceconfig",
            {
                "current_host": current,
                "hosts": hosts,
                "current_instance_type": "ml.m5.large",
                "current_group_name": "main",
                "instance_groups": [group],
                "network_interface_name": "lo",
            },
        )

    def config(self, name: str, content: object) -> None:
        """Write one of the configuration files."""
        (self.base / "input" / "config" / f"{name}.json").write_text(json.dumps(content))

    def code(self, **files: str) -> None:
        """Write the user's files; an underscore stands for the last dot of a name."""
        for name, content in files.items():
            stem, _, ending = name.rpartition("_")
            (self.base / "code" / f"{stem}.{ending}").write_text(content)

    def start(self, hyperparameters: Mapping[str, Any], **environ: str) -> subprocess.Popen[str]:
        """Start the image's train program; values are JSON-encoded as the SDK does."""
        encoded = {name: json.dumps(value) for name, value in hyperparameters.items()}
        self.config("hyperparameters", encoded)
        return subprocess.Popen(
            [self.python, self.image / "train"],
            env=self.environment(environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def environment(self, changes: Mapping[str, str]) -> dict[str, str]:
        """The environment of the image's programs."""
        given = {name: value for name, value in os.environ.items() if not name.startswith("SM_")}
        included = os.pathsep.join(str(IMAGES / folder) for folder in ("toolkit", "builtin"))
        here = {"SAGEMAKER_BASE_DIR": str(self.base), "PYTHONPATH": included}
        return {**given, **here, **changes}

    def train(self, hyperparameters: Mapping[str, Any], status: int = 0, **environ: str) -> str:
        """Run to the end with that status; answers what was printed."""
        process = self.start(hyperparameters, **environ)
        output, _ = process.communicate(timeout=120)
        assert process.returncode == status, output
        return output

    def run(self, script: str, status: int = 0, **hyperparameters: Any) -> str:
        """Run a script as train.py."""
        self.code(train_py=script)
        return self.train({"sagemaker_program": "train.py", **hyperparameters}, status)

    @property
    def failure(self) -> str:
        """What the failure file says."""
        return (self.base / "output" / "failure").read_text()


class Serving:
    """A running serve program of an image."""

    def __init__(self, ml: OptML, **environ: str) -> None:
        given = {"SAGEMAKER_BIND_TO_HOST": "127.0.0.1", "SAGEMAKER_BIND_TO_PORT": "0", **environ}
        self.process = subprocess.Popen(
            [ml.python, ml.image / "serve"],
            env=ml.environment(given),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout
        self.lines: list[str] = []
        self.port = 0
        for line in self.process.stdout:
            self.lines.append(line)
            if match := re.search(r"Serving on port (\d+)", line):
                self.port = int(match[1])
                break

    def request(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, str, bytes]:
        """One request; an underscore in a header's name stands for a dash."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, names)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.getheader("Content-Type", ""), content

    def invoke(self, body: str | bytes, **headers: str) -> tuple[int, str, bytes]:
        """One invocation."""
        raw = body.encode() if isinstance(body, str) else body
        return self.request("POST", "/invocations", raw, **headers)

    def stop(self) -> int:
        """End it as SageMaker does; answers the exit status."""
        self.process.terminate()
        return self.process.wait(30)
