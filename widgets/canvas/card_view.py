"""`CardView`: the cards of a network, which of them are selected, and walking among them by keyboard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QLabel

from models.analysis import Analysis
from models.blocks import Family
from models.network.graph import SEPARATOR, Network
from models.network.layout import CARD_WIDTH, Box
from widgets.canvas.card import DETAIL_FROM, CardItem
from widgets.canvas.frame import FrameItem
from widgets.canvas.scene import NetworkScene
from widgets.canvas.shown import Shown
from widgets.canvas.shown import show as shown_of
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
    """Shows a network, some of its composite blocks opened in place. The last of the selected ids is the current one.

    Which composites are open is view state: the canvas keeps it. What stands in a frame can be looked at: its id is
    none of the network's, so it is no part of the selection and signalled by itself.

    Signals:
        selection_changed(tuple): the user selected these nodes of the network.
        inner_selected(str): the user looks at this node inside an open composite; empty when no longer.
        opened_changed: other composites are open.
        visible_changed: other cards are in view.
        edit_requested(str): Enter on a card.
    """

    selection_changed = Signal(object)
    inner_selected = Signal(str)
    opened_changed = Signal()
    visible_changed = Signal()
    edit_requested = Signal(str)

    def __init__(self, theme: Theme) -> None:
        self._network_scene = NetworkScene(theme)
        self._hint = QLabel(HINT)
        super().__init__(self._network_scene, theme)
        self._network_scene.setParent(self)
        self._document: tuple[Network, Analysis] = (Network(), Analysis())
        self._opened: tuple[str, ...] = ()
        self._selected: tuple[str, ...] = ()
        self._inner: str | None = None
        self._dragged: tuple[str, ...] = ()
        self._visible: tuple[str, ...] = ()
        self._mapped: tuple[Mapping[str, Box], list[Family], Theme] = {}, [], theme
        self._hint.setParent(self)
        self._hint.setObjectName("emptyHint")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.view_changed.connect(self._update_visible)
        self.view_changed.connect(self._follow_view)

    # --- what it shows ----------------------------------------------------------------------------------------------
    def set_network(self, network: Network, analysis: Analysis) -> None:
        """Show a network; only what changed is touched."""
        another = not any(node.id in self._document[0] for node in network.nodes)
        self._document = network, analysis
        if another:
            self._opened, self._inner = (), None
        self._show()
        if another:
            self.show_start()
        self._hint.setVisible(not network.nodes)

    def _show(self) -> None:
        scene, before = self._network_scene, self.opened
        scene.set_shown(shown_of(*self._document, self._opened, scene.shown))
        self._follow_view()
        self._update_minimap()
        self._inner = self._inner if self._inner is not None and self._is_shown(self._inner) else None
        self.set_selection(self._selected)
        self._update_visible()
        if self.opened != before:
            self.opened_changed.emit()

    @property
    def shown(self) -> Shown:
        """What is shown of the network; ids of the cards are those of `shown.network`."""
        return self._network_scene.shown

    # --- looking inside ---------------------------------------------------------------------------------------------
    @property
    def opened(self) -> tuple[str, ...]:
        """The open composites, from the outermost in."""
        return tuple(self.shown.frames)

    def set_open(self, ids: Iterable[str]) -> None:
        """Open these composites in place and close all others. An id may be one inside an open composite."""
        self._opened = tuple(dict.fromkeys(ids))
        selected = self._selected
        self._show()
        if self._inner is None and not self._selected and selected:
            self.inner_selected.emit("")

    def show_from_start(self) -> None:
        """Begin as with another network: every composite closed, at 100 %, at the top."""
        self.set_open(())
        self._network_scene.make_room(QRectF())
        self.set_zoom(1.0)
        self.show_start()

    def can_open(self, node_id: str) -> bool:
        """Whether this is a composite to look into, or an open one to close."""
        card = self._network_scene.cards.get(node_id)
        return node_id in self.shown.frames or (card is not None and card.content.openable)

    def toggle_open(self, node_id: str | None = None) -> None:
        """Look inside a composite, or close it; without an id, the current one or the one around it."""
        current = self._to_toggle(node_id)
        if current is None:
            return
        item = self._toggled(current)
        held = self.mapFromScene(item.mapToScene(item.chevron_rect().center()))
        if current in self.shown.frames:
            inside = {*self.shown.frames[current].members, current}
            if self._inner in inside - {current}:
                self._look_at(None)
            closed = {frame for frame in self.shown.frames if frame == current or frame.startswith(f"{current}__")}
            self.set_open(node_id for node_id in self._opened if node_id not in closed)
        else:
            self.set_open((*self._opened, current))
        self._choose((current,))
        self._hold(current, held)

    def _to_toggle(self, node_id: str | None) -> str | None:
        current = node_id if node_id is not None else self._selected[-1] if self._selected else None
        if current is not None and not self.can_open(current):
            around = [frame.node_id for frame in self.shown.frames.values() if current in frame.members]
            current = around[-1] if around else None
        return current

    def would_close(self) -> bool:
        """Whether `toggle_open` would close a composite."""
        return self._to_toggle(None) in self.shown.frames

    def _toggled(self, node_id: str) -> CardItem | FrameItem:
        return self._network_scene.cards.get(node_id) or self._network_scene.frames[node_id]

    def _hold(self, node_id: str, place: QPoint) -> None:
        """Scroll so that the button of a composite is at this place again: the pointer is on it."""
        if not self.viewport().rect().contains(place):
            self.ensure_visible(node_id)
            return
        item = self._toggled(node_id)
        moved = self.mapFromScene(item.mapToScene(item.chevron_home().center())) - place
        view = self.visible_rect().translated(moved.x() / self.zoom, moved.y() / self.zoom)
        self._network_scene.make_room(view)
        moved = self.mapFromScene(item.mapToScene(item.chevron_home().center())) - place
        for bar, by in ((self.horizontalScrollBar(), moved.x()), (self.verticalScrollBar(), moved.y())):
            bar.setValue(bar.value() + by)

    def fit(self) -> None:
        self._network_scene.make_room(QRectF())
        super().fit()

    def show_inner(self, node_id: str) -> None:
        """Open the composites around a node that stands inside, as far as there are such, and go to it."""
        parts = node_id.split(SEPARATOR)
        for depth in range(1, len(parts)):
            around = SEPARATOR.join(parts[:depth])
            if around not in self.shown.frames and self.can_open(around):
                self.set_open((*self._opened, around))
        if self._is_shown(node_id):
            self._choose((node_id,))
            self.ensure_visible(node_id)

    def _look_at(self, inner: str | None) -> None:
        if inner != self._inner:
            self._inner = inner
            self.inner_selected.emit(inner or "")

    def _is_shown(self, node_id: str) -> bool:
        return node_id in self._network_scene.cards or node_id in self._network_scene.frames

    # --- selection --------------------------------------------------------------------------------------------------
    def set_selection(self, ids: Sequence[str]) -> None:
        """Select nodes of the network; the last one is the current one. Says nothing: only the user's choices are said.

        While nothing else is selected, the user may go on looking at what stands in a frame.
        """
        ids = tuple(node_id for node_id in ids if self._is_shown(node_id) and not self.shown.is_inner(node_id))
        if ids:
            self._inner = None
        self._selected = ids or ((self._inner,) if self._inner is not None else ())
        self._refresh_states()
        self.setAccessibleName(self._spoken())
        current = self._current_card()
        self.setAccessibleDescription(current.accessible_description() if current else "")

    def _spoken(self) -> str:
        current = self._selected[-1] if self._selected else ""
        item = self._network_scene.cards.get(current) or self._network_scene.frames.get(current)
        return item.accessible_name() if item is not None else "Network"

    def selected_ids(self) -> tuple[str, ...]:
        """The selected nodes, of the network or one inside an open composite."""
        return self._selected

    @property
    def inner(self) -> str | None:
        """The node inside an open composite that the user looks at."""
        return self._inner

    def set_strips(self, strips: Mapping[str, Floats]) -> None:
        """Live feature maps (height, width, channels) by node id."""
        self._network_scene.set_strips(strips)

    def set_trained(self, trained: frozenset[str] | None, stale: frozenset[str]) -> None:
        """Which nodes have trained weights and which lost theirs by an edit; None: nothing was trained, no marks."""
        self._network_scene.set_trained(trained, stale)

    def set_frozen(self, frozen: frozenset[str]) -> None:
        """Which nodes training leaves as they are."""
        self._network_scene.set_frozen(frozen)

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
        left, top, right, bottom = visible.left(), visible.top(), visible.right(), visible.bottom()
        boxes = self._network_scene.layout.boxes.items()
        return tuple(
            node_id
            for node_id, box in boxes
            if box.y < bottom and box.bottom > top and box.x < right and box.right > left
        )

    def rect_of(self, node_id: str) -> QRectF:
        """The card of a node, or the header of its frame, in the scene; empty when neither is shown."""
        return self._network_scene.rect_of(node_id)

    def ensure_visible(self, node_id: str) -> None:
        """Scroll as little as needed to see a card."""
        rect = self.rect_of(node_id)
        if not rect.isEmpty():
            rect.setWidth(min(rect.width(), CARD_WIDTH))  # of a wide frame, its title
            self.ensureVisible(rect.adjusted(-5, -5, 5, 11), 24, 24)

    def _follow_view(self) -> None:
        """Titles of frames stay in view, lines can be seen at every zoom."""
        visible = self.visible_rect()
        self._network_scene.set_view(visible.left(), visible.right(), self.zoom)

    def _update_visible(self) -> None:
        visible = self.visible_ids()
        if visible != self._visible:
            self._visible = visible
            self.visible_changed.emit()

    def _update_minimap(self) -> None:
        scene = self._network_scene
        mapped = scene.layout.boxes, [card.content.family for card in scene.cards.values()], self._theme
        if mapped[0] is not self._mapped[0] or mapped[1:] != self._mapped[1:]:
            self._mapped = mapped
            self.minimap.set_cards(scene.cards_extent(), self._colored_cards)

    def _colored_cards(self) -> list[tuple[QRectF, QColor]]:
        scene = self._network_scene
        colors = {family: self._theme.family(family) for family in Family}
        return [
            (QRectF(box.x, box.y, box.width, box.height), colors[scene.cards[node_id].content.family])
            for node_id, box in scene.layout.boxes.items()
        ]

    def _current_card(self) -> CardItem | None:
        return self._network_scene.cards.get(self._selected[-1]) if self._selected else None

    def _refresh_states(self) -> None:
        current = self._selected[-1] if self._selected and self.hasFocus() else None
        self._network_scene.set_states(frozenset(self._selected), current, frozenset(self._dragged))

    # --- selecting --------------------------------------------------------------------------------------------------
    def _choose(self, ids: Iterable[str]) -> None:
        """The user selected these: nodes of the network, or one inside an open composite."""
        ids = tuple(dict.fromkeys(ids))
        if ids == self._selected:
            return
        own = tuple(node_id for node_id in ids if not self.shown.is_inner(node_id))
        inner = ids[-1] if ids and ids[-1] not in own else None
        before, self._inner = self._inner, inner
        self.set_selection(own if inner is None else ())
        self.selection_changed.emit(own if inner is None else ())
        if inner != before:
            self.inner_selected.emit(inner or "")

    def _toggle(self, node_id: str) -> None:
        others = tuple(other for other in self._selected if other != node_id)
        self._choose(others if node_id in self._selected else (*others, node_id))

    def card_at(self, position: QPoint) -> CardItem | None:
        """The card under a point of the viewport."""
        return next((item for item in self.items(position) if isinstance(item, CardItem)), None)

    def frame_at(self, position: QPoint) -> FrameItem | None:
        """The open composite whose header is under a point of the viewport."""
        return next((item for item in self.items(position) if isinstance(item, FrameItem)), None)

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
        frame = self.shown.frames.get(current or "")
        if frame is not None and direction is Direction.DOWN:
            following: str | None = frame.members[0]
        else:
            start = frame.members[0] if frame is not None else current
            following = neighbour(self._network_scene.layout, start, direction)
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
