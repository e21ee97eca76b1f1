"""The scrubber: every kept epoch can be gone to, by pointer, keys and play; new epochs do not move the place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSlider, QTabBar, QWidget

from widgets.feature_maps import FeatureMapPanel
from widgets.filters import FilterPanel
from widgets.fitting_tabs import FittingTabs
from widgets.image_grid import ImageGrid
from widgets.live.scrubber import Scrubber
from widgets.live.title_chooser import TitleChooser
from widgets.theme import DARK, style_sheet

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


@pytest.fixture
def scrubber(qtbot) -> Scrubber:
    holder = QWidget()
    qtbot.addWidget(holder)
    scrubber = Scrubber(holder)
    holder.resize(400, 40)
    holder.show()
    scrubber.holder = holder  # which owns it
    return scrubber


def test_without_epochs_there_is_none(scrubber: Scrubber) -> None:
    assert not scrubber.isVisible()
    scrubber.set_epochs([1, 2])
    assert scrubber.isVisible()
    assert scrubber.place is None
    scrubber.set_epochs([])
    assert not scrubber.isVisible()


def test_arrow_keys_go_through_the_epochs_and_back_to_live(qtbot, scrubber: Scrubber) -> None:
    scrubber.set_epochs([0, 5, 12])
    told: list[object] = []
    scrubber.moved.connect(told.append)
    slider = scrubber.findChild(QSlider)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_End):
        qtbot.keyClick(slider, key)
    assert told == [12, 5, 0, 5, None]
    assert scrubber._label.text() == "live"
    scrubber.set_place(0)
    assert scrubber._label.text() == "before training"
    assert slider.accessibleDescription() == "before training"


@given(st.sets(st.integers(0, 500), min_size=1, max_size=30), st.data())
def test_new_epochs_do_not_move_the_place(qapp, epochs: set[int], data: st.DataObject) -> None:
    scrubber = Scrubber()
    kept = sorted(epochs)
    place = data.draw(st.sampled_from([None, *kept]))
    scrubber.set_epochs(kept)
    scrubber.set_place(place)
    assert scrubber.place == place
    scrubber.set_epochs([*kept, 501, 502])
    assert scrubber.place == place
    scrubber.hide()
    scrubber.deleteLater()


def test_it_plays_to_the_present_and_can_be_stopped(qtbot, scrubber: Scrubber) -> None:
    scrubber.set_epochs([1, 2, 3])
    scrubber._timer.setInterval(1)
    told: list[object] = []
    scrubber.moved.connect(told.append)
    scrubber._play.click()
    assert scrubber.is_playing
    qtbot.waitUntil(lambda: not scrubber.is_playing)
    assert told == [1, 2, 3, None]
    scrubber._play.click()
    scrubber._play.click()
    assert not scrubber.is_playing
    scrubber.go_live()
    assert scrubber.place is None


def test_it_stops_playing_when_nobody_looks(scrubber: Scrubber) -> None:
    scrubber.set_epochs([1, 2, 3])
    scrubber._play.click()
    scrubber.holder.hide()
    assert not scrubber.is_playing


def test_filters_stay_in_the_past_while_live_ones_come(qtbot) -> None:
    panel = FilterPanel()
    qtbot.addWidget(panel)
    panel.show()
    live, past = np.ones((3, 3, 1, 2), np.float32), np.full((3, 3, 1, 2), 2, np.float32)
    panel.set_kernel(live)
    panel.set_past(past, "after epoch 4")
    panel.set_kernel(live * 3)
    grid = panel.findChild(ImageGrid)
    assert grid._maps.max() == 2
    assert panel._text.text().endswith("· after epoch 4")
    panel.set_past(None, "No filters of Dense were kept after epoch 4.")
    assert panel._text.text() == "No filters of Dense were kept after epoch 4."
    panel.set_present()
    assert grid._maps.max() == 3


def test_maps_stay_in_the_past_while_live_ones_come(qtbot) -> None:
    panel = FeatureMapPanel()
    qtbot.addWidget(panel)
    panel.show()
    panel.set_maps("Conv2D", np.ones((4, 4, 2), np.float32))
    panel.set_past("Conv2D after epoch 4", np.full((4, 4, 2), 2, np.float32))
    panel.set_maps("Conv2D", np.full((4, 4, 2), 3, np.float32))
    grid = panel.findChild(ImageGrid)
    assert grid._maps.max() == 2
    assert panel._heading.text().startswith("Conv2D after epoch 4")
    panel.set_present()
    assert grid._maps.max() == 3


def test_a_heading_offers_what_else_there_is(qtbot) -> None:
    chooser = TitleChooser("Curve")
    qtbot.addWidget(chooser)
    chooser.set_choices(["accuracy", "learning rate"], "accuracy")
    with qtbot.waitSignal(chooser.chosen) as chosen:
        chooser.menu().actions()[1].trigger()
    assert chosen.args == ["learning rate"]
    assert (chooser.text(), chooser.accessibleName()) == ("LEARNING RATE ▾", "Curve: learning rate")
    assert [action.isChecked() for action in chooser.menu().actions()] == [False, True]


def test_tabs_move_together_before_one_is_out_of_sight(qtbot, qapp) -> None:
    tabs = FittingTabs()
    qtbot.addWidget(tabs)
    tabs.setStyleSheet(style_sheet(DARK))
    tabs.setDocumentMode(True)
    for name in ("Curves", "Filters", "Feature maps", "Histograms", "Diagnosis"):
        tabs.addTab(QWidget(), name)
    tabs.resize(900, 200)
    tabs.show()
    bar = tabs.findChild(QTabBar)
    wide = bar.sizeHint().width()
    assert not bar.property("tight")
    tabs.resize(wide - 10, 200)
    assert bar.property("tight")
    assert bar.sizeHint().width() < wide - 10
    tabs.resize(900, 200)
    assert not bar.property("tight")
