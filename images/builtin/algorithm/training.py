"""Running a training: exit status 0 with a model, or 1 with the reason in the failure file."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from algorithm import threads
from algorithm.contract import Paths, UserError, write_failure

STOPPED_WITHOUT_MODEL = 128 + signal.SIGTERM
"""Exit status when SIGTERM came before there was anything to keep."""

log = logging.getLogger("algorithm")


class StopRequest:
    """Remembers that SIGTERM came; before training has begun it ends the program at once."""

    def __init__(self) -> None:
        self.asked = False
        self.training = False
        signal.signal(signal.SIGTERM, self._handle)

    def _handle(self, *_: object) -> None:
        self.asked = True
        if not self.training:
            log.warning("Stopped before the first round: there is no model to keep.")
            raise SystemExit(STOPPED_WITHOUT_MODEL)


Train = Callable[[Paths, StopRequest], None]


def main(
    train: Train,
    form: str = "[%(asctime)s %(levelname)s %(thread)d] %(message)s",
    dates: str = "%m/%d/%Y %H:%M:%S",
) -> int:
    """Run ``train`` on the job that SageMaker's files describe; answers the exit status."""
    started = time.monotonic()
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format=form, datefmt=dates)
    threads.settle(os.environ)
    paths = Paths.from_environment()
    try:
        train(paths, StopRequest())
    except UserError as error:
        return _fail(paths, str(error))
    except MemoryError:
        return _fail(paths, "The data does not fit into the memory of this instance.")
    except OSError as error:
        return _fail(paths, f"{error.strerror or error}: {error.filename or paths.base}.")
    except Exception as error:
        log.exception("Unexpected failure")
        return _fail(paths, f"Internal error of the algorithm: {type(error).__name__}: {error}")
    log.info("Finished in %.1f s", time.monotonic() - started)
    return 0


def _fail(paths: Paths, message: str) -> int:
    log.error("%s", message)
    write_failure(paths, message)
    return 1


def save(directory: Path, name: str, content: bytes) -> None:
    """Write a file of the model whole or not at all."""
    directory.mkdir(parents=True, exist_ok=True)
    partial = directory / f".{name}.partial"
    partial.write_bytes(content)
    partial.replace(directory / name)
