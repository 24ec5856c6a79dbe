"""MultiDataModel of version 2, unmodified: many models behind one endpoint."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
import sagemaker
from sagemaker import image_uris
from sagemaker.deserializers import CSVDeserializer
from sagemaker.estimator import Estimator
from sagemaker.multidatamodel import MultiDataModel
from sagemaker.predictor import Predictor
from sagemaker.serializers import CSVSerializer

pytestmark = [pytest.mark.server, pytest.mark.sdk2]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK looks every thirty seconds; here every tenth of one does."""
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.1)))


def test_multi_data_model(
    session: sagemaker.Session,
    role: str,
    channels: dict[str, str],
    halves: tuple[np.ndarray, np.ndarray],
    unique: Callable[[str], str],
) -> None:
    """Models are added while the endpoint serves, listed, and asked by name (Host-7)."""
    image = image_uris.retrieve("xgboost", session.boto_region_name, "1.7-1")
    trained = {}
    for rounds in (1, 30):
        estimator = Estimator(
            image, role, instance_count=1, instance_type="ml.m5.large", sagemaker_session=session
        )
        estimator.set_hyperparameters(objective="binary:logistic", num_round=rounds)
        train = sagemaker.inputs.TrainingInput(channels["train"], content_type="text/csv")
        estimator.fit({"train": train}, logs=False)
        trained[f"rounds-{rounds}.tar.gz"] = estimator.model_data
    name = unique("many")
    many = MultiDataModel(
        name=name,
        model_data_prefix=f"s3://{session.default_bucket()}/{name}/",
        image_uri=image,
        role=role,
        sagemaker_session=session,
        predictor_cls=Predictor,
    )
    predictor = many.deploy(
        1, "ml.m5.large", serializer=CSVSerializer(), deserializer=CSVDeserializer()
    )
    for path, data in trained.items():
        many.add_model(model_data_source=data, model_data_path=path)
    assert sorted(many.list_models()) == sorted(trained)
    held = halves[1]
    answers = {
        path: np.array(predictor.predict(held[:, 1:], target_model=path), dtype=float).ravel()
        for path in trained
    }
    assert len(set(answers["rounds-1.tar.gz"])) < len(set(answers["rounds-30.tar.gz"]))
    assert ((answers["rounds-30.tar.gz"] > 0.5) == held[:, 0]).mean() > 0.9
    predictor.delete_endpoint()
