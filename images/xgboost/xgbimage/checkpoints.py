"""Checkpoints of XGBoost: the model so far after a round, as the built-in algorithm names it."""

from __future__ import annotations

import logging
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from algorithm.contract import Paths
from algorithm.training import save

if TYPE_CHECKING:
    import xgboost

log = logging.getLogger("algorithm")

PREFIX = "xgboost-checkpoint"
KEPT = 5
"""Checkpoints that are kept; older ones are removed."""
PACE = 10
"""A checkpoint is written when this many times what the last one took has gone by."""


class Checkpoints:
    """The checkpoint directory of a job; without one nothing is written or found."""

    def __init__(self, paths: Paths) -> None:
        self.directory = paths.checkpoints
        self.used = self.directory.is_dir()
        self._took = self._last = 0.0

    def files(self) -> dict[int, Path]:
        """The checkpoints by round, the newest last."""
        found = {}
        for file in self.directory.glob(f"{PREFIX}.*"):
            match = re.fullmatch(rf"{PREFIX}\.(\d+)", file.name)
            if match:
                found[int(match[1])] = file
        return dict(sorted(found.items()))

    def newest(self) -> xgboost.Booster | None:
        """The newest model that can be read."""
        import xgboost

        if not self.used:
            return None
        for number, file in reversed(self.files().items()):
            model = xgboost.Booster()
            try:
                model.load_model(bytearray(file.read_bytes()))
            except (xgboost.core.XGBoostError, OSError) as error:
                log.warning("Checkpoint %s cannot be read (%s): skipped.", file, error)
                continue
            log.info("Going on from the checkpoint of round %d", number)
            return model
        return None

    def write(self, model: xgboost.Booster, number: int, last: bool = False) -> None:
        """Save the model of a round, unless that would slow training down."""
        started = time.monotonic()
        if not self.used or (not last and started - self._last < PACE * self._took):
            return
        save(self.directory, f"{PREFIX}.{number}", bytes(model.save_raw(raw_format="ubj")))
        for file in list(self.files().values())[:-KEPT]:
            file.unlink(missing_ok=True)
        self._last = time.monotonic()
        self._took = self._last - started
