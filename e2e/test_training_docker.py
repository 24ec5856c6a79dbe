"""Jobs in containers of a real engine: the contract, several hosts, isolation, a killed server."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from server import ROOT, Server
from test_training_hosts import ALLREDUCE, resources
from training import Training

pytestmark = pytest.mark.server

IMAGE = "sagebrush-test/python:3"


@pytest.fixture(scope="module")
def engine() -> None:
    """A container engine that answers, with an image that has Python."""
    answers = subprocess.run(["docker", "version"], capture_output=True, check=False)
    if answers.returncode != 0:
        if os.environ.get("SAGEBRUSH_REQUIRE_DOCKER") == "1":
            pytest.fail("no container engine answers, and SAGEBRUSH_REQUIRE_DOCKER=1")
        pytest.skip(
            "NOT TESTED: jobs in containers: no engine answers "
            "(set DOCKER_HOST, or run this below .ci/with-docker)"
        )
    subprocess.run([ROOT / ".ci" / "python-image"], check=True)


@pytest.fixture(scope="module")
def contained(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that runs every image in a container."""
    running = Server(
        tmp_path_factory.mktemp("contained") / "data",
        *["--runner", "docker", "--job-memory", "512MiB"],
    )
    yield running
    assert running.stop() == 0


@pytest.fixture
def training(contained: Server, unique: Callable[[str], str]) -> Training:
    """Training jobs of that server."""
    bucket = unique("bucket")
    client = contained.client
    client("s3").create_bucket(Bucket=bucket)
    return Training(client("sagemaker"), client("s3"), client("logs"), bucket, unique("job"))


def request(
    training: Training, text: str, *channels: dict[str, Any], **changes: Any
) -> dict[str, Any]:
    """A request that runs a Python program, which comes by a channel, in a container."""
    code = training.channel("code", training.upload("code", text), None)
    return training.request(
        IMAGE,
        [code, *channels],
        AlgorithmSpecification={
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python3"],
            "ContainerArguments": ["/opt/ml/input/data/code/part-0"],
            "MetricDefinitions": [{"Name": "loss", "Regex": "loss=(.*)"}],
        },
        **changes,
    )


def run(training: Training, text: str, *channels: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Run such a job to its end."""
    training.sagemaker.create_training_job(**request(training, text, *channels, **changes))
    return training.wait()


def completed(description: dict[str, Any]) -> dict[str, Any]:
    assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
    return description


def test_contract(contained: Server, training: Training) -> None:
    # TrainContainer-1, TrainContainer-3 to TrainContainer-8: files, variables, results;
    # nothing of the host's.
    uri = training.upload("train", "a", "b")
    program = """
import json, os, pathlib, socket, urllib.request
train = pathlib.Path("/opt/ml/input/data/train")
answer = {
    "files": sorted(p.name for p in train.iterdir()),
    "eta": json.loads(pathlib.Path("/opt/ml/input/config/hyperparameters.json").read_text()),
    "host": socket.gethostname(),
    "health": urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/healthz").status,
    "bundle": os.path.getsize(os.environ["AWS_CA_BUNDLE"]) > 0,
    "data": os.path.exists(os.environ["DATA"]),
}
pathlib.Path("/opt/ml/model/answer.json").write_text(json.dumps(answer))
print("loss=0.25")
"""
    channel = training.channel("train", uri, None)
    changes = {"Environment": {"DATA": str(contained.data)}, "HyperParameters": {"eta": "0.1"}}
    description = completed(run(training, program, channel, **changes))
    assert json.loads(training.artifact(description)["answer.json"]) == {
        "files": ["part-0", "part-1"],
        "eta": {"eta": "0.1"},
        "host": "algo-1",
        "health": 200,
        "bundle": True,
        "data": False,
    }
    assert description["FinalMetricDataList"][0]["Value"] == 0.25
    assert "sha256:" in description["SecondaryStatusTransitions"][0]["StatusMessage"]


@pytest.mark.parametrize("mode", ["FastFile", "Pipe"])
def test_streams(training: Training, mode: str) -> None:
    # TrainData-2, -3: mounts and pipes made on the host reach the container.
    uri = training.upload("train", "first ", "second")
    program = """
import pathlib
data = pathlib.Path("/opt/ml/input/data")
pipe = data / "train_0"
text = pipe.read_text() if pipe.exists() else "".join(
    p.read_text() for p in sorted((data / "train").iterdir()))
pathlib.Path("/opt/ml/model/text").write_text(text)
"""
    channel = {**training.channel("train", uri, None), "InputMode": mode}
    description = completed(run(training, program, channel))
    assert training.artifact(description) == {"text": b"first second"}


def test_allreduce(training: Training) -> None:
    # TrainContainer-5, -8: three containers find each other by name.
    uri = training.upload("train", "1")
    channel = training.channel("train", uri, None)
    description = completed(run(training, ALLREDUCE, channel, ResourceConfig=resources(3)))
    answers = training.artifact(description)
    assert sorted(answers) == ["algo-1.json", "algo-2.json", "algo-3.json"]
    assert {json.loads(text)["total"] for text in answers.values()} == {6}


def test_isolation(training: Training) -> None:
    # TrainContainer-15, DescTJ-19, Net-1: no way out, and no credentials.
    program = """
import os, socket, sys
assert "AWS_ENDPOINT_URL" not in os.environ
for address in [("1.1.1.1", 53), ("127.0.0.1", 1)]:
    try:
        socket.create_connection(address, timeout=2)
        sys.exit(f"{address} was reached")
    except OSError:
        pass
"""
    completed(run(training, program, EnableNetworkIsolation=True))


def test_memory(training: Training) -> None:
    # D-11: a limit is told as what it is.
    program = "block = [bytearray(1 << 20) for _ in range(1 << 20)]"
    description = run(training, program)
    assert description["TrainingJobStatus"] == "Failed"
    assert "needed more memory than the 512 MiB" in description["FailureReason"]


def test_no_such_image(training: Training) -> None:
    # CreateTrainingJob-29: what is missing, and where it was looked for.
    image = "localhost:1/nowhere/model:1"
    changes = {"AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"}}
    description = training.run(image, [], **changes)
    assert description["TrainingJobStatus"] == "Failed"
    assert description["FailureReason"].startswith("ClientError: the image could not be prepared")
    assert "localhost:1" in description["FailureReason"]


def test_killed_server(
    engine: None, tmp_path_factory: pytest.TempPathFactory, unique: Callable[[str], str]
) -> None:
    # A container runs on when the server is killed, and is found again.
    data = tmp_path_factory.mktemp("killed") / "data"
    server = Server(data, "--runner", "docker")
    server.client("s3").create_bucket(Bucket="killed")
    name = unique("job")
    client = server.client
    training = Training(client("sagemaker"), client("s3"), client("logs"), "killed", name)
    program = """
import pathlib, time
print("begins", flush=True)
time.sleep(3)
print("ends", flush=True)
pathlib.Path("/opt/ml/model/done").write_text("once")
"""
    training.sagemaker.create_training_job(**request(training, program))
    waiting = True
    while waiting:
        found = training.sagemaker.describe_training_job(TrainingJobName=name)
        assert found["TrainingJobStatus"] == "InProgress", found.get("FailureReason")
        waiting = found["SecondaryStatus"] != "Training"
    server.process.kill()
    server.process.wait()
    again = Server(data, "--runner", "docker")
    client = again.client
    training = Training(client("sagemaker"), client("s3"), client("logs"), "killed", name)
    description = completed(training.wait())
    assert training.artifact(description) == {"done": b"once"}
    assert training.lines() == ["begins", "ends"]
    assert again.stop() == 0
    owner = (data / "docker" / "owner").read_text().strip()
    listed = subprocess.run(
        ["docker", "ps", "-aq", "--filter", f"label=com.github.sagebrush.owner={owner}"],
        capture_output=True,
        check=True,
    )
    assert listed.stdout == b""
