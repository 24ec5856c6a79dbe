"""Training jobs with the built-in algorithms, seen from boto3: one for each."""

from __future__ import annotations

import io
import re
from typing import Any

import aialgs
import numpy as np
import pytest
import xgboost
from optml import to_csv
from sklearn.cluster import KMeans
from sklearn.datasets import load_breast_cancer, load_iris
from training import XGBOOST, Training

pytestmark = pytest.mark.server

REGISTRY = "382416733822.dkr.ecr.us-east-1.amazonaws.com"
RECORDS = "application/x-recordio-protobuf"
CSV = "text/csv"


@pytest.fixture(scope="module")
def cancer() -> tuple[np.ndarray, np.ndarray]:
    rows, label = load_breast_cancer(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(label))
    return rows[order].astype(np.float32), label[order]


def run(
    training: Training,
    image: str,
    hyperparameters: dict[str, str],
    /,
    **channels: tuple[str | bytes, str | None],
) -> tuple[dict[str, float], dict[str, bytes]]:
    """Run a job that must succeed; answers its metrics and the files of its model."""
    made = [
        training.channel(name, training.upload(name, content), kind)
        for name, (content, kind) in channels.items()
    ]
    description: dict[str, Any] = training.run(f"{REGISTRY}/{image}", made, hyperparameters)
    assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
    metrics = {m["MetricName"]: m["Value"] for m in description["FinalMetricDataList"]}
    return metrics, training.artifact(description)


def arrays(files: dict[str, bytes]) -> Any:
    assert list(files) == ["model_algo-1"]
    return np.load(io.BytesIO(files["model_algo-1"]))


def test_linear_learner(training: Training, cancer: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = cancer
    metrics, files = run(
        training,
        "linear-learner:1",
        {"predictor_type": "binary_classifier", "feature_dim": "30", "mini_batch_size": "100"},
        train=(aialgs.dense(x[:400], y[:400]), None),
        validation=(aialgs.dense(x[400:], y[400:]), RECORDS),
    )
    model = arrays(files)
    raw = x[400:] @ model["weights"] + model["bias"]
    score = 1 / (1 + np.exp(-raw[:, 0]))
    accuracy = ((score > model["threshold"]) == y[400:]).mean()
    assert metrics["validation:binary_classification_accuracy"] == pytest.approx(accuracy)
    assert accuracy > 0.95
    assert {"validation:objective_loss", "train:throughput"} <= set(metrics)


def test_kmeans(training: Training) -> None:
    rows = load_iris(return_X_y=True)[0]
    metrics, files = run(
        training,
        "kmeans:1",
        {"k": "3", "feature_dim": "4", "force_dense": "True"},
        train=(aialgs.dense(rows), None),
        test=(to_csv(rows), "text/csv;label_size=0"),
    )
    assert arrays(files)["centers"].shape == (3, 4)
    want = KMeans(3, n_init=3, random_state=0).fit(rows).inertia_ / len(rows)
    assert metrics["test:msd"] < 1.05 * want


def test_pca(training: Training) -> None:
    rows = load_iris(return_X_y=True)[0]
    hyperparameters = {"num_components": "2", "feature_dim": "4", "mini_batch_size": "50"}
    metrics, files = run(training, "pca:1", hyperparameters, train=(aialgs.dense(rows), RECORDS))
    assert arrays(files)["v"].shape == (4, 2)
    assert metrics["train:explained_variance_ratio"] == pytest.approx(0.9777, abs=1e-3)


def test_knn(training: Training) -> None:
    rows, label = load_iris(return_X_y=True)
    metrics, files = run(
        training,
        "knn:1",
        {"k": "5", "feature_dim": "4", "predictor_type": "classifier", "sample_size": "150"},
        train=(to_csv(label, rows), CSV),
        test=(to_csv(label, rows), CSV),
    )
    assert metrics["test:accuracy"] > 0.95
    assert sorted(files) == ["model_algo-1", "model_algo-1.json", "model_algo-1.labels"]


def test_random_cut_forest(training: Training) -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(500, 2))
    rows[::100] += 15
    label = np.zeros(500)
    label[::100] = 1
    metrics, files = run(
        training,
        "randomcutforest:1",
        {"feature_dim": "2", "num_trees": "50"},
        train=(to_csv(rows), "text/csv;label_size=0"),
        test=(to_csv(label, rows), "text/csv;label_size=1"),
    )
    assert metrics["test:f1"] > 0.7
    assert arrays(files)["trees"] == 50


@pytest.mark.parametrize(
    ("image", "metric", "channel", "files"),
    [
        ("lightgbm:1", "binary_logloss", "train", ["about.json", "model.txt"]),
        ("catboost:1", "AUC", "training", ["about.json", "model"]),
    ],
)
def test_boosted_trees(
    training: Training,
    cancer: tuple[np.ndarray, np.ndarray],
    image: str,
    metric: str,
    channel: str,
    files: list[str],
) -> None:
    x, y = cancer
    metrics, found = run(
        training,
        image,
        {"early_stopping_rounds": "5", "learning_rate": "0.1"},
        **{channel: (to_csv(y[:400], x[:400]), CSV), "validation": (to_csv(y[400:], x[400:]), CSV)},
    )
    assert sorted(found) == files
    assert metrics[metric] < 0.3 if metric == "binary_logloss" else metrics[metric] > 0.97


def test_a_reason_reaches_the_description(training: Training) -> None:
    """TrainContainer-7."""
    uri = training.upload("train", "1,2,x\n")
    description = training.run(
        f"{REGISTRY}/kmeans:1",
        [training.channel("train", uri, "text/csv;label_size=0")],
        {"k": "1", "feature_dim": "3"},
    )
    assert description["TrainingJobStatus"] == "Failed"
    assert "line 1, column 3" in description["FailureReason"]


def test_a_stream_of_records(training: Training) -> None:
    """TrainData-3, -4: two objects of RecordIO-protobuf through one pipe."""
    rows = load_iris(return_X_y=True)[0]
    uri = training.upload("train", aialgs.dense(rows[:70]), aialgs.dense(rows[70:]))
    channel = {**training.channel("train", uri, RECORDS), "InputMode": "Pipe"}
    description = training.run(f"{REGISTRY}/kmeans:1", [channel], {"k": "3", "feature_dim": "4"})
    assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
    assert arrays(training.artifact(description))["centers"].shape == (3, 4)
    assert any("150 rows of 4 features" in line for line in training.lines())


def test_xgboost_on_several_instances(
    training: Training, cancer: tuple[np.ndarray, np.ndarray]
) -> None:
    """TrainData-8: each host gets some of the files, and they train one model of all rows."""
    x, y = cancer
    uri = training.upload("train", *(to_csv(y[a::3], x[a::3]) for a in range(3)))
    channel = training.channel("train", uri)
    channel["DataSource"]["S3DataSource"]["S3DataDistributionType"] = "ShardedByS3Key"
    parameters = {"objective": "binary:logistic", "max_depth": "3", "eval_metric": "logloss"}
    description = training.run(
        XGBOOST,
        [channel],
        {**parameters, "num_round": "10"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 5},
    )
    assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
    files = training.artifact(description)
    assert list(files) == ["xgboost-model"]
    booster = xgboost.Booster()
    booster.load_model(bytearray(files["xgboost-model"]))
    order = np.concatenate([np.arange(len(y))[a::3] for a in range(3)])
    matrix = xgboost.DMatrix(x[order], y[order])
    want = xgboost.train(parameters, matrix, 10).predict(matrix)
    # Hosts find the bins of features each from its own rows, so trees differ a little.
    assert np.abs(booster.predict(matrix) - want).mean() < 0.02
    found = {m["MetricName"]: m["Value"] for m in description["FinalMetricDataList"]}
    got = np.clip(booster.predict(matrix), 1e-7, 1 - 1e-7)
    loss = -np.where(y[order] == 1, np.log(got), np.log(1 - got)).mean()
    assert found["train:logloss"] == pytest.approx(loss, abs=1e-4)


def test_lightgbm_on_several_instances(
    training: Training, cancer: tuple[np.ndarray, np.ndarray]
) -> None:
    """TrainData-8: hosts with different rows grow the same trees, and the first one saves them."""
    x, y = cancer
    uri = training.upload("train", *(to_csv(y[a:400:3], x[a:400:3]) for a in range(3)))
    channel = training.channel("train", uri)
    channel["DataSource"]["S3DataSource"]["S3DataDistributionType"] = "ShardedByS3Key"
    held = training.channel("validation", training.upload("held", to_csv(y[400:], x[400:])))
    description = training.run(
        f"{REGISTRY}/lightgbm:1",
        [channel, held],
        {"num_boost_round": "30", "verbosity": "-1", "bagging_freq": "0"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 5},
    )
    assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
    files = training.artifact(description)
    assert sorted(files) == ["about.json", "model.txt"]
    counts = re.search(r"^leaf_count=([\d ]+)$", files["model.txt"].decode(), flags=re.M)
    assert counts
    assert sum(map(int, counts[1].split())) == 400  # the rows of both hosts
    found = {m["MetricName"]: m["Value"] for m in description["FinalMetricDataList"]}
    assert found["binary_logloss"] < 0.2
