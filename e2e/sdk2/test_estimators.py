"""The SDK's generic Estimator, version 2: a container folder of one's own, a built-in algorithm."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sagemaker
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from server import Server

pytestmark = [pytest.mark.server, pytest.mark.sdk2]


def test_own_container(
    server: Server,
    role: str,
    channels: dict[str, str],
    tmp_path: Path,
    unique: Callable[[str], str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A folder with a train program answers for the image; its log is the SDK's output."""
    (tmp_path / "train").write_text(
        "#!/bin/sh\nset -e\ncat /opt/ml/input/config/hyperparameters.json\necho\n"
        "cat /opt/ml/input/data/train/* | wc -l > /opt/ml/model/rows\n"
        'echo "rows=$(cat /opt/ml/model/rows)"\n'
    )
    (tmp_path / "train").chmod(0o755)
    uri = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{unique('mine')}:1"
    server.run("image", "add", uri, tmp_path)
    estimator = Estimator(
        image_uri=uri,
        role=role,
        instance_count=1,
        instance_type="ml.m5.large",
        hyperparameters={"depth": 3},
        metric_definitions=[{"Name": "rows", "Regex": r"rows=(\d+)"}],
    )
    estimator.fit({"train": channels["train"]}, logs="All")
    printed = capsys.readouterr().out
    assert "rows=400" in printed
    assert '{"depth":"3"}' in printed
    frame = estimator.training_job_analytics.dataframe()
    assert list(frame["value"]) == [400.0]


def test_built_in_algorithm_by_exec(server: Server, channels: dict[str, str]) -> None:
    """A whole program, started by `sagebrush exec` in a clean environment."""
    program = Path(__file__).parent / "programs" / "built_in.py"
    printed = server.run("exec", "--", sys.executable, program, channels["train"])
    assert "role=arn:aws:iam::" in printed
    assert "train:auc" in printed


def test_attach(role: str, session: sagemaker.Session, channels: dict[str, str]) -> None:
    """A later program finds the job by its name."""
    uri = sagemaker.image_uris.retrieve("xgboost", session.boto_region_name, "1.7-1")
    estimator = Estimator(
        image_uri=uri,
        role=role,
        instance_count=1,
        instance_type="ml.m5.large",
        hyperparameters={"num_round": 3, "objective": "binary:logistic"},
        tags=[{"Key": "team", "Value": "sage"}],
    )
    estimator.fit({"train": TrainingInput(channels["train"], content_type="csv")}, logs=False)
    later = Estimator.attach(estimator.latest_training_job.name)
    assert later.model_data == estimator.model_data
    assert later.hyperparameters()["num_round"] == "3"
