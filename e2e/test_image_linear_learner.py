"""images/linear-learner: run as programs, beside scikit-learn's linear models."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from typing import Any

import aialgs
import numpy as np
import pytest
from optml import IMAGES, OptML, definitions, to_csv
from program import serving
from sklearn import metrics as sk
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression, QuantileRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from linear_learner import calibration, evaluation, losses, settings

IMAGE = IMAGES / "linear-learner"
Split = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@pytest.fixture
def ml(tmp_path: Path) -> OptML:
    return OptML(tmp_path / "ml", IMAGE)


def split(data: Any, train: int) -> Split:
    rows, label = data(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(label))
    rows, label = rows[order].astype(np.float32), label[order]
    return rows[:train], label[:train], rows[train:], label[train:]


@pytest.fixture(scope="module")
def cancer() -> Split:
    return split(load_breast_cancer, 400)


def channels(ml: OptML, data: Split) -> None:
    x, y, held_x, held_y = data
    ml.channel("train", {"a": aialgs.dense(x, y)}, None)
    ml.channel("validation", {"a": to_csv(held_y, held_x)}, "text/csv")
    ml.channel("test", {"a": aialgs.dense(held_x, held_y)}, "application/x-recordio-protobuf")


def test_binary_classifier(ml: OptML, cancer: Split) -> None:
    x, y, held_x, held_y = cancer
    channels(ml, cancer)
    output = ml.train({"feature_dim": "30", "predictor_type": "binary_classifier"})
    found = definitions(IMAGE, output)
    direct = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(x, y)
    assert found["test:binary_classification_accuracy"] >= direct.score(held_x, held_y) - 0.01
    least = sk.log_loss(held_y, direct.predict_proba(held_x))
    assert found["test:objective_loss"] < 1.15 * least
    with serving(IMAGE, ml.base) as client:
        _, _, text = client.invoke(to_csv(held_x), Content_Type="text/csv")
        answer = json.loads(text)["predictions"]
    score = np.array([p["score"] for p in answer])
    guess = np.array([p["predicted_label"] for p in answer])
    assert set(guess.tolist()) <= {0, 1}
    # What training printed are the metrics of what is served.
    want = {
        "binary_classification_accuracy": sk.accuracy_score(held_y, guess),
        "binary_f_beta": sk.f1_score(held_y, guess),
        "precision": sk.precision_score(held_y, guess),
        "recall": sk.recall_score(held_y, guess),
        "roc_auc_score": sk.roc_auc_score(held_y, score),
        "objective_loss": sk.log_loss(held_y, score),
    }
    for name, value in want.items():
        assert found[f"test:{name}"] == pytest.approx(value, rel=1e-4), name
    epochs = re.findall(r"epoch=(\d+), validation \w+_objective <loss>=", output)
    assert epochs == [str(number) for number in range(len(epochs))]
    assert found["validation:objective_loss:final"] == pytest.approx(found["test:objective_loss"])


def test_classes(ml: OptML) -> None:
    data = split(load_iris, 100)
    x, y, held_x, held_y = data
    channels(ml, data)
    output = ml.train(
        {"predictor_type": "multiclass_classifier", "num_classes": "3", "accuracy_top_k": "2"}
    )
    found = definitions(IMAGE, output)
    direct = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(x, y)
    assert found["test:multiclass_accuracy"] >= direct.score(held_x, held_y) - 0.03
    with serving(IMAGE, ml.base) as client:
        _, _, text = client.invoke(
            to_csv(held_x), Content_Type="text/csv", Accept="application/jsonlines"
        )
        answer = [json.loads(line) for line in text.splitlines()]
    score = np.array([p["score"] for p in answer])
    guess = np.array([p["predicted_label"] for p in answer])
    np.testing.assert_allclose(score.sum(axis=1), 1, rtol=1e-5)
    score /= score.sum(axis=1, keepdims=True)
    np.testing.assert_array_equal(guess, score.argmax(axis=1))
    want = {
        "objective_loss": sk.log_loss(held_y, score),
        "multiclass_accuracy": (guess == held_y).mean(),
        "multiclass_top_k_accuracy": sk.top_k_accuracy_score(held_y, score, k=2),
        "macro_recall": sk.recall_score(held_y, guess, average="macro"),
        "macro_precision": sk.precision_score(held_y, guess, average="macro"),
        "macro_f_beta": sk.f1_score(held_y, guess, average="macro"),
        "dcg": sk.dcg_score(np.eye(3)[held_y], score),
    }
    for name, value in want.items():
        assert found[f"test:{name}"] == pytest.approx(value, rel=1e-4), name


def test_regression(ml: OptML) -> None:
    data = split(load_diabetes, 300)
    x, y, held_x, held_y = data
    channels(ml, data)
    found = definitions(IMAGE, ml.train({"feature_dim": "10", "predictor_type": "regressor"}))
    direct = sk.mean_squared_error(held_y, LinearRegression().fit(x, y).predict(held_x))
    assert found["test:mse"] < 1.02 * direct
    with serving(IMAGE, ml.base) as client:
        _, _, content = client.raw(
            "POST",
            "/invocations",
            aialgs.dense(held_x),
            Content_Type="application/x-recordio-protobuf",
            Accept="application/x-recordio-protobuf",
        )
    score = np.array([row["score"][0] for row in aialgs.labels(content)])
    assert found["test:mse"] == pytest.approx(sk.mean_squared_error(held_y, score), rel=1e-4)
    assert found["test:absolute_loss"] == pytest.approx(
        sk.mean_absolute_error(held_y, score), rel=1e-4
    )
    assert found["validation:rmse"] == pytest.approx(found["test:mse"] ** 0.5, rel=1e-4)


def test_quantiles(ml: OptML) -> None:
    """With a quantile of 0.9, nine labels of ten lie below the prediction."""
    x, y, _, _ = split(load_diabetes, 442)
    ml.channel("train", {"a": to_csv(y, x)}, "text/csv")
    output = ml.train(
        {
            "feature_dim": "10",
            "predictor_type": "regressor",
            "loss": "quantile_loss",
            "quantile": "0.9",
            "epochs": "40",
        }
    )
    loss = definitions(IMAGE, output)["train:objective_loss:final"]
    direct = QuantileRegressor(quantile=0.9, alpha=0).fit(StandardScaler().fit_transform(x), y)
    least = sk.mean_pinball_loss(y, direct.predict(StandardScaler().fit_transform(x)), alpha=0.9)
    assert least * 0.999 < loss < 1.03 * least


NAMES = [name for group in settings.LOSSES.values() for name in group]


@pytest.mark.parametrize("name", NAMES)
def test_slopes_are_derivatives(name: str) -> None:
    """A loss's slope is its derivative, and vanishing scales change nothing."""
    chosen = {"loss": name, "huber_delta": 1.0, "loss_insensitivity": 0.1}
    loss = losses.make({**chosen, "margin": 1.0, "quantile": 0.3})
    rng = np.random.default_rng(0)
    shape = (50, 4, 3) if name == "softmax_loss" else (50, 4)
    raw = rng.normal(0, 3, shape)
    label = rng.normal(0, 3, 50)
    if name in ("logistic", "hinge_loss", "softmax_loss"):
        label = rng.integers(0, 3 if name == "softmax_loss" else 2, 50).astype(float)
    slope = loss.slope(raw, label)
    step = 1e-6
    for place in np.ndindex(*shape[2:]):
        moved = np.zeros(shape)
        moved[(..., *place)] = step
        change = (loss.value(raw + moved, label) - loss.value(raw - moved, label)) / (2 * step)
        np.testing.assert_allclose(slope[(..., *place)], change, atol=1e-4)
    assert np.isfinite(loss.value(raw * 1e4, label)).all()


@pytest.mark.parametrize("criterion", settings.CRITERIA[:4])
def test_thresholds_are_the_best(criterion: str) -> None:
    """No threshold does better by the criterion than the chosen one."""
    rng = np.random.default_rng(1)
    for _ in range(5):
        truth = rng.integers(0, 2, 30)
        score = np.round(rng.normal(truth, 1.2), 1)  # with ties
        chosen = {
            "binary_classifier_model_selection_criteria": criterion,
            "f_beta": 2.0,
            "target_precision": 0.7,
            "target_recall": 0.7,
        }
        threshold, value = calibration.best_threshold(score, truth, chosen)

        def judged(guess: np.ndarray, truth: np.ndarray = truth) -> float:
            precision = sk.precision_score(truth, guess, zero_division=0)
            recall = sk.recall_score(truth, guess, zero_division=0)
            return {
                "accuracy": sk.accuracy_score(truth, guess),
                "f_beta": sk.fbeta_score(truth, guess, beta=2, zero_division=0),
                "precision_at_target_recall": precision if recall >= 0.7 else recall - 0.7,
                "recall_at_target_precision": recall if precision >= 0.7 else precision - 0.7,
            }[criterion]

        assert judged(score > threshold) == pytest.approx(value, abs=1e-6)
        cuts = [-np.inf, *np.unique(score)]
        assert value == pytest.approx(max(judged(score > cut) for cut in cuts), abs=1e-6)


def test_roc_auc() -> None:
    rng = np.random.default_rng(0)
    truth, score = rng.integers(0, 2, 300), np.round(rng.normal(size=300), 1)
    assert calibration.roc_auc(score, truth) == pytest.approx(sk.roc_auc_score(truth, score))
    assert calibration.roc_auc(score, np.zeros(300)) == 0.5
    found = evaluation.binary(score, (score > 0).astype(int), truth, 0.5)
    want = sk.fbeta_score(truth, score > 0, beta=0.5)
    assert found["binary_f_0.500"] == pytest.approx(want)


def test_target_recall(ml: OptML, cancer: Split) -> None:
    channels(ml, cancer)
    output = ml.train(
        {
            "predictor_type": "binary_classifier",
            "binary_classifier_model_selection_criteria": "precision_at_target_recall",
            "target_recall": "1.0",
            "positive_example_weight_mult": "auto",
        }
    )
    assert definitions(IMAGE, output)["validation:recall"] == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "sgd", "mini_batch_size": "20"},
        {"optimizer": "rmsprop", "mini_batch_size": "20"},
        {"loss": "hinge_loss"},
        {"positive_example_weight_mult": "balanced", "use_lr_scheduler": "false"},
        {"num_models": "1", "learning_rate": "0.1", "wd": "0.01", "init_method": "normal"},
        {"_tuning_objective_metric": "validation:objective_loss", "learning_rate": "0.1"},
    ],
)
def test_other_settings_learn_too(ml: OptML, cancer: Split, changes: dict[str, str]) -> None:
    channels(ml, cancer)
    output = ml.train({"predictor_type": "binary_classifier", **changes})
    assert definitions(IMAGE, output)["test:binary_classification_accuracy"] > 0.95
    alone = "num_models" in changes or "_tuning_objective_metric" in changes
    assert f"Training {1 if alone else 32} models" in output


def test_l1_leaves_features_out(ml: OptML, cancer: Split) -> None:
    channels(ml, cancer)
    ml.train({"predictor_type": "binary_classifier", "l1": "0.05", "wd": "0", "num_models": "1"})
    with np.load(ml.base / "model" / "model_algo-1") as model:
        assert 2 < (model["weights"] != 0).sum() < 20


def test_a_stopped_job_keeps_its_model_and_goes_on(ml: OptML, cancer: Split) -> None:
    """TrainContainer-17, and a checkpoint: what is resumed ends as what was never interrupted."""
    x, y, _, _ = cancer
    ml.channel("train", {"a": aialgs.dense(x, y)}, None)
    hyperparameters = {
        "predictor_type": "binary_classifier",
        "epochs": "150",
        "early_stopping_patience": "1000",
        "mini_batch_size": "4",
        "optimizer": "adam",
        "num_models": "2",
    }
    (ml.base / "checkpoints").mkdir()
    process = ml.start(hyperparameters)
    assert process.stdout
    while "epoch=2," not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "the model so far is kept" in output
    model = ml.base / "model" / "model_algo-1"
    first = model.read_bytes()
    output = ml.train(hyperparameters)
    assert "Going on after epoch" in output
    assert "epoch=0," not in output
    resumed = np.load(model)["weights"]
    assert model.read_bytes() != first
    (ml.base / "checkpoints" / "checkpoint.npz").write_bytes(b"damaged")
    output = ml.train(hyperparameters)
    assert "cannot be read" in output
    np.testing.assert_array_equal(np.load(model)["weights"], resumed)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"predictor_type": None}, ["predictor_type is missing"]),
        ({"predictor_type": "classifier"}, ["binary_classifier"]),
        ({"predictor_type": "multiclass_classifier"}, ["num_classes is missing"]),
        ({"loss": "squared_loss"}, ["logistic, hinge_loss, or auto"]),
        ({"learning_rate": "-1"}, ["learning_rate", "more than 0, or auto"]),
        ({"positive_example_weight_mult": "0"}, ["balanced or auto"]),
        ({"epochs": "0", "beta_1": "2", "depth": "3"}, ["3 hyperparameters", "depth is no"]),
        ({"feature_dim": "3"}, ["2 features, not 3"]),
        ({}, ["Channel train has the label 2", "0 or 1"]),
        ({"predictor_type": "multiclass_classifier", "num_classes": "3"}, ["label 0.5"]),
    ],
)
def test_refusals(ml: OptML, changes: dict[str, str | None], words: list[str]) -> None:
    label = "0.5" if "num_classes" in changes else "2"
    ml.channel("train", {"a": f"1,2,3\n{label},3,4\n"}, "text/csv")
    merged = {"predictor_type": "binary_classifier", "feature_dim": "2", **changes}
    ml.refused({k: v for k, v in merged.items() if v is not None}, *words)


def test_divergence_is_a_reason(ml: OptML, cancer: Split) -> None:
    x, y, _, _ = cancer
    ml.channel("train", {"a": aialgs.dense(x * 1e6, y)}, None)
    settings = {
        "predictor_type": "regressor",
        "optimizer": "sgd",
        "learning_rate": "1e6",
        "num_models": "1",
        "normalize_data": "false",
    }
    ml.refused(settings, "diverged", "learning_rate")
