"""images/kmeans: run as programs, beside scikit-learn's k-means."""

from __future__ import annotations

import json
import re
from pathlib import Path

import aialgs
import numpy as np
import pytest
from optml import IMAGES, OptML, definitions, to_csv
from program import serving
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits, load_iris

IMAGE = IMAGES / "kmeans"


@pytest.fixture
def ml(tmp_path: Path) -> OptML:
    return OptML(tmp_path / "ml", IMAGE)


def centers(ml: OptML) -> np.ndarray:
    with np.load(ml.base / "model" / "model_algo-1") as model:
        return model["centers"]


def distances(rows: np.ndarray, centers: np.ndarray) -> np.ndarray:
    return np.sqrt(((rows[:, None, :] - centers[None]) ** 2).sum(axis=-1))


@pytest.mark.parametrize("init", ["random", "kmeans++"])
def test_as_tight_as_scikit_learn(ml: OptML, init: str) -> None:
    rows = load_digits(return_X_y=True)[0].astype(np.float32)
    ml.channel("train", {"a": aialgs.dense(rows[:900]), "b": aialgs.dense(rows[900:])}, None)
    ml.channel("test", {"a": to_csv(rows)}, "text/csv;label_size=0")
    output = ml.train(
        {
            "k": "10",
            "feature_dim": "64",
            "epochs": "3",
            "mini_batch_size": "500",
            "init_method": init,
            "eval_metrics": '["msd", "ssd"]',
        }
    )
    nearest = distances(rows, centers(ml)).min(axis=1)
    want = KMeans(10, n_init=3, random_state=0).fit(rows).inertia_
    assert (nearest**2).sum() < 1.05 * want
    found = definitions(IMAGE, output)
    assert found["test:msd"] == pytest.approx((nearest**2).mean(), rel=1e-5)
    assert found["test:ssd"] == pytest.approx((nearest**2).sum(), rel=1e-5)
    assert found["train:msd"] == pytest.approx(found["test:msd"], rel=1e-5)
    assert found["train:progress"] == 100
    assert found["train:throughput"] > 0


def test_answers(ml: OptML) -> None:
    rows, label = load_iris(return_X_y=True)
    ml.channel("train", {"a": to_csv(label, rows)}, "text/csv")  # the label is there by default
    ml.train({"k": "3", "feature_dim": "4"})
    away = distances(rows, centers(ml))
    want = [[float(c), float(d)] for c, d in zip(away.argmin(1), away.min(1), strict=True)]
    with serving(IMAGE, ml.base) as client:
        body = to_csv(rows)
        _, kind, text = client.invoke(body, Content_Type="text/csv")
        assert kind == "application/json"
        got = json.loads(text)["predictions"]
        pairs = [[p["closest_cluster"], p["distance_to_cluster"]] for p in got]
        np.testing.assert_allclose(pairs, want, rtol=1e-4, atol=1e-5)
        _, _, text = client.invoke(body, Content_Type="text/csv", Accept="text/csv")
        np.testing.assert_allclose(np.loadtxt(text.split(), delimiter=","), pairs, rtol=1e-6)
        _, _, content = client.raw(
            "POST",
            "/invocations",
            aialgs.dense(rows),
            Content_Type="application/x-recordio-protobuf",
            Accept="application/x-recordio-protobuf",
        )
        records = aialgs.labels(content)
        assert [r["closest_cluster"] + r["distance_to_cluster"] for r in records] == pairs
        status, _, text = client.invoke("1,2\n", Content_Type="text/csv")
        assert (status, "2 features, the model 4" in text) == (400, True)


def test_old_points_count_less(ml: OptML) -> None:
    """half_life_time_size: centers follow data that drift."""
    from kmeans.clusters import MiniBatches

    away = {}
    for half_life in (0, 10):
        state = MiniBatches(np.zeros((1, 1)), np.zeros(1), half_life)
        for value in np.repeat(np.arange(20.0), 10).reshape(-1, 10, 1):
            state.update(value)
        away[half_life] = 19 - float(state.centers[0, 0])
    assert away[0] == pytest.approx(9.5)  # the plain mean
    assert away[10] == pytest.approx(1, abs=0.05)  # each ten points count half of the next ten


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"k": None}, ["k is missing"]),
        ({"k": "0", "feature_dim": "x"}, ["2 hyperparameters", "feature_dim is 'x'", "k is '0'"]),
        ({"init_method": "best"}, ["init_method is 'best'", "kmeans++"]),
        ({"eval_metrics": '["rmse"]'}, ["eval_metrics"]),
        ({"extra_center_factor": "0"}, ["1 or more, or auto"]),
        ({"local_lloyd_tol": "2"}, ["local_lloyd_tol"]),
        ({"clusters": "3"}, ["clusters is no hyperparameter"]),
        ({"feature_dim": "3"}, ["train/a has 2 features, not 3"]),
        ({"k": "5"}, ["3 rows", "5 clusters"]),
    ],
)
def test_refusals(ml: OptML, changes: dict[str, str | None], words: list[str]) -> None:
    ml.channel("train", {"a": "1,2\n3,4\n5,6\n"}, "text/csv;label_size=0")
    hyperparameters = {"k": "2", "feature_dim": "2", **changes}
    ml.refused({k: v for k, v in hyperparameters.items() if v is not None}, *words)


def test_refused_jobs(ml: OptML) -> None:
    settings = {"k": "1", "feature_dim": "2", "force_dense": "True", "_kvstore": "auto"}
    ml.refused(settings, "Channel train is missing")
    ml.channel("train", {"a": "1,2\n3,\n"}, "text/csv;label_size=0")
    ml.refused(settings, "train/a, row 2", "feature 2", "no missing values")
    ml.channel("train", {"a": "1,2\n"}, "text/libsvm")
    ml.refused(settings, "text/libsvm", "application/x-recordio-protobuf")
    ml.channel("train", {"a": b"no records"}, None)
    ml.refused(settings, "train/a, byte 0", "RecordIO")
    ml.config("resourceconfig", {"current_host": "algo-1", "hosts": ["algo-1", "algo-2"]})
    ml.refused(settings, "2 instances", "InstanceCount")


def test_pipe(ml: OptML) -> None:
    """TrainData-3, -4: a channel that streams, read to its end."""
    rows = load_iris(return_X_y=True)[0]
    ml.channel("train", {}, "text/csv;label_size=0")
    ml.pipe("train")
    process = ml.start({"k": "3", "feature_dim": "4"})
    with (ml.base / "input" / "data" / "train_0").open("w") as pipe:
        for part in np.array_split(rows, 5):
            pipe.write(to_csv(part))
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert re.search("150 rows of 4 features", output)
