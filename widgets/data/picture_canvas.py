"""`PictureCanvas`: one picture that can be zoomed into until every pixel shows its values."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from models.data.samples import Boxes, Values
from widgets.data.class_colors import class_color
from widgets.data.picture_pixels import mask_pixmap, to_levels, to_pixmap
from widgets.data.pixel_values import pixel_lines
from widgets.theme import DARK, Theme, interface_font, monospace

GRID_FROM = 8
"""Pixels of the screen for each of the picture's, from which lines part them."""

VALUES_FROM = 24
"""From this size on a pixel shows its values, or from the size at which they fit."""

LARGEST_SCALE = 128.0
WHEEL_STEP = 1.25
MARGIN = 4
LINE_HEIGHT = 11

CENTRED = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip
Pixel = tuple[int, int]
"""Row and column."""


class PictureCanvas(QWidget):
    """The picture, its mask and its boxes. The wheel zooms where the pointer is, dragging moves the picture.

    Signals:
        pixel_pointed((row, column) or None): the pixel under the pointer, or that the keys went to.
        scale_changed(scale): pixels of the screen for each of the picture's.
    """

    pixel_pointed = Signal(object)
    scale_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pictureCanvas")
        self.setMouseTracking(True)
        self._theme = DARK
        self._values: Values = np.zeros((0, 0, 1), np.uint8)
        self._picture: QPixmap | None = None
        self._levels: npt.NDArray[np.uint8] = np.zeros((0, 0, 1), np.uint8)
        self._mask: Values | None = None
        self._mask_picture: QPixmap | None = None
        self._boxes: Boxes | None = None
        self._class_names: tuple[str, ...] = ()
        self._shows_mask = self._shows_boxes = True
        self._channel = 0
        self._white = 255.0
        self._scale, self._corner, self._fits = 1.0, QPointF(0, 0), True
        self._pointed: Pixel | None = None
        self._dragged_from: QPointF | None = None
        self._focused = False

    # --- what is shown ----------------------------------------------------------------------------------------------
    def set_picture(self, values: Values, white: float, *, keeps_view: bool = False) -> None:
        """Show a picture (height, width, channels).

        Args:
            white: the value that stands for white; 0 where the largest one does.
            keeps_view: zoom and place stay, as for the next slice of a volume.
        """
        same_size = values.shape[:2] == self._values.shape[:2]
        self._values, self._white = values, white
        self._render()
        if not (keeps_view and same_size):
            self._pointed = None
            self.fit()
        self.update()

    def set_annotations(self, mask: Values | None, boxes: Boxes | None, class_names: tuple[str, ...]) -> None:
        """The class of every pixel (height, width), and boxes (objects, 5) with their classes' names."""
        self._mask, self._boxes, self._class_names = mask, boxes, class_names
        self._render_mask()
        self.update()

    def show_mask(self, shows: bool) -> None:
        self._shows_mask = shows
        self.update()

    def show_boxes(self, shows: bool) -> None:
        self._shows_boxes = shows
        self.update()

    def set_channel(self, channel: int) -> None:
        """Which channel is seen, where there are neither one, nor three or four as in colour pictures."""
        self._channel = channel
        self._render()
        self.update()

    def set_focused(self, focused: bool) -> None:
        """Whether keys act on this picture: then it has a ring."""
        self._focused = focused
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._render_mask()
        self.update()

    # --- zoom -------------------------------------------------------------------------------------------------------
    @property
    def scale(self) -> float:
        return self._scale

    @property
    def shows_values(self) -> bool:
        """Whether the picture is so large that pixels show their values."""
        return self._values.size > 0 and self._scale >= self._value_size()

    def fit(self) -> None:
        """As large as fits; small pictures grow by whole factors."""
        height, width = self._values.shape[:2]
        self._fits = True
        if not height or not width:
            return
        scale = min((self.width() - 2 * MARGIN) / width, (self.height() - 2 * MARGIN) / height)
        scale = min(max(scale, 1e-3), LARGEST_SCALE)
        self._put(float(int(scale)) if scale > 1 else scale, QPointF(0, 0))

    def set_scale(self, scale: float, anchor: QPointF | None = None) -> None:
        """Zoom, so that what is at the anchor, the middle by default, stays there."""
        point = anchor or QPointF(self.width() / 2, self.height() / 2)
        inside = (point - self._corner) / self._scale
        self._fits = False
        scale = min(max(scale, min(self._smallest(), 1.0)), LARGEST_SCALE)
        self._put(scale, point - inside * scale)

    def zoom(self, direction: int, anchor: QPointF | None = None) -> None:
        """One step nearer (1) or farther (−1)."""
        self.set_scale(self._scale * WHEEL_STEP**direction, anchor)

    def point_to(self, row: int, column: int) -> None:
        """Point to a pixel as if by the pointer, and bring it into view."""
        height, width = self._values.shape[:2]
        if not height or not width:
            return
        row, column = min(max(row, 0), height - 1), min(max(column, 0), width - 1)
        rect = self.pixel_rect(row, column)
        area = QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        x = max(area.left() - rect.left(), 0) + min(area.right() - rect.right(), 0)
        y = max(area.top() - rect.top(), 0) + min(area.bottom() - rect.bottom(), 0)
        self._put(self._scale, self._corner + QPointF(x, y))
        self._point((row, column))

    def move_pointed(self, rows: int, columns: int) -> None:
        """Point to the pixel beside the one pointed to; at first to the middle one."""
        height, width = self._values.shape[:2]
        row, column = self._pointed or (height // 2 - rows, width // 2 - columns)
        self.point_to(row + rows, column + columns)

    def pixel_rect(self, row: int, column: int) -> QRectF:
        """Where a pixel stands in the widget."""
        corner = self._corner + QPointF(column * self._scale, row * self._scale)
        return QRectF(corner.x(), corner.y(), self._scale, self._scale)

    def pixel_at(self, position: QPointF) -> Pixel | None:
        height, width = self._values.shape[:2]
        inside = (position - self._corner) / self._scale
        row, column = int(np.floor(inside.y())), int(np.floor(inside.x()))
        return (row, column) if 0 <= row < height and 0 <= column < width else None

    # --- events -----------------------------------------------------------------------------------------------------
    def sizeHint(self) -> QSize:
        return QSize(320, 280)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 96)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._fits:
            self.fit()
        else:
            self._put(self._scale, self._corner)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y()
        if turned:
            self.zoom(1 if turned > 0 else -1, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._dragged_from = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged_from is not None and event.buttons():
            moved = event.position() - self._dragged_from
            self._dragged_from = event.position()
            self._fits = False
            self._put(self._scale, self._corner + moved)
        self._point(self.pixel_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged_from = None

    def leaveEvent(self, event: QEvent) -> None:
        self._point(None)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color("background"))
        if self._picture is not None:
            self._paint_picture(painter)
            if self._scale >= GRID_FROM:
                self._paint_grid(painter)
            if self.shows_values:
                self._paint_values(painter)
            if self._boxes is not None and self._shows_boxes:
                self._paint_boxes(painter, self._boxes)
            if self._pointed is not None and self._scale >= 4:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                rect = self.pixel_rect(*self._pointed)
                for color, width in ((QColor("black"), 4), (QColor("white"), 2)):  # seen on any colour
                    painter.setPen(QPen(color, width))
                    painter.drawRect(rect)
        painter.setPen(QPen(self._theme.color("accent" if self._focused else "line"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    # --- painting ---------------------------------------------------------------------------------------------------
    def _paint_picture(self, painter: QPainter) -> None:
        height, width = self._values.shape[:2]
        area = QRectF(self._corner.x(), self._corner.y(), width * self._scale, height * self._scale)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._scale < 1)
        picture = self._picture
        assert picture is not None
        painter.drawPixmap(area, picture, QRectF(picture.rect()))
        if self._mask_picture is not None and self._shows_mask:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
            painter.drawPixmap(area, self._mask_picture, QRectF(self._mask_picture.rect()))

    def _seen(self) -> tuple[range, range]:
        """The rows and columns of pixels in view."""
        height, width = self._values.shape[:2]
        first = -self._corner / self._scale
        last = (QPointF(self.width(), self.height()) - self._corner) / self._scale
        rows = range(max(int(first.y()), 0), min(int(last.y()) + 1, height))
        return rows, range(max(int(first.x()), 0), min(int(last.x()) + 1, width))

    def _paint_grid(self, painter: QPainter) -> None:
        rows, columns = self._seen()
        if not rows or not columns:
            return
        painter.setPen(QPen(QColor(128, 128, 128, 110), 1))
        area = self.pixel_rect(rows.start, columns.start).united(self.pixel_rect(rows.stop - 1, columns.stop - 1))
        for row in range(rows.start, rows.stop + 1):
            y = self.pixel_rect(row, 0).top()
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        for column in range(columns.start, columns.stop + 1):
            x = self.pixel_rect(0, column).left()
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _paint_values(self, painter: QPainter) -> None:
        rows, columns = self._seen()
        painter.setFont(monospace(11))
        dark, light = QColor(0, 0, 0, 230), QColor(255, 255, 255, 235)
        for row in rows:
            for column in columns:
                shown = self._levels[row, column]
                bright = shown.mean() if len(shown) < 3 else shown[:3] @ np.array([0.3, 0.59, 0.11])
                painter.setPen(dark if bright > 110 else light)
                lines = pixel_lines(self._printed(row, column))
                middle = self.pixel_rect(row, column).center()
                top = middle.y() - len(lines) * LINE_HEIGHT / 2
                for number, line in enumerate(lines):
                    area = QRectF(middle.x() - 40, top + number * LINE_HEIGHT, 80, LINE_HEIGHT)
                    painter.drawText(area, CENTRED, line)

    def _paint_boxes(self, painter: QPainter, boxes: Boxes) -> None:
        painter.setFont(interface_font(11))
        for top, left, bottom, right, label in boxes.tolist():
            color = class_color(int(label), self._theme)
            rect = QRectF(left, top, right - left, bottom - top)
            corner = self._corner + rect.topLeft() * self._scale
            box = QRectF(corner.x(), corner.y(), rect.width() * self._scale, rect.height() * self._scale)
            painter.setPen(QPen(color, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(box)
            known = 0 <= int(label) < len(self._class_names)
            name = self._class_names[int(label)] if known else f"class {int(label)}"
            width = painter.fontMetrics().horizontalAdvance(name) + 8
            y = box.top() - 16 if box.top() >= 16 else box.top()
            painter.fillRect(QRectF(box.left() - 1, y, width, 16), color)
            painter.setPen(self._theme.color("on_accent"))
            painter.drawText(QRectF(box.left() - 1, y, width, 16), Qt.AlignmentFlag.AlignCenter, name)

    # --- inside -----------------------------------------------------------------------------------------------------
    def _printed(self, row: int, column: int) -> npt.NDArray[Any]:
        """The values that a pixel shows: all of its channels, or the one seen."""
        values: npt.NDArray[Any] = self._values[row, column]
        return values if len(values) in (1, 3, 4) else values[self._channel : self._channel + 1]

    def _value_size(self) -> float:
        """The scale from which values fit into pixels."""
        widest = 6.7 * (3 if self._values.dtype == np.uint8 else 5) + 4
        channels = self._values.shape[2] if self._values.shape[2] in (1, 3, 4) else 1
        return float(max(VALUES_FROM, widest, channels * LINE_HEIGHT + 2))

    def _smallest(self) -> float:
        height, width = self._values.shape[:2]
        return float(min(self.width() / max(width, 1), self.height() / max(height, 1), 1.0)) / 2

    def _put(self, scale: float, corner: QPointF) -> None:
        """Take a scale and a corner; a picture that fits stands in the middle, a larger one covers the widget."""
        height, width = self._values.shape[:2]
        x = _placed(corner.x(), width * scale, self.width())
        y = _placed(corner.y(), height * scale, self.height())
        changed = scale != self._scale
        self._scale, self._corner = scale, QPointF(x, y)
        if changed:
            self.scale_changed.emit(scale)
        self.update()

    def _point(self, pixel: Pixel | None) -> None:
        if pixel != self._pointed:
            self._pointed = pixel
            self.pixel_pointed.emit(pixel)
            self.update()

    def _render(self) -> None:
        self._levels = to_levels(self._values, self._white, self._channel)
        self._picture = to_pixmap(self._levels) if self._values.size else None

    def _render_mask(self) -> None:
        self._mask_picture = mask_pixmap(self._mask, self._theme) if self._mask is not None else None


def _placed(start: float, length: float, room: float) -> float:
    if length <= room:
        return float(round((room - length) / 2))
    return min(max(start, room - length), 0.0)
