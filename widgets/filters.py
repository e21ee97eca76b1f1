"""`FilterPanel`: the kernel of a layer, every filter and every input channel of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from widgets.colormaps import DIVERGING
from widgets.forms import make_spin_box
from widgets.image_grid import EMPTY, ImageGrid, ScaleBar
from widgets.live.scrubber import Scrubber
from widgets.theme import Theme

Floats = npt.NDArray[np.float32]
HINT = "Select a convolution to see its filters."
ROOM_FOR_SLIDER = 680
"""Pixels of width: below that the number alone chooses the input channel."""


class FilterPanel(QWidget):
    """A kernel as tiles, blue below zero and red above, for one input channel or for all.

    `compact` is the form for the inspector: smaller tiles, no scrolling of its own, no slider, and always the present.
    """

    def __init__(self, compact: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("filterGridCompact" if compact else "filterGrid")
        self._compact = compact
        self._kernel: Floats | None = None
        self._note = HINT
        self._past: tuple[Floats | None, str] | None = None
        self._stale = False
        self.scrubber = Scrubber()
        self._grid = ImageGrid(tile=30 if compact else 56, gap=2 if compact else 4)
        self._grid.setAccessibleName("Filters")
        self._scale = ScaleBar()
        self._text = QLabel(HINT)
        self._text.setProperty("role", "dim")
        self._text.setWordWrap(True)
        self._channel, self._of = make_spin_box(48), QLabel()
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._all = QCheckBox("all")
        self._chooser = self._make_chooser()
        self._lay_out()

    def set_kernel(self, kernel: Floats | None, note: str = "") -> None:
        """Show a kernel (height, width, input channels, filters); with None the note says why there is none."""
        self._kernel, self._note = kernel, note
        self._stale = self._stale or self._past is None
        if self._stale and self.isVisible():
            self._refresh()

    def set_past(self, kernel: Floats | None, note: str) -> None:
        """Show a kernel as it was, whatever `set_kernel` brings meanwhile; the note says when, or why there is none."""
        self._past, self._stale = (kernel, note), True
        if self.isVisible():
            self._refresh()

    def set_present(self) -> None:
        """Show what `set_kernel` brought last."""
        if self._past is not None:
            self._past, self._stale = None, True
            if self.isVisible():
                self._refresh()

    def set_channel(self, channel: int) -> None:
        """Show another input channel, counted from 0."""
        self._channel.setValue(channel)

    @property
    def channel(self) -> int:
        """The input channel that is shown."""
        return self._channel.value()

    def set_theme(self, theme: Theme) -> None:
        self._scale.set_theme(theme)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._slider.setVisible(not self._compact and self.width() >= ROOM_FOR_SLIDER)

    def _make_chooser(self) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        label = QLabel("input channel")
        label.setProperty("role", "dim")
        label.setBuddy(self._channel)
        self._of.setProperty("role", "dim")
        self._channel.setAccessibleName("Input channel of the filters")
        self._slider.setAccessibleName("Input channel of the filters")
        self._all.setToolTip("Show every input channel: one row for each, one column for each filter")
        for widget in (label, self._channel, self._of, self._slider, self._all):
            layout.addWidget(widget)
        self._slider.setMaximumWidth(200)
        layout.addStretch(1)
        self._channel.valueChanged.connect(self._slider.setValue)
        self._slider.valueChanged.connect(self._channel.setValue)
        self._channel.valueChanged.connect(self._refresh)
        self._all.toggled.connect(self._refresh)
        return row

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        body: QWidget = self._grid
        if self._compact:
            layout.setContentsMargins(0, 0, 0, 0)
            layout.addWidget(self._text)
            layout.addWidget(self._chooser)
            layout.addWidget(body)
            layout.addWidget(self._scale)
        else:
            layout.setContentsMargins(16, 8, 16, 8)
            top = QHBoxLayout()
            top.setSpacing(16)
            top.addWidget(self._text, 1)
            top.addWidget(self._chooser)
            top.addWidget(self._scale)
            layout.addLayout(top)
            layout.addWidget(scrolling(body), 1)
            layout.addWidget(self.scrubber)
        self._refresh()

    def _refresh(self) -> None:
        self._stale = False
        kernel, note = self._past or (self._kernel, self._note)
        shown = kernel is not None and kernel.ndim == 4 and kernel.size > 0
        pixelwise = shown and kernel is not None and kernel.shape[:2] == (1, 1)
        self._chooser.setVisible(shown and not pixelwise and kernel is not None and kernel.shape[2] > 1)
        self._scale.setVisible(shown)
        when = f" · {note}" if self._past is not None else ""
        self._text.setText(_kernel_text(kernel) + when if kernel is not None and shown else note)
        self._text.setVisible(not shown or not self._compact)
        if kernel is None or not shown:
            self._grid.set_maps(EMPTY)
            return
        self._limit_channel(kernel.shape[2])
        if pixelwise:
            self._show_matrix(kernel)
        else:
            self._show_windows(kernel)
        self._scale.set_scale(DIVERGING, self._grid.levels)

    def _limit_channel(self, channels: int) -> None:
        for control in (self._channel, self._slider):
            with QSignalBlocker(control):
                control.setRange(0, channels - 1)
        self._of.setText(f"of {channels}")
        for control in (self._channel, self._slider):
            control.setEnabled(not self._all.isChecked())

    def _show_matrix(self, kernel: Floats) -> None:
        """A 1×1 kernel is a matrix: one row for each input channel, one column for each filter."""
        self._grid.set_maps(
            kernel[0, 0][None], DIVERGING, describe=lambda _index, row, column: f"input {row} → filter {column}"
        )

    def _show_windows(self, kernel: Floats) -> None:
        height, width, channels, filters = kernel.shape
        chosen = range(channels) if self._all.isChecked() else (self.channel,)
        maps = np.moveaxis(kernel[:, :, chosen[0] : chosen[-1] + 1, :], (2, 3), (0, 1)).reshape(-1, height, width)

        def describe(index: int, row: int, column: int) -> str:
            channel, number = chosen[index // filters], index % filters
            return f"filter {number} · input channel {channel} · row {row}, column {column}"

        self._grid.set_maps(maps, DIVERGING, columns=filters if self._all.isChecked() else None, describe=describe)


def _kernel_text(kernel: Floats) -> str:
    height, width, channels, filters = kernel.shape
    return (
        f"{filters:,} filters of {height}×{width} over {channels:,} input {'channel' if channels == 1 else 'channels'}"
    )


def scrolling(body: QWidget) -> QScrollArea:
    """A scroll area around a widget that grows downwards."""
    holder = QWidget()
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(body)
    layout.addStretch(1)
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setWidget(holder)
    return area
