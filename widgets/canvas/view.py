"""`CanvasView`: shows the network, reports what the user did, changes nothing by itself."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
)
from PySide6.QtWidgets import QApplication, QRubberBand, QToolTip

from models.analysis import Analysis
from models.network.graph import Network
from widgets.canvas.connecting_view import ConnectingView
from widgets.canvas.problem_popup import ProblemPopup
from widgets.canvas.rewiring import Payload, Rewiring, payload_in, payload_of
from widgets.theme import DARK, Theme

ADDING = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


class CanvasView(ConnectingView):
    """The network as a tidy stack of cards, to select and to rewire. Edges are None for "behind the output".

    Signals (with those of ConnectingView):
        block_dropped(Block, Edge | None), template_dropped(str, Edge | None): from the palette.
        blocks_moved(tuple, Edge | None): cards dragged elsewhere.
        block_dropped_beside(Block, str), blocks_moved_beside(tuple, str): beside this node, as a branch of its own.
        repair_chosen(str, Repair): for this node.
        quick_add_requested: a double click on nothing.
        context_menu_requested(tuple, QPoint): for these ids, at this place on the screen.
        files_dropped(list): paths.
    """

    block_dropped = Signal(object, object)
    template_dropped = Signal(str, object)
    blocks_moved = Signal(object, object)
    block_dropped_beside = Signal(object, str)
    blocks_moved_beside = Signal(object, str)
    repair_chosen = Signal(str, object)
    quick_add_requested = Signal()
    context_menu_requested = Signal(object, QPoint)
    files_dropped = Signal(object)

    def __init__(self, theme: Theme = DARK) -> None:
        super().__init__(theme)
        self.setObjectName("canvas")
        self.setAcceptDrops(True)
        self._pressed: tuple[QPoint, str | None] | None = None
        self._band = QRubberBand(QRubberBand.Shape.Rectangle, self.viewport())
        self._rewiring = Rewiring(self, self._network_scene, lambda: self._theme)
        self._popup = ProblemPopup(self)
        self._popup.set_theme(theme)
        self._popup.repair_chosen.connect(self.repair_chosen)
        self.set_network(Network(), Analysis())

    def set_network(self, network: Network, analysis: Analysis) -> None:
        self._end_drag()
        self._popup.close_popup()
        super().set_network(network, analysis)

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self._popup.set_theme(theme)

    # --- mouse ------------------------------------------------------------------------------------------------------
    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if self.is_panning or event.button() != Qt.MouseButton.LeftButton:
            return
        position = event.position().toPoint()
        self._popup.close_popup()
        if self._press_port(position) or self._press_chevron(position) or self._press_edge(position):
            return
        item = self.card_at(position) or self.frame_at(position)
        self._pressed = (position, item.objectName() if item else None)
        if item is None:
            return
        if event.modifiers() & ADDING:
            self._toggle(item.objectName())
        elif item.objectName() not in self._selected:
            self._choose((item.objectName(),))
        self._show_problems(position, pinned=True)

    def _press_chevron(self, position: QPoint) -> bool:
        item = self.card_at(position) or self.frame_at(position)
        if item is None or not item.mapRectToScene(item.chevron_rect()).contains(self.mapToScene(position)):
            return False
        self.toggle_open(item.objectName())
        return True

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        position = event.position().toPoint()
        if self._rewiring.payload is not None:
            self._rewiring.move(position)
        elif self._grip is not None:
            self._drag_connection(position)
        elif self._pressed is not None:
            self._start_drag(position)
        elif not self.is_panning:
            self._show_problems(position, pinned=False)
            self._point_at(position)

    def _start_drag(self, position: QPoint) -> None:
        assert self._pressed is not None
        start, node_id = self._pressed
        if (position - start).manhattanLength() < QApplication.startDragDistance():
            return
        if node_id is None:
            self._band.setGeometry(QRect(start, position).normalized())
            self._band.show()
            return
        if self.shown.is_inner(node_id):
            title = self.shown.document.node(self.shown.owner(node_id)).title
            QToolTip.showText(self.viewport().mapToGlobal(position), f"Unpack {title} to edit what is inside", self)
            return
        chosen = self._selected if node_id in self._selected else (node_id,)
        nodes = [node for node in self.shown.document.nodes if node.id in chosen and node.block.max_inputs]
        if nodes:
            self._popup.close_popup()
            self._begin_drag(payload_of(nodes), with_tag=True)
            self._rewiring.move(position)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._drop_connection()
        if self._pressed is None:
            return
        node_id = self._pressed[1]
        self._pressed = None
        if self._rewiring.payload is not None:
            self._drop()
        elif not self._band.isHidden():
            self._select_in_band(adding=bool(event.modifiers() & ADDING))
        elif not event.modifiers() & ADDING:
            self._select_edge(None)
            self._choose((node_id,) if node_id is not None else ())

    def _select_in_band(self, adding: bool) -> None:
        area = self.mapToScene(self._band.geometry()).boundingRect()
        self._band.hide()
        hit = [node.id for node in self.shown.document.nodes if area.intersects(self.rect_of(node.id))]
        self._choose((*self._selected, *hit) if adding else hit)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        position = event.position().toPoint()
        if event.button() != Qt.MouseButton.LeftButton or self._port_at(position) is not None:
            return
        item = self.card_at(position) or self.frame_at(position)
        if item is None:
            if self._edge_at(position) is None:
                self.quick_add_requested.emit()
        elif self.can_open(item.objectName()):
            if not item.mapRectToScene(item.chevron_rect()).contains(self.mapToScene(position)):
                self.toggle_open(item.objectName())
        else:
            self.edit_requested.emit(item.objectName())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        position = event.pos()
        current = self._selected[-1] if self._selected else None
        item = self.card_at(position) or self.frame_at(position)
        if event.reason() == QContextMenuEvent.Reason.Keyboard and current is not None:
            position = self.mapFromScene(self.rect_of(current).center())
        elif item is not None and item.objectName() not in self._selected:
            self._choose((item.objectName(),))
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
    def _begin_drag(self, payload: Payload, with_tag: bool = False) -> None:
        self._rewiring.begin(payload, with_tag)
        self._dragged = payload.ids
        self._refresh_states()

    def _end_drag(self) -> None:
        self._rewiring.cancel()
        self._cancel_connection()
        self._dragged = ()
        self._refresh_states()

    def _drop(self) -> None:
        payload, place = self._rewiring.payload, self._rewiring.place
        self._end_drag()
        if payload is None or place is None:
            return
        if place.beside is not None and payload.block is not None:
            self.block_dropped_beside.emit(payload.block, place.beside)
        elif place.beside is not None:
            self.blocks_moved_beside.emit(payload.ids, place.beside)
        elif payload.block is not None:
            self.block_dropped.emit(payload.block, place.edge)
        elif payload.template is not None:
            self.template_dropped.emit(payload.template, place.edge)
        else:
            self.blocks_moved.emit(payload.ids, place.edge)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        payload = payload_in(event.mimeData())
        if payload is not None:
            self._begin_drag(payload)
        if payload is not None or _paths(event):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._rewiring.move(event.position().toPoint())
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._end_drag()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        if self._rewiring.payload is not None:
            self._rewiring.move(event.position().toPoint())
            self._drop()
            self.setFocus()
        elif paths := _paths(event):
            self.files_dropped.emit(paths)

    # --- the rest ---------------------------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        dragging = self._rewiring.payload is not None or self._grip is not None
        if event.key() == Qt.Key.Key_Escape and (dragging or not self._popup.isHidden()):
            self._pressed = None
            self._popup.close_popup()
            self._end_drag()
        elif event.key() == Qt.Key.Key_I and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.toggle_open()
        else:
            super().keyPressEvent(event)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self._popup.close_popup()

    def viewportEvent(self, event: QEvent) -> bool:
        """No tooltip over the problem that is being read."""
        if event.type() == QEvent.Type.ToolTip and not self._popup.isHidden():
            return True
        return super().viewportEvent(event)


def _paths(event: QDropEvent) -> list[Path]:
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
