"""What the PyTorch image does for serving functions that the user's script does not define."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scriptmode.codecs import decode
from scriptmode.contract import UserError
from scriptmode.handlers import Defaults

DEFAULT_MODEL = "model.pth"


class TorchDefaults(Defaults):
    """Models that TorchScript saved are loaded and evaluated without any script."""

    def model_fn(self, model_dir: str) -> Any:
        """Load model.pth, or the only .pt or .pth file, as TorchScript."""
        import torch

        file = Path(model_dir) / DEFAULT_MODEL
        if not file.exists():
            found = sorted([*Path(model_dir).glob("*.pt"), *Path(model_dir).glob("*.pth")])
            if len(found) != 1:
                names = ", ".join(path.name for path in found) or "none"
                raise UserError(
                    f"Without model_fn the model must be {DEFAULT_MODEL} or the only .pt or .pth "
                    f"file in {model_dir}; there is: {names}."
                )
            file = found[0]
        try:
            model = torch.jit.load(str(file), map_location="cpu")
        except RuntimeError as error:
            raise UserError(
                f"{file} was not saved by TorchScript, and the script defines no model_fn to load "
                f"it: {str(error).splitlines()[0]}"
            ) from error
        return model.eval()

    def input_fn(self, body: str | bytes, content_type: str) -> Any:
        """Read a request as a tensor, numbers of 32 bits."""
        import numpy as np
        import torch

        array = np.asarray(decode(body, content_type))
        return torch.as_tensor(array, dtype=torch.float32 if array.dtype.kind == "f" else None)

    def predict_fn(self, data: Any, model: Any) -> Any:
        """Predict without keeping gradients."""
        import torch

        with torch.no_grad():
            return model(data)
