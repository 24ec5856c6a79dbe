"""images/knn: run as programs, beside scikit-learn's neighbours."""

from __future__ import annotations

import json
from pathlib import Path

import aialgs
import numpy as np
import pytest
from optml import IMAGES, OptML, definitions, to_csv
from program import serving
from sklearn.datasets import load_diabetes, load_digits
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

IMAGE = IMAGES / "knn"


@pytest.fixture
def ml(tmp_path: Path) -> OptML:
    return OptML(tmp_path / "ml", IMAGE)


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    rows, label = load_digits(return_X_y=True)
    return rows.astype(np.float32), label


def settings(**changes: str) -> dict[str, str]:
    base = {
        "k": "5",
        "feature_dim": "64",
        "predictor_type": "classifier",
        "sample_size": "1500",
    }
    return {**base, **changes}


def test_classes_equal_scikit_learns(ml: OptML, digits: tuple[np.ndarray, np.ndarray]) -> None:
    rows, label = digits
    ml.channel("train", {"a": aialgs.dense(rows[:1500], label[:1500])}, None)
    ml.channel("test", {"a": to_csv(label[1500:], rows[1500:])}, "text/csv")
    output = ml.train(settings())
    direct = KNeighborsClassifier(5).fit(rows[:1500], label[:1500])
    want = direct.score(rows[1500:], label[1500:])
    assert definitions(IMAGE, output)["test:accuracy"] == pytest.approx(want, abs=0.005)
    assert "#test_score (algo-1) : ('accuracy', " in output
    with serving(IMAGE, ml.base) as client:
        held = rows[1500:1520]
        _, _, text = client.invoke(
            to_csv(held), Content_Type="text/csv", Accept="application/json; verbose=true"
        )
        answer = json.loads(text)["predictions"]
        away, places = direct.kneighbors(held)
        # The library's product form of the squares costs some digits.
        np.testing.assert_allclose([p["distances"] for p in answer], away, rtol=1e-3)
        np.testing.assert_array_equal([p["labels"] for p in answer], label[places])
        got = [p["predicted_label"] for p in answer]
        np.testing.assert_array_equal(got, direct.predict(held))
        _, _, text = client.invoke(to_csv(held), Content_Type="text/csv")
        assert json.loads(text)["predictions"] == [{"predicted_label": value} for value in got]


def test_regression(ml: OptML) -> None:
    rows, label = load_diabetes(return_X_y=True)
    ml.channel("train", {"a": to_csv(label[:300], rows[:300])}, "text/csv;label_size=1")
    ml.channel("test", {"a": to_csv(label[300:], rows[300:])}, "text/csv;label_size=1")
    output = ml.train(
        settings(feature_dim="10", predictor_type="regressor", sample_size="300", k="7")
    )
    direct = KNeighborsRegressor(7).fit(rows[:300], label[:300])
    want = ((direct.predict(rows[300:]) - label[300:]) ** 2).mean()
    assert definitions(IMAGE, output)["test:mse"] == pytest.approx(want, rel=1e-3)


@pytest.mark.parametrize(
    ("changes", "least"),
    [
        ({"index_type": "faiss.IVFFlat"}, 0.92),
        ({"index_type": "faiss.IVFPQ", "faiss_index_pq_m": "12"}, 0.85),
        ({"index_metric": "COSINE"}, 0.95),
        ({"index_metric": "INNER_PRODUCT"}, 0.6),
        ({"dimension_reduction_type": "sign", "dimension_reduction_target": "32"}, 0.9),
        ({"dimension_reduction_type": "fjlt", "dimension_reduction_target": "32"}, 0.9),
        ({"sample_size": "500"}, 0.9),
    ],
)
def test_other_indexes(
    ml: OptML, digits: tuple[np.ndarray, np.ndarray], changes: dict[str, str], least: float
) -> None:
    """What approximates answers nearly as well, and a served model says the same as training."""
    rows, label = digits
    ml.channel("train", {"a": aialgs.dense(rows[:1500], label[:1500])}, None)
    ml.channel("test", {"a": aialgs.dense(rows[1500:], label[1500:])}, None)
    accuracy = definitions(IMAGE, ml.train(settings(**changes)))["test:accuracy"]
    assert accuracy > least
    with serving(IMAGE, ml.base) as client:
        _, _, text = client.invoke(to_csv(rows[1500:]), Content_Type="text/csv")
        got = [p["predicted_label"] for p in json.loads(text)["predictions"]]
        assert (np.array(got) == label[1500:]).mean() == pytest.approx(accuracy)


@pytest.mark.parametrize("kind", ["sign", "fjlt"])
@pytest.mark.parametrize("width", [100, 128])
def test_projections_keep_distances(kind: str, width: int) -> None:
    from knn.reduction import Reduction

    rows = np.random.default_rng(0).normal(size=(40, width)).astype(np.float32)
    lengths = [
        np.linalg.norm(Reduction(kind, seed, width, 64).apply(rows), axis=1) for seed in range(20)
    ]
    ratio = np.array(lengths) / np.linalg.norm(rows, axis=1)
    assert np.square(ratio).mean() == pytest.approx(1, abs=0.02)
    assert ratio.std() < 0.15


def test_metadata_can_be_edited(ml: OptML, digits: tuple[np.ndarray, np.ndarray]) -> None:
    """The documented model_algo-1.json decides about k and the type of prediction."""
    rows, label = digits
    ml.channel("train", {"a": aialgs.dense(rows[:300], label[:300])}, None)
    ml.train(settings(sample_size="300"))
    file = ml.base / "model" / "model_algo-1.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "k": 1}))
    with serving(IMAGE, ml.base) as client:
        _, _, text = client.invoke(to_csv(rows[:300]), Content_Type="text/csv")
        got = [p["predicted_label"] for p in json.loads(text)["predictions"]]
        np.testing.assert_array_equal(got, label[:300])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"predictor_type": "best"}, ["classifier, regressor"]),
        ({"dimension_reduction_type": "sign"}, ["dimension_reduction_target is missing"]),
        ({"dimension_reduction_target": "3"}, ["dimension_reduction_type is missing"]),
        (
            {"dimension_reduction_type": "sign", "dimension_reduction_target": "64"},
            ["less than feature_dim (64)"],
        ),
        ({"index_type": "faiss.IVFPQ", "index_metric": "COSINE"}, ["supports L2 only"]),
        ({"faiss_index_pq_m": "5"}, ["faiss_index_pq_m is 5"]),
        ({"index_type": "faiss.HNSW"}, ["faiss.IVFFlat"]),
        ({"index_type": "faiss.IVFPQ", "feature_dim": "2"}, ["2 sampled rows", "256"]),
        ({"feature_dim": "2", "index_type": "faiss.IVFFlat", "faiss_index_ivf_nlists": "9"}, ["9"]),
    ],
)
def test_refusals(ml: OptML, changes: dict[str, str], words: list[str]) -> None:
    ml.channel("train", {"a": "0,1,2\n1,3,4\n"}, "text/csv")
    ml.refused(settings(**changes), *words)
