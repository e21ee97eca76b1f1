"""The grid of maps: layout, what stands under the pointer, and any values at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PySide6.QtCore import QPoint

from widgets.colormaps import DIVERGING, GREY, MAGMA, lookup_table
from widgets.image_grid import EMPTY, ImageGrid, ScaleBar

pytestmark = pytest.mark.usefixtures("qapp")


def _grid(maps: np.ndarray, width: int = 200, tile: int = 20, **options: object) -> ImageGrid:
    grid = ImageGrid(tile=tile, gap=4)
    grid.set_maps(maps.astype(np.float32), **options)
    grid.resize(width, grid.heightForWidth(width))
    return grid


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    maps=hnp.arrays(
        np.float32,
        hnp.array_shapes(min_dims=3, max_dims=3, max_side=6),
        elements=st.floats(width=32, allow_nan=True, allow_infinity=True),
    ),
    colors=st.sampled_from([MAGMA, DIVERGING, GREY]),
    common_scale=st.booleans(),
)
def test_any_values_are_painted(maps: np.ndarray, colors: str, common_scale: bool) -> None:
    grid = _grid(maps, colors=colors, common_scale=common_scale)
    low, high = grid.levels
    assert np.isfinite([low, high]).all()
    assert low <= high
    picture = grid.grab().toImage()
    corner = grid.tile_rect(0).topLeft() + QPoint(1, 1)
    if np.isfinite(maps[0, 0, 0]):
        assert picture.pixel(corner) in set(lookup_table(colors).tolist())


def test_tiles_wrap_and_the_height_follows_from_the_width() -> None:
    grid = _grid(np.zeros((10, 5, 5)), width=116)
    assert grid.columns() == 5
    assert grid.heightForWidth(116) == 2 * 20 + 4
    assert grid.heightForWidth(20) == 10 * 24 - 4
    assert grid.tile_rect(6).topLeft() == QPoint(24, 24)


def test_small_maps_grow_by_whole_pixels_and_large_ones_shrink() -> None:
    assert _grid(np.zeros((2, 3, 3))).tile_size().toTuple() == (18, 18)
    assert _grid(np.zeros((2, 50, 100))).tile_size().toTuple() == (20, 10)


def test_the_pointer_reads_the_value_below_it() -> None:
    maps = np.arange(3 * 4 * 4).reshape(3, 4, 4)
    grid = _grid(maps)
    corner = grid.tile_rect(2).topLeft()
    assert grid.value_text(corner) == "channel 2 · row 0, column 0: 32"
    assert grid.value_text(corner + QPoint(6, 11)) == "channel 2 · row 2, column 1: 41"
    assert grid.value_text(corner - QPoint(2, 0)) == ""
    assert grid.value_text(grid.tile_rect(3).topLeft()) == ""


def test_each_map_can_have_its_own_scale() -> None:
    maps = np.stack([np.linspace(0, 1, 4).reshape(2, 2), np.linspace(0, 100, 4).reshape(2, 2)])
    brightest = int(lookup_table(MAGMA)[-1])
    for common_scale, expected in ((True, False), (False, True)):
        grid = _grid(maps, common_scale=common_scale)
        corner = grid.tile_rect(0).bottomRight() - QPoint(1, 1)
        assert (grid.grab().toImage().pixel(corner) == brightest) is expected


def test_no_maps_take_no_room() -> None:
    grid = ImageGrid()
    grid.set_maps(EMPTY)
    assert grid.heightForWidth(300) == 0
    assert grid.value_text(QPoint(1, 1)) == ""


def test_a_scale_says_its_ends() -> None:
    bar = ScaleBar()
    bar.set_scale(DIVERGING, (-0.5, 0.5))
    bar.resize(200, 16)
    picture = bar.grab().toImage()
    assert bar.accessibleName() == "Colour scale from -0.5 to 0.5"
    assert int(lookup_table(DIVERGING)[128]) in {picture.pixel(x, 8) for x in range(200)}
