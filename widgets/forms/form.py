"""`Form`: edits one frozen pydantic model, field by field, and never holds a value that the model refuses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count

from pydantic import BaseModel, ValidationError
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from models.blocks import Block
from widgets.forms.editors import Editor, make_editor
from widgets.forms.text import Schema, expected_text, to_text
from widgets.theme import monospace, set_property

ROW_HEIGHT = 28
NAME_LETTERS = 18
"""Longer names break behind an underscore."""

GUTTER = 16
"""Pixels at the left of a form with defaults, for the buttons that put fields back."""

NAME_WIDTH, WIDE_NAME_WIDTH = 108, 120
_GAP = 12
_RESET, _LABEL, _EDITOR = range(3)
_sessions = count(1)
_PASSING = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
"""Focus that comes back from a menu or another window goes on with the same editing."""


@dataclass(frozen=True)
class _Row:
    schema: Schema
    editor: Editor
    label: QLabel
    message: QLabel
    reset: QToolButton | None
    line: int


class Form(QWidget):
    """One row for each field: its name, its editor, and below it what is wrong or worth knowing.

    Args:
        fields: those to show, in this order; all that the model has to show where they are not given.
        defaults: what every field can be put back to, with a button that stands beside those that differ.

    Signals:
        edited(field, value, session): a new value that the model accepts. The session is the same for one uninterrupted
            editing of one field, so that the ticks of a spin box can be undone as one.
    """

    edited = Signal(str, object, str)

    def __init__(
        self,
        model: BaseModel,
        parent: QWidget | None = None,
        *,
        fields: Sequence[str] | None = None,
        defaults: BaseModel | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._defaults = defaults
        self._notes: dict[str, str] = {}
        self._session, self._session_field = "", ""
        self._rows: dict[str, _Row] = {}
        grid = self._grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(0)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(_EDITOR, 1)
        grid.setColumnMinimumWidth(_RESET, GUTTER if defaults is not None else 0)
        grid.setColumnMinimumWidth(_LABEL, (WIDE_NAME_WIDTH if defaults is not None else NAME_WIDTH) + _GAP)
        properties = _schemas(type(model))
        for name in _field_names(model) if fields is None else fields:
            self._rows[name] = self._add_row(grid, name, properties[name])
        self._show(self._rows)

    @property
    def model(self) -> BaseModel:
        """The model with every accepted edit."""
        return self._model

    def set_model(self, model: BaseModel) -> None:
        """Show another value of the same class. A field that has not changed keeps its text, half typed or not."""
        changed = [name for name in self._rows if getattr(model, name) != getattr(self._model, name)]
        self._model = model
        self._show(changed)

    def set_note(self, name: str, text: str) -> None:
        """A quiet line below a field; empty for none."""
        self._notes[name] = text
        if not self.refusal(name):
            self._say(name, text, "dim")

    def set_field_enabled(self, name: str, enabled: bool, reason: str = "") -> None:
        """Grey a field out where another field makes it meaningless; the tooltip gives the reason."""
        row = self._rows[name]
        row.editor.widget.setEnabled(enabled)
        row.label.setEnabled(enabled)
        help_text = row.schema.get("description", "")
        self._explain(row, help_text if enabled or not reason else f"{help_text}\n{reason}")

    def place_beside(self, name: str, widget: QWidget) -> None:
        """Put something, such as a button, behind a field's editor."""
        row = self._rows[name]
        self._grid.removeWidget(row.editor.widget)
        both = QHBoxLayout()
        both.setSpacing(4)
        both.addWidget(row.editor.widget, 1)
        both.addWidget(widget)
        self._grid.addLayout(both, row.line, _EDITOR)

    def reset_field(self, name: str) -> None:
        """Put a field back to its default, as an edit of its own."""
        assert self._defaults is not None
        value = getattr(self._defaults, name)
        if value != getattr(self._model, name):
            self._session_field = ""
            self._model = type(self._model).model_validate({**dict(self._model), name: value})
            self._show((name,))
            self.edited.emit(name, value, self._session_id(name))
            self._session_field = ""
            self._rows[name].editor.controls[0].setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self._show((name,))  # what stands there may be no value at all

    def refusal(self, name: str) -> str:
        """What is said about a value that was refused; empty when the field is fine."""
        message = self._rows[name].message
        return message.text() if message.property("role") == "bad" else ""

    def has_field(self, name: str) -> bool:
        """Whether a field stands in this form."""
        return name in self._rows

    def editor(self, name: str) -> Editor:
        """The editor of a field."""
        return self._rows[name].editor

    def set_read_only(self, read_only: bool) -> None:
        """Show every value and take no edit."""
        for row in self._rows.values():
            row.editor.widget.setEnabled(not read_only)

    def focus_first(self) -> None:
        """Put the keyboard on the first field."""
        for row in list(self._rows.values())[:1]:
            row.editor.controls[0].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the wheel for scrolling the panel, and see where an editing session begins."""
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        if isinstance(event, QFocusEvent) and event.gotFocus() and event.reason() not in _PASSING:
            self._session_field = ""
        return False

    def _add_row(self, grid: QGridLayout, name: str, schema: Schema) -> _Row:
        editor = make_editor(schema, lambda: self._take(name))
        label = QLabel(breakable(name))
        label.setFont(monospace(11))
        label.setProperty("role", "dim")
        label.setBuddy(editor.controls[0])
        label.setContentsMargins(0, 0, _GAP, 0)
        parts = editor.parts or ("",)
        for part, control in zip(parts, editor.controls, strict=True):
            control.setAccessibleName(f"{name}, {part}" if part else name)
            control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            control.setFixedHeight(ROW_HEIGHT)
            control.installEventFilter(self)
        message = QLabel()
        message.setWordWrap(True)
        message.setContentsMargins(0, 0, 0, 4)
        message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        message.hide()
        line = grid.rowCount()
        grid.addWidget(label, line, _LABEL)
        if editor.wide:
            grid.addWidget(editor.widget, line + 1, _LABEL, 1, 2)
        else:
            grid.addWidget(editor.widget, line, _EDITOR)
        grid.addWidget(message, line + 2, _LABEL, 1, 2)
        row = _Row(schema, editor, label, message, self._add_reset(grid, name, line), line)
        self._explain(row, schema.get("description", ""))
        return row

    def _add_reset(self, grid: QGridLayout, name: str, line: int) -> QToolButton | None:
        if self._defaults is None:
            return None
        button = reset_button(f"Put {name} back to {to_text(getattr(self._defaults, name)) or 'none'}")
        button.clicked.connect(lambda: self.reset_field(name))
        grid.addWidget(button, line, _RESET)
        return button

    def _explain(self, row: _Row, text: str) -> None:
        row.label.setToolTip(text)
        row.editor.widget.setToolTip(text)
        for control in row.editor.controls:
            control.setToolTip(text)
            control.setAccessibleDescription(text)

    def _show(self, names: Iterable[str]) -> None:
        for name in names:
            self._rows[name].editor.show(getattr(self._model, name))
            self._accept(name)
            self._mark_changed(name)

    def _mark_changed(self, name: str) -> None:
        """Show the way back to the default where a field differs from it."""
        row = self._rows[name]
        if row.reset is not None:
            changed = getattr(self._model, name) != getattr(self._defaults, name)
            row.reset.setVisible(changed)
            set_property(row.label, "role", "changed" if changed else "dim")

    def _take(self, name: str) -> None:
        row = self._rows[name]
        raw = row.editor.read()
        try:
            model = type(self._model).model_validate({**dict(self._model), name: raw})
        except ValidationError as error:
            self._refuse(name, raw, error)
            return
        self._accept(name)
        value = getattr(model, name)
        if value != getattr(self._model, name):
            self._model = model
            self._mark_changed(name)
            self.edited.emit(name, value, self._session_id(name))

    def _session_id(self, name: str) -> str:
        if name != self._session_field:
            self._session_field, self._session = name, f"{name} {next(_sessions)}"
        return self._session

    def _refuse(self, name: str, raw: object, error: ValidationError) -> None:
        row = self._rows[name]
        first = error.errors(include_url=False)[0]
        expected = expected_text(row.schema)
        if first["type"] == "value_error":  # a rule of the model's own, which it states in words
            expected = str(first["ctx"]["error"])
        received = f"“{to_text(raw)}”" if raw else "nothing"
        kept = to_text(getattr(self._model, name)) or "nothing"
        self._mark(row, True)
        self._say(name, f"Received {received}; expected {expected}. {kept} stays in force.", "bad")

    def _accept(self, name: str) -> None:
        self._mark(self._rows[name], False)
        self._say(name, self._notes.get(name, ""), "dim")

    def _mark(self, row: _Row, invalid: bool) -> None:
        for control in row.editor.controls:
            if bool(control.property("invalid")) != invalid:
                set_property(control, "invalid", invalid)

    def _say(self, name: str, text: str, role: str) -> None:
        message = self._rows[name].message
        set_property(message, "role", role)
        message.setText(text)
        message.setVisible(bool(text))


def breakable(name: str) -> str:
    """A field's name that may go on in a second line where it is long."""
    if len(name) <= NAME_LETTERS:
        return name
    parts, lines = name.split("_"), [""]
    for index, part in enumerate(parts):
        piece = f"{part}_" if index < len(parts) - 1 else part
        if lines[-1] and len(lines[-1]) + len(piece) > NAME_LETTERS:
            lines.append("")
        lines[-1] += piece
    return "\n".join(lines)


def reset_button(tip: str) -> QToolButton:
    """A small button that puts something back as it was; hidden at first."""
    button = QToolButton()
    button.setText("↺")
    button.setProperty("role", "flat")
    button.setStyleSheet("padding: 0; font-size: 13px;")
    button.setFixedSize(GUTTER, ROW_HEIGHT)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.hide()
    return button


@cache
def _schemas(kind: type[BaseModel]) -> dict[str, Schema]:
    """What each field of a class takes; to find out takes longer than to build most of a form."""
    schemas: dict[str, Schema] = kind.model_json_schema()["properties"]
    return schemas


def _field_names(model: BaseModel) -> tuple[str, ...]:
    return model.form_fields() if isinstance(model, Block) else tuple(type(model).model_fields)
