"""The comparison of architectures: its numbers, its search, and that the points and the lines agree."""

from __future__ import annotations

import csv

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLineEdit, QPushButton

from models.zoo import TEMPLATES
from widgets.theme import LIGHT
from widgets.zoo_plot import Point, ZooPlot
from widgets.zoo_table import COLUMNS, ZooDialog

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)
HEADINGS = [column.title for column in COLUMNS]
KEYS = ("lenet5", "small_cnn", "vgg16", "resnet50", "mobilenet_v2")


@pytest.fixture
def dialog(qtbot) -> ZooDialog:
    dialog = ZooDialog()
    qtbot.addWidget(dialog)
    dialog.set_theme(LIGHT)
    dialog.set_templates([TEMPLATES[key] for key in KEYS])
    dialog.show()
    return dialog


def _row_of(dialog: ZooDialog, key: str) -> QPoint:
    line = [row.key for row in dialog.table.shown_rows].index(key)
    return dialog.table.visualRect(dialog.table.model().index(line, 0)).center()


def test_it_compares_what_the_templates_know(dialog: ZooDialog) -> None:
    rows = list(csv.DictReader(dialog.table.as_csv().splitlines()))
    assert [row["architecture"] for row in rows] == [TEMPLATES[key].title for key in KEYS]
    for key, row in zip(KEYS, rows, strict=True):
        facts = TEMPLATES[key].facts()
        assert int(row["parameters"]) == facts.parameters
        assert int(row["multiply-adds"]) == facts.multiply_adds
        assert int(row["depth"]) == facts.depth
        assert row["reference"] == TEMPLATES[key].reference


def test_it_sorts_by_numbers(dialog: ZooDialog) -> None:
    dialog.table.sortByColumn(HEADINGS.index("parameters"), Qt.SortOrder.AscendingOrder)
    counts = [TEMPLATES[row.key].facts().parameters for row in dialog.table.shown_rows]
    assert counts == sorted(counts)


def test_a_search_narrows_lines_and_points(qtbot, dialog: ZooDialog) -> None:
    qtbot.keyClicks(dialog.findChild(QLineEdit), "he, zhang")
    expected = {key for key in KEYS if "He, Zhang" in TEMPLATES[key].reference}
    assert {row.key for row in dialog.table.shown_rows} == expected
    assert expected
    dialog.findChild(QLineEdit).clear()
    assert len(dialog.table.shown_rows) == len(KEYS)


def test_a_double_click_or_the_button_opens_one(qtbot, dialog: ZooDialog) -> None:
    button = dialog.findChild(QPushButton, "zooOpen")
    assert not button.isEnabled()
    place = _row_of(dialog, "resnet50")
    qtbot.mouseClick(dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    with qtbot.waitSignal(dialog.template_chosen) as caught:
        qtbot.mouseDClick(dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert caught.args == ["resnet50"]
    with qtbot.waitSignal(dialog.template_chosen) as caught:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert caught.args == ["resnet50"]


def test_a_point_chooses_its_line_and_a_line_its_point(qtbot, dialog: ZooDialog) -> None:
    facts = TEMPLATES["vgg16"].facts()
    place = dialog.plot.position(Point("vgg16", "", facts.parameters, facts.multiply_adds)).toPoint()
    qtbot.mouseClick(dialog.plot, Qt.MouseButton.LeftButton, pos=place)
    assert [row.key for row in dialog.table.selected_rows] == ["vgg16"]
    before = dialog.plot.grab().toImage()
    qtbot.mouseClick(dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=_row_of(dialog, "lenet5"))
    assert dialog.plot.accessibleDescription().startswith("LeNet-5: 61,706 parameters")
    assert dialog.plot.grab().toImage() != before


def test_the_keys_walk_along_the_points_by_their_parameters(qtbot, dialog: ZooDialog) -> None:
    order = sorted(KEYS, key=lambda key: TEMPLATES[key].facts().parameters)
    chosen: list[str] = []
    dialog.plot.point_chosen.connect(chosen.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Left):
        qtbot.keyClick(dialog.plot, key)
    assert chosen == [order[0], order[1], order[0], order[0]]


def test_more_lies_to_the_right_and_above(qtbot) -> None:
    plot = ZooPlot()
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    few, many = Point("a", "a", 100, 0), Point("b", "b", 10**9, 10**12)
    plot.set_points([many, few])
    assert plot.position(few).x() < plot.position(many).x()
    assert plot.position(few).y() > plot.position(many).y()
    assert plot.point_at(plot.position(many)) == many
    plot.set_points([])
    assert plot.point_at(plot.position(few)) is None
    plot.grab()


def test_it_fits_on_the_screen(dialog: ZooDialog) -> None:
    room = dialog.screen().availableGeometry()
    assert dialog.width() <= room.width()
    assert dialog.height() <= room.height()
    reference = len(COLUMNS) - 1
    assert COLUMNS[reference].widest <= 300
    for row in dialog.table.shown_rows:
        assert row.texts[reference] in row.tip
