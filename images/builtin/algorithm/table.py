"""What a channel's files become, and how errors quote from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

SHOWN = 40
"""Characters of a bad value that an error repeats."""


@dataclass
class Table:
    """The rows of a channel. Features are dense (CSV, empty fields as NaN) or sparse (libsvm)."""

    features: Any
    label: Array
    weight: Array | None = None
    query: Array | None = None

    @property
    def columns(self) -> int:
        """Number of features."""
        return int(self.features.shape[1])


def shorten(text: str) -> str:
    text = text.strip()
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
