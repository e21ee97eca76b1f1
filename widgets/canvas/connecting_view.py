"""`ConnectingView`: cards whose ports and connections can be taken hold of."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from models.network.graph import Edge, Source
from widgets.canvas.card_view import CardView
from widgets.canvas.connecting import Connecting, Refusal
from widgets.canvas.drag_items import Port
from widgets.theme import Theme

CUTTING = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
EDGE_HINT = "Drag away to disconnect. Click and press Delete does the same."


class ConnectingView(CardView):
    """Connections are made by dragging from an output's port, and cut by dragging them off their target.

    Signals (with those of CardView):
        edge_selected(Edge | None): the user selected this connection of the network.
        connection_dropped(Source, str): an output dragged to this node.
        edge_cut(Edge): a connection dragged off into nothing, or deleted.
        edge_rewired(Edge, str): a connection dragged off to this node.
    """

    edge_selected = Signal(object)
    connection_dropped = Signal(object, str)
    edge_cut = Signal(object)
    edge_rewired = Signal(object, str)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._edge: Edge | None = None
        self._hovered: Edge | None = None
        self._grip: tuple[QPoint, Source, Edge | None] | None = None
        self._connecting = Connecting(self, self._network_scene, lambda: self._theme)

    @property
    def connection_refusal(self) -> Refusal:
        """Says why an output cannot be connected to a node, in words; empty where it can. May be set."""
        return self._connecting.refusal

    @connection_refusal.setter
    def connection_refusal(self, refusal: Refusal) -> None:
        self._connecting.refusal = refusal

    # --- selecting a connection -------------------------------------------------------------------------------------
    @property
    def selected_edge(self) -> Edge | None:
        """The selected connection of the network."""
        return self.shown.edge(self._edge) if self._edge is not None else None

    def _select_edge(self, drawn: Edge | None) -> None:
        if drawn != self._edge:
            self._edge = drawn
            self._refresh_edges()
            self.edge_selected.emit(self.selected_edge)

    def _refresh_edges(self, hovered: Edge | None = None) -> None:
        self._network_scene.set_edge_states({edge for edge in (self._edge, hovered) if edge is not None}, ())

    def _show(self) -> None:
        super()._show()
        self._hovered = None
        if self._edge is not None:
            self._select_edge(self._edge if self._edge in self._network_scene.edges else None)
            self._refresh_edges()

    def _choose(self, ids: Iterable[str]) -> None:
        ids = tuple(ids)
        if ids:
            self._select_edge(None)
        super()._choose(ids)

    # --- taking hold ------------------------------------------------------------------------------------------------
    def _press_port(self, position: QPoint) -> bool:
        """Take hold of a port: of an output, or of the connection that ends in an input."""
        port = self._port_at(position)
        if port is None:
            return False
        if port.source is not None:
            self._grip = position, port.source, None
        elif port.edge is not None:
            self._grip = position, port.edge.source, port.edge
        return True

    def _press_edge(self, position: QPoint) -> bool:
        """Select a connection and take hold of it."""
        over = self.card_at(position) or self.frame_at(position)
        edge = self._edge_at(position) if over is None else None
        if edge is None:
            return False
        self._choose(())
        self._select_edge(edge)
        self._grip = position, edge.source, edge
        return True

    def _drag_connection(self, position: QPoint) -> None:
        """The pointer is here now, while something is taken hold of."""
        if self._connecting.is_active:
            self._connecting.move(position)
            return
        assert self._grip is not None
        start, source, edge = self._grip
        if (position - start).manhattanLength() >= QApplication.startDragDistance():
            self._network_scene.show_ports(None)
            self._connecting.begin(source, edge)
            self._connecting.move(position)

    def _drop_connection(self) -> None:
        """Let go of what was taken hold of."""
        if self._grip is None:
            return
        self._grip = None
        dropped = self._connecting.drop()
        if dropped is None:
            self._refresh_edges()
            return
        if dropped.cut is not None and dropped.target is not None:
            self.edge_rewired.emit(dropped.cut, dropped.target)
        elif dropped.cut is not None:
            self.edge_cut.emit(dropped.cut)
        elif dropped.target is not None:
            self.connection_dropped.emit(dropped.source, dropped.target)

    def _cancel_connection(self) -> None:
        self._grip = None
        self._connecting.cancel()

    # --- pointing ---------------------------------------------------------------------------------------------------
    def _port_at(self, position: QPoint) -> Port | None:
        """The port under the pointer; a badge that tells of problems goes before it."""
        card, point = self.card_at(position), self.mapToScene(position)
        if card is not None and card.content.problems and card.mapRectToScene(card.pill_rect()).contains(point):
            return None
        return self._network_scene.ports.port_at(point, self.zoom)

    def _edge_at(self, position: QPoint) -> Edge | None:
        """The connection under the pointer, if it is one of the network's own."""
        edge = self._network_scene.edge_at(self.mapToScene(position), self.zoom)
        return edge if edge is not None and self.shown.edge(edge) is not None else None

    def _point_at(self, position: QPoint) -> None:
        """Show what can be taken hold of under the pointer."""
        scene, port = self._network_scene, self._port_at(position)
        scene.ports.set_hot(port)
        if port is None:
            card = self.card_at(position)
            scene.show_ports(card.objectName() if card is not None else self._port_owner())
            port = self._port_at(position)
            scene.ports.set_hot(port)
        over = port is not None or self.card_at(position) is not None or self.frame_at(position) is not None
        edge = self._edge_at(position) if not over else None
        if edge != self._hovered:
            self._hovered = edge
            self._refresh_edges(edge)
        if not self._space:
            grips = port is not None or edge is not None
            self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if grips else Qt.CursorShape.ArrowCursor)
        self.viewport().setToolTip(port.text if port is not None else EDGE_HINT if edge is not None else "")

    def _port_owner(self) -> str | None:
        """The card whose ports stay while the pointer is on none."""
        return self._selected[-1] if len(self._selected) == 1 else None

    # --- keyboard ---------------------------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in CUTTING and (edge := self.selected_edge) is not None:
            self.edge_cut.emit(edge)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """While a connection is selected, Delete is about it and not about blocks."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in CUTTING
            and self.selected_edge is not None
        ):
            event.accept()
            return True
        return super().event(event)
