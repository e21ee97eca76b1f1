"""Small pictures of samples of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from models.data.decoding import BrokenImage, quiet_pillow
from models.data.facts import DataFacts
from models.data.samples import ArraySamples, FileSamples, Names, Values
from models.data.thumbnails import COLOURS, PAPER, ThumbnailCache, class_colours, thumbnail

FACTS = DataFacts("set", 1, (4, 4, 1), ("a", "b"))
ROTATED = 6
"""EXIF: turn it by 90° clockwise."""


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with quiet_pillow():
        yield


def of_array(value: Values, white: float = 255.0, **more: object) -> ArraySamples:
    facts = replace(FACTS, sample_shape=value.shape, white=white)
    return ArraySamples(facts, value[None], np.zeros(1, np.int64), **more)


def of_file(folder: Path, name: str) -> FileSamples:
    return FileSamples(FACTS, folder, Names([name]), np.zeros(1, np.int64))


@given(st.integers(1, 90), st.integers(1, 90), st.sampled_from([1, 2, 3, 4]), st.integers(8, 64))
def test_images_keep_their_proportions(height: int, width: int, channels: int, side: int) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, channels), dtype=np.uint8)
    small = thumbnail(of_array(pixels), 0, side)
    assert small.dtype == np.uint8
    assert small.shape[2] == 3
    assert max(small.shape[:2]) == min(max(height, width), side)
    scale = min(side / max(height, width), 1)
    assert abs(small.shape[0] - height * scale) <= 1
    assert abs(small.shape[1] - width * scale) <= 1


def test_what_is_small_stays_as_it_is() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    np.testing.assert_array_equal(thumbnail(of_array(pixels), 0, 64), pixels)


def test_floats_are_shown_up_to_white_or_over_their_range() -> None:
    values = np.array([[[0.0], [0.5]], [[1.0], [2.0]]], np.float32)
    assert thumbnail(of_array(values, white=1.0), 0, 8)[..., 0].tolist() == [[0, 128], [255, 255]]
    assert thumbnail(of_array(values, white=0.0), 0, 8)[..., 0].tolist() == [[0, 64], [128, 255]]


def test_a_large_photograph_is_decoded_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ramp = np.linspace(0, 255, 1200).astype(np.uint8)
    image = Image.fromarray(np.broadcast_to(ramp[None, :, None], (800, 1200, 3)).copy())
    exif = Image.Exif()
    exif[0x0112] = ROTATED
    image.save(tmp_path / "photo.jpg", exif=exif, quality=95)
    samples = of_file(tmp_path, "photo.jpg")
    whole = samples.read(0)
    monkeypatch.setattr(FileSamples, "read", lambda *_: pytest.fail("read whole"))
    small = thumbnail(samples, 0, 60)
    assert small.shape == (60, 40, 3)  # upright
    blocks = whole.reshape(60, 20, 40, 20, -1).mean((1, 3))
    assert np.abs(small - blocks).max() <= 8


@pytest.mark.parametrize("content", [b"", b"no image", b"\xff\xd8\xff\xe0 cut off"])
def test_what_cannot_be_read_tells_why(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(BrokenImage, match=r"empty|none of|Truncated"):
        thumbnail(of_file(tmp_path, "a.jpg"), 0, 32)


def test_a_file_that_is_gone_tells_so(tmp_path: Path) -> None:
    with pytest.raises(BrokenImage, match="No such file"):
        thumbnail(of_file(tmp_path, "gone.png"), 0, 32)


def test_masks_colour_what_is_no_background() -> None:
    pixels = np.full((6, 4, 1), 200, np.uint8)
    mask = np.zeros((1, 6, 4), np.uint8)
    mask[0, 3:, :2] = 1
    mask[0, 3:, 2:] = 2
    samples = of_array(pixels, masks=mask)
    plain, covered = thumbnail(samples, 0, 16), thumbnail(samples, 0, 16, masks=True)
    assert (plain == 200).all()
    assert (covered[:3] == 200).all()
    np.testing.assert_array_equal(covered[4, 0], np.round(100 + class_colours(np.array(1)) / 2))
    np.testing.assert_array_equal(covered[4, 3], np.round(100 + class_colours(np.array(2)) / 2))


def test_boxes_are_drawn_at_the_size_of_the_picture() -> None:
    boxes = [np.array([[20, 40, 60, 80, 1]], np.float32)]
    samples = of_array(np.zeros((100, 100, 3), np.uint8), boxes=boxes)
    drawn = (thumbnail(samples, 0, 50, boxes=True) == COLOURS[1]).all(-1)
    rows, columns = np.flatnonzero(drawn.any(1)), np.flatnonzero(drawn.any(0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (10, 29, 20, 39)
    assert not drawn[12:28, 22:38].any()


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300), st.integers(8, 80))
def test_a_signal_is_an_unbroken_curve_as_wide_as_asked(values: list[float], side: int) -> None:
    signal = np.array(values, np.float32)[:, None]
    drawn = (thumbnail(of_array(signal, white=0.0), 0, side) == COLOURS[0]).all(-1)
    assert drawn.shape == (side // 2, side)
    assert drawn.any(0).all()
    for before, after in zip(drawn.T[:-1], drawn.T[1:], strict=True):
        assert np.flatnonzero(after)[0] <= np.flatnonzero(before)[-1] + 1
        assert np.flatnonzero(before)[0] <= np.flatnonzero(after)[-1] + 1


def test_a_rising_signal_rises() -> None:
    drawn = (thumbnail(of_array(np.arange(20, dtype=np.float32)[:, None], white=0.0), 0, 40) == COLOURS[0]).all(-1)
    assert drawn[-1, 0]
    assert drawn[0, -1]


def test_rows_are_bars() -> None:
    row = np.array([0.0, 1.0, 0.5, 1.0], np.float32)
    drawn = (thumbnail(of_array(row, white=1.0), 0, 40) == COLOURS[0]).all(-1)
    heights = drawn.sum(0)
    assert heights[[5, 15, 25, 35]].tolist() == [1, 20, 10, 20]
    assert heights[[10, 20, 30]].tolist() == [0, 0, 0]


@pytest.mark.parametrize(("depth", "cells"), [(1, 1), (2, 2), (5, 5), (30, 9)])
def test_a_volume_shows_slices_side_by_side(depth: int, cells: int) -> None:
    levels = np.linspace(100, 255, depth).round().astype(np.uint8)
    volume = np.broadcast_to(levels[:, None, None, None], (depth, 7, 7, 1)).copy()
    small = thumbnail(of_array(volume), 0, 63)
    assert max(small.shape[:2]) <= 63
    shown = {int(level) for level in np.unique(small[(small != PAPER).any(-1)])}
    assert len(shown) == cells
    assert {100, int(levels[-1])} <= shown


def test_a_sample_without_values_is_broken() -> None:
    with pytest.raises(BrokenImage, match="no values"):
        thumbnail(of_array(np.zeros((0, 4, 1), np.uint8)), 0, 16)


# --- the store --------------------------------------------------------------------------------------------------------
@given(st.lists(st.tuples(st.integers(0, 99), st.integers(1, 60)), max_size=60, unique_by=lambda put: put[0]))
def test_the_store_keeps_what_was_used_last_within_its_bytes(puts: list[tuple[int, int]]) -> None:
    store = ThumbnailCache(100)
    for key, size in puts:
        store.put(key, np.full(size, key, np.uint8))
        assert store.size <= 100
    sizes = np.cumsum([size for _, size in reversed(puts)])
    kept = puts[len(puts) - int((sizes <= 100).sum()) :]
    assert [put for put in puts if store.get(put[0]) is not None] == kept
    assert len(store) == len(kept)
    assert store.size == sum(size for _, size in kept)


def test_asking_for_a_picture_keeps_it() -> None:
    store = ThumbnailCache(2)
    one = np.zeros(1, np.uint8)
    store.put("a", one)
    store.put("b", one)
    assert store.get("a") is one
    store.put("c", one)
    assert store.get("b") is None
    assert store.get("a") is one
    store.put("huge", np.zeros(3, np.uint8))
    assert store.get("huge") is None
    assert store.get("a") is one
    store.clear()
    assert (len(store), store.size) == (0, 0)
