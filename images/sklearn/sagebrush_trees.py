"""Write forests of scikit-learn in the format sagebrush-trees, to predict without Python.

In a training script, beside or instead of a pickle:

    import sagebrush_trees
    sagebrush_trees.write(model, os.path.join(os.environ["SM_MODEL_DIR"], "sagebrush.trees"))

or afterwards, for a file that joblib or pickle wrote (reading one runs what its author wrote):

    python -m sagebrush_trees model.joblib sagebrush.trees

file.go of package algo/trees reads the format. Predictions are those of ``predict``; with
``probabilities=True`` (``--probabilities``) those of ``predict_proba``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing

    Array = numpy.typing.NDArray[Any]

MAGIC = b"sagebrush-trees 1\n"

_FORESTS = ("RandomForest", "ExtraTrees")
_TREES = ("DecisionTree", "ExtraTree")
_BOOSTED = "GradientBoosting"


class UnsupportedModelError(ValueError):
    """A model that the format cannot hold."""


def write(model: Any, path: str | Path, probabilities: bool = False) -> None:
    """Write a fitted tree, forest or gradient boosting model to a file."""
    content = encode(model, probabilities)
    Path(path).write_bytes(content)


def encode(model: Any, probabilities: bool = False) -> bytes:
    """The file's content."""
    kind = type(model).__name__
    family = kind.removesuffix("Classifier").removesuffix("Regressor")
    classifier = kind.endswith("Classifier")
    if family == kind or family not in (*_FORESTS, *_TREES, _BOOSTED):
        raise UnsupportedModelError(
            f"{kind} is not supported: DecisionTree, ExtraTree, RandomForest, ExtraTrees and "
            f"GradientBoosting are, as Classifier and Regressor."
        )
    if not hasattr(model, "n_features_in_"):
        raise UnsupportedModelError(f"The {kind} is not fitted.")
    if probabilities and not classifier:
        raise UnsupportedModelError(f"A {kind} has no probabilities.")
    header: dict[str, Any] = {
        "library": "scikit-learn",
        "objective": kind,
        "features": int(model.n_features_in_),
        "classes": _classes(model) if classifier else None,
        "labels": classifier and not probabilities,
        "link": "identity",
        "factor": 1.0,
    }
    if family == _BOOSTED:
        trees, groups = _boosted(model, header)
    else:
        trees, groups = _averaged(model, header, family, classifier)
    return _pack(header, trees, groups)


def _classes(model: Any) -> list[Any]:
    if getattr(model, "n_outputs_", 1) != 1:
        raise UnsupportedModelError("Classifiers of several outputs are not supported.")
    classes: list[Any] = model.classes_.tolist()
    if not all(isinstance(item, (int, float, str, bool)) for item in classes):
        raise UnsupportedModelError("Classes must be numbers or texts.")
    return classes


def _averaged(
    model: Any, header: dict[str, Any], family: str, classifier: bool
) -> tuple[list[Any], list[int]]:
    """A tree, or the mean of several: leaves are vectors."""
    estimators = [model] if family in _TREES else list(model.estimators_)
    outputs = len(model.classes_) if classifier else int(model.n_outputs_)
    first = estimators[0]
    missing = first.__sklearn_tags__().input_tags.allow_nan if _tagged(first) else _allows(first)
    header.update(
        outputs=outputs,
        base=[0.0] * outputs,
        average=len(estimators) if family in _FORESTS else 0,
        vectors=True,
        missing=bool(missing),
    )
    return [estimator.tree_ for estimator in estimators], []


def _tagged(estimator: Any) -> bool:
    return hasattr(estimator, "__sklearn_tags__")


def _allows(estimator: Any) -> bool:
    return bool(estimator._get_tags()["allow_nan"])


def _boosted(model: Any, header: dict[str, Any]) -> tuple[list[Any], list[int]]:
    """A sum of trees: leaves are numbers, each for one output."""
    import numpy as np

    if type(model.init_).__name__ not in ("DummyClassifier", "DummyRegressor", "str"):
        raise UnsupportedModelError("An init of GradientBoosting that is a model is not supported.")
    sums = model.estimators_.shape[1]
    row = np.zeros((1, header["features"]), np.float32)
    base = np.asarray(model._raw_predict_init(row), np.float64).reshape(-1).tolist()
    header.update(outputs=sums, base=base, average=0, vectors=False, missing=False)
    if header["classes"] is not None:
        header["link"] = "softmax"
        if sums == 1:
            header.update(outputs=2, link="complement")
            header["factor"] = 2.0 if model.loss == "exponential" else 1.0
    header["scale"] = float(model.learning_rate)
    trees = [tree.tree_ for stage in model.estimators_ for tree in stage]
    return trees, [number % sums for number in range(len(trees))]


def _pack(header: dict[str, Any], trees: list[Any], groups: list[int]) -> bytes:
    """The header as a line of JSON, and the arrays of all nodes, little-endian."""
    import numpy as np

    left, right, feature, threshold, missing, values = [], [], [], [], [], []
    for tree in trees:
        nodes = tree.__getstate__()["nodes"]
        leaf = nodes["left_child"] < 0
        left.append(nodes["left_child"])
        right.append(nodes["right_child"])
        feature.append(np.where(leaf, 0, nodes["feature"]))
        threshold.append(np.where(leaf, 0.0, nodes["threshold"]))
        has = nodes.dtype.names and "missing_go_to_left" in nodes.dtype.names
        missing.append(nodes["missing_go_to_left"] if has else np.zeros(len(nodes)))
        values.append(_values(tree, leaf, header))
    header = {
        **header,
        "trees": [int(tree.node_count) for tree in trees],
        "groups": groups,
    }
    scale = header.pop("scale", None)
    leaves = np.concatenate(values)
    if scale is not None:
        leaves = scale * leaves
    arrays = [
        np.concatenate(left).astype("<i4"),
        np.concatenate(right).astype("<i4"),
        np.concatenate(feature).astype("<i4"),
        np.concatenate(missing).astype("u1"),
        np.concatenate(threshold).astype("<f8"),
        leaves.astype("<f8"),
    ]
    text = json.dumps(header, allow_nan=False, separators=(",", ":"))
    return MAGIC + text.encode() + b"\n" + b"".join(array.tobytes() for array in arrays)


def _values(tree: Any, leaf: Array, header: dict[str, Any]) -> Array:
    """The values of a tree's leaves, one after the other."""
    values: Array = tree.value[leaf]  # leaves, outputs, classes or 1
    if header["classes"] is not None and header["vectors"]:
        values = values[:, 0, :]
        totals = values.sum(axis=1, keepdims=True)
        # Before scikit-learn 1.3 they are counts.
        if (abs(totals - 1) > 1e-6).any():
            values = values / totals
    flat: Array = values.reshape(-1)
    return flat


def main() -> int:
    """Convert a file."""
    parser = argparse.ArgumentParser(prog="sagebrush_trees", description=__doc__)
    parser.add_argument("model", type=Path, help="a file that joblib or pickle wrote")
    parser.add_argument("output", type=Path, help="the file to write, such as sagebrush.trees")
    parser.add_argument("--probabilities", action="store_true", help="predict_proba's answers")
    arguments = parser.parse_args()
    import joblib  # type: ignore[import-untyped, unused-ignore]

    try:
        write(joblib.load(arguments.model), arguments.output, arguments.probabilities)
    except (OSError, UnsupportedModelError) as error:
        print(f"sagebrush_trees: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
