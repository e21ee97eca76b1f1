"""Writing files so that a crash or a full disk leaves the old one whole."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4


class FileError(OSError):
    """A file that cannot be read or written; the text says which, why and what to do."""


# --- looking and reading ----------------------------------------------------------------------------------------------
def is_file(path: Path) -> bool:
    """Whether there is a file at a path; no, where the system will not say (too long, a closed folder)."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether there is a folder at a path; no, where the system will not say."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def is_there(path: Path) -> bool:
    """Whether there is anything at a path; no, where the system will not say: reading or writing then tells why."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def check_regular(path: Path) -> None:
    """Raise FileError for what is neither a file nor a folder: opening a pipe would wait for its other end."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return  # opening it tells why
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise FileError(f"{path} was not opened: it is a pipe or a device, and a file was expected. Choose a file.")


def read_at_most(path: Path, size: int) -> bytes:
    """The first `size` bytes of a file. Raises FileError with a readable text."""
    check_regular(path)
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError as error:
        raise FileError(f"{path} was not opened: {reason(error, reading=True)}") from error


# --- writing ----------------------------------------------------------------------------------------------------------
def write_atomically(path: Path, data: bytes) -> None:
    """Write a file beside its place, flush it to the disk, and only then move it there.

    Links are followed and permissions kept. Raises FileError with a readable text; the old file, if there was one, is
    then untouched.
    """
    with replacing(path) as file:
        file.write(data)


@contextmanager
def replacing(path: Path, check: Callable[[Path], None] | None = None) -> Iterator[BinaryIO]:
    """A file to write to that takes the place of another, as `write_atomically` says, when the block has ended well.

    `check` gets the new file before it is moved, and raises where that does not hold what was written. A FileError of
    the block's own, or of the check's, stays as it is.
    """
    try:
        path = path.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.parent / f".{uuid4().hex}.part"
        try:
            with temporary.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            if check is not None:
                check(temporary)
            if path.is_file():
                temporary.chmod(path.stat().st_mode)
            os.replace(temporary, path)
        except BaseException:  # an interrupt, too, leaves no litter
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
    except FileError:
        raise
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
        told = reason(error) if isinstance(error, OSError) else "links lead in a circle there."
        raise FileError(f"{path} was not written: {told} The old file, if there was one, is intact.") from error
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable, where the system can.

    Windows cannot and need not, and some network file systems refuse: the renamed file is in its place all the same.
    """
    if os.name == "nt":
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def reason(error: OSError, reading: bool = False) -> str:
    """An operating system's error in a sentence that says what to do; `reading` where nothing was to be written."""
    if reading and error.errno in (errno.EACCES, errno.EPERM):
        return "you may not read it. Change its permissions or choose another file."
    sentences = {
        errno.ENOSPC: "the disk is full. Free some space or choose another place.",
        errno.EDQUOT: "your disk quota is used up. Free some space or choose another place.",
        errno.EFBIG: "the file would be larger than the system allows. Choose another place.",
        errno.EACCES: "you may not write there. Choose another place or change its permissions.",
        errno.EPERM: "you may not write there. Choose another place or change its permissions.",
        errno.EROFS: "that place is read-only. Choose another one.",
        errno.ENOENT: "there is no such file or folder. Check the path.",
        errno.EISDIR: "that is a folder, and a file was expected. Choose a file.",
        errno.ENOTDIR: "part of that path is a file, and a folder was expected. Choose another place.",
        errno.EEXIST: "part of that path is a file, and a folder was expected. Choose another place.",
        errno.ENAMETOOLONG: "the name is too long. Choose a shorter one.",
    }
    return sentences.get(error.errno or 0, f"{error.strerror or error}.")
