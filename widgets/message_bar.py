"""`MessageBar`: a sentence above the pages, with what can be done about it; nothing pops up over the work."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

ICONS = {"bad": "⚠", "warn": "⚠", "ok": "✓"}
Choice = tuple[str, Callable[[], object]]


class MessageBar(QFrame):
    """Shows one message at a time, the latest; hidden while there is none.

    Signals:
        dismissed: the user closed the message.
    """

    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messageBar")
        self.setProperty("role", "message")
        self._icon = QLabel()
        self._text = QLabel()
        self._text.setObjectName("messageText")
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._choices = QHBoxLayout()
        close = QToolButton()
        close.setText("✕")
        close.setProperty("role", "flat")
        close.setAccessibleName("Close this message")
        close.clicked.connect(self.clear)
        close.clicked.connect(self.dismissed)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(8)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        row.addLayout(self._choices)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    @property
    def text(self) -> str:
        return self._text.text() if not self.isHidden() else ""

    def show_message(self, text: str, level: str = "bad", choices: Sequence[Choice] = ()) -> None:
        """Show a sentence. `level` is ok, warn or bad; each choice is a button that also closes the message."""
        self.clear()
        self._icon.setText(ICONS[level])
        for widget in (self._icon, self):
            widget.setProperty("level", level)
            widget.style().unpolish(widget)
            widget.style().polish(widget)
        self._text.setText(text)
        for label, act in choices:
            button = QPushButton(label)
            button.clicked.connect(self.clear)
            button.clicked.connect(act)
            self._choices.addWidget(button)
        self.show()

    def clear(self) -> None:
        """Hide the message."""
        while (item := self._choices.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.hide()
