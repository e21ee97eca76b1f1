"""The filter: what is chosen is reported once, as a value."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QSlider, QToolButton
from pytestqt.qtbot import QtBot

from models.data.findings import Finding, FindingKind
from widgets.data.filters_bar import FiltersBar, WallFilter

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)
COPIES = Finding(FindingKind.DUPLICATE, "warn", "20 copies", np.arange(20))
ABOUT_THE_SET = Finding(FindingKind.UNEVEN, "warn", "uneven")


@pytest.fixture
def bar(qtbot: QtBot) -> FiltersBar:
    view = FiltersBar()
    view.set_classes(("cat", "<b>dog</b>"), (1200, 3))
    view.set_parts({"training": 1000, "left out": 3})
    view.set_findings((ABOUT_THE_SET, COPIES))
    qtbot.addWidget(view)
    view.show()
    return view


def _combo(bar: FiltersBar, name: str) -> QComboBox:
    combo = bar.findChild(QComboBox, name)
    assert combo is not None
    return combo


def _texts(combo: QComboBox) -> list[str]:
    return [combo.itemText(place) for place in range(combo.count())]


def test_entries_have_counts(bar: FiltersBar) -> None:
    assert _texts(_combo(bar, "wallClass")) == ["All classes", "cat (1,200)", "<b>dog</b> (3)"]
    assert _texts(_combo(bar, "wallPart")) == ["All parts", "Training (1,000)", "Validation", "Test", "Left out (3)"]
    assert _texts(_combo(bar, "wallFinding")) == ["All findings", "Exact copies (20)"]
    bar.set_findings((ABOUT_THE_SET,))
    assert not _combo(bar, "wallFinding").isEnabled()


def test_choices_are_reported_as_one_value(bar: FiltersBar, qtbot: QtBot) -> None:
    sent: list[WallFilter] = []
    bar.filter_changed.connect(sent.append)
    for name, place in (("wallClass", 2), ("wallPart", 4), ("wallFinding", 1)):
        _combo(bar, name).setCurrentIndex(place)
    assert sent[-1] == WallFilter(label=1, part="left out", finding=COPIES)
    search = bar.findChild(QLineEdit, "wallSearch")
    assert search is not None
    QTest.keyClicks(search, " 0042 ")
    qtbot.waitUntil(lambda: len(sent) == 4)
    assert sent[-1] == WallFilter(1, "left out", COPIES, "0042")
    QTest.keyClicks(search, "x")
    QTest.keyClick(search, Qt.Key.Key_Return)
    assert sent[-1].text == "0042 x"
    clear = bar.findChild(QToolButton)
    assert clear is not None
    assert clear.isVisible()
    clear.click()
    assert sent[-1] == bar.filter == WallFilter()
    assert not clear.isVisible()
    assert len(sent) == 6


def test_setters_report_nothing_and_keep_what_is_chosen(bar: FiltersBar, qtbot: QtBot) -> None:
    wanted = WallFilter(label=1, part="training", finding=COPIES, text="a")
    with qtbot.assertNotEmitted(bar.filter_changed), qtbot.assertNotEmitted(bar.tile_size_changed):
        bar.set_filter(wanted)
        bar.set_classes(("cat", "dog", "bird"), (1, 2, 3))
        bar.set_parts({})
        bar.set_findings((COPIES,))
        bar.set_tile_size(120)
    assert bar.filter == wanted
    slider = bar.findChild(QSlider)
    assert slider is not None
    assert slider.value() == 120


def test_a_class_that_is_gone_is_no_longer_asked_for(bar: FiltersBar) -> None:
    bar.set_filter(WallFilter(label=1))
    bar.set_classes(("cat",), (4,))
    assert bar.filter == WallFilter()


def test_it_says_how_many_are_shown_and_folds_where_it_is_narrow(bar: FiltersBar) -> None:
    bar.set_shown(1234, 60000)
    shown = bar.findChild(QLabel, "wallShown")
    assert shown is not None
    assert shown.text() == "shown 1,234 of 60,000"
    bar.resize(1000, 40)
    wide = bar.sizeHint().height()
    bar.resize(536, 80)
    assert bar.minimumSizeHint().width() <= 536
    assert bar.sizeHint().height() > wide


def test_the_slider_reports_the_size_of_tiles(bar: FiltersBar, qtbot: QtBot) -> None:
    slider = bar.findChild(QSlider)
    assert slider is not None
    with qtbot.waitSignal(bar.tile_size_changed) as changed:
        QTest.keyClick(slider, Qt.Key.Key_Right)
    assert changed.args == [112]
