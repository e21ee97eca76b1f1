"""`HistogramMap`: how values are spread, over time: a column for each measurement, colour for the share of values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QHelpEvent, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from models.training.events import Histogram
from widgets.colormaps import DIVERGING, LEVELS, MAGMA, colorize, lookup_table
from widgets.live.axis import Span, frame_of, paint_axes, round_places, value_text
from widgets.live.measures import moments, rebinned
from widgets.theme import DARK, Theme, interface_font

Doubles = npt.NDArray[np.float64]
ROWS = 72
"""Stretches of values that the picture tells apart."""

COLUMN = 2
"""Pixels of width for which one measurement stands, at least."""


@dataclass(frozen=True, eq=False)
class Spread:
    """How values were spread after so many steps."""

    step: int
    epoch: int
    histogram: Histogram


class HistogramMap(QWidget):
    """Time to the right, values upwards. Activations in magma; weights blue below zero and red above."""

    def __init__(self, what: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.what = what
        self.setAccessibleName(f"Histogram of the {what} over time")
        self._theme = DARK
        self._spreads: tuple[Spread, ...] = ()
        self._edges: Doubles = np.linspace(-1, 1, ROWS + 1)
        self._shares: Doubles = np.empty((0, ROWS))
        self._largest = 1.0
        self._image: QImage | None = None
        self._empty = ""
        self.setMinimumSize(120, 64)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_theme(self, theme: Theme) -> None:
        self._theme, self._image = theme, None
        self.update()

    def set_spreads(self, spreads: Sequence[Spread], empty: str = "") -> None:
        """Show histograms in the order of their steps; `empty` is said where there are none."""
        self._spreads, self._empty, self._image = tuple(spreads), empty, None
        if spreads:
            low = min(spread.histogram.low for spread in spreads)
            high = max(spread.histogram.high for spread in spreads)
            room = (high - low) * 0.02 or max(abs(low), 1.0) / 2
            self._edges = np.linspace(low - room, high + room, ROWS + 1)
            self._shares = rebinned([spread.histogram for spread in spreads], self._edges)
            # One stretch that holds nearly all, as the zeros behind a ReLU do, would leave all others dark.
            self._largest = float(np.quantile(self._shares.max(axis=1), 0.5)) or 1.0
        self.setAccessibleDescription(self.summary if spreads else empty)
        self.update()

    @property
    def is_signed(self) -> bool:
        """Whether zero is in the middle of what is shown, so that both sides have colours of their own."""
        return self.what == "weights"

    @property
    def largest(self) -> float:
        """The share of values that the brightest colour stands for."""
        return self._largest

    @property
    def summary(self) -> str:
        """Mean and deviation of the last measurement, in words."""
        if not self._spreads:
            return ""
        mean, deviation = moments(self._spreads[-1].histogram)
        return f"mean {value_text(mean)} · deviation {value_text(deviation)}"

    # --- painting ---------------------------------------------------------------------------------------------------
    def _spans(self) -> tuple[Span, Span]:
        last = float(self._spreads[-1].step) if self._spreads else 1.0
        return Span(0.0, max(last, 1.0)), Span(float(self._edges[0]), float(self._edges[-1]))

    def _columns(self, count: int) -> npt.NDArray[np.int64]:
        """Which measurement stands at each of so many places: the first one from there on."""
        steps = np.array([spread.step for spread in self._spreads], np.float64)
        places = (np.arange(count) + 1) / count * self._spans()[0].high
        return np.minimum(np.searchsorted(steps, places * (1 - 1e-12)), len(steps) - 1)

    def _make_image(self, width: int) -> QImage:
        """The colours; where no values were, the background is seen."""
        columns = self._columns(width)
        shares = self._shares[columns].T[::-1]  # the largest values on top
        strength = np.sqrt(np.clip(shares / self._largest, 0, 1)).astype(np.float32)
        if self.is_signed:
            middles = ((self._edges[:-1] + self._edges[1:]) / 2)[::-1]
            pixels = lookup_table(DIVERGING)[np.where(middles < 0, 0, LEVELS - 1)][:, None] & np.uint32(0x00FFFFFF)
            alpha = (strength * 255).astype(np.uint32)
            pixels = pixels | (alpha << np.uint32(24))
        else:
            pixels = colorize(strength, MAGMA, (0.0, 1.0))
        pixels = np.ascontiguousarray(pixels.astype(np.uint32))
        return QImage(pixels.data, width, ROWS, width * 4, QImage.Format.Format_ARGB32).copy()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme, frame = self._theme, frame_of(QRectF(self.rect()))
        painter.fillRect(frame, theme.color("background"))
        if not self._spreads:
            painter.setPen(theme.color("dim"))
            painter.setFont(interface_font(11))
            words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(frame.adjusted(8, 0, -8, 0), words, self._empty)
            return
        width = max(int(frame.width()) // COLUMN, 1)
        if self._image is None or self._image.width() != width:
            self._image = self._make_image(width)
        painter.drawImage(frame, self._image, QRectF(self._image.rect()))
        steps, values = self._spans()
        places = round_places(values, max(int(frame.height() / 28), 1))
        paint_axes(painter, frame, theme, steps, values, places, grid=False)

    # --- pointer ----------------------------------------------------------------------------------------------------
    def text_at(self, position: QPointF) -> str:
        """What stands at a position of the widget, in words."""
        frame = frame_of(QRectF(self.rect()))
        if not self._spreads or not frame.contains(position):
            return ""
        count = max(int(frame.width()) // COLUMN, 1)
        place = min(int((position.x() - frame.left()) / frame.width() * count), count - 1)
        column = int(self._columns(count)[place])
        row = min(int((frame.bottom() - position.y()) / frame.height() * ROWS), ROWS - 1)
        spread, share = self._spreads[column], self._shares[column, row]
        mean, deviation = moments(spread.histogram)
        return (
            f"step {spread.step:,}, epoch {spread.epoch + 1}: {share:.1%} of the {self.what} between "
            f"{value_text(self._edges[row])} and {value_text(self._edges[row + 1])}\n"
            f"all of them: mean {value_text(mean)}, deviation {value_text(deviation)}, from "
            f"{value_text(spread.histogram.low)} to {value_text(spread.histogram.high)}"
        )

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.text_at(QPointF(event.pos())), self)
            return True
        return super().event(event)


class ShareBar(QWidget):
    """The colours of a map of histograms with the share of values that they stand for."""

    def __init__(self, signed: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._signed, self._largest, self._theme = signed, 1.0, DARK
        self.setFixedHeight(16)
        self.setMinimumWidth(84)
        self.setMaximumWidth(150)

    def set_largest(self, largest: float) -> None:
        """The share that the brightest colour stands for."""
        self._largest = largest
        self.setAccessibleName(f"Colour scale from 0 to {largest:.0%} of the values")
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(interface_font(10))
        painter.setPen(self._theme.color("dim"))
        area = QRectF(self.rect())
        middle = Qt.AlignmentFlag.AlignVCenter
        low, high = ("− 0 +", f"{self._largest:.0%}") if self._signed else ("0", f"{self._largest:.0%}")
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | middle, low)
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | middle, high)
        left, right = (painter.fontMetrics().horizontalAdvance(text) + 6 for text in (low, high))
        bar = QRectF(left, 4, self.width() - left - right, self.height() - 8)
        strength = np.sqrt(np.linspace(0, 1, LEVELS)).astype(np.float32)
        if not self._signed:
            pixels = colorize(strength[None, :], MAGMA, (0.0, 1.0))
        else:
            ends = lookup_table(DIVERGING)[[0, LEVELS - 1]][:, None] & np.uint32(0x00FFFFFF)
            pixels = ends | ((strength * 255).astype(np.uint32) << np.uint32(24))[None, :]
        pixels = np.ascontiguousarray(pixels.astype(np.uint32))
        rows = pixels.shape[0]
        image = QImage(pixels.data, LEVELS, rows, LEVELS * 4, QImage.Format.Format_ARGB32)
        painter.drawImage(bar, image, QRectF(0, 0, LEVELS, rows))
