"""Writing a file: whatever fails, the old one is whole and nothing is left lying about."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from models import files
from models.files import FileError, write_atomically

OLD, NEW = b"the old project", b"the new project, which is longer"


@pytest.fixture
def old_file(tmp_path: Path) -> Path:
    path = tmp_path / "net.loom"
    path.write_bytes(OLD)
    return path


def test_replaces_a_file_and_leaves_nothing_else(old_file: Path) -> None:
    write_atomically(old_file, NEW)
    assert old_file.read_bytes() == NEW
    assert list(old_file.parent.iterdir()) == [old_file]


def test_makes_the_folders_on_the_way(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "one" / "project.loom"
    write_atomically(path, NEW)
    assert path.read_bytes() == NEW


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_failure_at_any_step_leaves_the_old_file(
    old_file: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files.os, step, fail)
    with pytest.raises(FileError, match=r"net\.loom was not written: .* The old file, if there was one, is intact\."):
        write_atomically(old_file, NEW)
    assert old_file.read_bytes() == OLD
    assert list(old_file.parent.iterdir()) == [old_file]


def test_an_interrupt_leaves_the_old_file_and_no_litter(old_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(old_file, NEW)
    assert old_file.read_bytes() == OLD
    assert list(old_file.parent.iterdir()) == [old_file]


@pytest.mark.skipif(os.name == "nt", reason="folders cannot be flushed there")
def test_a_folder_that_cannot_be_flushed_is_no_failure(old_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some network file systems refuse it; by then the new file is in its place."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(files.os, "open", refuse)
    write_atomically(old_file, NEW)
    assert old_file.read_bytes() == NEW


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a process as on Linux")
def test_a_full_disk_leaves_the_old_file(old_file: Path) -> None:
    """A limit on file size stands for the full disk: the write itself fails, part of the way."""
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from models.files import FileError, write_atomically\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try: write_atomically(Path(sys.argv[1]), b'x' * 1_000_000)\n"
        "except FileError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, old_file], capture_output=True, text=True, check=True,
        cwd=Path(files.__file__).parents[1],
    )  # fmt: skip
    assert "larger than the system allows" in done.stdout
    assert old_file.read_bytes() == OLD
    assert list(old_file.parent.iterdir()) == [old_file]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_read_only_folder_is_said(old_file: Path) -> None:
    old_file.parent.chmod(0o500)
    try:
        with pytest.raises(FileError, match="you may not write there"):
            write_atomically(old_file, NEW)
    finally:
        old_file.parent.chmod(0o700)
    assert old_file.read_bytes() == OLD


@pytest.mark.skipif(os.name == "nt", reason="permissions as on Unix")
def test_others_may_read_a_file_as_before(tmp_path: Path) -> None:
    """A teacher's shared project must not become private by being saved."""
    new, ordinary, shared = tmp_path / "new.loom", tmp_path / "ordinary", tmp_path / "shared.loom"
    ordinary.touch()
    shared.touch(mode=0o600)
    shared.chmod(0o664)
    write_atomically(new, NEW)
    write_atomically(shared, NEW)
    assert new.stat().st_mode == ordinary.stat().st_mode
    assert shared.stat().st_mode & 0o777 == 0o664


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_link_goes_on_pointing_at_the_file(old_file: Path) -> None:
    link = old_file.parent / "link.loom"
    link.symlink_to(old_file)
    write_atomically(link, NEW)
    assert link.is_symlink()
    assert old_file.read_bytes() == NEW


def test_a_long_name_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 250)
    write_atomically(path, NEW)
    assert path.read_bytes() == NEW


def test_places_that_cannot_be_are_said(tmp_path: Path, old_file: Path) -> None:
    with pytest.raises(FileError, match="that is a folder"):
        write_atomically(tmp_path, NEW)
    with pytest.raises(FileError, match="part of that path is a file"):
        write_atomically(old_file / "net.loom", NEW)
    with pytest.raises(FileError, match="the name is too long"):
        write_atomically(tmp_path / ("n" * 300), NEW)
    assert list(tmp_path.iterdir()) == [old_file]
