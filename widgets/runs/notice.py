"""`Notice`: a sentence in the middle of an empty place, and buttons for what can be done."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

BUTTON = 28
WIDTH = 520


class Notice(QWidget):
    """Says a sentence; `choices` are buttons and what they do."""

    def __init__(self, text: str, choices: Sequence[tuple[str, Callable[[], object]]], parent: QWidget | None = None):
        super().__init__(parent)
        self._label = QLabel(text, wordWrap=True)
        self._label.setObjectName("runsNotice")
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._label.setFixedWidth(WIDTH)
        self._buttons = QWidget()
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for name, act in choices:
            button = QPushButton(name)
            button.setFixedHeight(BUTTON)
            button.clicked.connect(lambda _checked=False, act=act: act())
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 8)
        column.setSpacing(12)
        column.addStretch(1)
        column.addWidget(self._label, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._buttons, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)

    def say(self, text: str, offers: bool = True) -> None:
        """Another sentence; `offers` shows the buttons."""
        self._label.setText(text)
        self._buttons.setVisible(offers)

    @property
    def text(self) -> str:
        """What is said."""
        return self._label.text()
