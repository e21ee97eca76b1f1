"""`RunsComparison`: what differs between two runs, side by side: architecture, plan, data, preparation and results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from models.training.runs.comparing import ABSENT, Difference
from models.training.runs.summary import RunSummary
from widgets.runs.texts import (
    NONE,
    described,
    duration_text,
    epochs_text,
    loss_text,
    share_text,
    started_text,
    status_text,
)
from widgets.theme import DARK, Theme, monospace

SELECT_TWO = "Select two runs in the table to see what differs between them."
SECTIONS = {"network": "Architecture", "plan": "Training plan", "data": "Data set", "preparation": "Preparation"}
SIGNS = {"only first": "−", "only second": "+", "changed": "≠", "same": ""}


class Line(NamedTuple):
    """A line of the comparison."""

    what: str
    first: str
    second: str

    @property
    def kind(self) -> str:
        """`only first`, `only second`, `changed` or `same`."""
        if self.first == self.second:
            return "same"
        if self.second in (ABSENT, NONE):
            return "only first"
        return "only second" if self.first in (ABSENT, NONE) else "changed"


class RunsComparison(QWidget):
    """A tree of sections; each line has a sign: in the first run alone (−), in the second alone (+), or other (≠)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runsComparison")
        self._theme = DARK
        self._lines: dict[str, list[Line]] = {}
        self._pair: tuple[RunSummary, RunSummary] | None = None
        self._differences: Sequence[Difference] | None = None
        self.tree = QTreeWidget()
        self.tree.setObjectName("comparisonTree")
        self.tree.setAccessibleName("Differences between two runs")
        self.tree.setColumnCount(3)
        self.tree.setIndentation(0)
        self.tree.setRootIsDecorated(False)
        self.tree.setItemsExpandable(False)
        self.tree.setStyleSheet("QTreeView::item { padding: 4px 8px; }")
        self.tree.setUniformRowHeights(True)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.tree.setAllColumnsShowFocus(True)
        header = self.tree.header()
        header.setSectionsMovable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._notice = QLabel(SELECT_TWO, wordWrap=True)
        self._notice.setProperty("role", "dim")
        self._notice.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._notice, 1)
        column.addWidget(self.tree, 1)
        self._show()

    def set_runs(
        self,
        pair: tuple[RunSummary, RunSummary] | None,
        differences: Sequence[Difference] | None,
        icons: tuple[QIcon, QIcon] | None = None,
        reason: str = "",
    ) -> None:
        """Compare two runs. `differences` is None while they are read; `reason` says why they cannot be."""
        self._pair, self._differences = pair, differences
        self._notice.setText(reason or SELECT_TWO)
        self._icons = icons
        self._show(reason)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._show(self._notice.text() if self._pair and self.tree.isHidden() else "")

    @property
    def lines(self) -> dict[str, list[Line]]:
        """What is shown, by section."""
        return self._lines

    @property
    def notice(self) -> str:
        """What is said in place of a comparison."""
        return self._notice.text() if not self._notice.isHidden() else ""

    _icons: tuple[QIcon, QIcon] | None = None

    def _show(self, reason: str = "") -> None:
        shown = self._pair is not None and not reason
        self.tree.setVisible(shown)
        self._notice.setVisible(not shown)
        self.tree.clear()
        self._lines = {}
        if self._pair is None or reason:
            return
        self._lines["Results"] = list(_results(*self._pair))
        for part, title in SECTIONS.items():
            found = [one for one in self._differences or () if one.part == part]
            self._lines[title] = [Line(one.what, one.first, one.second) for one in found]
        self._set_header(*self._pair)
        for title, lines in self._lines.items():
            self._add_section(title, lines)

    def _set_header(self, first: RunSummary, second: RunSummary) -> None:
        header = self.tree.headerItem()
        header.setText(0, "")
        for column, run in ((1, first), (2, second)):
            header.setText(column, f"{run.name} · {started_text(run.created)}")
            header.setToolTip(column, described(run))
            if self._icons is not None:
                header.setIcon(column, self._icons[column - 1])

    def _add_section(self, title: str, lines: Sequence[Line]) -> None:
        counted = sum(line.kind != "same" for line in lines)
        if title == "Results":
            text = title
        elif self._differences is None:
            text = f"{title}: being read …"
        else:
            text = f"{title}: {counted or 'no'} {'difference' if counted == 1 else 'differences'}"
        section = QTreeWidgetItem([text])
        font = section.font(0)
        font.setBold(True)
        section.setFont(0, font)
        self.tree.addTopLevelItem(section)
        section.setFirstColumnSpanned(True)
        for line in lines:
            section.addChild(self._item(line, signed=title != "Results"))
        section.setExpanded(True)

    def _item(self, line: Line, signed: bool) -> QTreeWidgetItem:
        name = f"{SIGNS[line.kind]}  {line.what}" if signed else line.what
        item = QTreeWidgetItem([name, line.first, line.second])
        colors = {"only first": "bad", "only second": "ok", "changed": "warn", "same": "dim"}
        item.setForeground(0, self._theme.color(colors[line.kind] if signed else "dim"))
        dim: QColor = self._theme.color("dim")
        for column in (1, 2):
            item.setFont(column, monospace(11))
            if line.kind == "same" or (line.first, line.second)[column - 1] in (ABSENT, NONE):
                item.setForeground(column, dim)
            item.setToolTip(column, (line.first, line.second)[column - 1])
        item.setToolTip(0, f"{line.what}: {line.kind}")
        return item

    def as_text(self) -> str:
        """The comparison as plain text, for the clipboard."""
        if self._pair is None:
            return ""
        rows = [f"\t{self._pair[0].name}\t{self._pair[1].name}"]
        for title, lines in self._lines.items():
            rows += [title, *(f"{line.what}\t{line.first}\t{line.second}" for line in lines)]
        return "\n".join(rows) + "\n"


def _results(first: RunSummary, second: RunSummary) -> Iterator[Line]:
    for what, text in (
        ("status", lambda run: status_text(run.status)),
        ("accuracy, held out", lambda run: share_text(run.held_out_metric)),
        ("best accuracy", lambda run: share_text(run.best_metric)),
        ("training accuracy", lambda run: share_text(run.metric)),
        ("loss", lambda run: loss_text(run.loss)),
        ("held-out loss", lambda run: loss_text(run.held_out_loss)),
        ("epochs", epochs_text),
        ("training time", lambda run: duration_text(run.seconds)),
        ("parameters", lambda run: f"{run.parameters:,}"),
        ("multiply-adds", lambda run: f"{run.multiply_adds:,}"),
        ("data set", lambda run: run.data or NONE),
    ):
        yield Line(what, text(first), text(second))
