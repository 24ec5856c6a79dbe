"""Serving a model of LightGBM."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from algorithm.contract import Paths, UserError
from algorithm.tabular_answers import TabularModel
from lgbimage.training import ABOUT, NAME

if TYPE_CHECKING:
    from algorithm.table import Array


def load(paths: Paths) -> TabularModel:
    """Load the model of a job."""
    import lightgbm
    import numpy as np

    threads = int(os.environ["OMP_NUM_THREADS"])
    try:
        about = json.loads((paths.model / ABOUT).read_bytes())
        model = lightgbm.Booster(model_str=(paths.model / NAME).read_text())
    except (OSError, ValueError, lightgbm.basic.LightGBMError) as error:
        raise UserError(f"{paths.model} holds no model of LightGBM: {error}.") from error

    def predict(rows: Array) -> Array:
        found = np.asarray(model.predict(rows, num_threads=threads))
        binary = about["classes"] is not None and found.ndim == 1
        return np.column_stack([1 - found, found]) if binary else found

    return TabularModel(about, predict)
