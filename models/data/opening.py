"""Opening a data file, with a sentence for all that can be in the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from models.data.facts import DataError
from models.files import FileError, check_regular, reason


@contextmanager
def opened_file(path: Path, expected: str) -> Iterator[IO[bytes]]:
    """A file's bytes; `expected` says what the file should be: `an .npz or .npy file`. Raises DataError."""
    try:
        if path.is_dir():
            raise DataError(f"{path.name} is a folder, and {expected} was expected. Choose a file.")
        check_regular(path)
        file = path.open("rb")
    except FileError as error:
        raise DataError(str(error)) from error
    except OSError as error:
        raise DataError(f"{path} was not opened: {reason(error, reading=True)}") from error
    except ValueError as error:  # a name that no file can have
        raise DataError(f"{path} was not opened: {error}. Check the path.") from error
    with file:
        yield file
