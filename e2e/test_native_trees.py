"""sagebrush native-serve beside the images' own programs: the same requests, the same answers."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost
from optml import IMAGES, OptML, to_csv
from program import Client, serve
from server import PROGRAM
from sklearn.datasets import load_breast_cancer, load_iris

lightgbm = pytest.importorskip("lightgbm")  # the clients of 2023 have none

Pair = tuple[Client, Client]


def native(base: Path, **variables: str) -> tuple[subprocess.Popen[str], Client]:
    """Start the native program on what lies under ``base``; port 0 if it did not come up."""
    settings = {
        "SAGEMAKER_BASE_DIR": str(base),
        "SAGEMAKER_BIND_TO_HOST": "127.0.0.1",
        "SAGEMAKER_BIND_TO_PORT": "0",
    }
    process = subprocess.Popen(
        [PROGRAM, "native-serve"],
        env={**os.environ, **settings, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    line = process.stdout.readline()
    match = re.search(r"port (\d+)", line)
    return process, Client(int(match[1]) if match else 0)


def both(image: str, base: Path, **variables: str) -> Iterator[Pair]:
    """The image's program and the native one on the same model."""
    processes = [
        serve(IMAGES / image, base, **variables),
        native(base, **variables),
    ]
    yield processes[0][1], processes[1][1]
    for process, _ in processes:
        process.send_signal(signal.SIGTERM)
    for process, _ in processes:
        assert process.wait(30) == 0


def compare(clients: Pair, body: bytes, **headers: str) -> int:
    """Send a request to both; answers the status that both gave."""
    want, got = (client.raw("POST", "/invocations", body, **headers) for client in clients)
    assert got == want, (body[:200], headers)
    return want[0]


def xgboost_model(base: Path, parameters: dict[str, Any], form: str = "json") -> np.ndarray:
    """Train and lay a model under ``base``; answers rows."""
    classes = "num_class" in parameters
    x, y = (load_iris if classes else load_breast_cancer)(return_X_y=True)
    model = xgboost.train(parameters, xgboost.DMatrix(x, y), 12)
    (base / "model").mkdir(parents=True)
    (base / "model" / "xgboost-model").write_bytes(bytes(model.save_raw(form)))
    return np.asarray(x, np.float32)


@pytest.fixture(
    scope="module",
    params=[
        ({"objective": "binary:logistic"}, "json"),
        ({"objective": "multi:softprob", "num_class": 3}, "ubj"),
        ({"objective": "multi:softmax", "num_class": 3}, "deprecated"),
        ({"objective": "count:poisson", "booster": "dart", "rate_drop": 0.3}, "json"),
        ({"objective": "reg:squarederror", "booster": "gblinear"}, "json"),
    ],
    ids=["binary", "classes", "class", "dart", "linear"],
)
def boosted(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Pair, np.ndarray]]:
    base = tmp_path_factory.mktemp("native") / "ml"
    rows = xgboost_model(base, *request.param)
    for clients in both("xgboost", base, MAX_CONTENT_LENGTH=str(1 << 20)):
        yield clients, rows


def odd_rows(rng: np.random.Generator, rows: np.ndarray, count: int) -> np.ndarray:
    """Rows with what programs stumble over."""
    out = rows[rng.integers(0, len(rows), count)].copy()
    where = rng.random(out.shape) < 0.2
    out[where] = rng.choice(
        np.array([np.nan, 0, -0.0, 1e-40, 3e38, -3e38, 1, 0.5], np.float32), int(where.sum())
    )
    return out


def test_same_bytes(boosted: tuple[Pair, np.ndarray]) -> None:
    clients, rows = boosted
    rng = np.random.default_rng(5)
    for count in (1, 2, 40):
        given = odd_rows(rng, rows, count)
        text = to_csv(given).encode()
        lines = [
            " ".join(f"{i}:{float(v)!r}" for i, v in enumerate(row) if not np.isnan(v))
            for row in given
        ]
        for accept in ("*/*", "text/csv", "application/json", "application/jsonlines"):
            assert compare(clients, text, Content_Type="text/csv", Accept=accept) == 200
            libsvm = "\n".join("1 " + line for line in lines).encode()
            assert compare(clients, libsvm, Content_Type="text/libsvm", Accept=accept) == 200
        assert compare(clients, text) == 200
        assert compare(clients, text.replace(b"nan", b""), Content_Type="csv") == 200


def test_same_words(boosted: tuple[Pair, np.ndarray]) -> None:
    """What is refused, and the manifold ways to write a number, down to the sentence."""
    clients, rows = boosted
    width = rows.shape[1]
    plain = ",".join(["1.5"] * width)
    statuses = {
        compare(clients, body.encode(), Content_Type=kind)
        for kind, bodies in {
            "text/csv": [
                "",
                " \n ",
                "1,2,3",
                "a,b",
                "name,age\n1,2",
                f"{plain}\n1,2",
                f"{plain}\n{plain},",
                plain.replace("1.5", "", 1),
                plain.replace("1.5", " ", 1),
                plain.replace("1.5", " 2 ", 1),
                plain.replace("1.5", "x'y", 1),
                plain.replace("1.5", "1e999", 1),
                plain.replace("1.5", "-inf", 1),
                plain.replace("1.5", "-nan", 1),
                plain.replace("1.5", "1_0", 1),
                plain.replace("1.5", "0x10", 1),
                plain.replace("1.5", "+.5e-3", 1),
                plain.replace("1.5", "5.", 1),
                plain.replace("1.5", "0.1000000000000000055511151231257827", 1),
                plain.replace("1.5", "1e-400", 1),
                plain.replace("1.5", "3.4028235e38", 1),
                plain.replace("1.5", "3.4028236e38", 1),
                plain.replace("1.5", "ü", 1),
                plain.replace(",", ";"),
                plain.replace(",", "\t"),
                plain.replace(",", " "),
                plain.replace(",", "  ") + " ",
                plain.replace(",", "|"),
                f"\ufeff{plain}\r\n{plain}\r\n\r\n",
                f"{plain}\r{plain}",
                f"\n{plain}\n\n",
                f"{plain}\n   \n",
                f"{plain}, ",
                '"1","2"',
            ],
            "text/libsvm": [
                "0:1",
                "1 0:1 1:2 # a remark",
                "99999:1",
                "a:1",
                "0:nan",
                "0:inf",
                "nan 0:1",
                "0:",
                "-1:2",
                "1:0.5 0:2\n\n 0:3",
                "1 qid:3 0:1",
                "1 qid:x 0:1",
            ],
            "text/csv; label_size=0": [plain],
            "text/csv;label_size=1": [plain],
            "application/xml": ["<x/>"],
        }.items()
        for body in bodies
    }
    assert statuses == {200, 204, 400, 415}
    text = plain.encode()
    assert compare(clients, text, Content_Type="text/csv", Accept="image/png") == 406
    for accept in ("image/png, text/csv", "application/json;q=0.5", ",", "TEXT/CSV"):
        assert compare(clients, text, Content_Type="text/csv", Accept=accept) == 200
    assert compare(clients, b"1" * (2 << 20), Content_Type="text/csv") == 413


def test_other_paths(boosted: tuple[Pair, np.ndarray]) -> None:
    clients, _ = boosted
    for method, path in [("GET", "/ping"), ("GET", "/other"), ("POST", "/other")]:
        body = b"1" if method == "POST" else None
        want, got = (client.raw(method, path, body) for client in clients)
        assert got == want
    want, got = (
        json.loads(client.request("GET", "/execution-parameters")[2]) for client in clients
    )
    assert got == want


def test_random_text(boosted: tuple[Pair, np.ndarray]) -> None:
    """Texts that are almost CSV or libsvm."""
    clients, rows = boosted
    rng = np.random.default_rng(6)
    width = rows.shape[1]
    words = ["1", "2.5", "-3e2", "nan", "0", "x", "''", ",", ",,", ":", "0:", "1:2", "#", "inf"]
    for _ in range(150):
        fields = [words[rng.integers(0, 5)] for _ in range(width)]
        for _ in range(rng.integers(0, 3)):
            fields[rng.integers(0, width)] = ["", " ", *words][rng.integers(0, len(words) + 2)]
        body = ",".join(fields).encode() + b"\n" * int(rng.integers(0, 2))
        compare(clients, body, Content_Type="text/csv")
        body = " ".join(rng.permutation(words)[:3]).encode()
        compare(clients, body, Content_Type="text/libsvm")


@pytest.mark.parametrize("categories", [False, True])
@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_lightgbm(tmp_path: Path, task: str, categories: bool) -> None:
    """The image trains and serves; the native program answers the same numbers."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=(400, 4)).round(3)
    x[:, 2] = rng.integers(0, 9, 400)
    y = x[:, 0] + x[:, 2] % 3
    if task != "regression":
        y = np.digitize(y, [1] if task == "binary" else [0.5, 1.5]) * 2 + 1
    job = OptML(tmp_path / "ml", IMAGES / "lightgbm")
    files: dict[str, str | bytes] = {"data.csv": to_csv(y, x)}
    if categories:
        files["categorical_index.json"] = json.dumps({"cat_index_list": [3]})
    job.channel("train", files, "text/csv")
    job.train({"num_boost_round": "10"})
    text = to_csv(x[:30]).encode()
    for clients in both("lightgbm", tmp_path / "ml"):
        for body in (text, text.replace(b"\n", b"\r\n"), to_csv(x[:1]).encode()):
            want, got = (json.loads(c.raw("POST", "/invocations", body)[2]) for c in clients)
            assert list(got) == list(want)
            for name in want:
                np.testing.assert_allclose(got[name], want[name], rtol=1e-12)
        for body in (b"1,2", b"a,b,c,d"):
            assert compare(clients, body, Content_Type="text/csv") == 400
        assert compare(clients, text, Content_Type="text/plain") == 415
        assert compare(clients, text, Accept="text/csv") == 406


def test_lightgbm_of_its_own(tmp_path: Path) -> None:
    """A model without the image's about.json is refused."""
    x, y = load_iris(return_X_y=True)
    model = lightgbm.train({"verbosity": -1}, lightgbm.Dataset(x, y), 2)
    (tmp_path / "model").mkdir()
    model.save_model(tmp_path / "model" / "model.txt")
    process, _ = native(tmp_path)
    assert process.wait(30) == 1


def test_many_models(tmp_path: Path) -> None:
    """The multi-model contract: load, list, describe, invoke, unload, and the refusals."""
    rows = xgboost_model(tmp_path / "one", {"objective": "binary:logistic"})
    xgboost_model(tmp_path / "two", {"objective": "reg:squarederror"})
    process, client = native(
        tmp_path, SAGEMAKER_MULTI_MODEL="true", SAGEBRUSH_MODELS_MEMORY="40000"
    )

    def load(name: str, directory: Path) -> int:
        body = json.dumps({"model_name": name, "url": str(directory)}).encode()
        return client.request("POST", "/models", body)[0]

    assert client.request("GET", "/ping")[0] == 200
    assert load("a", tmp_path / "one" / "model") == 200
    assert load("a", tmp_path / "one" / "model") == 409
    assert load("b", tmp_path / "none") == 404
    assert load("b", tmp_path) == 400
    assert load("b/c", tmp_path / "two" / "model") == 200
    found = json.loads(client.request("GET", "/models")[2])["models"]
    assert [model["modelName"] for model in found] == ["a", "b/c"]
    page = json.loads(client.request("GET", "/models?limit=1")[2])
    assert [model["modelName"] for model in page["models"]] == ["a"]
    token = page["nextPageToken"]
    page = json.loads(client.request("GET", f"/models?limit=1&next_page_token={token}")[2])
    assert [model["modelName"] for model in page["models"]] == ["b/c"]
    assert "nextPageToken" not in page
    status = [load(str(i), tmp_path / "two" / "model") for i in range(9)]
    assert set(status) == {200, 507}
    text = to_csv(rows[:1]).encode()
    assert client.raw("POST", "/models/a/invoke", text, Content_Type="text/csv")[0] == 200
    assert client.raw("POST", "/models/b%2Fc/invoke", text, Content_Type="text/csv")[0] == 200
    assert client.raw("POST", "/models/none/invoke", text, Content_Type="text/csv")[0] == 404
    assert json.loads(client.request("GET", "/models/b%2Fc")[2])["modelName"] == "b/c"
    assert client.request("DELETE", "/models/a")[0] == 200
    assert client.request("DELETE", "/models/a")[0] == 404
    assert client.raw("POST", "/models/a/invoke", text, Content_Type="text/csv")[0] == 404
    assert load("again", tmp_path / "one" / "model") in (200, 507)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_unix_socket(tmp_path: Path) -> None:
    """A replica may listen on a socket, also where one was left behind."""
    xgboost_model(tmp_path, {"objective": "binary:logistic"})
    place = tmp_path / "socket"
    for _ in range(2):
        process, _ = native(tmp_path, SAGEBRUSH_BIND_TO_SOCKET=str(place))
        assert place.is_socket()
        process.kill()
        process.wait(30)


def test_broken_models(tmp_path: Path) -> None:
    for number, content in enumerate((b"no model", b"\x80\x04\x95pickle", b"{}", b"")):
        base = tmp_path / str(number)
        (base / "model").mkdir(parents=True)
        (base / "model" / "xgboost-model").write_bytes(content)
        process, _ = native(base)
        assert process.wait(30) == 1
