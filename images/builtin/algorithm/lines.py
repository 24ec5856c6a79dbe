"""Log lines with metrics, as the service's own algorithms write them.

The regular expressions of everybody's MetricDefinitions, and those in the
manifests here, rely on their form.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

log = logging.getLogger("algorithm")


@dataclass(frozen=True)
class Reporter:
    """Writes the lines of one host."""

    host: str

    def quality(self, channel: str, name: str, value: float, epoch: int | None = None) -> None:
        """A metric; ``name`` ends in what it is, such as ``mse <loss>``."""
        when = "" if epoch is None else f"epoch={epoch}, "
        log.info("#quality_metric: host=%s, %s%s %s=%r", self.host, when, channel, name, value)

    def score(self, channel: str, name: str, value: float) -> None:
        """A metric of the finished model, in the words of k-NN."""
        log.info("#%s_score (%s) : (%r, %r)", channel, self.host, name, value)

    def progress(self, done: int, total: int) -> None:
        """How much of the epochs is done."""
        log.info(
            "#progress_metric: host=%s, completed %d %% of epochs", self.host, 100 * done // total
        )

    def throughput(self, records: int, seconds: float) -> None:
        """Records that were trained on in a time."""
        rate = records / max(seconds, 1e-9)
        log.info("#throughput_metric: host=%s, train throughput=%r records/second", self.host, rate)
