"""A drag over the canvas, from the palette or of cards: opens the gap where it would drop, scrolls at the rims."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QMimeData, QObject, QPoint, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsView, QLabel

from models.blocks import Block, Family
from models.network.graph import Node
from widgets import mime
from widgets.canvas.places import Place, Places
from widgets.canvas.scene import NetworkScene
from widgets.theme import Theme

RIM, SCROLL_STEP, SCROLL_INTERVAL = 36, 14, 25
"""Pixels from the rim where a drag scrolls, pixels per step, milliseconds between steps."""


@dataclass(frozen=True)
class Payload:
    """What is dragged: a block or a template from the palette, or cards of the canvas."""

    title: str
    family: Family | None
    block: Block | None = None
    template: str | None = None
    ids: tuple[str, ...] = ()


def payload_in(data: QMimeData) -> Payload | None:
    """The block or template that comes from the palette; None for anything else."""
    block, template = mime.block_in(data), mime.template_in(data)
    if block is not None:
        return Payload(block.label, block.family, block=block)
    if template is not None:
        return Payload(data.text() or template, None, template=template)
    return None


def payload_of(nodes: list[Node]) -> Payload:
    """Cards of the canvas."""
    title = nodes[0].title if len(nodes) == 1 else f"{len(nodes)} blocks"
    return Payload(title, nodes[0].block.family, ids=tuple(node.id for node in nodes))


class Rewiring(QObject):
    """The drag in progress, if any. Positions are in the viewport's coordinates."""

    def __init__(self, view: QGraphicsView, scene: NetworkScene, theme: Callable[[], Theme]) -> None:
        super().__init__(view)
        self._view, self._places, self._theme = view, Places(scene), theme
        self.payload: Payload | None = None
        self._position = QPoint()
        self._tag = QLabel(view)
        self._tag.setObjectName("dragTag")
        self._tag.hide()
        self._timer = QTimer(self)
        self._timer.setInterval(SCROLL_INTERVAL)
        self._timer.timeout.connect(self._scroll)

    @property
    def place(self) -> Place | None:
        """Where it would drop."""
        return self._places.place

    def begin(self, payload: Payload, with_tag: bool = False) -> None:
        """Start; `with_tag` lets the name follow the pointer (Qt's own drag does so by itself)."""
        self.payload = payload
        if with_tag:
            theme = self._theme()
            self._tag.setText(payload.title)
            self._tag.setStyleSheet(
                f"background: {theme.raised}; color: {theme.text}; border: 1px solid {self._color().name()};"
                "border-radius: 6px; padding: 4px 10px; font-weight: 600;"
            )
            self._tag.adjustSize()
            self._tag.show()
            self._tag.raise_()

    def move(self, position: QPoint) -> None:
        """The pointer is here now."""
        if self.payload is None:
            return
        self._position = position
        self._tag.move(position + QPoint(14, 10))
        point = self._view.mapToScene(position)
        place = self._places.find(point, self.payload.ids, beside=self.payload.template is None)
        self._places.open(place, self.payload.title, self._color(), self._theme())
        if self._step():
            self._timer.start()

    def cancel(self) -> None:
        """End: the gap closes."""
        self.payload = None
        self._timer.stop()
        self._tag.hide()
        self._places.close()

    def _color(self) -> QColor:
        family = self.payload.family if self.payload is not None else None
        return self._theme().family(family) if family is not None else self._theme().color("accent")

    def _step(self) -> int:
        """Pixels to scroll per tick: negative at the upper rim, positive at the lower one."""
        if self._position.y() < RIM:
            return -SCROLL_STEP
        return SCROLL_STEP if self._position.y() > self._view.viewport().height() - RIM else 0

    def _scroll(self) -> None:
        bar = self._view.verticalScrollBar()
        before = bar.value()
        bar.setValue(before + self._step())
        if self.payload is None or bar.value() == before:
            self._timer.stop()
        else:
            self.move(self._position)
