"""deploy() and predictors of version 2: built-in algorithms, scripts, updates, A/B tests."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sagemaker
from botocore.exceptions import ClientError
from sagemaker import image_uris
from sagemaker.deserializers import CSVDeserializer, NumpyDeserializer
from sagemaker.estimator import Estimator
from sagemaker.lineage.artifact import Artifact, ModelArtifact
from sagemaker.lineage.context import EndpointContext
from sagemaker.predictor import Predictor
from sagemaker.serializers import CSVSerializer, NumpySerializer
from sagemaker.serverless import ServerlessInferenceConfig
from sagemaker.session import production_variant
from sagemaker.sklearn import SKLearn

pytestmark = [pytest.mark.server, pytest.mark.sdk2]

SCRIPT = """
import os

import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression


def model_fn(folder):
    return joblib.load(os.path.join(folder, "model.joblib"))


def predict_fn(rows, model):
    return model.predict_proba(rows)[:, 1]


if __name__ == "__main__":
    folder = os.environ["SM_CHANNEL_TRAIN"]
    rows = np.concatenate(
        [np.loadtxt(os.path.join(folder, name), delimiter=",") for name in os.listdir(folder)]
    )
    model = LogisticRegression(max_iter=10_000).fit(rows[:, 1:], rows[:, 0])
    joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
"""


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK looks every thirty seconds; here every tenth of one does."""
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.1)))


def test_built_in(
    session: sagemaker.Session,
    role: str,
    channels: dict[str, str],
    halves: tuple[np.ndarray, np.ndarray],
) -> None:
    """Train, deploy, predict, update the endpoint in place, serverless beside it, delete."""
    image = image_uris.retrieve("xgboost", session.boto_region_name, "1.7-1")
    estimator = Estimator(
        image, role, instance_count=1, instance_type="ml.m5.large", sagemaker_session=session
    )
    estimator.set_hyperparameters(objective="binary:logistic", num_round=20)
    inputs = {
        name: sagemaker.inputs.TrainingInput(uri, content_type="text/csv")
        for name, uri in channels.items()
    }
    estimator.fit(inputs, logs=False)
    predictor = estimator.deploy(
        1, "ml.m5.large", serializer=CSVSerializer(), deserializer=CSVDeserializer()
    )
    held = halves[1]
    score = np.array(predictor.predict(held[:, 1:]), dtype=float).ravel()
    assert score.shape == (len(held),)
    assert ((score > 0.5) == held[:, 0]).mean() > 0.9
    first = session.sagemaker_client.describe_endpoint(EndpointName=predictor.endpoint_name)
    (summary,) = EndpointContext.list(source_uri=first["EndpointArn"], sagemaker_session=session)
    context = EndpointContext.load(summary.context_name, session)
    job = session.describe_training_job(estimator.latest_training_job.name)
    assert context.training_job_arns() == [job["TrainingJobArn"]]
    (archive,) = Artifact.list(source_uri=estimator.model_data, sagemaker_session=session)
    (led,) = ModelArtifact.load(archive.artifact_arn, session).endpoint_contexts()
    assert led.context_name == summary.context_name
    predictor.update_endpoint(initial_instance_count=2, instance_type="ml.m5.large")
    seen = session.sagemaker_client.describe_endpoint(EndpointName=predictor.endpoint_name)
    assert seen["EndpointStatus"] == "InService"
    assert seen["EndpointConfigName"] != first["EndpointConfigName"]
    assert seen["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    assert np.array_equal(np.array(predictor.predict(held[:, 1:]), dtype=float).ravel(), score)
    on_demand = estimator.deploy(
        serverless_inference_config=ServerlessInferenceConfig(2048, max_concurrency=3),
        endpoint_name=f"{predictor.endpoint_name}-serverless",
        serializer=CSVSerializer(),
        deserializer=CSVDeserializer(),
    )
    assert np.array_equal(np.array(on_demand.predict(held[:, 1:]), dtype=float).ravel(), score)
    seen = session.sagemaker_client.describe_endpoint(EndpointName=on_demand.endpoint_name)
    config = seen["ProductionVariants"][0]["CurrentServerlessConfig"]
    assert config == {"MemorySizeInMB": 2048, "MaxConcurrency": 3}
    on_demand.delete_endpoint()
    predictor.delete_model()
    predictor.delete_endpoint()
    with pytest.raises(ClientError, match=r"not found|not serving"):
        predictor.predict(held[:, 1:])


def test_script(
    session: sagemaker.Session,
    role: str,
    channels: dict[str, str],
    halves: tuple[np.ndarray, np.ndarray],
    tmp_path: Path,
) -> None:
    """A script's own model_fn and predict_fn answer."""
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    estimator = SKLearn(
        entry_point=str(script),
        role=role,
        instance_count=1,
        instance_type="ml.m5.large",
        framework_version="1.2-1",
        sagemaker_session=session,
    )
    estimator.fit({"train": channels["train"]}, logs=False)
    predictor = estimator.deploy(
        1, "ml.m5.large", serializer=NumpySerializer(), deserializer=NumpyDeserializer()
    )
    held = halves[1]
    score = predictor.predict(held[:, 1:])
    assert ((score > 0.5) == held[:, 0]).mean() > 0.9
    predictor.delete_endpoint()


def test_two_variants(
    session: sagemaker.Session,
    role: str,
    channels: dict[str, str],
    halves: tuple[np.ndarray, np.ndarray],
    unique: Callable[[str], str],
) -> None:
    """An A/B test as the guides write it: two models, a target, weights that shift."""
    image = image_uris.retrieve("xgboost", session.boto_region_name, "1.7-1")
    variants = []
    for rounds in (1, 30):
        estimator = Estimator(
            image, role, instance_count=1, instance_type="ml.m5.large", sagemaker_session=session
        )
        estimator.set_hyperparameters(objective="binary:logistic", num_round=rounds)
        train = sagemaker.inputs.TrainingInput(channels["train"], content_type="text/csv")
        estimator.fit({"train": train}, logs=False)
        name = unique("ab")
        session.create_model(
            name, role, {"Image": image, "ModelDataUrl": estimator.model_data, "Environment": {}}
        )
        variants.append(
            production_variant(
                model_name=name,
                instance_type="ml.m5.large",
                initial_instance_count=1,
                variant_name=f"rounds-{rounds}",
                initial_weight=1,
            )
        )
    endpoint = session.endpoint_from_production_variants(unique("ab"), variants)
    predictor = Predictor(endpoint, session, CSVSerializer(), CSVDeserializer())
    row = halves[1][0, 1:]
    answers = {
        name: predictor.predict(row, target_variant=name) for name in ("rounds-1", "rounds-30")
    }
    assert answers["rounds-1"] != answers["rounds-30"]
    session.sagemaker_client.update_endpoint_weights_and_capacities(
        EndpointName=endpoint,
        DesiredWeightsAndCapacities=[
            {"VariantName": "rounds-1", "DesiredWeight": 0},
            {"VariantName": "rounds-30", "DesiredWeight": 1},
        ],
    )
    session.wait_for_endpoint(endpoint)
    assert all(predictor.predict(row) == answers["rounds-30"] for _ in range(10))
    predictor.delete_endpoint()
