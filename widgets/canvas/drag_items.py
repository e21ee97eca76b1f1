"""What appears on the canvas only while something is dragged or pointed at: ghost, rubber line and ports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsPathItem, QStyleOptionGraphicsItem, QWidget

from models.network.graph import Edge, Source
from models.network.layout import CARD_HEIGHT, CARD_WIDTH
from widgets.canvas.fonts import font
from widgets.theme import DARK, Theme

PORT_RADIUS, PORT_REACH = 5.5, 9.0
"""Pixels: how large a port is, and from how far it is caught."""

BRANCH_REACH = 10.0


class GhostItem(QGraphicsItem):
    """A dashed outline with the name of what is dragged, in its family's colour."""

    def __init__(self) -> None:
        super().__init__()
        self._name, self._color, self._fill = "", QColor(), QColor()
        self._branch = 0.0
        self.setZValue(5)
        self.hide()

    def show_block(self, name: str, color: QColor, theme: Theme, branch: float = 0.0) -> None:
        """`branch` is how far away the block stands beside which it would be a branch; 0 for none."""
        self.prepareGeometryChange()
        self._branch = branch
        self._name, self._color, self._fill = name, color, theme.color("panel")
        self.update()
        self.show()

    @property
    def name(self) -> str:
        return self._name

    @property
    def middle(self) -> float:
        """The x of its middle in the scene."""
        return self.x() + CARD_WIDTH / 2

    def boundingRect(self) -> QRectF:
        left, right = min(0.0, self._branch), max(0.0, self._branch)
        return QRectF(-2, -2, CARD_WIDTH + 4, CARD_HEIGHT + 4).adjusted(left, -BRANCH_REACH, right, BRANCH_REACH)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tint = QColor(self._color)
        tint.setAlpha(40)
        rect = QRectF(0, 0, CARD_WIDTH, CARD_HEIGHT)
        for fill, line in ((self._fill, Qt.PenStyle.NoPen), (tint, Qt.PenStyle.DashLine)):
            painter.setBrush(fill)
            painter.setPen(QPen(self._color, 1.5, line))
            painter.drawRoundedRect(rect, 9, 9)
        if self._branch:
            self._paint_branch(painter)
        painter.setFont(font("title"))
        painter.setPen(self._color)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._name)

    def _paint_branch(self, painter: QPainter) -> None:
        """Lines to what feeds the block beside, and to what it feeds."""
        here = CARD_WIDTH / 2
        for rim, away in ((0.0, -BRANCH_REACH), (CARD_HEIGHT, BRANCH_REACH)):
            corners = ((here, rim), (here, rim + away), (here + self._branch, rim + away))
            painter.drawPolyline([QPointF(x, y) for x, y in corners])


class RubberLine(QGraphicsPathItem):
    """The connection that is being dragged: from its port to the pointer."""

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(6)
        self.hide()

    def show_line(self, start: QPointF, end: QPointF, color: QColor) -> None:
        """A curve that leaves downwards and arrives from above."""
        bend = max(24.0, abs(end.y() - start.y()) / 2)
        path = QPainterPath(start)
        path.cubicTo(start + QPointF(0, bend), end - QPointF(0, bend), end)
        self.setPath(path)
        self.setPen(QPen(color, 2.2, Qt.PenStyle.DashLine, Qt.PenCapStyle.RoundCap))
        self.show()


@dataclass(frozen=True)
class Port:
    """A place on a card where a connection begins or ends.

    Attributes:
        point: in the scene.
        source: the output that it is; None for an input.
        edge: the connection that ends here; None for an output, and for an input that is free.
        text: what it is, in words.
    """

    point: QPointF
    source: Source | None
    edge: Edge | None
    text: str


class PortsItem(QGraphicsItem):
    """The ports of the card that is pointed at, or selected."""

    def __init__(self) -> None:
        super().__init__()
        self._ports: tuple[Port, ...] = ()
        self._hot: Port | None = None
        self._theme = DARK
        self.setZValue(3)
        self.hide()

    @property
    def ports(self) -> tuple[Port, ...]:
        return self._ports

    def show_ports(self, ports: Sequence[Port], theme: Theme) -> None:
        if tuple(ports) != self._ports or theme is not self._theme:
            self.prepareGeometryChange()
            self._ports, self._theme, self._hot = tuple(ports), theme, None
            self.setVisible(bool(ports))
            self.update()

    def set_hot(self, port: Port | None) -> None:
        """The port under the pointer is drawn larger."""
        if port != self._hot:
            self._hot = port
            self.update()

    def port_at(self, point: QPointF, scale: float) -> Port | None:
        """The port at a point of the scene; `scale` is the zoom, for a port must be caught when it is small, too."""
        reach = PORT_REACH / min(scale, 1.0)
        near = [(QPointF(port.point - point).manhattanLength(), port) for port in self._ports]
        return next((port for distance, port in sorted(near, key=lambda pair: pair[0]) if distance <= reach), None)

    def boundingRect(self) -> QRectF:
        whole = QRectF()
        for port in self._ports:
            whole = whole.united(QRectF(port.point.x() - 10, port.point.y() - 10, 20, 20))
        return whole

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        theme = self._theme
        for port in self._ports:
            hot = port == self._hot
            full = port.source is not None or port.edge is not None
            painter.setPen(QPen(theme.color("accent"), 2.0))
            painter.setBrush(theme.color("accent" if hot or full else "panel"))
            radius = PORT_RADIUS + 2 if hot else PORT_RADIUS
            painter.drawEllipse(port.point, radius, radius)
