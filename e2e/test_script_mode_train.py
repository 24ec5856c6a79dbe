"""Script mode, training: the user's program gets what SageMaker's own toolkit gives it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from script_mode import SYSTEM_PYTHON, OptML

from scriptmode.hyperparameters import arguments, decode_value
from scriptmode.process import last_words

SHOW = """
import json, os, sys
facts = {"args": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd()}
json.dump(facts, open(os.path.join(os.environ["SM_MODEL_DIR"], "facts.json"), "w"))
"""

VARIABLES = """
HOSTS NETWORK_INTERFACE_NAME HPS USER_ENTRY_POINT FRAMEWORK_PARAMS RESOURCE_CONFIG
INPUT_DATA_CONFIG OUTPUT_DATA_DIR CHANNELS CURRENT_HOST CURRENT_INSTANCE_TYPE
CURRENT_INSTANCE_GROUP CURRENT_INSTANCE_GROUP_HOSTS INSTANCE_GROUPS INSTANCE_GROUPS_DICT
DISTRIBUTION_INSTANCE_GROUPS IS_HETERO MODULE_NAME LOG_LEVEL FRAMEWORK_MODULE INPUT_DIR
INPUT_CONFIG_DIR OUTPUT_DIR NUM_CPUS NUM_GPUS NUM_NEURONS MODEL_DIR MODULE_DIR TRAINING_ENV
USER_ARGS OUTPUT_INTERMEDIATE_DIR CHANNEL_TRAIN CHANNEL_MY-DATA HP_ALPHA HP_NAME
"""


@pytest.fixture
def ml(tmp_path: Path) -> OptML:
    return OptML(tmp_path / "ml")


def facts(ml: OptML) -> dict:
    return json.loads((ml.base / "model" / "facts.json").read_text())


def test_hyperparameters_are_arguments(ml: OptML) -> None:
    """Spelled as the toolkit of SageMaker's images spells them; sagemaker_* are not among them."""
    given = {
        "epochs": 3,
        "learning-rate": 0.5,
        "flag": True,
        "nothing": None,
        "list": [1, "b"],
        "object": {"b": 2, "a": 1},
        "text": 'with "quotes" and $(echo no)',
        "n": 1,
    }
    ml.run(SHOW, **given, sagemaker_region="us-east-1", _tuning_objective_metric="loss")
    want = ["--epochs", "3", "--flag", "True", "--learning-rate", "0.5", "--list", "[1, 'b']"]
    want += ["-n", "1", "--nothing", "", "--object", "a=1,b=2"]
    want += ["--text", 'with "quotes" and $(echo no)']
    assert facts(ml)["args"] == want
    assert json.loads(facts(ml)["env"]["SM_USER_ARGS"]) == want


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), ("1e3", 1000.0), ('"a"', "a"), ("a b", "a b"), ("", ""), ("[1]", [1]), (7, 7)],
)
def test_values_are_json_or_plain_words(text: object, value: object) -> None:
    assert decode_value(text) == value


def test_every_variable_is_there(ml: OptML) -> None:
    ml.config("inputdataconfig", {"train": {"TrainingInputMode": "File"}, "my-data": {}})
    output = ml.run(SHOW, alpha=0.5, name="x", sagemaker_job_name="job")
    assert "The program has ended well" in output
    env = facts(ml)["env"]
    assert {f"SM_{name}" for name in VARIABLES.split()} == {n for n in env if n.startswith("SM_")}
    assert env["SM_CHANNEL_TRAIN"] == str(ml.base / "input" / "data" / "train")
    assert json.loads(env["SM_HPS"]) == {"alpha": 0.5, "name": "x"}
    assert (env["SM_HP_ALPHA"], env["SM_HP_NAME"]) == ("0.5", "x")
    whole = json.loads(env["SM_TRAINING_ENV"])
    assert whole["hyperparameters"] == {"alpha": 0.5, "name": "x"}
    assert whole["channel_input_dirs"]["train"] == env["SM_CHANNEL_TRAIN"]
    assert whole["job_name"] == "job"
    assert facts(ml)["cwd"] == str(ml.base / "code")
    assert (ml.base / "output" / "success").exists()


def test_shell_script(ml: OptML) -> None:
    ml.code(run_sh='#!/bin/sh\nfor word in "$@"; do echo "<$word>"; done\nexit 7\n')
    output = ml.train({"sagemaker_program": "run.sh", "a": "it's $HOME", "bb": ""}, status=7)
    assert [line for line in output.splitlines() if line.startswith("<")] == [
        "<-a>",
        "<it's $HOME>",
        "<--bb>",
        "<>",
    ]
    assert "ExitCode 7" in ml.failure


def test_failure_names_the_exception_and_its_place(ml: OptML) -> None:
    """TrainContainer-7: what matters comes first."""
    script = "import sys\nsys.stderr.write('warning\\n' * 9999)\nraise KeyError('the column')\n"
    output = ml.run(script, status=1)
    lines = ml.failure.splitlines()
    assert lines[:3] == [
        "ExecuteUserScriptError:",
        "ExitCode 1",
        "ErrorMessage \"KeyError: 'the column'",
    ]
    assert 'train.py", line 3' in lines[3]
    assert "warning" not in ml.failure
    assert output.count("warning\n") == 9999
    assert not (ml.base / "output" / "success").exists()


def test_failure_file_of_the_users_own_is_kept(ml: OptML) -> None:
    ml.run(
        "import os, sys\n"
        "open(os.path.join(os.environ['SM_OUTPUT_DIR'], 'failure'), 'w').write('mine')\n"
        "sys.exit('told on standard error')\n",
        status=1,
    )
    assert ml.failure == "mine"


def test_program_that_is_killed(ml: OptML) -> None:
    ml.run("import os\nos.kill(os.getpid(), 9)\n", status=137)
    assert "SIGKILL" in ml.failure
    assert "memory" in ml.failure


def test_stopping_reaches_the_program_once(ml: OptML) -> None:
    """TrainContainer-17: it may save what it has; being stopped is no failure."""
    ml.code(
        train_py="import os, signal, sys\nfrom pathlib import Path\n"
        "stop = {signal.SIGTERM}\nsignal.pthread_sigmask(signal.SIG_BLOCK, stop)\n"
        "print('ready', flush=True)\nsignal.sigwait(stop)\n"
        "again = signal.sigtimedwait(stop, 0.3)\n"
        "saved = Path(os.environ['SM_MODEL_DIR']) / 'saved'\n"
        "saved.write_text('once' if again is None else 'twice')\nsys.exit(5)\n"
    )
    process = ml.start({"sagemaker_program": "train.py"})
    assert process.stdout
    assert any("ready" in line for line in process.stdout)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 5
    assert (ml.base / "model" / "saved").read_text() == "once"
    assert not (ml.base / "output" / "failure").exists()


@pytest.mark.parametrize(
    ("hyperparameters", "words"),
    [
        ({}, ["entry_point", "sagemaker_program"]),
        ({"sagemaker_program": "../train.py"}, ["'../train.py'", "plain path"]),
        ({"sagemaker_program": "/bin/sh"}, ["plain path"]),
        ({"sagemaker_program": "-c"}, ["plain path"]),
        ({"sagemaker_program": "a;b.py"}, ["plain path"]),
        ({"sagemaker_program": "other.py"}, ["other.py", "holds: train.py"]),
        (
            {"sagemaker_program": "train.py", "sagemaker_parameter_server_enabled": True},
            ["parameter servers", "torch_distributed or mpi"],
        ),
        (
            {"sagemaker_program": "train.py", "sagemaker_distributed_dataparallel_enabled": True},
            ["data parallel library"],
        ),
    ],
)
def test_refusals(ml: OptML, hyperparameters: dict, words: list[str]) -> None:
    ml.code(train_py="print('never')\n")
    output = ml.train(hyperparameters, status=1)
    for word in words:
        assert word in ml.failure
    assert "Traceback" not in output
    assert "never" not in output


def test_code_at_a_wrong_address(ml: OptML) -> None:
    ml.train(
        {"sagemaker_program": "t.py", "sagemaker_submit_directory": "/opt/ml/input/data/code/a.gz"},
        status=1,
    )
    assert "/opt/ml/input/data/code/a.gz, which does not exist" in ml.failure


def test_job_installs_for_itself_alone(ml: OptML, tmp_path: Path) -> None:
    """What a script installs is gone with the job; the image's packages are seen."""
    pytest.importorskip(
        "pip", reason="NOT TESTED: installing, without pip (.cache/e2e/bin/python -m ensurepip)"
    )
    package = tmp_path / "wheel"
    shutil.copytree(Path(__file__).parent / "wheels", package)
    ml.run(
        "import subprocess, sys, numpy\n"
        f"subprocess.run(['pip', 'install', '-q', '--no-index', {str(package)!r} + "
        "'/tinywheel-1.0-py3-none-any.whl'], check=True)\n"
        "import tinywheel\nprint('answer', tinywheel.ANSWER, numpy.__name__)\n"
    )
    look = subprocess.run([sys.executable, "-c", "import tinywheel"], capture_output=True)
    assert look.returncode == 1


def test_mpi_needs_mpirun(ml: OptML, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    ml.code(train_py="print('never')\n")
    mpi = {"sagemaker_program": "train.py", "sagemaker_mpi_enabled": True}
    ml.train(mpi, status=1, PATH=str(tmp_path / "bin"))
    assert "mpirun is not installed" in ml.failure


def test_mpi_on_one_host(ml: OptML) -> None:
    if not shutil.which("mpirun"):
        pytest.skip("NOT TESTED: MPI jobs: install mpirun (Debian: apt-get install openmpi-bin)")
    ml.hosts("localhost", ["localhost"])
    output = ml.run(
        "import os; e = os.environ\n"
        'print(f\'rank {e["OMPI_COMM_WORLD_RANK"]} hp {e["SM_HP_A"]}\')\n',
        a=3,
        sagemaker_mpi_enabled=True,
        sagemaker_mpi_num_of_processes_per_host=3,
    )
    for rank in range(3):
        assert f"rank {rank} hp 3" in output


def test_mpi_needs_a_network_of_the_job(ml: OptML) -> None:
    ml.hosts("algo-1", ["algo-1", "algo-2"])
    ml.run("print('never')", status=1, sagemaker_mpi_enabled=True)
    assert "loopback interface" in ml.failure


def need_torch() -> None:
    if subprocess.call([SYSTEM_PYTHON, "-c", "import torch"], stderr=subprocess.DEVNULL) == 0:
        return
    if os.environ.get("SAGEBRUSH_REQUIRE_TORCH") == "1":
        pytest.fail("PyTorch was not found, but SAGEBRUSH_REQUIRE_TORCH=1.", pytrace=False)
    pytest.skip("NOT TESTED: torchrun: install PyTorch (Debian: apt-get install python3-torch)")


GROUP = """
import os
import torch
import torch.distributed as dist
dist.init_process_group("gloo")
total = torch.tensor([float(dist.get_rank() + 1)])
dist.all_reduce(total)
host = os.environ["SM_CURRENT_HOST"]
line = f"sum {total.item()} of {dist.get_world_size()} {host}\\n"
os.write(1, line.encode())  # in one piece: two processes share the output
dist.destroy_process_group()
"""


def test_torchrun_on_two_hosts(tmp_path: Path) -> None:
    """Each host runs its own launcher; the group spans both."""
    need_torch()
    hosts = ["localhost", "127.0.0.1"]
    started = []
    for host in hosts:
        ml = OptML(tmp_path / host, "pytorch", SYSTEM_PYTHON)
        ml.hosts(host, hosts)
        ml.code(train_py=GROUP)
        started.append(
            ml.start(
                {
                    "sagemaker_program": "train.py",
                    "sagemaker_torch_distributed_enabled": True,
                    "sagemaker_mpi_num_of_processes_per_host": 2,
                }
            )
        )
    for host, process in zip(hosts, started, strict=True):
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, output
        assert output.count(f"sum 10.0 of 4 {host}") == 2


def test_torchrun_without_torch(ml: OptML) -> None:
    if subprocess.call([sys.executable, "-c", "import torch"], stderr=subprocess.DEVNULL) == 0:
        pytest.skip(
            "NOT TESTED: what a job without PyTorch is told: this environment has it, and "
            "e2e/requirements.txt alone makes one without (remove .cache/e2e)"
        )
    ml.run("print('never')", status=1, sagemaker_torch_distributed_enabled=True)
    assert "no PyTorch" in ml.failure


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        ("one\n\ntwo\n", "one\ntwo"),
        ("\n".join("abcdefg"), "c\nd\ne\nf\ng"),
        (
            "Traceback (most recent call last):\n"
            '  File "a.py", line 1, in f\n    f()\nValueError: no',
            'ValueError: no\nFile "a.py", line 1, in f',
        ),
        (
            "Traceback (most recent call last):\nValueError: first\n\nDuring handling …\n"
            'Traceback (most recent call last):\n  File "b.py", line 2, in g\n    g()\n'
            "pkg.Error: several\nlines\n",
            'pkg.Error: several\nlines\nFile "b.py", line 2, in g',
        ),
    ],
)
def test_last_words(text: str, words: str) -> None:
    assert last_words(text) == words


def test_arguments_without_values() -> None:
    assert arguments({}) == []
