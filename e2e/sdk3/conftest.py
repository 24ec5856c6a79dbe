"""Programs run as after `eval "$(sagebrush env)"`: unchanged, with the SDK's own defaults."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from server import Server


@pytest.fixture(scope="session", autouse=True)
def account(server: Server) -> Iterator[None]:
    """This process's environment leads to the server."""
    os.environ.update(server.variables)
    yield
    for name in server.variables:
        del os.environ[name]
