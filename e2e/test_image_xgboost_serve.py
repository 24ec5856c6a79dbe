"""images/xgboost, serve: the program answers over HTTP for a model that xgboost itself saved."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import xgboost
from optml import IMAGES
from program import Client, serve
from sklearn.datasets import load_breast_cancer, load_iris


def start(model: xgboost.Booster | bytes, base: Path) -> tuple[subprocess.Popen[str], Client]:
    (base / "model").mkdir(parents=True)
    content = model if isinstance(model, bytes) else bytes(model.save_raw("json"))
    (base / "model" / "xgboost-model").write_bytes(content)
    return serve(IMAGES / "xgboost", base, MAX_CONTENT_LENGTH=str(1 << 20))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, xgboost.Booster]]:
    x, y = load_breast_cancer(return_X_y=True)
    model = xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(x, y), 5)
    process, client = start(model, tmp_path_factory.mktemp("ml") / "ml")
    yield client, model
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return load_breast_cancer(return_X_y=True)[0][:7]


def csv(rows: np.ndarray) -> str:
    return "\n".join(",".join(repr(float(v)) for v in row) for row in rows)


def test_ping_and_parameters(served: tuple[Client, xgboost.Booster]) -> None:
    client, _ = served
    assert client.request("GET", "/ping")[0] == 200
    status, kind, text = client.request("GET", "/execution-parameters")
    assert (status, kind) == (200, "application/json")
    assert json.loads(text)["BatchStrategy"] == "MULTI_RECORD"
    assert client.request("GET", "/other")[0] == 404


def test_csv_in_and_every_answer_type(
    served: tuple[Client, xgboost.Booster], rows: np.ndarray
) -> None:
    client, model = served
    want = model.predict(xgboost.DMatrix(rows))
    status, kind, text = client.invoke(csv(rows), Content_Type="text/csv")
    assert (status, kind) == (200, "text/csv")
    np.testing.assert_allclose([float(v) for v in text.split()], want, rtol=1e-6)
    _, kind, text = client.invoke(csv(rows), Content_Type="text/csv", Accept="application/json")
    assert kind == "application/json"
    np.testing.assert_allclose([p["score"] for p in json.loads(text)["predictions"]], want, 1e-6)
    _, _, text = client.invoke(csv(rows), Content_Type="text/csv", Accept="application/jsonlines")
    np.testing.assert_allclose([json.loads(v)["score"] for v in text.splitlines()], want, 1e-6)


def test_libsvm_with_and_without_labels(
    served: tuple[Client, xgboost.Booster], rows: np.ndarray
) -> None:
    client, model = served
    want = model.predict(xgboost.DMatrix(np.where(rows == 0, np.nan, rows)))
    lines = [" ".join(f"{i}:{float(v)!r}" for i, v in enumerate(row) if v) for row in rows]
    for text in ("\n".join(lines), "\n".join("1 " + line for line in lines)):
        _, _, answer = client.invoke(text, Content_Type="text/x-libsvm")
        np.testing.assert_allclose([float(v) for v in answer.split()], want, rtol=1e-6)


def test_refusals(served: tuple[Client, xgboost.Booster], rows: np.ndarray) -> None:
    client, _ = served
    for body, headers, status, words in [
        ("1,2,3", {"Content_Type": "text/csv"}, 400, "3 features"),
        ("a,b", {"Content_Type": "text/csv"}, 400, "header"),
        ("99:1", {"Content_Type": "text/libsvm"}, 400, "feature 99"),
        ("<x/>", {"Content_Type": "application/xml"}, 415, "application/xml"),
        (csv(rows), {"Content_Type": "text/csv", "Accept": "image/png"}, 406, "image/png"),
        ("1" * (2 << 20), {"Content_Type": "text/csv"}, 413, "1048576"),
    ]:
        got, _, text = client.invoke(body, **headers)
        assert got == status
        assert words in text
    assert client.invoke("", Content_Type="text/csv")[0] == 204
    assert client.request("POST", "/other", b"1")[0] == 404


def test_many_at_once(served: tuple[Client, xgboost.Booster], rows: np.ndarray) -> None:
    client, model = served
    want = model.predict(xgboost.DMatrix(rows))

    def one(i: int) -> float:
        return float(client.invoke(csv(rows[i : i + 1]), Content_Type="text/csv")[2])

    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(one, [i % 7 for i in range(70)]))
    np.testing.assert_allclose(got, np.tile(want, 10), rtol=1e-6)


def test_classes_and_linear_models(tmp_path: Path) -> None:
    x, y = load_iris(return_X_y=True)
    for booster in ("gbtree", "gblinear"):
        parameters = {"objective": "multi:softprob", "num_class": 3, "booster": booster}
        model = xgboost.train(parameters, xgboost.DMatrix(x, y), 3)
        process, client = start(model, tmp_path / booster)
        _, _, text = client.invoke(csv(x[:2]), Content_Type="text/csv")
        process.terminate()
        assert process.wait(30) == 0
        got = [[float(v) for v in line.split(",")] for line in text.splitlines()]
        np.testing.assert_allclose(got, model.predict(xgboost.DMatrix(x[:2])), rtol=1e-5)


def test_broken_model(tmp_path: Path) -> None:
    process, _ = start(b"no model", tmp_path / "ml")
    assert process.wait(30) == 1
