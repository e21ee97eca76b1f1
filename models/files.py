"""Writing files so that a crash or a full disk leaves the old one whole."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path


class FileError(OSError):
    """A file that cannot be read or written; the text says which, why and what to do."""


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file beside its place, flush it to the disk, and only then move it there.

    Raises FileError with a readable text; the old file, if there was one, is then untouched.
    """
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise FileError(
            f"{path} was not written: {reason(error)} The old file, if there was one, is intact."
        ) from error


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable, where the system can (Windows cannot and need not)."""
    if os.name == "nt":
        return
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
        errno.EISDIR: "that is a folder, and a file was expected.",
    }
    return sentences.get(error.errno or 0, f"{error.strerror or error}.")
