"""`TrendPlot`: a few values over the steps of a run, as lines, with what is healthy shaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from widgets.live.axis import Span, frame_of, paint_axes, power_text, round_places, value_text
from widgets.theme import DARK, Theme, interface_font

Doubles = npt.NDArray[np.float64]
ROOM = 0.06
"""Share of the height that is left free above and below."""

MOST_TOLD = 12
"""Lines whose values are said in words."""

DECADES = 1.0
"""Of a logarithmic scale, shown at least."""


@dataclass(frozen=True, eq=False)
class Trend:
    """A line: values at steps, NaN where there are none. On a logarithmic scale they are given as logarithms."""

    name: str
    steps: Doubles
    values: Doubles


class TrendPlot(QWidget):
    """Lines over steps.

    Args:
        write: a value in words, for the tooltip.
    """

    def __init__(self, name: str, write: Callable[[float], str] = value_text, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._theme = DARK
        self._trends: tuple[Trend, ...] = ()
        self._logarithmic = False
        self._band: tuple[float, float] | None = None
        self._floor: float | None = None
        self._empty = ""
        self.write = write
        self.setMinimumSize(120, 72)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_trends(
        self,
        trends: Sequence[Trend],
        *,
        logarithmic: bool = False,
        band: tuple[float, float] | None = None,
        floor: float | None = None,
        empty: str = "",
    ) -> None:
        """Show lines; `band` is shaded as healthy, `floor` is a value that the axis always reaches down to.

        On a logarithmic scale values, band and floor are logarithms. `empty` is said where there is no value.
        """
        self._trends, self._logarithmic, self._band = tuple(trends), logarithmic, band
        self._floor, self._empty = floor, empty
        self.setAccessibleDescription(self._latest() or empty)
        self.update()

    def _latest(self) -> str:
        """The newest value of each line, in words."""
        told = []
        for trend in self._trends[:MOST_TOLD]:
            known = trend.values[np.isfinite(trend.values)]
            if len(known):
                told.append(f"{trend.name}: {self._text(float(known[-1]))}")
        return ", ".join(told)

    def _text(self, value: float) -> str:
        return self.write(10.0**value if self._logarithmic else value)

    # --- ranges -----------------------------------------------------------------------------------------------------
    def _spans(self) -> tuple[Span, Span] | None:
        """The ranges of steps and values; None where there is nothing to show."""
        values = np.concatenate([trend.values for trend in self._trends]) if self._trends else np.empty(0)
        steps = np.concatenate([trend.steps for trend in self._trends]) if self._trends else np.empty(0)
        known = np.isfinite(values)
        if not known.any():
            return None
        low, high = float(values[known].min()), float(values[known].max())
        if self._floor is not None:
            low = min(low, self._floor)
        if self._logarithmic and self._band is not None:
            low, high = min(low, self._band[0]), max(high, self._band[1])
        if self._logarithmic and high - low < DECADES:
            low, high = (low + high - DECADES) / 2, (low + high + DECADES) / 2
        room = (high - low) * ROOM or max(abs(high), 1.0) / 2
        bottom = low if self._floor is not None and low == self._floor else low - room
        return Span(0.0, max(float(steps.max()), 1.0)), Span(bottom, high + room)

    def _places(self, values: Span, height: float) -> list[float]:
        most = max(int(height / 28), 1)
        places = round_places(values, most)
        if not self._logarithmic:
            return places
        whole = [place for place in places if place == int(place)]
        return whole or places

    # --- painting ---------------------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme, frame = self._theme, frame_of(QRectF(self.rect()))
        painter.fillRect(frame, theme.color("background"))
        spans = self._spans()
        if spans is None:
            painter.setPen(theme.color("dim"))
            painter.setFont(interface_font(11))
            words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(frame.adjusted(8, 0, -8, 0), words, self._empty)
            return
        steps, values = spans
        if self._band is not None:
            self._paint_band(painter, frame, values)
        write = power_text if self._logarithmic else self.write
        paint_axes(painter, frame, theme, steps, values, self._places(values, frame.height()), write)
        painter.setClipRect(frame.adjusted(0, -1, 1, 1))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("accent", 255 if len(self._trends) == 1 else 170), 1.6))
        for trend in self._trends:
            for line in self._lines(trend, frame, steps, values):
                painter.drawPolyline(line) if line.size() > 1 else painter.drawEllipse(line.at(0), 1.5, 1.5)

    def _paint_band(self, painter: QPainter, frame: QRectF, values: Span) -> None:
        assert self._band is not None
        bottom, top = (frame.bottom() - values.share(edge) * frame.height() for edge in self._band)
        band = QRectF(frame.left(), top, frame.width(), bottom - top).intersected(frame)
        painter.fillRect(band, self._theme.color("ok", 36))
        painter.setPen(self._theme.color("ok"))
        painter.setFont(interface_font(10))
        corner = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
        painter.drawText(band.adjusted(0, 1, -6, 0), corner, "healthy")

    def _lines(self, trend: Trend, frame: QRectF, steps: Span, values: Span) -> list[QPolygonF]:
        """The line in pixels, in as many pieces as gaps leave."""
        known = np.isfinite(trend.values)
        x = frame.left() + (trend.steps - steps.low) / (steps.high - steps.low) * frame.width()
        height = frame.height() / (values.high - values.low)
        y = frame.bottom() - (trend.values - values.low) * height
        breaks = np.flatnonzero(np.diff(known.astype(np.int8))) + 1
        pieces = np.split(np.arange(len(known)), breaks)
        return [
            QPolygonF([QPointF(*point) for point in zip(x[piece].tolist(), y[piece].tolist(), strict=True)])
            for piece in pieces
            if len(piece) and known[piece[0]]
        ]

    # --- pointer ----------------------------------------------------------------------------------------------------
    def text_at(self, position: QPointF) -> str:
        """The lines' values at a position of the widget, in words."""
        frame, spans = frame_of(QRectF(self.rect())), self._spans()
        if spans is None or not frame.contains(position):
            return ""
        step = spans[0].low + (position.x() - frame.left()) / frame.width() * (spans[0].high - spans[0].low)
        told = []
        for trend in self._trends[:MOST_TOLD]:
            known = np.flatnonzero(np.isfinite(trend.values))
            if len(known):
                nearest = known[np.argmin(np.abs(trend.steps[known] - step))]
                shown = self._text(float(trend.values[nearest]))
                told.append(f"{trend.name}, step {trend.steps[nearest]:,.0f}: {shown}")
        return "\n".join(told)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.text_at(QPointF(event.pos())), self)
            return True
        return super().event(event)
