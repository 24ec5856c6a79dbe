"""images/pca: run as programs, beside scikit-learn's PCA."""

from __future__ import annotations

import json
from pathlib import Path

import aialgs
import numpy as np
import pytest
from optml import IMAGES, OptML, definitions, to_csv
from program import serving
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

IMAGE = IMAGES / "pca"


@pytest.fixture
def ml(tmp_path: Path) -> OptML:
    return OptML(tmp_path / "ml", IMAGE)


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return load_digits(return_X_y=True)[0].astype(np.float32)


def model(ml: OptML) -> dict[str, np.ndarray]:
    with np.load(ml.base / "model" / "model_algo-1") as archive:
        return dict(archive)


@pytest.mark.parametrize("mode", ["regular", "randomized"])
def test_components_equal_scikit_learns(ml: OptML, rows: np.ndarray, mode: str) -> None:
    ml.channel("train", {"a": aialgs.dense(rows)}, None)
    ml.channel("test", {"a": aialgs.dense(rows)}, None)
    output = ml.train(
        {
            "num_components": "8",
            "feature_dim": "64",
            "mini_batch_size": "500",
            "algorithm_mode": mode,
            "extra_components": "20",
        }
    )
    want = PCA(8, svd_solver="full").fit(rows)
    got = model(ml)
    np.testing.assert_allclose(got["mean"], want.mean_, rtol=1e-4, atol=1e-4)
    # The strongest component is the last one; its sign is arbitrary.
    values, vectors = got["s"][::-1], got["v"].T[::-1]
    tolerance = 1e-4 if mode == "regular" else 2e-2
    np.testing.assert_allclose(values, want.singular_values_, rtol=tolerance)
    alike = np.abs((vectors * want.components_).sum(axis=1))
    assert alike.min() > 1 - 10 * tolerance
    found = definitions(IMAGE, output)
    for channel in ("train", "test"):
        assert found[f"{channel}:explained_variance_ratio"] == pytest.approx(
            want.explained_variance_ratio_.sum(), rel=tolerance
        )


def test_without_the_mean(ml: OptML, rows: np.ndarray) -> None:
    ml.channel("train", {"a": to_csv(rows)}, "text/csv;label_size=0")
    ml.train(
        {
            "num_components": "3",
            "feature_dim": "64",
            "mini_batch_size": "1000",
            "subtract_mean": "False",
        }
    )
    _, values, vectors = np.linalg.svd(rows, full_matrices=False)
    got = model(ml)
    assert not got["mean"].any()
    np.testing.assert_allclose(got["s"][::-1], values[:3], rtol=1e-4)
    np.testing.assert_allclose(np.abs((got["v"].T[::-1] * vectors[:3]).sum(1)), 1, rtol=1e-3)


def test_answers(ml: OptML, rows: np.ndarray) -> None:
    ml.channel("train", {"a": aialgs.dense(rows)}, "application/x-recordio-protobuf")
    ml.train({"num_components": "2", "feature_dim": "64", "mini_batch_size": "200"})
    got = model(ml)
    want = (rows[:5] - got["mean"]) @ got["v"]
    with serving(IMAGE, ml.base) as client:
        _, _, text = client.invoke(to_csv(rows[:5]), Content_Type="text/csv")
        answer = json.loads(text)["projections"]
        np.testing.assert_allclose([p["projection"] for p in answer], want, rtol=1e-4, atol=1e-4)
        _, _, content = client.raw(
            "POST",
            "/invocations",
            to_csv(rows[:5]).encode(),
            Content_Type="text/csv",
            Accept="application/x-recordio-protobuf",
        )
        records = [r["projection"] for r in aialgs.labels(content)]
        np.testing.assert_allclose(records, want, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mini_batch_size": None}, ["mini_batch_size is missing"]),
        ({"num_components": "3"}, ["num_components is 3", "feature_dim (2) or less"]),
        ({"algorithm_mode": "exact"}, ["algorithm_mode", "randomized"]),
        ({"extra_components": "-2"}, ["extra_components", "-1 or more"]),
        ({"subtract_mean": "maybe"}, ["true or false"]),
    ],
)
def test_refusals(ml: OptML, changes: dict[str, str | None], words: list[str]) -> None:
    ml.channel("train", {"a": "1,2\n3,4\n"}, "text/csv;label_size=0")
    settings = {"num_components": "1", "feature_dim": "2", "mini_batch_size": "2", **changes}
    ml.refused({k: v for k, v in settings.items() if v is not None}, *words)
