"""The summary: its numbers, its order, its totals, what is marked, and what is copied from it."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QGuiApplication
from strategies import networks

from models.analysis import analyse
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.pooling import GlobalAveragePooling2D
from models.blocks.residual import ResidualBlock
from models.network.expansion import expand
from models.network.graph import Network, stack
from models.zoo.lenet import lenet5
from widgets.summary_table import COLUMNS, Kept, SummaryPanel, heaviest, summary_rows, total_row
from widgets.theme import LIGHT

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)
NETWORK = lenet5()
HEADINGS = [column.title for column in COLUMNS]
RESIDUAL = stack(
    Input(shape=(16, 16, 3)), Conv2D(filters=4), ResidualBlock(filters=8), ResidualBlock(filters=8),
    GlobalAveragePooling2D(), Dense(units=3),
)  # fmt: skip


@pytest.fixture
def panel(qtbot) -> SummaryPanel:
    panel = SummaryPanel()
    qtbot.addWidget(panel)
    panel.set_theme(LIGHT)
    panel.set_network(NETWORK, analyse(NETWORK))
    panel.resize(1000, 300)
    panel.show()
    return panel


def _select_lines(panel: SummaryPanel, *lines: int) -> None:
    flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    for line in lines:
        panel.table.selectionModel().select(panel.table.model().index(line, 0), flags)


def test_it_is_copied_as_markdown_with_its_total(panel: SummaryPanel) -> None:
    lines = panel.table.as_markdown().splitlines()
    assert lines[0] == f"| {' | '.join(HEADINGS)} |"
    assert lines[3] == (
        "| Conv2D | Conv2D | 28×28×6 | 156 | 0.3% | 156 | 117,600 | 28.2% | 18.8 kB | 5×5 | 1 | 0 | ▲ multiply-adds |"
    )
    assert lines[-1].startswith("| Total | 9 blocks | 10 | 61,706 | 100.0% | 61,706 | 416,520 | 100.0% |")
    assert len(lines) == 3 + len(NETWORK)


def test_it_is_copied_as_csv_with_plain_numbers(panel: SummaryPanel) -> None:
    *rows, total = csv.DictReader(panel.table.as_csv().splitlines())
    assert sum(int(row["parameters"]) for row in rows) == int(total["parameters"]) == 61_706
    assert rows[1]["multiply-adds"] == "117600"


def test_the_selected_rows_are_copied_by_the_keyboard_as_they_stand(qtbot, panel: SummaryPanel) -> None:
    panel.table.sortByColumn(HEADINGS.index("parameters"), Qt.SortOrder.DescendingOrder)
    _select_lines(panel, 0, 2)
    qtbot.keyClick(panel.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    rows = list(csv.DictReader(QGuiApplication.clipboard().text().splitlines()))
    assert [row["parameters"] for row in rows] == ["48120", "2416"]


@given(network=networks())
def test_shares_add_up_and_totals_are_those_of_the_analysis(network: Network) -> None:
    analysis = analyse(network)
    rows, total = summary_rows(network, analysis), total_row(network, analysis)
    column = HEADINGS.index("parameters")
    assert sum(row.values[column] for row in rows) == total.values[column] == analysis.parameters
    column = HEADINGS.index("multiply-adds")
    assert sum(row.values[column] for row in rows) == total.values[column] == analysis.multiply_adds
    shares = [row.values[HEADINGS.index("of all")] for row in rows]
    assert sum(shares) == pytest.approx(1 if analysis.parameters else 0)
    assert all(len(row.texts) == len(row.values) == len(COLUMNS) for row in (*rows, total))


@given(counts=st.lists(st.integers(0, 10**12), max_size=40))
def test_the_heaviest_are_few_large_and_none_is_larger(counts: list[int]) -> None:
    chosen = heaviest(counts)
    assert len(chosen) <= 3
    for index in chosen:
        assert counts[index] * 10 >= sum(counts)
        assert sum(count > counts[index] for count in counts) < 3
    if counts and max(counts) and len(counts) <= 10:
        assert chosen, "among ten the largest always has a tenth"


def test_it_is_sorted_by_numbers_and_the_total_stays_below(panel: SummaryPanel) -> None:
    table = panel.table
    table.sortByColumn(HEADINGS.index("parameters"), Qt.SortOrder.DescendingOrder)
    parameters = [row.values[HEADINGS.index("parameters")] for row in table.shown_rows]
    assert parameters == sorted(parameters, reverse=True)
    assert parameters[0] == 48_120
    assert panel.total.texts[0] == "Total"
    assert table.as_csv().splitlines()[-1].startswith("Total")
    table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
    assert table.shown_rows[0].texts[0] == "Input"


def test_the_totals_columns_follow_the_tables(qtbot, panel: SummaryPanel) -> None:
    panel.table.setColumnWidth(0, 333)
    assert panel.total.columnWidth(0) == 333
    panel.resize(300, 300)
    bar = panel.table.horizontalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    footer = panel.total.horizontalScrollBar()
    qtbot.waitUntil(lambda: footer.maximum() == bar.maximum())
    bar.setValue(bar.maximum())
    assert footer.value() == bar.value()


def test_a_click_chooses_a_block_in_any_order(qtbot, panel: SummaryPanel) -> None:
    table = panel.table
    table.sortByColumn(HEADINGS.index("parameters"), Qt.SortOrder.DescendingOrder)
    with qtbot.waitSignal(panel.node_chosen) as caught:
        position = table.visualRect(table.model().index(0, 0)).center()
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=position)
    assert caught.args == ["conv2d_3"]


def test_an_edit_keeps_the_current_line(qtbot, panel: SummaryPanel) -> None:
    panel.set_current("dense")
    row = panel.table.currentIndex().row()
    other = lenet5(classes=3)
    with qtbot.assertNotEmitted(panel.node_chosen):
        panel.set_network(other, analyse(other))
    assert panel.table.currentIndex().row() == row
    panel.set_network(Network(), analyse(Network()))
    assert panel.table.model().rowCount() == 0


def test_composites_are_taken_apart_on_demand(qtbot, panel: SummaryPanel) -> None:
    assert not panel.inside.isEnabled()
    panel.set_network(RESIDUAL, analyse(RESIDUAL))
    assert len(panel.table.shown_rows) == len(RESIDUAL)
    closed = panel.total.texts
    panel.inside.setChecked(True)
    expanded = expand(RESIDUAL).network
    assert [row.key for row in panel.table.shown_rows] == [node.id for node in expanded.nodes]
    assert panel.total.texts[1] == f"{len(expanded)} layers"
    assert any(row.texts[0].startswith("ResidualBlock › ") for row in panel.table.shown_rows)
    kept = [HEADINGS.index(name) for name in ("parameters", "trainable", "multiply-adds", "activations")]
    assert [panel.total.texts[index] for index in kept] == [closed[index] for index in kept]
    with qtbot.waitSignal(panel.node_chosen) as caught:
        panel.table.selectRow(3)
    assert caught.args == [expanded.nodes[3].id]


def test_while_hidden_it_waits(panel: SummaryPanel) -> None:
    panel.hide()
    panel.set_network(RESIDUAL, analyse(RESIDUAL))
    assert len(panel.table.shown_rows) == len(NETWORK)
    panel.show()
    assert len(panel.table.shown_rows) == len(RESIDUAL)


@given(network=networks(), other=networks())
def test_cells_that_are_kept_are_those_that_would_be_made(network: Network, other: Network) -> None:
    kept: Kept = {}
    for shown in (network, other, network):
        analysis = analyse(shown)
        assert summary_rows(shown, analysis, kept=kept) == summary_rows(shown, analysis)
