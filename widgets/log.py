"""`LogPanel`: what happened, newest last."""

from __future__ import annotations

from datetime import datetime
from html import escape

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from widgets.theme import DARK, Theme, monospace

MAX_LINES = 2000
WORDS = {"warn": "warning: ", "bad": "error: "}


class LogPanel(QWidget):
    """Lines with their time; the oldest go when there are too many."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("log")
        self._theme = DARK
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setMaximumBlockCount(MAX_LINES)
        self._text.setFont(monospace(11))
        self._text.setAccessibleName("Log")
        self._text.setPlaceholderText("Nothing has happened yet.")
        copy, clear = QPushButton("Copy all"), QPushButton("Clear")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text()))
        clear.clicked.connect(self._text.clear)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(copy)
        buttons.addWidget(clear)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 8)
        layout.setSpacing(8)
        layout.addWidget(self._text, 1)
        layout.addLayout(buttons)

    def append(self, time: datetime, text: str, level: str = "info") -> None:
        """Add an entry; `level` is info, ok, warn or bad, and the last two are said in words."""
        color = self._theme.color("text" if level == "info" else level).name()
        body = escape(WORDS.get(level, "") + text).replace("\n", "<br>&nbsp;&nbsp;")
        stamp = f'<span style="color:{self._theme.dim}">{time:%H:%M:%S}</span>'
        self._text.appendHtml(f'{stamp}&nbsp;&nbsp;<span style="color:{color}">{body}</span>')

    def text(self) -> str:
        """Everything in the log."""
        return self._text.toPlainText().replace("\N{NO-BREAK SPACE}", " ")

    def set_theme(self, theme: Theme) -> None:
        """Colours of the entries to come."""
        self._theme = theme
