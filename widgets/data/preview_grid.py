"""`PreviewGrid`: the samples of a batch, each before and after its preparation."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from models.data.facts import Target
from models.training.events import BatchPreviewed
from widgets.data.class_colors import plain_tip
from widgets.data.preview_pictures import (
    Painting,
    fitted_caption,
    mask_text,
    shown_inputs,
    shown_originals,
    summary_text,
    target_text,
)
from widgets.theme import DARK, Theme, interface_font

SMALLEST, COMFORTABLE, LARGEST = 44, 52, 240
"""Edges of the room for one picture in pixels; to save scrolling they become no smaller than is comfortable."""

ARROW, GAP, LINE, PADDING = 16, 8, 16, 4


@dataclass(frozen=True)
class Cells:
    """How cells are laid out: all of one size, in rows.

    Attributes:
        columns: in a row.
        width, height: of the room for one picture.
        paired: whether each cell has two pictures, with an arrow between them.
        lines: of text below the pictures.
    """

    columns: int
    width: int
    height: int
    paired: bool
    lines: int = 1

    @property
    def cell_width(self) -> int:
        pictures = 2 * self.width + ARROW if self.paired else self.width
        return pictures + 2 * PADDING

    @property
    def cell_height(self) -> int:
        return self.height + self.lines * LINE + 2 + 2 * PADDING

    def rows(self, count: int) -> int:
        return -(-count // self.columns)

    def content_height(self, count: int) -> int:
        return self.rows(count) * (self.cell_height + GAP) - GAP if count else 0

    def cell(self, place: int) -> QRectF:
        row, column = divmod(place, self.columns)
        return QRectF(
            column * (self.cell_width + GAP), row * (self.cell_height + GAP), self.cell_width, self.cell_height
        )

    def rooms(self, place: int) -> tuple[QRectF, ...]:
        """The room of each picture of a cell: the original where there are two, and the result."""
        cell = self.cell(place)
        first = QRectF(cell.left() + PADDING, cell.top() + PADDING, self.width, self.height)
        return (first, first.translated(self.width + ARROW, 0)) if self.paired else (first,)


def best_cells(count: int, width: int, height: int, paired: bool, aspect: float = 1.0, lines: int = 1) -> Cells:
    """The layout with the largest pictures that fit without scrolling.

    Where they would be too small, as many as fit side by side, to be scrolled.

    Args:
        aspect: width to height of the room for a picture.
    """
    best: Cells | None = None
    for columns in range(1, max(count, 1) + 1):
        rows = -(-count // columns)
        down = (height - GAP * (rows - 1)) // max(rows, 1) - lines * LINE - 2 - 2 * PADDING
        edge = min(_edge_across(columns, width, paired, aspect), int(down * min(aspect, 1.0)))
        if edge >= COMFORTABLE and (best is None or edge > min(best.width, best.height)):
            best = _cells(columns, min(edge, LARGEST), paired, aspect, lines)
    if best is not None:
        return best
    smallest = _cells(1, SMALLEST, paired, aspect, lines)
    columns = min(max((width + GAP) // (smallest.cell_width + GAP), 1), max(count, 1))
    edge = min(max(_edge_across(columns, width, paired, aspect), SMALLEST), LARGEST)
    return _cells(columns, edge, paired, aspect, lines)


def _edge_across(columns: int, width: int, paired: bool, aspect: float) -> int:
    """The shorter side of pictures of which so many columns fill a width."""
    across = (width - GAP * (columns - 1)) // columns - 2 * PADDING - (ARROW if paired else 0)
    return int((across // 2 if paired else across) / max(aspect, 1.0))


def _cells(columns: int, edge: int, paired: bool, aspect: float, lines: int) -> Cells:
    return Cells(columns, int(edge * max(aspect, 1.0)), int(edge / min(aspect, 1.0)), paired, lines)


class PreviewGrid(QAbstractScrollArea):
    """Cells with a picture before, one after, and the target in words. Arrows walk from cell to cell.

    Signals:
        pointed(text): what the pointer or the keyboard is on, in words; empty for nothing.
    """

    pointed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("previewGrid")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.setStyleSheet("background: transparent;")
        self._theme = DARK
        self._batch: BatchPreviewed | None = None
        self._pairs: list[tuple[Painting, Painting]] = []
        self._paired, self._annotated, self._faded = True, True, False
        self._target: Target = "class"
        self._current, self._lines, self._room = 0, 1, 0
        self._cells = Cells(1, SMALLEST, SMALLEST, True)

    # --- setters ----------------------------------------------------------------------------------------------------
    def set_batch(self, batch: BatchPreviewed | None) -> None:
        self._batch = batch
        pairs = zip(shown_originals(batch), shown_inputs(batch), strict=False) if batch is not None else ()
        self._pairs = [(Painting(before), Painting(after)) for before, after in pairs]
        self._current = min(self._current, max(len(self._pairs) - 1, 0))
        self.setAccessibleName(f"Batch of {len(self._pairs)} samples as the network gets them")
        self.pointed.emit("")
        self._lay_out()

    def set_paired(self, paired: bool) -> None:
        """Show each sample before and after, or what the network gets only."""
        self._paired = paired
        self._lay_out()

    def set_annotated(self, annotated: bool) -> None:
        """Whether masks and boxes are painted."""
        self._annotated = annotated
        self.viewport().update()

    def set_target(self, target: Target) -> None:
        """What is learned, which the captions say: the class of each sample, or those in its mask."""
        self._target = target
        self._lay_out()

    def set_faded(self, faded: bool) -> None:
        """Whether what is shown is out of date."""
        if faded != self._faded:
            self._faded = faded
            self.viewport().update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.viewport().update()

    @property
    def cells(self) -> Cells:
        """How the cells are laid out now."""
        return self._cells

    def caption(self, place: int) -> str:
        """The target of a sample, in words."""
        if self._batch is None or place >= len(self._batch.targets):
            return ""
        if self._target == "mask" and place < len(self._batch.masks):
            return mask_text(self._batch.masks[place], self._batch.class_names)
        return target_text(self._batch.targets[place], self._batch.class_names)

    def room(self, place: int, after: bool) -> QRectF:
        """Where a sample's picture stands in the viewport."""
        rooms = self._cells.rooms(place)
        return rooms[-1 if after else 0].translated(*self._offset())

    # --- inside -----------------------------------------------------------------------------------------------------
    def _lay_out(self) -> None:
        bar = self.verticalScrollBar()
        width = (
            self.contentsRect().width() - bar.sizeHint().width()
        )  # whether it is there or not, so that it stands still
        size = QSize(width, self.contentsRect().height())
        mixed = range(len(self._pairs)) if self._batch is not None else ()
        self._lines = 2 if any(" · " in self.caption(place) for place in mixed) else 1
        aspect = self._pairs[0][1].shown.aspect if self._pairs else 1.0
        aspect = min(max(aspect, 0.5), 2.0)
        self._room = size.width()
        self._cells = best_cells(len(self._pairs), size.width(), size.height(), self._paired, aspect, self._lines)
        height = self._cells.content_height(len(self._pairs))
        bar.setRange(0, max(height - size.height(), 0))
        bar.setPageStep(size.height())
        bar.setSingleStep(self._cells.cell_height // 2)
        self.viewport().update()

    def _offset(self) -> tuple[float, float]:
        """Where the content's corner stands: in the middle when there is room to spare across."""
        used = self._cells.columns * (self._cells.cell_width + GAP) - GAP
        return max((self._room - used) // 2, 0), -self.verticalScrollBar().value()

    def _place_at(self, point: QPointF) -> int | None:
        inside = point - QPointF(*self._offset())
        found = (place for place in range(len(self._pairs)) if self._cells.cell(place).contains(inside))
        return next(found, None)

    def _text_at(self, point: QPointF) -> str:
        place = self._place_at(point)
        if place is None or self._batch is None:
            return ""
        rooms, paintings = self._cells.rooms(place), self._pairs[place]
        words = ("stored", "input") if self._paired else ("input",)
        name = self._batch.names[place] if place < len(self._batch.names) else f"#{place}"
        for word, room, painting in zip(words, rooms, paintings if self._paired else paintings[1:], strict=True):
            pixel = painting.pixel_at(room.translated(*self._offset()), point)
            if pixel is not None:
                return f"{name} · {word}, {painting.text_at(pixel)}"
        return self.describe(place)

    def describe(self, place: int) -> str:
        """A sample in words: its name, its target, and the values that the network gets."""
        if self._batch is None or place >= len(self._pairs):
            return ""
        name = self._batch.names[place] if place < len(self._batch.names) else f"#{place}"
        values = summary_text(self._batch.inputs[place])
        return " · ".join(filter(None, (name, self.caption(place), values)))

    # --- events -----------------------------------------------------------------------------------------------------
    def sizeHint(self) -> QSize:
        return QSize(420, 320)

    def minimumSizeHint(self) -> QSize:
        return QSize(2 * SMALLEST + ARROW + 2 * PADDING + 12, SMALLEST + LINE)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.pointed.emit("")
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self._place_at(QPointF(event.pos()))
            if place is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), plain_tip(self.describe(place)), self.viewport())
            return True
        return bool(super().viewportEvent(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pointed.emit(self._text_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._place_at(event.position())
        if place is not None:
            self._current = place
            self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -self._cells.columns,
            Qt.Key.Key_Down: self._cells.columns, Qt.Key.Key_Home: -self._current,
            Qt.Key.Key_End: len(self._pairs) - 1 - self._current,
        }  # fmt: skip
        by = steps.get(Qt.Key(event.key()))
        if by is None or not self._pairs:
            super().keyPressEvent(event)
            return
        if 0 <= self._current + by < len(self._pairs):
            self._current += by
        self._reveal()
        self._tell_current()
        self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.MouseFocusReason:
            self._tell_current()
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()

    def _tell_current(self) -> None:
        self.pointed.emit(self.describe(self._current))
        self.setAccessibleDescription(self.describe(self._current))

    def _reveal(self) -> None:
        cell, bar = self._cells.cell(self._current), self.verticalScrollBar()
        low, high = int(cell.bottom()) - self.viewport().height(), int(cell.top())
        bar.setValue(min(max(bar.value(), low), high))

    # --- painting ---------------------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setOpacity(0.45 if self._faded else 1.0)
        painter.translate(*self._offset())
        seen = QRectF(event.rect()).translated(-self._offset()[0], -self._offset()[1])
        for place in range(len(self._pairs)):
            if self._cells.cell(place).intersects(seen):
                self._paint_cell(painter, place)
        painter.end()

    def _paint_cell(self, painter: QPainter, place: int) -> None:
        theme, cell, rooms = self._theme, self._cells.cell(place), self._cells.rooms(place)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        focused = place == self._current and self.hasFocus()
        painter.setPen(theme.color("accent") if focused else Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("raised"))
        painter.drawRoundedRect(cell.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        before, after = self._pairs[place]
        for room, painting in zip(rooms, (before, after) if self._paired else (after,), strict=True):
            painting.paint(painter, room, theme, self._annotated)
        if self._paired:
            self._paint_arrow(painter, QPointF(rooms[0].right() + ARROW / 2, rooms[0].center().y()))
        self._paint_caption(painter, cell, self.caption(place))

    def _paint_caption(self, painter: QPainter, cell: QRectF, caption: str) -> None:
        """In one line where that fits, else a line for each of the first classes."""
        painter.setFont(interface_font(11))
        painter.setPen(self._theme.color("text"))
        metrics, room = painter.fontMetrics(), int(cell.width()) - 2 * PADDING
        height = self._lines * LINE
        area = QRectF(cell.left() + PADDING, cell.bottom() - height - PADDING, room, height)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, fitted_caption(caption, self._lines, room, metrics))

    def _paint_arrow(self, painter: QPainter, middle: QPointF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color("dim"), 1.5))
        tip = middle + QPointF(4, 0)
        painter.drawLine(middle - QPointF(4, 0), tip)
        painter.drawLine(tip, tip + QPointF(-3, -3))
        painter.drawLine(tip, tip + QPointF(-3, 3))
