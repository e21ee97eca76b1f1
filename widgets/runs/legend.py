"""`RunsLegend`: which curve is which run, with its value under the mouse or at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from widgets.runs.styles import RunStyle, paint_marker
from widgets.theme import DARK, Theme, interface_font, monospace

LINE = 22


class Entry(NamedTuple):
    """A run in the legend."""

    key: str
    name: str
    style: RunStyle
    tip: str = ""


class RunsLegend(QWidget):
    """One line for each run.

    Signals:
        hovered(key): the mouse is over a run; empty where it left.
        chosen(key): a run was clicked.
    """

    hovered = Signal(str)
    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runsLegend")
        self.setAccessibleName("Legend of the curves")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._theme = DARK
        self._entries: tuple[Entry, ...] = ()
        self._values: Mapping[str, str] = {}
        self._hovered = ""

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """The runs, in the order of the table."""
        self._entries = tuple(entries)
        self.setAccessibleDescription(", ".join(entry.name for entry in entries))
        self.updateGeometry()
        self.update()

    def set_values(self, values: Mapping[str, str]) -> None:
        """What stands behind the names, by the runs' keys."""
        if values != self._values:
            self._values = values
            self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(168, max(len(self._entries) * LINE, LINE))

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self.sizeHint().height())

    def entry_at(self, y: float) -> Entry | None:
        """The run at this height."""
        row = int(y // LINE)
        return self._entries[row] if 0 <= row < len(self._entries) else None

    # --- events -----------------------------------------------------------------------------------------------------
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        entry = self.entry_at(event.position().y())
        self._hover(entry.key if entry is not None else "")

    def leaveEvent(self, event: QEvent) -> None:
        self._hover("")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        entry = self.entry_at(event.position().y())
        if entry is not None and event.button() is Qt.MouseButton.LeftButton:
            self.chosen.emit(entry.key)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            entry = self.entry_at(event.pos().y())
            QToolTip.showText(event.globalPos(), entry.tip if entry is not None else "", self)
            return True
        return bool(super().event(event))

    def _hover(self, key: str) -> None:
        if key != self._hovered:
            self._hovered = key
            self.hovered.emit(key)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        first, last = event.rect().top() // LINE, event.rect().bottom() // LINE
        for row, entry in enumerate(self._entries[: last + 1]):
            if row >= first:
                self._paint_entry(painter, QRectF(0, row * LINE, self.width(), LINE), entry)
        painter.end()

    def _paint_entry(self, painter: QPainter, area: QRectF, entry: Entry) -> None:
        theme, middle = self._theme, area.center().y()
        if entry.key == self._hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("raised"))
            painter.drawRoundedRect(area.adjusted(0, 1, 0, -1), 4, 4)
        painter.setPen(entry.style.pen(theme, scale=0.5))
        painter.drawLine(QPointF(4, middle), QPointF(30, middle))
        paint_marker(painter, entry.style, theme, QPointF(17, middle), 8)
        value = self._values.get(entry.key, "")
        painter.setFont(monospace(11))
        width = painter.fontMetrics().horizontalAdvance(value) if value else 0
        painter.setPen(theme.color("dim"))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area.adjusted(0, 0, -6, 0), right, value)
        painter.setFont(interface_font(11))
        painter.setPen(theme.color("text"))
        room = int(area.width()) - 38 - width - 14
        name = painter.fontMetrics().elidedText(entry.name, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(area.adjusted(38, 0, 0, 0), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
