"""Every way of running a job, by the SDK's generic Estimator, version 2."""

from __future__ import annotations

import json
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sagemaker
from programs import Programs
from sagemaker.analytics import TrainingJobAnalytics
from sagemaker.estimator import Estimator, EstimatorBase
from sagemaker.inputs import ShuffleConfig, TrainingInput
from sagemaker.s3 import S3Downloader
from server import Server

pytestmark = [pytest.mark.server, pytest.mark.sdk2]

Halves = tuple[np.ndarray, np.ndarray]

# The channel that streams is read twice, the other one as files that lie nowhere.
STREAM = """
import json, pathlib
data = pathlib.Path("/opt/ml/input/data")
epochs = [(data / f"train_{epoch}").read_text().splitlines() for epoch in range(2)]
files = {path.name: path.read_text() for path in sorted((data / "validation").iterdir())}
answer = {"first": epochs[0], "second": epochs[1], "files": files}
pathlib.Path("/opt/ml/model/answer.json").write_text(json.dumps(answer))
"""

# Counts in steps that it keeps as checkpoints, and gets past two only when it goes on from there.
COUNT = """
import pathlib, time
kept = pathlib.Path("/opt/ml/checkpoints/step")
begun = int(kept.read_text()) if kept.exists() else 0
print("begins at", begun, flush=True)
for step in range(begun + 1, 4):
    if step == 3 and begun == 0:
        time.sleep(600)
    kept.write_text(str(step))
pathlib.Path("/opt/ml/model/answer.json").write_text(str(begun))
"""

# algo-2 counts its rows and tells algo-1, which adds them to its own.
HOSTS = """
import json, pathlib, socket, time
config = json.loads(pathlib.Path("/opt/ml/input/config/resourceconfig.json").read_text())
data = pathlib.Path("/opt/ml/input/data")
shard = [line for path in (data / "train").iterdir() for line in path.open()]
if config["current_host"] == "algo-1":
    with socket.create_server(("algo-1", 7777)) as server:
        peer, _ = server.accept()
    with peer:
        other = int(peer.makefile().read())
    copies = len(list((data / "validation").iterdir()))
    answer = {"hosts": config["hosts"], "rows": [len(shard), other], "copies": copies}
    pathlib.Path("/opt/ml/model/answer.json").write_text(json.dumps(answer))
else:
    for _ in range(600):
        try:
            peer = socket.create_connection(("algo-1", 7777), timeout=5)
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
    with peer:
        peer.sendall(str(len(shard)).encode())
"""

# What lies in the cache of a warm pool stays for the next job; the model does not.
CACHE = """
import json, pathlib
cache = pathlib.Path("/opt/ml/sagemaker/warmpoolcache")
left = sorted(path.name for path in cache.iterdir())
model = pathlib.Path("/opt/ml/model")
answer = {"cache": left, "model": sorted(path.name for path in model.iterdir())}
(cache / "weights").write_text("1")
(model / "answer.json").write_text(json.dumps(answer))
"""

# Trains until it is stopped, and keeps what it has learned by then.
ENDLESS = """
import itertools, pathlib, signal, sys, time
def end(number, frame):
    pathlib.Path("/opt/ml/model/answer.json").write_text(str(step))
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
for step in itertools.count(1):
    if step <= 3:
        print(f"step={step} loss={1 / step:.3f}", flush=True)
    time.sleep(0.2)
"""


@pytest.fixture
def estimator(program: Programs, role: str) -> Callable[..., Estimator]:
    """Makes an estimator whose image is a program."""

    def make(text: str, **changes: Any) -> Estimator:
        settings = {"instance_count": 1, "instance_type": "ml.m5.large", **changes}
        return Estimator(image_uri=program(text), role=role, **settings)

    return make


def answer_of(estimator: EstimatorBase, folder: Path) -> Any:
    """What the program left in its model archive."""
    S3Downloader.download(estimator.model_data, str(folder))
    with tarfile.open(folder / "model.tar.gz") as archive:
        file = archive.extractfile("answer.json")
        assert file is not None
        return json.load(file)


def until(condition: Callable[[], bool]) -> None:
    """Wait for what a job does, as a person in a notebook would."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_pipe_and_fast_file(
    estimator: Callable[..., Estimator], channels: dict[str, str], halves: Halves, tmp_path: Path
) -> None:
    # TrainData-2, -3, -9: streamed, shuffled anew for each epoch; files without a download.
    streaming = estimator(STREAM, input_mode="Pipe")
    streaming.fit(
        {
            "train": TrainingInput(channels["train"], shuffle_config=ShuffleConfig(seed=1)),
            "validation": TrainingInput(channels["validation"], input_mode="FastFile"),
        },
        logs=False,
    )
    answer = answer_of(streaming, tmp_path)
    train, validation = halves
    for epoch in ("first", "second"):
        rows = np.loadtxt(answer[epoch], delimiter=",")
        np.testing.assert_array_equal(np.sort(rows, axis=0), np.sort(train, axis=0))
    files = answer["files"]
    assert list(files) == ["part-0.csv", "part-1.csv"]
    rows = np.loadtxt("".join(files.values()).splitlines(), delimiter=",")
    np.testing.assert_array_equal(rows, validation)
    statuses = streaming.latest_training_job.describe()["SecondaryStatusTransitions"]
    assert "Downloading" not in [each["Status"] for each in statuses]


def test_spot_with_checkpoints(
    server: Server,
    session: sagemaker.Session,
    estimator: Callable[..., Estimator],
    unique: Callable[[str], str],
    tmp_path: Path,
) -> None:
    # CreateTrainingJob-24, Ckpt-1: the interrupted job goes on where it was.
    checkpoints = f"s3://{session.default_bucket()}/{unique('checkpoints')}"
    spot = estimator(
        COUNT,
        use_spot_instances=True,
        max_run=300,
        max_wait=600,
        checkpoint_s3_uri=checkpoints,
    )
    spot.fit(wait=False)
    until(lambda: f"{checkpoints}/step" in S3Downloader.list(checkpoints))
    until(lambda: S3Downloader.read_file(f"{checkpoints}/step") == "2")
    assert "starts again" in server.run("jobs", "interrupt", spot.latest_training_job.name)
    spot.latest_training_job.wait(logs="None")
    assert answer_of(spot, tmp_path) == 2
    description = spot.latest_training_job.describe()
    statuses = [each["Status"] for each in description["SecondaryStatusTransitions"]]
    assert statuses.count("Training") == 2
    assert "Interrupted" in statuses
    assert description["BillableTimeInSeconds"] <= description["TrainingTimeInSeconds"]


def test_instances_that_talk(
    estimator: Callable[..., Estimator], channels: dict[str, str], tmp_path: Path
) -> None:
    # TrainContainer-5, TrainData-8: each host its share of one channel, all of the other.
    several = estimator(HOSTS, instance_count=2)
    several.fit(
        {
            "train": TrainingInput(channels["train"], distribution="ShardedByS3Key"),
            "validation": channels["validation"],
        },
        logs=False,
    )
    answer = answer_of(several, tmp_path)
    assert answer == {"hosts": ["algo-1", "algo-2"], "rows": [200, 200], "copies": 2}


def test_warm_pool(
    session: sagemaker.Session, estimator: Callable[..., Estimator], tmp_path: Path
) -> None:
    # WarmPool-1, -2, UpdateTrainingJob-1
    kept = estimator(CACHE, keep_alive_period_in_seconds=600)
    kept.fit(logs=False)
    first = kept.latest_training_job
    assert first.describe()["WarmPoolStatus"]["Status"] == "Available"
    assert answer_of(kept, tmp_path) == {"cache": [], "model": []}
    kept.fit(logs=False)
    second = kept.latest_training_job
    pool = first.describe()["WarmPoolStatus"]
    assert (pool["Status"], pool["ReusedByJob"]) == ("Reused", second.name)
    assert answer_of(kept, tmp_path) == {"cache": ["weights"], "model": []}
    session.update_training_job(second.name, resource_config={"KeepAlivePeriodInSeconds": 0})
    until(lambda: second.describe()["WarmPoolStatus"]["Status"] == "Terminated")


def test_stop_and_analytics(estimator: Callable[..., Estimator], tmp_path: Path) -> None:
    # StopTrainingJob-1, TrainContainer-9: a stopped job's model is kept, and so are its metrics.
    endless = estimator(
        ENDLESS,
        metric_definitions=[
            {"Name": "loss", "Regex": r"loss=([0-9.]+)"},
            {"Name": "step", "Regex": r"step=([0-9]+)"},
        ],
    )
    endless.fit(wait=False)
    job = endless.latest_training_job

    def losses() -> list[float]:
        frame = TrainingJobAnalytics(job.name, metric_names=["loss"]).dataframe()
        return list(frame["value"]) if len(frame) else []

    until(lambda: bool(losses()))
    job.stop()
    job.wait(logs="None")
    description = job.describe()
    assert description["TrainingJobStatus"] == "Stopped"
    assert answer_of(endless, tmp_path) >= 1
    frame = endless.training_job_analytics.dataframe()
    assert set(frame["metric_name"]) == {"loss", "step"}
    final = {each["MetricName"]: each["Value"] for each in description["FinalMetricDataList"]}
    assert final["loss"] == pytest.approx(1 / final["step"], abs=1e-3)
