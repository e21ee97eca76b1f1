"""`RunDetailsPanel`: all about one run: results, small curves, tags and notes, plan, environment and files."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from models.training.runs.summary import RunSummary
from widgets.data.elided import ElidedLabel
from widgets.runs.curve_data import RunCurves
from widgets.runs.facts import Fact, FactsList
from widgets.runs.model import key_of
from widgets.runs.sparkline import Sparkline
from widgets.runs.texts import (
    count_text,
    duration_text,
    epochs_text,
    iso_text,
    loss_text,
    share_text,
    started_text,
    status_text,
    tags_of,
)
from widgets.runs.thumbnails import FilterThumbnails, Floats
from widgets.theme import DARK, Theme, monospace

ONE_LINE = 500
"""Pixels of width from which the results stand in one line."""

PATIENCE = 800
"""Milliseconds after the last letter until notes are kept."""


@dataclass(frozen=True, eq=False)
class RunDetails:
    """What is read of a run's folder when it is looked at.

    Attributes:
        plan, environment, files: names and values.
        filters: those of `filters_of` after `filters_epochs` epochs (number, height, width); None where none are kept.
        problem: why something could not be read; empty where all could.
    """

    plan: tuple[Fact, ...] = ()
    environment: tuple[Fact, ...] = ()
    files: tuple[Fact, ...] = ()
    filters: Floats | None = None
    filters_of: str = ""
    filters_epochs: int = 0
    problem: str = ""


class RunDetailsPanel(QScrollArea):
    """Shows one run; `actions` are those that stand below its results.

    Signals:
        star_wanted(key, star), tags_wanted(key, tags), notes_wanted(key, text): the user said something of the run.
    """

    star_wanted = Signal(str, bool)
    tags_wanted = Signal(str, object)
    notes_wanted = Signal(str, str)

    def __init__(self, restore: QAction, resume: QAction, menu: QMenu, parent: QWidget | None = None) -> None:
        super().__init__(parent, widgetResizable=True)
        self.setObjectName("runDetails")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._run: RunSummary | None = None
        self._theme = DARK
        self._make_head()
        self._make_editors()
        self.plan, self.environment, self.files = FactsList("Plan"), FactsList("Environment"), FactsList("Files")
        self.sparkline, self.filters = Sparkline(), FilterThumbnails()
        self._buttons = _buttons(restore, resume, menu)
        self._lay_out()
        self.set_run(None)

    # --- making -----------------------------------------------------------------------------------------------------
    def _make_head(self) -> None:
        self._name = ElidedLabel(role="title")
        self._star = QToolButton()
        self._star.setObjectName("runStar")
        self._star.setProperty("role", "flat")
        self._star.setCheckable(True)
        self._star.setFixedSize(28, 28)
        self._star.setStyleSheet("padding: 0; font-size: 16px;")
        self._star.clicked.connect(self._report_star)
        self._state = ElidedLabel(role="dim")
        self._problem = QLabel(wordWrap=True)
        self._problem.setTextFormat(Qt.TextFormat.PlainText)
        self._problem.setProperty("role", "warn")
        self._tiles = {title: _tile(title) for title in ("accuracy", "best", "loss", "parameters", "epochs", "time")}

    def _make_editors(self) -> None:
        self._tags = QLineEdit(placeholderText="Tags, parted by commas")
        self._tags.setObjectName("runTags")
        self._tags.setAccessibleName("Tags of this run")
        self._tags.editingFinished.connect(self._report_tags)
        self._notes = QPlainTextEdit()
        self._notes.setPlaceholderText("Notes: what you tried, and what came of it")
        self._notes.setObjectName("runNotes")
        self._notes.setAccessibleName("Notes about this run")
        self._notes.setTabChangesFocus(True)
        self._notes.setFixedHeight(72)
        self._notes.installEventFilter(self)
        self._waiting = QTimer(self, singleShot=True, interval=PATIENCE)
        self._waiting.timeout.connect(self.keep_notes)
        self._notes.textChanged.connect(self._waiting.start)

    def _lay_out(self) -> None:
        self._body = QWidget()
        self._nothing = QLabel("Select a run to see all about it.", wordWrap=True)
        self._nothing.setProperty("role", "dim")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        head = QHBoxLayout()
        head.addWidget(self._name, 1)
        head.addWidget(self._star)
        self._grid = QGridLayout()
        self._grid.setSpacing(6)
        self._columns = 0
        self._place_tiles(3)
        column = QVBoxLayout(self._body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(self._state)
        column.addWidget(self._problem)
        column.addLayout(self._grid)
        column.addWidget(self.sparkline)
        column.addLayout(self._buttons)
        column.addWidget(self._tags)
        column.addWidget(self._notes)
        for part in (self.filters, self.plan, self.environment, self.files):
            column.addWidget(part)
        column.addStretch(1)
        whole = QWidget()
        outer = QVBoxLayout(whole)
        outer.setContentsMargins(0, 0, 12, 8)
        outer.addWidget(self._nothing)
        outer.addWidget(self._body)
        self.setWidget(whole)

    # --- setters ----------------------------------------------------------------------------------------------------
    def set_run(self, run: RunSummary | None) -> None:
        """Show a run, or the same with other values; what is being typed stays."""
        before, self._run = self._run, run
        changed = run is None or before is None or before.path != run.path
        if changed and before is not None:
            self._run = before
            self.keep_notes()
            self._report_tags()
            self._run = run
        self._body.setVisible(run is not None)
        self._nothing.setVisible(run is None)
        if run is None:
            return
        if changed:
            self.set_details(None)
            self.sparkline.set_curves(None)
            self.verticalScrollBar().setValue(0)
        self._name.set_words(run.name)
        self._state.set_words(f"{status_text(run.status)} · {started_text(run.created)} · {run.data or 'no data set'}")
        self._star.setChecked(run.star)
        self._star.setText("★" if run.star else "☆")
        self._star.setAccessibleName("Take the star away" if run.star else "Star this run")
        self._star.setToolTip(self._star.accessibleName())
        self._show_results(run)
        self._show_words(run, changed)

    def _show_results(self, run: RunSummary) -> None:
        texts = {
            "accuracy": share_text(run.held_out_metric if run.held_out_metric is not None else run.metric),
            "best": share_text(run.best_metric),
            "loss": loss_text(run.loss),
            "parameters": count_text(run.parameters),
            "epochs": epochs_text(run),
            "time": duration_text(run.seconds),
        }
        for title, text in texts.items():
            self._tiles[title][1].setText(text)
        self._tiles["parameters"][0].setToolTip(f"{run.parameters:,} parameters")
        held_out = run.held_out_metric is not None
        self._tiles["accuracy"][0].setToolTip("On the held-out samples" if held_out else "On the training samples")

    def _show_words(self, run: RunSummary, changed: bool) -> None:
        if changed or not self._tags.hasFocus():
            self._tags.setText(", ".join(run.tags))
        if changed or not (self._notes.hasFocus() or self._waiting.isActive()):
            if self._notes.toPlainText() != run.notes:
                self._notes.setPlainText(run.notes)
            self._waiting.stop()

    def set_details(self, details: RunDetails | None) -> None:
        """What was read of its folder; None while that is being read."""
        details = details or RunDetails()
        self.filters.set_filters(details.filters, details.filters_of, details.filters_epochs)
        self.plan.set_facts(details.plan)
        self.environment.set_facts(details.environment)
        folder = (("folder", str(self._run.path)), ("began", iso_text(self._run.created))) if self._run else ()
        self.files.set_facts((*details.files, *folder))
        self._problem.setText(details.problem)
        self._problem.setVisible(bool(details.problem))

    def set_curves(self, curves: RunCurves | None) -> None:
        """The curves of the run that is shown."""
        self.sparkline.set_curves(curves)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.sparkline.set_theme(theme)

    @property
    def run(self) -> RunSummary | None:
        """The run that is shown."""
        return self._run

    def focus_notes(self) -> None:
        """Bring the keyboard to the notes."""
        self._notes.setFocus()

    # --- inside -----------------------------------------------------------------------------------------------------
    def keep_notes(self) -> None:
        """Report the notes where they were changed."""
        self._waiting.stop()
        text = self._notes.toPlainText()
        if self._run is not None and text != self._run.notes:
            self.notes_wanted.emit(key_of(self._run), text)

    def _report_tags(self) -> None:
        tags = tags_of(self._tags.text())
        if self._run is not None and tags != self._run.tags:
            self.tags_wanted.emit(key_of(self._run), tags)

    def _report_star(self, checked: bool) -> None:
        if self._run is not None:
            self.star_wanted.emit(key_of(self._run), checked)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_tiles(6 if self.width() >= ONE_LINE else 3)

    def _place_tiles(self, columns: int) -> None:
        if self._columns != columns:
            self._columns = columns
            for place, (tile, _value) in enumerate(self._tiles.values()):
                self._grid.addWidget(tile, place // columns, place % columns)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._notes and event.type() == QEvent.Type.FocusOut:
            self.keep_notes()
        return False


def _tile(name: str) -> tuple[QFrame, QLabel]:
    tile = QFrame()
    tile.setProperty("role", "card")
    title, value = QLabel(name), QLabel()
    title.setProperty("role", "dim")
    value.setFont(monospace(13))
    value.setStyleSheet("font-size: 13px;")
    column = QVBoxLayout(tile)
    column.setContentsMargins(8, 5, 8, 6)
    column.setSpacing(1)
    column.addWidget(title)
    column.addWidget(value)
    return tile, value


def _buttons(restore: QAction, resume: QAction, menu: QMenu) -> QHBoxLayout:
    """Restore, Resume and the rest behind a menu."""
    row = QHBoxLayout()
    row.setSpacing(8)
    for action, role in ((restore, "primary"), (resume, "")):
        row.addWidget(_button(action, role), 1 if role else 0)
    more = QToolButton()
    more.setText("⋯")
    more.setAccessibleName("More actions")
    more.setToolTip("More that can be done with this run")
    more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    more.setMenu(menu)
    more.setFixedSize(36, 30)
    more.setStyleSheet("padding: 0;")
    row.addWidget(more)
    return row


def _button(action: QAction, role: str) -> QPushButton:
    """A push button that does what an action does, when it can be done."""
    button = QPushButton(action.text())
    button.setObjectName(f"{action.objectName()}Button")
    if role:
        button.setProperty("role", role)
    button.setFixedHeight(30)
    button.setMinimumWidth(64)
    button.clicked.connect(action.trigger)

    def follow() -> None:
        button.setEnabled(action.isEnabled())
        button.setToolTip(action.toolTip())

    action.changed.connect(follow)
    follow()
    return button
