"""A connection that is being dragged, from a port or off a block: the line, the target under it, and why it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF
from PySide6.QtWidgets import QGraphicsView, QLabel

from models.network.graph import Edge, Network, Source
from widgets.canvas.card import CardItem
from widgets.canvas.frame import FrameItem
from widgets.canvas.scene import NetworkScene
from widgets.theme import Theme

Refusal = Callable[[Source, str], str]
"""Why an output cannot be connected to a node, in words; empty where it can."""

CUT = "Release to disconnect"


@dataclass(frozen=True)
class Dropped:
    """Where a dragged connection ended: the document's connection that it was, and the block that it goes to now."""

    source: Source
    cut: Edge | None
    target: str | None


def why_not(network: Network, source: Source, target: str) -> str:
    """What can be said against a connection from the network alone: cycles, and blocks that take no input."""
    node, feeding = network.node(target), network.node(source.node)
    if node.block.max_inputs == 0:
        return f"{node.title} takes no input"
    if source.node == target:
        return f"{node.title} cannot feed itself"
    if target in network.upstream(source.node):
        return f"That would be a cycle: {feeding.title} depends on {node.title}"
    return ""


class Connecting:
    """The drag in progress, if any. Positions are in the viewport's coordinates."""

    def __init__(self, view: QGraphicsView, scene: NetworkScene, theme: Callable[[], Theme]) -> None:
        self._view, self._scene, self._theme = view, scene, theme
        self.refusal: Refusal = lambda source, target: why_not(scene.shown.document, source, target)
        self._drawn: Source | None = None
        self._edge: Edge | None = None
        self._over: CardItem | FrameItem | None = None
        self._target: str | None = None
        self._hint = QLabel(view)
        self._hint.setObjectName("connectionHint")
        self._hint.hide()

    @property
    def is_active(self) -> bool:
        return self._drawn is not None

    @property
    def reason(self) -> str:
        """What is said beside the pointer."""
        return self._hint.text() if not self._hint.isHidden() else ""

    def begin(self, drawn: Source, edge: Edge | None) -> None:
        """Start from an output as it is drawn; `edge` is the drawn connection that is taken off its target."""
        self._drawn, self._edge = drawn, edge
        if edge is not None:
            self._scene.set_edge_states((), (edge,))

    def move(self, position: QPoint) -> None:
        """The pointer is here now."""
        if self._drawn is None:
            return
        over = self._item_at(position)
        if over is not self._over:
            self._leave_target()
            self._over = over
        target, reason = self._judged(over)
        allowed = over is not None and not reason
        self._target = target if allowed else None
        if over is not None and (reason or target is not None):
            over.set_target(allowed)
        color = self._theme().color("bad" if reason else "accent")
        start = QPointF(*self._scene.layout.port(self._drawn.node, self._drawn.output))
        self._scene.rubber_line.show_line(start, self._view.mapToScene(position), color)
        self._say(reason or (CUT if over is None and self._edge is not None else ""), bool(reason), position)

    def drop(self) -> Dropped | None:
        """End where the pointer is; None where nothing comes of it."""
        if self._drawn is None:
            return None
        shown, over, target = self._scene.shown, self._over, self._target
        source, cut = shown.source(self._drawn), shown.edge(self._edge) if self._edge is not None else None
        self.cancel()
        if source is None or (over is not None and target is None) or (cut is None and target is None):
            return None
        return Dropped(source, cut, target)

    def cancel(self) -> None:
        """End: nothing was dragged."""
        if self._drawn is None:
            return
        self._leave_target()
        self._drawn = self._edge = self._over = self._target = None
        self._scene.rubber_line.hide()
        self._scene.set_edge_states((), ())
        self._hint.hide()

    def _item_at(self, position: QPoint) -> CardItem | FrameItem | None:
        found = (item for item in self._view.items(position) if isinstance(item, CardItem | FrameItem))
        return next(found, None)

    def _judged(self, over: CardItem | FrameItem | None) -> tuple[str | None, str]:
        """The document's node under the pointer, and why it refuses. Nothing is said of where the drag began."""
        shown = self._scene.shown
        source = shown.source(self._drawn) if self._drawn is not None else None
        if over is None or source is None:
            return None, ""
        target = shown.owner(over.objectName())
        at_home = over.objectName() == (self._drawn.node if self._drawn else "")
        if at_home or (self._edge is not None and over.objectName() == self._edge.target):
            return None, ""
        if isinstance(over, CardItem) and shown.is_inner(over.objectName()):
            title = shown.document.node(target).title
            return target, f"This block stands inside {title}. Unpack {title} to edit what is inside"
        return target, self.refusal(source, target)

    def _leave_target(self) -> None:
        if self._over is not None:
            self._over.set_target(None)

    def _say(self, text: str, bad: bool, position: QPoint) -> None:
        self._hint.setVisible(bool(text))
        if not text:
            return
        theme = self._theme()
        color = theme.bad if bad else theme.dim
        self._hint.setStyleSheet(
            f"background: {theme.raised}; color: {theme.text}; border: 1px solid {color}; border-radius: 6px;"
            "padding: 4px 10px;"
        )
        self._hint.setText(text)
        self._hint.setWordWrap(True)
        self._hint.setFixedWidth(min(320, self._hint.fontMetrics().horizontalAdvance(text) + 26))
        self._hint.adjustSize()
        room = self._view.viewport().size()
        x = min(position.x() + 16, room.width() - self._hint.width() - 4)
        self._hint.move(max(4, x), min(position.y() + 12, room.height() - self._hint.height() - 4))
        self._hint.raise_()
