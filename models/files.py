"""Writing files so that a crash or a full disk leaves the old one whole."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from uuid import uuid4


class FileError(OSError):
    """A file that cannot be read or written; the text says which, why and what to do."""


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file beside its place, flush it to the disk, and only then move it there.

    Links are followed and permissions kept. Raises FileError with a readable text; the old file, if there was one, is
    then untouched.
    """
    try:
        path = path.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.parent / f".{uuid4().hex}.part"
        try:
            _write_flushed(temporary, data)
            if path.is_file():
                temporary.chmod(path.stat().st_mode)
            os.replace(temporary, path)
        except BaseException:  # an interrupt, too, leaves no litter
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise FileError(
            f"{path} was not written: {reason(error)} The old file, if there was one, is intact."
        ) from error
    sync_folder(path.parent)


def _write_flushed(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


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


def reason(error: OSError) -> str:
    """An operating system's error in a sentence that says what to do."""
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
