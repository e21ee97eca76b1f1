"""What a tile of the thumbnail wall looks like, and the pictures kept for it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFont, QImage, QPainter, QPen, QPixmap

from widgets.data.class_colors import class_color
from widgets.data.wall_layout import CAPTION, PAD
from widgets.theme import Theme, interface_font

Pixels = npt.NDArray[np.uint8]

ROUND = 6
BADGE = 16


class PictureCache:
    """Pictures of samples, the last used ones within a number of bytes; None stands for one that cannot be shown."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._pictures: OrderedDict[int, QPixmap | None] = OrderedDict()
        self._bytes = 0

    def __contains__(self, index: object) -> bool:
        return index in self._pictures

    def __len__(self) -> int:
        return len(self._pictures)

    @property
    def bytes(self) -> int:
        """What the pictures take."""
        return self._bytes

    def get(self, index: int) -> QPixmap | None:
        """A picture, which counts as used now."""
        if index in self._pictures:
            self._pictures.move_to_end(index)
        return self._pictures.get(index)

    def put(self, index: int, picture: QPixmap | None, keep: Container[int] = ()) -> None:
        """Keep a picture; the longest unused ones make room for it, but none of those in `keep`."""
        self._bytes += _bytes(picture) - _bytes(self._pictures.get(index))
        self._pictures[index] = picture
        self._pictures.move_to_end(index)
        if self._bytes > self._most_bytes:
            for old in [other for other in self._pictures if other != index and other not in keep]:
                self._bytes -= _bytes(self._pictures.pop(old))
                if self._bytes <= self._most_bytes:
                    return

    def clear(self) -> None:
        self._pictures.clear()
        self._bytes = 0


def to_pixmap(pixels: Pixels, largest: int) -> QPixmap:
    """A picture (height, width, 3) with edges of at most `largest` pixels."""
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise ValueError(f"A thumbnail is uint8 (height, width, 3), not {pixels.dtype} {pixels.shape}")
    height, width = pixels.shape[:2]
    buffer = np.ascontiguousarray(pixels)
    image = QImage(buffer.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    if max(height, width) > largest:
        keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        image = image.scaled(largest, largest, keep, smooth)
    return QPixmap.fromImage(image.copy())


@dataclass(frozen=True)
class Tile:
    """What is to be seen of one sample; made for the tiles in view only, while they are painted."""

    rect: QRect
    caption: str
    label: int
    picture: QPixmap | None
    loaded: bool
    mark: str
    left_out: bool
    selected: bool
    current: bool


class TilePainter:
    """Paints tiles in a theme's colours."""

    def __init__(self, painter: QPainter, theme: Theme, focused: bool) -> None:
        self._painter, self._theme, self._focused = painter, theme, focused
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(interface_font(11))

    def paint(self, tile: Tile) -> None:
        painter, theme = self._painter, self._theme
        frame = QRectF(tile.rect).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(theme.color("accent" if tile.selected else "line"), 1))
        painter.setBrush(theme.color("panel"))
        painter.drawRoundedRect(frame, ROUND, ROUND)
        if tile.selected:
            painter.setBrush(theme.color("accent", 56))
            painter.drawRoundedRect(frame, ROUND, ROUND)
        edge = tile.rect.width() - 2 * PAD
        area = QRect(tile.rect.x() + PAD, tile.rect.y() + PAD, edge, edge)
        self._picture(tile, area)
        self._caption(tile, QRect(area.x(), area.bottom() + 1, edge, CAPTION + PAD - 2))
        if tile.left_out:
            self._ribbon(area)
        if tile.mark:
            self._badge(area.right() - BADGE + 1, area.top(), "!", "warn")
        if tile.selected:
            self._badge(area.left(), area.top(), "✓", "accent")
        if tile.current and self._focused:
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(frame.adjusted(-1.5, -1.5, 1.5, 1.5), ROUND + 1, ROUND + 1)

    def _picture(self, tile: Tile, area: QRect) -> None:
        painter = self._painter
        if tile.picture is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("raised"))
            painter.drawRoundedRect(area, 3, 3)
            if tile.loaded:
                painter.setPen(self._theme.color("bad"))
                wrapped = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(area.adjusted(4, 4, -4, -4), wrapped, "✕\ncannot be read")
                return
            painter.setBrush(self._theme.color("line"))
            for x in (-10, 0, 10):
                painter.drawEllipse(QPointF(area.center()) + QPointF(x, 0), 2.5, 2.5)
            return
        painter.setOpacity(0.35 if tile.left_out else 1.0)
        target = fitted(tile.picture.width(), tile.picture.height(), area)
        shrinks = target.width() < tile.picture.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrinks)
        painter.drawPixmap(target, tile.picture)
        painter.setOpacity(1.0)

    def _caption(self, tile: Tile, area: QRect) -> None:
        painter = self._painter
        if tile.label >= 0:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(class_color(tile.label, self._theme))
            painter.drawEllipse(QRectF(area.x() + 1, area.center().y() - 3, 8, 8))
            area = area.adjusted(14, 0, 0, 0)
        painter.setPen(self._theme.color("dim" if tile.left_out else "text"))
        text = painter.fontMetrics().elidedText(tile.caption, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)

    def _ribbon(self, area: QRect) -> None:
        painter = self._painter
        ribbon = QRect(area.x(), area.bottom() - 17, area.width(), 18)
        painter.fillRect(ribbon, self._theme.color("background", 220))
        painter.setPen(self._theme.color("text"))
        text = painter.fontMetrics().elidedText("left out", Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(ribbon, Qt.AlignmentFlag.AlignCenter, text)

    def _badge(self, x: int, y: int, sign: str, token: str) -> None:
        painter = self._painter
        box = QRect(x, y, BADGE, BADGE)
        painter.setPen(QPen(self._theme.color("panel"), 1))
        painter.setBrush(self._theme.color(token))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(self._theme.color("on_accent"))
        plain = QFont(painter.font())
        bold = QFont(plain)
        bold.setBold(True)
        painter.setFont(bold)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, sign)
        painter.setFont(plain)


def fitted(width: int, height: int, area: QRect) -> QRect:
    """Where a picture stands in a square: as large as fits, small ones by whole factors for even pixels."""
    scale = min(area.width() / width, area.height() / height)
    if scale > 1:
        scale = float(int(scale))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return QRect(area.x() + (area.width() - size[0]) // 2, area.y() + (area.height() - size[1]) // 2, *size)


def _bytes(picture: QPixmap | None) -> int:
    return picture.width() * picture.height() * 4 if picture is not None else 0
