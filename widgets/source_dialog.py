"""`SourceDialog`: the settings of any kind of data set, as a form that its class states."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from models.data.sources import Source
from widgets.choice_dialog import ChoiceDialog
from widgets.forms import Form

WIDTH, EMPTY_HEIGHT, FIELD_HEIGHT, MOST_FIELDS = 520, 210, 62, 6
"""Pixels, so that the first fields are seen without scrolling."""

NOTES = "QLabel[wordWrap='true'] { padding-bottom: 7px; qproperty-indent: 0; }"
"""Each field's help is nearer to its own field than to the next one."""


class SourceDialog(ChoiceDialog):
    """Shows what a kind of data set is, lets its fields be edited, and says what they lead to.

    Signals:
        choice_changed(source): the source with an edit; `set_facts` or `set_error` answers.
    """

    def __init__(self, source: Source, parent: QWidget | None = None) -> None:
        fields = type(source).model_fields
        height = EMPTY_HEIGHT + FIELD_HEIGHT * min(len(fields), MOST_FIELDS)
        super().__init__("Use this data", QSize(WIDTH, height), parent)
        self.setObjectName("sourceDialog")
        self.setWindowTitle(source.title)
        self._title.setText(source.title)
        self._summary.setText(source.summary)
        self._form = Form(source)
        self._form.setStyleSheet(NOTES)
        for name, field in fields.items():
            self._form.set_note(name, field.description or "")
        self._form.focus_first()
        self._form.edited.connect(lambda _field, _value, _session: self._tell())
        self._body.addWidget(self._form)
        self._body.addStretch(1)
        self._wait()

    @property
    def source(self) -> Source:
        """The source as it is chosen."""
        source = self._form.model
        assert isinstance(source, Source)
        return source

    @property
    def form(self) -> Form:
        """The form of its fields."""
        return self._form

    def set_source(self, source: Source) -> None:
        """Show another source of the same class; it has yet to be looked at."""
        self._form.set_model(source)
        self._wait()

    def set_facts(self, text: str) -> None:
        """Say what will be read, and let it be taken."""
        self._say(text, "")
        self.set_accept_enabled(True)

    def set_error(self, text: str) -> None:
        """Say why the choice cannot be used."""
        self._say(text, "bad")
        self.set_accept_enabled(False)

    def _tell(self) -> None:
        self._wait()
        self.choice_changed.emit(self.source)
