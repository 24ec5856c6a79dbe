"""The SDK's own estimators of SageMaker's algorithms: they write RecordIO and a manifest."""

from __future__ import annotations

import io
import tarfile

import boto3
import numpy as np
import pytest
import sagemaker
from sagemaker.amazon.amazon_estimator import AmazonAlgorithmEstimatorBase
from sklearn.cluster import KMeans as Direct

pytestmark = [pytest.mark.server, pytest.mark.sdk2]


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


@pytest.mark.parametrize(
    ("kind", "settings", "labelled", "files"),
    [
        (sagemaker.PCA, {"num_components": 2}, False, {"model_algo-1"}),
        (
            sagemaker.RandomCutForest,
            {"num_trees": 50, "num_samples_per_tree": 64},
            False,
            {"model_algo-1"},
        ),
        (
            sagemaker.KNN,
            {"k": 3, "sample_size": 300, "predictor_type": "classifier"},
            True,
            {"model_algo-1", "model_algo-1.labels", "model_algo-1.json"},
        ),
    ],
)
def test_others(
    kind: type[AmazonAlgorithmEstimatorBase],
    settings: dict[str, object],
    labelled: bool,
    files: set[str],
    role: str,
    session: sagemaker.Session,
    halves: tuple[np.ndarray, np.ndarray],
) -> None:
    """Their estimators send hyperparameters of their own choice; the jobs take them."""
    estimator = kind(
        role=role,
        instance_count=1,
        instance_type="ml.m5.large",
        sagemaker_session=session,
        **settings,
    )
    rows = halves[0].astype(np.float32)
    labels = rows[:, 0] if labelled else None
    estimator.fit(estimator.record_set(rows[:, 1:], labels), mini_batch_size=1000)
    bucket, _, key = estimator.model_data.removeprefix("s3://").partition("/")
    body = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        assert set(tar.getnames()) == files
