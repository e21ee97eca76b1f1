"""One connection."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from math import ceil

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsPathItem

from models.network.graph import Edge
from models.network.layout import Point, Route
from widgets.theme import Theme

CORNER, ARROW = 6.0, 4.0
WIDTH, LEAST_WIDTH = 1.6, 1.2
"""Pixels: a line at 100 %, and the least on the screen at any zoom."""


class EdgeItem(QGraphicsPathItem):
    """A line along a route; where it meets a card from the side it ends in an arrow."""

    def __init__(self, edge: Edge, theme: Theme, thickness: float = 1.0) -> None:
        super().__init__()
        self.edge = edge
        self._thickness = thickness
        self._theme = theme
        self._route: Route | None = None
        self._form: tuple[Point, ...] = ()
        self._highlighted = self._faded = False
        self._restyle()

    @property
    def route(self) -> Route | None:
        return self._route

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._restyle()

    def set_route(self, route: Route) -> None:
        if route != self._route:
            self._route = route
            left, top = route.points[0]
            form = tuple([(x - left, y - top) for x, y in route.points])
            if form != self._form:  # most lines only move when something is inserted above them
                self._form = form
                self.setPath(route_path(form))
            self.setPos(left, top)

    def set_state(self, highlighted: bool, faded: bool) -> None:
        """Highlighted: selected, or under the pointer. Faded: being dragged off."""
        if (highlighted, faded) != (self._highlighted, self._faded):
            self._highlighted, self._faded = highlighted, faded
            self._restyle()

    def set_thickness(self, thickness: float) -> None:
        """How much thicker than at 100 % the line is drawn; see `line_thickness`."""
        self._thickness = thickness
        self._restyle()

    def _restyle(self) -> None:
        self.setPen(_pen(self._theme, self._highlighted, self._thickness))
        self.setOpacity(0.3 if self._faded else 1.0)
        self.setZValue(-0.9 if self._highlighted else -1.0)


@lru_cache(maxsize=64)
def _pen_of(color: str, width: float) -> QPen:
    return QPen(QColor(color), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)


def _pen(theme: Theme, highlighted: bool, thickness: float) -> QPen:
    if highlighted:
        return _pen_of(theme.accent, 2.6 * thickness)
    return _pen_of(_mixed(theme).name() if thickness == 1.0 else theme.dim, WIDTH * thickness)


def line_thickness(zoom: float) -> float:
    """The factor that keeps a line `LEAST_WIDTH` pixels wide on the screen; in steps of a fifth, up to the next."""
    needed = max(1.0, LEAST_WIDTH / (WIDTH * zoom))
    return 1.0 if needed == 1.0 else ceil(5 * needed) / 5


def _mixed(theme: Theme) -> QColor:
    """Between the card's border and the dim text: a line must be found without shouting."""
    line, dim = theme.color("line"), theme.color("dim")
    return QColor((line.red() + dim.red()) // 2, (line.green() + dim.green()) // 2, (line.blue() + dim.blue()) // 2)


def route_path(corners: Sequence[Point]) -> QPainterPath:
    """A line with rounded corners."""
    points = [QPointF(*point) for point in corners]
    path = QPainterPath(points[0])
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        path.lineTo(_towards(corner, before, CORNER))
        path.quadTo(corner, _towards(corner, after, CORNER))
    end = points[-1]
    path.lineTo(end)
    if points[-2].y() == end.y():
        back = ARROW if points[-2].x() > end.x() else -ARROW
        path.lineTo(end + QPointF(back, -ARROW))
        path.moveTo(end)
        path.lineTo(end + QPointF(back, ARROW))
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
