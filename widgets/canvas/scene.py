"""The items on the canvas, kept equal to a network: one card per node, one line per connection."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsScene

from models.analysis import Analysis, NodeAnalysis
from models.network.graph import Edge, Network
from models.network.layout import CARD_WIDTH, ROW_PITCH, Box, Layout, Route, layout
from widgets.canvas.card import CardItem
from widgets.canvas.content import card_content
from widgets.canvas.edge import EdgeItem, GhostItem, distance
from widgets.canvas.strip import Strip
from widgets.colormaps import Floats
from widgets.theme import Theme

MARGIN_SIDE, MARGIN_TOP, MARGIN_BOTTOM = 36.0, 24.0, 120.0
FAR = 1e6


@dataclass(frozen=True)
class Place:
    """Where a dragged block would go: on an edge, or (None) behind the output."""

    edge: Edge | None


class NetworkScene(QGraphicsScene):
    """Compares by node id and edge: what did not change is not touched."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        # A few hundred cards that change often: Qt's index costs more than it saves, and it lags behind removals.
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self._theme = theme
        self.cards: dict[str, CardItem] = {}
        self.edges: dict[Edge, EdgeItem] = {}
        self.network, self._analysis = Network(), Analysis()
        self.layout = layout(self.network)
        self.place: Place | None = None
        self._trained: frozenset[str] | None = None
        self._stale: frozenset[str] = frozenset()
        self.ghost = GhostItem()
        self.addItem(self.ghost)

    # --- what it shows ----------------------------------------------------------------------------------------------
    def set_network(self, network: Network, analysis: Analysis) -> None:
        """Show another network; cards of nodes that stay are kept, those that say the same do not repaint."""
        self.close_gap()
        self.network, self._analysis = network, analysis
        for node_id in self.cards.keys() - {node.id for node in network.nodes}:
            self.removeItem(self.cards.pop(node_id))
        for edge in self.edges.keys() - set(network.edges):
            self.removeItem(self.edges.pop(edge))
        self._refresh_cards()
        for edge in network.edges:
            if edge not in self.edges:
                self.edges[edge] = EdgeItem(edge, self._theme)
                self.addItem(self.edges[edge])
        self.layout = layout(network)
        self._arrange(self.layout)
        self.setSceneRect(self._extent())

    def set_trained(self, trained: frozenset[str] | None, stale: frozenset[str]) -> None:
        self._trained, self._stale = trained, stale
        self._refresh_cards()

    def set_strips(self, strips: Mapping[str, Floats]) -> None:
        for node_id, values in strips.items():
            if node_id in self.cards:
                self.cards[node_id].set_strip(Strip(values))

    def set_states(self, selected: Collection[str], current: str | None, dragged: Collection[str]) -> None:
        for node_id, card in self.cards.items():
            card.set_state(node_id in selected, node_id == current, node_id in dragged)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for card in self.cards.values():
            card.set_theme(theme)
        for edge in self.edges.values():
            edge.set_theme(theme)

    def _refresh_cards(self) -> None:
        for node in self.network.nodes:
            facts = self._analysis.nodes.get(node.id) or NodeAnalysis(node.id)
            content = card_content(node, facts, self._is_trained(node.id))
            card = self.cards.get(node.id)
            if card is None:
                card = self.cards[node.id] = CardItem(content, self._theme)
                self.addItem(card)
            elif card.content != content:
                card.set_content(content)

    def _is_trained(self, node_id: str) -> bool | None:
        if self._trained is None:
            return None
        return True if node_id in self._trained else False if node_id in self._stale else None

    def _arrange(self, arranged: Layout) -> None:
        for node_id, box in arranged.boxes.items():
            self.cards[node_id].setPos(box.x, box.y)
        for edge, route in arranged.routes.items():
            self.edges[edge].set_route(route)

    def _extent(self) -> QRectF:
        boxes = list(self.layout.boxes.values()) or [Box(-CARD_WIDTH / 2, 0)]
        corners = [x for route in self.layout.routes.values() for x, _ in route.points]
        left = min(box.x for box in boxes)
        right = max([box.right for box in boxes] + corners)
        reach = max(-left, right) + MARGIN_SIDE  # the first card stays in the middle, whatever stands beside it
        bottom = max(box.bottom for box in boxes) + MARGIN_BOTTOM
        return QRectF(-reach, -MARGIN_TOP, 2 * reach, bottom + MARGIN_TOP)

    # --- the gap that opens under a drag ----------------------------------------------------------------------------
    def place_at(self, point: QPointF, moving: Sequence[str] = ()) -> Place | None:
        """The place nearest to a point; None where the dragged nodes are already."""
        output = self.network.output_node
        if output is None:
            return Place(None)
        point = self._without_gap(point)
        routes = {Place(edge): route for edge, route in self.layout.routes.items()}
        x, bottom = self.layout.boxes[output.id].center[0], self.layout.boxes[output.id].bottom
        routes[Place(None)] = Route(((x, bottom), (x, bottom + FAR)))
        place = min(routes, key=lambda candidate: distance(routes[candidate], point))
        neighbours = {output.id} if place.edge is None else {place.edge.source.node, place.edge.target}
        return None if neighbours & set(moving) else place

    def open_gap(self, place: Place | None, name: str, color: QColor) -> None:
        """Make room at a place and show there what would be inserted; None closes."""
        if place is None:
            self.close_gap()
            return
        if place != self.place:
            self.place = place
            slot = self.layout.slot(place.edge)
            self._arrange(self.layout.with_gap(slot.row))
            self.ghost.setPos(slot.box.x, slot.box.y)
        self.ghost.show_block(name, color, self._theme)

    def close_gap(self) -> None:
        if self.place is not None:
            self.place = None
            self.ghost.hide()
            self._arrange(self.layout)

    def _without_gap(self, point: QPointF) -> QPointF:
        """A point brought back to where it was before the gap opened, the whole gap being its edge's middle."""
        row = self.layout.slot(self.place.edge).row if self.place is not None else None
        if row is None:
            return point
        middle = row * ROW_PITCH - 10
        return QPointF(point.x(), min(point.y(), max(middle, point.y() - ROW_PITCH)))
