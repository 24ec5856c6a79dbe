"""Serving a model of CatBoost."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from algorithm.contract import Paths, UserError
from algorithm.tabular_answers import TabularModel
from catimage.rows import pool
from catimage.training import ABOUT, NAME

if TYPE_CHECKING:
    from algorithm.table import Array


def load(paths: Paths) -> TabularModel:
    """Load the model of a job."""
    import catboost
    import numpy as np

    threads = int(os.environ["OMP_NUM_THREADS"])
    model = catboost.CatBoost()
    try:
        about = json.loads((paths.model / ABOUT).read_bytes())
        model.load_model(str(paths.model / NAME), format="cbm")
    except (OSError, ValueError, catboost.CatBoostError) as error:
        raise UserError(f"{paths.model} holds no model of CatBoost: {error}.") from error
    kind = "RawFormulaVal" if about["classes"] is None else "Probability"

    def predict(rows: Array) -> Array:
        data = pool(rows, answers.categories)
        return np.asarray(model.predict(data, prediction_type=kind, thread_count=threads))

    answers = TabularModel(about, predict)
    return answers
