"""Small pieces that the inspector's tabs are made of."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from widgets.theme import monospace

MARGIN = 16
REPAIR_PADDING = 20


def label(text: str = "", role: str = "", size: int = 0) -> QLabel:
    """A label that wraps; `size` makes it monospaced."""
    made = QLabel(text)
    made.setWordWrap(True)
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    if role:
        made.setProperty("role", role)
    if size:
        made.setFont(monospace(size))
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def show_lines(target: QLabel, lines: Iterable[str]) -> None:
    """Put lines into a label; hide it when there are none."""
    text = "\n".join(lines)
    target.setText(text)
    target.setVisible(bool(text))


def column(spacing: int = 8, margin: int = 0) -> tuple[QWidget, QVBoxLayout]:
    """A widget with a column in it."""
    widget = QWidget()
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(spacing)
    return widget, layout


def card(*rows: QWidget) -> QFrame:
    """A framed column."""
    frame = QFrame()
    frame.setProperty("role", "card")
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(12, 8, 12, 8)
    layout.setSpacing(4)
    for row in rows:
        layout.addWidget(row)
    return frame


def clear(layout: QLayout) -> None:
    """Take everything out of a layout."""
    while item := layout.takeAt(0):
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()


class RepairButton(QPushButton):
    """Offers a repair in as much of its words as there is room for; the tooltip has them all.

    A long text must not widen the inspector."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._words = text
        self.setProperty("role", "repair")
        self.setAccessibleName(text)
        self.setToolTip(text)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.width() - REPAIR_PADDING
        self.setText(self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, room))


def scroll(body: QWidget) -> QScrollArea:
    """A scroll area that only scrolls up and down."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(body)
    return area
