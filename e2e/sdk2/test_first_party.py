"""The SDK's own estimators of SageMaker's algorithms: they write RecordIO and a manifest."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
import sagemaker
from sagemaker import KNN, PCA, RandomCutForest
from sagemaker.amazon.amazon_estimator import AmazonAlgorithmEstimatorBase, RecordSet
from sagemaker.estimator import Estimator
from sklearn import datasets, decomposition, metrics, neighbors
from sklearn.cluster import KMeans as Direct
from sklearn.ensemble import HistGradientBoostingClassifier

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


def model(estimator: AmazonAlgorithmEstimatorBase) -> dict[str, np.ndarray]:
    """The arrays of the trained model."""
    bucket, _, key = estimator.model_data.removeprefix("s3://").partition("/")
    body = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        content = tar.extractfile("model_algo-1")
        assert content
        with np.load(io.BytesIO(content.read())) as archive:
            return dict(archive)


def test_kmeans(
    role: str, session: sagemaker.Session, halves: tuple[np.ndarray, np.ndarray]
) -> None:
    rows = halves[0][:, 1:].astype(np.float32)
    estimator = sagemaker.KMeans(
        role=role,
        instance_count=1,
        instance_type="ml.m5.large",
        k=4,
        init_method="kmeans++",
        epochs=3,
        sagemaker_session=session,
    )
    estimator.fit(estimator.record_set(rows), mini_batch_size=100)
    centers = model(estimator)["centers"]
    away = ((rows[:, None, :] - centers[None]) ** 2).sum(axis=-1).min(axis=1).sum()
    assert away < 1.05 * Direct(4, n_init=3, random_state=0).fit(rows).inertia_


def test_linear_learner(
    role: str, session: sagemaker.Session, halves: tuple[np.ndarray, np.ndarray]
) -> None:
    estimator = sagemaker.LinearLearner(
        role=role,
        instance_count=1,
        instance_type="ml.m5.large",
        predictor_type="binary_classifier",
        binary_classifier_model_selection_criteria="f_beta",
        use_bias=True,
        sagemaker_session=session,
    )
    sets = [
        estimator.record_set(
            half[:, 1:].astype(np.float32), half[:, 0].astype(np.float32), channel=channel
        )
        for half, channel in zip(halves, ("train", "validation"), strict=True)
    ]
    estimator.fit(sets)
    found = model(estimator)
    raw = (halves[1][:, 1:] @ found["weights"] + found["bias"])[:, 0]
    guess = 1 / (1 + np.exp(-raw)) > found["threshold"]
    assert (guess == halves[1][:, 0]).mean() > 0.95


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
    knn.fit([records(knn, "train", train, label), records(knn, "test", held, truth)], logs=False)
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


@pytest.mark.parametrize(
    ("name", "hyperparameters"),
    [
        ("lightgbm", {"num_boost_round": 60, "early_stopping_rounds": 0, "metric": "auc"}),
        ("catboost", {"iterations": 60, "eval_metric": "AUC"}),
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
    """One channel with two folders. The SDK has their URIs from a catalogue at AWS, not from us."""
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
    train, held = halves
    direct = HistGradientBoostingClassifier(random_state=0).fit(train[:, 1:], train[:, 0])
    want = metrics.roc_auc_score(held[:, 0], direct.predict_proba(held[:, 1:])[:, 1])
    found = final(estimator)
    assert found.get("auc", found.get("AUC")) >= want - 0.01
