"""The window's panels and where they stand: palette left, pages centre, inspector right, live views below."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QVBoxLayout, QWidget

from widgets.canvas import CanvasView
from widgets.chips import DataChip, DeviceChip
from widgets.curves import CurvesView
from widgets.diagnosis import DiagnosisPanel
from widgets.evaluation import EvaluationPage
from widgets.feature_maps import FeatureMapPanel
from widgets.filters import FilterPanel
from widgets.fitting_tabs import FittingTabs
from widgets.inspector import Inspector
from widgets.live.health import HealthView
from widgets.live.histograms import HistogramsView
from widgets.live.speed import SpeedView
from widgets.log import LogPanel
from widgets.message_bar import MessageBar
from widgets.palette import BlockPalette, QuickAdd
from widgets.probe import ProbePanel
from widgets.summary_table import SummaryPanel
from widgets.theme import DARK, Theme
from widgets.toolbar import MainToolbar, StatusStrip

VIEWS_SHARE = 0.3
"""Of the window's height: on a small screen the canvas keeps most of it."""

PALETTE_WIDTH, INSPECTOR_WIDTH, VIEWS_HEIGHT = 216, 316, 272


class Themed(Protocol):
    """A view that paints itself in the theme's colours."""

    def set_theme(self, theme: Theme) -> None: ...


class Views:
    """Every view of the window, made once and laid out in it. Views know nothing of one another."""

    def __init__(self, window: QMainWindow) -> None:
        self.palette = BlockPalette()
        self.canvas = CanvasView()
        self.quick_add = QuickAdd(window)
        self.inspector = Inspector()
        self.curves = CurvesView()
        self.filters = FilterPanel()
        self.feature_maps = FeatureMapPanel()
        self.health, self.histograms, self.speed = HealthView(), HistogramsView(), SpeedView()
        self.probe = ProbePanel()
        self.summary = SummaryPanel()
        self.diagnosis = DiagnosisPanel()
        self.log = LogPanel()
        self.evaluation = EvaluationPage()
        self.messages = MessageBar()
        self.data_chip = DataChip()
        self.device_chip = DeviceChip()
        self.toolbar = MainToolbar()
        self.status = StatusStrip()
        self.pages = _tabs("pages", "Pages")
        self.pages.addTab(self.canvas, "Network")
        self.data_tab = QWidget()
        self.pages.addTab(self.data_tab, "Data")
        self.runs_tab = QWidget()
        self.pages.addTab(self.runs_tab, "Runs")
        self.live = _tabs("liveViews", "Live views", FittingTabs())
        for view, title in (
            (self.curves, "Curves"),
            (self.diagnosis, "Diagnosis"),
            (self.filters, "Filters"),
            (self.feature_maps, "Feature maps"),
            (self.health, "Health"),
            (self.histograms, "Histograms"),
            (self.speed, "Speed"),
            (self.probe, "Try it"),
            (self.summary, "Summary"),
            (self.log, "Log"),
        ):
            self.live.addTab(view, title)
        self._theme = DARK
        self._later: list[Themed] = []
        self._aside: tuple[int, int, int] | None = None
        self._docks = self._lay_out(window)

    @property
    def docks(self) -> tuple[QDockWidget, ...]:
        return self._docks

    def add_themed(self, view: Themed) -> None:
        """Take in a view that was made later: it follows the theme, too."""
        self._later.append(view)
        view.set_theme(self._theme)

    @property
    def theme(self) -> Theme:
        """The theme that the views follow."""
        return self._theme

    def set_data_page(self, page: QWidget) -> None:
        """Take in the Data page, which is made when it is first looked at."""
        self._fill(self.data_tab, page)

    def set_runs_page(self, page: QWidget) -> None:
        """Take in the Runs page, likewise."""
        self._fill(self.runs_tab, page)

    def _fill(self, tab: QWidget, page: QWidget) -> None:
        column = QVBoxLayout(tab)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(page)
        self.add_themed(page)  # type: ignore[arg-type]

    def set_theme(self, theme: Theme) -> None:
        """Give every view that paints itself the theme's colours."""
        self._theme = theme
        views: tuple[Themed, ...] = (
            self.palette, self.canvas, self.quick_add, self.inspector, self.curves, self.filters, self.feature_maps,
            self.health, self.histograms, self.speed, self.probe, self.summary, self.log, self.evaluation,
            self.device_chip, *self._later,
        )  # fmt: skip
        for view in views:
            view.set_theme(theme)

    def put_live_views_aside(self, aside: bool) -> None:
        """Leave their room to a page that needs it, or bring them back as they were."""
        palette, inspector, live = self._docks
        if aside and not live.isHidden():
            self._aside = (palette.width(), inspector.width(), live.height())
            live.hide()
        elif not aside and self._aside is not None:
            live.show()
        else:
            return
        window = live.parentWidget()
        assert isinstance(window, QMainWindow)
        assert self._aside is not None
        *widths, height = self._aside
        window.resizeDocks([palette, inspector], widths, Qt.Orientation.Horizontal)
        if not aside:
            window.resizeDocks([live], [height], Qt.Orientation.Vertical)
            self._aside = None

    def show_evaluation(self) -> None:
        """Show the Evaluate page, which appears with the first evaluation."""
        if self.pages.indexOf(self.evaluation) < 0:
            self.pages.insertTab(self.pages.indexOf(self.runs_tab), self.evaluation, "Evaluate")
        self.pages.setCurrentWidget(self.evaluation)

    def hide_evaluation(self) -> None:
        """Take the Evaluate page away: it spoke of another network."""
        index = self.pages.indexOf(self.evaluation)
        if index >= 0:
            self.pages.removeTab(index)

    def reset_sizes(self, window: QMainWindow) -> None:
        """Bring the docks to their first sizes."""
        palette, inspector, live = self._docks
        for dock in self._docks:
            dock.show()
        window.resizeDocks([palette, inspector], [PALETTE_WIDTH, INSPECTOR_WIDTH], Qt.Orientation.Horizontal)
        height = min(VIEWS_HEIGHT, round(window.height() * VIEWS_SHARE))
        window.resizeDocks([live], [height], Qt.Orientation.Vertical)

    def _lay_out(self, window: QMainWindow) -> tuple[QDockWidget, ...]:
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.messages)
        column.addWidget(self.pages, 1)
        window.setCentralWidget(centre)
        area = Qt.DockWidgetArea
        docks = (
            _dock(window, "paletteDock", "Blocks", self.palette, area.LeftDockWidgetArea),
            _dock(window, "inspectorDock", "Inspector", self.inspector, area.RightDockWidgetArea),
            _dock(window, "liveDock", "Live views", self.live, area.BottomDockWidgetArea),
        )
        window.setCorner(Qt.Corner.BottomLeftCorner, area.LeftDockWidgetArea)
        window.setCorner(Qt.Corner.BottomRightCorner, area.RightDockWidgetArea)
        return docks


def _tabs(name: str, accessible_name: str, tabs: QTabWidget | None = None) -> QTabWidget:
    tabs = tabs or QTabWidget()
    tabs.setObjectName(name)
    tabs.setAccessibleName(accessible_name)
    tabs.setDocumentMode(True)
    return tabs


def _dock(window: QMainWindow, name: str, title: str, view: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
    dock = QDockWidget(title, window)
    dock.setObjectName(name)
    dock.setWidget(view)
    dock.setTitleBarWidget(QWidget(dock))  # no title bar: the panels say themselves what they are
    dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)
    window.addDockWidget(area, dock)
    return dock
