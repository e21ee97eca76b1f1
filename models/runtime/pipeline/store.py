"""`Store`: prepared samples, kept in memory or on the disk so that they are prepared once."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from models.data.samples import Indices

Values = npt.NDArray[Any]


class Store:
    """Rows of one shape and type, one for each sample of a data set that is used.

    Attributes:
        have: (rows,) which rows have been put.
        full: why nothing can be put any more, in words; empty while it can.
    """

    def __init__(self, rows: int, shape: Sequence[int], kind: npt.DTypeLike, folder: Path | None = None) -> None:
        """Rows in memory or, with `folder`, in a file there that goes when the store is closed. Raises OSError."""
        self.have = np.zeros(rows, bool)
        self.full = ""
        self._lock = Lock()
        self._file = _RowFile(rows, tuple(shape), np.dtype(kind), folder) if folder is not None else None
        self._values = np.empty((rows, *shape), kind) if self._file is None else None

    @property
    def values(self) -> Values | None:
        """All rows, where they are in memory."""
        return self._values

    def put(self, rows: Indices, values: Values) -> None:
        """Keep some rows. A disk that is full is noted in `full`, and nothing is kept from then on."""
        with self._lock:
            if self.full:
                return
            try:
                if self._values is not None:
                    self._values[rows] = values
                elif self._file is not None:
                    self._file.write(rows, values)
            except OSError as error:
                self.full = error.strerror or str(error)
                return
            self.have[rows] = True

    def get(self, rows: Indices) -> Values:
        """Some rows that have been put. Raises OSError where the file cannot be read."""
        values = self._values  # which another thread may let go of meanwhile
        if values is not None:
            return values[rows]
        if self._file is None:
            raise OSError(errno.EBADF, "the prepared samples have been let go")
        return self._file.read(rows)

    def close(self) -> None:
        """Let go of the rows; their file is removed."""
        with self._lock:
            self.full = "closed"
            self.have[:] = False
            self._values = None
            if self._file is not None:
                self._file.close()


class _RowFile:
    """Rows of equal size in a file of its own. Written and not mapped: a full disk is then an error and no crash."""

    def __init__(self, rows: int, shape: tuple[int, ...], kind: np.dtype[Any], folder: Path) -> None:
        self._shape, self._kind = shape, kind
        self._size = int(np.prod(shape)) * kind.itemsize
        folder.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(prefix="layerloom-", suffix=".cache", dir=folder)  # noqa: SIM115
        self._lock = Lock()
        try:
            self._reserve(rows * self._size)
        except OSError:
            self._file.close()
            raise

    def _reserve(self, size: int) -> None:
        """Take the room at once where the system can do that, so that a disk without it says so at the beginning."""
        if not size or not hasattr(os, "posix_fallocate"):
            return
        try:
            os.posix_fallocate(self._file.fileno(), 0, size)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS):  # file systems that cannot reserve
                raise

    def write(self, rows: Indices, values: Values) -> None:
        data = np.ascontiguousarray(values, self._kind)
        with self._lock:
            for row, value in zip(rows.tolist(), data, strict=True):
                self._file.seek(row * self._size)
                if self._file.write(value.tobytes()) != self._size:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._file.flush()

    def read(self, rows: Indices) -> Values:
        result = np.empty((len(rows), *self._shape), self._kind)
        with self._lock:
            for row, place in zip(rows.tolist(), result, strict=True):
                self._file.seek(row * self._size)
                place[...] = np.frombuffer(self._file.read(self._size), self._kind).reshape(self._shape)
        return result

    def close(self) -> None:
        with suppress(OSError):
            self._file.close()
