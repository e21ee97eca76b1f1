"""One editor for each kind of field; the kind is read from the field's JSON schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QSpinBox, QWidget

from widgets.forms.text import Schema, from_text, is_sides, is_whole, to_text, without_null
from widgets.theme import monospace

AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
"""What the numbers of a field are called that has one for each spatial axis."""

MAX_TEXT = 80
MAX_LIST = 4_000
"""Letters of a list of numbers: what is cut off would be read as other numbers."""

_WHOLE = re.compile(r"-?\d{1,18}")


@dataclass(frozen=True)
class Editor:
    """What edits one field.

    Attributes:
        widget: stands in the row.
        controls: take the keyboard.
        show: puts a value in, without echo.
        read: what stands there now, as pydantic takes it.
        wide: whether it needs the whole width, below the field's name.
        parts: what the controls are called, where there are several.
    """

    widget: QWidget
    controls: tuple[QWidget, ...]
    show: Callable[[Any], None]
    read: Callable[[], object]
    wide: bool = False
    parts: tuple[str, ...] = ()


def make_editor(schema: Schema, edited: Callable[[], None]) -> Editor:
    """The editor for a field's schema; it calls `edited` when the user changes something."""
    kind, optional = without_null(schema)
    if "enum" in kind:
        return _choice(kind["enum"], edited)
    if kind.get("type") == "boolean":
        return _check_box(edited)
    if "enum" in kind.get("items", {}):
        return _several(kind["items"]["enum"], edited)
    if kind.get("type") == "integer" and not optional:
        return _number(kind, edited)
    if "prefixItems" in kind and not optional and not is_sides(kind) and is_whole(kind):
        return _axes(kind, edited)
    return _text(schema, optional, edited)


def _choice(options: list[str], edited: Callable[[], None]) -> Editor:
    box = QComboBox()
    box.addItems(options)
    box.setFont(monospace(12))
    box.setMinimumContentsLength(5)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.view().setMinimumWidth(box.view().sizeHintForColumn(0) + 24)
    box.currentTextChanged.connect(lambda _text: edited())

    def show(value: str) -> None:
        with QSignalBlocker(box):
            box.setCurrentText(value)

    return Editor(box, (box,), show, box.currentText)


def _check_box(edited: Callable[[], None]) -> Editor:
    box = QCheckBox()

    def show(value: bool) -> None:
        with QSignalBlocker(box):
            box.setChecked(value)
        name_state()

    def name_state() -> None:
        box.setText("on" if box.isChecked() else "off")

    box.toggled.connect(name_state)
    box.toggled.connect(lambda _checked: edited())
    return Editor(box, (box,), show, box.isChecked)


def _several(options: list[str], edited: Callable[[], None]) -> Editor:
    """A check box for each of the values that a list may hold, in two columns; the list is in their order."""
    boxes = tuple(QCheckBox(option) for option in options)
    widget = QWidget()
    grid = QGridLayout(widget)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(4)
    grid.setVerticalSpacing(0)
    widget.setStyleSheet("QCheckBox { font-size: 11px; spacing: 5px; }")
    for index, box in enumerate(boxes):
        box.setFont(monospace(11))
        grid.addWidget(box, index // 2, index % 2)
        box.toggled.connect(lambda _checked: edited())

    def show(value: Iterable[str]) -> None:
        for box in boxes:
            with QSignalBlocker(box):
                box.setChecked(box.text() in value)

    return Editor(
        widget, boxes, show, lambda: tuple(box.text() for box in boxes if box.isChecked()), True, tuple(options)
    )


class NumberBox(QSpinBox):
    """A spin box that lets anything be typed, so that what is refused can be said instead of silently altered.

    What is no whole number in its range stays until Enter or until the box is left; then the last value is back.

    Signals:
        edited: what stands there is another.
    """

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._told = self.value()
        self.lineEdit().textEdited.connect(self.edited)
        self.valueChanged.connect(self._tell_new_value)

    def entry(self) -> int | str:
        """The number, or the text that is none."""
        text = self.text().strip()
        return int(text) if _WHOLE.fullmatch(text) else text

    def show_value(self, value: int) -> None:
        """Put a value in without a signal."""
        with QSignalBlocker(self):
            self.setValue(value)
        self._told = value

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        entry = text.strip()
        fits = bool(_WHOLE.fullmatch(entry)) and self.minimum() <= int(entry) <= self.maximum()
        return (QValidator.State.Acceptable if fits else QValidator.State.Intermediate), text, position

    def _tell_new_value(self, value: int) -> None:
        if value != self._told:  # Enter repeats the old value after a refused one, whose refusal must stay
            self._told = value
            self.edited.emit()


def make_spin_box(minimum_width: int = 40) -> NumberBox:
    """A number box in the house's style: monospace, no arrows."""
    box = NumberBox()
    box.setFont(monospace(12))
    box.lineEdit().setTextMargins(7, 0, 0, 0)  # a style sheet's padding does not reach a spin box's text
    box.setMinimumWidth(minimum_width)
    box.setAccelerated(True)
    return box


def _spin_box(schema: Schema, edited: Callable[[], None]) -> NumberBox:
    box = make_spin_box()
    low = schema.get("minimum", schema.get("exclusiveMinimum", -(2**31)) + 1)
    high = schema.get("maximum", schema.get("exclusiveMaximum", 2**31) - 1)
    box.setRange(int(low), int(high))
    box.edited.connect(edited)
    return box


def _number(schema: Schema, edited: Callable[[], None]) -> Editor:
    box = _spin_box(schema, edited)
    return Editor(box, (box,), box.show_value, box.entry)


def _axes(schema: Schema, edited: Callable[[], None]) -> Editor:
    """One number for each spatial axis, side by side."""
    boxes = tuple(_spin_box(item, edited) for item in schema["prefixItems"])
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    for index, box in enumerate(boxes):
        if index:
            layout.addWidget(QLabel("×"), 0, Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(box, 1)

    def show(value: tuple[int, ...]) -> None:
        for box, size in zip(boxes, value, strict=True):
            box.show_value(size)

    return Editor(
        row, boxes, show, lambda: tuple(box.entry() for box in boxes), parts=AXES[len(boxes)] if len(boxes) > 1 else ()
    )


def _text(schema: Schema, optional: bool, edited: Callable[[], None]) -> Editor:
    line = QLineEdit()
    line.setFont(monospace(12))
    line.setMaxLength(schema.get("maxLength", MAX_LIST if without_null(schema)[0].get("type") == "array" else MAX_TEXT))
    line.setMinimumWidth(40)
    if optional:
        line.setPlaceholderText("automatic" if "prefixItems" in without_null(schema)[0] else "none")
    line.textChanged.connect(lambda _text: edited())

    def show(value: object) -> None:
        with QSignalBlocker(line):
            line.setText(to_text(value))
            line.setCursorPosition(0)

    return Editor(line, (line,), show, lambda: from_text(line.text(), schema))
