"""Where the tiles of a thumbnail wall stand: arithmetic alone, the same for ten samples and for a billion."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect

STEPS = 8
"""Positions of the scroll bar in each row of tiles.

Scrolling counts these and not pixels: the pixels of many million rows do not fit a scroll bar's 32 bits.
"""

GAP = 8
"""Pixels between tiles and around them."""

PAD = 4
"""Pixels between a tile's edge and its picture."""

CAPTION = 20
"""Pixels of the text below a picture."""


@dataclass(frozen=True)
class WallLayout:
    """A wall of tiles in rows.

    Attributes:
        count: tiles.
        width, height: of what is in view, in pixels.
        edge: of a picture, in pixels.
    """

    count: int
    width: int
    height: int
    edge: int

    @property
    def tile_width(self) -> int:
        return self.edge + 2 * PAD

    @property
    def tile_height(self) -> int:
        return self.edge + 2 * PAD + CAPTION

    @property
    def row_height(self) -> int:
        """From one row to the next: a whole number of pixels for each step of the scroll bar."""
        return -(-(self.tile_height + GAP) // STEPS) * STEPS

    @property
    def columns(self) -> int:
        return max(1, (self.width - GAP) // (self.tile_width + GAP))

    @property
    def column_width(self) -> int:
        """From one column to the next; the room that is left over is shared out."""
        return max((self.width - GAP) // self.columns, self.tile_width + GAP)

    @property
    def rows(self) -> int:
        return -(-self.count // self.columns)

    @property
    def page(self) -> int:
        """Whole rows in view, one at least."""
        return max(1, self.height // self.row_height)

    @property
    def scroll_end(self) -> int:
        """The scroll bar's last position."""
        hidden = self.rows * self.row_height + GAP - self.height
        return max(0, -(-hidden * STEPS // self.row_height))

    def tile_rect(self, place: int, scroll: int) -> QRect:
        """Where a tile that is in view, or nearly so, stands in it."""
        row, column = divmod(place, self.columns)
        corner = QPoint(GAP + column * self.column_width, GAP + row * self.row_height - self._top(scroll))
        return QRect(corner.x(), corner.y(), self.tile_width, self.tile_height)

    def place_at(self, position: QPoint, scroll: int) -> int | None:
        """The tile under a position; None beside the tiles."""
        column, inside_x = divmod(position.x() - GAP, self.column_width)
        row, inside_y = divmod(position.y() + self._top(scroll) - GAP, self.row_height)
        place = row * self.columns + column
        inside = inside_x < self.tile_width and inside_y < self.tile_height
        return place if inside and 0 <= column < self.columns and 0 <= place < self.count else None

    def visible(self, scroll: int) -> range:
        """The tiles of all rows of which anything is in view."""
        top = self._top(scroll)
        first = max((top - GAP - self.tile_height) // self.row_height + 1, 0)
        end = max(-(-(top + self.height - GAP) // self.row_height), first)
        return range(min(first * self.columns, self.count), min(end * self.columns, self.count))

    def scroll_to(self, place: int, scroll: int) -> int:
        """The position nearest to `scroll` from which a tile is wholly in view."""
        row = place // self.columns
        bottom = 2 * GAP + row * self.row_height + self.tile_height - self.height
        lowest = max(-(-bottom * STEPS // self.row_height), 0)
        return min(max(scroll, lowest), row * STEPS)

    def _top(self, scroll: int) -> int:
        """Pixels above what is in view."""
        return scroll * (self.row_height // STEPS)
