"""The user's serving functions, and what stands in for those that are not defined."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from scriptmode import codecs
from scriptmode.contract import UserError

Function = Callable[..., Any]


class Defaults:
    """What an image does for functions that the user's script does not define."""

    def model_fn(self, model_dir: str) -> Any:
        """Load the model."""
        raise UserError(
            f"The script must define model_fn(model_dir), which loads the model from {model_dir}."
        )

    def input_fn(self, body: str | bytes, content_type: str) -> Any:
        """Read a request."""
        return codecs.decode(body, content_type)

    def predict_fn(self, data: Any, model: Any) -> Any:
        """Predict."""
        return model.predict(data)

    def output_fn(self, prediction: Any, accept: str) -> Any:
        """Write an answer: content, or content and its type."""
        return codecs.encode(prediction, accept)


class Handlers:
    """The functions that answer a request."""

    def __init__(self, module: ModuleType | None, defaults: Defaults) -> None:
        def find(name: str) -> Function:
            function: Function = getattr(module, name, None) or getattr(defaults, name)
            return function

        own_transform = getattr(module, "transform_fn", None)
        parts = [n for n in ("input_fn", "predict_fn", "output_fn") if hasattr(module, n)]
        if own_transform and parts:
            raise UserError(
                f"The script defines transform_fn and {', '.join(parts)}: transform_fn stands for "
                f"all three, so define either it or them."
            )
        self._model = find("model_fn")
        self._transform: Function | None = own_transform
        self._input = find("input_fn")
        self._predict = find("predict_fn")
        self._output = find("output_fn")

    def load(self, model_dir: Path) -> Any:
        """The loaded model."""
        return _call(self._model, str(model_dir))

    def answer(self, model: Any, body: bytes, content_type: str, accept: str) -> tuple[bytes, str]:
        """The answer's content and type for one request."""
        given: str | bytes = body
        if codecs.is_text(content_type):
            try:
                given = body.decode("utf-8")
            except UnicodeDecodeError as error:
                raise ValueError(f"the body is not UTF-8: {error}") from error
        if self._transform:
            result = _call(self._transform, model, given, content_type, accept)
        else:
            data = _call(self._input, given, content_type)
            result = _call(self._output, _call(self._predict, data, model), accept)
        return _content(result, accept)


def _call(function: Function, *arguments: Any) -> Any:
    """Call a user's function, which may take a context as its last argument."""
    try:
        count = len(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # written in C
        count = len(arguments)
    if count == len(arguments) + 1:
        return function(*arguments, None)
    return function(*arguments)


def _content(result: Any, accept: str) -> tuple[bytes, str]:
    """What output_fn may answer: content, content and type, or werkzeug's and flask's Response."""
    kind = codecs.bare(accept.partition(",")[0])
    kind = codecs.JSON if kind in ("", "*/*") else kind
    if isinstance(result, tuple) and len(result) == 2:
        result, kind = result
    if hasattr(result, "get_data") and hasattr(result, "mimetype"):
        result, kind = result.get_data(), result.mimetype
    if isinstance(result, str):
        result = result.encode()
    if not isinstance(result, (bytes, bytearray, memoryview)):
        raise TypeError(
            f"output_fn answered a {type(result).__name__}: it must answer text or bytes, "
            f"or these and their content type"
        )
    return bytes(result), str(kind)


def import_program(code: Path, program: str) -> ModuleType:
    """Import the user's script as a module of its own name."""
    name = program.removesuffix(".py").replace("/", ".")
    if not (code / program).is_file():
        there = ", ".join(sorted(path.name for path in code.iterdir())) or "nothing"
        raise UserError(f"The script {program} is not in {code}, which holds: {there}.")
    folder = str((code / program).parent)
    for path in (folder, str(code)):
        if path not in sys.path:
            sys.path.insert(0, path)
    return importlib.import_module(name if "." not in name else name.rpartition(".")[2])
