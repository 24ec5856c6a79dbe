"""images/lightgbm: run as programs, beside LightGBM called directly."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from optml import IMAGES, OptML, definitions, to_csv
from program import serving
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris

IMAGE = IMAGES / "lightgbm"
QUIET = {"verbosity": "-1"}
DEFAULTS = {
    "learning_rate": 0.1,
    "num_leaves": 64,
    "feature_fraction": 0.9,
    "bagging_fraction": 0.9,
    "bagging_freq": 1,
    "max_depth": 6,
    "min_data_in_leaf": 3,
    "verbosity": -1,
    "num_threads": 1,
}
"""SageMaker's, as the developer guide lists them where they differ from the library's."""


@pytest.fixture
def ml(tmp_path: Path) -> OptML:
    return OptML(tmp_path / "ml", IMAGE)


def split(data: Any, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rows, label = data(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(label))
    rows, label = rows[order].astype(np.float32), label[order]
    return rows[:count], label[:count], rows[count:], label[count:]


def directly(parameters: dict[str, Any], data: Any, stop: int = 10) -> Any:
    import lightgbm

    x, y, held_x, held_y = data
    train = lightgbm.Dataset(x, y)
    return lightgbm.train(
        {**DEFAULTS, **parameters},
        train,
        100,
        valid_sets=[train.create_valid(held_x, held_y)],
        callbacks=[lightgbm.early_stopping(stop, verbose=False)],
    )


@pytest.mark.parametrize(
    ("load", "count", "objective", "metric"),
    [
        (load_breast_cancer, 400, "binary", "binary_logloss"),
        (load_iris, 100, "multiclass", "multi_logloss"),
        (load_diabetes, 300, "regression", "rmse"),
    ],
)
def test_equals_the_library(ml: OptML, load: Any, count: int, objective: str, metric: str) -> None:
    """The kind of task follows from the labels; everything else is the library's."""
    data = split(load, count)
    ml.channel("train", {"a.csv": to_csv(data[1], data[0])}, "text/csv")
    ml.channel("validation", {"b.csv": to_csv(data[3], data[2])}, "text/csv")
    output = ml.train({**QUIET, "num_threads": "1"})
    more = {"num_class": 3} if objective == "multiclass" else {}
    direct = directly({"objective": objective, "metric": metric, **more}, data)
    want = direct.predict(data[2])
    with serving(IMAGE, ml.base) as client:
        _, kind, text = client.invoke(to_csv(data[2]), Content_Type="text/csv")
    assert kind == "application/json"
    answer = json.loads(text)
    if objective == "regression":
        np.testing.assert_allclose(answer["prediction"], want, rtol=1e-6)
    else:
        got = np.array(answer["probabilities"])
        want = np.column_stack([1 - want, want]) if want.ndim == 1 else want
        np.testing.assert_allclose(got, want, rtol=1e-6)
        assert answer["labels"] == sorted(set(data[1].tolist()))
        assert answer["predicted_label"] == got.argmax(axis=1).tolist()
    lines = [line for line in output.splitlines() if f"{metric}: " in line]
    assert lines[0].startswith(f"[1]#011valid_0's {metric}: ")
    best = direct.best_score["valid_0"][metric]
    values = [float(line.rpartition(" ")[2]) for line in lines]
    assert min(values) == pytest.approx(best, abs=1e-7)
    assert list(definitions(IMAGE, output)) == [metric]


def test_one_channel_with_folders_and_categories(ml: OptML) -> None:
    """The layout with one channel, text as categories, and a fifth of the rows set apart."""
    rng = np.random.default_rng(0)
    colours = np.array(["red", "green", "blue"])[rng.integers(0, 3, 600)]
    size = rng.normal(size=600)
    label = ((colours == "red") ^ (size > 0)).astype(int)
    rows = zip(label, size, colours, strict=True)
    ml.channel(
        "training",
        {
            "train/a.csv": "".join(f'{y},{s},"{c}"\n' for y, s, c in rows),
            "categorical_index.json": '{"cat_index_list": [2]}',
        },
        "text/csv",
    )
    output = ml.train({**QUIET, "metric": "binary_error"})
    assert "120 rows of 600 are set apart" in output
    assert definitions(IMAGE, output)["binary_error"] < 0.05
    with serving(IMAGE, ml.base) as client:
        _, _, text = client.invoke("1,red\n1,blue\n-1,violet\n", Content_Type="text/csv")
        assert json.loads(text)["predicted_label"][:2] == [0, 1]


def test_labels_may_be_any_whole_numbers(ml: OptML) -> None:
    x, y, held_x, held_y = split(load_iris, 100)
    names = np.array([7, 3, 12])
    ml.channel("train", {"a": to_csv(names[y], x)}, None)
    ml.channel("validation", {"a": to_csv(names[held_y], held_x)}, None)
    ml.train(QUIET)
    with serving(IMAGE, ml.base) as client:
        answer = json.loads(client.invoke(to_csv(held_x), Content_Type="text/csv")[2])
    assert answer["labels"] == [3, 7, 12]
    assert (np.array(answer["predicted_label"]) == names[held_y]).mean() > 0.9


def test_sigterm_keeps_the_model_so_far(ml: OptML) -> None:
    """TrainContainer-17."""
    import lightgbm

    x, y, held_x, held_y = split(load_diabetes, 300)
    ml.channel("train", {"a": to_csv(y, x)}, "text/csv")
    ml.channel("validation", {"a": to_csv(held_y, held_x)}, "text/csv")
    process = ml.start({**QUIET, "num_boost_round": "1000000", "early_stopping_rounds": "0"})
    assert process.stdout
    while not process.stdout.readline().startswith("[5]#011"):
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    model = lightgbm.Booster(model_file=ml.base / "model" / "model.txt")
    assert model.num_trees() >= 5


@pytest.mark.parametrize(
    ("changes", "files", "words"),
    [
        ({"num_leaves": "1"}, {}, ["num_leaves is '1'", "from 2 to 131072"]),
        ({"metric": "rmsle"}, {}, ["metric is 'rmsle'", "binary_logloss"]),
        ({"metric": "auc_mu"}, {}, ["metric auc_mu does not fit", "regression"]),
        ({"objective": "binary"}, {}, ["needs labels that are classes"]),
        ({"boosting": "rf", "bagging_freq": "0"}, {}, ["boosting rf needs"]),
        ({"is_unbalance": "True", "scale_pos_weight": "2"}, {}, ["exclude each other"]),
        ({"trees": "3"}, {}, ["trees is no hyperparameter"]),
        ({}, {"a.csv": "1.5,red\n"}, ["a.csv", "'red'"]),
        ({}, {"a.csv": "1\n2\n"}, ["a.csv has one column"]),
        ({}, {"a.csv": ",1\n2,2\n"}, ["row 1 has no label"]),
        ({}, {"categorical_index.json": "[2]"}, ["categorical_index.json must be"]),
        ({}, {"categorical_index.json": '{"cat_index_list": [9]}'}, ["names column 9"]),
        ({}, {"validation/a.csv": "1,2,3\n"}, ["1 features, the validation data 2"]),
    ],
)
def test_refusals(
    ml: OptML, changes: dict[str, str], files: dict[str, str | bytes], words: list[str]
) -> None:
    ml.channel("train", {"a.csv": "1.5,2\n2.25,3\n3.5,4\n", **files}, "text/csv")
    ml.refused({**QUIET, **changes}, *words)


HOST: dict[str, Any] = {
    "failed": False,
    "features": 3,
    "labels": [0, 1],
    "held": "x",
    "machine": "10.0.0.1:1",
}


@pytest.mark.parametrize(
    ("other", "reason", "classes"),
    [
        ({}, "", [0, 1]),
        ({"labels": [2]}, "", [0, 1, 2]),
        ({"labels": None}, "", None),
        ({"failed": True}, "because of host algo-2", None),
        ({"features": 4}, "same number of features", None),
        ({"held": "y"}, "FullyReplicated", None),
    ],
)
def test_what_hosts_agree_on(other: dict[str, Any], reason: str, classes: list[int] | None) -> None:
    from lgbimage import cluster

    plan = cluster._decide({"algo-1": HOST, "algo-2": {**HOST, **other}})
    assert reason in plan["reason"]
    assert bool(plan["reason"]) == bool(reason)
    if not reason:
        assert plan["classes"] == classes
        assert len(plan["machines"]) == 2


def test_refused_jobs(ml: OptML) -> None:
    ml.channel("validation", {"a": "1,2\n"}, "text/csv")
    ml.refused({}, "Channel train is missing")
    ml.channel("train", {"a": "1,2\n"}, "application/x-recordio-protobuf")
    ml.refused({}, "application/x-recordio-protobuf", "text/csv")
    ml.channel("train", {}, "text/csv")
    ml.pipe("train")
    ml.refused({}, "Pipe")
