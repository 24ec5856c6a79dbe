"""Training in script mode, from the job's files to the exit status.

Exit status 0, or the user's program's own, with the reason in the failure file.
SIGTERM is handed on to the program; what it then saves is kept.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from scriptmode import launch, overlay, peers, source, variables
from scriptmode.contract import BASE_DIR_VARIABLE, LOG_FORMAT, Job, Paths, UserError, write_failure
from scriptmode.hyperparameters import Hyperparameters
from scriptmode.process import Ended, Runner

log = logging.getLogger("script-mode")


def main(extra: Mapping[str, str] | None = None) -> int:
    """Run the job that SageMaker's files describe; extra variables are the framework's."""
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format=LOG_FORMAT)
    for noisy in ("boto3", "botocore", "s3transfer", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    paths = Paths.from_environment()
    runner = Runner()
    try:
        ended = run(paths, runner, extra or {})
    except UserError as error:
        return _fail(paths, str(error))
    except OSError as error:
        return _fail(paths, f"{error.strerror or error}: {error.filename or paths.base}.")
    except Exception as error:
        log.exception("Unexpected failure")
        return _fail(paths, f"Internal error of script mode: {type(error).__name__}: {error}")
    if ended.status == 0:
        paths.output.mkdir(parents=True, exist_ok=True)
        (paths.output / "success").touch()
        log.info("The program has ended well")
    elif ended.stopped:
        log.warning("The program was stopped and ended with status %d", ended.exit_code)
    else:
        write_failure(paths, ended.reason(), keep=True)
        log.error("%s", ended.reason())
    return ended.exit_code


def _fail(paths: Paths, message: str) -> int:
    log.error("%s", message)
    write_failure(paths, message, keep=True)
    return 1


def run(paths: Paths, runner: Runner, extra: Mapping[str, str]) -> Ended:
    """Fetch the code, prepare its packages, run the program."""
    job = Job.read(paths)
    given = Hyperparameters.decode(job.hyperparameters)
    name = os.environ.get("SAGEMAKER_PROGRAM") or given.toolkit.get("sagemaker_program")
    if not name:
        raise UserError(
            "This image runs your own program (script mode): name it with entry_point in the SDK, "
            "or with the hyperparameters sagemaker_program and sagemaker_submit_directory."
        )
    given.toolkit["sagemaker_program"] = name
    level = given.toolkit.get("sagemaker_container_log_level")
    log.setLevel(level if isinstance(level, int) else logging.INFO)
    source.check_name(str(name))
    code = source.fetch(
        str(
            given.toolkit.get("sagemaker_submit_directory")
            or os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY")
            or paths.code
        ),
        paths,
    )
    own = overlay.Overlay.make(paths)
    _install(own, code, str(name))
    command = launch.command(
        launch.Program(code, str(name), own.python, given.user, given.framework, job.resources)
    )
    for directory in (paths.model, paths.output_data, paths.intermediate):
        directory.mkdir(parents=True, exist_ok=True)
    if (code / str(name)).is_file():
        (code / str(name)).chmod(0o755)
    environ = {
        **os.environ,
        BASE_DIR_VARIABLE: str(paths.base),
        **variables.variables(job, given, paths),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(code), os.environ.get("PYTHONPATH")])),
        "PYTHONUNBUFFERED": "1",
        **own.variables(os.environ.get("PATH", "")),
        **extra,
        **command.variables,
    }
    if command.waits:
        log.info("Waiting for what %s starts here", job.resources.hosts[0])
        runner.waiting = True
        peers.Worker(job.resources.current_host, environ, code).run()
        return Ended(command.words, 0, "", runner.stopped)
    log.info("Running %s", " ".join(command.words))
    with peers.held(list(command.peers)):
        return runner.run(command.words, environ, code)


def _install(own: overlay.Overlay, code: Path, name: str) -> None:
    """What the code asks for: its requirements, and itself where it is a package."""
    if (code / "requirements.txt").is_file():
        log.info("Installing requirements.txt")
        own.install("requirements.txt", "-r", "requirements.txt", cwd=code)
    if launch.is_package(code, name):
        log.info("Installing the package in the source directory")
        own.install("The package in the source directory", ".", cwd=code)
