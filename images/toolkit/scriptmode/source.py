"""The user's code: fetched from where the client uploaded it, unpacked into the code directory."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from scriptmode.contract import Paths, UserError

PLAIN_NAME = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._+-]*(/[A-Za-z0-9._+-]+)*")


def check_name(program: str) -> str:
    """The entry point must be a plain path inside the code directory."""
    if not PLAIN_NAME.fullmatch(program) or {".", ".."} & set(program.split("/")):
        raise UserError(
            f"The entry point {program!r} is not a plain path inside the source directory: it may "
            f"hold letters, digits, and . _ + - /, such as train.py or bin/train.sh."
        )
    return program


def fetch(uri: str, paths: Paths, into: Path | None = None) -> Path:
    """Put the code into the code directory; answers it.

    uri is an s3:// address of a .tar.gz, or a local archive or directory. A code
    directory that holds something already is taken as it is.
    """
    code = into or paths.code
    code.mkdir(parents=True, exist_ok=True)
    if any(code.iterdir()):
        return code
    if uri.startswith("s3://"):
        with tempfile.TemporaryFile(dir=code.parent) as file:
            _download(uri, file)
            file.seek(0)
            _unpack(file, uri, code)
        return code
    local = paths.local(uri.removeprefix("file://"))
    if local.is_dir():
        if local.resolve() != code.resolve():
            shutil.copytree(local, code, dirs_exist_ok=True)
    elif local.is_file():
        with local.open("rb") as file:
            _unpack(file, uri, code)
    else:
        raise UserError(f"sagemaker_submit_directory is {uri}, which does not exist.")
    return code


def s3_endpoint() -> str | None:
    """The endpoint that the job's environment names, for any age of boto3."""
    for name in ("AWS_ENDPOINT_URL_S3", "S3_ENDPOINT_URL", "AWS_ENDPOINT_URL"):
        if os.environ.get(name):
            return os.environ[name]
    return None


def _download(uri: str, file: BinaryIO) -> None:
    import boto3
    import botocore.exceptions

    parts = urlsplit(uri)
    try:
        client = boto3.client("s3", endpoint_url=s3_endpoint())
        body = client.get_object(Bucket=parts.netloc, Key=parts.path.lstrip("/"))["Body"]
        shutil.copyfileobj(body, file)
    except botocore.exceptions.NoCredentialsError as error:
        raise UserError(
            f"The code at {uri} cannot be downloaded: this job has no credentials. They come as "
            f"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in its environment."
        ) from error
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        raise UserError(f"The code at {uri} cannot be downloaded: {error}") from error


def _unpack(file: BinaryIO, uri: str, code: Path) -> None:
    try:
        with tarfile.open(fileobj=file, mode="r:*") as archive:
            for member in archive:
                _extract(archive, member, code, uri)
    except (tarfile.TarError, EOFError) as error:
        raise UserError(f"The code at {uri} is no tar archive: {error}.") from error


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, code: Path, uri: str) -> None:
    """Extract one member; nothing is written or linked outside of the code directory.

    Paths are resolved with what was extracted before, so a link cannot lead a
    later member out. Owners and special modes are not taken over.
    """
    root = Path(os.path.realpath(code))
    name = root / member.name
    parent = Path(os.path.realpath(name.parent))
    target = parent / name.name
    if name.name in ("", ".."):
        target = Path(os.path.realpath(name))

    def inside(path: Path) -> bool:
        return path == root or root in path.parents

    refused = not inside(target) or member.name.startswith("/")
    if member.issym():
        refused |= not inside(Path(os.path.realpath(parent / member.linkname)))
    elif member.islnk():
        refused |= not inside(Path(os.path.realpath(root / member.linkname)))
    if refused:
        raise UserError(
            f"The archive {uri} holds {member.name!r}, which leads out of the source directory."
        )
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        target.unlink()
    if member.issym():
        target.symlink_to(member.linkname)
    elif member.isreg() or member.islnk():
        try:
            content = archive.extractfile(member)
        except (KeyError, RecursionError):  # a link to nothing, or to itself
            content = None
        if content is None:
            raise UserError(f"The archive {uri} holds the broken link {member.name!r}.")
        with content, target.open("xb") as out:
            shutil.copyfileobj(content, out)
        target.chmod(0o755 if member.mode & 0o111 else 0o644)
    else:
        raise UserError(f"The archive {uri} holds {member.name!r}, a special file.")
