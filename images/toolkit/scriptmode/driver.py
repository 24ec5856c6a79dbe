"""The MPI driver of the SDK's version 3, without SSH.

ModelTrainer brings its own drivers along. The one for MPI starts an SSH daemon,
which the image must have, and writes the job's variables to /etc/environment:
where the program runs on a machine that it does not own, that must not be. So
``replace`` puts this one in its place; the job's other files stay as they are.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path

from scriptmode import launch, mpi, peers
from scriptmode.contract import Job, Paths, UserError, write_failure
from scriptmode.hyperparameters import decode_value
from scriptmode.process import Runner

CODE = "input/data/code"
"""Where ModelTrainer lays the source code, beneath /opt/ml."""


def replace(paths: Paths) -> None:
    """Let the SDK's MPI driver be this one, if the job has it."""
    theirs = paths.channel("sm_drivers") / "distributed_drivers" / "mpi_driver.py"
    if not theirs.is_file():
        return
    toolkit = str(Path(__file__).parent.parent)
    theirs.unlink()  # it may be a link to a file that others see
    theirs.write_text(
        f"import sys\nsys.path.insert(0, {toolkit!r})\n"
        "from scriptmode.driver import main\nraise SystemExit(main())\n"
    )


def main() -> int:
    """Do this host's part: run mpirun on the first host, wait for it on the others."""
    paths = Paths.from_environment()
    runner = Runner()
    job = Job.read(paths)
    resources = job.resources
    code = paths.base / CODE
    try:
        if resources.current_host != resources.hosts[0]:
            runner.waiting = True
            peers.Worker(resources.current_host, os.environ, code).run()
            return 0
        with peers.held(resources.hosts[1:]):
            ended = runner.run(_words(job), os.environ, code)
    except UserError as error:
        print(error, file=sys.stderr)
        write_failure(paths, str(error), keep=True)
        return 1
    if ended.status != 0 and not ended.stopped:
        write_failure(paths, ended.reason(), keep=True)
    return ended.exit_code


def _words(job: Job) -> list[str]:
    """mpirun's command line for the settings that the SDK's own scripts have exported."""
    settings = json.loads(os.environ.get("SM_DISTRIBUTED_CONFIG") or "{}")
    options = [str(option) for option in settings.get("mpi_additional_options") or []]
    framework = {
        "sagemaker_mpi_num_of_processes_per_host": settings.get("process_count_per_node"),
        "sagemaker_mpi_custom_mpi_options": shlex.join(options),
    }
    program = ["python", *launch.with_mpi4py(Path(sys.executable))]
    program.append(os.environ["SM_ENTRY_SCRIPT"])
    for name, text in job.hyperparameters.items():
        value = decode_value(text)
        program += [f"--{name}", value if isinstance(value, str) else json.dumps(value)]
    number = launch.processes_per_host(framework)
    return mpi.command(job.resources, framework, number, program, CODE)
