"""The AWS command line against the server."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from server import Server
from training import GROUP, Training

pytestmark = [pytest.mark.server, pytest.mark.current]

AWS = Path(sys.executable).parent / "aws"
"""Version 1, which is on PyPI."""


def version_2() -> str | None:
    """The command line's version 2, where one is installed: PyPI does not have it."""
    for candidate in (os.environ.get("SAGEBRUSH_AWS_CLI_2"), shutil.which("aws")):
        if candidate:
            command = [candidate, "--version"]
            text = subprocess.run(command, capture_output=True, text=True).stdout
            if text.startswith("aws-cli/2."):
                return candidate
    return None


@pytest.fixture
def aws(server: Server) -> object:
    def call(*words: str, directory: Path | None = None) -> str:
        done = subprocess.run(
            [str(AWS), *words],
            capture_output=True,
            text=True,
            env=server.program_environment(AWS_PAGER=""),
            cwd=directory,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return call


def test_sync_both_ways(aws: object, bucket: str, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for name, content in {"a.txt": "1", "deep/b c.txt": "22", "deep/er/é": "333"}.items():
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_text(content)
    (here / "big").write_bytes(b"x" * (9 << 20))  # multipart
    assert callable(aws)
    assert aws("s3", "sync", str(here), f"s3://{bucket}/p").count("upload:") == 4
    assert aws("s3", "sync", str(here), f"s3://{bucket}/p") == ""  # nothing changed
    aws("s3", "sync", f"s3://{bucket}/p", str(there))
    for file in here.rglob("*"):
        if file.is_file():
            assert (there / file.relative_to(here)).read_bytes() == file.read_bytes()
    (here / "a.txt").unlink()
    aws("s3", "sync", "--delete", str(here), f"s3://{bucket}/p")
    assert "a.txt" not in aws("s3", "ls", "--recursive", f"s3://{bucket}/p/")


def test_presign(aws: object, bucket: str, tmp_path: Path) -> None:
    assert callable(aws)
    (tmp_path / "f").write_text("presigned")
    aws("s3", "cp", str(tmp_path / "f"), f"s3://{bucket}/f")
    url = aws("s3", "presign", f"s3://{bucket}/f").strip()
    assert urllib.request.urlopen(url).read() == b"presigned"


def test_training_job_from_a_file(
    aws: object, server: Server, training: Training, tmp_path: Path
) -> None:
    assert callable(aws)
    folder = tmp_path / "image"
    folder.mkdir()
    (folder / "train").write_text("#!/bin/sh\necho hello from the job\n")
    (folder / "train").chmod(0o755)
    server.run("image", "add", "example.com/hello:1", folder)
    request = tmp_path / "request.json"
    request.write_text(json.dumps(training.request("example.com/hello:1", [])))
    aws("sagemaker", "create-training-job", "--cli-input-json", f"file://{request}")
    training.wait()
    described = aws("sagemaker", "describe-training-job", "--training-job-name", training.name)
    assert json.loads(described)["TrainingJobStatus"] == "Completed"
    assert "hello from the job" in tail(server, training)


def tail(server: Server, training: Training) -> str:
    """`aws logs tail GROUP`: itself where it is installed, else the call that it makes."""
    program = version_2()
    if program:
        words = ["logs", "tail", GROUP, "--log-stream-name-prefix", training.name, "--since", "1h"]
        environment = server.program_environment(AWS_PAGER="")
        done = subprocess.run([program, *words], capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout
    since = dt.datetime.now(dt.timezone.utc) - dt.timedelta(hours=1)
    pages = training.logs.get_paginator("filter_log_events").paginate(
        logGroupName=GROUP,
        logStreamNamePrefix=training.name,
        interleaved=True,
        startTime=int(since.timestamp() * 1000),
    )
    return "\n".join(event["message"] for page in pages for event in page["events"])


def test_identity(aws: object) -> None:
    assert callable(aws)
    assert ":assumed-role/" in aws("sts", "get-caller-identity")
