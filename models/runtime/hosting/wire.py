"""Commands and events over a pipe between two processes of ours. Arrays cross it without being copied in memory."""

from __future__ import annotations

import pickle
import struct
from io import FileIO
from typing import Any

_COUNT = struct.Struct("<I")
_SIZE = struct.Struct("<Q")


def send(pipe: FileIO, value: object) -> None:
    """Write one value. Raises OSError where nobody reads any more, and what pickle raises for what it cannot write."""
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    parts = [memoryview(head), *(buffer.raw() for buffer in buffers)]
    _write(pipe, memoryview(_COUNT.pack(len(parts)) + b"".join(_SIZE.pack(part.nbytes) for part in parts)))
    for part in parts:
        _write(pipe, part)


def receive(pipe: FileIO) -> Any:
    """Read one value; its arrays keep the memory that they were read into. Raises EOFError at the end."""
    (count,) = _COUNT.unpack(_read(pipe, _COUNT.size))
    sizes = [size for (size,) in _SIZE.iter_unpack(_read(pipe, count * _SIZE.size))]
    head, *buffers = [_read(pipe, size) for size in sizes]
    return pickle.loads(head, buffers=buffers)


def _write(pipe: FileIO, data: memoryview) -> None:
    while data.nbytes:
        data = data[pipe.write(data) or 0 :]


def _read(pipe: FileIO, size: int) -> bytearray:
    data = bytearray(size)
    rest = memoryview(data)
    while rest.nbytes:
        count = pipe.readinto(rest)
        if not count:
            raise EOFError("The other process has closed the pipe.")
        rest = rest[count:]
    return data
