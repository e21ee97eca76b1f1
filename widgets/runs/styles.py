"""How each shown run is drawn, the same everywhere: its colour, its marker and, beyond eight runs, its dashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF, QTransform

from widgets.theme import Theme

DARK_COLORS = ("#5b9dff", "#f59e3d", "#4cc38a", "#ee7fd0", "#3cc8dc", "#ecd34f", "#ff7a70", "#b79bff")
LIGHT_COLORS = ("#2563eb", "#c2560c", "#15803d", "#b0218a", "#0e7490", "#856404", "#c81e1e", "#6d3fd1")
DASHES: tuple[tuple[float, ...], ...] = ((), (5.0, 3.0), (1.5, 2.5), (6.0, 2.5, 1.5, 2.5))
"""Lengths of strokes and gaps, in widths of the pen."""

MOST_SHOWN = len(DARK_COLORS) * len(DASHES)
"""Runs that can be told from one another."""

SWATCH = 12


@dataclass(frozen=True)
class RunStyle:
    """What a run's curve and point look like.

    `number` counts from 0. Colours repeat after eight, with other markers and other dashes.
    """

    number: int

    def color(self, theme: Theme) -> QColor:
        colors = DARK_COLORS if theme.dark else LIGHT_COLORS
        return QColor(colors[self.number % len(colors)])

    @property
    def dashes(self) -> tuple[float, ...]:
        return DASHES[self.number // len(DARK_COLORS) % len(DASHES)]

    def pen(self, theme: Theme, width: float = 2.0, scale: float = 1.0) -> QPen:
        """For the run's curve; `scale` makes dashes shorter where there is little room."""
        pen = QPen(self.color(theme), width)
        pen.setCosmetic(True)
        if self.dashes:
            pen.setDashPattern([length * scale for length in self.dashes])
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        return pen

    @property
    def marker(self) -> QPainterPath:
        """The run's sign, about 1 high and wide, around the origin."""
        return _MARKERS[(self.number + self.number // len(DARK_COLORS)) % len(_MARKERS)]


class RunStyles:
    """Gives styles to runs that are shown. A run keeps its own as long as no other needs it."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._shown: tuple[str, ...] = ()

    @property
    def shown(self) -> tuple[str, ...]:
        """The runs that have a style, in the order that they were given in."""
        return self._shown

    def show(self, keys: Sequence[str]) -> None:
        """Show these runs and no others; of more than `MOST_SHOWN` the first ones."""
        self._shown = tuple(dict.fromkeys(keys))[:MOST_SHOWN]
        taken: set[int] = set()
        for key in self._shown:
            number = self._numbers.pop(key, None)
            if number is not None and number not in taken:
                taken.add(number)
                self._numbers[key] = number  # at the end: it was shown last
        for key in self._shown:
            if key not in self._numbers:
                self._numbers[key] = self._free(taken)
                taken.add(self._numbers[key])

    def of(self, key: str) -> RunStyle | None:
        """The style of a run that is shown."""
        return RunStyle(self._numbers[key]) if key in self._shown else None

    def _free(self, taken: set[int]) -> int:
        """A number that nobody shown has: one that nobody ever had, or that was let go longest ago."""
        plain = range(len(DARK_COLORS))
        remembered: dict[int, None] = {}
        for number in self._numbers.values():  # by when they were shown last
            remembered.pop(number, None)
            remembered[number] = None
        for number in plain:
            if number not in remembered and number not in taken:
                return number
        for number in remembered:
            if number in plain and number not in taken:
                return number
        return next(number for number in range(MOST_SHOWN) if number not in taken)


def paint_marker(painter: QPainter, style: RunStyle, theme: Theme, center: QPointF, size: float) -> None:
    """A run's sign, in its colour."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(style.color(theme))
    painter.drawPath(QTransform().translate(center.x(), center.y()).scale(size, size).map(style.marker))


def swatch(style: RunStyle | None, theme: Theme, ratio: float = 1.0) -> QIcon:
    """A run's sign as an icon; without a style as much empty room."""
    pixels = QPixmap(round(SWATCH * ratio), round(SWATCH * ratio))
    pixels.setDevicePixelRatio(ratio)
    pixels.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixels)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if style is not None:
        paint_marker(painter, style, theme, QPointF(SWATCH / 2, SWATCH / 2), SWATCH - 3)
    painter.end()
    icon = QIcon(pixels)
    icon.addPixmap(pixels, QIcon.Mode.Selected)  # Qt would tint it
    return icon


def _polygon(*points: tuple[float, float]) -> QPainterPath:
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(x, y) for x, y in points]))
    path.closeSubpath()
    return path


def _circle() -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(QRectF(-0.5, -0.5, 1, 1))
    return path


_PLUS = (
    (-0.17, -0.55), (0.17, -0.55), (0.17, -0.17), (0.55, -0.17), (0.55, 0.17), (0.17, 0.17), (0.17, 0.55),
    (-0.17, 0.55), (-0.17, 0.17), (-0.55, 0.17), (-0.55, -0.17), (-0.17, -0.17),
)  # fmt: skip
_MARKERS: tuple[QPainterPath, ...] = (
    _circle(),
    _polygon((-0.45, -0.45), (0.45, -0.45), (0.45, 0.45), (-0.45, 0.45)),
    _polygon((0, -0.55), (0.55, 0.45), (-0.55, 0.45)),
    _polygon((0, -0.62), (0.5, 0), (0, 0.62), (-0.5, 0)),
    _polygon((0, 0.55), (0.55, -0.45), (-0.55, -0.45)),
    _polygon(*_PLUS),
    QTransform().rotate(45).map(_polygon(*_PLUS)),
    _polygon((-0.55, -0.1), (0, -0.55), (0.55, -0.1), (0.34, 0.5), (-0.34, 0.5)),
)
"""Circle, square, triangle, diamond, triangle upside down, plus, cross, pentagon."""
