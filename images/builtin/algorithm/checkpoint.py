"""Checkpoints: the state of a training, for a job that is interrupted and started again.

They are written when the job has a checkpoint configuration, which shows in the
directory being there. A checkpoint of other hyperparameters is left alone.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from algorithm.contract import Paths
from algorithm.training import save as save_file

if TYPE_CHECKING:
    from algorithm.table import Array

log = logging.getLogger("algorithm")

NAME = "checkpoint.npz"
KEY = "_key"


def key(settings: Mapping[str, Any], *more: object) -> str:
    """Names what a training depends on: another key is another training."""
    text = json.dumps([dict(settings), *more], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def save(paths: Paths, name: str, state: Mapping[str, Array]) -> None:
    """Write the state, whole or not at all, where there is a place for it."""
    import numpy as np

    if not paths.checkpoints.is_dir():
        return
    file = io.BytesIO()
    np.savez(file, **{KEY: np.array(name)}, **state)
    save_file(paths.checkpoints, NAME, file.getvalue())


def load(paths: Paths, name: str) -> dict[str, Array] | None:
    """The state that was saved under this key; None when there is none."""
    import numpy as np

    file = paths.checkpoints / NAME
    try:
        with np.load(file, allow_pickle=False) as archive:
            state = dict(archive)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
        log.warning("Checkpoint %s cannot be read (%s): training begins anew.", file, error)
        return None
    if str(state.pop(KEY, "")) != name:
        log.warning("Checkpoint %s is of another training: training begins anew.", file)
        return None
    return state
