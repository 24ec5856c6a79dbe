"""Make models with the libraries, rows, and what the libraries predict for them.

    python algo/trees/testdata/make.py corpus.tar.gz [SEED …]

Each case is three files: NAME.model, NAME.rows (float32, a row after the other)
and NAME.want (float64); XGBoost's have NAME.sparse beside them, the prediction
from a matrix that names its features. The archive beside this program was made
with seed 0 and the packages of the tests (e2e/run.py); trees_test.go reads it.
"""

from __future__ import annotations

import gzip
import io
import os
import sys
import tarfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "images" / "sklearn"))

FEATURES = 6
CATEGORIES = 40


def rows(rng: np.random.Generator, count: int, model: Any = None) -> np.ndarray:
    """Rows with ordinary numbers, and with those that programs stumble over."""
    out = rng.normal(size=(count, FEATURES)).astype(np.float32)
    out[:, 4] = rng.integers(-1, CATEGORIES + 30, count)
    out[:, 5] = rng.poisson(1.0, count)
    odd = np.array(
        [np.nan, 0.0, -0.0, 1e-36, -1e-36, 3.4e38, -3.4e38, 1e-45, 0.5, -0.5, 2**24, 2**31],
        np.float32,
    )
    where = rng.random(out.shape) < 0.15
    out[where] = rng.choice(odd, int(where.sum()))
    return out


def data(rng: np.random.Generator, count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Rows to train on, with missing values, and a signal in all of them."""
    x = rng.normal(size=(count, FEATURES)).astype(np.float32)
    x[:, 4] = rng.integers(0, CATEGORIES, count)
    x[:, 5] = rng.poisson(1.0, count)
    y = x[:, 0] + x[:, 1] * x[:, 2] + (x[:, 4] % 3 - 1) + rng.normal(scale=0.3, size=count)
    x[rng.random(x.shape) < 0.1] = np.nan
    x[:, 4] = np.where(np.isnan(x[:, 4]), 0, x[:, 4])
    return x, y.astype(np.float32)


Case = tuple[str, bytes, np.ndarray, dict[str, np.ndarray]]


def xgboost_cases(seed: int) -> Iterator[Case]:
    """Every objective, booster and format."""
    import xgboost

    plain = [
        "reg:squarederror reg:pseudohubererror reg:absoluteerror reg:quantileerror",
        "rank:pairwise rank:ndcg reg:linear",
    ]
    positive = "count:poisson reg:gamma reg:tweedie survival:cox survival:aft reg:squaredlogerror"
    binary = "binary:logistic reg:logistic binary:logitraw binary:hinge rank:map"
    several = "multi:softprob multi:softmax"
    settings: list[dict[str, Any]] = []
    for name in " ".join([*plain, positive, binary, several]).split():
        settings.append({"objective": name})
    for booster in ("dart", "gblinear"):
        for name in ("reg:squarederror", "binary:logistic", "multi:softprob", "count:poisson"):
            settings.append({"objective": name, "booster": booster})
    settings.append({"objective": "reg:squarederror", "categorical": True})
    settings.append({"objective": "binary:logistic", "categorical": True, "num_parallel_tree": 3})
    settings.append({"objective": "reg:squarederror", "targets": 2})
    settings.append({"objective": "reg:quantileerror", "quantile_alpha": [0.1, 0.5, 0.9]})
    for number, setting in enumerate(settings):
        rng = np.random.default_rng([seed, number])
        x, y = data(rng)
        name = setting["objective"]
        parameters: dict[str, Any] = {"max_depth": 3, "eta": 0.3, "seed": seed, **setting}
        categorical, targets = parameters.pop("categorical", False), parameters.pop("targets", 1)
        if rng.random() < 0.5 and targets == 1 and "quantile" not in name:
            parameters["base_score"] = float(np.float32(rng.uniform(0.05, 0.9)))
        if name in positive:
            y = np.abs(y) + 0.1
        elif name in binary:
            y = (y > 0).astype(np.float32)
        elif name in several:
            y = np.digitize(y, [-1, 1]).astype(np.float32)
            parameters["num_class"] = 3
        elif name in ("rank:pairwise", "rank:ndcg"):
            y = np.digitize(y, [-1, 1]).astype(np.float32)
        elif name == "reg:quantileerror":
            parameters.setdefault("quantile_alpha", 0.7)
        if parameters.get("booster") == "dart":
            parameters["rate_drop"] = 0.4
        if parameters.get("booster") == "gblinear":
            parameters.pop("max_depth")
        types = ["q"] * FEATURES
        if categorical:
            types[4] = "c"
            parameters["max_cat_to_onehot"] = int(rng.choice([1, 100]))
        matrix = xgboost.DMatrix(
            x,
            np.column_stack([y] * targets) if targets > 1 else y,
            feature_types=types,
            enable_categorical=True,
        )
        if name.startswith("rank"):
            matrix.set_group([20] * 20)
        if name == "survival:aft":
            matrix.set_float_info("label_lower_bound", y)
            matrix.set_float_info("label_upper_bound", y * 1.5)
        model = xgboost.train(parameters, matrix, 4)
        model.feature_types = None
        given = rows(rng, 60)
        if categorical:
            given[:, 4] = np.where(np.isnan(given[:, 4]) | (given[:, 4] < 0), np.nan, given[:, 4])
        sparse = model.predict(xgboost.DMatrix(given), validate_features=False)
        dense = sparse
        if parameters.get("booster") != "gblinear":
            dense = model.inplace_predict(given, validate_features=False)
        label = "-".join(
            [name.replace(":", "-"), parameters.get("booster", "tree")]
            + ["categorical"] * categorical
            + ["several"] * (targets > 1 or "quantile_alpha" in setting)
        )
        formats = ["json", "ubj", "deprecated"] if number % 4 == seed % 4 else ["json"]
        for form in formats:
            if form == "deprecated" and (categorical or targets > 1 or "quantile" in name):
                continue
            content = bytes(model.save_raw(form))
            yield f"xgboost-{label}-{form}", content, given, {"want": dense, "sparse": sparse}


def lightgbm_cases(seed: int) -> Iterator[Case]:
    """Every objective and boosting, with each way to treat missing values."""
    import lightgbm

    settings: list[dict[str, Any]] = [
        {"objective": name}
        for name in [
            "regression",
            "regression_l1",
            "huber",
            "fair",
            "quantile",
            "mape",
            "poisson",
            "gamma",
            "tweedie",
            "binary",
            "multiclass",
            "multiclassova",
            "cross_entropy",
            "cross_entropy_lambda",
            "lambdarank",
        ]
    ]
    settings += [
        {"objective": "regression", "reg_sqrt": True},
        {"objective": "binary", "sigmoid": 0.7},
        {"objective": "regression", "boosting": "dart"},
        {"objective": "binary", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5},
        {"objective": "regression", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5},
        {"objective": "regression", "zero_as_missing": True},
        {"objective": "regression", "use_missing": False},
        {"objective": "binary", "categorical_feature": [4]},
        {"objective": "multiclass", "categorical_feature": [4], "max_cat_to_onehot": 100},
        {"objective": "regression", "linear_trees": False, "num_leaves": 2},
    ]
    for number, setting in enumerate(settings):
        rng = np.random.default_rng([seed, 100 + number])
        x, y = data(rng)
        name = setting["objective"]
        parameters = {"verbosity": -1, "num_leaves": 8, "seed": seed, "num_threads": 1, **setting}
        parameters["min_data_in_leaf"] = 5
        parameters.pop("linear_trees", None)
        categorical = parameters.pop("categorical_feature", "auto")
        if name in ("binary", "cross_entropy", "cross_entropy_lambda"):
            y = (y > 0).astype(np.float32)
        elif name.startswith("multiclass"):
            y = np.digitize(y, [-1, 1]).astype(np.float32)
            parameters["num_class"] = 3
        elif name == "lambdarank":
            y = np.digitize(y, [-1, 1]).astype(np.float32)
        elif name in ("poisson", "gamma", "tweedie", "mape") or "reg_sqrt" in setting:
            y = np.abs(y) + 0.1
        group = [20] * 20 if name == "lambdarank" else None
        matrix = lightgbm.Dataset(
            x, y, group=group, categorical_feature=categorical, params=parameters
        )
        model = lightgbm.train(parameters, matrix, 4)
        given = rows(rng, 60)
        want = np.asarray(model.predict(given, num_threads=1))
        label = "-".join(
            str(v) if k in ("objective", "boosting") else k for k, v in setting.items()
        )
        yield f"lightgbm-{label}", model.model_to_string().encode(), given, {"want": want}


def sklearn_cases(seed: int) -> Iterator[Case]:
    """Every kind of model that the format sagebrush-trees holds."""
    from sklearn import ensemble, tree

    import sagebrush_trees

    settings: list[tuple[Any, dict[str, Any]]] = [
        (tree.DecisionTreeClassifier, {}),
        (tree.DecisionTreeRegressor, {}),
        (tree.ExtraTreeClassifier, {}),
        (ensemble.RandomForestClassifier, {"n_estimators": 5}),
        (ensemble.RandomForestRegressor, {"n_estimators": 5}),
        (ensemble.ExtraTreesClassifier, {"n_estimators": 5}),
        (ensemble.ExtraTreesRegressor, {"n_estimators": 5}),
        (ensemble.GradientBoostingRegressor, {"n_estimators": 5}),
        (ensemble.GradientBoostingRegressor, {"n_estimators": 5, "init": "zero"}),
        (ensemble.GradientBoostingRegressor, {"n_estimators": 5, "loss": "huber"}),
        (ensemble.GradientBoostingClassifier, {"n_estimators": 5}),
        (ensemble.GradientBoostingClassifier, {"n_estimators": 5, "loss": "exponential"}),
    ]
    for number, (kind, setting) in enumerate(settings):
        for several in (False, True):
            if several and setting.get("loss"):
                continue
            rng = np.random.default_rng([seed, 200 + number, several])
            x, y = data(rng)
            given = rows(rng, 60)
            given = np.where(np.abs(given) > 1e38, 7, given).astype(np.float32)
            boosted = kind.__name__.startswith("Gradient")
            if boosted or kind is tree.ExtraTreeClassifier:
                x, given = np.nan_to_num(x), np.nan_to_num(given)
            classifier = kind.__name__.endswith("Classifier")
            if classifier:
                y = np.digitize(y, [-1, 1] if several else [0]) * 2
            elif several and not boosted:
                y = np.column_stack([y, -y])
            model = kind(max_depth=4, random_state=seed, **setting).fit(x, y)
            want = model.predict_proba(given) if classifier else model.predict(given)
            content = sagebrush_trees.encode(model, probabilities=classifier)
            label = "-".join([kind.__name__, *map(str, setting.values()), "several" * several])
            yield f"sklearn-{label.strip('-')}", content, given, {"want": want}
            if classifier:
                content = sagebrush_trees.encode(model)
                found = np.searchsorted(model.classes_, model.predict(given))
                yield f"sklearn-label-{label.strip('-')}", content, given, {"want": found}


def main() -> int:
    """Write the cases of each seed."""
    warnings.simplefilter("ignore")
    seeds = [int(seed) for seed in sys.argv[2:]] or [0]
    with (
        Path(sys.argv[1]).open("wb") as file,
        gzip.GzipFile("", "wb", 9, file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):

        def add(name: str, content: bytes) -> None:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))

        for seed in seeds:
            for cases in (xgboost_cases, lightgbm_cases, sklearn_cases):
                for name, model, given, answers in cases(seed):
                    stem = name if len(seeds) == 1 else f"{name}-{seed}"
                    add(f"{stem}.model", model)
                    add(f"{stem}.rows", given.tobytes())
                    for kind, values in answers.items():
                        add(f"{stem}.{kind}", np.ascontiguousarray(values, "<f8").tobytes())
    return 0


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    raise SystemExit(main())
