"""Samples of any kind as something to paint: pictures, curves, bars."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPixmap, QPolygonF

from models.data.samples import Boxes, Values
from models.training.events import BatchPreviewed
from widgets.data.class_colors import class_color
from widgets.data.picture_pixels import mask_pixmap, to_pixmap
from widgets.data.pixel_values import pointed_text
from widgets.theme import Theme

MOST_CURVES = 12
_SHARE = re.compile(r"([^·]+)( \d+ %)")


@dataclass(frozen=True, eq=False)
class Shown:
    """A sample and what is painted over it.

    Attributes:
        values: (height, width, channels), (steps, channels), (depth, height, width, channels) or (values,).
        low, high: the values that stand for black and white.
        mask: (height, width) the class of every pixel.
        boxes: (objects, 5) top, left, bottom, right, class.
    """

    values: Values
    low: float
    high: float
    mask: Values | None = None
    boxes: Boxes | None = None

    @property
    def is_picture(self) -> bool:
        return self.values.ndim in (3, 4)

    @property
    def picture(self) -> Values:
        """The picture itself, of a volume its middle slice: (height, width, channels)."""
        return self.values[len(self.values) // 2] if self.values.ndim == 4 else self.values

    @property
    def aspect(self) -> float:
        """Width to height."""
        if not self.is_picture:
            return 1.5
        height, width = self.picture.shape[:2]
        return float(width / max(height, 1))


def value_range(values: Values) -> tuple[float, float]:
    """The smallest and the largest finite value; 0 and 1 where there is none."""
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def shown_originals(batch: BatchPreviewed) -> list[Shown]:
    """The samples as stored: bytes by 255, other numbers by the range that they have in this batch."""
    ranges = [value_range(one) for one in batch.originals if one.dtype != np.uint8]
    low = min((pair[0] for pair in ranges), default=0.0)
    high = max((pair[1] for pair in ranges), default=1.0)
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    return [
        Shown(
            one,
            *((0.0, 255.0) if one.dtype == np.uint8 else (low, high)),
            _at(batch.original_masks, place),
            _at(batch.original_boxes, place),
        )
        for place, one in enumerate(batch.originals)
    ]


def shown_inputs(batch: BatchPreviewed) -> list[Shown]:
    """What the network gets; values that nothing says black and white of stand by the batch's own range."""
    low, high = batch.low, batch.high
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        low, high = value_range(batch.inputs)
    return [
        Shown(one, low, high, _at(batch.masks, place), _at(batch.boxes, place))
        for place, one in enumerate(batch.inputs)
    ]


def _at(items: tuple[Any, ...], place: int) -> Any:
    return items[place] if place < len(items) else None


def to_levels(values: Values, low: float, high: float) -> npt.NDArray[np.uint8]:
    """A picture (height, width, channels) as bytes with one or three channels, `low` black and `high` white.

    Of pictures with another number of channels the first one is seen; see-through ones lose that.
    """
    channels = values.shape[2]
    values = values[:, :, :3] if channels in (3, 4) else values[:, :, :1]
    if values.dtype == np.uint8 and (low, high) == (0.0, 255.0):
        return np.ascontiguousarray(values)
    finite = np.nan_to_num(values.astype(np.float64), nan=low, posinf=high, neginf=low)
    span = high - low if high > low else 1.0
    shares = (np.clip(finite, low, max(low, high)) - low) / span
    return np.asarray(np.rint(255 * shares), np.uint8)


class Painting:
    """Paints one sample, and keeps the picture made of it."""

    def __init__(self, shown: Shown) -> None:
        self.shown = shown
        self._picture: QPixmap | None = None
        self._mask: tuple[str, QPixmap] | None = None

    def area(self, room: QRectF) -> QRectF:
        """Where the sample is painted in its room: pictures keep their shape, small ones grow by whole factors."""
        if not self.shown.is_picture:
            return room
        height, width = self.shown.picture.shape[:2]
        if not height or not width:
            return room
        factor = min(room.width() / width, room.height() / height)
        factor = float(int(factor)) if factor >= 2 else factor
        area = QRectF(0, 0, width * factor, height * factor)
        area.moveCenter(room.center())
        return QRectF(round(area.x()), round(area.y()), area.width(), area.height())

    def pixel_at(self, room: QRectF, point: QPointF) -> tuple[int, ...] | None:
        """Row and column, step, or number of the value under a point; None beside the sample."""
        area = self.area(room)
        if not area.contains(point) or not self.shown.values.size:
            return None
        across = (point.x() - area.left()) / max(area.width(), 1)
        if not self.shown.is_picture:
            length = len(self.shown.values)
            return (min(int(across * length), length - 1),)
        height, width = self.shown.picture.shape[:2]
        down = (point.y() - area.top()) / max(area.height(), 1)
        return min(int(down * height), height - 1), min(int(across * width), width - 1)

    def text_at(self, place: tuple[int, ...]) -> str:
        """The values at a place, in words."""
        values = self.shown.picture if self.shown.is_picture else self.shown.values
        found = np.atleast_1d(values[place])
        names = ("row", "column") if len(place) == 2 else ("step",) if values.ndim == 2 else ("value",)
        where = ", ".join(f"{name} {number}" for name, number in zip(names, place, strict=True))
        return f"{where}:  {pointed_text(found)}"

    def paint(self, painter: QPainter, room: QRectF, theme: Theme, annotated: bool) -> None:
        """Paint into a room; `annotated` with mask and boxes."""
        area = self.area(room)
        if self.shown.is_picture:
            self._paint_picture(painter, area, theme, annotated)
            return
        painter.fillRect(area, theme.color("background"))
        if self.shown.values.ndim == 2:
            self._paint_curves(painter, area, theme)
        else:
            self._paint_bars(painter, area, theme)

    # --- pictures ---------------------------------------------------------------------------------------------------
    def _paint_picture(self, painter: QPainter, area: QRectF, theme: Theme, annotated: bool) -> None:
        if not self.shown.picture.size:
            return
        if self._picture is None:
            self._picture = to_pixmap(to_levels(self.shown.picture, self.shown.low, self.shown.high))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, area.width() < self._picture.width())
        painter.drawPixmap(area, self._picture, QRectF(self._picture.rect()))
        if not annotated:
            return
        if self.shown.mask is not None and self.shown.mask.ndim == 2 and self.shown.mask.size:
            if self._mask is None or self._mask[0] != theme.name:
                self._mask = theme.name, mask_pixmap(self.shown.mask, theme)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
            painter.drawPixmap(area, self._mask[1], QRectF(self._mask[1].rect()))
        if self.shown.boxes is not None and len(self.shown.boxes):
            self._paint_boxes(painter, area, theme, self.shown.boxes)

    def _paint_boxes(self, painter: QPainter, area: QRectF, theme: Theme, boxes: Boxes) -> None:
        height, width = self.shown.picture.shape[:2]
        across, down = area.width() / width, area.height() / height
        painter.save()
        painter.setClipRect(area)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for top, left, bottom, right, label in boxes.tolist():
            rect = QRectF(area.left() + left * across, area.top() + top * down, (right - left) * across,
                          (bottom - top) * down)  # fmt: skip
            around = rect.adjusted(-1, -1, 1, 1).intersected(area.adjusted(0.5, 0.5, -0.5, -0.5))  # it hides no object
            for color, thick in ((QColor(0, 0, 0, 110), 2.5), (class_color(int(label), theme), 1.2)):
                painter.setPen(QPen(color, thick))  # seen on any picture
                painter.drawRect(around)
        painter.restore()

    # --- signals and rows -------------------------------------------------------------------------------------------
    def _paint_curves(self, painter: QPainter, area: QRectF, theme: Theme) -> None:
        values, inner = self.shown.values, area.adjusted(4, 4, -4, -4)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(area)
        self._paint_zero(painter, inner, theme)
        for channel in range(min(values.shape[1], MOST_CURVES)):
            x, y = thinned(values[:, channel].astype(np.float64), max(int(inner.width()), 2))
            points = QPolygonF()
            span = max(len(values) - 1, 1)
            for place, value in zip(x.tolist(), y.tolist(), strict=True):
                points.append(QPointF(inner.left() + place / span * inner.width(), self._height(value, inner)))
            painter.setPen(QPen(class_color(channel, theme), 1.5))
            painter.drawPolyline(points)
        painter.restore()

    def _paint_bars(self, painter: QPainter, area: QRectF, theme: Theme) -> None:
        values, inner = self.shown.values.astype(np.float64), area.adjusted(4, 4, -4, -4)
        painter.save()
        painter.setClipRect(area)
        zero = self._height(min(max(0.0, self.shown.low), self.shown.high), inner)
        most = max(int(inner.width() // 2), 1)  # of more values than fit, those that are spread evenly
        chosen = values if len(values) <= most else values[np.linspace(0, len(values) - 1, most).astype(int)]
        step = inner.width() / max(len(chosen), 1)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent"))
        for place, value in enumerate(chosen.tolist()):
            height = self._height(value, inner)
            bar = QRectF(inner.left() + place * step, min(height, zero), max(step - 1, 1), max(abs(zero - height), 1))
            painter.drawRect(bar)
        self._paint_zero(painter, inner, theme)
        painter.restore()

    def _paint_zero(self, painter: QPainter, inner: QRectF, theme: Theme) -> None:
        if self.shown.low <= 0 <= self.shown.high:
            y = self._height(0.0, inner)
            painter.setPen(QPen(theme.color("line"), 1))
            painter.drawLine(QPointF(inner.left(), y), QPointF(inner.right(), y))

    def _height(self, value: float, inner: QRectF) -> float:
        span = self.shown.high - self.shown.low if self.shown.high > self.shown.low else 1.0
        value = value if np.isfinite(value) else self.shown.low
        share = min(max((value - self.shown.low) / span, 0.0), 1.0)
        return inner.bottom() - share * inner.height()


def thinned(values: npt.NDArray[np.float64], most: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Steps and values of a curve for so many pixels: of every stretch its smallest and largest value, in order."""
    steps = np.arange(len(values))
    if len(values) <= 2 * most:
        return steps, values
    bounds = np.linspace(0, len(values), most + 1).astype(int)
    kept = []
    for start, end in pairwise(bounds.tolist()):
        stretch = np.nan_to_num(values[start:end])
        kept += sorted((start + int(stretch.argmin()), start + int(stretch.argmax())))
    chosen = np.array(kept)
    return chosen, values[chosen]


def summary_text(values: npt.NDArray[np.float32]) -> str:
    """`values −1.20 … 2.31, mean 0.03`."""
    if not values.size:
        return "no values"
    finite = values[np.isfinite(values)]
    broken = values.size - finite.size
    warning = f"; ⚠ {broken:,} are no finite numbers" if broken else ""
    if not finite.size:
        return f"⚠ none of the {values.size:,} values is a finite number"
    numbers = (float(finite.min()), float(finite.max()), float(finite.mean(dtype=np.float64)))
    low, high, mean = (_short(number) for number in numbers)
    return f"values {low} … {high}, mean {mean}{warning}"


def _short(number: float) -> str:
    text = f"{number:.2f}" if abs(number) < 1000 else f"{number:,.0f}"
    return text.replace("-0.00", "0.00").replace("-", "−")


def mask_text(mask: Values, class_names: tuple[str, ...]) -> str:
    """The classes in a mask (height, width), the largest area first; the background, class 0, goes without saying."""
    areas = np.bincount(mask.astype(np.int64).ravel(), minlength=1)
    order = [int(label) for label in np.argsort(-areas, kind="stable") if label and areas[label]]
    names = [class_names[label] if label < len(class_names) else f"class {label}" for label in order]
    return " · ".join(names) or "background only"


def fitted_caption(caption: str, lines: int, room: int, metrics: QFontMetrics) -> str:
    """A caption in at most so many lines of so many pixels; where names give way, shares stay."""
    parts = [caption] if metrics.horizontalAdvance(caption) <= room else caption.split(" · ", lines - 1)
    fitted = []
    for part in parts:
        found = _SHARE.fullmatch(part)
        name, share = (found[1], found[2]) if found else (part, "")
        left = room - metrics.horizontalAdvance(share)
        fitted.append(metrics.elidedText(name, Qt.TextElideMode.ElideRight, left) + share)
    return "\n".join(fitted)


def target_text(shares: npt.NDArray[np.float32], class_names: tuple[str, ...]) -> str:
    """`cat`, or `cat 70 % · dog 30 %` after mixing; the largest share first."""
    if shares.ndim != 1:
        return ""
    order = [int(label) for label in np.argsort(-shares, kind="stable") if shares[label] >= 0.005]
    names = [class_names[label] if label < len(class_names) else f"class {label}" for label in order]
    if len(order) == 1:
        return names[0]
    pairs = zip(names, (shares[label] for label in order), strict=True)
    return " · ".join(f"{name} {100 * float(share):.0f} %" for name, share in pairs)
