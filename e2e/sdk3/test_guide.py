"""docs/training.md: its programs for version 3 of the SDK."""

from __future__ import annotations

from pathlib import Path

import guide
import pytest
from server import Server

pytestmark = [pytest.mark.server, pytest.mark.sdk3]


def test_model_trainer(server: Server, tmp_path: Path) -> None:
    [section] = [each for each in guide.sections() if "version 3" in each.title]
    section.run(server, tmp_path)
