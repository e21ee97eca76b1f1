"""The frame of an open composite block: a field behind the cards inside, and a header with its title and a button."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from models.blocks import Family
from models.network.layout import HEADER, Box
from widgets.canvas.card import DETAIL_FROM, TITLE_FROM, paint_chevron
from widgets.canvas.content import FrameContent
from widgets.canvas.fonts import elided, font, text_width
from widgets.theme import Theme

RADIUS, MARGIN, BAR_HEIGHT = 12.0, 14.0, HEADER - 8.0
TITLE_ROOM = 200.0
"""Pixels that the title keeps at the right end of a frame that is almost out of view."""
BEHIND_EDGES, OVER_EDGES = -3.0, -0.5
FIELD_TINT, BAR_TINT = 14, 46
"""How much of the composite's colour, of 255, the field and the header take."""


class FrameItem(QGraphicsObject):
    """The header lies over the connections that enter the frame, the field behind all."""

    def __init__(self, content: FrameContent, theme: Theme) -> None:
        super().__init__()
        self.setObjectName(content.node_id)
        self.setFlag(QGraphicsObject.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self.setZValue(OVER_EDGES)
        self._content, self._theme = content, theme
        self._width = 0.0
        self._left = self._right = 0.0
        self._selected = False
        self._target: bool | None = None
        self.field = _Field()
        self.set_content(content)

    @property
    def content(self) -> FrameContent:
        return self._content

    def set_content(self, content: FrameContent) -> None:
        self._content = content
        self.setToolTip(f"{content.spoken}\nClick the arrow, or press Ctrl+I, to close it; Unpack makes it editable.")
        self.update()

    def set_box(self, box: Box, depth: int) -> None:
        """Where it stands, and in how many frames."""
        self.prepareGeometryChange()
        if self._right == self._width:
            self._right = box.width
        self._width = box.width
        self.setPos(box.x, box.y)
        self.field.setZValue(BEHIND_EDGES + depth * 0.01)
        self.field.set_rect(QRectF(box.x, box.y, box.width, box.height))
        self._refresh_field()

    def set_view(self, left: float, right: float) -> None:
        """The part of the scene in view, from left to right: the title stands in it, as far as the header is there."""
        room = max(0.0, self._width - TITLE_ROOM)
        start = min(max(left - self.x(), 0.0), room)
        end = max(min(right - self.x(), self._width), min(start + TITLE_ROOM, self._width))
        if (start, end) != (self._left, self._right):
            self._left, self._right = start, end
            self.update()

    def set_state(self, selected: bool) -> None:
        if selected != self._selected:
            self._selected = selected
            self._refresh_field()

    def set_target(self, allowed: bool | None) -> None:
        """Whether a connection that is being dragged may end here; None while none is over the header."""
        if allowed != self._target:
            self._target = allowed
            self._refresh_field()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._refresh_field()

    def accessible_name(self) -> str:
        """`Residual block, 64 filters, 73,984 params, open`."""
        return self._content.spoken

    def _refresh_field(self) -> None:
        color = self._theme.family(Family.COMPOSITE)
        strong = self._selected or self._target is not None
        border = self._theme.color("bad" if self._target is False else "accent") if strong else color
        self.field.set_colors(_tinted(color, FIELD_TINT), border, 2.0 if strong else 1.2)
        self.update()

    # --- geometry ---------------------------------------------------------------------------------------------------
    def rect(self) -> QRectF:
        """The header, in the item's coordinates."""
        return QRectF(0, 0, self._width, BAR_HEIGHT)

    def boundingRect(self) -> QRectF:
        return self.rect().adjusted(-2, -2, 2, 2)

    def chevron_rect(self) -> QRectF:
        """The button that closes the frame, in the item's coordinates."""
        return QRectF(self._left + MARGIN - 4, (BAR_HEIGHT - 20) / 2, 20, 20)

    def chevron_home(self) -> QRectF:
        """Where the button is as long as the header begins in view."""
        return self.chevron_rect().translated(-self._left, 0)

    # --- painting ---------------------------------------------------------------------------------------------------
    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        theme, content, color = self._theme, self._content, self._theme.family(Family.COMPOSITE)
        bar = QPainterPath()
        bar.addRoundedRect(QRectF(0, 0, self._width, BAR_HEIGHT + RADIUS), RADIUS, RADIUS)
        clip = QPainterPath()
        clip.addRect(self.rect())
        bar = bar.intersected(clip)
        painter.fillPath(bar, theme.color("background"))
        painter.fillPath(bar, _tinted(color, BAR_TINT))
        detail = option.levelOfDetailFromTransform(painter.worldTransform())
        if detail < DETAIL_FROM:
            if detail > TITLE_FROM:
                painter.setFont(font("large"))
                painter.setPen(theme.color("text"))
                title = elided("large", content.title, self._right - self._left - 2 * MARGIN)
                painter.drawText(QPointF(self._left + MARGIN, BAR_HEIGHT - 5), title)
            return
        paint_chevron(painter, self.chevron_rect().center(), color, opened=True)
        middle = BAR_HEIGHT / 2 + 4
        end = self._right - MARGIN - text_width("small", content.totals)
        left = self._left + MARGIN + 20
        title = elided("title", content.title, end - left - 12)
        painter.setFont(font("title"))
        painter.setPen(theme.color("text"))
        painter.drawText(QPointF(left, middle + 1), title)
        painter.setFont(font("small"))
        painter.setPen(theme.color("dim"))
        left += text_width("title", title) + 10
        if end - left > 40:
            painter.drawText(QPointF(left, middle), elided("small", content.settings, end - left - 12))
        painter.drawText(QPointF(end, middle), content.totals)


class _Field(QGraphicsItem):
    """The tinted area behind everything in the frame."""

    def __init__(self) -> None:
        super().__init__()
        self._rect = QRectF()
        self._fill, self._border, self._width = QColor(), QColor(), 1.2

    def set_rect(self, rect: QRectF) -> None:
        if rect != self._rect:
            self.prepareGeometryChange()
            self._rect = rect

    def set_colors(self, fill: QColor, border: QColor, width: float) -> None:
        self._fill, self._border, self._width = fill, border, width
        self.update()

    def boundingRect(self) -> QRectF:
        return self._rect.adjusted(-2, -2, 2, 2)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setBrush(self._fill)
        painter.setPen(QPen(self._border, self._width))
        painter.drawRoundedRect(self._rect, RADIUS, RADIUS)


def _tinted(color: QColor, alpha: int) -> QColor:
    tinted = QColor(color)
    tinted.setAlpha(alpha)
    return tinted
