"""Feature maps: all channels of an image tensor, the values of a vector, classes by name."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QCheckBox

from widgets.bars import NamedBars
from widgets.feature_maps import HINT, FeatureMapPanel
from widgets.image_grid import ImageGrid
from widgets.theme import LIGHT

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


@pytest.fixture
def panel(qtbot) -> FeatureMapPanel:
    panel = FeatureMapPanel()
    qtbot.addWidget(panel)
    panel.resize(700, 300)
    panel.show()
    return panel


def _visible(panel: FeatureMapPanel) -> list[ImageGrid]:
    return [grid for grid in panel.findChildren(ImageGrid) if not grid.isHidden()]


def test_every_channel_has_a_tile(panel: FeatureMapPanel) -> None:
    maps = np.zeros((4, 6, 33), dtype=np.float32)
    maps[1, 2, 32] = 7
    panel.set_maps("Conv2D", maps)
    (grid,) = _visible(panel)
    rect = grid.tile_rect(32)
    inside = rect.topLeft() + (rect.bottomRight() - rect.topLeft()) * 0.4
    assert grid.value_text(inside) == "channel 32 · row 1, column 2: 7"
    assert panel._heading.text() == "Conv2D · 33 channels of 4×6"


@pytest.mark.parametrize("shape", [(84,), (1, 84, 1)])
def test_a_vector_has_a_cell_for_each_value(panel: FeatureMapPanel, shape: tuple[int, ...]) -> None:
    panel.set_maps("Dense", np.arange(84, dtype=np.float32).reshape(shape), ("a", "b"))
    (grid,) = _visible(panel)
    assert grid.value_text(grid.tile_rect(83).center()) == "value 83: 83"
    assert grid.tile_rect(84).topLeft() != grid.tile_rect(83).topLeft()


def test_a_vector_of_classes_is_shown_by_name(panel: FeatureMapPanel) -> None:
    panel.set_maps("Dense", np.array([0.25, 0.75], dtype=np.float32), ("cat", "dog"))
    assert _visible(panel) == []
    assert panel.findChild(NamedBars).rows == [("cat", 0.25), ("dog", 0.75)]


def test_each_channel_can_have_its_own_scale(qtbot, panel: FeatureMapPanel) -> None:
    maps = np.stack([np.eye(3), 100 * np.eye(3)], axis=-1).astype(np.float32)
    panel.set_maps("Conv2D", maps)
    (grid,) = _visible(panel)
    qtbot.waitUntil(lambda: grid.height() > 0)
    before = grid.grab().toImage()
    panel.findChild(QCheckBox).setChecked(True)
    assert grid.grab().toImage() != before


def test_without_maps_a_hint_is_shown(panel: FeatureMapPanel) -> None:
    panel.set_theme(LIGHT)
    panel.set_maps("", None)
    assert panel._heading.text() == HINT


def test_bars_are_ordered_and_survive_what_is_not_finite(qtbot) -> None:
    bars = NamedBars(limit=2)
    qtbot.addWidget(bars)
    bars.set_values(np.array([np.nan, 0.2, np.inf, 0.8], dtype=np.float32), ("a", "b", "c"))
    assert bars.rows == [("3", pytest.approx(0.8)), ("b", pytest.approx(0.2))]
    assert bars.grab().height() > 0
    bars.set_values(None)
    assert bars.rows == []


def test_a_heading_without_room_says_all_of_it_in_its_tooltip(qtbot) -> None:
    panel = FeatureMapPanel()
    qtbot.addWidget(panel)
    panel.set_past("Conv2D after epoch 281", np.zeros((28, 28, 6), np.float32))
    panel.resize(300, 200)
    panel.show()
    qtbot.waitExposed(panel)
    assert panel._heading.width() < panel._heading.sizeHint().width()
    assert "6 channels of 28×28" in panel._heading.toolTip()
