"""Serving a model with the user's script: fetch it, load the model, answer.

The script and its folder come as the SDK packs them: inside the model archive
under code/, or as an archive of their own at SAGEMAKER_SUBMIT_DIRECTORY.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import Any

from scriptmode import codecs, overlay, source
from scriptmode.contract import LOG_FORMAT, Paths, UserError
from scriptmode.handlers import Defaults, Handlers, import_program
from scriptmode.http import Reply, RequestError, Server
from scriptmode.variables import processors

READY_VARIABLE = "SCRIPT_MODE_ENVIRONMENT"
"""Set once the packages of the script's requirements.txt are there."""

DEFAULT_SCRIPT = "inference.py"

log = logging.getLogger("script-mode")


def main(defaults: Defaults) -> int:
    """Serve until SIGTERM; the image says what its functions are by default."""
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format=LOG_FORMAT)
    paths = Paths.from_environment()
    try:
        handlers = Handlers(load_script(paths), defaults)
        model = handlers.load(paths.model)
    except UserError as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    except Exception:
        traceback.print_exc()
        return 1

    default = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", codecs.JSON)

    def answer(body: bytes, content_type: str | None, accept: str | None) -> Reply:
        return respond(handlers, model, body, content_type or codecs.JSON, accept or default)

    Server(answer, processors()).serve_until_stopped()
    return 0


def respond(handlers: Handlers, model: Any, body: bytes, content_type: str, accept: str) -> Reply:
    """Answer one request; a type that is not spoken has a status of its own."""
    try:
        return Reply(*handlers.answer(model, body, content_type, accept))
    except codecs.UnsupportedTypeError as error:
        wrong_accept = str(error).startswith("Accept")
        status = HTTPStatus.NOT_ACCEPTABLE if wrong_accept else HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        raise RequestError(status, str(error)) from error


def script_is_there() -> bool:
    """Whether the model of this run comes with a script of the user's."""
    if os.environ.get("SAGEMAKER_PROGRAM"):
        return True
    return (Paths.from_environment().model / "code" / DEFAULT_SCRIPT).is_file()


def load_script(paths: Paths) -> ModuleType | None:
    """Import the user's script; None where there is none, which some images can do without."""
    code = _code(paths)
    program = os.environ.get("SAGEMAKER_PROGRAM") or ""
    if code is None or not (program or (code / DEFAULT_SCRIPT).is_file()):
        return None
    program = source.check_name(program or DEFAULT_SCRIPT)
    if (code / "requirements.txt").is_file() and os.environ.get(READY_VARIABLE) != "1":
        _restart_with_requirements(paths, code)
    return import_program(code, program)


def _code(paths: Paths) -> Path | None:
    """The directory with the user's script."""
    submitted = os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY") or ""
    inside = paths.model / "code"
    if submitted.startswith("s3://") or (submitted and not paths.local(submitted).is_dir()):
        return source.fetch(submitted, paths)
    if submitted:
        return paths.local(submitted)
    return inside if inside.is_dir() else None


def _restart_with_requirements(paths: Paths, code: Path) -> None:
    """Install the script's requirements, and start this program anew where they are seen."""
    log.info("Installing requirements.txt")
    own = overlay.Overlay.make(paths)
    own.install("requirements.txt", "-r", "requirements.txt", cwd=code)
    environ = {
        **os.environ,
        **own.variables(os.environ.get("PATH", "")),
        READY_VARIABLE: "1",
    }
    os.execve(own.python, [str(own.python), *sys.argv], environ)
