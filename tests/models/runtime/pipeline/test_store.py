"""Rows that are put come back, in memory and from the disk; a disk that is full loses nothing that was put before."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.runtime.pipeline import store
from models.runtime.pipeline.store import Store

ROWS, SHAPE = 12, (2, 3)


def rows(first: int, count: int) -> np.ndarray:
    return np.arange(first, first + count, dtype=np.int64)


def made(generator: np.random.Generator, count: int, kind: str) -> np.ndarray:
    return (generator.random((count, *SHAPE)) * 255).astype(kind)


@given(
    puts=st.lists(st.lists(st.integers(0, ROWS - 1), min_size=1, max_size=5, unique=True), max_size=8),
    on_disk=st.booleans(),
    kind=st.sampled_from(["uint8", "float32"]),
    seed=st.integers(0, 99),
)
def test_is_like_a_dictionary(
    tmp_path_factory: pytest.TempPathFactory, puts: list[list[int]], on_disk: bool, kind: str, seed: int
) -> None:
    folder = tmp_path_factory.getbasetemp() / "rows" if on_disk else None
    kept, expected, generator = Store(ROWS, SHAPE, kind, folder), {}, np.random.default_rng(seed)
    for chosen in puts:
        values = made(generator, len(chosen), kind)
        kept.put(np.array(chosen), values)
        expected.update(zip(chosen, values, strict=True))
        assert set(np.flatnonzero(kept.have)) == set(expected)
        order = generator.permutation(sorted(expected))
        found = kept.get(order)
        assert found.dtype == kind
        np.testing.assert_array_equal(found, [expected[row] for row in order])
    assert kept.full == ""
    assert (kept.values is None) == on_disk
    kept.close()


@pytest.mark.parametrize("at", [0, 1, 3])
def test_a_disk_that_becomes_full_says_so_and_keeps_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    kept, values = Store(ROWS, SHAPE, "uint8", tmp_path), made(np.random.default_rng(1), ROWS, "uint8")
    writing, left = store._RowFile.write, [at]

    def write(self: store._RowFile, chosen: np.ndarray, given: np.ndarray) -> None:
        if not left[0]:
            writing(self, chosen[:1], given[:1])  # a part of it
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        left[0] -= 1
        writing(self, chosen, given)

    monkeypatch.setattr(store._RowFile, "write", write)
    for first in range(0, ROWS, 2):
        kept.put(rows(first, 2), values[first : first + 2])
    assert kept.full == os.strerror(errno.ENOSPC)
    assert kept.have.sum() == 2 * at
    np.testing.assert_array_equal(kept.get(rows(0, 2 * at)), values[: 2 * at])
    kept.close()


def test_a_file_that_takes_less_than_it_is_given_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Store(ROWS, SHAPE, "uint8", tmp_path)
    opened = kept._file._file

    class Short:
        def __getattr__(self, name: str) -> object:
            return getattr(opened, name)

        def write(self, data: bytes) -> int:
            return int(opened.write(data[:-1]))

    monkeypatch.setattr(kept._file, "_file", Short())
    kept.put(rows(0, 1), np.zeros((1, *SHAPE), np.uint8))
    assert kept.full
    assert not kept.have.any()
    kept.close()


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="room cannot be reserved there")
def test_a_disk_without_room_is_noticed_at_the_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def reserve(number: int) -> Store:
        def fail(*_: int) -> None:
            raise OSError(number, os.strerror(number))

        with monkeypatch.context() as patch:
            patch.setattr(os, "posix_fallocate", fail)
            return Store(ROWS, SHAPE, "uint8", tmp_path)

    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        reserve(errno.ENOSPC)
    kept = reserve(errno.EOPNOTSUPP)  # a file system that cannot reserve
    kept.put(rows(0, 1), np.ones((1, *SHAPE), np.uint8))
    assert kept.get(rows(0, 1)).all()
    kept.close()
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_behind_and_nothing_is_kept_any_more(tmp_path: Path) -> None:
    folder = tmp_path / "not there" / "yet"
    kept = Store(ROWS, SHAPE, "float32", folder)
    kept.put(rows(0, 3), np.ones((3, *SHAPE), np.float32))
    kept.close()
    assert list(folder.iterdir()) == []
    kept.put(rows(3, 3), np.ones((3, *SHAPE), np.float32))
    assert not kept.have.any()
    kept.close()  # twice does no harm
