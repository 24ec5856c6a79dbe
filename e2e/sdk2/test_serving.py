"""Models that are deployed without a job of ours: script mode, and answers that are explained."""

from __future__ import annotations

import fnmatch
import itertools
import json
import math
import subprocess
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import sagemaker
import xgboost
from sagemaker import image_uris
from sagemaker.deserializers import JSONDeserializer
from sagemaker.explainer import ExplainerConfig
from sagemaker.explainer.clarify_explainer_config import (
    ClarifyExplainerConfig,
    ClarifyInferenceConfig,
    ClarifyShapBaselineConfig,
    ClarifyShapConfig,
)
from sagemaker.pytorch import PyTorchModel
from sagemaker.serializers import CSVSerializer, JSONSerializer
from sagemaker.sklearn import SKLearnModel
from sagemaker.xgboost import XGBoostModel
from sklearn.linear_model import LogisticRegression
from test_frameworks import SYSTEM_PYTHON, need_torch

pytestmark = [pytest.mark.server, pytest.mark.sdk2]

IMAGES = Path(__file__).parent.parent.parent / "images"

HANDLERS = """
import json
import os

LOAD_IMPORTS


def model_fn(folder):
    return LOAD


def input_fn(body, content_type):
    assert content_type == "application/json", content_type
    return json.loads(body)["rows"]


def predict_fn(rows, model):
    return PREDICT


def output_fn(prediction, accept):
    return json.dumps({"said": prediction, "accept": accept}), "application/json"
"""
"""A serving script whose four functions all have to have been called for its answer."""


def script(folder: Path, imports: str, load: str, predict: str) -> str:
    """Write such a script; answers its path."""
    path = folder / "inference.py"
    text = HANDLERS.replace("LOAD_IMPORTS", imports).replace("LOAD", load)
    path.write_text(text.replace("PREDICT", predict))
    return str(path)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK looks every thirty seconds; here every tenth of one does."""
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.1)))


@pytest.fixture
def archive(
    session: sagemaker.Session, unique: Callable[[str], str], tmp_path: Path
) -> Callable[[Path], str]:
    """Packs a file as a model archive, and uploads it."""

    def pack(file: Path) -> str:
        with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as tar:
            tar.add(file, file.name)
        return session.upload_data(str(tmp_path / "model.tar.gz"), key_prefix=unique("model"))

    return pack


def answer(model: Any, rows: np.ndarray) -> list[float]:
    """Deploy a model, ask it once in JSON, and take it down."""
    predictor = model.deploy(
        1, "ml.m5.large", serializer=JSONSerializer(), deserializer=JSONDeserializer()
    )
    found = predictor.predict({"rows": rows.tolist()})
    predictor.delete_endpoint()
    assert found["accept"] == "application/json"
    said: list[float] = found["said"]
    return said


def test_sklearn_model(
    role: str,
    halves: tuple[np.ndarray, np.ndarray],
    archive: Callable[[Path], str],
    tmp_path: Path,
) -> None:
    """SKLearnModel(entry_point=…) with all four functions (Host-1)."""
    train, held = halves
    model = LogisticRegression(max_iter=10_000).fit(train[:, 1:], train[:, 0])
    joblib.dump(model, tmp_path / "model.joblib")
    deployed = SKLearnModel(
        model_data=archive(tmp_path / "model.joblib"),
        role=role,
        entry_point=script(
            tmp_path,
            "import joblib",
            'joblib.load(os.path.join(folder, "model.joblib"))',
            "model.predict_proba(rows)[:, 1].tolist()",
        ),
        framework_version="1.2-1",
    )
    want = model.predict_proba(held[:5, 1:])[:, 1]
    np.testing.assert_allclose(answer(deployed, held[:5, 1:]), want, rtol=1e-9)


def test_xgboost_model(
    role: str,
    halves: tuple[np.ndarray, np.ndarray],
    archive: Callable[[Path], str],
    tmp_path: Path,
) -> None:
    """XGBoostModel(entry_point=…) likewise."""
    train, held = halves
    model = xgboost.train({"max_depth": 3}, xgboost.DMatrix(train[:, 1:], train[:, 0]), 5)
    model.save_model(tmp_path / "mine.json")
    deployed = XGBoostModel(
        model_data=archive(tmp_path / "mine.json"),
        role=role,
        entry_point=script(
            tmp_path,
            "import numpy, xgboost",
            'xgboost.Booster(model_file=os.path.join(folder, "mine.json"))',
            "model.predict(xgboost.DMatrix(numpy.array(rows))).tolist()",
        ),
        framework_version="1.7-1",
    )
    want = model.predict(xgboost.DMatrix(held[:5, 1:]))
    np.testing.assert_allclose(answer(deployed, held[:5, 1:]), want, rtol=1e-6)


def test_pytorch_model(role: str, archive: Callable[[Path], str], tmp_path: Path) -> None:
    """PyTorchModel(entry_point=…) likewise, by the URI of PyTorch's inference image."""
    need_torch()
    save = (
        "import sys, torch; layer = torch.nn.Linear(3, 1); "
        "torch.nn.init.constant_(layer.weight, 2.0); torch.nn.init.constant_(layer.bias, 1.0); "
        "torch.save(layer.state_dict(), sys.argv[1])"
    )
    subprocess.run([SYSTEM_PYTHON, "-c", save, tmp_path / "model.pth"], check=True)
    deployed = PyTorchModel(
        model_data=archive(tmp_path / "model.pth"),
        role=role,
        entry_point=script(
            tmp_path,
            "import torch\n\n\ndef build(folder):\n"
            "    layer = torch.nn.Linear(3, 1)\n"
            '    layer.load_state_dict(torch.load(os.path.join(folder, "model.pth")))\n'
            "    return layer.eval()",
            "build(folder)",
            "model(torch.tensor(rows)).flatten().tolist()",
        ),
        framework_version="2.3.0",
        py_version="py311",
    )
    assert answer(deployed, np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.5]])) == [13.0, 2.0]


@pytest.mark.parametrize(
    ("framework", "version", "more"),
    [
        ("pytorch", "2.3.0", {"py_version": "py311"}),
        ("pytorch", "1.13.1", {"py_version": "py39"}),
        ("sklearn", "1.2-1", {}),
        ("xgboost", "1.7-1", {}),
        ("xgboost", "1", {}),
        *(
            (name, "1", {})
            for name in ("kmeans", "knn", "linear-learner", "pca", "randomcutforest")
        ),
    ],
)
def test_inference_uris(framework: str, version: str, more: dict[str, str]) -> None:
    """Where the SDK looks for the serving half of what trains here, a program serves."""
    uri = image_uris.retrieve(
        framework,
        "us-east-1",
        version,
        instance_type="ml.m5.large",
        image_scope="inference",
        **more,
    )
    serves = [
        manifest
        for file in IMAGES.glob("*/manifest.json")
        if (manifest := json.loads(file.read_text())).get("serve")
        and any(fnmatch.fnmatchcase(uri, pattern) for pattern in manifest["uris"])
    ]
    assert len(serves) == 1, uri


def test_explainer(
    role: str, archive: Callable[[Path], str], session: sagemaker.Session, tmp_path: Path
) -> None:
    """deploy(explainer_config=…): attributions are Shapley values (Explain-1, Explain-2)."""
    rows = np.random.default_rng(8).normal(size=(200, 4)).round(3)
    label = rows[:, 0] * rows[:, 1] + rows[:, 2]
    model = xgboost.train({"max_depth": 3, "nthread": 1}, xgboost.DMatrix(rows, label), 10)
    (tmp_path / "xgboost-model").write_bytes(bytes(model.save_raw("json")))
    baseline = rows[:1]
    deployed = sagemaker.Model(
        image_uris.retrieve("xgboost", "us-east-1", "1.7-1"),
        archive(tmp_path / "xgboost-model"),
        role,
        predictor_cls=sagemaker.Predictor,
        sagemaker_session=session,
    )
    predictor = deployed.deploy(
        1,
        "ml.m5.large",
        serializer=CSVSerializer(),
        deserializer=JSONDeserializer(accept="text/csv"),
        explainer_config=ExplainerConfig(
            ClarifyExplainerConfig(
                ClarifyShapConfig(
                    ClarifyShapBaselineConfig(shap_baseline=",".join(map(str, baseline[0]))),
                    seed=3,
                ),
                enable_explanations="`false`",
                inference_config=ClarifyInferenceConfig(
                    feature_headers=list("abcd"), max_record_count=100
                ),
            )
        ),
    )

    def worth(present: tuple[int, ...], row: np.ndarray) -> float:
        mixed = baseline.copy()
        mixed[:, list(present)] = row[list(present)]
        return float(model.predict(xgboost.DMatrix(mixed))[0])

    def shapley(row: np.ndarray, i: int) -> float:
        others = [k for k in range(4) if k != i]
        return sum(
            math.factorial(size)
            * math.factorial(3 - size)
            / math.factorial(4)
            * (worth((*some, i), row) - worth(some, row))
            for size in range(4)
            for some in itertools.combinations(others, size)
        )

    assert predictor.predict(rows[1:3])["explanations"] == {}
    found = predictor.predict(rows[1:3], initial_args={"EnableExplanations": "`true`"})
    for row, record in zip(rows[1:3], found["explanations"]["kernel_shap"], strict=True):
        assert [f["feature_header"] for f in record] == list("abcd")
        got = [f["attributions"][0]["attribution"][0] for f in record]
        assert np.allclose(got, [shapley(row, i) for i in range(4)], atol=1e-5)
    predictor.delete_endpoint()
