"""Script mode, the user's code: unpacked whole, and never outside of its directory."""

from __future__ import annotations

import contextlib
import io
import os
import random
import tarfile
from pathlib import Path

import pytest

from scriptmode import source
from scriptmode.contract import Paths, UserError

FILE, LINK, HARD = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
Member = tuple[str, bytes, str]


def archive(path: Path, *members: Member) -> Path:
    """A .tar.gz of members: name, type, and the text or the target of the link."""
    with tarfile.open(path, "w:gz") as tar:
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            info.mode = 0o7755
            if kind == FILE:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content.encode()))
            else:
                info.linkname = content
                tar.addfile(info)
    return path


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    made = Paths(tmp_path / "ml")
    made.base.mkdir()
    return made


def test_unpacking(paths: Paths, tmp_path: Path) -> None:
    file = archive(
        tmp_path / "source.tar.gz",
        ("./train.py", FILE, "print(1)"),
        ("pkg", tarfile.DIRTYPE, ""),
        ("pkg/deep/er.py", FILE, "x"),
        ("alias.py", LINK, "pkg/deep/er.py"),
        ("pkg/up.py", LINK, "../train.py"),
        ("hard.py", HARD, "train.py"),
        ("train.py", FILE, "print(2)"),
    )
    code = source.fetch(str(file), paths)
    assert code == paths.code
    assert (code / "train.py").read_text() == "print(2)"
    assert (code / "alias.py").read_text() == "x"
    assert (code / "pkg" / "up.py").read_text() == "print(2)"
    assert (code / "hard.py").read_text() == "print(1)"
    assert (code / "train.py").stat().st_mode & 0o7777 == 0o755
    again = archive(tmp_path / "other.tar.gz", ("other.py", FILE, ""))
    assert not (source.fetch(str(again), paths) / "other.py").exists()


def test_directory_and_paths_of_opt_ml(paths: Paths) -> None:
    """Network isolation brings the code as a channel, named by its place under /opt/ml."""
    channel = paths.channel("code")
    channel.mkdir(parents=True)
    archive(channel / "sourcedir.tar.gz", ("train.py", FILE, "1"))
    code = source.fetch("/opt/ml/input/data/code/sourcedir.tar.gz", paths)
    assert (code / "train.py").exists()
    other = source.fetch("/opt/ml/input/data/code", paths, paths.base / "elsewhere")
    assert (other / "sourcedir.tar.gz").exists()


@pytest.mark.parametrize(
    "members",
    [
        [("../evil", FILE, "x")],
        [("/tmp/evil", FILE, "x")],
        [("a/../../evil", FILE, "x")],
        [("out", LINK, "..")],
        [("out", LINK, "/etc")],
        [("out", HARD, "../secret")],
        [("a", LINK, "b/.."), ("b", LINK, "."), ("a/evil", FILE, "x")],
        [("in", LINK, "."), ("in/../evil", FILE, "x")],
        [("pipe", tarfile.FIFOTYPE, "")],
        [("device", tarfile.CHRTYPE, "")],
        [("hard", HARD, "absent")],
    ],
)
def test_hostile_archives(paths: Paths, tmp_path: Path, members: list[Member]) -> None:
    (tmp_path / "secret").write_text("secret")
    (paths.base / "secret").write_text("secret")
    before = {path for path in tmp_path.rglob("*") if paths.code not in path.parents}
    file = archive(tmp_path / "hostile.tar.gz", *members)
    with pytest.raises(UserError) as caught:
        source.fetch(str(file), paths)
    assert members[-1][0] in str(caught.value)
    after = {path for path in tmp_path.rglob("*") if paths.code not in path.parents}
    assert after - before <= {file, paths.code}
    assert not Path("/tmp/evil").exists()


@pytest.mark.parametrize("seed", range(40))
def test_nothing_is_written_outside_whatever_the_archive(
    paths: Paths, tmp_path: Path, seed: int
) -> None:
    """A law: after any archive, only the code directory has changed."""
    choose = random.Random(seed)
    names = ["a", "b", "a/c", "b/c", "../a", "a/../b", "./a", "a/b/c", "..", ".", "b/../../x"]
    targets = [".", "..", "a", "b", "a/..", "b/..", "../..", "c", "/tmp", "a/../.."]
    members: list[Member] = []
    for _ in range(8):
        kind = choose.choice([FILE, FILE, LINK, LINK, HARD, tarfile.DIRTYPE])
        content = choose.choice(targets) if kind in (LINK, HARD) else "written"
        members.append((choose.choice(names), kind, content))
    file = archive(tmp_path / "any.tar.gz", *members)
    with contextlib.suppress(UserError, OSError):
        source.fetch(str(file), paths)
    outside = [
        path
        for path in tmp_path.rglob("*")
        if path not in (file, paths.base, paths.code) and paths.code not in path.parents
    ]
    assert outside == []
    for path in paths.code.rglob("*"):
        if path.is_symlink():
            end = Path(os.path.realpath(path))
            assert end == paths.code or paths.code in end.parents


def test_no_archive_at_all(paths: Paths, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("this is no archive")
    with pytest.raises(UserError, match="no tar archive"):
        source.fetch(str(tmp_path / "text"), paths)
    noise = random.Random(1).randbytes(50_000).hex()
    cut = archive(tmp_path / "whole.tar.gz", ("a", FILE, noise)).read_bytes()[:20_000]
    (tmp_path / "cut").write_bytes(cut)
    with pytest.raises(UserError, match="no tar archive"):
        source.fetch(str(tmp_path / "cut"), paths)
