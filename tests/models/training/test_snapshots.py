"""Reading snapshots: what is whole is read, what is damaged, strange or too large is passed over."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.training.snapshots import MOST_READ, read_snapshot, snapshot_path, snapshots_of


def _write(path: Path, **entries: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.savez(file, allow_pickle=True, **entries)
    return path


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    entries = {
        "filters/conv": np.arange(18, dtype=np.float16).reshape(3, 3, 1, 2),
        "maps/conv": np.array([[[0], [255]], [[51], [102]]], np.uint8),
        "range/conv": np.array([-1.0, 1.0], np.float32),
    }
    return _write(snapshot_path(tmp_path, 12), **entries)


def test_a_whole_one_is_read(whole: Path) -> None:
    snapshot = read_snapshot(whole)
    assert snapshot is not None
    assert snapshot.epochs == 12
    assert snapshot.filters["conv"].dtype == np.float32
    np.testing.assert_array_equal(snapshot.filters["conv"].reshape(-1), np.arange(18))
    np.testing.assert_allclose(snapshot.maps["conv"][:, :, 0], [[-1, 1], [-0.6, -0.2]], atol=1e-6)


def test_they_are_listed_by_epoch_and_others_are_not(whole: Path, tmp_path: Path) -> None:
    for epochs in (3, 1_000_000):
        snapshot_path(tmp_path, epochs).write_bytes(whole.read_bytes())
    for name in (".1f.part", "epoch-12.npz", "epoch-000001.npy", "notes.txt"):
        (whole.parent / name).write_bytes(b"")
    assert list(snapshots_of(tmp_path)) == [3, 12, 1_000_000]
    assert snapshots_of(tmp_path / "none") == {}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_that_was_cut_off_or_changed_does_not_raise(whole: Path, data: st.DataObject) -> None:
    good = bytearray(whole.read_bytes())
    length = data.draw(st.integers(0, len(good)))
    for place in data.draw(st.lists(st.integers(0, len(good) - 1), max_size=4)):
        good[place] ^= data.draw(st.integers(1, 255))
    damaged = snapshot_path(whole.parents[1], 13)
    damaged.write_bytes(good[:length])
    snapshot = read_snapshot(damaged)
    if snapshot is not None:
        assert all(kernel.ndim == 4 and kernel.dtype == np.float32 for kernel in snapshot.filters.values())
        assert all(maps.ndim == 3 and maps.dtype == np.float32 for maps in snapshot.maps.values())


@pytest.mark.parametrize(
    "entry",
    [
        np.array([{"not": "numbers"}], dtype=object),
        np.zeros((3, 3, 1), np.float16),
        np.zeros((3, 3, 1, 2), np.float64),
        np.zeros((3, 0, 1, 2), np.float16),
    ],
    ids=["objects", "axes", "type", "empty"],
)
def test_arrays_of_another_kind_are_passed_over(tmp_path: Path, entry: np.ndarray) -> None:
    assert read_snapshot(_write(snapshot_path(tmp_path, 1), **{"filters/conv": entry})) is None


def _array(shape: tuple[int, ...], data: bytes) -> bytes:
    """An .npy file that says it has this shape."""
    file = BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f2", "fortran_order": False, "shape": shape})
    return file.getvalue() + data


@pytest.mark.parametrize("shape", [(10**6, 10**6, 10**3, 10), (1, 1, 1, 3)], ids=["gigantic", "longer than it is"])
def test_a_header_that_lies_takes_no_memory(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = snapshot_path(tmp_path, 1)
    path.parent.mkdir()
    with ZipFile(path, "w") as archive:
        archive.writestr("filters/conv.npy", _array(shape, b"\0\0"))
    assert read_snapshot(path) is None


def test_one_that_unpacks_to_too_much_is_passed_over(tmp_path: Path) -> None:
    path = snapshot_path(tmp_path, 1)
    path.parent.mkdir()
    count = MOST_READ // 2
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("filters/conv.npy", _array((1, 1, 1, count), bytes(2 * count)))
    assert path.stat().st_size < MOST_READ / 100
    assert read_snapshot(path) is None


def test_what_is_no_snapshot_is_none(tmp_path: Path) -> None:
    assert read_snapshot(tmp_path / "epoch-000001.npz") is None
    (tmp_path / "other.npz").write_bytes(b"PK")
    assert read_snapshot(tmp_path / "other.npz") is None
