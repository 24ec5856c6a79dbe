"""What the XGBoost image does for serving functions that the user's script does not define."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from algorithm.contract import Paths, UserError
from scriptmode.codecs import UnsupportedTypeError
from scriptmode.handlers import Defaults
from xgbimage import data
from xgbimage.serving import Predictor, features

if TYPE_CHECKING:
    import xgboost

    from algorithm.table import Array


class XGBoostDefaults(Defaults):
    """The algorithm's own: a Booster from xgboost-model, rows of any of its formats."""

    def model_fn(self, model_dir: str) -> xgboost.Booster:
        """Load xgboost-model, or the only file there is."""
        try:
            return Predictor.load(Paths(Path(model_dir).parent)).model
        except UserError as error:
            raise UserError(
                f"{error} Define model_fn(model_dir) to load another kind of model."
            ) from error

    def input_fn(self, body: str | bytes, content_type: str) -> xgboost.DMatrix:
        """Read the rows of a request."""
        import xgboost

        raw = body.encode() if isinstance(body, str) else body
        try:
            kind = data.content_format("of the request", content_type)
        except UserError as error:
            raise UnsupportedTypeError(str(error)) from error
        return xgboost.DMatrix(features(kind, raw))

    def predict_fn(self, data: xgboost.DMatrix, model: Any) -> Array:
        """Predict with a Booster, or with an estimator of the scikit-learn interface."""
        booster = model.get_booster() if hasattr(model, "get_booster") else model
        predictions: Array = booster.predict(data, validate_features=False)
        return predictions
