"""`MessageBar`: a sentence above the pages, with what can be done about it; nothing pops up over the work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from widgets.flow_layout import FlowLayout
from widgets.theme import set_property

ICONS = {"bad": "⚠", "warn": "⚠", "ok": "✓"}
LEVELS = ("bad", "warn", "ok")
"""The worst first."""

MOST_WAITING = 4
MOST_BESIDE = 36
"""Letters on all buttons together that stand beside the text; more of them stand below it, in lines."""

Choice = tuple[str, Callable[[], object]]


@dataclass(frozen=True)
class Message:
    """A sentence, how bad it is, and what can be done."""

    text: str
    level: str
    choices: tuple[Choice, ...]
    lasting: bool = False


class MessageBar(QFrame):
    """Shows the latest message; hidden while there is none. Errors and questions wait behind newer ones.

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
        self._beside, self._below = QHBoxLayout(), FlowLayout()
        self._beside.setSpacing(8)
        self._below.setContentsMargins(22, 0, 0, 0)
        close = QToolButton()
        close.setText("✕")
        close.setProperty("role", "flat")
        close.setAccessibleName("Close this message")
        close.clicked.connect(self.clear)
        close.clicked.connect(self.dismissed)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        row.addLayout(self._beside)
        row.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 8, 8)
        column.setSpacing(0)
        column.addLayout(row)
        column.addLayout(self._below)
        self._shown: Message | None = None
        self._waiting: list[Message] = []
        self.hide()

    @property
    def text(self) -> str:
        return self._text.text() if not self.isHidden() else ""

    def show_message(
        self, text: str, level: str = "bad", choices: Sequence[Choice] = (), lasting: bool = False
    ) -> None:
        """Show a sentence. `level` is ok, warn or bad; each choice is a button that also closes the message.

        A lasting one is not about the project that is open now: it stays until the user answers it.
        """
        if self._shown is not None and (self._shown.choices or self._shown.level == "bad"):
            self._waiting.append(self._shown)
        message = Message(text, level, tuple(choices), lasting)
        self._waiting = [other for other in self._waiting if other != message][-MOST_WAITING:]
        self._show(message)

    def add(self, text: str, level: str, choices: Sequence[Choice] = ()) -> None:
        """Say more about what the message that is shown tells: one message, with what can be done about both."""
        before = self._shown
        if before is None:
            self.show_message(text, level, choices)
            return
        worse = min(before.level, level, key=LEVELS.index)
        self._show(Message(f"{before.text} {text}", worse, (*before.choices, *choices), before.lasting))

    def _show(self, message: Message) -> None:
        self._drop_choices()
        self._shown = message
        self._icon.setText(ICONS[message.level])
        for widget in (self._icon, self):
            set_property(widget, "level", message.level)
        self._text.setText(message.text)
        letters = sum(len(label) for label, _ in message.choices)
        choices: QLayout = self._beside if letters <= MOST_BESIDE else self._below
        self._below.setContentsMargins(22, 4 if choices is self._below else 0, 0, 0)
        for label, act in message.choices:
            button = QPushButton(label)
            button.setProperty("role", "repair")
            button.clicked.connect(self.clear)
            button.clicked.connect(lambda _checked=False, act=act: act())
            choices.addWidget(button)
        self.show()

    def clear(self) -> None:
        """Take the message away; one that waited behind it comes back."""
        self._drop_choices()
        self._shown = None
        if self._waiting:
            self._show(self._waiting.pop())
        else:
            self.hide()

    def clear_all(self) -> None:
        """Take every message away but lasting ones, which still want an answer."""
        self._waiting = [message for message in self._waiting if message.lasting]
        if self._shown is not None and not self._shown.lasting:
            self.clear()

    def withdraw(self, text: str) -> None:
        """Take one message away, wherever it is, with what was added to it: it is not true any more."""
        self._waiting = [message for message in self._waiting if not _begins(message, text)]
        if self._shown is not None and _begins(self._shown, text):
            self.clear()

    def _drop_choices(self) -> None:
        for layout in (self._beside, self._below):
            while (item := layout.takeAt(0)) is not None:
                widget = item.widget()
                if widget is not None:
                    widget.hide()
                    widget.deleteLater()


def _begins(message: Message, text: str) -> bool:
    return message.text == text or message.text.startswith(f"{text} ")
