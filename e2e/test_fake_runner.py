"""A server whose jobs run no program, for users' own tests (docs/testing.md)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import guide
import pytest
from server import Server
from training import Training

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def faking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the fake runner."""
    running = Server(tmp_path_factory.mktemp("fake") / "data", "--runner", "fake")
    yield running
    assert running.stop() == 0


@pytest.mark.parametrize("section", guide.sections("testing.md"), ids=lambda s: s.title)
def test_guide(faking: Server, section: guide.Section, tmp_path: Path) -> None:
    section.run(faking, tmp_path)


def job(server: Server, name: str, **fake: str) -> Training:
    """Start a job with these variables."""
    s3 = server.client("s3")
    s3.create_bucket(Bucket=name)
    made = Training(server.client("sagemaker"), s3, server.client("logs"), name, name)
    variables = {f"FAKE_{key.upper()}": value for key, value in fake.items()}
    request = made.request("registry.example/any:1", [], Environment=variables)
    made.sagemaker.create_training_job(**request)
    return made


def test_log_says_that_nothing_ran(faking: Server) -> None:
    made = job(faking, "fake-log", log="one\ntwo")
    assert made.wait()["TrainingJobStatus"] == "Completed"
    first, *rest = made.lines()
    assert "--runner fake" in first
    assert rest == ["one", "two"]


def test_stop(faking: Server) -> None:
    made = job(faking, "fake-stop", sleep="600")
    made.sagemaker.stop_training_job(TrainingJobName=made.name)
    assert made.wait()["TrainingJobStatus"] == "Stopped"
