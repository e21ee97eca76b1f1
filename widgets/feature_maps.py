"""`FeatureMapPanel`: what a block makes of the probe image, every channel of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from widgets.bars import NamedBars
from widgets.colormaps import MAGMA
from widgets.data.elided import ElidedLabel
from widgets.filters import scrolling
from widgets.image_grid import EMPTY, ImageGrid, ScaleBar
from widgets.live.scrubber import Scrubber
from widgets.theme import Theme

Floats = npt.NDArray[np.float32]
HINT = "Select a block: its feature maps appear here as soon as there is a model and a probe image."
CELL, TILE = 18, 64


class FeatureMapPanel(QWidget):
    """Maps as tiles in magma; a vector as one cell for each value, or as bars where each value is a class."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("featureMaps")
        self._title, self._maps, self._names = HINT, EMPTY, tuple[str, ...]()
        self._past: tuple[str, Floats] | None = None
        self._stale = True
        self.scrubber = Scrubber()
        self._heading, self._scale = ElidedLabel(HINT, role="dim"), ScaleBar()
        self._heading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._per_channel = QCheckBox("scale each channel")
        self._per_channel.setToolTip("Give each channel its own range of colours, so that weak ones are seen as well")
        self._per_channel.toggled.connect(self._refresh)
        self._grid, self._cells = ImageGrid(TILE), ImageGrid(CELL, gap=2)
        self._grid.setAccessibleName("Feature maps")
        self._cells.setAccessibleName("Values of the vector")
        self._bars = NamedBars(limit=1000, ordered=False)
        self._bars.setMaximumWidth(480)
        self._lay_out()

    def set_maps(self, title: str, maps: Floats | None, class_names: Sequence[str] = ()) -> None:
        """Show an output: (height, width, channels), or a vector as (values,) or (1, values, 1); None for none yet.

        A vector that has as many values as there are class names is shown with them.
        """
        self._title = title if maps is not None else title or HINT
        self._maps = maps if maps is not None else EMPTY
        self._names = tuple(class_names)
        self._stale = self._stale or self._past is None
        if self._stale and self.isVisible():
            self._refresh()

    def set_past(self, title: str, maps: Floats | None) -> None:
        """Show an output as it was, whatever `set_maps` brings meanwhile; without one the title says why."""
        self._past, self._stale = (title, maps if maps is not None else EMPTY), True
        if self.isVisible():
            self._refresh()

    def set_present(self) -> None:
        """Show what `set_maps` brought last."""
        if self._past is not None:
            self._past, self._stale = None, True
            if self.isVisible():
                self._refresh()

    def set_theme(self, theme: Theme) -> None:
        self._scale.set_theme(theme)
        self._bars.set_theme(theme)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._refresh()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(16)
        top.addWidget(self._heading, 1)
        top.addWidget(self._per_channel)
        top.addWidget(self._scale)
        body = QWidget()
        views = QVBoxLayout(body)
        views.setContentsMargins(0, 0, 0, 0)
        for view in (self._grid, self._cells, self._bars):
            views.addWidget(view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 8)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(scrolling(body), 1)
        layout.addWidget(self.scrubber)
        self._refresh()

    def _refresh(self) -> None:
        self._stale = False
        title, maps = self._past or (self._title, self._maps)
        vector = maps.size > 0 and (maps.ndim < 3 or (maps.shape[0] == 1 and maps.shape[2] == 1))
        named = vector and maps.size == len(self._names)
        image = maps.size > 0 and not vector
        self._heading.set_words(f"{title} · {_size_text(maps, vector)}" if maps.size else title)
        for widget, shown in (
            (self._grid, image), (self._per_channel, image), (self._cells, vector and not named), (self._bars, named),
            (self._scale, maps.size > 0 and not named),
        ):  # fmt: skip
            widget.setVisible(bool(shown))
        if named:
            self._bars.set_values(maps.reshape(-1), self._names)
        elif vector:
            self._cells.set_maps(maps.reshape(-1, 1, 1), MAGMA, describe=lambda index, _row, _column: f"value {index}")
            self._scale.set_scale(MAGMA, self._cells.levels)
        else:
            channels = np.moveaxis(maps, -1, 0) if image else EMPTY
            self._grid.set_maps(channels, MAGMA, common_scale=not self._per_channel.isChecked())
            self._scale.set_scale(MAGMA, self._grid.levels)


def _size_text(maps: Floats, vector: bool) -> str:
    if vector:
        return f"{maps.size:,} values"
    height, width, channels = maps.shape
    return f"{channels:,} channels of {height}×{width}"
