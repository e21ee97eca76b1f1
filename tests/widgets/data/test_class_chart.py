"""Class balance: sentences, choices, names, and a thousand classes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from widgets.data.class_bars import ROW
from widgets.data.class_chart import ClassChart, evenness
from widgets.theme import DARK, LIGHT

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)
KEY = Qt.Key
COUNTS = np.array([[5000, 800, 200], [100, 10, 0], [300, 20, 5]])


@pytest.fixture
def chart(qtbot: QtBot) -> ClassChart:
    view = ClassChart()
    view.resize(536, 306)
    view.set_classes(("cat", "dog", "<i>bird</i>"), COUNTS)
    qtbot.addWidget(view)
    view.show()
    return view


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=50))
def test_any_counts_have_a_sentence(counts: list[int]) -> None:
    text, level = evenness([f"c{number}" for number in range(len(counts))], np.array(counts))
    uneven = len(counts) == 1 or min(counts) == 0 or max(counts) >= 2 * min(counts)
    assert (level == "warn") is uneven
    assert len(text) > 20


def test_uneven_classes_are_said_with_their_ratio(chart: ClassChart) -> None:
    assert "“cat” has 50.0 times as many training samples as “dog” (5,000 against 100)" in chart.sentence
    assert evenness(("a", "b"), np.array([500, 500]))[0] == "The classes are about even: 500 training samples each."
    assert evenness(("a", "b"), np.array([500, 600]))[0].endswith("500 to 600 training samples each.")
    assert "“b” and 1 more class without" in evenness(("a", "b", "c"), np.array([5, 0, 0]))[0]
    assert evenness((), np.zeros(0))[1] == ""


def test_a_click_or_enter_chooses_a_class(chart: ClassChart) -> None:
    chosen: list[int] = []
    chart.class_chosen.connect(chosen.append)
    QTest.mouseClick(chart.bars.viewport(), Qt.MouseButton.LeftButton, pos=chart.bars.row_rect(1).center())
    QTest.keyClick(chart.bars, KEY.Key_Down)
    QTest.keyClick(chart.bars, KEY.Key_Return)
    assert chosen == [1, 2]
    QTest.mouseClick(chart.bars.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(5, 3 * ROW + 5))
    assert chosen == [1, 2]
    assert (
        chart.bars.accessibleDescription() == "<i>bird</i>: 325 samples, of these 300 training, 20 validation, 5 test"
    )


@pytest.mark.parametrize("by_key", [True, False])
def test_names_are_edited_in_place(chart: ClassChart, qtbot: QtBot, by_key: bool) -> None:
    renamed: list[tuple[int, str]] = []
    chart.class_renamed.connect(lambda label, name: renamed.append((label, name)))

    def editor() -> QLineEdit | None:
        fields = [field for field in chart.bars.findChildren(QLineEdit, "className") if not field.isHidden()]
        return fields[0] if fields else None

    def open_editor() -> QLineEdit:
        if by_key:
            QTest.keyClick(chart.bars, KEY.Key_Home)
            QTest.keyClick(chart.bars, KEY.Key_F2)
        else:
            QTest.mouseDClick(chart.bars.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(30, 10))
        field = editor()
        assert field is not None
        assert field.text() == "cat"
        return field

    for text, key, expected in (
        ("tiger", KEY.Key_Escape, []),
        ("  ", KEY.Key_Return, []),
        ("cat", KEY.Key_Return, []),
        (" lynx ", KEY.Key_Return, [(0, "lynx")]),
    ):
        field = open_editor()
        field.clear()
        QTest.keyClicks(field, text)
        QTest.keyClick(field, key)
        assert editor() is None
        assert renamed == expected
    chart.bars.set_renames(False)
    QTest.keyClick(chart.bars, KEY.Key_F2)
    assert editor() is None


def test_a_second_click_on_a_name_renames_and_goes_nowhere(chart: ClassChart, qtbot: QtBot) -> None:
    chosen: list[int] = []
    chart.class_chosen.connect(chosen.append)
    bars, name = chart.bars, QPoint(20, ROW + ROW // 2)
    QTest.mouseClick(bars.viewport(), Qt.MouseButton.LeftButton, pos=name)
    QTest.mouseDClick(bars.viewport(), Qt.MouseButton.LeftButton, pos=name)
    assert bars.findChild(QLineEdit, "className") is not None
    assert not bars._clicked.isActive()
    assert chosen == []
    bars._close_editor()
    QTest.mouseClick(bars.viewport(), Qt.MouseButton.LeftButton, pos=name)
    qtbot.waitUntil(lambda: chosen == [1])  # one click alone still filters by the class


def test_the_counts_of_a_scan_leave_a_name_that_is_being_edited(chart: ClassChart) -> None:
    chart.bars.rename(0)
    chart.set_classes(("cat", "dog", "<i>bird</i>"), COUNTS + 1)
    assert chart.bars._editor is not None
    chart.set_classes(("cat", "dog"), COUNTS[:2])
    assert chart.bars._editor is None


def test_balance_is_chosen_and_shown(chart: ClassChart, qtbot: QtBot) -> None:
    combo = chart.findChild(QComboBox, "balanceChoice")
    assert combo is not None
    with qtbot.assertNotEmitted(chart.balance_chosen):
        chart.set_balance("oversample")
    assert combo.currentData() == "oversample"
    with qtbot.waitSignal(chart.balance_chosen) as chosen:
        QTest.keyClick(combo, KEY.Key_Up)
    assert chosen.args == ["class_weight"]
    with pytest.raises(ValueError, match="bagging"):
        chart.set_balance("bagging")


def test_a_thousand_classes_scroll(chart: ClassChart, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"n{number:08}" for number in range(1000)]
    chart.set_classes(names, np.random.default_rng(1).integers(0, 500, (1000, 3)))
    painted: list[int] = []
    paint_row = chart.bars._paint_row

    def counted(painter: object, label: int, longest: int) -> None:
        painted.append(label)
        paint_row(painter, label, longest)  # type: ignore[arg-type]

    monkeypatch.setattr(chart.bars, "_paint_row", counted)
    for theme, key in ((DARK, KEY.Key_End), (LIGHT, KEY.Key_PageUp)):
        chart.set_theme(theme)
        QTest.keyClick(chart.bars, key)
        painted.clear()
        chart.grab()
        assert 0 < len(painted) < 30
    assert 999 in painted or 998 in painted
    QTest.keyClick(chart.bars, KEY.Key_Home)
    assert chart.bars.row_rect(0).top() == 0


def test_it_fits_a_small_page(chart: ClassChart) -> None:
    assert chart.minimumSizeHint().width() <= 536
    assert chart.minimumSizeHint().height() <= 306
    assert len(chart.bars.number_columns) == 4
    chart.resize(400, 300)
    assert chart.bars.number_columns == ("all",)
