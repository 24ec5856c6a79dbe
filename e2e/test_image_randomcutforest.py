"""images/randomcutforest: run as programs, beside a slow exact computation and another forest."""

from __future__ import annotations

import json
import math
from pathlib import Path

import aialgs
import numpy as np
import pytest
from optml import IMAGES, OptML, definitions, to_csv
from program import serving
from sklearn.ensemble import IsolationForest
from sklearn.metrics import precision_recall_fscore_support, roc_auc_score

from randomcutforest.forest import Forest

IMAGE = IMAGES / "randomcutforest"


@pytest.fixture
def ml(tmp_path: Path) -> OptML:
    return OptML(tmp_path / "ml", IMAGE)


@pytest.fixture(scope="module")
def anomalies() -> tuple[np.ndarray, np.ndarray]:
    """Two clouds, and a few points far from both."""
    rng = np.random.default_rng(3)
    normal = np.concatenate([rng.normal(0, 1, (600, 3)), rng.normal(6, 0.5, (380, 3))])
    odd = rng.uniform(-15, 20, (20, 3))
    rows = np.concatenate([normal, odd]).astype(np.float32)
    label = np.repeat([0, 1], [980, 20])
    order = rng.permutation(len(rows))
    return rows[order], label[order]


def grown(rows: np.ndarray, trees: int = 50, samples: int = 64) -> Forest:
    return Forest.grow(rows.astype(np.float32), trees, samples, np.random.default_rng(0))


def test_trees_are_what_they_should_be(anomalies: tuple[np.ndarray, np.ndarray]) -> None:
    """Boxes hold their children, cuts go through the box, masses add up, leaves are points."""
    forest = grown(anomalies[0])
    inner = np.flatnonzero(forest.left)
    left, right = forest.left[inner], forest.left[inner] + 1
    assert (forest.mass[left] + forest.mass[right] == forest.mass[inner]).all()
    np.testing.assert_array_equal(
        np.minimum(forest.low[left], forest.low[right]), forest.low[inner]
    )
    np.testing.assert_array_equal(
        np.maximum(forest.high[left], forest.high[right]), forest.high[inner]
    )
    every = np.arange(len(inner))
    dimension, cut = forest.dimension[inner], forest.cut[inner]
    assert (forest.high[left][every, dimension] <= cut).all()
    assert (forest.low[right][every, dimension] > cut).all()
    leaves = np.flatnonzero(forest.left == 0)
    np.testing.assert_array_equal(forest.low[leaves], forest.high[leaves])
    assert (forest.mass[: forest.trees] == 64).all()


def test_dimensions_are_cut_in_proportion() -> None:
    """A dimension's chance of the first cut is its share of the box's sides."""
    rows = np.random.default_rng(0).uniform(size=(200, 2)) * [1, 3]
    forest = grown(rows, 1000, 32)
    first = forest.dimension[: forest.trees]
    sides = (forest.high - forest.low)[: forest.trees]
    assert first.mean() == pytest.approx((sides[:, 1] / sides.sum(1)).mean(), abs=0.05)


def slowly(forest: Forest, point: np.ndarray) -> float:
    """The score by the definition, tree by tree and node by node."""

    def down(node: int, depth: int) -> float:
        low, high = forest.low[node].astype(float), forest.high[node].astype(float)
        wider = np.maximum(point, high) - np.minimum(point, low)
        apart = 1 - (high - low).sum() / wider.sum() if wider.sum() else 0.0
        unseen = 1 / (depth + 1)
        if not forest.left[node]:
            return unseen if apart else 1 / (depth + math.log2(forest.mass[node] + 1))
        right = point[forest.dimension[node]] > forest.cut[node]
        child = int(forest.left[node]) + int(right)
        return apart * unseen + (1 - apart) * (down(child, depth + 1) if apart < 1 else 0)

    scores = [down(tree, 0) * math.log2(forest.mass[tree] + 1) for tree in range(forest.trees)]
    return float(np.mean(scores))


def test_scores_equal_the_definition(anomalies: tuple[np.ndarray, np.ndarray]) -> None:
    rows = anomalies[0]
    forest = grown(np.concatenate([rows[:100], rows[:5]]))  # some points twice
    points = rows[:150:5]
    want = [slowly(forest, point) for point in points]
    np.testing.assert_allclose(forest.score(points), want, rtol=1e-5)


def test_constant_data() -> None:
    forest = grown(np.ones((20, 2)))
    same, other = forest.score(np.array([[1, 1], [1, 2]], np.float32))
    assert 0 < same < other


def test_anomalies_are_found(ml: OptML, anomalies: tuple[np.ndarray, np.ndarray]) -> None:
    rows, label = anomalies
    ml.channel("train", {"a": aialgs.dense(rows)}, None)
    ml.channel("test", {"a": to_csv(label, rows)}, "text/csv;label_size=1")
    output = ml.train({"feature_dim": "3", "num_trees": "100", "num_samples_per_tree": "128"})
    with serving(IMAGE, ml.base) as client:
        _, _, text = client.invoke(to_csv(rows), Content_Type="text/csv")
        scores = np.array([s["score"] for s in json.loads(text)["scores"]])
        _, _, content = client.raw(
            "POST",
            "/invocations",
            aialgs.sparse(rows[:9], label[:9]),
            Content_Type="application/x-recordio-protobuf",
            Accept="application/x-recordio-protobuf",
        )
        np.testing.assert_allclose(
            [r["score"][0] for r in aialgs.labels(content)], scores[:9], rtol=1e-6
        )
    isolation = -IsolationForest(random_state=0).fit(rows).score_samples(rows)
    assert roc_auc_score(label, scores) > max(0.98, roc_auc_score(label, isolation) - 0.01)
    guess = scores > scores.mean() + 3 * scores.std()
    precision, recall, f1, _ = precision_recall_fscore_support(label, guess, average="binary")
    found = definitions(IMAGE, output)
    assert found["test:f1"] == pytest.approx(f1)
    assert found["test:precision"] == pytest.approx(precision)
    assert found["test:recall"] == pytest.approx(recall)
    assert found["test:accuracy"] == pytest.approx((guess == label).mean())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"feature_dim": "20000"}, ["from 1 to 10000"]),
        ({"num_trees": "10"}, ["num_trees is '10'", "50 to 1000"]),
        ({"num_samples_per_tree": "4096"}, ["1 to 2048"]),
        ({"eval_metrics": '["f1"]'}, ["precision_recall_fscore"]),
        (
            {"num_trees": "1000", "num_samples_per_tree": "2048", "feature_dim": "10000"},
            ["GiB", "Lower num_trees"],
        ),
    ],
)
def test_refusals(ml: OptML, changes: dict[str, str], words: list[str]) -> None:
    ml.channel("train", {"a": "1,2\n3,4\n"}, "text/csv;label_size=0")
    ml.refused({"feature_dim": "2", **changes}, *words)
    ml.channel("test", {"a": "7,1,2\n"}, "text/csv;label_size=1")
    ml.refused({"feature_dim": "2"}, "Channel test has the label 7")
