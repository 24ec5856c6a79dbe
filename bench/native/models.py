"""Train the models of the benchmark, and lay them out for both servers.

    python bench/native/models.py DIRECTORY

``ours`` has a directory for each as /opt/ml, ``peer`` one for each as MLServer reads it,
``large`` holds a model of about a megabyte.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import joblib
import xgboost
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "images" / "sklearn"))

import sagebrush_trees  # noqa: E402


def lay(base: Path, name: str, runtime: str, file: str) -> tuple[Path, Path]:
    """Directories for a model of ours and the peer's."""
    ours, peer = base / "ours" / name / "model", base / "peer" / name
    ours.mkdir(parents=True)
    peer.mkdir(parents=True)
    settings = {"name": name, "implementation": runtime, "parameters": {"uri": file}}
    (peer / "model-settings.json").write_text(json.dumps(settings))
    return ours, peer / file


def main() -> None:
    """Train and write."""
    base = Path(sys.argv[1])
    x, y = load_breast_cancer(return_X_y=True)
    ours, peer = lay(base, "xgboost", "mlserver_xgboost.XGBoostModel", "model.json")
    parameters = {"objective": "binary:logistic", "max_depth": 6}
    booster = xgboost.train(parameters, xgboost.DMatrix(x, y), 100)
    booster.save_model(peer)
    (ours / "xgboost-model").write_bytes(peer.read_bytes())

    ours, peer = lay(base, "sklearn", "mlserver_sklearn.SKLearnModel", "model.joblib")
    forest = RandomForestClassifier(100, max_depth=6, random_state=0).fit(x, y)
    joblib.dump(forest, peer)
    sagebrush_trees.write(forest, ours / "sagebrush.trees")

    large = base / "large"
    large.mkdir()
    parameters = {"objective": "reg:squarederror", "max_depth": 8, "eta": 0.01}
    matrix = xgboost.DMatrix(x, x[:, 0] + x[:, 1] * x[:, 2])
    model = None
    while model is None or len(model.save_raw("json")) < 1_000_000:
        model = xgboost.train(parameters, matrix, 20, xgb_model=model)
    (large / "xgboost-model").write_bytes(bytes(model.save_raw("json")))
    (base / "row.json").write_text(json.dumps(x[17].tolist()))


if __name__ == "__main__":
    main()
