"""`FilterThumbnails`: a few learned filters of a run, as small as a look at many runs wants them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from widgets.colormaps import DIVERGING
from widgets.image_grid import ImageGrid

Floats = npt.NDArray[np.float32]
MOST = 24
"""Filters shown: two lines of a narrow panel."""

TILE = 28


class FilterThumbnails(QWidget):
    """Hidden while there is nothing to show."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        heading = QLabel("FILTERS")
        heading.setProperty("role", "heading")
        self._says = QLabel(wordWrap=True)
        self._says.setProperty("role", "dim")
        self.grid = ImageGrid(tile=TILE)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for part in (heading, self._says, self.grid):
            column.addWidget(part)
        self.hide()

    def set_filters(self, filters: Floats | None, node: str = "", epochs: int = 0) -> None:
        """Show filters (number, height, width) of a node after so many epochs; None for none."""
        self.setVisible(filters is not None)
        if filters is None:
            return
        text = f"{node}, first input channel, after {epochs:,} epoch{'' if epochs == 1 else 's'}"
        self._says.setText(text)
        self.setAccessibleName(f"Filters of {text}")
        self.grid.set_maps(
            filters[:MOST],
            DIVERGING,
            describe=lambda index, row, column: f"filter {index} · row {row}, column {column}",
        )
