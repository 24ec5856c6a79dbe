"""docs/training.md: every program does what the page says, with version 2 of the SDK."""

from __future__ import annotations

from pathlib import Path

import guide
import pytest
from server import Server
from test_frameworks import need_torch

pytestmark = [pytest.mark.server, pytest.mark.sdk2]

SECTIONS = [section for section in guide.sections() if "version 3" not in section.title]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.title)
def test_section(server: Server, section: guide.Section, tmp_path: Path) -> None:
    if "PyTorch" in section.title:
        need_torch()
    section.run(server, tmp_path)


def test_nothing_is_left_out() -> None:
    """Each way of training that the page's table names has a program."""
    assert len(SECTIONS) == 12
