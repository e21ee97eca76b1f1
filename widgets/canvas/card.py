"""One block as a card."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QTransform
from PySide6.QtWidgets import QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from models.network.layout import CARD_HEIGHT, CARD_WIDTH
from widgets.canvas.content import CardContent
from widgets.canvas.fonts import elided, font, text_width
from widgets.canvas.strip import STRIP_WIDTH, Strip
from widgets.theme import Theme

BAR, RADIUS, MARGIN, LEFT = 5.0, 9.0, 12.0, 18.0
PILL_HEIGHT = 17.0
DETAIL_FROM, TITLE_FROM, BORDER_FROM = 0.4, 0.25, 0.12
"""Zoom below which only a large title is drawn, then a card in its family's colour, and at last without a border."""
CHEVRON = QRectF(LEFT - 6, 11, 20, 20)
"""The button that opens a composite block."""

INNER_WORDS = "Part of an open block: Unpack that block to edit what is inside."
FROZEN_WORDS = "frozen: training leaves its weights as they are"
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
        self._target: bool | None = None
        self._body = QPainterPath()
        self._body.addRoundedRect(self.rect(), RADIUS, RADIUS)
        bar = QPainterPath()
        bar.addRect(0, 0, BAR, CARD_HEIGHT)
        self._bar = self._body.intersected(bar)
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
        self._pill = self._measured_pill()
        self.setToolTip("\n".join(filter(None, (content.spoken, *self._notes()))))
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

    def set_target(self, allowed: bool | None) -> None:
        """Whether a connection that is being dragged may end here; None while none is over the card."""
        if allowed != self._target:
            self._target = allowed
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
        return " ".join(filter(None, (*texts, *self._notes())))

    def _notes(self) -> tuple[str, ...]:
        content = self._content
        frozen, inner = FROZEN_WORDS if content.frozen else "", INNER_WORDS if content.inner else ""
        return TRAINED_WORDS[content.trained], frozen, inner

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
        """The badge on the lower edge: the output shapes, or what is wrong."""
        if not self._content.problems:
            return self._content.shape
        return elided("small", f"⚠ expected {self._content.problems[0].expected}", CARD_WIDTH - 80)

    def pill_rect(self) -> QRectF:
        """Where the badge is, in the card's coordinates; empty without one."""
        return self._pill

    def _measured_pill(self) -> QRectF:
        text = self.pill_text()
        if not text:
            return QRectF()
        width = text_width("small" if self._content.problems else "mono", text) + 20
        return QRectF((CARD_WIDTH - width) / 2, CARD_HEIGHT - PILL_HEIGHT / 2, width, PILL_HEIGHT)

    def chevron_rect(self) -> QRectF:
        """The button that opens a composite block, in the card's coordinates; empty where there is none."""
        return QRectF(CHEVRON) if self._content.openable else QRectF()

    def chevron_home(self) -> QRectF:
        """The same: a card's button stays where it is."""
        return self.chevron_rect()

    # --- painting ---------------------------------------------------------------------------------------------------
    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        detail = option.levelOfDetailFromTransform(painter.worldTransform())
        if detail < BORDER_FROM:
            color = self._theme.color("bad") if self._content.problems else self._theme.family(self._content.family)
            painter.fillRect(self.rect(), self._theme.color("accent") if self._selected else color)
            return
        self._paint_frame(painter, self._tint(detail))
        if detail < DETAIL_FROM:
            if detail > TITLE_FROM:
                title = elided("large", self._content.title, CARD_WIDTH - 2 * LEFT)
                _text(painter, QPointF(LEFT, CARD_HEIGHT / 2 + 11), title, "large", self._theme.color("text"))
            return
        self._paint_texts(painter)
        if self._strip is not None:
            self._strip.paint(painter, CARD_WIDTH - MARGIN - 3, CARD_HEIGHT - 9)
        self._paint_pill(painter)

    def _tint(self, detail: float) -> int:
        """How much of the family's colour, of 255, the card takes: the less can be read, the more."""
        return 255 if detail <= TITLE_FROM else 60 if detail < DETAIL_FROM else 0

    def _paint_frame(self, painter: QPainter, tint: int) -> None:
        theme, content, body = self._theme, self._content, self._body
        if self._current or self._target is not None:
            painter.setPen(QPen(theme.color("bad" if self._target is False else "accent", 70), 8))
            painter.drawPath(body)
        painter.fillPath(body, theme.color("panel"))
        if tint:
            family = QColor(theme.family(content.family))
            family.setAlpha(tint)
            painter.fillPath(body, family)
        painter.fillPath(self._bar, theme.family(content.family))
        strong = self._selected or self._target is not None
        wrong = bool(content.problems) if self._target is None else not self._target
        painter.setPen(QPen(theme.color("bad" if wrong else "accent" if strong else "line"), 2.0 if strong else 1.2))
        painter.drawPath(body)

    def _paint_texts(self, painter: QPainter) -> None:
        theme, content = self._theme, self._content
        left = LEFT
        if content.openable:
            left += CHEVRON.width() - 4
            paint_chevron(painter, CHEVRON.center(), theme.family(content.family), opened=False)
        title = elided("title", content.title, CARD_WIDTH - left - 120)
        _text(painter, QPointF(left, 26), title, "title", theme.color("text"))
        if content.kind:
            start = left + text_width("title", title) + 8
            _text(painter, QPointF(start, 26), content.kind, "small", theme.color("dim"))
        room = CARD_WIDTH - LEFT - MARGIN - (STRIP_WIDTH + 8 if self._strip is not None else 0)
        _text(painter, QPointF(LEFT, 46), elided("small", content.settings, room), "small", theme.color("dim"))
        right = CARD_WIDTH - MARGIN - text_width("small", content.parameters)
        _text(painter, QPointF(right, 20), content.parameters, "small", theme.color("dim"))
        if content.trained is not None:
            self._paint_mark(painter, QPointF(right - 11, 16), content.trained)
            right -= 16
        if content.frozen:
            paint_snowflake(painter, QPointF(right - 12, 16), theme.color("text"))

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
        painter.setFont(font("small" if wrong else "mono"))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self.pill_text())


def paint_snowflake(painter: QPainter, center: QPointF, color: QColor) -> None:
    """The sign of a block that is not trained."""
    painter.setPen(QPen(color, 1.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    for degrees in range(0, 360, 60):
        arm = QTransform().rotate(degrees)
        for start, end in _FLAKE:
            painter.drawLine(center + arm.map(start), center + arm.map(end))


_FLAKE = (
    (QPointF(0, 0), QPointF(0, -6)), (QPointF(0, -3.4), QPointF(1.9, -5.2)), (QPointF(0, -3.4), QPointF(-1.9, -5.2)),
)  # fmt: skip


def paint_chevron(painter: QPainter, center: QPointF, color: QColor, opened: bool) -> None:
    """The sign of a block that opens: it points to the right, and down when it is open."""
    painter.setPen(QPen(color, 2.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    corners = ((-4.5, -2.5), (0, 2.5), (4.5, -2.5)) if opened else ((-2.5, -4.5), (2.5, 0), (-2.5, 4.5))
    painter.drawPolyline([center + QPointF(x, y) for x, y in corners])


def _text(painter: QPainter, baseline: QPointF, text: str, name: str, color: QColor) -> None:
    if text:
        painter.setFont(font(name))
        painter.setPen(color)
        painter.drawText(baseline, text)
