"""ModelTrainer of the SDK, version 3: it needs bash, python3 and pip in the image, no more."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import subprocess
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
from sagemaker.core import image_uris
from sagemaker.core.utils.exceptions import FailedStatusError
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import (
    CheckpointConfig,
    Compute,
    InputData,
    SourceCode,
    StoppingCondition,
)
from sagemaker.train.distributed import MPI, Torchrun
from server import Server
from sklearn.datasets import load_iris

pytestmark = [pytest.mark.server, pytest.mark.sdk3]

SKLEARN = image_uris.retrieve(
    "sklearn", region="us-east-1", version="1.2-1", py_version="py3", instance_type="ml.m5.large"
)
COMPUTE = Compute(instance_type="ml.m5.large", instance_count=1)

FIT = """
import json, os, sys
import numpy as np
import tinydb
from sklearn.linear_model import LogisticRegression
rows = np.loadtxt(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "iris.csv"), delimiter=",")
c = json.loads(os.environ["SM_HPS"])["C"]
model = LogisticRegression(C=c, max_iter=1000).fit(rows[:, 1:], rows[:, 0])
accuracy = model.score(rows[:, 1:], rows[:, 0])
print(f"accuracy={accuracy:.4f}")
facts = {"accuracy": accuracy, "c": c, "python": sys.executable, "tinydb": tinydb.__version__}
with open(os.path.join(os.environ["SM_MODEL_DIR"], "facts.json"), "w") as out:
    json.dump(facts, out)
"""


@pytest.fixture
def source(tmp_path: Path) -> Callable[..., str]:
    """Writes a source directory; answers its path."""

    def write(**files: str) -> str:
        folder = tmp_path / "source"
        folder.mkdir()
        for name, content in files.items():
            (folder / name.replace("_", ".")).write_text(content)
        return str(folder)

    return write


def facts_of(trainer: ModelTrainer) -> dict[str, Any]:
    """What the program left in its model archive."""
    uri = trainer._latest_training_job.model_artifacts.s3_model_artifacts
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        file = archive.extractfile("facts.json")
        assert file is not None
        return dict(json.load(file))


def test_source_inputs_and_logs(
    source: Callable[..., str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Local code and data, requirements, hyperparameters, the log's tail."""
    features, label = load_iris(return_X_y=True)
    (tmp_path / "data").mkdir()
    np.savetxt(tmp_path / "data" / "iris.csv", np.column_stack([label, features]), delimiter=",")
    trainer = ModelTrainer(
        training_image=SKLEARN,
        source_code=SourceCode(
            source_dir=source(train_py=FIT, requirements_txt="tinydb==4.8.2\n"),
            entry_script="train.py",
            requirements="requirements.txt",
        ),
        compute=COMPUTE,
        hyperparameters={"C": 0.5},
        base_job_name="fit-iris",
    )
    caplog.set_level(logging.INFO)
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("sagemaker"):
            logging.getLogger(name).propagate = True
    trainer.train(
        input_data_config=[InputData(channel_name="train", data_source=str(tmp_path / "data"))],
        wait=True,
        logs=True,
    )
    facts = facts_of(trainer)
    assert facts["c"] == 0.5
    assert facts["tinydb"] == "4.8.2"
    assert facts["accuracy"] > 0.9
    # pip installed into an environment of the job's own, not the image's.
    assert facts["python"].startswith("/opt/ml/")
    assert f"accuracy={facts['accuracy']:.4f}" in caplog.text
    assert "Training Container Execution Completed" in caplog.text


def test_program_that_fails(source: Callable[..., str]) -> None:
    """TrainContainer-7: the failure file of the SDK's own driver is the reason."""
    trainer = ModelTrainer(
        training_image=SKLEARN,
        source_code=SourceCode(
            source_dir=source(train_py="raise ValueError('no label')\n"), entry_script="train.py"
        ),
        compute=COMPUTE,
        base_job_name="broken",
    )
    with pytest.raises(FailedStatusError) as caught:
        trainer.train(wait=True, logs=False)
    assert "AlgorithmError" in str(caught.value)
    assert "'train.py']' returned non-zero exit status 1" in str(caught.value)


def test_command_in_an_image_of_ones_own(
    server: Server, source: Callable[..., str], tmp_path: Path, unique: Callable[[str], str]
) -> None:
    """Any folder will do as an image; its own program gives way to the SDK's."""
    image = tmp_path / "image"
    image.mkdir()
    (image / "train").write_text("#!/bin/sh\nexit 9\n")
    (image / "train").chmod(0o755)
    uri = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{unique('own')}:1"
    server.run("image", "add", uri, image)
    script = 'printf \'{"said": "%s"}\' "$GREETING" > "$SM_MODEL_DIR/facts.json"\n'
    trainer = ModelTrainer(
        training_image=uri,
        source_code=SourceCode(source_dir=source(run_sh=script), command="bash run.sh"),
        compute=COMPUTE,
        environment={"GREETING": "hello"},
        base_job_name="own",
    )
    trainer.train(wait=True, logs=False)
    assert facts_of(trainer) == {"said": "hello"}


PYTORCH = image_uris.retrieve(
    "pytorch",
    region="us-east-1",
    version="2.3.0",
    py_version="py311",
    instance_type="ml.m5.large",
    image_scope="training",
)
GROUP = """
import json, os, torch, torch.distributed as dist
dist.init_process_group("gloo")
total = torch.tensor([dist.get_rank() + 1.0])
dist.all_reduce(total)
if dist.get_rank() == 0:
    facts = {"size": dist.get_world_size(), "sum": total.item()}
    json.dump(facts, open(os.path.join(os.environ["SM_MODEL_DIR"], "facts.json"), "w"))
dist.destroy_process_group()
"""
RANKS = """
import json, os, sys
from mpi4py import MPI
hosts = MPI.COMM_WORLD.gather(os.environ["SM_CURRENT_HOST"])
if MPI.COMM_WORLD.rank == 0:
    facts = {"hosts": hosts, "args": sys.argv[1:]}
    json.dump(facts, open(os.path.join(os.environ["SM_MODEL_DIR"], "facts.json"), "w"))
"""


def need(command: list[str], variable: str, what: str, package: str) -> None:
    """Skip where a program is not installed, unless it must be."""
    with contextlib.suppress(OSError):
        if subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
            return
    if os.environ.get(variable) == "1":
        pytest.fail(f"{what} was not found, but {variable}=1.", pytrace=False)
    pytest.skip(f"NOT TESTED: jobs with {what}: install it (Debian: apt-get install {package})")


def test_torchrun_on_two_hosts(source: Callable[..., str]) -> None:
    """The SDK's own driver calls torchrun on each host."""
    torch = ["/usr/bin/python3", "-c", "import torch"]
    need(torch, "SAGEBRUSH_REQUIRE_TORCH", "PyTorch", "python3-torch")
    trainer = ModelTrainer(
        training_image=PYTORCH,
        source_code=SourceCode(source_dir=source(group_py=GROUP), entry_script="group.py"),
        compute=Compute(instance_type="ml.m5.large", instance_count=2),
        distributed=Torchrun(process_count_per_node=2),
        base_job_name="group",
    )
    trainer.train(wait=True, logs=False)
    assert facts_of(trainer) == {"size": 4, "sum": 10.0}


def test_mpi_on_two_hosts(source: Callable[..., str]) -> None:
    """The SDK's driver wants SSH daemons; ours does the same without."""
    need(["mpirun", "--version"], "SAGEBRUSH_REQUIRE_MPI", "mpirun", "openmpi-bin")
    before = Path("/etc/environment").read_text()
    files = {"ranks_py": RANKS, "requirements_txt": "mpi4py==4.1.1\n"}
    trainer = ModelTrainer(
        training_image=SKLEARN,
        source_code=SourceCode(
            source_dir=source(**files), entry_script="ranks.py", requirements="requirements.txt"
        ),
        compute=Compute(instance_type="ml.m5.large", instance_count=2),
        distributed=MPI(process_count_per_node=2),
        hyperparameters={"alpha": 0.5, "name": "x y"},
        base_job_name="ranks",
    )
    trainer.train(wait=True, logs=False)
    facts = facts_of(trainer)
    assert facts["hosts"] == ["algo-1", "algo-1", "algo-2", "algo-2"]
    assert facts["args"] == ["--alpha", "0.5", "--name", "x y"]
    assert Path("/etc/environment").read_text() == before


# Gets past its checkpoint only when it goes on from there.
SPOT = """
import json, os, time
kept = "/opt/ml/checkpoints/step"
begun = int(open(kept).read()) if os.path.exists(kept) else 0
open(kept, "w").write(str(begun + 1))
if begun == 0:
    time.sleep(600)
with open(os.path.join(os.environ["SM_MODEL_DIR"], "facts.json"), "w") as out:
    json.dump({"begun": begun}, out)
"""


def test_spot_with_checkpoints(
    server: Server, source: Callable[..., str], unique: Callable[[str], str]
) -> None:
    # CreateTrainingJob-24, Ckpt-1: the interrupted job goes on where it was.
    s3, bucket = boto3.client("s3"), unique("spot")
    s3.create_bucket(Bucket=bucket)
    trainer = ModelTrainer(
        training_image=SKLEARN,
        source_code=SourceCode(source_dir=source(train_py=SPOT), entry_script="train.py"),
        compute=Compute(
            instance_type="ml.m5.large", instance_count=1, enable_managed_spot_training=True
        ),
        stopping_condition=StoppingCondition(
            max_runtime_in_seconds=300, max_wait_time_in_seconds=600
        ),
        checkpoint_config=CheckpointConfig(s3_uri=f"s3://{bucket}/kept"),
        base_job_name="spot",
    )
    trainer.train(wait=False)
    job = trainer._latest_training_job
    deadline = time.monotonic() + 60
    while not s3.list_objects_v2(Bucket=bucket, Prefix="kept/step")["KeyCount"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert "starts again" in server.run("jobs", "interrupt", job.training_job_name)
    job.wait()
    job.refresh()
    assert facts_of(trainer) == {"begun": 1}
    statuses = [each.status for each in job.secondary_status_transitions]
    assert statuses.count("Training") == 2
    assert "Interrupted" in statuses
