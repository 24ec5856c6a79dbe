"""Fixtures of the client tests: one server for the whole run, names that do not collide."""

from __future__ import annotations

import importlib.metadata
import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hosting import Hosting
from programs import Programs
from server import PROGRAM, Server
from training import Training

FILE_SYSTEM = "fs-0123456789abcdef0"


def _sdk() -> str:
    """The SageMaker SDK's major version in this environment, "" without one."""
    try:
        return importlib.metadata.version("sagemaker").partition(".")[0]
    except importlib.metadata.PackageNotFoundError:
        return ""


# e2e/run.py runs each folder in an environment of its own.
collect_ignore = [folder for folder in ("sdk2", "sdk3") if folder != f"sdk{_sdk()}"]

for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]  # nothing of the developer's own account may be reached
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server."""
    if not PROGRAM.exists():
        pytest.fail(f"{PROGRAM} is not built: make build", pytrace=False)
    shared = tmp_path_factory.mktemp("shared")
    (shared / "images").mkdir()
    (shared / "images" / "a.txt").write_text("from a file system")
    running = Server(
        tmp_path_factory.mktemp("server") / "data",
        *["--file-system", f"{FILE_SYSTEM}={shared}"],
        *["--runner", "process"],  # the same with and without a container engine
    )
    yield running
    assert running.close() == 0


@pytest.fixture(scope="session")
def client(server: Server) -> Callable[..., Any]:
    """Makes clients by service name; each kind once."""
    made: dict[str, Any] = {}

    def make(service: str) -> Any:
        if service not in made:
            made[service] = server.client(service)
        return made[service]

    return make


@pytest.fixture(scope="session")
def unique() -> Callable[[str], str]:
    """Makes names that no other test uses."""
    numbers = itertools.count(1)
    return lambda prefix: f"{prefix}-{os.getpid()}-{next(numbers)}"


@pytest.fixture
def bucket(client: Callable[..., Any], unique: Callable[[str], str]) -> str:
    """A bucket of the test's own."""
    name = unique("bucket")
    client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def training(client: Callable[..., Any], bucket: str, unique: Callable[[str], str]) -> Training:
    """Training jobs with their data in the test's bucket."""
    return Training(client("sagemaker"), client("s3"), client("logs"), bucket, unique("job"))


@pytest.fixture
def program(server: Server, tmp_path: Path, unique: Callable[[str], str]) -> Programs:
    """Registers Python programs as images."""
    return Programs(server, tmp_path, unique)


@pytest.fixture
def hosting(
    client: Callable[..., Any], bucket: str, unique: Callable[[str], str], program: Programs
) -> Hosting:
    """Models and endpoints with their data in the test's bucket."""
    return Hosting(
        client("sagemaker"), client("sagemaker-runtime"), client("s3"), bucket, unique, program
    )


@pytest.fixture
def home(tmp_path: Path, server: Server) -> Path:
    """A home directory whose ~/.aws/config alone leads to the server."""
    keys = server.variables
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(
        "[default]\n"
        f"endpoint_url = {server.url}\n"
        f"aws_access_key_id = {keys['AWS_ACCESS_KEY_ID']}\n"
        f"aws_secret_access_key = {keys['AWS_SECRET_ACCESS_KEY']}\n"
        "region = us-east-1\n"
    )
    return tmp_path
