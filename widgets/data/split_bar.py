"""`SplitBar`: the shares of training, validation and test as stretches of one bar, whose borders can be dragged."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from models.data.samples import TEST, TRAINING, VALIDATION
from widgets.data.class_bars import part_brush
from widgets.theme import DARK, Theme

LARGEST = 0.9
"""Of a share, and of validation and test together: something must be left to train on."""

HEIGHT = 28
REACH = 6
"""Pixels to either side of a border in which it can be taken."""


class SplitBar(QWidget):
    """Three stretches. Dragging the first border changes the validation share, the second one the test share.

    Signals:
        share_dragged(field, value): "validation" or "test" and its new share.
        drag_ended.
    """

    share_dragged = Signal(str, float)
    drag_ended = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("splitBar")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self._theme = DARK
        self._validation, self._test = 0.2, 0.0
        self._draggable = True
        self._held: str | None = None

    def set_shares(self, validation: float, test: float, draggable: bool = True) -> None:
        """Show shares of 0 … 1; `draggable` unless they are not drawn but given."""
        self._validation, self._test, self._draggable = validation, test, draggable
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def border_x(self, field: str) -> float:
        """Where the border that changes a field stands, in pixels."""
        behind = self._test + (self._validation if field == "validation" else 0.0)
        return (1.0 - min(behind, 1.0)) * self.width()

    def sizeHint(self) -> QSize:
        return QSize(320, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, HEIGHT)

    # --- events -----------------------------------------------------------------------------------------------------
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = self._field_at(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._held is None:
            self.setCursor(Qt.CursorShape.SplitHCursor if self._field_at(x) else Qt.CursorShape.ArrowCursor)
            return
        value = dragged_share(self._held, x / max(self.width(), 1), self._validation, self._test)
        if value != (self._validation if self._held == "validation" else self._test):
            if self._held == "validation":
                self._validation = value
            else:
                self._test = value
            self.update()
            self.share_dragged.emit(self._held, value)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._held is not None:
            self._held = None
            self.drag_ended.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        first, second = self.border_x("validation"), self.border_x("test")
        stretches = ((TRAINING, 0.0, first), (VALIDATION, first, second), (TEST, second, float(self.width())))
        names = ("training", "validation", "test")
        for part, left, right in stretches:
            rect = QRectF(left + 1, 0.5, right - left - 2, HEIGHT - 1)
            if rect.width() <= 0:
                continue
            painter.setPen(self._theme.color("accent"))
            painter.setBrush(part_brush(part, self._theme))
            painter.drawRoundedRect(rect, 4, 4)
            self._paint_text(painter, rect, part, names[part], (right - left) / max(self.width(), 1))
        if self._draggable:
            for field in ("validation", "test"):
                x = min(self.border_x(field), self.width() - 3.0)
                painter.setPen(self._theme.color("panel"))
                painter.setBrush(self._theme.color("text"))
                painter.drawRoundedRect(QRectF(x - 2, 4, 4, HEIGHT - 8), 2, 2)
        painter.end()

    def _paint_text(self, painter: QPainter, rect: QRectF, part: int, name: str, share: float) -> None:
        words = next(
            (text for text in (f"{name} {100 * share:.0f} %", f"{100 * share:.0f} %")
             if painter.fontMetrics().horizontalAdvance(text) + 16 <= rect.width()), "",
        )  # fmt: skip
        if words and part == TEST:  # letters cannot be read on hatching
            plate = QRectF(0, 0, painter.fontMetrics().horizontalAdvance(words) + 8, 16)
            plate.moveCenter(rect.center())
            painter.fillRect(plate, self._theme.color("panel"))
        painter.setPen(self._theme.color("on_accent" if part == TRAINING else "text"))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, words)

    def _field_at(self, x: float) -> str | None:
        """The border in reach of the pointer; of two in one place the test's, where there is room to its right only."""
        if not self._draggable:
            return None
        reach = {field: abs(self.border_x(field) - x) for field in ("validation", "test")}
        nearest = min(reach, key=lambda field: reach[field])
        if self._validation == 0 and self._test > 0:
            nearest = "validation" if x < self.border_x("validation") else nearest
        return nearest if reach[nearest] <= REACH else None


def dragged_share(field: str, position: float, validation: float, test: float) -> float:
    """The share of a field whose border is dragged to a position of 0 … 1: whole percents within the limits."""
    other = test if field == "validation" else validation
    behind = test if field == "validation" else 0.0
    most = max(min(LARGEST, LARGEST - other), 0.0)
    return min(max(round(1.0 - position - behind, 2), 0.0), round(most, 2))
