"""The images of images/, built from their Dockerfiles: real jobs of one and of several containers.

The tests of built-in algorithms are those that hold for processes, with another
``training``. Not marked as tests of the server: once, with today's client, is enough.
"""

from __future__ import annotations

import functools
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost
from optml import IMAGES, to_csv
from program import Client
from server import ROOT, Server
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from test_training_builtins import (  # noqa: F401  they run here as well
    cancer,
    test_boosted_trees,
    test_kmeans,
    test_knn,
    test_lightgbm_on_several_instances,
    test_linear_learner,
    test_pca,
    test_random_cut_forest,
    test_xgboost_on_several_instances,
)
from test_training_hosts import resources
from test_training_xgboost import (  # noqa: F401
    halves,
    predictions,
    test_csv_from_upload_to_accuracy,
)
from training import GROUP, XGBOOST, Training

pytestmark = pytest.mark.current

SKLEARN = "sagemaker-scikit-learn:1"
PYTORCH = "pytorch-training:1"
FOLDERS = {
    "sagemaker-xgboost": "xgboost",
    "sagemaker-scikit-learn": "sklearn",
    "pytorch-training": "pytorch",
}
"""The folders of images/ by repository, where they have another name."""


@functools.cache
def built(folder: str) -> str:
    """The name of an image, made from its Dockerfile if it is not yet."""
    done = subprocess.run(
        [ROOT / ".ci" / "images", folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return f"sagebrush-test/{folder}:1"


class Contained(Training):
    """A training job whose image is the one built here."""

    def request(self, image: str, *arguments: Any, **changes: Any) -> dict[str, Any]:
        repository = image.rpartition("/")[2].partition(":")[0]
        name = built(FOLDERS.get(repository, repository))
        return super().request(name, *arguments, **changes)

    def script(self, image: str, text: str, count: int = 1, **parameters: str) -> dict[str, Any]:
        """Run a script in a framework's image, and see it succeed; answers the description."""
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w:gz") as archive:
            member = tarfile.TarInfo("program.py")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
        uri = self.upload("source", content.getvalue())
        description = self.run(
            image,
            [self.channel("train", f"s3://{self.bucket}/{self.name}/train/")],
            {
                "sagemaker_program": '"program.py"',
                "sagemaker_submit_directory": f'"{uri}part-0"',
                **parameters,
            },
            ResourceConfig=resources(count),
        )
        assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
        return description

    def text(self, description: dict[str, Any]) -> dict[str, str]:
        """The files of the model as text."""
        return {name: data.decode() for name, data in self.artifact(description).items()}

    def log_of(self, host: str) -> str:
        """What one host printed."""
        streams = self.logs.describe_log_streams(
            logGroupName=GROUP, logStreamNamePrefix=f"{self.name}/{host}-"
        )["logStreams"]
        assert len(streams) == 1
        events = self.logs.get_log_events(
            logGroupName=GROUP, logStreamName=streams[0]["logStreamName"], startFromHead=True
        )
        return "\n".join(event["message"] for event in events["events"])


@pytest.fixture(scope="module")
def contained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that runs every image in a container, on an engine with room for our images."""
    missing = ""
    if subprocess.run(["docker", "version"], capture_output=True, check=False).returncode:
        missing = "no container engine answers"
    elif not shutil.which("mmdebstrap"):
        missing = "mmdebstrap, which makes the images' base, is not installed"
    if missing and os.environ.get("SAGEBRUSH_REQUIRE_DOCKER") == "1":
        pytest.fail(f"{missing}, and SAGEBRUSH_REQUIRE_DOCKER=1")
    if missing:
        pytest.skip(f"NOT TESTED in containers: {missing}")
    data = tmp_path_factory.mktemp("images") / "data"
    running = Server(data, "--runner", "docker")
    yield running
    assert running.stop() == 0


@pytest.fixture
def training(contained: Server, unique: Callable[[str], str]) -> Contained:
    """Training jobs of that server."""
    bucket = unique("bucket")
    client = contained.client
    client("s3").create_bucket(Bucket=bucket)
    return Contained(client("sagemaker"), client("s3"), client("logs"), bucket, unique("job"))


@pytest.mark.parametrize("folder", sorted(p.parent.name for p in IMAGES.glob("*/manifest.json")))
def test_every_image_builds(contained: Server, folder: str) -> None:
    """Also one that no test below trains with yet."""
    found = subprocess.run(
        [
            "docker",
            "run",
            "--rm",
            "--network=none",
            built(folder),
            "sh",
            "-c",
            "command -v train; command -v serve",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.split() == ["/opt/program/train", "/opt/program/serve"]


def test_xgboost_of_three_hosts_is_that_of_one(
    training: Contained,
    unique: Callable[[str], str],
    cancer: tuple[np.ndarray, np.ndarray],  # noqa: F811
) -> None:
    """TrainContainer-5, TrainData-8: three containers train the model that one trains."""
    x, y = cancer
    parameters = {"objective": "binary:logistic", "max_depth": "3", "num_round": "10"}
    uri = training.upload("train", *(to_csv(y[a:400:3], x[a:400:3]) for a in range(3)))
    found = []
    for count in (1, 3):
        training.name = unique("job")
        channel = training.channel("train", uri)
        channel["DataSource"]["S3DataSource"]["S3DataDistributionType"] = "ShardedByS3Key"
        description = training.run(XGBOOST, [channel], parameters, ResourceConfig=resources(count))
        assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
        found.append(predictions(training, description, x[400:]))
    # All three had rows, and none of them all.
    for host, rows in (("algo-1", 134), ("algo-2", 133), ("algo-3", 133)):
        log = training.log_of(host)
        assert "Training on the hosts algo-1, algo-2, algo-3" in log
        assert f"{rows} rows" in log
    alone, together = found
    np.testing.assert_allclose(together, alone, rtol=1e-5)
    assert ((together > 0.5) == y[400:]).mean() > 0.9


def test_xgboost_serves(
    contained: Server,
    tmp_path: Path,
    cancer: tuple[np.ndarray, np.ndarray],  # noqa: F811
) -> None:
    """`docker run IMAGE serve` answers with what the library predicts."""
    x, y = cancer
    want = xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(x, y), 5)
    want.save_model(tmp_path / "model.json")
    (tmp_path / "model.json").rename(tmp_path / "xgboost-model")
    words = ["docker", "run", "--rm", "--network=host", f"--volume={tmp_path}:/opt/ml/model:ro"]
    words += ["--env=SAGEMAKER_BIND_TO_HOST=127.0.0.1", "--env=SAGEMAKER_BIND_TO_PORT=0"]
    with subprocess.Popen(
        [*words, built("xgboost"), "serve"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout
            line = process.stdout.readline()
            port = re.search(r"port (\d+)", line)
            assert port, line + process.stdout.read()
            client = Client(int(port[1]))
            assert client.request("GET", "/ping")[0] == 200
            status, _, answer = client.invoke(to_csv(x[:20]), Content_Type="text/csv")
        finally:
            process.terminate()  # docker hands it on
        assert process.wait(30) == 0
    assert status == 200
    got = [float(word) for word in answer.replace("\n", ",").strip(",").split(",")]
    np.testing.assert_allclose(got, want.predict(xgboost.DMatrix(x[:20])), rtol=1e-5)


RIDGE = """
import argparse, json, os, pathlib
import numpy as np, pandas as pd
from sklearn.linear_model import Ridge
parser = argparse.ArgumentParser()
parser.add_argument("--alpha", type=float)
alpha = parser.parse_args().alpha
rows = pd.read_csv(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "part-0"), header=None).to_numpy()
model = Ridge(alpha).fit(rows[:, 1:], rows[:, 0])
answer = {"weights": list(model.coef_), "score": model.score(rows[:, 1:], rows[:, 0])}
pathlib.Path(os.environ["SM_MODEL_DIR"], "answer.json").write_text(json.dumps(answer))
"""


def test_scikit_learn(training: Contained) -> None:
    """A script of the user's learns what the library learns here."""
    x, y = load_diabetes(return_X_y=True)
    training.upload("train", to_csv(y, x))
    description = training.script(SKLEARN, RIDGE, alpha="0.5")
    answer = json.loads(training.text(description)["answer.json"])
    want = Ridge(0.5).fit(x, y)
    np.testing.assert_allclose(answer["weights"], want.coef_, rtol=1e-6)
    assert answer["score"] == pytest.approx(want.score(x, y))
    assert answer["score"] > 0.4


# Gradient descent whose gradients are added up over all hosts; each has its own rows.
DESCENT = """
import json, os, pathlib
import numpy as np, torch
import torch.distributed as dist
dist.init_process_group("gloo")
rank, size = dist.get_rank(), dist.get_world_size()
part = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"], f"part-{rank}")
rows = torch.from_numpy(np.loadtxt(part, delimiter=","))
weights = torch.zeros(rows.shape[1] - 1, dtype=torch.float64, requires_grad=True)
count = torch.tensor(float(len(rows)))
dist.all_reduce(count)
for _ in range(50):
    loss = ((rows[:, 1:] @ weights - rows[:, 0]) ** 2).sum() / count
    gradient, = torch.autograd.grad(loss, weights)
    dist.all_reduce(gradient)
    weights = (weights - 0.1 * gradient).detach().requires_grad_()
answer = {"size": size, "rows": count.item(), "weights": weights.tolist()}
host = os.environ["SM_CURRENT_HOST"]
pathlib.Path(os.environ["SM_MODEL_DIR"], f"{host}.json").write_text(json.dumps(answer))
dist.destroy_process_group()
"""


def test_pytorch_gloo(training: Contained) -> None:
    """TrainContainer-5, -8: PyTorch's own allreduce joins three containers."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 4))
    y = x @ [1.0, -2.0, 3.0, 0.5] + rng.normal(size=300) / 10
    training.upload("train", *(to_csv(y[a::3], x[a::3]) for a in range(3)))
    parameters = {"sagemaker_torch_distributed_enabled": "true"}
    description = training.script(PYTORCH, DESCENT, 3, **parameters)
    answers = {name: json.loads(found) for name, found in training.text(description).items()}
    assert sorted(answers) == ["algo-1.json", "algo-2.json", "algo-3.json"]
    want = np.zeros(4)
    for _ in range(50):
        want -= 0.1 * 2 * x.T @ (x @ want - y) / len(y)
    for answer in answers.values():
        assert (answer["size"], answer["rows"]) == (3, 300)
        np.testing.assert_allclose(answer["weights"], want, rtol=1e-9)
    assert np.abs(want - [1.0, -2.0, 3.0, 0.5]).max() < 0.1


def test_torchrun_as_the_command(training: Contained) -> None:
    """A job whose own entry point is torchrun, as those of the SDK's ModelTrainer are."""
    program = """
import os, torch, torch.distributed as dist
dist.init_process_group("gloo")
total = torch.tensor([dist.get_rank() + 1.0])
dist.all_reduce(total)
if dist.get_rank() == 0:
    open("/opt/ml/model/sum", "w").write(str(total.item()))
dist.destroy_process_group()
"""
    code = training.channel("code", training.upload("code", program), None)
    script = "/opt/ml/input/data/code/part-0"
    description = training.run(
        PYTORCH,
        [code],
        AlgorithmSpecification={
            "TrainingImage": built("pytorch"),
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["torchrun"],
            "ContainerArguments": ["--standalone", "--nnodes=1", "--nproc_per_node=2", script],
        },
    )
    assert description["TrainingJobStatus"] == "Completed", description.get("FailureReason")
    assert training.text(description) == {"sum": "3.0"}


RANKS = """
import os, pathlib
from mpi4py import MPI
world = MPI.COMM_WORLD
total = world.allreduce(world.rank + 1)
name = f"{os.environ['SM_CURRENT_HOST']}-{world.rank}"
pathlib.Path(os.environ["SM_MODEL_DIR"], name).write_text(f"{total} of {world.size}")
"""


def test_mpi(training: Contained) -> None:
    """TrainContainer-5, -8: mpirun in one container starts its processes in the others."""
    training.upload("train", "1")
    description = training.script(
        PYTORCH,
        RANKS,
        3,
        sagemaker_mpi_enabled="true",
        sagemaker_mpi_num_of_processes_per_host="2",
    )
    ranks = [f"algo-{1 + rank // 2}-{rank}" for rank in range(6)]
    assert training.text(description) == dict.fromkeys(ranks, "21 of 6")
