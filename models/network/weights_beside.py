"""The weights of a project in a file beside it, named by what is in them: no other project's are ever replaced."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from models.files import FileError, is_there, reason, replacing
from models.network.project import StoredWeights
from models.network.weights_file import CHUNK, WEIGHTS_SUFFIX, WeightsError, changed, hash_of

SHORT = 8
"""Hexadecimal digits of the hash in a name: enough to tell a project's imports from each other."""
MAX_STEM = 160
"""Bytes of the project's name in that of its weights: systems allow 255 for the whole."""


@contextmanager
def weights_beside(stored: StoredWeights, project_file: Path) -> Iterator[StoredWeights]:
    """Weights as they are named by a project file that the block writes, to whose folder they are copied first.

    `stored` has a path from `located`, what is yielded one that is relative. A copy is removed where the block fails.
    Raises WeightsError where the weights are gone or are others, and FileError.
    """
    target = _free_or_same(stored, project_file)
    new = not is_there(target)
    if new:
        _copy(stored, target)
    try:
        yield StoredWeights(path=target.name, sha256=stored.sha256)
    except BaseException:
        if new:
            with suppress(OSError):
                target.unlink(missing_ok=True)
        raise


def is_beside(stored: StoredWeights, project_file: Path) -> bool:
    """Whether weights, by a path from `located`, lie beside a project file under a name that is for it alone."""
    path = Path(stored.path)
    names = {f"{project_file.stem}{WEIGHTS_SUFFIX}"}  # as early versions named them
    return path.parent == project_file.parent and path.name in names | set(_names(stored, project_file))


def _names(stored: StoredWeights, project_file: Path) -> tuple[str, str]:
    """The name that the weights get, and the one for when another file has it."""
    stem = project_file.stem.encode("utf-8", "replace")[:MAX_STEM].decode("utf-8", "ignore")
    short, long = stored.sha256[:SHORT], stored.sha256
    return f"{stem}.{short}{WEIGHTS_SUFFIX}", f"{stem}.{long}{WEIGHTS_SUFFIX}"


def _free_or_same(stored: StoredWeights, project_file: Path) -> Path:
    """Where the weights go: a file that is not there yet, or that holds them."""
    for name in _names(stored, project_file):
        path = project_file.with_name(name)
        try:
            if not path.exists() or hash_of(path) == stored.sha256:
                return path
        except OSError as error:
            raise FileError(f"{path} was not opened: {reason(error, reading=True)}") from error
    raise FileError(f"{path} holds other weights than its name says. Remove it, or choose another name.")


def _copy(stored: StoredWeights, target: Path) -> None:
    """Copy weights, if they are those that are meant."""
    source = Path(stored.path)
    digest = hashlib.sha256()
    with replacing(target) as copy:
        for chunk in _chunks(source):
            digest.update(chunk)
            copy.write(chunk)
        if digest.hexdigest() != stored.sha256:
            raise changed(source)


def _chunks(source: Path) -> Iterator[bytes]:
    try:
        with source.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except FileNotFoundError as error:
        raise WeightsError(
            f"The project's weights are gone: there is no {source}. Bring the file back, or import the model again."
        ) from error
    except OSError as error:
        raise FileError(f"{source} was not opened: {reason(error, reading=True)}") from error
