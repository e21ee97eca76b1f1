"""What stands on a thumbnail wall: samples in their order, which are selected, and words for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from PySide6.QtCore import QRect, Qt

from models.data.samples import Indices
from widgets.data.wall_layout import WallLayout
from widgets.data.wall_tiles import PictureCache, Tile

Describe = Callable[[int], str]
LabelOf = Callable[[int], int]
NOTHING = np.zeros(0, np.int64)


class WallItems:
    """Samples in one array. *Places* count them as they stand, *indices* are the samples' own numbers.

    Attributes:
        indices: the samples in their order.
        selected: (samples,) whether each place is selected.
        current: the place that keys act on.
        anchor: the place from which Shift selects.
        marks: what was found about samples.
    """

    def __init__(self) -> None:
        self.indices: Indices = NOTHING
        self.selected = np.zeros(0, np.bool_)
        self.current = self.anchor = 0
        self.marks: Mapping[int, str] = {}
        self._left_out: Indices = NOTHING
        self._describe: Describe = lambda index: f"#{index}"
        self._label_of: LabelOf = lambda index: -1

    def __len__(self) -> int:
        return len(self.indices)

    def set(self, indices: Indices, describe: Describe, label_of: LabelOf | None) -> int | None:
        """Take other samples, none of them selected. The current one stays so if it can; then its place comes back."""
        before = self.current_index
        self.indices = np.asarray(indices, np.int64)
        self.selected = np.zeros(len(self.indices), np.bool_)
        self._describe = describe
        self._label_of = label_of or (lambda index: -1)
        place = self.place_of(before) if before is not None else None
        self.current = self.anchor = place or 0
        return place

    def set_left_out(self, indices: Indices) -> None:
        self._left_out = np.unique(indices)

    @property
    def current_index(self) -> int | None:
        return int(self.indices[self.current]) if self.current < len(self.indices) else None

    def place_of(self, index: int) -> int | None:
        """Where a sample stands; None where it does not."""
        places = np.flatnonzero(self.indices == index)
        return int(places[0]) if len(places) else None

    def walk(self, key: int, layout: WallLayout) -> int | None:
        """The place that a key leads to from the current one; None for other keys."""
        last, page = len(self.indices) - 1, layout.columns * layout.page
        steps: dict[int, int] = {
            Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -layout.columns, Qt.Key.Key_Down: layout.columns,
            Qt.Key.Key_PageUp: -page, Qt.Key.Key_PageDown: page,
            Qt.Key.Key_Home: -self.current, Qt.Key.Key_End: last - self.current,
        }  # fmt: skip
        if key not in steps:
            return None
        target = self.current + steps[key]
        if key == Qt.Key.Key_Up and target < 0:
            return self.current  # not sideways to the first one
        return min(max(target, 0), last)

    def select(self, places: slice) -> None:
        """Select these places and no others."""
        self.selected[:] = False
        self.selected[places] = True

    def tile(self, place: int, rect: QRect, pictures: PictureCache) -> Tile:
        """What is to be seen at a place."""
        index = int(self.indices[place])
        return Tile(
            rect=rect,
            caption=self._describe(index).partition("\n")[0],
            label=self._label_of(index),
            picture=pictures.get(index),
            loaded=index in pictures,
            mark=self.marks.get(index, ""),
            left_out=self._is_left_out(index),
            selected=bool(self.selected[place]),
            current=place == self.current,
        )

    def words(self, place: int) -> str:
        """A place in words, a line for each thing."""
        index = int(self.indices[place])
        lines = [self._describe(index)]
        if self._is_left_out(index):
            lines.append("left out")
        if index in self.marks:
            lines.append(f"⚠ {self.marks[index]}")
        return "\n".join(lines)

    def spoken(self) -> str:
        """The current place as assistive tools say it."""
        if self.current >= len(self.indices):
            return ""
        state = ", selected" if self.selected[self.current] else ""
        text = self.words(self.current).replace("\n", ", ")
        return f"{text}; {self.current + 1:,} of {len(self.indices):,}{state}"

    def _is_left_out(self, index: int) -> bool:
        spot = int(np.searchsorted(self._left_out, index))
        return spot < len(self._left_out) and int(self._left_out[spot]) == index
