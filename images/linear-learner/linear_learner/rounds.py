"""What happens after each epoch: log lines, a checkpoint, and a look at SIGTERM."""

from __future__ import annotations

import logging
import time
from typing import Any

import numpy as np

from algorithm import checkpoint
from algorithm.contract import Paths
from algorithm.lines import Reporter
from algorithm.training import StopRequest
from linear_learner.fitting import Best, Fit, Progress

log = logging.getLogger("algorithm")


class Epochs:
    """What happens after each epoch: lines, a checkpoint, and a look at SIGTERM."""

    def __init__(
        self,
        settings: dict[str, Any],
        fit: Fit,
        best: Best,
        paths: Paths,
        stop: StopRequest,
        report: Reporter,
        rows: int,
        scale: float,
        validated: bool,
    ) -> None:
        self.settings, self.fit, self.best, self.paths = settings, fit, best, paths
        self.scale = scale  # from the loss of scaled labels to that of labels as they are
        self.stop, self.report, self.rows = stop, report, rows
        self.key = checkpoint.key(settings, rows, fit.weights.shape)
        self.validated = validated
        self.first = 0
        self.started = time.monotonic()
        self._resume()
        stop.training = True

    def _resume(self) -> None:
        state = checkpoint.load(self.paths, self.key)
        if state is None:
            return
        self.fit.resume(state)
        self.best.weights, self.best.bias = state["best_weights"], state["best_bias"]
        self.best.values, self.best.leader = state["values"], float(state["leader"])
        self.best.waited, self.first = int(state["waited"]), int(state["epoch"]) + 1
        log.info("Going on after epoch %d of a checkpoint", self.first - 1)

    def after(self, progress: Progress) -> bool:
        """Report an epoch; answers whether it was the last."""
        number, name = progress.best, f"{self.fit.loss.name}_objective <loss>"
        scale = self.scale
        epoch = progress.epoch
        self.report.quality("train", name, float(progress.train[number]) * scale, epoch)
        if self.validated:
            self.report.quality("validation", name, float(progress.judged[number]) * scale, epoch)
        self.report.progress(epoch + 1, self.settings["epochs"])
        self.report.throughput(self.rows, time.monotonic() - self.started)
        self.started = time.monotonic()
        checkpoint.save(
            self.paths,
            self.key,
            {
                **self.fit.state(),
                "best_weights": self.best.weights,
                "best_bias": self.best.bias,
                "values": self.best.values,
                "leader": np.array(self.best.leader),
                "waited": np.array(self.best.waited),
                "epoch": np.array(epoch),
            },
        )
        if self.stop.asked:
            log.warning("Stopped after %d epochs; the model so far is kept.", epoch + 1)
        return self.stop.asked
