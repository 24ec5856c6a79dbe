"""The AlgorithmEstimator, version 2: it reads the contract and trains by the algorithm's name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sagemaker
from sagemaker.algorithm import AlgorithmEstimator
from sagemaker.inputs import TrainingInput
from server import Server

pytestmark = [pytest.mark.server, pytest.mark.sdk2]


def test_algorithm_estimator(
    server: Server,
    session: sagemaker.Session,
    role: str,
    channels: dict[str, str],
    tmp_path: Path,
    unique: Callable[[str], str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What the SDK learns from DescribeAlgorithm is what jobs have to keep."""
    (tmp_path / "train").write_text("#!/bin/sh\ncat /opt/ml/input/config/hyperparameters.json\n")
    (tmp_path / "train").chmod(0o755)
    uri = f"example.com/{unique('algorithm')}:1"
    server.run("image", "add", uri, tmp_path)
    arn = session.sagemaker_client.create_algorithm(
        AlgorithmName=unique("Algorithm"),
        TrainingSpecification={
            "TrainingImage": uri,
            "SupportedTrainingInstanceTypes": ["ml.m5.large"],
            "SupportedHyperParameters": [
                {
                    "Name": "rounds",
                    "Type": "Integer",
                    "IsTunable": True,
                    "IsRequired": True,
                    "Range": {
                        "IntegerParameterRangeSpecification": {"MinValue": "1", "MaxValue": "10"}
                    },
                },
                {"Name": "rate", "Type": "Continuous", "DefaultValue": "0.5"},
            ],
            "TrainingChannels": [
                {
                    "Name": "train",
                    "IsRequired": True,
                    "SupportedContentTypes": ["text/csv"],
                    "SupportedInputModes": ["File"],
                }
            ],
        },
    )["AlgorithmArn"]
    estimator = AlgorithmEstimator(
        algorithm_arn=arn,
        role=role,
        instance_count=1,
        instance_type="ml.m5.large",
        sagemaker_session=session,
    )
    with pytest.raises(ValueError, match="Supported range"):
        estimator.set_hyperparameters(rounds=11)
    with pytest.raises(ValueError, match="not supported by"):
        estimator.set_hyperparameters(depth=1)
    estimator.set_hyperparameters(rounds=3)
    with pytest.raises(ValueError, match="Unknown input channel"):
        estimator.fit({"test": channels["train"]}, logs=False)
    estimator.fit({"train": TrainingInput(channels["train"], content_type="text/csv")}, logs="All")
    assert '{"rate":"0.5","rounds":"3"}' in capsys.readouterr().out
    description = estimator.latest_training_job.describe()
    assert description["TrainingJobStatus"] == "Completed"
    assert description["AlgorithmSpecification"]["AlgorithmName"] == arn
