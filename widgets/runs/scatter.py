"""`RunsScatter`: runs as points: how good they are against how large they are, or how long they took."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, floor, log10
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QToolTip, QWidget

from models.training.runs.summary import RunSummary
from widgets.runs.model import key_of
from widgets.runs.styles import RunStyles, paint_marker
from widgets.runs.texts import count_text, described, duration_text, loss_text, share_text
from widgets.theme import DARK, Theme, interface_font

LEFT, RIGHT, TOP, BOTTOM = 56, 20, 12, 36
SIZE, CHOSEN_SIZE = 6.0, 11.0
REACH = 14
"""Pixels from which a point is hit."""

MOST_LINES = 6
Doubles = npt.NDArray[np.float64]


class Measure(NamedTuple):
    """Something of a run that an axis can show."""

    title: str
    value: Callable[[RunSummary], float | None]
    text: Callable[[float], str]


SIZES: tuple[Measure, ...] = (
    Measure("parameters", lambda run: run.parameters, count_text),
    Measure("multiply-adds", lambda run: run.multiply_adds, count_text),
    Measure("training time", lambda run: run.seconds, duration_text),
)
"""For the axis across, in powers of ten."""

RESULTS: tuple[Measure, ...] = (
    Measure("accuracy", lambda run: run.held_out_metric, share_text),
    Measure("best accuracy", lambda run: run.best_metric, share_text),
    Measure("training accuracy", lambda run: run.metric, share_text),
    Measure("held-out loss", lambda run: run.held_out_loss, loss_text),
)
"""For the axis up."""


class RunsScatter(QWidget):
    """The plane. A click or the arrow keys choose a run, with Ctrl one more; a line joins the best ones.

    Signals:
        run_chosen(key, add): a run was clicked; `add` to those that are chosen already.
    """

    run_chosen = Signal(str, bool)

    def __init__(self, styles: RunStyles, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runsScatter")
        self.setMinimumSize(200, 100)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._styles = styles
        self._theme = DARK
        self._runs: tuple[RunSummary, ...] = ()
        self._rows: dict[str, int] = {}
        self._across, self._up = SIZES[0], RESULTS[0]
        self._places: Doubles = np.empty((0, 2))
        self._hovered = ""
        self._current = ""
        self._told: tuple[RunSummary, ...] = ()
        self._is_measured = True
        self._name()

    # --- setters ----------------------------------------------------------------------------------------------------
    def set_runs(self, runs: Sequence[RunSummary]) -> None:
        """Show these runs, as far as they have both values."""
        told = tuple(runs)
        if told != self._told:
            self._told, self._is_measured = told, False
        self.update()

    def set_measures(self, across: Measure, up: Measure) -> None:
        """What the axes show."""
        self._across, self._up, self._is_measured = across, up, False
        self._name()
        self.update()

    def set_current(self, run: RunSummary | None) -> None:
        """Where the arrow keys go on from."""
        self._current = key_of(run) if run is not None else ""
        self.setAccessibleDescription(described(run) if run is not None else "")

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    @property
    def shown(self) -> tuple[RunSummary, ...]:
        """The runs that have both values, from the smallest to the largest."""
        self._measure()
        return self._runs

    def _name(self) -> None:
        self.setAccessibleName(f"{self._up.title} of the runs against their {self._across.title}".capitalize())

    def _measure(self) -> None:
        """Find the places, unless they are known: nobody waits for those of thousands before they are looked at."""
        if self._is_measured:
            return
        self._is_measured = True
        pairs = [(run, self._across.value(run), self._up.value(run)) for run in self._told]
        known = [(run, x, y) for run, x, y in pairs if x is not None and x > 0 and y is not None]
        known.sort(key=lambda one: one[1])
        self._runs = tuple(run for run, _x, _y in known)
        self._rows = {key_of(run): row for row, run in enumerate(self._runs)}
        self._places = np.array([(log10(x), y) for _run, x, y in known], np.float64).reshape(-1, 2)

    # --- places -----------------------------------------------------------------------------------------------------
    def position(self, key: str) -> QPointF:
        """Where a shown run stands in the widget."""
        self._measure()
        return self._points()[self._rows[key]]

    def run_at(self, position: QPointF) -> RunSummary | None:
        """The nearest run within reach; one that is chosen before others."""
        self._measure()
        if not len(self._places):
            return None
        away = np.hypot(*(self._pixels() - (position.x(), position.y())).T)
        for row in (self._rows[key] for key in self._styles.shown if key in self._rows):
            away[row] -= CHOSEN_SIZE / 2
        nearest = int(away.argmin())
        return self._runs[nearest] if away[nearest] <= REACH else None

    def _pixels(self) -> Doubles:
        area = self._area()
        (left, right), (low, high) = self._ranges()
        x = area.left() + (self._places[:, 0] - left) / (right - left) * area.width()
        y = area.bottom() - (self._places[:, 1] - low) / (high - low) * area.height()
        return np.stack([x, y], axis=1)

    def _points(self) -> list[QPointF]:
        return [QPointF(x, y) for x, y in self._pixels().tolist()]

    def _area(self) -> QRectF:
        return QRectF(LEFT, TOP, max(self.width() - LEFT - RIGHT, 1), max(self.height() - TOP - BOTTOM, 1))

    def _ranges(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The powers of ten, and the values, that the axes go from and to."""
        left, right = _padded(self._places[:, 0], 0.3)
        low, high = _padded(self._places[:, 1], 0.02)
        return (left, right), (low, high)

    # --- events -----------------------------------------------------------------------------------------------------
    def mousePressEvent(self, event: QMouseEvent) -> None:
        run = self.run_at(event.position())
        if run is not None and event.button() is Qt.MouseButton.LeftButton:
            add = bool(event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier))
            self.run_chosen.emit(key_of(run), add)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        run = self.run_at(event.position())
        key = key_of(run) if run is not None else ""
        if key != self._hovered:
            self._hovered = key
            self.setCursor(Qt.CursorShape.PointingHandCursor if key else Qt.CursorShape.ArrowCursor)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = ""
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._measure()
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()), 0)
        if not step or not self._runs:
            super().keyPressEvent(event)
            return
        row = self._rows.get(self._current, -1 if step > 0 else len(self._runs)) + step
        key = key_of(self._runs[min(max(row, 0), len(self._runs) - 1)])
        self.run_chosen.emit(key, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            run = self.run_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), described(run) if run is not None else "", self)
            return True
        return bool(super().event(event))

    # --- painting ---------------------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        self._measure()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(interface_font(10))
        painter.setPen(self._theme.color("line"))
        painter.setBrush(self._theme.color("background"))
        painter.drawRect(self._area())
        if self._runs:
            self._paint_axes(painter)
            self._paint_best(painter)
            self._paint_points(painter)
        else:
            self._paint_notice(painter)
        painter.end()

    def _paint_notice(self, painter: QPainter) -> None:
        painter.setPen(self._theme.color("dim"))
        painter.setFont(interface_font(12))
        text = f"No run shown has both {self._up.title} and {self._across.title} yet."
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(self._area().adjusted(16, 8, -16, -8), int(flags), text)

    def _paint_axes(self, painter: QPainter) -> None:
        area, theme, centred = self._area(), self._theme, Qt.AlignmentFlag.AlignCenter
        (left, right), (low, high) = self._ranges()
        for value in _powers(left, right):
            x = area.left() + (log10(value) - left) / (right - left) * area.width()
            painter.setPen(theme.color("line", 130))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(theme.color("dim"))
            painter.drawText(QRectF(x - 40, area.bottom() + 3, 80, 14), centred, self._across.text(value))
        for value in _round_values(low, high):
            y = area.bottom() - (value - low) / (high - low) * area.height()
            painter.setPen(theme.color("line", 130))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.color("dim"))
            right_aligned = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, y - 8, LEFT - 6, 16), right_aligned, self._up.text(value))
        painter.drawText(QRectF(area.left(), area.bottom() + 18, area.width(), 16), centred, self._across.title)

    def _paint_best(self, painter: QPainter) -> None:
        """A line through the runs that none of their size or smaller is better than."""
        values = -self._places[:, 1] if self._up.title.endswith("loss") else self._places[:, 1]
        rows = [row for row, best in enumerate(np.maximum.accumulate(values)) if values[row] == best]
        points = self._pixels()[rows]
        if len({tuple(point) for point in points.tolist()}) < 2:
            return
        painter.setPen(QPen(self._theme.color("dim", 140), 1, Qt.PenStyle.DotLine))
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points.tolist()]))

    def _paint_points(self, painter: QPainter) -> None:
        """Those that are chosen last, on top, with their own colours and signs."""
        theme, points = self._theme, self._points()
        chosen = [key for key in self._styles.shown if key in self._rows]
        rest = [point for row, point in enumerate(points) if key_of(self._runs[row]) not in chosen]
        pen = QPen(theme.color("dim", 130), SIZE)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawPoints(QPolygonF(rest))
        for key in reversed(chosen):
            style = self._styles.of(key)
            if style is not None:
                paint_marker(painter, style, theme, points[self._rows[key]], CHOSEN_SIZE)
        self._paint_names(painter, [*chosen, self._hovered] if self._hovered in self._rows else chosen)

    def _paint_names(self, painter: QPainter, keys: Sequence[str]) -> None:
        """The hovered one's name in any case, those of the chosen where they cover no other name."""
        signs = {key: _around(self.position(key)) for key in keys}
        taken: list[QRectF] = []
        for key in dict.fromkeys(reversed(keys)):
            run, place = self._runs[self._rows[key]], self.position(key)
            value = self._up.value(run)
            text = f"{run.name}  {self._up.text(value)}" if key == self._hovered and value is not None else run.name
            width = painter.fontMetrics().horizontalAdvance(text) + 8
            plate = QRectF(place.x() + 9, place.y() - 9, width, 18)
            if plate.right() > self._area().right():
                plate.moveRight(place.x() - 9)
            others = [*taken, *(sign for other, sign in signs.items() if other != key)]
            if key != self._hovered and any(plate.intersects(other) for other in others):
                continue
            taken.append(plate)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("raised", 230 if key == self._hovered else 150))
            painter.drawRoundedRect(plate, 4, 4)
            painter.setPen(self._theme.color("text"))
            painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)


def _around(point: QPointF) -> QRectF:
    half = CHOSEN_SIZE / 2 + 1
    return QRectF(point.x() - half, point.y() - half, 2 * half, 2 * half)


def _padded(values: Doubles, least: float) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    room = max((high - low) * 0.08, least / 2)
    return low - room, high + room


def _powers(left: float, right: float) -> list[float]:
    """Powers of ten between two logarithms; where there is one at most, their halves and fifths too."""
    powers = [10.0**power for power in range(ceil(left), floor(right) + 1)]
    if len(powers) > 1:
        return powers[:: ceil(len(powers) / MOST_LINES)]
    finer = [step * 10.0**power for power in range(floor(left), ceil(right) + 1) for step in (1, 2, 5)]
    return [value for value in finer if left <= log10(value) <= right]


def _round_values(low: float, high: float) -> list[float]:
    """Round values between two, at most six."""
    raw = (high - low) / MOST_LINES
    step = next(s for s in (f * 10 ** floor(log10(raw)) for f in (1, 2, 2.5, 5, 10)) if s >= raw)
    return [number * step for number in range(ceil(low / step), floor(high / step) + 1)]
