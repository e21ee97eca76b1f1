"""Zip archives of data sets: unpacked once, into the cache, and only what cannot do harm."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from unicodedata import normalize

from platformdirs import user_cache_path

from models.data.archive_names import clean_name
from models.data.facts import DataError
from models.data.sources.base import Progress

MOST_FILES = 2_000_000
MOST_BYTES = 200 * 2**30
MOST_RATIO = 200
"""Bytes that each byte of the archive may become, once they are more than SMALL_BYTES."""
SMALL_BYTES = 100 * 2**20
MOST_DIRECTORY_BYTES = 256 * 2**20
"""Of the archive's own list of files, which is read whole."""

_CHUNK = 1 << 20
_REPORT_EVERY = 256
_STALE_SECONDS = 24 * 3600
_REGULAR = (0, stat.S_IFREG, stat.S_IFDIR)


@dataclass(frozen=True)
class Entry:
    """A file in an archive: what the archive says of it, and its cleaned name with `/` between folders."""

    info: zipfile.ZipInfo
    name: str


def unpacked(archive: Path, progress: Progress | None = None) -> Path:
    """The folder with an archive's content, unpacked now unless it was before. Raises DataError.

    `progress` gets bytes; when it raises, or anything fails, nothing is left behind. Several processes may do this at
    once: each unpacks for itself, and the first to finish counts.
    """
    place = _place(archive)
    if not place.is_dir():
        _unpack_to(archive, place, progress)
    return place


def cache_folder() -> Path:
    """Where archives are unpacked."""
    return user_cache_path("layerloom", appauthor=False) / "archives"


def _place(archive: Path) -> Path:
    """A folder of its own for each archive as it is now: its path, size and time tell."""
    try:
        status = archive.stat()
    except OSError as error:
        raise DataError(
            f"{archive} cannot be read: {error.strerror or error}. Check the path, or choose the archive again."
        ) from error
    if not stat.S_ISREG(status.st_mode):
        what = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or a device"
        raise DataError(f"{archive} is {what}. Choose a zip archive.")
    identity = f"{archive.resolve()}\0{status.st_size}\0{status.st_mtime_ns}"
    return cache_folder() / sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@contextmanager
def _told(archive: Path) -> Iterator[None]:
    """Whatever goes wrong with an archive, as a sentence. Around no call of `progress`: its exceptions pass."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        if isinstance(error, DataError):
            raise
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DataError(
                f"The disk became full while {archive.name} was unpacked to {cache_folder()}; nothing was kept. "
                "Free some space, or unpack it elsewhere and choose the folder."
            ) from error
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
        raise DataError(
            f"{archive.name} cannot be unpacked: {reason}. Make or download the archive again, or choose a folder."
        ) from error


def _unpack_to(archive: Path, place: Path, progress: Progress | None) -> None:
    with _told(archive):
        _check_directory(archive)
        opened = zipfile.ZipFile(archive)
    with opened:
        entries = checked_entries(archive, opened.infolist())
        with _told(archive):
            place.parent.mkdir(parents=True, exist_ok=True)
            _forget_unfinished(place.parent)
            _check_space(archive, entries, place.parent)
            folder = Path(tempfile.mkdtemp(prefix="unpacking-", dir=place.parent))
        try:
            _write_all(opened, entries, folder, progress)
            with _told(archive):
                _move(folder, place)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _move(folder: Path, place: Path) -> None:
    try:
        folder.rename(place)
    except OSError:
        if not place.is_dir():  # otherwise another process was first
            raise


def _forget_unfinished(cache: Path) -> None:
    """Remove what processes that were killed left behind."""
    for left in cache.glob("unpacking-*"):
        try:
            is_stale = time.time() - left.stat().st_mtime > _STALE_SECONDS
        except OSError:  # just finished
            continue
        if is_stale:
            shutil.rmtree(left, ignore_errors=True)


# --- what is refused before anything is written -----------------------------------------------------------------------
def _check_directory(archive: Path) -> None:
    """Refuse an archive whose list of files would fill the memory; zipfile reads the list whole."""
    with archive.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 22 - 65_535, 0))
        tail = file.read()
        at = tail.rfind(b"PK\5\6")
        if at < 0 or len(tail) < at + 22:
            raise DataError(f"{archive.name} is no zip archive, or its end is missing. Make or download it again.")
        listed_bytes = int.from_bytes(tail[at + 12 : at + 16], "little")
        if listed_bytes == 0xFFFFFFFF:  # a zip64 archive says so just before
            big = tail.rfind(b"PK\6\6", 0, at)
            listed_bytes = int.from_bytes(tail[big + 40 : big + 48], "little") if big >= 0 else size
    if min(listed_bytes, size) > MOST_DIRECTORY_BYTES:
        raise DataError(f"{archive.name} lists too many files. LayerLoom unpacks up to {MOST_FILES:,}.")


def checked_entries(archive: Path, infos: Sequence[zipfile.ZipInfo]) -> list[Entry]:
    """The files to unpack, with names that stay inside of the folder. Raises DataError for an archive to distrust."""
    if len(infos) > MOST_FILES:
        raise DataError(f"{archive.name} holds {len(infos):,} files. LayerLoom unpacks up to {MOST_FILES:,}.")
    entries: list[Entry] = []
    taken: dict[str, str] = {}
    for info in infos:
        name = clean_name(archive.name, info.orig_filename)
        _check_kind(archive, info)
        if info.is_dir() or not name or _is_clutter(name):
            continue
        key = normalize("NFC", name).casefold()
        if key in taken:
            raise DataError(
                f"{archive.name} holds {taken[key]} and {name}, which are one file on many systems. Rename one of them."
            )
        taken[key] = name
        entries.append(Entry(info, name))
    _check_bytes(archive, entries)
    return entries


def _check_kind(archive: Path, info: zipfile.ZipInfo) -> None:
    if info.flag_bits & 0x1:
        raise DataError(
            f"{archive.name} is encrypted: {_shown(info)} needs a password. Unpack it yourself and choose the folder."
        )
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in _REGULAR:
        what = "a link" if kind == stat.S_IFLNK else "a device or pipe"
        raise DataError(f"{archive.name} holds {_shown(info)}, {what}. LayerLoom unpacks files and folders only.")


def _shown(info: zipfile.ZipInfo) -> str:
    return info.filename[:200]


def _is_clutter(name: str) -> bool:
    """What macOS adds to archives."""
    return "/__MACOSX/" in f"/{name}" or "/._" in f"/{name}" or f"/{name}".endswith("/.DS_Store")


def _check_bytes(archive: Path, entries: Sequence[Entry]) -> None:
    total = sum(entry.info.file_size for entry in entries)
    if total > MOST_BYTES:
        raise DataError(
            f"{archive.name} would unpack to {total / 2**30:,.1f} GB. LayerLoom unpacks up to {MOST_BYTES // 2**30} "
            "GB: unpack it yourself and choose the folder."
        )
    size = max(archive.stat().st_size, 1)
    if total > SMALL_BYTES and total > MOST_RATIO * size:
        raise DataError(
            f"{archive.name} has {size:,} bytes and would unpack to {total:,}, {total // size:,} times as many, as "
            "archives do that are made to fill disks. Unpack it yourself and choose the folder if you trust it."
        )


def _check_space(archive: Path, entries: Sequence[Entry], cache: Path) -> None:
    total, free = sum(entry.info.file_size for entry in entries), shutil.disk_usage(cache).free
    if total > free:
        raise DataError(
            f"{archive.name} unpacks to {total / 2**30:,.2f} GB, and the disk of {cache} has {free / 2**30:,.2f} GB "
            "left. Free some space, or unpack it elsewhere and choose the folder."
        )


# --- writing ----------------------------------------------------------------------------------------------------------
def _write_all(opened: zipfile.ZipFile, entries: Sequence[Entry], folder: Path, progress: Progress | None) -> None:
    total = sum(entry.info.file_size for entry in entries)
    done = 0
    for number, entry in enumerate(entries):
        for written in _write(opened, entry, folder / entry.name):
            done += written
            if progress is not None and (written == _CHUNK or number % _REPORT_EVERY == 0):
                progress(done, total)
    if progress is not None:
        progress(done, total)


def _write(opened: zipfile.ZipFile, entry: Entry, target: Path) -> Iterator[int]:
    """Write one file, and yield the bytes of each chunk. What arrives is counted, whatever the archive declares."""
    written = 0
    with _told(Path(opened.filename or target)):
        target.parent.mkdir(parents=True, exist_ok=True)
        with opened.open(entry.info) as source, target.open("xb") as file:
            while chunk := source.read(_CHUNK):
                written += len(chunk)
                if written > entry.info.file_size:
                    raise zipfile.BadZipFile(f"{entry.name} holds more bytes than the archive says")
                file.write(chunk)
                yield len(chunk)
        if written != entry.info.file_size:
            raise zipfile.BadZipFile(f"{entry.name} holds fewer bytes than the archive says")
