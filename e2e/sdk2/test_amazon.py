"""The estimators of Amazon's own algorithms, version 2: record sets, manifests, shards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sagemaker
from sagemaker import KMeans, KNN, PCA, LinearLearner, RandomCutForest, image_uris
from sagemaker.amazon.amazon_estimator import AmazonAlgorithmEstimatorBase, RecordSet
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sklearn import cluster, datasets, decomposition, linear_model, neighbors

pytestmark = [pytest.mark.server, pytest.mark.sdk2]

WHERE = {"instance_count": 1, "instance_type": "ml.m5.large"}
Halves = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, ...]:
    """Features and labels of handwritten digits, to train on and held out."""
    features, label = datasets.load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(label))
    features, label = features[order].astype(np.float32), label[order].astype(np.float32)
    return features[:1400], label[:1400], features[1400:], label[1400:]


def final(estimator: Any) -> dict[str, float]:
    """The job's final metrics."""
    found = estimator.latest_training_job.describe()["FinalMetricDataList"]
    return {each["MetricName"]: each["Value"] for each in found}


def records(
    estimator: AmazonAlgorithmEstimatorBase, channel: str, rows: np.ndarray, *label: np.ndarray
) -> RecordSet:
    """Rows in RecordIO-protobuf, uploaded by the SDK with a manifest of theirs."""
    return estimator.record_set(rows, *label, channel=channel)


def test_linear_learner(role: str, halves: Halves) -> None:
    """Accuracy beside logistic regression; both channels are sharded lists."""
    train, held = (half.astype(np.float32) for half in halves)
    learner = LinearLearner(role, predictor_type="binary_classifier", epochs=15, **WHERE)
    learner.fit(
        [
            records(learner, "train", train[:, 1:], train[:, 0]),
            records(learner, "test", held[:, 1:], held[:, 0]),
        ],
        logs=False,
    )
    scale, middle = train[:, 1:].std(axis=0), train[:, 1:].mean(axis=0)
    direct = linear_model.LogisticRegression().fit((train[:, 1:] - middle) / scale, train[:, 0])
    want = direct.score((held[:, 1:] - middle) / scale, held[:, 0])
    assert final(learner)["test:binary_classification_accuracy"] >= want - 0.02


def test_kmeans(role: str, digits: tuple[np.ndarray, ...]) -> None:
    """Inertia beside the library's; the SDK's names of hyperparameters are not the service's."""
    train, _, held, _ = digits
    kmeans = KMeans(role, k=10, max_iterations=100, num_trials=5, eval_metrics=["msd"], **WHERE)
    kmeans.fit([records(kmeans, "train", train), records(kmeans, "test", held)], logs=False)
    direct = cluster.KMeans(10, n_init=3, random_state=0).fit(train)
    assert final(kmeans)["test:msd"] < 1.1 * -direct.score(held) / len(held)
    name = kmeans.latest_training_job.name
    assert KMeans.attach(name).max_iterations == 100


def test_pca(role: str, digits: tuple[np.ndarray, ...]) -> None:
    """The components keep as much as the library's."""
    train = digits[0]
    pca = PCA(role, num_components=8, **WHERE)
    pca.fit(records(pca, "train", train), logs=False)
    want = decomposition.PCA(8).fit(train).explained_variance_ratio_.sum()
    assert final(pca)["train:explained_variance_ratio"] == pytest.approx(want, rel=1e-4)


def test_knn(role: str, digits: tuple[np.ndarray, ...]) -> None:
    """The neighbours are the library's."""
    train, label, held, truth = digits
    knn = KNN(role, k=5, sample_size=len(train), predictor_type="classifier", **WHERE)
    knn.fit(
        [records(knn, "train", train, label), records(knn, "test", held, truth)], logs=False
    )
    want = neighbors.KNeighborsClassifier(5).fit(train, label).score(held, truth)
    assert final(knn)["test:accuracy"] == pytest.approx(want, abs=0.01)


def test_random_cut_forest(role: str) -> None:
    """Points far from all others are found."""
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(1000, 4)).astype(np.float32)
    label = np.zeros(1000, np.float32)
    label[::100] = 1
    rows[::100] += 12
    forest = RandomCutForest(role, num_samples_per_tree=256, num_trees=50, **WHERE)
    train = records(forest, "train", rows)
    test = records(forest, "test", rows, label)
    test.distribution = "FullyReplicated"
    forest.fit([train, test], logs=False)
    assert final(forest)["test:f1"] > 0.9


def test_xgboost(
    session: sagemaker.Session, role: str, channels: dict[str, str], halves: Halves
) -> None:
    """The image that the SDK names, on CSV, with the SDK's metric frame."""
    xgboost = Estimator(
        image_uris.retrieve("xgboost", session.boto_region_name, "1.7-1"),
        role,
        hyperparameters={"objective": "binary:logistic", "num_round": 20, "eval_metric": "error"},
        **WHERE,
    )
    inputs = {name: TrainingInput(uri, content_type="text/csv") for name, uri in channels.items()}
    xgboost.fit(inputs, logs=False)
    frame = xgboost.training_job_analytics.dataframe()
    assert {"train:error", "validation:error"} <= set(frame["metric_name"])
    assert final(xgboost)["validation:error"] < 0.06


@pytest.mark.parametrize(
    ("name", "hyperparameters"),
    [
        ("lightgbm", {"num_boost_round": 60, "metric": "binary_error"}),
        ("catboost", {"iterations": 60, "eval_metric": "Accuracy"}),
    ],
)
def test_algorithms_of_jumpstart(
    session: sagemaker.Session,
    role: str,
    halves: Halves,
    tmp_path: Path,
    unique: Callable[[str], str],
    name: str,
    hyperparameters: dict[str, Any],
) -> None:
    """Their layout: one channel with two folders. The SDK asks AWS's catalogue for these URIs."""
    for folder, rows in zip(("train", "validation"), halves, strict=True):
        (tmp_path / folder).mkdir()
        np.savetxt(tmp_path / folder / "data.csv", rows, delimiter=",", fmt="%r")
    uri = session.upload_data(str(tmp_path), key_prefix=unique(name))
    account = f"763104351884.dkr.ecr.{session.boto_region_name}.amazonaws.com"
    estimator = Estimator(
        f"{account}/{name}-classification-model:2.1.0",
        role,
        hyperparameters=hyperparameters,
        **WHERE,
    )
    estimator.fit({"training": uri}, logs=False)
    found = final(estimator)
    print(found)
    error = found.get("binary_error", 1 - found.get("Accuracy", 0))
    assert error < 0.06
