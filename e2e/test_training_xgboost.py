"""Training jobs with the XGBoost image, seen from boto3."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
import xgboost
from sklearn.datasets import load_breast_cancer
from test_image_xgboost_train import to_csv, to_libsvm
from training import XGBOOST, Training

pytestmark = pytest.mark.server

PARAMETERS = {"objective": "binary:logistic", "max_depth": "3", "eta": "0.3", "seed": "3"}


@pytest.fixture(scope="module")
def halves() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    features, label = load_breast_cancer(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(label))
    train, test = order[:400], order[400:]
    return features[train], label[train], features[test], label[test]


def predictions(training: Training, description: dict, rows: np.ndarray) -> np.ndarray:
    files = training.artifact(description)
    assert list(files) == ["xgboost-model"]
    booster = xgboost.Booster()
    booster.load_model(bytearray(files["xgboost-model"]))
    return booster.predict(xgboost.DMatrix(rows))


def test_csv_from_upload_to_accuracy(training: Training, halves: tuple[np.ndarray, ...]) -> None:
    x, y, held_x, held_y = halves
    uris = {
        "train": training.upload("train", to_csv(y[:200], x[:200]), to_csv(y[200:], x[200:])),
        "validation": training.upload("validation", to_csv(held_y, held_x)),
    }
    description = training.run(
        XGBOOST,
        [training.channel(name, uri) for name, uri in uris.items()],
        {**PARAMETERS, "num_round": "20", "eval_metric": "logloss,auc"},
    )
    assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
    name = training.name
    artifact = f"s3://{training.bucket}/output/{name}/output/model.tar.gz"
    assert description["ModelArtifacts"]["S3ModelArtifacts"] == artifact

    # The same library, called directly on the same rows, is the truth.
    want = xgboost.train(PARAMETERS, xgboost.DMatrix(x, y), 20).predict(xgboost.DMatrix(held_x))
    got = predictions(training, description, held_x)
    np.testing.assert_allclose(got, want, rtol=1e-5)
    assert ((got > 0.5) == held_y).mean() == ((want > 0.5) == held_y).mean() > 0.9

    # CreateTrainingJob-23, -25: the whole history, in order and without gaps.
    history = description["SecondaryStatusTransitions"]
    statuses = [t["Status"] for t in history]
    assert statuses == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    for before, after in itertools.pairwise(history):
        assert before["EndTime"] == after["StartTime"]

    # TrainContainer-12, -13: the log, and the metrics found in it.
    lines = [line for line in training.lines() if "#011" in line]
    assert len(lines) == 20
    printed = dict(re.findall(r"#011(\w+-\w+):([\d.]+)", lines[-1]))
    metrics = {m["MetricName"]: m["Value"] for m in description["FinalMetricDataList"]}
    assert metrics == {
        name.replace("-", ":"): pytest.approx(float(value), rel=1e-6)
        for name, value in printed.items()
    }


def test_libsvm(training: Training, halves: tuple[np.ndarray, ...]) -> None:
    x, y, held_x, _ = halves
    uri = training.upload("train", to_libsvm(x, y))
    channel = training.channel("train", uri, "text/libsvm")
    description = training.run(XGBOOST, [channel], {**PARAMETERS, "num_round": "5"})
    assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
    missing = np.where(x == 0, np.nan, x)
    want = xgboost.train(PARAMETERS, xgboost.DMatrix(missing, y), 5)
    rows = np.where(held_x == 0, np.nan, held_x)
    got = predictions(training, description, rows)
    np.testing.assert_allclose(got, want.predict(xgboost.DMatrix(rows)), rtol=1e-5)


def test_data_that_is_no_csv(training: Training) -> None:
    uri = training.upload("train", "1,2\n0,two\n")
    description = training.run(XGBOOST, [training.channel("train", uri)], {"num_round": "2"})
    assert description["TrainingJobStatus"] == "Failed"
    reason = description["FailureReason"]
    assert reason.startswith("AlgorithmError: ")
    for words in ("train/part-0", "line 2, column 2", "'two'"):
        assert words in reason


def test_wrong_hyperparameter(training: Training) -> None:
    uri = training.upload("train", "1,2\n0,3\n")
    channels = [training.channel("train", uri)]
    description = training.run(XGBOOST, channels, {"num_round": "2", "eta": "7"})
    assert description["TrainingJobStatus"] == "Failed"
    assert "eta is '7'" in description["FailureReason"]


def test_stop_keeps_the_model_so_far(training: Training, halves: tuple[np.ndarray, ...]) -> None:
    """StopTrainingJob-1, TrainContainer-17."""
    x, y, held_x, _ = halves
    uri = training.upload("train", to_csv(y, x))
    request = training.request(
        XGBOOST, [training.channel("train", uri)], {**PARAMETERS, "num_round": "10000000"}
    )
    training.sagemaker.create_training_job(**request)
    waiting_until(lambda: any("[3]#011" in line for line in lines_or_none(training)))
    training.sagemaker.stop_training_job(TrainingJobName=training.name)
    description = training.wait()
    assert (description["TrainingJobStatus"], description["SecondaryStatus"]) == ("Stopped",) * 2
    assert len(predictions(training, description, held_x)) == len(held_x)


def lines_or_none(training: Training) -> list[str]:
    """The log so far; before the program runs there is no stream."""
    try:
        return training.lines()
    except (AssertionError, training.logs.exceptions.ResourceNotFoundException):
        return []


def waiting_until(holds: object, seconds: float = 60) -> None:
    """Ask again until something holds."""
    import time

    end = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not become true in time"
        time.sleep(0.1)
