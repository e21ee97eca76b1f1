"""`ChainEditor`: the steps of a preparation, in the order in which they are done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from models.blocks import Shape
from models.data.steps import Stage, Step, steps_of
from widgets.data.chain_row import HEADER, StepRow, note_of
from widgets.data.elided import ElidedLabel
from widgets.data.steps_picker import StepPicker
from widgets.theme import DARK, Theme

GAP = 4
SCROLL_PAUSE = 40
"""Milliseconds between the steps by which a drag near an edge scrolls."""

Steps = tuple[Step, ...]

_HELP = {
    Stage.PREPROCESSING: "every sample, in this order",
    Stage.AUGMENTATION: "training samples only, at random",
}
_NONE = {
    Stage.PREPROCESSING: "No steps: samples go into the network as they are stored.",
    Stage.AUGMENTATION: "No steps: every epoch sees the same samples.",
}


class ChainEditor(QWidget):
    """Rows that can be dragged, opened, added and removed.

    Signals:
        chain_edited(steps, text, session): the steps as the user wants them, and what the edit is called. The session
            is the same for one uninterrupted editing of one field, and empty for all else.
    """

    chain_edited = Signal(object, str, str)

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage = stage
        self.setObjectName(f"{stage.value.lower()}Chain")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._theme = DARK
        self._shape: Shape | None = None
        self._rows: list[StepRow] = []
        self._dragged: StepRow | None = None
        self._pointer = QPoint()
        self._heading = heading = QLabel(stage.value.upper())
        heading.setProperty("role", "heading")
        self.add_button = QToolButton()
        self.add_button.setText("Add ▾")
        self.add_button.setObjectName(f"add{stage.value}Button")
        self.add_button.setAccessibleName(f"Add a step: {stage.value.lower()}")
        self.add_button.setToolTip(f"Add a step at the end of the {stage.value.lower()}.")
        self.add_button.clicked.connect(self.open_picker)
        self.picker = StepPicker(steps_of(stage), self)
        self.picker.step_chosen.connect(self._add)
        self._help = ElidedLabel(_HELP[stage], "dim")
        heading.setToolTip(f"Done to {_HELP[stage]}.")
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(heading)
        top.addWidget(self._help)
        top.addStretch(1)
        top.addWidget(self.add_button)
        self._empty = QLabel(_NONE[stage], wordWrap=True)
        self._empty.setProperty("role", "dim")
        self._empty.setMinimumWidth(1)
        self._column = QVBoxLayout()
        self._column.setSpacing(GAP)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(self._empty)
        layout.addLayout(self._column)
        self._indicator = _DropIndicator(self)
        self._ghost = QLabel(self)
        self._ghost.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._ghost.hide()
        self._scrolling = QTimer(self, interval=SCROLL_PAUSE)
        self._scrolling.timeout.connect(self._follow)
        self._settle()

    # --- setters ----------------------------------------------------------------------------------------------------
    def set_chain(self, steps: Sequence[Step], sample_shape: Shape | None) -> None:
        """Show the steps, for samples of this shape where it is known.

        A step that was there before keeps its row: open ones stay open, and a field half typed stays so.
        """
        self._shape = sample_shape
        left = list(self._rows)
        kept = [_taken(left, partial(_shows, step)) for step in steps]
        rows = []
        for step, same in zip(steps, kept, strict=True):
            row = same or _taken(left, partial(_is_of_kind, type(step)))
            rows.append(row or self._make(step))
            rows[-1].set_step(step)
        for row in left:
            self._column.removeWidget(row)
            row.hide()
            row.setParent(None)  # a row that waits for its end must not be there when the chain ends
            row.deleteLater()
        if rows != self._rows:
            for place, row in enumerate(rows):
                self._column.removeWidget(row)
                self._column.insertWidget(place, row)
            self._keep_tab_order(rows)
        self._rows = rows
        self._settle()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.picker.set_theme(theme)
        self._indicator.set_theme(theme)
        for row in self._rows:
            row.set_theme(theme)

    @property
    def steps(self) -> Steps:
        """The steps as they stand."""
        return tuple(row.step for row in self._rows)

    @property
    def rows(self) -> tuple[StepRow, ...]:
        """The steps' rows, from top to bottom."""
        return tuple(self._rows)

    def open_picker(self) -> None:
        """Offer the steps that can be added."""
        button = self.add_button
        self.picker.open_at(QRect(button.mapToGlobal(QPoint(0, 0)), button.size()), self._shape)

    # --- edits ------------------------------------------------------------------------------------------------------
    def move_step(self, source: int, target: int) -> None:
        """Put the step at `source` where the one at `target` stands; beyond the ends nothing happens."""
        if source == target or not (0 <= source < len(self._rows) and 0 <= target < len(self._rows)):
            return
        row = self._rows[source]
        self._apply(moved(self.steps, source, target), f"Move {row.step.type}")
        self._rows[target].setFocus(Qt.FocusReason.OtherFocusReason)

    def remove_step(self, place: int) -> None:
        """Take a step out; the keyboard goes to its neighbour."""
        step = self._rows[place].step
        self._apply((*self.steps[:place], *self.steps[place + 1 :]), f"Remove {step.type}")
        goal = self._rows[min(place, len(self._rows) - 1)] if self._rows else self.add_button
        goal.setFocus(Qt.FocusReason.OtherFocusReason)

    def _add(self, kind: type[Step]) -> None:
        self._apply((*self.steps, kind()), f"Add {kind.__name__}")
        row = self._rows[-1]
        row.set_open(True)
        row.show()  # which the layout does later, and nothing hidden takes the keyboard
        row.setFocus(Qt.FocusReason.OtherFocusReason)
        QTimer.singleShot(0, row, partial(self._reveal, row))

    def _apply(self, steps: Steps, text: str) -> None:
        self._show(steps)
        self.chain_edited.emit(steps, text, "")

    def _show(self, steps: Steps) -> None:
        self.set_chain(steps, self._shape)

    def _changed(self, row: StepRow, _step: Step, field: str, session: str) -> None:
        self._settle()
        self.chain_edited.emit(self.steps, f"Change {field}", f"{self.stage.value.lower()} {session}")

    def _measure(self, row: StepRow) -> None:
        fields = type(row.step).model_fields
        fresh = row.step.replace(**{name: fields[name].default for name in ("mean", "variance", "measured_on")})
        steps = tuple(fresh if other is row else other.step for other in self._rows)
        self._apply(steps, f"Measure {row.step.type} again")

    # --- rows -------------------------------------------------------------------------------------------------------
    def _make(self, step: Step) -> StepRow:
        row = StepRow(step, self)
        row.installEventFilter(self)
        row.set_theme(self._theme)
        row.step_edited.connect(partial(self._changed, row))
        row.measuring_requested.connect(partial(self._measure, row))
        row.removal_requested.connect(lambda: self.remove_step(self._rows.index(row)))
        row.move_requested.connect(lambda by: self.move_step(self._rows.index(row), self._rows.index(row) + by))
        row.neighbour_requested.connect(partial(self._go, row))
        row.dragged.connect(partial(self._drag, row))
        row.dropped.connect(self._drop)
        row.drag_cancelled.connect(self._end_drag)
        return row

    def _go(self, row: StepRow, by: int) -> None:
        place = self._rows.index(row) + by
        if 0 <= place < len(self._rows):
            self._rows[place].setFocus(Qt.FocusReason.TabFocusReason)
            self._reveal(self._rows[place])

    def _settle(self) -> None:
        shape = self._shape
        for place, row in enumerate(self._rows):
            row.set_note(note_of(row.step, shape))
            row.set_place(place, len(self._rows))
            if shape and row.step.applies_to(shape):
                shape = row.step.output_shape(shape, ())
        self._empty.setVisible(not self._rows)
        self.setAccessibleName(f"{self.stage.value}, {len(self._rows)} steps")
        self.updateGeometry()

    def _keep_tab_order(self, rows: list[StepRow]) -> None:
        before: QWidget = self.add_button
        for row in rows:
            for widget in row.focus_order():
                QWidget.setTabOrder(before, widget)
                before = widget

    def _reveal(self, row: StepRow) -> None:
        area = self._scroll_area()
        if area is not None:
            area.ensureWidgetVisible(row, 0, 8)

    def _scroll_area(self) -> QScrollArea | None:
        widget = self.parentWidget()
        while widget is not None and not isinstance(widget, QScrollArea):
            widget = widget.parentWidget()
        return widget if isinstance(widget, QScrollArea) else None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep keys for the rows. Done here, since a row that is deleted later must not handle events in Python."""
        if event.type() != QEvent.Type.ShortcutOverride:
            return False
        kept = isinstance(watched, StepRow) and isinstance(event, QKeyEvent) and watched.keeps_key(event.key())
        if kept:
            event.accept()
        return kept

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Half a sentence beside the heading says nothing."""
        super().resizeEvent(event)
        needed = self._heading.sizeHint().width() + self._help.sizeHint().width() + self.add_button.sizeHint().width()
        self._help.setVisible(self.width() >= needed + 24)

    # --- dragging ---------------------------------------------------------------------------------------------------
    def _drag(self, row: StepRow, point: QPoint) -> None:
        self._pointer = point
        if self._dragged is None:
            self._dragged = row
            picture = row.grab(QRect(QPoint(0, 0), row.header_pixmap_size()))
            faded = QPixmap(picture.size())
            faded.setDevicePixelRatio(picture.devicePixelRatio())
            faded.fill(Qt.GlobalColor.transparent)
            painter = QPainter(faded)
            painter.setOpacity(0.94)
            painter.drawPixmap(0, 0, picture)
            painter.end()
            self._ghost.setPixmap(faded)
            self._ghost.resize(row.header_pixmap_size())
            row.set_dragging(True)
            row.setCursor(Qt.CursorShape.ClosedHandCursor)
            self._scrolling.start()
        self._follow()

    def _follow(self) -> None:
        """The row's picture under the pointer, and a line where it would go."""
        if self._dragged is None:
            return
        area = self._scroll_area()
        body = area.widget() if area is not None else None
        if area is not None and body is not None:
            inside = body.mapFromGlobal(self._pointer)
            area.ensureVisible(0, inside.y(), 0, HEADER)
        y = self.mapFromGlobal(self._pointer).y()
        first, last = self._rows[0].y(), self._rows[-1].geometry().bottom()
        self._ghost.move(self._dragged.x() + 4, min(max(y - HEADER // 2, first - 8), last - HEADER + 8))
        self._ghost.show()
        self._ghost.raise_()
        gap = self.gap_at(y)
        goal = self._rows[gap].y() - GAP // 2 if gap < len(self._rows) else last + 1 + GAP // 2
        self._indicator.show_at(goal, self._dragged.x(), self._dragged.width())

    def gap_at(self, y: int) -> int:
        """The gap between rows at a height: 0 above the first, their number below the last."""
        return sum(y > row.y() + row.height() // 2 for row in self._rows)

    def _drop(self, point: QPoint) -> None:
        row = self._dragged
        self._end_drag()
        if row is not None:
            source, gap = self._rows.index(row), self.gap_at(self.mapFromGlobal(point).y())
            self.move_step(source, gap - 1 if gap > source else gap)

    def _end_drag(self) -> None:
        if self._dragged is not None:
            self._dragged.set_dragging(False)
            self._dragged.unsetCursor()
        self._dragged = None
        self._scrolling.stop()
        self._ghost.hide()
        self._indicator.hide()


class _DropIndicator(QWidget):
    """A line with a ring at its beginning, in the gap where a step would go."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = DARK
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def show_at(self, y: int, x: int, width: int) -> None:
        self.setGeometry(x, y - 4, width, 8)
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("accent"))
        painter.drawRoundedRect(4, 3, self.width() - 4, 2, 1, 1)
        painter.drawEllipse(0, 0, 8, 8)
        painter.setBrush(self._theme.color("panel"))
        painter.drawEllipse(2, 2, 4, 4)
        painter.end()


def moved(steps: Steps, source: int, target: int) -> Steps:
    """The steps with the one at `source` at place `target`."""
    rest = [*steps[:source], *steps[source + 1 :]]
    rest.insert(target, steps[source])
    return tuple(rest)


def _shows(step: Step, row: StepRow) -> bool:
    return row.step == step


def _is_of_kind(kind: type[Step], row: StepRow) -> bool:
    return type(row.step) is kind


def _taken(rows: list[StepRow], fits: Callable[[StepRow], bool]) -> StepRow | None:
    """The first row that fits, taken out of the list."""
    found = next((row for row in rows if fits(row)), None)
    if found is not None:
        rows.remove(found)
    return found
