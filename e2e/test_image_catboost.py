"""images/catboost: run as programs, beside CatBoost called directly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from optml import IMAGES, OptML, definitions, to_csv
from program import serving
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from test_image_lightgbm import split

IMAGE = IMAGES / "catboost"
FEW = {"iterations": "40", "learning_rate": "0.1", "verbose": "1000"}


@pytest.fixture
def ml(tmp_path: Path) -> OptML:
    return OptML(tmp_path / "ml", IMAGE)


@pytest.mark.parametrize(
    ("load", "count", "loss", "metric"),
    [
        (load_breast_cancer, 400, "Logloss", "AUC"),
        (load_iris, 100, "MultiClass", "MultiClass"),
        (load_diabetes, 300, "RMSE", "RMSE"),
    ],
)
def test_equals_the_library(ml: OptML, load: Any, count: int, loss: str, metric: str) -> None:
    import catboost

    x, y, held_x, held_y = split(load, count)
    ml.channel("training", {"a.csv": to_csv(y, x)}, "text/csv")
    ml.channel("validation", {"b.csv": to_csv(held_y, held_x)}, "text/csv")
    output = ml.train(FEW)
    direct = catboost.CatBoost(
        {
            "iterations": 40,
            "learning_rate": 0.1,
            "loss_function": loss,
            "eval_metric": metric,
            "random_seed": 1,
            "allow_writing_files": False,
            # SageMaker's defaults, where they are not the library's.
            "bagging_temperature": 1.0,
            "sampling_frequency": "PerTreeLevel",
        }
    )
    direct.fit(
        catboost.Pool(x, y),
        eval_set=catboost.Pool(held_x, held_y),
        early_stopping_rounds=5,
        use_best_model=True,
        verbose=False,
    )
    saved = catboost.CatBoost().load_model(str(ml.base / "model" / "model"))
    kind = "RawFormulaVal" if loss == "RMSE" else "Probability"
    want = direct.predict(held_x, prediction_type=kind)
    np.testing.assert_allclose(saved.predict(held_x, prediction_type=kind), want, rtol=1e-5)
    with serving(IMAGE, ml.base) as client:
        answer = json.loads(client.invoke(to_csv(held_x), Content_Type="text/csv")[2])
    got = answer["prediction" if loss == "RMSE" else "probabilities"]
    np.testing.assert_allclose(got, want, rtol=1e-5)
    best = direct.get_best_score()["validation"][metric]
    assert definitions(IMAGE, output) == {metric: pytest.approx(best, rel=1e-6)}
    assert "bestTest = " in output


def test_categories_are_text(ml: OptML) -> None:
    """Categories reach the library as they are written, so its own model file knows them."""
    import catboost

    rng = np.random.default_rng(0)
    colours = np.array(["red", "green", "blue"])[rng.integers(0, 3, 400)]
    size = rng.normal(size=400)
    label = ((colours == "red") ^ (size > 0)).astype(int)
    text = "".join(f"{y},{c},{s}\n" for y, c, s in zip(label, colours, size, strict=True))
    index = '{"cat_index_list": [1]}'
    ml.channel("training", {"training/a.csv": text, "categorical_index.json": index}, "text/csv")
    output = ml.train({**FEW, "eval_metric": "Accuracy"})
    assert definitions(IMAGE, output)["Accuracy"] > 0.9
    rows = [["red", 1.0], ["blue", 1.0], ["violet", -1.0]]
    saved = catboost.CatBoost().load_model(str(ml.base / "model" / "model"))
    want = saved.predict(rows, prediction_type="Probability")
    with serving(IMAGE, ml.base) as client:
        body = "red,1\nblue,1\nviolet,-1\n"
        answer = json.loads(client.invoke(body, Content_Type="text/csv")[2])
    np.testing.assert_allclose(answer["probabilities"], want, rtol=1e-6)
    assert answer["predicted_label"][:2] == [0, 1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"depth": "17"}, ["depth is '17'", "from 1 to 16"]),
        ({"thread_count": "0"}, ["-1 or a positive integer"]),
        ({"max_bin": "many"}, ["or Auto"]),
        ({"max_leaves": "8"}, ["grow_policy Lossguide only"]),
        ({"min_data_in_leaf": "8"}, ["Lossguide and Depthwise"]),
        ({"grow_policy": "Depthwise", "boosting_type": "Ordered"}, ["Ordered needs"]),
        ({"eval_metric": "AUC"}, ["eval_metric AUC does not fit", "RMSE"]),
        ({"loss_function": "Logloss"}, ["needs labels that are classes"]),
        ({"leaves": "3"}, ["leaves is no hyperparameter"]),
    ],
)
def test_refusals(ml: OptML, changes: dict[str, str], words: list[str]) -> None:
    ml.channel("training", {"a.csv": "1.5,2\n2.25,3\n3.5,4\n"}, "text/csv")
    ml.refused(changes, *words)


@pytest.mark.parametrize(
    "changes",
    [
        {"grow_policy": "Lossguide", "max_leaves": "8", "min_data_in_leaf": "3"},
        {"boosting_type": "Plain", "max_bin": "32", "early_stopping_rounds": "0"},
        {"scale_pos_weight": "2", "sampling_frequency": "PerTree", "rsm": "0.5"},
    ],
)
def test_other_settings(ml: OptML, changes: dict[str, str]) -> None:
    x, y, held_x, held_y = split(load_breast_cancer, 400)
    ml.channel("training", {"a.csv": to_csv(y, x)}, "text/csv")
    ml.channel("validation", {"b.csv": to_csv(held_y, held_x)}, "text/csv")
    assert definitions(IMAGE, ml.train({**FEW, **changes}))["AUC"] > 0.97
