"""Endpoints of many models, and models that are served without Python, with boto3."""

from __future__ import annotations

import io
import json
import tarfile
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xgboost
from botocore.exceptions import ClientError
from hosting import Hosting
from sklearn.datasets import load_breast_cancer
from training import ROLE

pytestmark = [pytest.mark.server, pytest.mark.current]

XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    """What the models are asked."""
    x, _ = load_breast_cancer(return_X_y=True)
    return np.asarray(x[:5], np.float32)


@pytest.fixture(scope="module")
def boosters() -> list[xgboost.Booster]:
    """Models that differ."""
    x, y = load_breast_cancer(return_X_y=True)
    data = xgboost.DMatrix(x, y)
    return [
        xgboost.train({"objective": "binary:logistic", "seed": k}, data, 2 + k) for k in range(4)
    ]


def archive(booster: xgboost.Booster) -> bytes:
    """A model as training leaves it."""
    content = io.BytesIO()
    raw = bytes(booster.save_raw("ubj"))
    with tarfile.open(fileobj=content, mode="w:gz") as file:
        member = tarfile.TarInfo("xgboost-model")
        member.size = len(raw)
        file.addfile(member, io.BytesIO(raw))
    return content.getvalue()


def text(rows: np.ndarray) -> str:
    """The rows as CSV."""
    return "\n".join(",".join(str(v) for v in row) for row in rows)


def expected(booster: xgboost.Booster, rows: np.ndarray) -> list[float]:
    """What a model predicts."""
    return [float(v) for v in booster.predict(xgboost.DMatrix(rows))]


def numbers(answer: str) -> list[float]:
    """The predictions of an answer in CSV."""
    return [float(v) for v in answer.replace("\n", ",").strip(",").split(",")]


MANY = r"""
import json, os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

models = {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/ping":
            return self.answer(200, {})
        self.answer(200, {"models": [{"modelName": name} for name in models]})

    def do_DELETE(self):
        self.answer(200 if models.pop(self.path.split("/")[2], None) else 404, {})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/models":
            asked = json.loads(body)
            models[asked["model_name"]] = asked["url"]
            return self.answer(200, {})
        url = models.get(self.path.split("/")[2])
        if not url:
            return self.answer(404, {})
        url = os.environ["SAGEMAKER_BASE_DIR"] + url.removeprefix("/opt/ml")
        with open(os.path.join(url, "name.txt")) as file:
            says = file.read()
        target = self.headers.get("X-Amzn-SageMaker-Target-Model")
        self.answer(200, {"says": says, "target": target})

    def answer(self, status, content):
        text = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


def serve(hosting: Hosting, container: dict[str, Any]) -> str:
    """An endpoint in service."""
    model = hosting.unique("model")
    hosting.sagemaker.create_model(
        ModelName=model, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": XGBOOST, **container}
    )
    endpoint = hosting.endpoint(hosting.config({"VariantName": "a", "ModelName": model}))
    seen = hosting.settle(endpoint)
    assert seen["EndpointStatus"] == "InService", seen
    return endpoint


def lines(client: Callable[..., Any], endpoint: str) -> list[str]:
    """What the endpoint's program printed."""
    logs = client("logs")
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    events = logs.filter_log_events(logGroupName=group)["events"]
    return [event["message"] for event in events]


def test_without_python(
    hosting: Hosting,
    client: Callable[..., Any],
    boosters: list[xgboost.Booster],
    rows: np.ndarray,
) -> None:
    """Trees are served by the server's own program, with the answers of the image's."""
    key = f"{hosting.unique('model')}/model.tar.gz"
    hosting.s3.put_object(Bucket=hosting.bucket, Key=key, Body=archive(boosters[0]))
    place = {"ModelDataUrl": f"s3://{hosting.bucket}/{key}"}
    native = serve(hosting, place)
    own = serve(hosting, {**place, "Environment": {"SAGEBRUSH_NATIVE": "off"}})
    assert any(line.startswith("Serving trees natively") for line in lines(client, native))
    assert not any(line.startswith("Serving trees natively") for line in lines(client, own))
    for kind in ("text/csv", "application/json"):
        more = {"ContentType": "text/csv", "Accept": kind}
        answers = [hosting.ask(name, text(rows), **more)[0] for name in (native, own)]
        assert answers[0] == answers[1]
    assert numbers(hosting.ask(native, text(rows))[0]) == pytest.approx(
        expected(boosters[0], rows), abs=1e-6
    )
    for endpoint in (native, own):
        hosting.delete(endpoint)


def test_many(hosting: Hosting, boosters: list[xgboost.Booster], rows: np.ndarray) -> None:
    """TargetModel names one of many, which come and go as there is room (Host-7)."""
    prefix = hosting.unique("many")
    for number, booster in enumerate(boosters):
        hosting.s3.put_object(
            Bucket=hosting.bucket, Key=f"{prefix}/m{number}.tar.gz", Body=archive(booster)
        )
    endpoint = serve(
        hosting,
        {
            "Mode": "MultiModel",
            "ModelDataUrl": f"s3://{hosting.bucket}/{prefix}/",
            "Environment": {"SAGEBRUSH_MODELS_MEMORY": "20000"},  # for two or three
        },
    )
    wrong: list[str] = []

    def ask(number: int) -> None:
        got = numbers(hosting.ask(endpoint, text(rows), TargetModel=f"m{number}.tar.gz")[0])
        if got != pytest.approx(expected(boosters[number], rows), abs=1e-6):
            wrong.append(f"{number}: {got}")

    threads = [
        threading.Thread(target=lambda k=k: [ask((k + n) % 4) for n in range(12)]) for k in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    for more in ({"TargetModel": "none.tar.gz"}, {"TargetModel": "../x"}, {}):
        with pytest.raises(
            ClientError, match=r"Failed to download model data|TargetModel"
        ) as refused:
            hosting.ask(endpoint, text(rows), **more)
        assert refused.value.response["Error"]["Code"] == "ValidationError"
    hosting.s3.put_object(Bucket=hosting.bucket, Key=f"{prefix}/late.tar.gz", Body=b"no archive")
    with pytest.raises(ClientError, match="Failed to download model data"):
        hosting.ask(endpoint, text(rows), TargetModel="late.tar.gz")
    hosting.s3.put_object(
        Bucket=hosting.bucket, Key=f"{prefix}/late.tar.gz", Body=archive(boosters[1])
    )
    late = hosting.ask(endpoint, text(rows), TargetModel="late.tar.gz")[0]
    assert numbers(late) == pytest.approx(expected(boosters[1], rows), abs=1e-6)
    hosting.delete(endpoint)


def test_own_model_server(hosting: Hosting, boosters: list[xgboost.Booster]) -> None:
    """A user's own program of many models is given them by the contract (Host-7)."""
    image = hosting.program(MANY, "serve")
    prefix = hosting.unique("many")
    for name in ("a", "b/c"):
        hosting.s3.put_object(
            Bucket=hosting.bucket, Key=f"{prefix}/{name}/name.txt", Body=name.encode()
        )
    endpoint = serve(
        hosting,
        {
            "Image": image,
            "Mode": "MultiModel",
            "ModelDataUrl": f"s3://{hosting.bucket}/{prefix}/",
            "MultiModelConfig": {"ModelCacheSetting": "Disabled"},
        },
    )
    for name in ("a", "b/c", "a"):
        answer = json.loads(hosting.ask(endpoint, "x", TargetModel=f"{name}/")[0])
        assert (answer["says"], answer["target"]) == (name, f"{name}/")
    hosting.delete(endpoint)
