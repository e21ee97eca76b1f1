"""Filters: every input channel can be reached, and a 1×1 kernel is a matrix."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QCheckBox, QSlider

from widgets.filters import FilterPanel
from widgets.image_grid import ImageGrid

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


@pytest.fixture
def kernel() -> np.ndarray:
    """5×3 windows, 4 input channels, 6 filters; each value says where it is from."""
    height, width, channels, filters = np.ogrid[:5, :3, :4, :6]
    return (1000 * height + 100 * width + 10 * channels + filters).astype(np.float32)


def _show(qtbot, kernel: np.ndarray | None, compact: bool = False) -> tuple[FilterPanel, ImageGrid]:
    panel = FilterPanel(compact)
    qtbot.addWidget(panel)
    panel.resize(700, 400)
    panel.set_kernel(kernel, "has no filters")
    panel.show()
    return panel, panel.findChild(ImageGrid)


@pytest.mark.parametrize("compact", [False, True])
def test_every_input_channel_can_be_reached(qtbot, kernel: np.ndarray, compact: bool) -> None:
    panel, grid = _show(qtbot, kernel, compact)
    for channel in range(4):
        panel.set_channel(channel)
        corner = grid.tile_rect(2).topLeft()
        assert grid.value_text(corner) == f"filter 2 · input channel {channel} · row 0, column 0: {10 * channel + 2}"
    panel.set_channel(99)
    assert panel.channel == 3
    assert panel.findChild(QSlider).value() == 3


def test_all_channels_stand_in_a_matrix(qtbot, kernel: np.ndarray) -> None:
    panel, grid = _show(qtbot, kernel)
    panel.findChild(QCheckBox).setChecked(True)
    assert grid.columns() == 6
    text = grid.value_text(grid.tile_rect(3 * 6 + 5).topLeft())
    assert text == "filter 5 · input channel 3 · row 0, column 0: 35"


def test_the_scale_is_symmetric_about_zero(qtbot) -> None:
    _panel, grid = _show(qtbot, np.array([-0.1, 0.4], dtype=np.float32).reshape(1, 2, 1, 1))
    assert grid.levels == pytest.approx((-0.4, 0.4))


def test_a_pointwise_kernel_is_one_matrix(qtbot) -> None:
    panel, grid = _show(qtbot, np.arange(12, dtype=np.float32).reshape(1, 1, 3, 4))
    size = grid.tile_size()
    assert size.width() * 3 == size.height() * 4
    assert grid.value_text(grid.tile_rect(0).topLeft()) == "input 0 → filter 0: 0"
    assert not panel.findChild(QSlider).isVisible()


def test_a_smaller_kernel_takes_the_channel_back(qtbot, kernel: np.ndarray) -> None:
    panel, grid = _show(qtbot, kernel)
    panel.set_channel(3)
    panel.set_kernel(kernel[:, :, :2])
    assert panel.channel == 1
    assert "input channel 1" in grid.value_text(grid.tile_rect(0).topLeft())


def test_without_a_kernel_the_note_says_why(qtbot, kernel: np.ndarray) -> None:
    panel, grid = _show(qtbot, None)
    assert [label for label in panel.findChildren(type(panel._text)) if label.text() == "has no filters"]
    assert grid.heightForWidth(100) == 0
    panel.set_kernel(kernel)
    assert panel._text.text() == "6 filters of 5×3 over 4 input channels"


def test_the_grid_settles_at_the_height_that_it_needs(qtbot, kernel: np.ndarray) -> None:
    panel, grid = _show(qtbot, None, compact=True)
    panel.set_kernel(np.repeat(kernel, 20, axis=3))
    qtbot.waitUntil(lambda: grid.height() >= grid.heightForWidth(grid.width()) > 100)
