"""A model as named arrays in one file, which numpy.load reads."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from algorithm.contract import Paths, UserError
from algorithm.training import save

if TYPE_CHECKING:
    from algorithm.table import Array

NAME = "model_algo-1"
"""The model's file, called as SageMaker's own algorithms call theirs."""


def write(paths: Paths, **arrays: Array) -> None:
    """Save the arrays as the job's model."""
    import numpy as np

    file = io.BytesIO()
    np.savez(file, **arrays)
    save(paths.model, NAME, file.getvalue())


def read(paths: Paths, *names: str) -> dict[str, Array]:
    """Load the arrays of a model; UserError when it is not one of these."""
    import numpy as np

    file = paths.model / NAME
    try:
        with np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in names}
    except FileNotFoundError:
        raise UserError(f"{file} does not exist: the model archive must hold it.") from None
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise UserError(f"{file} is no model of this algorithm: {error}.") from error
