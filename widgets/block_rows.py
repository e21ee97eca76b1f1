"""How the rows of a `BlockList` look: as the canvas paints cards, with a bar in the family's colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from widgets.block_entries import Entry
from widgets.theme import GRID, Theme, interface_font

if TYPE_CHECKING:
    from widgets.block_list import BlockList

ENTRY = Qt.ItemDataRole.UserRole
ROW_HEIGHT, TALL_ROW_HEIGHT, HEADING_HEIGHT, MORE_HEIGHT = 28, 42, 28, 22
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Heading:
    """A section's heading."""

    title: str
    folded: bool = False


@dataclass(frozen=True)
class More:
    """The line that stands for what is tucked away in a section."""

    section: str
    title: str
    unfolded: bool = False


def row_height(entry: Entry | Heading | More) -> int:
    """Pixels; architectures have a second line for their sizes."""
    if isinstance(entry, Heading):
        return HEADING_HEIGHT
    if isinstance(entry, More):
        return MORE_HEIGHT
    return TALL_ROW_HEIGHT if entry.template is not None else ROW_HEIGHT


class RowDelegate(QStyledItemDelegate):
    """Paints headings, rows and what is tucked away."""

    def __init__(self, rows: BlockList) -> None:
        super().__init__(rows)
        self._rows = rows

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(80, row_height(index.data(ENTRY)))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry: Entry | Heading | More = index.data(ENTRY)
        theme = self._rows.theme
        rect = QRectF(option.rect)
        state: QStyle.StateFlag = option.state
        current = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(entry, Heading):
            _paint_heading(painter, rect, entry, theme.color("text" if hovered or current else "dim"), hovered)
        elif isinstance(entry, More):
            _paint_more(painter, rect, entry, theme.color("text" if hovered or current else "dim"))
        else:
            paint_row(painter, rect, entry, theme, hovered or current)
        if current and self._rows.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(theme.color("accent"))
            painter.drawRoundedRect(_body(rect), 5, 5)
        painter.restore()


def _body(rect: QRectF) -> QRectF:
    return rect.adjusted(0.5, 1.5, -0.5, -1.5)


def _paint_heading(painter: QPainter, rect: QRectF, entry: Heading, color: QColor, hovered: bool) -> None:
    """The chevron shows where there is something to unfold, or that the heading can be folded."""
    font = interface_font(10)
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(color)
    marked = entry.folded or hovered
    place = rect.adjusted(1, 0, -16 if marked else 0, -GRID)
    text = painter.fontMetrics().elidedText(entry.title.upper(), Qt.TextElideMode.ElideRight, int(place.width()))
    painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, text)
    if marked:
        _paint_chevron(painter, rect.right() - 8, rect.bottom() - 9, entry.folded, color)


def _paint_more(painter: QPainter, rect: QRectF, entry: More, color: QColor) -> None:
    _paint_text(painter, rect.adjusted(14, 0, 0, 0), entry.title, 11, color)


def _paint_chevron(painter: QPainter, x: float, y: float, folded: bool, color: QColor) -> None:
    """Points right where there is something to unfold, down where it is."""
    corners = ((-2, -4), (2, 0), (-2, 4)) if folded else ((-4, -2), (0, 2), (4, -2))
    path = QPainterPath()
    for index, (dx, dy) in enumerate(corners):
        (path.moveTo if index == 0 else path.lineTo)(x + dx, y + dy)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(color)
    painter.drawPath(path)


def paint_row(painter: QPainter, rect: QRectF, entry: Entry, theme: Theme, highlighted: bool) -> None:
    """A row: rounded, with the family's colour at the left; of an architecture also its year and its sizes."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    body = _body(rect)
    painter.setBrush(theme.color("line" if highlighted else "raised"))
    painter.drawRoundedRect(body, 5, 5)
    painter.setBrush(theme.family(entry.family) if entry.family is not None else theme.color("accent"))
    painter.drawRoundedRect(QRectF(body.left(), body.top(), 4, body.height()), 2, 2)
    inner = body.adjusted(14, 0, -8, 0)
    if entry.template is None:
        _paint_text(painter, inner, entry.title, 12, theme.color("text"))
        return
    upper, lower = inner.adjusted(0, 3, 0, -inner.height() / 2 + 1), inner.adjusted(0, inner.height() / 2, 6, -3)
    painter.setFont(interface_font(11))
    year_width = painter.fontMetrics().horizontalAdvance(entry.year) + (8 if entry.year else 0)
    painter.setPen(theme.color("dim"))
    painter.drawText(upper, _RIGHT, entry.year)
    _paint_text(painter, upper.adjusted(0, 0, -year_width, 0), entry.title, 12, theme.color("text"))
    _paint_text(painter, lower, entry.sizes, 10, theme.color("dim"))


def _paint_text(painter: QPainter, rect: QRectF, text: str, size: int, color: QColor) -> None:
    painter.setFont(interface_font(size))
    painter.setPen(color)
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(rect.width()))
    painter.drawText(rect, _LEFT, shown)
