"""The summary table: its numbers, its order, and what is copied from it."""

from __future__ import annotations

import csv

import pytest
from PySide6.QtCore import Qt

from models.analysis import analyse
from models.network.graph import Network
from models.zoo.lenet import lenet5
from widgets.summary_table import HEADINGS, SummaryTable
from widgets.theme import LIGHT

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)
NETWORK = lenet5()


@pytest.fixture
def table(qtbot) -> SummaryTable:
    table = SummaryTable()
    qtbot.addWidget(table)
    table.set_theme(LIGHT)
    table.set_network(NETWORK, analyse(NETWORK))
    table.resize(700, 300)
    table.show()
    return table


def test_it_is_copied_as_markdown(table: SummaryTable) -> None:
    lines = table.as_markdown().splitlines()
    assert lines[0] == f"| {' | '.join(HEADINGS)} |"
    assert lines[3] == "| Conv2D | 28×28×6 | 156 | 0.3% | 156 | 117,600 | 5×5 | Conv2D |"
    assert len(lines) == 2 + len(NETWORK)


def test_it_is_copied_as_csv(table: SummaryTable) -> None:
    rows = list(csv.DictReader(table.as_csv().splitlines()))
    assert sum(int(row["parameters"]) for row in rows) == 61_706
    assert rows[1]["multiply-adds"] == "117600"


def test_it_is_sorted_by_numbers_and_copied_in_that_order(table: SummaryTable) -> None:
    table.sortByColumn(HEADINGS.index("parameters"), Qt.SortOrder.DescendingOrder)
    parameters = [int(row["parameters"]) for row in csv.DictReader(table.as_csv().splitlines())]
    assert parameters == sorted(parameters, reverse=True)
    assert parameters[0] == 48_120
    table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
    assert table.as_csv().splitlines()[1].startswith("Input")


def test_a_click_chooses_a_block_in_any_order(qtbot, table: SummaryTable) -> None:
    table.sortByColumn(HEADINGS.index("parameters"), Qt.SortOrder.DescendingOrder)
    with qtbot.waitSignal(table.node_chosen) as caught:
        position = table.visualRect(table.model().index(0, 0)).center()
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=position)
    assert caught.args == ["conv2d_3"]


def test_an_edit_keeps_the_current_line(qtbot, table: SummaryTable) -> None:
    table.set_current("dense")
    row = table.currentIndex().row()
    other = lenet5(classes=3)
    with qtbot.assertNotEmitted(table.node_chosen):
        table.set_network(other, analyse(other))
    assert table.currentIndex().row() == row
    table.set_network(Network(), analyse(Network()))
    assert table.model().rowCount() == 0
