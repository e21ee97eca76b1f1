"""`RunsPage`: all runs in a table, and the selected ones as curves, as points, side by side, and in detail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLayout,
    QMenu,
    QSplitter,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from models.training.runs.summary import RunSummary
from widgets.runs.actions import RunActions
from widgets.runs.comparison import RunsComparison
from widgets.runs.curve_data import RunCurves
from widgets.runs.curves_view import RunCurvesView
from widgets.runs.details import RunDetailsPanel
from widgets.runs.header import MARGIN, RunsHeader
from widgets.runs.model import key_of
from widgets.runs.notice import Notice
from widgets.runs.scatter_view import RunsScatterView
from widgets.runs.styles import MOST_SHOWN, RunStyles, swatch
from widgets.runs.table import RunsTable
from widgets.table_text import CSV, MARKDOWN
from widgets.theme import DARK, Theme

WIDE = 980
"""Pixels from which the details stand beside the table; below, they are one of the tabs."""

DETAILS_WIDTH = 316
SMALLEST = QSize(520, 260)
NO_RUNS = "No runs yet"
HOW_TO_BEGIN = (
    "Train a network (Ctrl+R), and its run stays here: its curves, its plan, its network as trained and its weights. "
    "Runs of the command line and of other machines can be shown, too."
)
TABS = ("Curves", "Points", "Compare", "Details")
CURVES, POINTS, COMPARE, DETAILS = range(4)


class RunsPage(QWidget):
    """The page.

    Attributes:
        header, table, curves, scatter, comparison, details: the views that it is made of.
        actions_: what can be done with the selected runs; `restore`, `resume`, `trash` and `open_folder` are answered
            by whoever shows the page.
        styles: what each selected run is drawn like.

    Signals:
        selection_changed: other runs are selected.
        import_wanted, folder_wanted: a run, or a folder of runs, is to be added.
        folder_unwanted(path): a folder of runs is not to be shown any more.
        tab_shown(tab): the user went to a tab.
    """

    selection_changed = Signal()
    import_wanted = Signal()
    folder_wanted = Signal()
    folder_unwanted = Signal(object)
    tab_shown = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runsPage")
        self._theme = DARK
        self._icons: dict[str, QIcon] = {}
        self._wide: bool | None = None
        self._expected = ""
        self.styles = RunStyles()
        self.actions_ = RunActions(self)
        self._make_parts()
        self._lay_out()
        self._connect()
        self.set_runs(())
        self.set_theme(DARK)

    # --- making -----------------------------------------------------------------------------------------------------
    def _make_parts(self) -> None:
        self.header = RunsHeader()
        self.table = RunsTable()
        self.curves = RunCurvesView(self.styles)
        self.scatter = RunsScatterView(self.styles)
        self.comparison = RunsComparison()
        self._menu = QMenu(self)
        self.actions_.fill(self._menu)
        self.details = RunDetailsPanel(self.actions_.restore, self.actions_.resume, self._menu)
        self.tabs = QTabBar()
        self.tabs.setObjectName("runsSections")
        self.tabs.setAccessibleName("Views of the selected runs")
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        for name in TABS:
            self.tabs.addTab(name)

    def _lay_out(self) -> None:
        self._lists = QStackedWidget()
        self._lists.addWidget(self.table)
        choices = (("Import a run …", self.import_wanted.emit), ("Add a runs folder …", self.folder_wanted.emit))
        self._nothing = Notice(NO_RUNS, HOW_TO_BEGIN, choices)
        self._no_match = Notice("", "", (("Show all runs", self.header.filter.clear),))
        self._lists.addWidget(self._no_match)
        self._lists.setMinimumHeight(84)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._lay_out_sides())
        self._pages.addWidget(self._nothing)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        outer.setSpacing(0)
        outer.addWidget(self.header)
        outer.addWidget(_line())
        outer.addWidget(self._pages, 1)
        self.setFocusProxy(self.table)
        self._arrange()

    def _lay_out_sides(self) -> QSplitter:
        """The table over the tabs, and a place for the details beside them."""
        left = QSplitter(Qt.Orientation.Vertical)
        left.setObjectName("runsSplitter")
        whole = QSplitter(Qt.Orientation.Horizontal)
        self._side = QWidget()
        self._side.setMinimumWidth(280)
        QVBoxLayout(self._side).setContentsMargins(MARGIN, 8, 0, 0)
        for splitter, parts in ((left, (self._lists, self._lay_out_panel())), (whole, (left, self._side))):
            splitter.setChildrenCollapsible(False)
            for part in parts:
                splitter.addWidget(part)
        left.setStretchFactor(0, 1)
        left.setStretchFactor(1, 1)
        whole.setStretchFactor(0, 1)
        whole.setSizes([1000, DETAILS_WIDTH])
        return whole

    def _lay_out_panel(self) -> QWidget:
        """The views of the selected runs, a tab for each."""
        panel = QWidget()
        panel.setMinimumHeight(150)
        self._panel_views = QStackedWidget()
        self._details_tab = QWidget()
        QVBoxLayout(self._details_tab).setContentsMargins(0, 0, 0, 0)
        for view in (self.curves, self.scatter, self.comparison, self._details_tab):
            self._panel_views.addWidget(view)
        tabs = QHBoxLayout()
        tabs.setContentsMargins(MARGIN - 2, 0, MARGIN, 0)  # a tab's text has two pixels to its left
        tabs.addWidget(self.tabs)
        column = QVBoxLayout(panel)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(tabs)
        column.addWidget(_line())
        column.addWidget(_padded(self._panel_views), 1)
        return panel

    def _connect(self) -> None:
        table, actions = self.table, self.actions_
        table.selection_changed.connect(self._select)
        table.menu_wanted.connect(self._open_menu)
        table.restore_wanted.connect(actions.restore.trigger)
        table.trash_wanted.connect(actions.trash.trigger)
        table.details_wanted.connect(self.show_details)
        actions.star.triggered.connect(table.star_selected)
        actions.edit_tags.triggered.connect(lambda: table.edit_cell("tags"))
        actions.copy_csv.triggered.connect(lambda: table.copy(CSV))
        actions.copy_markdown.triggered.connect(lambda: table.copy(MARKDOWN))
        self.curves.run_chosen.connect(lambda key: table.select([key_of(run) for run in table.selected_runs], key))
        self.scatter.run_chosen.connect(self._choose)
        self.header.filter_changed.connect(self._apply_filter)
        self.header.columns_menu.aboutToShow.connect(self._fill_columns_menu)
        self.header.import_wanted.connect(self.import_wanted)
        self.header.folder_wanted.connect(self.folder_wanted)
        self.header.folder_unwanted.connect(self.folder_unwanted)
        self.tabs.currentChanged.connect(self._go)

    # --- setters ----------------------------------------------------------------------------------------------------
    def set_runs(self, runs: Sequence[RunSummary], reading: bool = False) -> None:
        """All runs, newest first. `reading`: whether the folder is still being read."""
        self.table.set_runs(runs)
        self._pages.setCurrentIndex(0 if runs else 1)
        if reading:
            self._nothing.say("Reading the runs …", "", offers=False)
        else:
            self._nothing.say(NO_RUNS, HOW_TO_BEGIN)
        self.header.set_any(bool(runs))
        self._show_list()
        if self._expected and any(key_of(run) == self._expected for run in self.table.shown_runs):
            expected, self._expected = self._expected, ""
            self.table.select([expected])
        else:
            self._select()

    def set_curves(self, curves: Mapping[str, RunCurves]) -> None:
        """The curves of selected runs, by their keys."""
        self.curves.set_curves(curves)
        run = self.details.run
        if run is not None and key_of(run) in curves:
            self.details.set_curves(curves[key_of(run)])

    def set_folders(self, others: Sequence[Path]) -> None:
        """The folders that the user added, besides the application's own."""
        self.header.set_folders(others)

    def show_comparison(self, answer: object) -> None:
        """What differs between the two runs of `pair`: differences, a reason why not, or None while they are read."""
        pair = self.pair
        icons = (self.icon(key_of(pair[0])), self.icon(key_of(pair[1]))) if pair is not None else None
        if isinstance(answer, str):
            self.comparison.set_runs(pair, None, icons, reason=answer)
        else:
            self.comparison.set_runs(pair, answer, icons)  # type: ignore[arg-type]

    def select_when_listed(self, key: str) -> None:
        """Select a run as soon as it is among those shown."""
        self._expected = key

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._icons.clear()
        for view in (self.table, self.curves, self.scatter.plane, self.comparison, self.details):
            view.set_theme(theme)
        self._show_icons()

    def icon(self, key: str) -> QIcon:
        """A selected run's sign."""
        style = self.styles.of(key)
        return swatch(style, self._theme, self.devicePixelRatioF()) if style is not None else QIcon()

    # --- what is looked at ------------------------------------------------------------------------------------------
    @property
    def selected_runs(self) -> list[RunSummary]:
        """The selected runs in the order of the table."""
        return self.table.selected_runs

    @property
    def drawn_runs(self) -> list[RunSummary]:
        """Those of them whose curves are drawn."""
        return self.selected_runs[:MOST_SHOWN]

    @property
    def pair(self) -> tuple[RunSummary, RunSummary] | None:
        """The two runs that are compared: the first ones that are selected."""
        selected = self.selected_runs
        return (selected[0], selected[1]) if len(selected) > 1 else None

    @property
    def shows_comparison(self) -> bool:
        """Whether the comparison is looked at."""
        return self.tab == COMPARE

    @property
    def tab(self) -> int:
        """The tab that is looked at: `CURVES`, `POINTS`, `COMPARE` or `DETAILS`."""
        return self.tabs.currentIndex()

    def show_tab(self, tab: int) -> None:
        """Go to a tab."""
        if self.tabs.isTabVisible(tab):
            self.tabs.setCurrentIndex(tab)

    def show_details(self) -> None:
        """Bring the details into view."""
        self.show_tab(DETAILS)

    def _go(self, tab: int) -> None:
        self._panel_views.setCurrentIndex(tab)
        self.tab_shown.emit(tab)

    # --- selecting --------------------------------------------------------------------------------------------------
    def _select(self) -> None:
        selected, current = self.table.selected_runs, self.table.current_run
        before = self.styles.shown
        self.styles.show([key_of(run) for run in selected])
        if self.styles.shown != before:
            self._show_icons()
        self.curves.set_runs(selected[:MOST_SHOWN])
        self.scatter.plane.set_runs(self.table.shown_runs)
        self.scatter.plane.set_current(current)
        self.details.set_run(current)
        if current is not None:
            self.details.set_curves(self.curves.curves.get(key_of(current)))
        self.actions_.set_selected(selected, current)
        self._tell(len(selected))
        self.selection_changed.emit()

    def _show_icons(self) -> None:
        self._icons = {key: self.icon(key) for key in self.styles.shown}
        self.table.set_icons(dict(self._icons))

    def _choose(self, key: str, add: bool) -> None:
        before = [key_of(run) for run in self.table.selected_runs] if add else []
        self.table.select([*before, key], key)

    def _tell(self, selected: int) -> None:
        total, shown = len(self.table.runs), len(self.table.shown_runs)
        parts = [f"{shown:,} of {total:,}" if shown != total else f"{total:,}"] if total else []
        running = sum(run.status == "running" for run in self.table.runs)
        if running:
            parts.append(f"{running} running")
        if selected > 1:
            parts.append(f"{selected:,} selected" + (f", {MOST_SHOWN} drawn" if selected > MOST_SHOWN else ""))
        self.header.facts.set_words(" · ".join(parts))

    def _apply_filter(self, text: str) -> None:
        self.table.set_filter(text)
        self._show_list()
        self._select()

    def _show_list(self) -> None:
        """Where no run is what the filter asks for, say so in the table's place."""
        nothing = bool(self.table.runs) and not self.table.shown_runs
        self._no_match.say(f"No run matches “{self.header.filter.text()}”", "")
        self._lists.setCurrentIndex(1 if nothing else 0)

    # --- inside -----------------------------------------------------------------------------------------------------
    def _open_menu(self, position: QPoint) -> None:
        if self.table.selected_runs:
            self._menu.popup(position)

    def _fill_columns_menu(self) -> None:
        self.header.columns_menu.clear()
        self.table.fill_columns_menu(self.header.columns_menu)

    def minimumSizeHint(self) -> QSize:
        """That of the narrow arrangement, so that a wide page can become narrow."""
        return SMALLEST

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """The details stand at the side where there is room, and are a tab otherwise."""
        wide = self.width() >= WIDE
        if wide == self._wide:
            return
        self._wide = wide
        self.tabs.setTabVisible(DETAILS, not wide)
        layout = (self._side if wide else self._details_tab).layout()
        assert layout is not None
        layout.addWidget(self.details)
        self._side.setVisible(wide)


def _padded(widget: QWidget) -> QWidget:
    outer = QWidget()
    column = QVBoxLayout(outer)
    column.setContentsMargins(MARGIN, 10, MARGIN, 10)
    column.addWidget(widget)
    return outer


def _line() -> QFrame:
    line = QFrame()
    line.setFixedHeight(1)
    line.setStyleSheet("background: palette(mid);")
    return line
