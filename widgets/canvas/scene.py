"""The items on the canvas, kept equal to what is shown: a card for each node, a line for each connection, frames."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QGraphicsScene

from models.analysis import Analysis, NodeAnalysis
from models.network.graph import Edge, Network, Node, Source
from models.network.layout import CARD_HEIGHT, CARD_WIDTH, Box, Layout, Route, layout
from widgets.canvas.card import PILL_HEIGHT, CardItem
from widgets.canvas.content import card_content, frame_content
from widgets.canvas.drag_items import GhostItem, Port, PortsItem, RubberLine
from widgets.canvas.edge import EdgeItem, distance, line_thickness
from widgets.canvas.frame import FrameItem
from widgets.canvas.shown import Shown
from widgets.canvas.shown import show as shown_of
from widgets.canvas.strip import Strip
from widgets.colormaps import Floats
from widgets.theme import Theme

MARGIN_SIDE, MARGIN_TOP, MARGIN_BOTTOM = 36.0, 24.0, 120.0
EDGE_REACH = 6.0
"""Pixels from a line at which it is caught."""


State = tuple[Node, NodeAnalysis, bool | None, bool, bool]
"""What a card's content depends on: the node, what is known of it, whether it is trained, in a frame, and frozen."""


class NetworkScene(QGraphicsScene):
    """Compares by node id and edge: what did not change is not touched."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        # A few hundred cards that change often: Qt's index costs more than it saves, and it lags behind removals.
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self._theme = theme
        self.cards: dict[str, CardItem] = {}
        self.edges: dict[Edge, EdgeItem] = {}
        self.frames: dict[str, FrameItem] = {}
        self.shown: Shown = shown_of(Network(), Analysis(), ())
        self.layout = layout(self.network)
        self._known: dict[str, State] = {}
        self._stated: frozenset[str] = frozenset()
        self._places: dict[str, Box] = {}
        self._routes: Mapping[Edge, Route] = {}
        self._trained: frozenset[str] | None = None
        self._stale: frozenset[str] = frozenset()
        self._frozen: frozenset[str] = frozenset()
        self._room = QRectF()
        self._thickness = 1.0
        self.ghost, self.rubber_line, self.ports = GhostItem(), RubberLine(), PortsItem()
        for item in (self.ghost, self.rubber_line, self.ports):
            self.addItem(item)

    @property
    def network(self) -> Network:
        """What is shown: the document's network, its open composites replaced by what is inside them."""
        return self.shown.network

    # --- what it shows ----------------------------------------------------------------------------------------------
    def set_shown(self, shown: Shown) -> None:
        """Show another network; cards of nodes that stay are kept, those that say the same do not repaint."""
        network = shown.network
        self.shown = shown
        self.show_ports(None)
        for node_id in [node_id for node_id in self.cards if node_id not in network]:
            self.removeItem(self.cards.pop(node_id))
            del self._known[node_id]
            self._places.pop(node_id, None)
        present = set(network.edges)
        for edge in [edge for edge in self.edges if edge not in present]:
            self.removeItem(self.edges.pop(edge))
        self._refresh_frames()
        self._refresh_cards()
        for edge in network.edges:
            if edge not in self.edges:
                self.edges[edge] = EdgeItem(edge, self._theme, self._thickness)
                self.addItem(self.edges[edge])
        members = {frame.node_id: frame.members for frame in shown.frames.values()}
        self.layout = layout(network, members, self.layout)
        self.arrange(self.layout)
        self.setSceneRect(self._extent())

    def make_room(self, room: QRectF) -> None:
        """Let the scene hold this part as well, so that a view can stand there; an empty one takes it back."""
        if room != self._room:
            self._room = room
            self.setSceneRect(self._extent())

    def set_view(self, left: float, right: float, zoom: float) -> None:
        """What is in view, from left to right, and how large."""
        for frame in self.frames.values():
            frame.set_view(left, right)
        thickness = line_thickness(zoom)
        if thickness != self._thickness:
            self._thickness = thickness
            for edge in self.edges.values():
                edge.set_thickness(thickness)

    def set_trained(self, trained: frozenset[str] | None, stale: frozenset[str]) -> None:
        """Which nodes of the document are trained, and which no longer; what is inside goes with its composite."""
        self._trained, self._stale = trained, stale
        self._refresh_cards()

    def set_frozen(self, frozen: frozenset[str]) -> None:
        """Which nodes of the document are not trained; what is inside goes with its composite."""
        if frozen != self._frozen:
            self._frozen = frozen
            self._refresh_cards()

    def set_strips(self, strips: Mapping[str, Floats]) -> None:
        for node_id, values in strips.items():
            if node_id in self.cards:
                self.cards[node_id].set_strip(Strip(values))

    def set_states(self, selected: Collection[str], current: str | None, dragged: Collection[str]) -> None:
        stated = frozenset((*selected, *dragged)) | ({current} if current is not None else frozenset())
        for node_id in stated | self._stated:
            if (card := self.cards.get(node_id)) is not None:
                card.set_state(node_id in selected, node_id == current, node_id in dragged)
        self._stated = stated
        for node_id, frame in self.frames.items():
            frame.set_state(node_id in selected)

    def set_edge_states(self, highlighted: Collection[Edge], faded: Collection[Edge]) -> None:
        for edge, item in self.edges.items():
            item.set_state(edge in highlighted, edge in faded)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        items: list[CardItem | EdgeItem | FrameItem] = [*self.cards.values(), *self.edges.values()]
        for item in (*items, *self.frames.values()):
            item.set_theme(theme)
        self.show_ports(None)

    def _refresh_cards(self) -> None:
        shown, known = self.shown, self._known
        for node in shown.network.nodes:
            node_id = node.id
            facts = shown.analysis.nodes.get(node_id) or NodeAnalysis(node_id)
            inner = bool(shown.frames) and shown.is_inner(node_id)
            owner = shown.owner(node_id) if inner else node_id
            trained, frozen = self._is_trained(owner), owner in self._frozen or node_id in self._frozen
            state = (node, facts, trained, inner, frozen)
            before = known.get(node_id)
            if before is not None and _say_the_same(before, state):
                continue
            known[node_id] = state
            content = card_content(node, facts, trained, inner, frozen)
            card = self.cards.get(node_id)
            if card is None:
                card = self.cards[node_id] = CardItem(content, self._theme)
                self.addItem(card)
            elif card.content != content:
                card.set_content(content)

    def _refresh_frames(self) -> None:
        frames = self.shown.frames
        for node_id in [node_id for node_id in self.frames if node_id not in frames]:
            item = self.frames.pop(node_id)
            self.removeItem(item.field)
            self.removeItem(item)
        for node_id, frame in frames.items():
            content = frame_content(frame)
            known = self.frames.get(node_id)
            if known is None:
                known = self.frames[node_id] = FrameItem(content, self._theme)
                self.addItem(known)
                self.addItem(known.field)
            elif known.content != content:
                known.set_content(content)

    def _is_trained(self, node_id: str) -> bool | None:
        if self._trained is None:
            return None
        return True if node_id in self._trained else False if node_id in self._stale else None

    def arrange(self, arranged: Layout) -> None:
        """Move everything to its place; what is there already is not touched."""
        if self._routes is arranged.routes:
            return  # only settings have changed
        places, self._routes = self._places, arranged.routes
        for node_id, box in arranged.boxes.items():
            if places.get(node_id) != box:
                places[node_id] = box
                self.cards[node_id].setPos(box.x, box.y)
        for edge, route in arranged.routes.items():
            self.edges[edge].set_route(route)
        for depth, (node_id, box) in enumerate(arranged.frames.items()):
            self.frames[node_id].set_box(box, depth)

    def cards_extent(self) -> QRectF:
        """The rectangle around all cards and frames; empty without any."""
        boxes = [*self.layout.boxes.values(), *self.layout.frames.values()]
        if not boxes:
            return QRectF()
        left, top = min([box.x for box in boxes]), min([box.y for box in boxes])
        right, bottom = max([box.x + box.width for box in boxes]), max([box.y + box.height for box in boxes])
        return QRectF(left, top, right - left, bottom - top)

    def _extent(self) -> QRectF:
        cards = self.cards_extent() or QRectF(-CARD_WIDTH / 2, 0, CARD_WIDTH, CARD_HEIGHT)
        lanes = [path.x[1] for path in self.layout.paths.values() if path.lane is not None]
        reach = max(-min([cards.left(), *lanes]), max([cards.right(), *lanes])) + MARGIN_SIDE
        # The first card stays in the middle, whatever stands beside it.
        whole = QRectF(-reach, cards.top() - MARGIN_TOP, 2 * reach, cards.height() + MARGIN_TOP + MARGIN_BOTTOM)
        return whole.united(self._room)

    # --- finding ----------------------------------------------------------------------------------------------------
    def rect_of(self, node_id: str) -> QRectF:
        """The card of a node, or the header of its frame; empty when neither is shown."""
        item = self.cards.get(node_id) or self.frames.get(node_id)
        return item.mapRectToScene(item.rect()) if item is not None else QRectF()

    def edge_at(self, point: QPointF, scale: float) -> Edge | None:
        """The connection that runs through a point, if any."""
        reach = EDGE_REACH / min(scale, 1.0)
        near = [(distance(item.route, point), edge) for edge, item in self.edges.items() if item.route is not None]
        best = min(near, key=lambda pair: pair[0], default=None)
        return best[1] if best is not None and best[0] <= reach else None

    def show_ports(self, node_id: str | None) -> None:
        """Show where connections of this card begin and end; those of others are hidden."""
        card = self.cards.get(node_id) if node_id is not None else None
        self.ports.show_ports(self._ports_of(card) if card is not None else (), self._theme)

    def _ports_of(self, card: CardItem) -> list[Port]:
        """The outputs that other blocks can take, and the input, which is held by its last connection."""
        content, box, ports = card.content, self.layout.boxes[card.content.node_id], []
        for index, name in enumerate(content.outputs):
            source = Source(content.node_id, index)
            if self.shown.source(source) is not None:
                x, y = self.layout.port(content.node_id, index)
                below = PILL_HEIGHT / 2 if card.pill_rect().contains(x - box.x, y - box.y) else 0.0
                ports.append(Port(QPointF(x, y + below), source, None, _output_text(index, name, len(content.outputs))))
        inputs = enumerate(self.network.node(content.node_id).inputs)
        edges = [Edge(source, content.node_id, index) for index, source in inputs]
        edges = [edge for edge in edges if self.shown.edge(edge) is not None]
        if edges or (content.free_input and not content.inner):
            text = "Input. Drag away to disconnect." if edges else "Free input. Drag an output of another block here."
            ports.append(Port(QPointF(box.center[0], box.y), None, edges[-1] if edges else None, text))
        return ports


def _say_the_same(before: State, after: State) -> bool:
    """Whether a card would say the same of both."""
    (old, old_facts, *old_rest), (new, facts, *rest) = before, after
    if old is not new and (old.block is not new.block or old.name != new.name or len(old.inputs) != len(new.inputs)):
        return False
    return old_rest == rest and (
        old_facts is facts
        or (
            old_facts.output_shapes == facts.output_shapes
            and old_facts.weights == facts.weights
            and old_facts.problems == facts.problems
        )
    )


def _output_text(index: int, name: str, outputs: int) -> str:
    which = f"Output {index + 1} of {outputs}, {name}" if outputs > 1 else "Output"
    return f"{which}. Drag to another block to connect."
