"""One block as a card."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from models.network.layout import CARD_HEIGHT, CARD_WIDTH
from widgets.canvas.content import CardContent
from widgets.canvas.strip import STRIP_WIDTH, Strip
from widgets.theme import Theme, interface_font, monospace

BAR, RADIUS, MARGIN, LEFT = 5.0, 9.0, 12.0, 18.0
PILL_HEIGHT = 17.0
DETAIL_FROM = 0.4
"""Zoom below which texts and strips are not drawn: nobody could read them."""

TRAINED_WORDS = {True: "trained", False: "not trained since it was changed: its weights start afresh", None: ""}


class CardItem(QGraphicsObject):
    """Shows a `CardContent`, a strip of feature maps, and whether it is selected or current."""

    def __init__(self, content: CardContent, theme: Theme) -> None:
        super().__init__()
        self.setObjectName(content.node_id)
        self.setFlag(QGraphicsObject.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self._theme = theme
        self._content = content
        self._strip: Strip | None = None
        self._selected = self._current = self._dragged = False
        self.set_content(content)

    # --- what it shows ----------------------------------------------------------------------------------------------
    @property
    def content(self) -> CardContent:
        return self._content

    def set_content(self, content: CardContent) -> None:
        self.prepareGeometryChange()
        if content.shape != self._content.shape:
            self._strip = None  # it shows maps of another shape
        self._content = content
        self.setToolTip("\n".join(filter(None, (content.spoken, TRAINED_WORDS[content.trained]))))
        self.update()

    def set_strip(self, strip: Strip | None) -> None:
        self._strip = strip
        self.update(CARD_WIDTH - MARGIN - STRIP_WIDTH, 0, STRIP_WIDTH, CARD_HEIGHT)

    def set_state(self, selected: bool, current: bool, dragged: bool) -> None:
        """Selected: accent border. Current: the one the keyboard is on. Dragged: pale, as it is about to leave."""
        if (selected, current, dragged) != (self._selected, self._current, self._dragged):
            self._selected, self._current, self._dragged = selected, current, dragged
            self.setOpacity(0.4 if dragged else 1.0)
            self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def accessible_name(self) -> str:
        """`Conv2D, 16 filters, output 10×10×16`."""
        return self._content.spoken

    def accessible_description(self) -> str:
        """What the marks on the card say, in words."""
        texts = [problem.text for problem in self._content.problems]
        return " ".join(filter(None, (*texts, TRAINED_WORDS[self._content.trained])))

    # --- geometry ---------------------------------------------------------------------------------------------------
    def rect(self) -> QRectF:
        return QRectF(0, 0, CARD_WIDTH, CARD_HEIGHT)

    def boundingRect(self) -> QRectF:
        return self.rect().adjusted(-5, -5, 5, PILL_HEIGHT / 2 + 2)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(self.rect())
        path.addRect(self.pill_rect())
        return path

    def pill_text(self) -> str:
        """The badge on the lower edge: the output shape, or what is wrong."""
        if not self._content.problems:
            return self._content.shape
        text = f"⚠ expected {self._content.problems[0].expected}"
        metrics = QFontMetricsF(interface_font(11))
        return metrics.elidedText(text, Qt.TextElideMode.ElideRight, CARD_WIDTH - 80)

    def pill_rect(self) -> QRectF:
        """Where the badge is, in the card's coordinates; empty without one."""
        text = self.pill_text()
        if not text:
            return QRectF()
        font = interface_font(11) if self._content.problems else monospace(10)
        width = QFontMetricsF(font).horizontalAdvance(text) + 20
        return QRectF((CARD_WIDTH - width) / 2, CARD_HEIGHT - PILL_HEIGHT / 2, width, PILL_HEIGHT)

    # --- painting ---------------------------------------------------------------------------------------------------
    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_frame(painter)
        if option.levelOfDetailFromTransform(painter.worldTransform()) < DETAIL_FROM:
            return
        self._paint_texts(painter)
        if self._strip is not None:
            self._strip.paint(painter, CARD_WIDTH - MARGIN - 3, CARD_HEIGHT - 9)
        self._paint_pill(painter)

    def _paint_frame(self, painter: QPainter) -> None:
        theme, content = self._theme, self._content
        body = QPainterPath()
        body.addRoundedRect(self.rect(), RADIUS, RADIUS)
        if self._current:
            painter.setPen(QPen(theme.color("accent", 70), 8))
            painter.drawPath(body)
        painter.fillPath(body, theme.color("panel"))
        bar = QPainterPath()
        bar.addRect(0, 0, BAR, CARD_HEIGHT)
        painter.fillPath(body.intersected(bar), theme.family(content.family))
        border = "bad" if content.problems else "accent" if self._selected else "line"
        painter.setPen(QPen(theme.color(border), 2.0 if self._selected else 1.2))
        painter.drawPath(body)

    def _paint_texts(self, painter: QPainter) -> None:
        theme, content = self._theme, self._content
        bold = interface_font(14)
        bold.setBold(True)
        reach = CARD_WIDTH - LEFT - 120
        title = QFontMetricsF(bold).elidedText(content.title, Qt.TextElideMode.ElideRight, reach)
        _text(painter, QPointF(LEFT, 26), title, bold, theme.color("text"))
        small = interface_font(11)
        if content.kind:
            start = LEFT + QFontMetricsF(bold).horizontalAdvance(title) + 8
            _text(painter, QPointF(start, 26), content.kind, small, theme.color("dim"))
        room = CARD_WIDTH - LEFT - MARGIN - (STRIP_WIDTH + 8 if self._strip is not None else 0)
        settings = QFontMetricsF(small).elidedText(content.settings, Qt.TextElideMode.ElideRight, room)
        _text(painter, QPointF(LEFT, 46), settings, small, theme.color("dim"))
        right = CARD_WIDTH - MARGIN - QFontMetricsF(small).horizontalAdvance(content.parameters)
        _text(painter, QPointF(right, 20), content.parameters, small, theme.color("dim"))
        if content.trained is not None:
            self._paint_mark(painter, QPointF(right - 11, 16), content.trained)

    def _paint_mark(self, painter: QPainter, center: QPointF, trained: bool) -> None:
        """A full dot for trained weights, an empty ring for fresh ones."""
        color = self._theme.color("ok" if trained else "warn")
        painter.setPen(QPen(color, 1.5))
        painter.setBrush(color if trained else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(center, 3, 3)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_pill(self, painter: QPainter) -> None:
        rect = self.pill_rect()
        if rect.isEmpty():
            return
        wrong = bool(self._content.problems)
        painter.setPen(QPen(self._theme.color("bad" if wrong else "line"), 1))
        painter.setBrush(self._theme.color("raised"))
        painter.drawRoundedRect(rect, PILL_HEIGHT / 2, PILL_HEIGHT / 2)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(self._theme.color("bad" if wrong else "text"))
        painter.setFont(interface_font(11) if wrong else monospace(10))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self.pill_text())


def _text(painter: QPainter, baseline: QPointF, text: str, font: QFont, color: QColor) -> None:
    painter.setFont(font)
    painter.setPen(color)
    painter.drawText(baseline, text)
