"""Where a dragged block would go: on a connection, behind the output, or beside another block; and the gap for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor

from models.network.graph import Edge
from models.network.layout import CARD_HEIGHT, ROW_PITCH, Box, Route
from widgets.canvas.edge import distance
from widgets.canvas.scene import NetworkScene
from widgets.theme import Theme

FAR = 1e6
ON_LINE = 10.0
"""So near to a line a block goes onto it, even beside a card."""
BESIDE_INNER, BESIDE_OUTER, BESIDE_RIM = 40.0, 130.0, 8.0
"""The zone beside a card, in pixels: how far it reaches into it and away from it, and what it leaves at its rims
inside. Outside it takes the whole row, up to the middle of the gap to the next one."""


@dataclass(frozen=True)
class Place:
    """On a connection of the document, or (None) behind the output; or beside a block, as a branch of its own.

    `drawn` is the line on which the gap opens: of several into an open composite, one stands for all.
    """

    edge: Edge | None
    drawn: Edge | None = None
    beside: str | None = None
    right: bool = True


class Places:
    """Finds the place under the pointer, and makes room there."""

    def __init__(self, scene: NetworkScene) -> None:
        self._scene = scene
        self.place: Place | None = None

    def find(self, point: QPointF, moving: Sequence[str] = (), beside: bool = True) -> Place | None:
        """The place nearest to a point; None where the dragged nodes are already. `beside`: whether that is offered."""
        shown = self._scene.shown
        output = shown.network.output_node
        if output is None:
            return Place(None)
        point = self._without_gap(point)
        lines = {Place(edge, drawn): route for edge, drawn, route in self._lines()}
        box = self._scene.layout.boxes[output.id]
        lines[Place(None)] = Route(((box.center[0], box.bottom), (box.center[0], box.bottom + FAR)))
        place = min(lines, key=lambda candidate: distance(lines[candidate], point))
        if beside and distance(lines[place], point) > ON_LINE and (branch := self._beside(point)) is not None:
            return None if branch.beside in moving else branch
        output_id = shown.owner(output.id)
        neighbours = {output_id} if place.edge is None else {place.edge.source.node, place.edge.target}
        return None if neighbours & set(moving) else place

    def open(self, place: Place | None, name: str, color: QColor, theme: Theme) -> None:
        """Make room at a place and show there what would be inserted; None closes."""
        if place is None:
            self.close()
            return
        layout, ghost = self._scene.layout, self._scene.ghost
        if place != self.place:
            self.place = place
            if place.beside is not None:
                box = self._box(place.beside)
                slot = layout.beside(box, place.right)
                self._scene.arrange(layout)
            else:
                opened = layout.slot(place.drawn)
                slot = opened.box
                self._scene.arrange(layout.with_gap(opened.row))
            ghost.setPos(slot.x, slot.y)
        branch = 0.0 if place.beside is None else self._box(place.beside).center[0] - ghost.middle
        ghost.show_block(name, color, theme, branch)

    def close(self) -> None:
        if self.place is not None:
            self.place = None
            self._scene.ghost.hide()
            self._scene.arrange(self._scene.layout)

    def _lines(self) -> Iterator[tuple[Edge, Edge, Route]]:
        """The document's connections with the lines that stand for them."""
        for drawn, route in self._scene.layout.routes.items():
            edge = self._scene.shown.edge(drawn)
            if edge is not None:
                yield edge, drawn, route

    def _box(self, node_id: str) -> Box:
        layout = self._scene.layout
        return layout.frames[node_id] if node_id in layout.frames else layout.boxes[node_id]

    def _beside(self, point: QPointF) -> Place | None:
        """The place beside a card or an open composite; there is none beside what takes no input."""
        shown, layout = self._scene.shown, self._scene.layout
        x, y = point.x(), point.y()
        for node_id, box in (*layout.frames.items(), *layout.boxes.items()):
            right = x > box.center[0]
            outwards = x - box.right if right else box.x - x
            rim = BESIDE_RIM if outwards <= 0 else -(ROW_PITCH - CARD_HEIGHT) / 2
            if not box.y + rim <= y <= box.bottom - rim or shown.owner(node_id) != node_id:
                continue
            if not shown.document.node(node_id).inputs:
                continue
            if -BESIDE_INNER <= outwards <= BESIDE_OUTER:
                return Place(None, None, node_id, right)
        return None

    def _without_gap(self, point: QPointF) -> QPointF:
        """A point brought back to where it was before the gap opened, the whole gap being its edge's middle."""
        if self.place is None or self.place.beside is not None:
            return point
        slot = self._scene.layout.slot(self.place.drawn)
        if slot.row is None:
            return point
        middle = slot.box.y - 10
        return QPointF(point.x(), min(point.y(), max(middle, point.y() - ROW_PITCH)))
