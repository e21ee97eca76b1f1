"""`Form`: edits one frozen pydantic model, field by field, and never holds a value that the model refuses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count

from pydantic import BaseModel, ValidationError
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from models.blocks import Block
from widgets.forms.editors import AXES, Editor, make_editor
from widgets.forms.text import Schema, expected_text, to_text
from widgets.theme import monospace, set_property

ROW_HEIGHT = 28
_sessions = count(1)
_PASSING = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
"""Focus that comes back from a menu or another window goes on with the same editing."""


@dataclass(frozen=True)
class _Row:
    schema: Schema
    editor: Editor
    message: QLabel


class Form(QWidget):
    """One row for each field: its name, its editor, and below it what is wrong or worth knowing.

    Args:
        fields: those to show, in this order; all that the model has to show where they are not given.

    Signals:
        edited(field, value, session): a new value that the model accepts. The session is the same for one uninterrupted
            editing of one field, so that the ticks of a spin box can be undone as one.
    """

    edited = Signal(str, object, str)

    def __init__(self, model: BaseModel, parent: QWidget | None = None, *, fields: Sequence[str] | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._notes: dict[str, str] = {}
        self._session, self._session_field = "", ""
        self._rows: dict[str, _Row] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(0, 108)
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

    def set_field_enabled(self, name: str, enabled: bool) -> None:
        """Grey a field out where another field makes it meaningless."""
        self._rows[name].editor.widget.setEnabled(enabled)

    def refusal(self, name: str) -> str:
        """What is said about a value that was refused; empty when the field is fine."""
        message = self._rows[name].message
        return message.text() if message.property("role") == "bad" else ""

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
        help_text = schema.get("description", "")
        editor = make_editor(schema, lambda: self._take(name))
        label = QLabel(name)
        label.setFont(monospace(11))
        label.setProperty("role", "dim")
        label.setBuddy(editor.controls[0])
        label.setToolTip(help_text)
        editor.widget.setToolTip(help_text)
        for index, control in enumerate(editor.controls):
            axis = f", {AXES[len(editor.controls)][index]}" if len(editor.controls) > 1 else ""
            control.setAccessibleName(f"{name}{axis}")
            control.setAccessibleDescription(help_text)
            control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            control.setFixedHeight(ROW_HEIGHT)
            control.installEventFilter(self)
        message = QLabel()
        message.setWordWrap(True)
        message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        message.hide()
        line = grid.rowCount()
        grid.addWidget(label, line, 0)
        grid.addWidget(editor.widget, line, 1)
        grid.addWidget(message, line + 1, 0, 1, 2)
        return _Row(schema, editor, message)

    def _show(self, names: Iterable[str]) -> None:
        for name in names:
            self._rows[name].editor.show(getattr(self._model, name))
            self._accept(name)

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


@cache
def _schemas(kind: type[BaseModel]) -> dict[str, Schema]:
    """What each field of a class takes; to find out takes longer than to build most of a form."""
    schemas: dict[str, Schema] = kind.model_json_schema()["properties"]
    return schemas


def _field_names(model: BaseModel) -> tuple[str, ...]:
    return model.form_fields() if isinstance(model, Block) else tuple(type(model).model_fields)
