"""`CardView`: the cards of a network, which of them are selected, and walking among them by keyboard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QLabel

from models.analysis import Analysis
from models.network.graph import Network
from widgets.canvas.card import DETAIL_FROM, CardItem
from widgets.canvas.scene import NetworkScene
from widgets.canvas.walk import Direction, neighbour
from widgets.canvas.zoom_view import ZoomView
from widgets.colormaps import Floats
from widgets.theme import Theme

ARROWS: dict[int, Direction] = {
    Qt.Key.Key_Up: Direction.UP,
    Qt.Key.Key_Down: Direction.DOWN,
    Qt.Key.Key_Left: Direction.LEFT,
    Qt.Key.Key_Right: Direction.RIGHT,
}
HINT = "<b>Drag a block here to begin</b><br>or start from an architecture in the palette · Ctrl+K searches"


class CardView(ZoomView):
    """Shows a network. The last of the selected ids is the current one.

    Signals:
        selection_changed(tuple): the user selected these ids.
        visible_changed: other cards are in view.
        edit_requested(str): Enter on a card.
    """

    selection_changed = Signal(object)
    visible_changed = Signal()
    edit_requested = Signal(str)

    def __init__(self, theme: Theme) -> None:
        self._network_scene = NetworkScene(theme)
        self._hint = QLabel(HINT)
        super().__init__(self._network_scene, theme)
        self._network_scene.setParent(self)
        self._selected: tuple[str, ...] = ()
        self._dragged: tuple[str, ...] = ()
        self._visible: tuple[str, ...] = ()
        self._hint.setParent(self)
        self._hint.setObjectName("emptyHint")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.view_changed.connect(self._update_visible)

    # --- what it shows ----------------------------------------------------------------------------------------------
    def set_network(self, network: Network, analysis: Analysis) -> None:
        """Show a network; only what changed is touched."""
        another = not any(node.id in self._network_scene.cards for node in network.nodes)
        self._network_scene.set_network(network, analysis)
        if another:
            self.show_start()
        self._hint.setVisible(not network.nodes)
        self._update_minimap()
        self.set_selection(tuple(node_id for node_id in self._selected if node_id in network))
        self._update_visible()

    def set_selection(self, ids: Sequence[str]) -> None:
        """Select cards; the last one is the current one. Says nothing: it is the user's choices that are signalled."""
        self._selected = tuple(node_id for node_id in ids if node_id in self._network_scene.cards)
        self._refresh_states()
        current = self._current_card()
        self.setAccessibleName(current.accessible_name() if current else "Network")
        self.setAccessibleDescription(current.accessible_description() if current else "")

    def selected_ids(self) -> tuple[str, ...]:
        return self._selected

    def set_strips(self, strips: Mapping[str, Floats]) -> None:
        """Live feature maps (height, width, channels) by node id."""
        self._network_scene.set_strips(strips)

    def set_trained(self, trained: frozenset[str] | None, stale: frozenset[str]) -> None:
        """Which nodes have trained weights and which lost theirs by an edit; None: nothing was trained, no marks."""
        self._network_scene.set_trained(trained, stale)

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self._network_scene.set_theme(theme)
        self._update_minimap()

    def _apply_theme(self) -> None:
        super()._apply_theme()
        self._hint.setStyleSheet(f"color: {self._theme.dim}; font-size: 14px;")

    def card(self, node_id: str) -> CardItem:
        """The card of a node; KeyError when there is none."""
        return self._network_scene.cards[node_id]

    def visible_ids(self) -> tuple[str, ...]:
        """The nodes whose cards are in view and large enough to show their maps, in the network's order."""
        if self.zoom < DETAIL_FROM:
            return ()
        visible = self.visible_rect()
        boxes = self._network_scene.layout.boxes.items()
        return tuple(
            node_id for node_id, box in boxes if visible.intersects(QRectF(box.x, box.y, box.width, box.height))
        )

    def ensure_visible(self, node_id: str) -> None:
        """Scroll as little as needed to see a card."""
        if node_id in self._network_scene.cards:
            self.ensureVisible(self.card(node_id).sceneBoundingRect(), 24, 24)

    def _update_visible(self) -> None:
        visible = self.visible_ids()
        if visible != self._visible:
            self._visible = visible
            self.visible_changed.emit()

    def _update_minimap(self) -> None:
        scene = self._network_scene
        self.minimap.set_cards(
            [(card.sceneBoundingRect(), self._theme.family(card.content.family)) for card in scene.cards.values()]
        )

    def _current_card(self) -> CardItem | None:
        return self._network_scene.cards.get(self._selected[-1]) if self._selected else None

    def _refresh_states(self) -> None:
        current = self._selected[-1] if self._selected and self.hasFocus() else None
        self._network_scene.set_states(frozenset(self._selected), current, frozenset(self._dragged))

    # --- selecting --------------------------------------------------------------------------------------------------
    def _choose(self, ids: Iterable[str]) -> None:
        ids = tuple(dict.fromkeys(ids))
        if ids != self._selected:
            self.set_selection(ids)
            self.selection_changed.emit(self._selected)

    def _toggle(self, node_id: str) -> None:
        others = tuple(other for other in self._selected if other != node_id)
        self._choose(others if node_id in self._selected else (*others, node_id))

    def card_at(self, position: QPoint) -> CardItem | None:
        """The card under a point of the viewport."""
        return next((item for item in self.items(position) if isinstance(item, CardItem)), None)

    # --- keyboard ---------------------------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        current = self._selected[-1] if self._selected else None
        if event.key() in ARROWS:
            self._walk(current, ARROWS[event.key()], bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and current is not None:
            self.edit_requested.emit(current)
        else:
            super().keyPressEvent(event)

    def _walk(self, current: str | None, direction: Direction, extending: bool) -> None:
        following = neighbour(self._network_scene.layout, current, direction)
        if following is not None:
            others = tuple(node_id for node_id in self._selected if node_id != following) if extending else ()
            self._choose((*others, following))
            self.ensure_visible(following)

    # --- frame ------------------------------------------------------------------------------------------------------
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._refresh_states()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._refresh_states()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._hint.setGeometry(self.viewport().geometry())

    def sizeHint(self) -> QSize:
        return QSize(640, 560)
