"""`DataPage`: all that can be seen and decided about a data set."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from models.data.steps import Stage
from widgets.data.chain import ChainEditor
from widgets.data.class_chart import ClassChart
from widgets.data.elided import ElidedLabel
from widgets.data.filters_bar import FiltersBar
from widgets.data.findings_list import FindingsList
from widgets.data.page_notice import BUTTON, MARGIN, PageNotice, menu_button
from widgets.data.pipeline_strip import PipelineStrip
from widgets.data.preview import BatchPreview
from widgets.data.sample_view import SampleView
from widgets.data.source_menu import build_source_menu
from widgets.data.split_editor import SplitEditor
from widgets.data.statistics_view import StatisticsView
from widgets.data.wall import ThumbnailWall
from widgets.theme import DARK, Theme

Section = Literal["Look", "Classes", "Statistics", "Findings", "Split", "Preparation"]
SECTIONS: tuple[Section, ...] = ("Look", "Classes", "Statistics", "Findings", "Split", "Preparation")

NO_DATA = (
    "No data set is chosen yet. Choose the bundled digits, one that is generated or downloaded, or your own files."
)
NOT_OPENED = "The data set was not opened, since that was cancelled. Try again, or choose another one."
CHAINS_WIDTH = 270
SHORT = 400
"""Pixels of height below which what the toolbar's chip and the findings offer as well is not shown twice."""


class DataPage(QWidget):
    """A line that names the data set, tabs for its sections, and the sections.

    Attributes:
        wall, filters, sample_view, class_chart, statistics, findings, split_editor, preprocessing, augmentation,
        preview, pipeline: the views that the page is made of.

    Signals:
        source_requested(kind): another data set is wanted; its kind as in `models.data.sources`.
        scan_requested, cancel_requested: look at every sample (again), or stop doing so.
        section_shown(name): the user went to a section.
    """

    source_requested = Signal(str)
    scan_requested = Signal()
    cancel_requested = Signal()
    section_shown = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dataPage")
        self._running = self._scannable = False
        self._make_parts()
        self._make_header()
        self._notice = PageNotice()
        self._notice.scan_button.clicked.connect(self.scan_requested)
        build_source_menu(self._notice.menu, self.source_requested.emit)
        self._sections = QStackedWidget()
        for section in (self._look(), self.class_chart, self.statistics, self.findings, self._split(), self._prepare()):
            self._sections.addWidget(_padded(section))
        self._pages = QStackedWidget()
        self._pages.addWidget(self._sections)
        self._pages.addWidget(self._notice)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head)
        tabs = QHBoxLayout()
        tabs.setContentsMargins(MARGIN - 2, 0, MARGIN, 0)  # a tab's text has two pixels to its left
        tabs.addWidget(self.tabs)
        column.addLayout(tabs)
        column.addWidget(_line())
        column.addWidget(self._pages, 1)
        self.set_theme(DARK)
        self.set_empty()

    # --- making -----------------------------------------------------------------------------------------------------
    def _make_parts(self) -> None:
        self.wall = ThumbnailWall()
        self.filters = FiltersBar()
        self.sample_view = SampleView()
        self.class_chart = ClassChart()
        self.statistics = StatisticsView()
        self.findings = FindingsList()
        self.split_editor = SplitEditor()
        self.preprocessing = ChainEditor(Stage.PREPROCESSING)
        self.augmentation = ChainEditor(Stage.AUGMENTATION)
        self.preview = BatchPreview()
        self.pipeline = PipelineStrip()
        self.sample_view.closed.connect(self.show_wall)
        self.findings.rescan_requested.connect(self.scan_requested)
        self.findings.cancel_requested.connect(self.cancel_requested)
        self.tabs = QTabBar()
        self.tabs.setObjectName("dataSections")
        self.tabs.setAccessibleName("Sections of the Data page")
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        for name in SECTIONS:
            self.tabs.addTab(name)
        self.tabs.currentChanged.connect(self._go)

    def _make_header(self) -> None:
        self._name = ElidedLabel(role="title")
        self._facts = ElidedLabel(role="dim")
        self._progress_text = QLabel()
        self._progress_text.setProperty("role", "dim")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(64)
        self._bar.setAccessibleName("Scan")
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setAccessibleName("Cancel the scan")
        self.cancel_button.clicked.connect(self.cancel_requested)
        self.scan_button = QPushButton("Scan again")
        self.scan_button.setToolTip("Look at every sample again, also at what has changed on disk.")
        self.scan_button.clicked.connect(self.scan_requested)
        self.source_button = menu_button("Change data set  ▾")
        self.source_button.setObjectName("changeDataButton")
        self._source_menu = QMenu(self.source_button)
        build_source_menu(self._source_menu, self.source_requested.emit)
        self.source_button.setMenu(self._source_menu)
        self._head = QWidget()
        header = QHBoxLayout(self._head)
        header.setContentsMargins(MARGIN, 8, MARGIN, 0)
        header.setSpacing(8)
        header.addWidget(self._name)
        header.addWidget(self._facts, 1)
        for button in (self.cancel_button, self.scan_button, self.source_button):
            button.setFixedHeight(BUTTON)
        for widget in (self._progress_text, self._bar, self.cancel_button, self.scan_button, self.source_button):
            header.addWidget(widget)

    def _look(self) -> QWidget:
        wall = QWidget()
        column = QVBoxLayout(wall)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.filters)
        column.addWidget(self.wall, 1)
        self._views = QStackedWidget()
        self._views.addWidget(wall)
        self._views.addWidget(self.sample_view)
        return self._views

    def _split(self) -> QWidget:
        return _scrolled(self.split_editor)

    def _prepare(self) -> QWidget:
        chains = QWidget()
        column = QVBoxLayout(chains)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(20)
        column.addWidget(self.preprocessing)
        column.addWidget(self.augmentation)
        column.addStretch(1)
        area = _scrolled(chains)
        area.setMinimumWidth(CHAINS_WIDTH)
        right = QWidget()
        right.setMinimumWidth(250)
        inner = QVBoxLayout(right)
        inner.setContentsMargins(8, 0, 0, 0)
        inner.addWidget(self.preview)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setObjectName("preparationSplitter")
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(area)
        splitter.addWidget(right)
        splitter.setStretchFactor(0, 2)
        splitter.setStretchFactor(1, 3)
        splitter.setSizes([270, 320])
        whole = QWidget()
        lines = QVBoxLayout(whole)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(8)
        lines.addWidget(splitter, 1)
        lines.addWidget(self.pipeline)
        return whole

    # --- sections ---------------------------------------------------------------------------------------------------
    @property
    def section(self) -> Section:
        """The section that is shown."""
        return SECTIONS[self.tabs.currentIndex()]

    def show_section(self, name: Section) -> None:
        """Go to a section."""
        self.tabs.setCurrentIndex(SECTIONS.index(name))

    def show_sample(self) -> None:
        """Show one sample in full, in place of the wall."""
        self.show_section("Look")
        self._views.setCurrentWidget(self.sample_view)
        self.sample_view.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_wall(self) -> None:
        """Go back to the thumbnails."""
        had_focus = self._views.currentWidget() is self.sample_view
        self._views.setCurrentIndex(0)
        if had_focus:
            self.wall.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def shows_sample(self) -> bool:
        """Whether one sample is shown in place of the wall."""
        return self._views.currentWidget() is self.sample_view

    def set_finding_count(self, count: int) -> None:
        """Say on the tab how much was found."""
        self.tabs.setTabText(SECTIONS.index("Findings"), f"Findings ({count})" if count else "Findings")

    def _go(self, index: int) -> None:
        self._sections.setCurrentIndex(index)
        self._show_buttons()
        self.section_shown.emit(SECTIONS[index])

    # --- states -----------------------------------------------------------------------------------------------------
    def set_facts(self, name: str, text: str) -> None:
        """What the data set is called, and the facts about it in one line."""
        self._name.set_words(name)
        self._facts.set_words(text)
        self.setAccessibleName(" · ".join(filter(None, ("Data", name, text))))

    def set_empty(self) -> None:
        """No data set is chosen."""
        self.set_facts("No data set", "")
        self._scannable = False
        self._set_running(False)
        self.source_button.hide()
        self._show_notice(NO_DATA, busy=False, scans=False)

    def set_opening(self, done: int, total: int, word: str = "Opening") -> None:
        """The samples are being listed: so much of so much, in bytes or whatever else; a total of 0 is not known.

        Args:
            word: what is done, such as "Downloading".
        """
        words = opening_text(word, done, total)
        self._show_progress(done, total, words)
        self._show_notice(words, busy=True, scans=False)

    def set_scanning(self, done: int, total: int) -> None:
        """A scan is under way: so many of so many samples; a total of 0 is not known yet. What is known stays shown."""
        self._show_progress(done, total, f"{done:,} of {total:,}" if total else "Looking …")
        self.findings.set_progress(done, total)
        if self._pages.currentWidget() is self._notice:
            self._show_notice("Looking for samples …" if not total else f"Looking at {done:,} of {total:,} samples …",
                              busy=True, scans=False)  # fmt: skip

    def set_cancelled(self) -> None:
        """The opening or the scan was ended before it was done; what is known stays shown."""
        self._set_running(False)
        self.findings.set_cancelled()
        if self._pages.currentWidget() is self._notice:
            self._show_notice(NOT_OPENED, busy=False, scans=True)

    def set_ready(self) -> None:
        """There is a data set to look at."""
        self._scannable = True
        self._pages.setCurrentWidget(self._sections)
        self._set_running(False)
        self.tabs.setEnabled(True)

    def set_error(self, text: str) -> None:
        """The data set cannot be used, and why."""
        self._scannable = False  # the sentence has the button below it
        self._set_running(False)
        self.findings.set_error(text)
        self._show_notice(text, busy=False, scans=True, level="bad")

    def set_theme(self, theme: Theme) -> None:
        for part in (
            self.wall, self.filters, self.sample_view, self.class_chart, self.statistics, self.findings,
            self.split_editor, self.preprocessing, self.augmentation, self.preview, self.pipeline, self._notice,
        ):  # fmt: skip
            part.set_theme(theme)

    def _show_progress(self, done: int, total: int, words: str) -> None:
        self._scannable = True
        self._set_running(True)
        self._bar.setRange(0, min(total, 2**31 - 1))
        self._bar.setValue(min(done, total))
        self._progress_text.setText(words)

    def _set_running(self, running: bool) -> None:
        self._running = running
        self.source_button.show()
        self._show_buttons()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_buttons()
        self.filters.set_short(self.height() < SHORT)

    def _show_buttons(self) -> None:
        """The findings have such buttons of their own, beside what a scan found."""
        noticed = self._pages.currentWidget() is self._notice
        elsewhere = self.section != "Findings" or noticed
        for widget in (self._progress_text, self._bar, self.cancel_button):
            widget.setVisible(self._running and elsewhere)
        self.scan_button.setVisible(self._scannable and not self._running and elsewhere)
        self._head.setVisible(self.height() >= SHORT or noticed or (self._running and elsewhere))

    def _show_notice(self, text: str, *, busy: bool, scans: bool, level: str = "") -> None:
        self._notice.show_state(text, busy=busy, scans=scans, level=level)
        self.tabs.setEnabled(False)
        self._pages.setCurrentWidget(self._notice)
        self._show_buttons()


def opening_text(word: str, done: int, total: int) -> str:
    """`Opening: 11 %`, `Opening: 12,000 found`, `Opening …`."""
    if total:
        return f"{word}: {min(100 * done // total, 100)} %"
    return f"{word}: {done:,} found" if done else f"{word} …"


def _padded(widget: QWidget) -> QWidget:
    outer = QWidget()
    column = QVBoxLayout(outer)
    column.setContentsMargins(MARGIN, 12, MARGIN, 12)
    column.addWidget(widget)
    return outer


def _scrolled(body: QWidget) -> QScrollArea:
    area = QScrollArea(widgetResizable=True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(body)
    return area


def _line() -> QWidget:
    line = QWidget()
    line.setFixedHeight(1)
    line.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    line.setStyleSheet("background: palette(mid);")
    return line
