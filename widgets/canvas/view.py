"""`CanvasView`: shows the network, reports what the user did, changes nothing by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QLabel, QRubberBand

from models.analysis import Analysis
from models.network.graph import Network
from widgets.canvas.card import CardItem
from widgets.canvas.problem_popup import ProblemPopup
from widgets.canvas.rewiring import Rewiring, payload_in, payload_of
from widgets.canvas.scene import NetworkScene
from widgets.canvas.walk import Direction, neighbour
from widgets.canvas.zoom_view import ZoomView
from widgets.colormaps import Floats
from widgets.theme import DARK, Theme

ARROWS = {
    Qt.Key.Key_Up: Direction.UP,
    Qt.Key.Key_Down: Direction.DOWN,
    Qt.Key.Key_Left: Direction.LEFT,
    Qt.Key.Key_Right: Direction.RIGHT,
}
ADDING = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
HINT = "<b>Drag a block here to begin</b><br>or start from an architecture in the palette · Ctrl+K searches"


class CanvasView(ZoomView):
    """The network as a tidy stack of cards.

    Signals:
        selection_changed(tuple): the user selected these ids, the current one last.
        visible_changed: other cards are in view.
        block_dropped(Block, Edge | None), template_dropped(str, Edge | None): from the palette; None: at the end.
        blocks_moved(tuple, Edge | None): cards dragged elsewhere.
        repair_chosen(str, Repair): for this node.
        edit_requested(str), quick_add_requested, context_menu_requested(tuple, QPoint): ids, and where on the screen.
        files_dropped(list): paths.
    """

    selection_changed = Signal(object)
    visible_changed = Signal()
    block_dropped = Signal(object, object)
    template_dropped = Signal(str, object)
    blocks_moved = Signal(object, object)
    repair_chosen = Signal(str, object)
    edit_requested = Signal(str)
    quick_add_requested = Signal()
    context_menu_requested = Signal(object, QPoint)
    files_dropped = Signal(object)

    def __init__(self, theme: Theme = DARK) -> None:
        self._network_scene = NetworkScene(theme)
        self._hint = QLabel(HINT)
        super().__init__(self._network_scene, theme)
        self._network_scene.setParent(self)
        self.setObjectName("canvas")
        self.setAcceptDrops(True)
        self._selected: tuple[str, ...] = ()
        self._visible: tuple[str, ...] = ()
        self._pressed: tuple[QPoint, str | None] | None = None
        self._hint.setParent(self)
        self._hint.setObjectName("emptyHint")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._band = QRubberBand(QRubberBand.Shape.Rectangle, self.viewport())
        self._rewiring = Rewiring(self, self._network_scene, lambda: self._theme)
        self._popup = ProblemPopup(self)
        self._popup.set_theme(theme)
        self._popup.repair_chosen.connect(self.repair_chosen)
        self.view_changed.connect(self._update_visible)
        self.set_network(Network(), Analysis())

    # --- what it shows ----------------------------------------------------------------------------------------------
    def set_network(self, network: Network, analysis: Analysis) -> None:
        """Show a network; only what changed is touched."""
        self._rewiring.cancel()
        self._popup.close_popup()
        self._network_scene.set_network(network, analysis)
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
        self._popup.set_theme(theme)
        self._update_minimap()

    def _apply_theme(self) -> None:
        super()._apply_theme()
        self._hint.setStyleSheet(f"color: {self._theme.dim}; font-size: 14px;")

    def card(self, node_id: str) -> CardItem:
        """The card of a node; KeyError when there is none."""
        return self._network_scene.cards[node_id]

    def visible_ids(self) -> tuple[str, ...]:
        """The nodes whose cards are in view, in the network's order."""
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
        dragged = self._rewiring.payload.ids if self._rewiring.payload is not None else ()
        self._network_scene.set_states(frozenset(self._selected), current, frozenset(dragged))

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

    # --- mouse ------------------------------------------------------------------------------------------------------
    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if self.is_panning or event.button() != Qt.MouseButton.LeftButton:
            return
        position = event.position().toPoint()
        card = self.card_at(position)
        self._pressed = (position, card.objectName() if card else None)
        self._popup.close_popup()
        if card is None:
            return
        if event.modifiers() & ADDING:
            self._toggle(card.objectName())
        elif card.objectName() not in self._selected:
            self._choose((card.objectName(),))
        self._show_problems(position, pinned=True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        position = event.position().toPoint()
        if self._rewiring.payload is not None:
            self._rewiring.move(position)
        elif self._pressed is not None:
            self._start_drag(position)
        elif not self.is_panning:
            self._show_problems(position, pinned=False)

    def _start_drag(self, position: QPoint) -> None:
        assert self._pressed is not None
        start, node_id = self._pressed
        if (position - start).manhattanLength() < QApplication.startDragDistance():
            return
        if node_id is None:
            self._band.setGeometry(QRect(start, position).normalized())
            self._band.show()
            return
        chosen = self._selected if node_id in self._selected else (node_id,)
        nodes = [node for node in self._network_scene.network.nodes if node.id in chosen and node.block.max_inputs]
        if nodes:
            self._popup.close_popup()
            self._rewiring.begin(payload_of(nodes), with_tag=True)
            self._rewiring.move(position)
            self._refresh_states()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            return
        node_id = self._pressed[1]
        self._pressed = None
        if self._rewiring.payload is not None:
            self._drop()
        elif not self._band.isHidden():
            self._select_in_band(adding=bool(event.modifiers() & ADDING))
        elif not event.modifiers() & ADDING:
            self._choose((node_id,) if node_id is not None else ())

    def _select_in_band(self, adding: bool) -> None:
        area = self.mapToScene(self._band.geometry()).boundingRect()
        self._band.hide()
        cards = self._network_scene.cards
        hit = [
            n.id
            for n in self._network_scene.network.nodes
            if area.intersects(cards[n.id].rect().translated(cards[n.id].pos()))
        ]
        self._choose((*self._selected, *hit) if adding else hit)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        card = self.card_at(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if card is not None:
            self.edit_requested.emit(card.objectName())
        else:
            self.quick_add_requested.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        position = event.pos()
        current = self._current_card()
        if event.reason() == QContextMenuEvent.Reason.Keyboard and current is not None:
            position = self.mapFromScene(current.sceneBoundingRect().center())
        elif (card := self.card_at(position)) is not None and card.objectName() not in self._selected:
            self._choose((card.objectName(),))
        self.context_menu_requested.emit(self._selected, self.viewport().mapToGlobal(position))

    # --- problems ---------------------------------------------------------------------------------------------------
    def _show_problems(self, position: QPoint, pinned: bool) -> None:
        """Show the problems of the card whose badge is under the pointer; let go of others unless pinned."""
        card = self.card_at(position)
        if card is not None and card.content.problems:
            badge = self.mapFromScene(card.mapRectToScene(card.pill_rect())).boundingRect()
            if badge.contains(position):
                badge.translate(self.viewport().pos())
                self._popup.show_problems(card.objectName(), card.content.problems, badge)
                self._popup.pinned = self._popup.pinned or pinned
                return
        near = self._popup.geometry().adjusted(-8, -8, 8, 8).contains(position + self.viewport().pos())
        if not self._popup.pinned and not near:
            self._popup.close_popup()

    # --- dropping ---------------------------------------------------------------------------------------------------
    def _drop(self) -> None:
        dropped = self._rewiring.finish()
        self._refresh_states()
        if dropped is None:
            return
        payload, place = dropped
        if payload.block is not None:
            self.block_dropped.emit(payload.block, place.edge)
        elif payload.template is not None:
            self.template_dropped.emit(payload.template, place.edge)
        else:
            self.blocks_moved.emit(payload.ids, place.edge)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        payload = payload_in(event.mimeData())
        if payload is not None:
            self._rewiring.begin(payload)
        if payload is not None or _paths(event):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._rewiring.move(event.position().toPoint())
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._rewiring.cancel()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        if self._rewiring.payload is not None:
            self._rewiring.move(event.position().toPoint())
            self._drop()
            self.setFocus()
        elif paths := _paths(event):
            self.files_dropped.emit(paths)

    # --- keyboard ---------------------------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        current = self._selected[-1] if self._selected else None
        if key == Qt.Key.Key_Escape and (self._rewiring.payload is not None or not self._popup.isHidden()):
            self._cancel()
        elif key in ARROWS:
            self._walk(current, ARROWS[key], bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and current is not None:
            self.edit_requested.emit(current)
        else:
            super().keyPressEvent(event)

    def _cancel(self) -> None:
        self._rewiring.cancel()
        self._pressed = None
        self._popup.close_popup()
        self._refresh_states()

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

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self._popup.close_popup()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._hint.setGeometry(self.viewport().geometry())

    def viewportEvent(self, event: QEvent) -> bool:
        """No tooltip over the problem that is being read."""
        if event.type() == QEvent.Type.ToolTip and not self._popup.isHidden():
            return True
        return super().viewportEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(640, 560)


def _paths(event: QDropEvent) -> list[Path]:
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
