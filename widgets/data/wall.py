"""`ThumbnailWall`: a data set's samples as pictures. Only tiles in view exist, and only while they are painted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from models.data.samples import Indices
from widgets.data.class_colors import plain_tip
from widgets.data.wall_items import NOTHING, Describe, LabelOf, WallItems
from widgets.data.wall_layout import STEPS, WallLayout
from widgets.data.wall_tiles import PictureCache, Pixels, TilePainter, to_pixmap
from widgets.theme import DARK, Theme, interface_font

SMALLEST_TILE, USUAL_TILE, LARGEST_TILE = 48, 96, 192
"""Edges of the pictures in pixels."""

PICTURE_BYTES = 128 * 2**20
"""What the pictures kept may take."""

PATIENCE = 40
"""Milliseconds that the wall stands still before it asks for pictures."""


class ThumbnailWall(QAbstractScrollArea):
    """Tiles that wrap, for any number of samples. *Places* count tiles as they stand, *indices* are those of samples.

    A click or Enter opens a sample; Ctrl and Shift select several; arrows, Home, End and the page keys walk.

    Args:
        what: what the tiles stand for, for assistive tools.
        picture_bytes: what the pictures kept may take.

    Signals:
        thumbnails_wanted(list of indices): what is in view without a picture; an older wish is void.
        sample_opened(index): a sample is to be seen in full.
        selection_changed(Indices): the selected samples, in the order they stand in.
        menu_requested(QPoint, Indices): a context menu for these samples at a place of the screen.
        tile_size_changed(edge): the user made tiles larger or smaller, by Ctrl and the wheel, or + and −.
    """

    thumbnails_wanted = Signal(object)
    sample_opened = Signal(int)
    selection_changed = Signal(object)
    menu_requested = Signal(QPoint, object)
    tile_size_changed = Signal(int)

    def __init__(
        self, parent: QWidget | None = None, *, what: str = "samples", picture_bytes: int = PICTURE_BYTES
    ) -> None:
        super().__init__(parent)
        self._what = what
        self.setObjectName("thumbnailWall")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.verticalScrollBar().setSingleStep(STEPS // 4)
        self._theme = DARK
        self._edge = USUAL_TILE
        self._items = WallItems()
        self._empty_text = f"There are no {what} to show."
        self._pressed: int | None = None
        self._clicked: int | None = None
        self._pictures = PictureCache(picture_bytes)
        self._asking = QTimer(self, singleShot=True, interval=PATIENCE)
        self._asking.timeout.connect(self._ask)
        self._say()

    # --- what is shown ----------------------------------------------------------------------------------------------
    def set_items(self, indices: Indices, describe: Describe, label_of: LabelOf | None = None) -> None:
        """Show samples in this order. The current one stays so where it is among them.

        Args:
            describe: words for a sample; the first line stands below its picture, all of them in its tooltip.
            label_of: the class of a sample, for its colour; −1 for none.
        """
        place = self._items.set(indices, describe, label_of)
        self._refit()
        self.verticalScrollBar().setValue(self._layout.scroll_to(place, self._scroll) if place is not None else 0)
        self.selection_changed.emit(NOTHING)
        self._say()

    def set_thumbnail(self, index: int, pixels: Pixels | None) -> None:
        """The picture of a sample, uint8 (height, width, 3); None where it cannot be read."""
        shown = self._shown()
        largest = round(LARGEST_TILE * self.devicePixelRatioF())
        picture = to_pixmap(pixels, largest) if pixels is not None else None
        self._pictures.put(index, picture, frozenset(shown.tolist()))
        for offset in np.flatnonzero(shown == index):
            place = self._layout.visible(self._scroll)[int(offset)]
            self.viewport().update(self._layout.tile_rect(place, self._scroll))

    def forget(self) -> None:
        """Drop all pictures, since they show another data set, and ask for those in view."""
        self._pictures.clear()
        self._asking.start()
        self.viewport().update()

    def set_marks(self, marks: Mapping[int, str]) -> None:
        """What was found about samples, in words: they get a badge, the words stand in the tooltip."""
        self._items.marks = marks
        self._say()
        self.viewport().update()

    def set_left_out(self, indices: Indices) -> None:
        """The samples that are not used: they are dimmed and say so."""
        self._items.set_left_out(indices)
        self._say()
        self.viewport().update()

    def set_empty_text(self, text: str) -> None:
        """What stands in place of tiles when there are none."""
        self._empty_text = text
        self.viewport().update()

    def set_tile_size(self, edge: int) -> None:
        """Pictures of this many pixels a side; the current tile stays in view."""
        edge = min(max(edge, SMALLEST_TILE), LARGEST_TILE)
        if edge != self._edge:
            first = self._layout.visible(self._scroll)
            kept = self._items.current if self._items.current in first else first.start
            self._edge = edge
            self._refit()
            self.verticalScrollBar().setValue(self._layout.scroll_to(kept, self._scroll))

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.viewport().update()

    @property
    def tile_size(self) -> int:
        return self._edge

    # --- what is chosen ---------------------------------------------------------------------------------------------
    @property
    def current_index(self) -> int | None:
        """The sample that keys act on; None when nothing is shown."""
        return self._items.current_index

    @property
    def selected(self) -> Indices:
        """The selected samples, in the order they stand in."""
        return self._items.indices[self._items.selected]

    def set_current(self, index: int) -> None:
        """Go to a sample, without reporting it; one that is not shown changes nothing."""
        place = self._items.place_of(index)
        if place is not None:
            self._go(place)

    def neighbour(self, index: int, step: int) -> int | None:
        """The sample `step` tiles after another one, as they stand; None beyond the ends."""
        place = self._items.place_of(index)
        beside = -1 if place is None else place + step
        return int(self._items.indices[beside]) if 0 <= beside < len(self._items) else None

    def tile_rect(self, index: int) -> QRect | None:
        """Where a sample's tile stands in the viewport; None while it is out of view."""
        place = self._items.place_of(index)
        seen = place is not None and place in self._layout.visible(self._scroll)
        return self._layout.tile_rect(place, self._scroll) if place is not None and seen else None

    # --- events -----------------------------------------------------------------------------------------------------
    def sizeHint(self) -> QSize:
        return QSize(480, 320)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 96)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), self._theme.color("background"))
        if not len(self._items):
            painter.setFont(interface_font(13))
            painter.setPen(self._theme.color("dim"))
            area = self.viewport().rect().adjusted(16, 16, -16, -16)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._empty_text)
            return
        layout, scroll = self._layout, self._scroll
        tiles = TilePainter(painter, self._theme, self.hasFocus())
        for place in layout.visible(scroll):
            rect = layout.tile_rect(place, scroll)
            if rect.adjusted(-3, -3, 3, 3).intersects(event.rect()):
                tiles.paint(self._items.tile(place, rect, self._pictures))

    def resizeEvent(self, event: QResizeEvent) -> None:
        seen = self._layout_for(event.oldSize()).visible(self._scroll)
        kept = self._items.current if self._items.current in seen else seen.start
        self._refit()
        if event.oldSize().isValid() and len(self._items):
            self.verticalScrollBar().setValue(self._layout.scroll_to(kept, self._scroll))

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self._asking.start()
        self.viewport().update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._asking.start()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def event(self, event: QEvent) -> bool:
        """While the wall has the keys, Ctrl+A selects its samples and no shortcut of the window gets it."""
        overrides = event.type() == QEvent.Type.ShortcutOverride
        if overrides and isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.SelectAll):
            event.accept()
            return True
        return bool(super().event(event))

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self._layout.place_at(event.pos(), self._scroll)
            text = plain_tip(self._items.words(place)) if place is not None else ""
            QToolTip.showText(event.globalPos(), text, self.viewport())
            return True
        return bool(super().viewportEvent(event))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._layout.place_at(event.position().toPoint(), self._scroll)
        self._pressed = self._clicked = None
        if place is None or event.button() != Qt.MouseButton.LeftButton:
            return
        modifiers = event.modifiers()
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            self._go(place, extends=True)
        elif modifiers & Qt.KeyboardModifier.ControlModifier:
            self._toggle(place)
        else:
            self._go(place, selects=True)
            self._pressed = place

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        place = self._layout.place_at(event.position().toPoint(), self._scroll)
        if place is not None and place == self._pressed and event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._clicked = None, place
            self.sample_opened.emit(int(self._items.indices[place]))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Opens a sample, if the first of the two clicks has not done so."""
        place = self._layout.place_at(event.position().toPoint(), self._scroll)
        self._pressed = None
        if place is not None and place != self._clicked and event.button() == Qt.MouseButton.LeftButton:
            self.sample_opened.emit(int(self._items.indices[place]))

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._resize_tiles(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
            return
        super().wheelEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        place = self._items.current if by_key else self._layout.place_at(event.pos(), self._scroll)
        if place is None or place >= len(self._items):
            return
        if not self._items.selected[place]:
            self._go(place, selects=True)
        spot = self._layout.tile_rect(place, self._scroll).center()
        position = self.viewport().mapToGlobal(spot) if by_key else event.globalPos()
        self.menu_requested.emit(position, self.selected)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers = event.key(), event.modifiers()
        place = self._items.walk(key, self._layout)
        if not len(self._items):
            super().keyPressEvent(event)
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self._select(slice(None))
        elif place is not None:
            extends = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
            self._go(place, extends=extends, selects=not modifiers & Qt.KeyboardModifier.ControlModifier)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.sample_opened.emit(int(self._items.indices[self._items.current]))
        elif key == Qt.Key.Key_Space:
            self._toggle(self._items.current)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self._resize_tiles(-1 if key == Qt.Key.Key_Minus else 1)
        else:
            super().keyPressEvent(event)

    # --- places -----------------------------------------------------------------------------------------------------
    @property
    def _layout(self) -> WallLayout:
        return self._layout_for(self.viewport().size())

    def _layout_for(self, size: QSize) -> WallLayout:
        return WallLayout(len(self._items), max(size.width(), 1), max(size.height(), 1), self._edge)

    @property
    def _scroll(self) -> int:
        return self.verticalScrollBar().value()

    def _refit(self) -> None:
        layout = self._layout
        self.verticalScrollBar().setRange(0, layout.scroll_end)
        self.verticalScrollBar().setPageStep(max(layout.height * STEPS // layout.row_height, 1))
        self._asking.start()
        self.viewport().update()

    def _shown(self) -> Indices:
        """The samples in view."""
        seen = self._layout.visible(self._scroll)
        return self._items.indices[seen.start : seen.stop]

    def _go(self, place: int, *, extends: bool = False, selects: bool = False) -> None:
        """Make a tile the current one; with `extends` select all from the anchor to it, with `selects` it alone."""
        self._items.current = place
        self.verticalScrollBar().setValue(self._layout.scroll_to(place, self._scroll))
        if extends:
            first, last = sorted((self._items.anchor, place))
            self._select(slice(first, last + 1))
            return
        self._items.anchor = place
        if selects:
            self._select(slice(place, place + 1))
        self._say()
        self.viewport().update()

    def _toggle(self, place: int) -> None:
        self._items.current = self._items.anchor = place
        self._items.selected[place] = not self._items.selected[place]
        self._report()

    def _select(self, places: slice) -> None:
        self._items.select(places)
        self._report()

    def _report(self) -> None:
        self._say()
        self.viewport().update()
        self.selection_changed.emit(self.selected)

    def _resize_tiles(self, direction: int) -> None:
        before = self._edge
        self.set_tile_size(before + 16 * direction)
        if self._edge != before:
            self.tile_size_changed.emit(self._edge)

    # --- words and pictures -----------------------------------------------------------------------------------------
    def _ask(self) -> None:
        wanted = [int(index) for index in self._shown() if int(index) not in self._pictures]
        if wanted and self.isVisible():
            self.thumbnails_wanted.emit(wanted)

    def _say(self) -> None:
        """Tell assistive tools what the wall shows and where in it the keys are."""
        count = len(self._items)
        self.setAccessibleName(f"Thumbnails of {count:,} {self._what}" if count else f"Thumbnails: no {self._what}")
        self.setAccessibleDescription(self._items.spoken())
