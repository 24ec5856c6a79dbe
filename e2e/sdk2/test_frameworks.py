"""Framework estimators of the SDK, version 2: the user's script in our images."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import joblib
import numpy as np
import pytest
import sagemaker
import xgboost
from conftest import PROGRAMS
from sagemaker.estimator import EstimatorBase
from sagemaker.exceptions import UnexpectedStatusException
from sagemaker.pytorch import PyTorch
from sagemaker.s3 import S3Downloader
from sagemaker.sklearn import SKLearn
from sagemaker.xgboost import XGBoost
from sklearn.ensemble import RandomForestClassifier

pytestmark = [pytest.mark.server, pytest.mark.sdk2]

SYSTEM_PYTHON = "/usr/bin/python3"


def model_of(estimator: EstimatorBase, folder: Path) -> Path:
    """The unpacked model archive of a finished job."""
    S3Downloader.download(estimator.model_data, str(folder))
    with tarfile.open(folder / "model.tar.gz") as archive:
        archive.extractall(folder)
    return folder


def test_sklearn(
    session: sagemaker.Session,
    role: str,
    channels: dict[str, str],
    halves: tuple[np.ndarray, np.ndarray],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Source folder, requirements, hyperparameters, metrics, logs; the forest is the library's."""
    estimator = SKLearn(
        entry_point="train.py",
        source_dir=str(PROGRAMS / "forest"),
        framework_version="1.2-1",
        instance_type="ml.m5.large",
        role=role,
        hyperparameters={"n-estimators": 20, "max-depth": 4, "criterion": "entropy"},
        metric_definitions=[{"Name": "accuracy", "Regex": r"accuracy=([0-9.]+)"}],
    )
    estimator.fit(channels, wait=True, logs="All")
    printed = capsys.readouterr().out
    assert "Training - Training in progress" in printed
    assert "accuracy=" in printed
    assert "Billable seconds" in printed

    assert estimator.model_data.startswith(f"s3://{session.default_bucket()}/")
    folder = model_of(estimator, tmp_path)
    facts = json.loads((folder / "facts.json").read_text())
    assert facts["hyperparameters"] == {"n-estimators": 20, "max-depth": 4, "criterion": "entropy"}
    assert facts["tinydb"] == "4.8.2"
    train, held_out = halves
    want = RandomForestClassifier(
        n_estimators=20, max_depth=4, criterion="entropy", random_state=7
    ).fit(train[:, 1:], train[:, 0])
    got = joblib.load(folder / "model.joblib")
    np.testing.assert_allclose(
        got.predict_proba(held_out[:, 1:]), want.predict_proba(held_out[:, 1:])
    )
    accuracy = want.score(held_out[:, 1:], held_out[:, 0])
    assert accuracy > 0.9

    frame = estimator.training_job_analytics.dataframe()
    assert list(frame["metric_name"]) == ["accuracy"]
    assert frame["value"][0] == pytest.approx(accuracy, abs=1e-5)


def test_xgboost_script(
    role: str, channels: dict[str, str], halves: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    estimator = XGBoost(
        entry_point=str(PROGRAMS / "boosted" / "train.py"),
        framework_version="1.7-1",
        instance_type="ml.m5.large",
        instance_count=1,
        role=role,
        hyperparameters={"num_round": 12, "max_depth": 3},
    )
    estimator.fit({"train": channels["train"]}, logs=False)
    got = xgboost.Booster(model_file=model_of(estimator, tmp_path) / "xgboost-model.json")
    train, held_out = halves
    want = xgboost.train(
        {"objective": "binary:logistic", "max_depth": 3},
        xgboost.DMatrix(train[:, 1:], train[:, 0]),
        12,
    )
    rows = xgboost.DMatrix(held_out[:, 1:])
    np.testing.assert_allclose(got.predict(rows), want.predict(rows), rtol=1e-5)


def need_torch() -> None:
    """Skip where the machine has no PyTorch, unless it must."""
    if subprocess.call([SYSTEM_PYTHON, "-c", "import torch"], stderr=subprocess.DEVNULL) == 0:
        return
    if os.environ.get("SAGEBRUSH_REQUIRE_TORCH") == "1":
        pytest.fail("PyTorch was not found, but SAGEBRUSH_REQUIRE_TORCH=1.", pytrace=False)
    pytest.skip("NOT TESTED: PyTorch jobs: install it (Debian: apt-get install python3-torch)")


def test_pytorch(
    role: str, channels: dict[str, str], halves: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    """The same script by hand, with the same PyTorch, learns the same weights."""
    need_torch()
    estimator = PyTorch(
        entry_point="train.py",
        source_dir=str(PROGRAMS / "network"),
        framework_version="2.3.0",
        py_version="py311",
        instance_type="ml.m5.large",
        instance_count=1,
        role=role,
        hyperparameters={"epochs": 30, "lr": 0.05},
    )
    estimator.fit({"train": channels["train"]}, logs=False)
    got = np.load(model_of(estimator, tmp_path) / "weights.npz")
    data = tmp_path / "data"
    data.mkdir()
    np.savetxt(data / "all.csv", halves[0], delimiter=",", fmt="%r")
    command = [SYSTEM_PYTHON, str(PROGRAMS / "network" / "train.py"), "--epochs=30", "--lr=0.05"]
    by_hand = tmp_path / "by-hand"
    by_hand.mkdir()
    subprocess.run([*command, "--train", data, "--model-dir", by_hand], check=True)
    want = np.load(by_hand / "weights.npz")
    assert got.files == want.files
    for name in want.files:
        np.testing.assert_allclose(got[name], want[name], rtol=1e-4, atol=1e-5)


def test_torch_distributed(role: str, tmp_path: Path) -> None:
    """torchrun starts the script on both hosts, which form one process group."""
    need_torch()
    script = tmp_path / "group.py"
    script.write_text(
        "import os, torch, torch.distributed as dist\n"
        "dist.init_process_group('gloo')\n"
        "total = torch.tensor([dist.get_rank() + 1.0])\n"
        "dist.all_reduce(total)\n"
        "host = os.environ['SM_CURRENT_HOST']\n"
        "facts = f'rank {dist.get_rank()} of {dist.get_world_size()}, sum {total.item()}'\n"
        "open(os.path.join(os.environ['SM_MODEL_DIR'], host), 'w').write(facts)\n"
        "dist.destroy_process_group()\n"
    )
    estimator = PyTorch(
        entry_point=str(script),
        framework_version="2.3.0",
        py_version="py311",
        instance_type="ml.g5.xlarge",  # the SDK takes torch_distributed for these only
        instance_count=2,
        role=role,
        distribution={"torch_distributed": {"enabled": True}},
    )
    estimator.fit(logs=False)
    folder = model_of(estimator, tmp_path)
    assert (folder / "algo-1").read_text() == "rank 0 of 2, sum 3.0"
    assert (folder / "algo-2").read_text() == "rank 1 of 2, sum 3.0"


def test_mpi(role: str, tmp_path: Path) -> None:
    """mpirun on the first host starts two processes on each; they add up their ranks."""
    if not shutil.which("mpirun"):
        if os.environ.get("SAGEBRUSH_REQUIRE_MPI") == "1":
            pytest.fail("mpirun was not found, but SAGEBRUSH_REQUIRE_MPI=1.", pytrace=False)
        pytest.skip("NOT TESTED: MPI jobs: install mpirun (Debian: apt-get install openmpi-bin)")
    source = tmp_path / "source"
    source.mkdir()
    (source / "requirements.txt").write_text("mpi4py==4.1.1\n")
    (source / "ranks.py").write_text(
        "import os\nfrom mpi4py import MPI\n"
        "world = MPI.COMM_WORLD\n"
        "total = world.allreduce(world.rank + 1)\n"
        "host = os.environ['SM_CURRENT_HOST']\n"
        "name = os.path.join(os.environ['SM_MODEL_DIR'], f'{host}-{world.rank}')\n"
        "open(name, 'w').write(f'{total} of {world.size}')\n"
    )
    estimator = PyTorch(
        entry_point="ranks.py",
        source_dir=str(source),
        framework_version="2.3.0",
        py_version="py311",
        instance_type="ml.m5.large",
        instance_count=2,
        role=role,
        distribution={"mpi": {"enabled": True, "processes_per_host": 2}},
    )
    estimator.fit(logs=False)
    folder = model_of(estimator, tmp_path)
    names = sorted(path.name for path in folder.glob("algo-*"))
    assert names == ["algo-1-0", "algo-1-1", "algo-2-2", "algo-2-3"]
    assert {(folder / name).read_text() for name in names} == {"10 of 4"}


def test_script_that_fails(role: str, tmp_path: Path) -> None:
    """TrainContainer-7: the exception is the FailureReason, and so the SDK's exception."""
    script = tmp_path / "broken.py"
    script.write_text("def learn():\n    raise ValueError('no label in column 3')\n\nlearn()\n")
    estimator = SKLearn(
        entry_point=str(script), framework_version="1.2-1", instance_type="ml.m5.large", role=role
    )
    with pytest.raises(UnexpectedStatusException) as caught:
        estimator.fit(logs=False)
    text = str(caught.value)
    assert "AlgorithmError: ExecuteUserScriptError" in text
    assert "ExitCode 1" in text
    assert "ValueError: no label in column 3" in text
    assert 'broken.py", line 2, in learn' in text


def test_package(role: str, tmp_path: Path) -> None:
    """A source directory with a setup.py is installed with what it needs, and run as a module."""
    (tmp_path / "setup.py").write_text(
        "from setuptools import setup\n"
        "setup(name='own-tool', version='1.0', packages=['tool'], py_modules=['main'],\n"
        "      install_requires=['tinydb==4.8.2'])\n"
    )
    (tmp_path / "tool").mkdir()
    (tmp_path / "tool" / "__init__.py").write_text("import tinydb\nNAME = tinydb.__version__\n")
    (tmp_path / "main.py").write_text(
        "import os, sys, tool\n"
        "facts = f'{__name__} {tool.NAME} {sys.argv[1:]}'\n"
        "open(os.path.join(os.environ['SM_MODEL_DIR'], 'facts'), 'w').write(facts)\n"
    )
    estimator = SKLearn(
        entry_point="main.py",
        source_dir=str(tmp_path),
        framework_version="1.2-1",
        instance_type="ml.m5.large",
        role=role,
        hyperparameters={"alpha": 2},
    )
    estimator.fit(logs=False)
    (tmp_path / "model").mkdir()
    folder = model_of(estimator, tmp_path / "model")
    assert (folder / "facts").read_text() == "__main__ 4.8.2 ['--alpha', '2']"


def test_network_isolation(role: str, channels: dict[str, str], tmp_path: Path) -> None:
    """The code comes as a channel, for there is no way to S3, and none to the server."""
    script = tmp_path / "alone.py"
    script.write_text(
        "import os, urllib.request\n"
        "rows = sum(len(open(os.path.join(os.environ['SM_CHANNEL_TRAIN'], f)).readlines())\n"
        "           for f in os.listdir(os.environ['SM_CHANNEL_TRAIN']))\n"
        "try:\n"
        "    urllib.request.urlopen(os.environ.get('AWS_ENDPOINT_URL', 'http://127.0.0.1:4600'))\n"
        "except OSError as error:\n"
        "    facts = f'{rows} {type(error).__name__}'\n"
        "open(os.path.join(os.environ['SM_MODEL_DIR'], 'facts'), 'w').write(facts)\n"
    )
    estimator = SKLearn(
        entry_point=str(script),
        framework_version="1.2-1",
        instance_type="ml.m5.large",
        role=role,
        enable_network_isolation=True,
    )
    estimator.fit({"train": channels["train"]}, logs=False)
    assert (model_of(estimator, tmp_path) / "facts").read_text() == "400 URLError"


def test_requirement_that_does_not_exist(role: str, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("print('never')\n")
    (tmp_path / "requirements.txt").write_text("./no-such-file-1.0-py3-none-any.whl\n")
    estimator = SKLearn(
        entry_point="train.py",
        source_dir=str(tmp_path),
        framework_version="1.2-1",
        instance_type="ml.m5.large",
        role=role,
    )
    with pytest.raises(UnexpectedStatusException, match=r"requirements.txt could not be installed"):
        estimator.fit(logs=False)
