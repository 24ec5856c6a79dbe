"""Fewer dimensions by random projections that nearly keep distances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from algorithm.table import Array


@dataclass(frozen=True)
class Reduction:
    """A projection that its seed describes completely."""

    type: str
    """sign for a matrix of random signs, fjlt for the fast Johnson-Lindenstrauss transform."""
    seed: int
    input_dim: int
    target_dim: int

    def apply(self, rows: Array) -> Array:
        """Project rows of input_dim numbers to target_dim numbers."""
        return self._sign(rows) if self.type == "sign" else self._fjlt(rows)

    def _sign(self, rows: Array) -> Array:
        import numpy as np

        # RandomState's stream is frozen: a model means the same with every numpy.
        random = np.random.RandomState(self.seed)
        signs = random.randint(0, 2, (self.input_dim, self.target_dim)) * 2 - 1
        projected: Array = rows @ (signs / np.sqrt(self.target_dim)).astype(np.float32)
        return projected

    def _fjlt(self, rows: Array) -> Array:
        import numpy as np

        random = np.random.RandomState(self.seed)
        size = 1 << (self.input_dim - 1).bit_length()
        signs = (random.randint(0, 2, self.input_dim) * 2 - 1).astype(np.float32)
        kept = random.permutation(size)[: self.target_dim]
        mixed = np.zeros((len(rows), size), np.float32)
        mixed[:, : self.input_dim] = rows * signs
        half = 1
        while half < size:  # the Walsh-Hadamard transform, in place
            pairs = mixed.reshape(len(rows), -1, 2, half)
            total, gap = pairs[:, :, 0] + pairs[:, :, 1], pairs[:, :, 0] - pairs[:, :, 1]
            pairs[:, :, 0], pairs[:, :, 1] = total, gap
            half *= 2
        # The transform lengthens by the root of the size, the selection shortens.
        return mixed[:, kept] / np.float32(np.sqrt(self.target_dim))
