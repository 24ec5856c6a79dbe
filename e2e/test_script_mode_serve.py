"""Script mode, serving: the user's functions, the images' own where there are none."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import joblib
import numpy as np
import pytest
import xgboost
from script_mode import SYSTEM_PYTHON, OptML, Serving
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from test_script_mode_train import need_torch

LOAD = """
import joblib, os
def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Serving]]:
    """Starts serve programs, and ends them with the test."""
    running = []

    def serve(ml: OptML, **environ: str) -> Serving:
        running.append(Serving(ml, **environ))
        return running[-1]

    yield serve
    assert [serving.stop() for serving in running if serving.process.poll() is None] == [
        0 for serving in running if serving.port
    ]


@pytest.fixture(scope="module")
def iris() -> tuple[np.ndarray, LogisticRegression]:
    features, label = load_iris(return_X_y=True)
    return features, LogisticRegression(max_iter=1000).fit(features, label)


def with_script(base: Path, script: str, image: str = "sklearn", python: str = "") -> OptML:
    """A model directory whose code/ holds inference.py, as the SDK repacks it."""
    ml = OptML(base, image, python) if python else OptML(base, image)
    (base / "model" / "code").mkdir()
    (base / "model" / "code" / "inference.py").write_text(script)
    return ml


def test_model_fn_alone(
    start: Callable[..., Serving], tmp_path: Path, iris: tuple[np.ndarray, LogisticRegression]
) -> None:
    """Every content type in and out, predictions as the library makes them."""
    features, model = iris
    ml = with_script(tmp_path / "ml", LOAD)
    joblib.dump(model, ml.base / "model" / "model.joblib")
    serving = start(ml)
    rows = features[::30]
    want = model.predict(rows).tolist()
    assert serving.request("GET", "/ping")[0] == 200
    limits = json.loads(serving.request("GET", "/execution-parameters")[2])
    assert limits["BatchStrategy"] == "MULTI_RECORD"
    body = json.dumps(rows.tolist())
    status, kind, content = serving.invoke(body, Content_Type="application/json")
    assert (status, kind, json.loads(content)) == (200, "application/json", want)
    csv = "\n".join(",".join(map(repr, map(float, row))) for row in rows)
    status, kind, content = serving.invoke(csv, Content_Type="text/csv", Accept="text/csv")
    assert (status, kind, [int(v) for v in content.split()]) == (200, "text/csv", want)
    npy = io.BytesIO()
    np.save(npy, rows)
    npy_type = "application/x-npy"
    _, kind, content = serving.invoke(npy.getvalue(), Content_Type=npy_type, Accept=npy_type)
    assert (kind, np.load(io.BytesIO(content)).tolist()) == (npy_type, want)
    assert serving.invoke("<x/>", Content_Type="application/xml")[0] == 415
    assert serving.invoke(body, Content_Type="application/json", Accept="image/png")[0] == 406
    assert serving.request("GET", "/other")[0] == 404


def test_own_functions_and_their_errors(start: Callable[..., Serving], tmp_path: Path) -> None:
    ml = with_script(
        tmp_path / "ml",
        "import json\n"
        "def model_fn(model_dir, context): return 10\n"
        "def input_fn(body, content_type): return [content_type, body]\n"
        "def predict_fn(data, model):\n"
        "    if data[1] == 'bad': raise ValueError('a bad row')\n"
        "    return data + [model]\n"
        "def output_fn(prediction, accept): return json.dumps(prediction), 'text/own'\n",
    )
    serving = start(ml)
    status, kind, content = serving.invoke("x", Content_Type="text/plain")
    assert (status, kind, json.loads(content)) == (200, "text/own", ["text/plain", "x", 10])
    status, _, content = serving.invoke("bad", Content_Type="text/plain")
    assert (status, content) == (500, b"ValueError: a bad row\n")
    assert serving.invoke(b"\xff", Content_Type="text/plain")[0] == 500
    assert serving.invoke(b"\xff", Content_Type="image/png")[0] == 500  # bytes are no JSON


def test_transform_fn_from_an_archive(start: Callable[..., Serving], tmp_path: Path) -> None:
    """SAGEMAKER_PROGRAM and SAGEMAKER_SUBMIT_DIRECTORY, as the scikit-learn estimator sets them."""
    ml = OptML(tmp_path / "ml")
    script = (
        b"def model_fn(d): return 2\n"
        b"def transform_fn(model, body, kind, accept): return body * model\n"
    )
    with tarfile.open(tmp_path / "source.tar.gz", "w:gz") as tar:
        info = tarfile.TarInfo("own_serving.py")
        info.size = len(script)
        tar.addfile(info, io.BytesIO(script))
    serving = start(
        ml,
        SAGEMAKER_PROGRAM="own_serving.py",
        SAGEMAKER_SUBMIT_DIRECTORY=str(tmp_path / "source.tar.gz"),
    )
    assert serving.invoke("ab", Content_Type="text/csv", Accept="text/csv") == (
        200,
        "text/csv",
        b"abab",
    )


def test_requirements_beside_the_script(start: Callable[..., Serving], tmp_path: Path) -> None:
    """They are installed for this model alone, and the server starts anew where they are seen."""
    pytest.importorskip(
        "pip", reason="NOT TESTED: installing, without pip (.cache/e2e/bin/python -m ensurepip)"
    )
    ml = with_script(
        tmp_path / "ml",
        "import tinywheel\n"
        "def model_fn(d): return tinywheel.ANSWER\n"
        "def transform_fn(model, body, kind, accept): return str(model)\n",
    )
    wheel = Path(__file__).parent / "wheels" / "tinywheel-1.0-py3-none-any.whl"
    (ml.base / "model" / "code" / "requirements.txt").write_text(f"--no-index\n{wheel}\n")
    assert start(ml).invoke("x", Content_Type="text/csv")[2] == b"42"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("x = 1\n", ["must define model_fn"]),
        (LOAD + "def transform_fn(*a): pass\ndef predict_fn(*a): pass\n", ["stands for all three"]),
        ("raise RuntimeError('broken script')\n", ["broken script"]),
    ],
)
def test_scripts_that_cannot_serve(
    start: Callable[..., Serving], tmp_path: Path, script: str, words: list[str]
) -> None:
    serving = start(with_script(tmp_path / "ml", script))
    assert serving.process.wait(30) == 1
    for word in words:
        assert word in "".join(serving.lines)


def test_pytorch_without_a_script(start: Callable[..., Serving], tmp_path: Path) -> None:
    """A TorchScript model is served by itself, and says what PyTorch says."""
    need_torch()
    ml = OptML(tmp_path / "ml", "pytorch", SYSTEM_PYTHON)
    make = (
        "import json, sys, torch\ntorch.manual_seed(3)\nm = torch.nn.Linear(4, 2)\n"
        "torch.jit.script(m).save(sys.argv[1])\n"
        "print(json.dumps(m(torch.tensor([[1.0, 2, 3, 4]])).tolist()))\n"
    )
    command = [SYSTEM_PYTHON, "-c", make, ml.base / "model" / "model.pth"]
    want = json.loads(subprocess.check_output(command))
    serving = start(ml)
    status, _, content = serving.invoke("[[1.0, 2, 3, 4]]", Content_Type="application/json")
    assert status == 200
    np.testing.assert_allclose(json.loads(content), want, rtol=1e-5)


def test_xgboost_with_a_script(start: Callable[..., Serving], tmp_path: Path) -> None:
    """The script changes the output alone; the rest is the algorithm's own."""
    features, label = load_iris(return_X_y=True)
    model = xgboost.train({"objective": "reg:squarederror"}, xgboost.DMatrix(features, label), 3)
    script = (
        "def output_fn(prediction, accept): return ';'.join(map(str, prediction)), 'text/own'\n"
    )
    ml = with_script(tmp_path / "ml", script, "xgboost")
    model.save_model(ml.base / "model" / "xgboost-model")
    serving = start(ml)
    csv = "\n".join(",".join(map(repr, map(float, row))) for row in features[:5])
    status, kind, content = serving.invoke(csv, Content_Type="text/csv")
    assert (status, kind) == (200, "text/own")
    got = [float(v) for v in content.decode().split(";")]
    np.testing.assert_allclose(got, model.predict(xgboost.DMatrix(features[:5])), rtol=1e-5)
