"""The data sets that Keras downloads: the same files from the same addresses in the same cache, read without Keras.

Nothing else in LayerLoom opens a network connection, and this does so only where one of these data sets is opened and
its files are not in the cache.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from models.data.facts import DataError
from models.data.sources.base import Progress
from models.files import FileError, replacing

TIMEOUT = 20.0
"""Seconds without a byte after which a connection counts as broken."""

CHUNK = 1 << 16


@dataclass(frozen=True)
class Download:
    """A file that Keras downloads.

    Attributes:
        address: where it is; its name there is the last part.
        place: where Keras keeps it, below its folder of data sets, with `/` between folders.
        size: bytes, for progress; an answer of more than twice as many is refused.
        sha256: what Keras expects of it; empty where Keras expects nothing.
    """

    address: str
    place: str
    size: int
    sha256: str = ""

    @property
    def name(self) -> str:
        """What the file is called at its address."""
        return self.address.rsplit("/", 1)[-1]

    @property
    def path(self) -> Path:
        """Where the cache has it, or will have it."""
        return datasets_folder() / self.place


_GOOGLE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_TORONTO = "https://www.cs.toronto.edu/~kriz/"

MNIST = Download(
    _GOOGLE + "mnist.npz",
    "mnist.npz",
    11_490_434,
    "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
)
FASHION_MNIST = tuple(
    Download(_GOOGLE + name, f"fashion-mnist/{name}", size)
    for name, size in (
        ("train-labels-idx1-ubyte.gz", 29_515),
        ("train-images-idx3-ubyte.gz", 26_421_880),
        ("t10k-labels-idx1-ubyte.gz", 5_148),
        ("t10k-images-idx3-ubyte.gz", 4_422_102),
    )
)
CIFAR10 = Download(
    _TORONTO + "cifar-10-python.tar.gz",
    "cifar-10-batches-py-target_archive",
    170_498_071,
    "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
)
CIFAR100 = Download(
    _TORONTO + "cifar-100-python.tar.gz",
    "cifar-100-python-target_archive",
    169_001_437,
    "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
)


def datasets_folder() -> Path:
    """Where Keras keeps data sets: below `$KERAS_HOME`, or below `.keras` in the user's own folder."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home).expanduser() if home else Path.home() / ".keras") / "datasets"


def fetched(downloads: Sequence[Download], progress: Progress | None = None) -> tuple[Path, ...]:
    """The files in the cache, those that are not there downloaded. Raises DataError, and leaves no half of a file.

    Progress is in bytes of all files that are downloaded; an exception raised in it ends the work between two pieces.
    """
    missing = [download for download in downloads if not _in_cache(download)]
    total = sum(download.size for download in missing)
    done = 0
    for download in missing:
        done += _download(download, done, total, progress)
    return tuple(download.path for download in downloads)


def _in_cache(download: Download) -> bool:
    """Whether a file is in the cache. Raises DataError where another one has its place: it may be someone's own."""
    try:
        if not download.path.exists():
            return False
        if not download.sha256:
            return True
        with download.path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{download.path} cannot be read: {error.strerror or error}.") from error
    if found != download.sha256:
        raise DataError(
            f"{download.path} is not the file that Keras publishes: its SHA-256 is {found}, and {download.sha256} was "
            f"expected. Delete it to have it downloaded anew, or put the right {download.name} there."
        )
    return True


def _download(download: Download, before: int, total: int, progress: Progress | None) -> int:
    """Download one file into the cache, and return its bytes."""
    try:
        with _connected(download) as answer, replacing(download.path) as file:
            digest, done = hashlib.sha256(), 0
            for piece in _pieces(download, answer):
                if progress is not None:
                    progress(before + done, max(total, before + done))
                file.write(piece)
                digest.update(piece)
                done += len(piece)
            if progress is not None:
                progress(before + done, max(total, before + done))
            if download.sha256 and digest.hexdigest() != download.sha256:
                raise _failure(
                    download,
                    f"what arrived is not the file that Keras publishes (its SHA-256 is {digest.hexdigest()}, and "
                    f"{download.sha256} was expected)",
                )
        return done
    except FileError as error:
        raise DataError(
            f"{download.name} was not kept: {error} Keras's cache is moved with the environment variable KERAS_HOME."
        ) from error


@contextmanager
def _connected(download: Download) -> Iterator[Any]:
    """The server's answer. Raises DataError where none comes."""
    from urllib.error import HTTPError, URLError  # late: few sessions download anything
    from urllib.request import Request, urlopen

    request = Request(download.address, headers={"User-Agent": "LayerLoom"})
    try:
        answer = urlopen(request, timeout=TIMEOUT)
    except HTTPError as error:
        error.close()
        raise _failure(download, f"the server answered {error.code} ({error.reason})") from error
    except URLError as error:
        raise _failure(download, f"there is no connection to the server ({_reason(error.reason)})") from error
    except (OSError, HTTPException) as error:
        raise _failure(download, f"the server did not answer ({_reason(error)})") from error
    with answer:
        yield answer


def _pieces(download: Download, answer: Any) -> Iterator[bytes]:
    """An answer piece by piece. Raises DataError where it breaks off or does not end."""
    announced = answer.length  # None where the server does not say
    done = 0
    while True:
        try:
            piece = answer.read(CHUNK)
        except (OSError, HTTPException) as error:
            raise _failure(download, f"the connection broke after {done:,} bytes ({_reason(error)})") from error
        if not piece:
            break
        done += len(piece)
        if done > 2 * download.size:
            raise _failure(download, f"more than {2 * download.size:,} bytes came, and {download.size:,} were expected")
        yield piece
    if announced is not None and done < announced:
        raise _failure(download, f"the connection broke after {done:,} of {announced:,} bytes")


def _reason(error: object) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {TIMEOUT:g} seconds"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text or type(error).__name__


def _failure(download: Download, what: str) -> DataError:
    return DataError(
        f"{download.name} was not downloaded: {what}. Check the connection and try again, or get {download.address} in "
        f"another way and save it as {download.path}"
    )
