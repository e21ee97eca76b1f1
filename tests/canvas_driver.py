"""Drives a canvas as a person does: by mouse, keyboard and drag events in its viewport."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QMouseEvent
from PySide6.QtWidgets import QApplication

from models.network.graph import Edge
from widgets.canvas import CanvasView

COPY = Qt.DropAction.CopyAction
LEFT = Qt.MouseButton.LeftButton
NO_BUTTON = Qt.MouseButton.NoButton
PLAIN = Qt.KeyboardModifier.NoModifier


def middle_of(canvas: CanvasView, node_id: str) -> QPoint:
    """The middle of a card, in the viewport."""
    canvas.ensure_visible(node_id)
    card = canvas.card(node_id)
    return canvas.mapFromScene(card.mapToScene(card.rect().center()))


def between(canvas: CanvasView, edge: Edge) -> QPoint:
    """The gap that an edge of a stack crosses, in the viewport."""
    return (middle_of(canvas, edge.source.node) + middle_of(canvas, edge.target)) / 2


def behind(canvas: CanvasView, node_id: str) -> QPoint:
    """Below a card, in the viewport."""
    return middle_of(canvas, node_id) + QPoint(0, 60)


def enter(canvas: CanvasView, data: QMimeData) -> bool:
    """A drag comes in; whether the canvas takes it."""
    event = QDragEnterEvent(QPoint(5, 5), COPY, data, LEFT, PLAIN)
    QApplication.sendEvent(canvas.viewport(), event)
    return event.isAccepted()


def hover(canvas: CanvasView, data: QMimeData, position: QPoint) -> None:
    QApplication.sendEvent(canvas.viewport(), QDragMoveEvent(position, COPY, data, LEFT, PLAIN))


def leave(canvas: CanvasView) -> None:
    """What Qt sends when Esc ends its drag, or the pointer leaves."""
    QApplication.sendEvent(canvas.viewport(), QDragLeaveEvent())


def drop(canvas: CanvasView, data: QMimeData, position: QPoint) -> None:
    """A whole drag: in, over, dropped."""
    enter(canvas, data)
    hover(canvas, data, position)
    QApplication.sendEvent(canvas.viewport(), QDropEvent(QPointF(position), COPY, data, LEFT, PLAIN))


def mouse(
    canvas: CanvasView,
    kind: QEvent.Type,
    position: QPoint,
    button: Qt.MouseButton = LEFT,
    modifiers: Qt.KeyboardModifier = PLAIN,
) -> None:
    """One mouse event, with the button held while it moves."""
    moving = kind == QEvent.Type.MouseMove
    held = NO_BUTTON if kind == QEvent.Type.MouseButtonRelease else button
    on_screen = QPointF(canvas.viewport().mapToGlobal(position))
    event = QMouseEvent(kind, QPointF(position), on_screen, NO_BUTTON if moving else button, held, modifiers)
    QApplication.sendEvent(canvas.viewport(), event)


def pull(
    canvas: CanvasView,
    start: QPoint,
    *path: QPoint,
    button: Qt.MouseButton = LEFT,
    modifiers: Qt.KeyboardModifier = PLAIN,
) -> None:
    """Press and move, without letting go."""
    mouse(canvas, QEvent.Type.MouseButtonPress, start, button, modifiers)
    for position in path:
        mouse(canvas, QEvent.Type.MouseMove, position, button, modifiers)


def let_go(
    canvas: CanvasView, position: QPoint, button: Qt.MouseButton = LEFT, modifiers: Qt.KeyboardModifier = PLAIN
) -> None:
    mouse(canvas, QEvent.Type.MouseButtonRelease, position, button, modifiers)
