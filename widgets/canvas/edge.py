"""One connection, and the ghost that shows where a dragged block would stand."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsPathItem, QStyleOptionGraphicsItem, QWidget

from models.network.graph import Edge
from models.network.layout import CARD_HEIGHT, CARD_WIDTH, Route
from widgets.theme import Theme, interface_font

CORNER, ARROW = 6.0, 4.0


class EdgeItem(QGraphicsPathItem):
    """A line along a route; connections in lanes end in an arrow, since they meet a card from the side."""

    def __init__(self, edge: Edge, theme: Theme) -> None:
        super().__init__()
        self.edge = edge
        self._route: Route | None = None
        self.setZValue(-1)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        self.setPen(QPen(_mixed(theme), 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))

    def set_route(self, route: Route) -> None:
        if route != self._route:
            self._route = route
            self.setPath(route_path(route))


def _mixed(theme: Theme) -> QColor:
    """Between the card's border and the dim text: a line must be found without shouting."""
    line, dim = theme.color("line"), theme.color("dim")
    return QColor((line.red() + dim.red()) // 2, (line.green() + dim.green()) // 2, (line.blue() + dim.blue()) // 2)


def route_path(route: Route) -> QPainterPath:
    """The route with rounded corners."""
    points = [QPointF(*point) for point in route.points]
    path = QPainterPath(points[0])
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        path.lineTo(_towards(corner, before, CORNER))
        path.quadTo(corner, _towards(corner, after, CORNER))
    end = points[-1]
    path.lineTo(end)
    if route.lane is not None and points[-2].y() == end.y():
        path.lineTo(end + QPointF(ARROW, -ARROW))
        path.moveTo(end)
        path.lineTo(end + QPointF(ARROW, ARROW))
    return path


def distance(route: Route, point: QPointF) -> float:
    """Distance in pixels from a point to the nearest part of a route, whose parts run along the axes."""
    return min(
        max(abs(point.x() - (x1 + x2) / 2) - abs(x2 - x1) / 2, 0.0)
        + max(abs(point.y() - (y1 + y2) / 2) - abs(y2 - y1) / 2, 0.0)
        for (x1, y1), (x2, y2) in pairwise(route.points)
    )


def _towards(start: QPointF, end: QPointF, length: float) -> QPointF:
    gap = end - start
    whole = abs(gap.x()) + abs(gap.y())
    return start + gap * (min(length, whole / 2) / whole) if whole else start


class GhostItem(QGraphicsItem):
    """A dashed outline with the name of what is dragged, in its family's colour."""

    def __init__(self) -> None:
        super().__init__()
        self._name, self._color, self._fill = "", QColor(), QColor()
        self.setZValue(5)
        self.hide()

    def show_block(self, name: str, color: QColor, theme: Theme) -> None:
        self._name, self._color, self._fill = name, color, theme.color("panel")
        self.update()
        self.show()

    @property
    def name(self) -> str:
        return self._name

    def boundingRect(self) -> QRectF:
        return QRectF(-2, -2, CARD_WIDTH + 4, CARD_HEIGHT + 4)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tint = QColor(self._color)
        tint.setAlpha(40)
        rect = QRectF(0, 0, CARD_WIDTH, CARD_HEIGHT)
        for fill, line in ((self._fill, Qt.PenStyle.NoPen), (tint, Qt.PenStyle.DashLine)):
            painter.setBrush(fill)
            painter.setPen(QPen(self._color, 1.5, line))
            painter.drawRoundedRect(rect, 9, 9)
        font = interface_font(14)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(self._color)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._name)
