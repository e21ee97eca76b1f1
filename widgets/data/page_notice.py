"""`PageNotice`: what the Data page shows in place of its sections while there is no data set to look at."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from widgets.theme import DARK, Theme, set_property

MARGIN = 16
BUTTON = 28
"""Height of buttons that stand side by side."""


class PageNotice(QWidget):
    """A sentence and what can be done, over the outlines of the tiles that will stand there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dataNotice")
        self._theme = DARK
        self._text = QLabel(wordWrap=True)
        self._text.setObjectName("dataNoticeText")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setMinimumWidth(1)
        self.choose_button = menu_button("Choose a data set  ▾")
        self.menu = QMenu(self.choose_button)
        self.choose_button.setMenu(self.menu)
        self.scan_button = QPushButton("Try again")
        self.scan_button.setFixedHeight(BUTTON)
        self.choose_button.setFixedHeight(BUTTON)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self.choose_button)
        buttons.addWidget(self.scan_button)
        buttons.addStretch(1)
        self._plate = QWidget()
        words = QVBoxLayout(self._plate)
        words.setContentsMargins(24, 20, 24, 20)
        words.setSpacing(12)
        words.addWidget(self._text)
        words.addLayout(buttons)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self._plate, 6)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addLayout(row)
        column.addStretch(1)

    @property
    def text(self) -> str:
        return self._text.text()

    def show_state(self, text: str, *, busy: bool, scans: bool, level: str) -> None:
        self._text.setText(f"✕  {text}" if level == "bad" else text)
        set_property(self._text, "level", level)
        self.choose_button.setVisible(not busy)
        self.scan_button.setVisible(scans)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(480, 240)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._theme.color("line", 120))
        painter.setBrush(self._theme.color("raised", 90))
        edge, gap = 72, 8
        columns, rows = (self.width() - 2 * MARGIN + gap) // (edge + gap), (self.height() - 24 + gap) // (edge + gap)
        left = (self.width() - columns * (edge + gap) + gap) // 2
        for column in range(columns):
            for row in range(rows):
                painter.drawRoundedRect(left + column * (edge + gap), 12 + row * (edge + gap), edge, edge, 6, 6)
        painter.setBrush(self._theme.color("panel"))
        painter.drawRoundedRect(self._plate.geometry(), 8, 8)
        painter.end()


def menu_button(text: str) -> QToolButton:
    """A button that opens its menu at once; the text ends in two spaces and `▾`."""
    button = QToolButton()
    button.setText(text)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setAccessibleName(text.removesuffix("  ▾"))
    return button
