"""The content types of requests and answers, as SageMaker's inference toolkit knows them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

JSON = "application/json"
CSV = "text/csv"
NPY = "application/x-npy"
NPZ = "application/x-npz"
TEXT = ("text/", JSON)
"""Types whose body user functions receive as text rather than bytes."""


class UnsupportedTypeError(Exception):
    """A content type that nothing here speaks; the message names those that are spoken."""


def bare(content_type: str) -> str:
    """The media type without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def is_text(content_type: str) -> bool:
    """Whether a body of this type is text."""
    return bare(content_type).startswith(TEXT)


def decode(body: str | bytes, content_type: str) -> Any:
    """A request body as a numpy array (or a sparse matrix)."""
    kind = bare(content_type)
    if kind not in DECODERS:
        raise UnsupportedTypeError(
            f"Content type {content_type} is not one of {', '.join(DECODERS)}: "
            f"define input_fn to read it."
        )
    raw = body.encode() if isinstance(body, str) else body
    return DECODERS[kind](raw)


def encode(prediction: Any, accept: str) -> tuple[str | bytes, str]:
    """A prediction in the first acceptable type that is spoken here, and that type."""
    for item in accept.split(","):
        kind = bare(item)
        if kind in ("*/*", ""):
            kind = JSON
        if kind in ENCODERS:
            return ENCODERS[kind](prediction), kind
    raise UnsupportedTypeError(
        f"Accept is {accept}; this image answers {', '.join(ENCODERS)}. "
        f"Define output_fn to answer another type."
    )


def _from_json(body: bytes) -> Any:
    import numpy as np

    return np.array(json.loads(body))


def _from_csv(body: bytes) -> Any:
    import numpy as np

    return np.genfromtxt(io.StringIO(body.decode()), delimiter=",")


def _from_npy(body: bytes) -> Any:
    import numpy as np

    return np.load(io.BytesIO(body), allow_pickle=False)


def _from_npz(body: bytes) -> Any:
    import scipy.sparse

    return scipy.sparse.load_npz(io.BytesIO(body))


def _to_json(prediction: Any) -> str:
    def default(value: Any) -> Any:
        for method in ("detach", "tolist"):  # torch tensors, numpy arrays
            if hasattr(value, method):
                value = getattr(value, method)()
                if method == "tolist":
                    return value
        raise TypeError(f"{type(value).__name__} cannot be written as JSON")

    return json.dumps(prediction, default=default)


def _array(prediction: Any) -> Any:
    import numpy as np

    return np.asarray(prediction.detach().cpu() if hasattr(prediction, "detach") else prediction)


def _to_csv(prediction: Any) -> str:
    import numpy as np

    out = io.StringIO()
    np.savetxt(out, np.atleast_1d(_array(prediction)), delimiter=",", fmt="%s")
    return out.getvalue()


def _to_npy(prediction: Any) -> bytes:
    import numpy as np

    out = io.BytesIO()
    np.save(out, _array(prediction), allow_pickle=False)
    return out.getvalue()


DECODERS: dict[str, Callable[[bytes], Any]] = {
    JSON: _from_json,
    CSV: _from_csv,
    NPY: _from_npy,
    NPZ: _from_npz,
}
ENCODERS: dict[str, Callable[[Any], str | bytes]] = {JSON: _to_json, CSV: _to_csv, NPY: _to_npy}
