"""`Notice`: a sentence in the middle of an empty place, and buttons for what can be done."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

BUTTON = 28
WIDTH = 520


class Notice(QWidget):
    """Says something under a title; `choices` are buttons and what they do."""

    def __init__(
        self,
        title: str,
        text: str,
        choices: Sequence[tuple[str, Callable[[], object]]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._title = QLabel(title)
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._title.setProperty("role", "title")
        self._label = QLabel(text, wordWrap=True)
        self._label.setObjectName("runsNotice")
        self._label.setProperty("role", "dim")
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
        column.addWidget(self._title, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._label, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._buttons, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)

    def say(self, title: str, text: str, offers: bool = True) -> None:
        """Another title and sentence; `offers` shows the buttons."""
        self._title.setText(title)
        self._label.setText(text)
        self._label.setVisible(bool(text))
        self._buttons.setVisible(offers)

    @property
    def text(self) -> str:
        """What is said."""
        return f"{self._title.text()}\n{self._label.text()}".strip()
