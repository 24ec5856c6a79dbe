"""Programs run as after `eval "$(sagebrush env)"`: unchanged, with the SDK's own defaults."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

os.environ["SAGEMAKER_SUPPRESS_V2_WARNING"] = "1"  # once for each estimator is too often

import numpy as np
import pytest
import sagemaker
from server import Server
from sklearn.datasets import load_breast_cancer

PROGRAMS = Path(__file__).parent / "programs"


@pytest.fixture(scope="session", autouse=True)
def account(server: Server) -> Iterator[None]:
    """This process's environment leads to the server."""
    os.environ.update(server.variables)
    logging.getLogger("sagemaker.config").setLevel(logging.WARNING)
    yield
    for name in server.variables:
        del os.environ[name]


@pytest.fixture(scope="session")
def session(account: None) -> sagemaker.Session:
    """The SDK's default session; its bucket is made when it is first needed."""
    return sagemaker.Session()


@pytest.fixture(scope="session")
def role(session: sagemaker.Session) -> str:
    """What a notebook's first line asks for."""
    return sagemaker.get_execution_role(session)


@pytest.fixture(scope="session")
def halves() -> tuple[np.ndarray, np.ndarray]:
    """Rows to train on and rows that are held out, the label first."""
    features, label = load_breast_cancer(return_X_y=True)
    rows = np.column_stack([label, features])
    order = np.random.default_rng(0).permutation(len(rows))
    return rows[order[:400]], rows[order[400:]]


@pytest.fixture(scope="session")
def channels(
    session: sagemaker.Session,
    halves: tuple[np.ndarray, np.ndarray],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, str]:
    """The halves as CSV files in the default bucket, by channel."""
    folder = tmp_path_factory.mktemp("data")
    uris = {}
    for name, rows in zip(("train", "validation"), halves, strict=True):
        (folder / name).mkdir()
        for number, part in enumerate(np.array_split(rows, 2)):
            np.savetxt(folder / name / f"part-{number}.csv", part, delimiter=",", fmt="%r")
        uris[name] = session.upload_data(
            str(folder / name), key_prefix=f"data/{os.getpid()}/{name}"
        )
    return uris
