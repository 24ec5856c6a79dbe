"""Endpoints that explain their answers: Kernel SHAP around real containers."""

from __future__ import annotations

import functools
import io
import itertools
import json
import math
import tarfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xgboost
from botocore.exceptions import ClientError
from hosting import Hosting
from programs import Programs
from training import ROLE

pytestmark = pytest.mark.server

XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"

WORDS = """
import json, os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WEIGHTS = {"good": 2.0, "bad": -3.0}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(b"", "text/plain")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        lines = []
        for line in body.splitlines():
            (text,) = json.loads(line)["features"]
            score = sum(WEIGHTS.get(word, 0.0) for word in text.split())
            lines.append(json.dumps({"score": score}))
        self.answer("\\n".join(lines).encode(), "application/jsonlines")

    def answer(self, body, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        custom = self.headers.get("X-Amzn-SageMaker-Custom-Attributes")
        if custom:
            self.send_header("X-Amzn-SageMaker-Custom-Attributes", "seen " + custom)
        self.end_headers()
        self.wfile.write(body)


port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
ThreadingHTTPServer(("0.0.0.0", port), Handler).serve_forever()
"""


@pytest.fixture
def hosting(
    client: Callable[..., Any], bucket: str, unique: Callable[[str], str], program: Programs
) -> Hosting:
    """Models and endpoints with their data in the test's bucket."""
    return Hosting(
        client("sagemaker"), client("sagemaker-runtime"), client("s3"), bucket, unique, program
    )


def train() -> tuple[xgboost.Booster, np.ndarray]:
    """A model of five features that act on each other, and rows of them."""
    rows = np.random.default_rng(4).normal(size=(300, 5)).round(3)
    label = (rows[:, 0] * rows[:, 1] + rows[:, 2] > 0.2).astype(float)
    parameters = {"objective": "binary:logistic", "max_depth": 3, "seed": 1, "nthread": 1}
    return xgboost.train(parameters, xgboost.DMatrix(rows, label), 8), rows


def shapley(f: Callable[[np.ndarray], np.ndarray], x: np.ndarray, baseline: np.ndarray) -> Any:
    """The exact Shapley values: what each feature adds, over all coalitions of the others."""
    n = len(x)

    @functools.cache
    def worth(present: frozenset[int]) -> float:
        rows = baseline.copy()
        rows[:, list(present)] = x[list(present)]
        return float(f(rows).mean())

    values = np.zeros(n)
    for i in range(n):
        others = [k for k in range(n) if k != i]
        for size in range(n):
            weight = math.factorial(size) * math.factorial(n - size - 1) / math.factorial(n)
            for some in itertools.combinations(others, size):
                values[i] += weight * (worth(frozenset((*some, i))) - worth(frozenset(some)))
    return values


def csv(rows: np.ndarray) -> str:
    return "\n".join(",".join(repr(float(v)) for v in row) for row in rows)


def model(hosting: Hosting, booster: xgboost.Booster) -> str:
    """The model of a booster, as XGBoost's own image serves it."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        raw = bytes(booster.save_raw("json"))
        member = tarfile.TarInfo("xgboost-model")
        member.size = len(raw)
        archive.addfile(member, io.BytesIO(raw))
    hosting.s3.put_object(Bucket=hosting.bucket, Key="model.tar.gz", Body=content.getvalue())
    made = hosting.unique("model")
    hosting.sagemaker.create_model(
        ModelName=made,
        ExecutionRoleArn=ROLE,
        PrimaryContainer={
            "Image": XGBOOST,
            "ModelDataUrl": f"s3://{hosting.bucket}/model.tar.gz",
        },
    )
    return made


def explainer(shap: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"ExplainerConfig": {"ClarifyExplainerConfig": {"ShapConfig": shap, **more}}}


def test_tabular(hosting: Hosting) -> None:
    """The attributions are the exact Shapley values (Explain-1 … Explain-4, DataCapture-1)."""
    booster, rows = train()
    baseline, asked = rows[:3], rows[3:7]
    hosting.s3.put_object(Bucket=hosting.bucket, Key="baseline.csv", Body=csv(baseline))
    shap = {"ShapBaselineConfig": {"ShapBaselineUri": f"s3://{hosting.bucket}/baseline.csv"}}
    headers = [f"column {i}" for i in range(5)]
    config = hosting.config(
        {"VariantName": "a", "ModelName": model(hosting, booster)},
        DataCaptureConfig={
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{hosting.bucket}/captured",
            "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
            "CaptureContentTypeHeader": {
                "CsvContentTypes": ["text/csv"],
                "JsonContentTypes": ["application/json"],
            },
        },
        **explainer(
            {**shap, "Seed": 7},
            InferenceConfig={"FeatureHeaders": headers, "MaxRecordCount": 10},
        ),
    )
    endpoint = hosting.endpoint(config)
    seen = hosting.settle(endpoint)
    assert seen["EndpointStatus"] == "InService", seen
    clarify = seen["ExplainerConfig"]["ClarifyExplainerConfig"]
    assert clarify["InferenceConfig"]["MaxRecordCount"] == 10
    # What was read is kept: the object may go.
    hosting.s3.delete_object(Bucket=hosting.bucket, Key="baseline.csv")

    def ask(body: str = csv(asked), **more: Any) -> dict[str, Any]:
        answer = hosting.runtime.invoke_endpoint(
            EndpointName=endpoint, Body=body, **{"ContentType": "text/csv", **more}
        )
        assert answer["ContentType"] == "application/json"
        found: dict[str, Any] = json.loads(answer["Body"].read())
        return found

    def predict(some: np.ndarray) -> np.ndarray:
        return np.asarray(booster.predict(xgboost.DMatrix(some)), dtype=float)

    answer = ask(Accept="text/csv", InferenceId="first")
    assert answer["version"] == "1.0"
    assert answer["predictions"]["content_type"].startswith("text/csv")
    predicted = [float(v) for v in answer["predictions"]["data"].replace(",", "\n").split()]
    assert np.allclose(predicted, predict(asked), atol=1e-6)
    explained = answer["explanations"]["kernel_shap"]
    assert [f["feature_header"] for f in explained[0]] == headers
    for row, record in zip(asked, explained, strict=True):
        values = [f["attributions"][0]["attribution"][0] for f in record]
        assert np.allclose(values, shapley(predict, row, baseline), atol=1e-5)
        gain = predict(row[None])[0] - predict(baseline).mean()
        assert math.isclose(sum(values), gain, abs_tol=1e-6)
    assert ask(Accept="text/csv") == answer  # with a seed, the same for ever

    # Which records are explained: the request's word goes before the configuration's.
    high = ask(EnableExplanations="[0]>`0.5`")["explanations"]["kernel_shap"]
    assert [r is not None for r in high] == [p > 0.5 for p in predicted]
    assert {p > 0.5 for p in predicted} == {True, False}
    assert ask(EnableExplanations="`false`")["explanations"] == {}
    for more, what in (
        ({"EnableExplanations": "[0]>"}, "JMESPath"),
        ({"EnableExplanations": "[0]"}, "not true or false"),
        ({"Accept": "application/json"}, "cannot be explained"),
        ({"ContentType": "image/png"}, "cannot be explained"),
        ({"body": "1,2"}, "has 2 features"),
    ):
        with pytest.raises(ClientError, match=what) as refused:
            ask(**more)
        assert refused.value.response["Error"]["Code"] == "ValidationError"
    captured(hosting, endpoint, answer)
    hosting.delete(endpoint)


def captured(hosting: Hosting, endpoint: str, answer: dict[str, Any]) -> None:
    """What was captured of the first request is what the client saw."""
    for _ in range(200):
        listed = hosting.s3.list_objects_v2(Bucket=hosting.bucket, Prefix=f"captured/{endpoint}/a/")
        keys = [found["Key"] for found in listed.get("Contents", [])]
        files = [hosting.s3.get_object(Bucket=hosting.bucket, Key=key)["Body"] for key in keys]
        lines = [json.loads(line) for file in files for line in file.read().splitlines()]
        first = [x for x in lines if x["eventMetadata"].get("inferenceId") == "first"]
        if first:
            break
        time.sleep(0.1)
    data = first[0]["captureData"]
    assert data["endpointInput"]["observedContentType"] == "text/csv"
    assert json.loads(data["endpointOutput"]["data"]) == answer


def test_text(hosting: Hosting) -> None:
    """Words of a text are what is explained (Explain-3, CreateEndpointConfig-17)."""
    made = hosting.unique("words")
    hosting.sagemaker.create_model(
        ModelName=made,
        ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": hosting.program(WORDS, "serve")},
    )
    config = hosting.config(
        {"VariantName": "a", "ModelName": made},
        **explainer(
            {
                "ShapBaselineConfig": {
                    "ShapBaseline": '["<UNK>"]',
                    "MimeType": "application/jsonlines",
                },
                "TextConfig": {"Language": "en", "Granularity": "token"},
            },
            InferenceConfig={
                "FeaturesAttribute": "features",
                "ContentTemplate": '{"features":$features}',
                "ProbabilityAttribute": "score",
                "FeatureTypes": ["text"],
            },
        ),
    )
    endpoint = hosting.endpoint(config)
    assert hosting.settle(endpoint)["EndpointStatus"] == "InService"
    answer = hosting.runtime.invoke_endpoint(
        EndpointName=endpoint,
        ContentType="application/jsonlines",
        Accept="application/jsonlines",
        CustomAttributes="trace=1",
        Body='{"features":["a good day"]}\n{"features":["bad"]}',
    )
    assert answer["CustomAttributes"] == "seen trace=1"
    found = json.loads(answer["Body"].read())["explanations"]["kernel_shap"]
    units = [
        [(a["description"]["partial_text"], a["attribution"][0]) for a in record[0]["attributions"]]
        for record in found
    ]
    assert [[word for word, _ in record] for record in units] == [["a", "good", "day"], ["bad"]]
    assert np.allclose([v for record in units for _, v in record], [0, 2, 0, -3], atol=1e-6)
    hosting.delete(endpoint)


def test_refusals(hosting: Hosting) -> None:
    """What no request could be answered with is refused when it is made (Explain-2, -3)."""
    booster, _ = train()
    variant = {"VariantName": "a", "ModelName": model(hosting, booster)}
    inline = {"ShapBaselineConfig": {"ShapBaseline": "0,0,0,0,0"}}
    with pytest.raises(ClientError, match="EnableExplanations is no valid JMESPath"):
        hosting.config(variant, **explainer(inline, EnableExplanations="[0]>"))
    hosting.s3.put_object(Bucket=hosting.bucket, Key="ragged.csv", Body="1,2\n3")
    hosting.s3.put_object(Bucket=hosting.bucket, Key="long.csv", Body="1,2\n" * (1 << 19))
    for key, what in (
        ("none.csv", "Could not find the ShapBaselineUri"),
        ("ragged.csv", "has 1 features, and the first has 2"),
        ("long.csv", "2097152 bytes, and 1048576 are allowed"),
    ):
        uri = {"ShapBaselineConfig": {"ShapBaselineUri": f"s3://{hosting.bucket}/{key}"}}
        config = hosting.config(variant, **explainer(uri))
        with pytest.raises(ClientError, match=what):
            hosting.endpoint(config)
