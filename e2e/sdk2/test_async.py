"""AsyncPredictor of version 2: predict, predict_async and get_result."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
import sagemaker
from hosting import SERVE
from programs import Programs
from sagemaker.async_inference import AsyncInferenceConfig, WaiterConfig
from sagemaker.deserializers import StringDeserializer
from sagemaker.exceptions import AsyncInferenceModelError, ObjectNotExistedError
from sagemaker.model import Model
from sagemaker.predictor import Predictor
from sagemaker.serializers import CSVSerializer

pytestmark = [pytest.mark.server, pytest.mark.sdk2]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK looks every few seconds; here every tenth of one does."""
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.1)))


def test_async_predictor(
    session: sagemaker.Session, role: str, program: Programs, tmp_path: Path
) -> None:
    """deploy() with an AsyncInferenceConfig, as the guides write it (Async-1)."""
    image = program(SERVE.replace('open("/opt/ml/model/name.txt")', "open(os.devnull)"), "serve")
    model = Model(image, role=role, predictor_cls=Predictor, sagemaker_session=session)
    predictor = model.deploy(
        1,
        "ml.m5.large",
        serializer=CSVSerializer(),
        deserializer=StringDeserializer(),
        async_inference_config=AsyncInferenceConfig(max_concurrent_invocations_per_instance=2),
    )
    waiter = WaiterConfig(max_attempts=60, delay=1)
    assert predictor.predict("1,2", waiter_config=waiter) == "|nobody|text/csv|1,2"
    response = predictor.predict_async("3,4")
    assert response.get_result(waiter) == "|nobody|text/csv|3,4"
    assert response.get_result() == "|nobody|text/csv|3,4"
    failing = predictor.predict_async("fail")
    with pytest.raises(AsyncInferenceModelError, match="the model does not like this"):
        failing.get_result(waiter)
    file = tmp_path / "in.csv"
    file.write_text("5,6")
    location = session.upload_data(str(file), key_prefix="async")
    waiting = predictor.predict_async(input_path=location)
    while True:
        try:
            assert waiting.get_result() == "|nobody||5,6"
            break
        except ObjectNotExistedError:
            time.sleep(0.1)
    predictor.delete_endpoint()
    for thread in threading.enumerate():  # each also waits for the object that does not come
        if "check_" in thread.name:
            thread.join()
