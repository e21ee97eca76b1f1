"""`FileIndex`: which of many files a word means, in sixteen bytes a file."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable
from hashlib import blake2b

import numpy as np

from models.data.samples import Names

ABSENT = -1
"""No file has this key."""
AMBIGUOUS = -2
"""Several files have this key."""


class FileIndex:
    """Finds files by a key made of their names.

    Hashes are kept instead of keys, and compared with the name itself where they agree.
    """

    def __init__(self, names: Names, key: Callable[[str], str] = str) -> None:
        self._names = names
        self._key = key
        hashes = np.fromiter((_hash(key(names[index])) for index in range(len(names))), np.uint64, len(names))
        order = np.argsort(hashes, kind="stable")
        self._order = array("q", order.tobytes())
        self._hashes = array("Q", hashes[order].tobytes())

    def find(self, key: str) -> int:
        """The index of the file with this key, ABSENT or AMBIGUOUS."""
        found = self.find_all(key, 2)
        return AMBIGUOUS if len(found) > 1 else found[0] if found else ABSENT

    def find_all(self, key: str, most: int) -> list[int]:
        """The first indices of the files with this key, in order, no more than `most`."""
        wanted = _hash(key)
        found: list[int] = []
        position = bisect_left(self._hashes, wanted)  # for one value much faster than numpy's
        while position < len(self._hashes) and self._hashes[position] == wanted and len(found) < most:
            index = self._order[position]
            if self._key(self._names[index]) == key:
                found.append(index)
            position += 1
        return found


def _hash(key: str) -> int:
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def without_suffix(name: str) -> str:
    """`cats/1.png` → `cats/1`."""
    folder, slash, last = name.rpartition("/")
    stem, dot, _ = last.rpartition(".")
    return folder + slash + (stem if dot and stem else last)


def last_part(name: str) -> str:
    """`cats/1.png` → `1.png`."""
    return name.rpartition("/")[2]


def last_stem(name: str) -> str:
    """`cats/1.png` → `1`."""
    return without_suffix(last_part(name))
