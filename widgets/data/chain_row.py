"""`StepRow`: one step of a chain, which opens to show its settings."""

from __future__ import annotations

from itertools import count, pairwise

import numpy as np
from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from models.blocks import Shape
from models.data.steps import Step
from widgets.data.class_colors import plain_tip
from widgets.data.elided import ElidedLabel
from widgets.forms import Form
from widgets.theme import DARK, Theme

HEADER = 32
HANDLE = 20
MEASURED = ("mean", "variance", "measured_on")
"""Fields of steps that are measured on the training samples: nobody types them."""

_numbers = count(1)


class StepRow(QWidget):
    """Handle, title, settings in short, and buttons; below them, when open, the form of the step's fields.

    Keys: Enter opens and closes, Alt with Up and Down moves, Up and Down go to other rows, Del removes.

    Signals:
        step_edited(Step, field, session): a setting was changed.
        measuring_requested: what was measured is to be measured again.
        removal_requested: the step is to go.
        move_requested(by): the step is to go up (−1) or down (1).
        neighbour_requested(by): the keyboard is to go to the row above (−1) or below (1).
        dragged(QPoint), dropped(QPoint), drag_cancelled: the row follows the pointer; places of the screen.
    """

    step_edited = Signal(object, str, str)
    measuring_requested = Signal()
    removal_requested = Signal()
    move_requested = Signal(int)
    neighbour_requested = Signal(int)
    dragged = Signal(QPoint)
    dropped = Signal(QPoint)
    drag_cancelled = Signal()

    def __init__(self, step: Step, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stepRow")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._theme = DARK
        self._step = step
        self._number = next(_numbers)
        self._pressed_at: QPoint | None = None
        self._dragging = False
        self._place = (0, 1)
        self.form: Form | None = None
        self._again: QPushButton | None = None
        measured = MEASURED if hasattr(step, "is_measured") else ()
        self._fields = tuple(name for name in type(step).model_fields if name not in measured)
        self._title = QLabel(step.title)
        self._text = ElidedLabel(role="dim")
        self._text.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
        for shown in (self._title, self._text):
            shown.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.fold_button = _small_button("▸", f"Settings of {step.title}")
        self.fold_button.clicked.connect(self.toggle)
        self.remove_button = _small_button("✕", f"Remove {step.title}  (Del)")
        self.remove_button.clicked.connect(self.removal_requested)
        header = QHBoxLayout()
        header.setContentsMargins(HANDLE + 4, 0, 4, 0)
        header.setSpacing(4)
        header.addWidget(self.fold_button)
        header.addWidget(self._title)
        header.addSpacing(4)
        header.addWidget(self._text, 1)
        header.addWidget(self.remove_button)
        self._note = QLabel(wordWrap=True)
        self._note.setProperty("role", "dim")
        self._note.setContentsMargins(HANDLE + 8, 0, 12, 8)
        self._body = QWidget()
        self._body.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        top = QWidget()
        top.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, False)
        top.setFixedHeight(HEADER)
        top.setLayout(header)
        column.addWidget(top)
        column.addWidget(self._note)
        column.addWidget(self._body)
        self.set_note("")
        self._show_step()

    # --- what is shown ----------------------------------------------------------------------------------------------
    @property
    def step(self) -> Step:
        return self._step

    @property
    def is_open(self) -> bool:
        return not self._body.isHidden()

    @property
    def note(self) -> str:
        """Why samples pass this step as they are; empty where they do not."""
        return self._note.text().removeprefix("ℹ  ")

    def set_step(self, step: Step) -> None:
        """Show another value of the same step."""
        if step != self._step:
            self._step = step
            if self.form is not None:
                self.form.set_model(step)
            self._show_step()

    def set_note(self, text: str) -> None:
        """Dim the row and say why; empty for a step that does something."""
        self._note.setText(f"ℹ  {text}" if text else "")
        self._note.setVisible(bool(text))
        self._title.setEnabled(not text)
        self._text.setEnabled(not text)
        self._describe()

    def set_place(self, place: int, of: int) -> None:
        """Where the step stands, from 0, for assistive tools."""
        self._place = (place, of)
        self._describe()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_dragging(self, dragging: bool) -> None:
        """Show the row as lifted out of its place."""
        self._dragging = dragging
        self.update()

    def toggle(self) -> None:
        """Open or close the settings."""
        self.set_open(not self.is_open)

    def set_open(self, opened: bool) -> None:
        """Show or hide the settings."""
        if opened and self._body.layout() is None:
            self._build_body()
        self._body.setVisible(opened)
        self.fold_button.setText("▾" if opened else "▸")
        self.fold_button.setAccessibleName(f"{'Hide' if opened else 'Show'} settings of {self._step.title}")
        self.updateGeometry()

    def focus_order(self) -> tuple[QWidget, ...]:
        """What the Tab key goes through, in this order."""
        controls = (
            [control for name in self._fields for control in self.form.editor(name).controls] if self.form else []
        )
        again = (self._again,) if self._again is not None else ()
        return (self, self.fold_button, *controls, *again, self.remove_button)

    def header_pixmap_size(self) -> QSize:
        """The size of the part that follows the pointer in a drag."""
        return QSize(self.width(), HEADER)

    # --- inside -----------------------------------------------------------------------------------------------------
    def _build_body(self) -> None:
        column = QVBoxLayout(self._body)
        column.setContentsMargins(HANDLE + 8, 0, 12, 12)
        column.setSpacing(8)
        summary = QLabel(self._step.summary, wordWrap=True)
        summary.setProperty("role", "dim")
        summary.setMinimumWidth(1)
        column.addWidget(summary)
        if self._fields:
            self.form = Form(self._step, fields=self._fields)
            self.form.edited.connect(self._take)
            self._settle_fields()
            column.addWidget(self.form)
        elif not self._is_measured_kind:
            column.addWidget(_dim("There is nothing to set."))
        if self._is_measured_kind:
            self._statistics = _dim("")
            self._again = QPushButton("Measure again")
            self._again.setProperty("role", "repair")
            self._again.setToolTip("Forget these numbers; they are measured anew on the training samples.")
            self._again.clicked.connect(self.measuring_requested)
            column.addWidget(self._statistics)
            column.addWidget(self._again, 0, Qt.AlignmentFlag.AlignLeft)
            self._show_statistics()
        order = self.focus_order()
        for before, behind in pairwise(order):
            QWidget.setTabOrder(before, behind)

    @property
    def _is_measured_kind(self) -> bool:
        return hasattr(self._step, "is_measured")

    def _take(self, field: str, _value: object, session: str) -> None:
        assert self.form is not None
        assert isinstance(self.form.model, Step)
        self._step = self.form.model
        self._show_step()
        self._settle_fields()
        self.step_edited.emit(self._step, field, f"step {self._number} {session}")

    def _show_step(self) -> None:
        self._text.set_words(self._step.text)
        tip = plain_tip("\n".join(filter(None, (self._step.summary, self._step.text))))
        self.setToolTip(tip)
        if self._is_measured_kind and self._body.layout() is not None:
            self._show_statistics()
        self._describe()

    def _settle_fields(self) -> None:
        """A value to fill in counts in one fill mode only."""
        fields = type(self._step).model_fields
        if self.form is not None and "fill_mode" in fields and "fill_value" in fields:
            self.form.set_field_enabled("fill_value", getattr(self._step, "fill_mode", "") == "constant")

    def _show_statistics(self) -> None:
        step = self._step
        known = bool(getattr(step, "is_measured", False))
        assert self._again is not None
        self._again.setVisible(known)
        if not known:
            self._statistics.setText("Measured on the training samples when training begins.")
            return
        mean, variance = getattr(step, "mean", ()), getattr(step, "variance", ())
        deviations = np.sqrt(np.asarray(variance, np.float64))
        pairs = [f"{m:.4g} ± {d:.4g}".replace("-", "−") for m, d in zip(mean[:8], deviations, strict=False)]
        rest = f" and {len(mean) - 8:,} more channels" if len(mean) > 8 else ""
        self._statistics.setText(f"Measured mean ± deviation: {', '.join(pairs)}{rest}")

    def _describe(self) -> None:
        place, of = self._place
        settings = f", {self._step.text}" if self._step.text else ""
        self.setAccessibleName(f"{self._step.title}{settings}, step {place + 1} of {of}")
        help_text = "Enter opens its settings, Alt with Up or Down moves it, Del removes it."
        self.setAccessibleDescription(" ".join(filter(None, (self.note, self._step.summary, help_text))))

    # --- events -----------------------------------------------------------------------------------------------------
    def keeps_key(self, key: int) -> bool:
        """Whether a key that the window has a shortcut for is this row's: Del, and Esc while it is dragged."""
        return self.hasFocus() and (key == Qt.Key.Key_Delete or (key == Qt.Key.Key_Escape and self._dragging))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        key = Qt.Key(event.key())
        if not self.hasFocus():
            super().keyPressEvent(event)  # a key that an editor in the form did not want means nothing here
        elif key in steps and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.move_requested.emit(steps[key])
        elif key in steps:
            self.neighbour_requested.emit(steps[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.toggle()
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_Left):
            self.set_open(key == Qt.Key.Key_Right)
        elif key == Qt.Key.Key_Delete:
            self.removal_requested.emit()
        elif key == Qt.Key.Key_Escape and self._pressed_at is not None:
            self._pressed_at = None
            self.drag_cancelled.emit()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        on_header = event.position().y() < HEADER
        if event.button() == Qt.MouseButton.LeftButton and on_header:
            self._pressed_at = event.globalPosition().toPoint()
            self.setFocus(Qt.FocusReason.MouseFocusReason)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is None:
            return
        point = event.globalPosition().toPoint()
        if self._dragging or (point - self._pressed_at).manhattanLength() >= QApplication.startDragDistance():
            self.dragged.emit(point)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self._pressed_at = None
        if self._dragging:
            self.dropped.emit(event.globalPosition().toPoint())
        else:
            self.toggle()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._theme
        border = "accent" if self.hasFocus() else "dim" if self.underMouse() else "line"
        painter.setPen(theme.color(border))
        painter.setBrush(theme.color("background" if self._dragging else "raised"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("dim", 230 if self.underMouse() else 140))
        for column in range(2):
            for row in range(3):
                painter.drawEllipse(QRectF(9 + column * 5, HEADER / 2 - 7 + row * 5, 3, 3))
        painter.end()


def _small_button(text: str, name: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setProperty("role", "flat")
    button.setAccessibleName(name)
    button.setToolTip(name)
    button.setStyleSheet("padding: 0;")
    button.setFixedSize(24, 24)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def _dim(text: str) -> QLabel:
    label = QLabel(text, wordWrap=True)
    label.setProperty("role", "dim")
    label.setMinimumWidth(1)
    return label


def note_of(step: Step, shape: Shape | None) -> str:
    """Why samples of a shape pass a step as they are; empty where they do not or where the shape is not known."""
    return step.note(shape) if shape else ""
