"""`StatisticsView`: the average sample, the average of each class, and how values are spread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QGridLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from widgets.colormaps import MAGMA, colorize
from widgets.data.class_colors import class_color
from widgets.data.histogram import BOTTOM, Histogram
from widgets.data.picture_pixels import to_levels
from widgets.data.pixel_values import channel_names, value_text
from widgets.data.signal_plot import SignalPlot
from widgets.data.wall import ThumbnailWall
from widgets.data.wall_tiles import fitted, to_pixmap
from widgets.image_grid import ScaleBar
from widgets.theme import DARK, Theme

if TYPE_CHECKING:  # widgets show what they are given; measuring is not their business
    from models.data.statistics import PictureStatistics

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
SIDE = 128
CURVE = 160
"""Pixels of a class's average curve, which is shown smaller."""

MOST_NUMBERS = 12
NO_STATISTICS = "Not measured yet."


class StatisticsView(QScrollArea):
    """Pictures of averages, a histogram of each channel, and their means and deviations in numbers.

    Signals:
        class_chosen(label): a class's average was clicked.
    """

    class_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statisticsView")
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._class_means: tuple[Floats, ...] = ()
        self._range = self._span = (0.0, 1.0)
        self._theme = DARK
        self._status = QLabel(wordWrap=True)
        self._status.setProperty("role", "dim")
        self._numbers = QLabel(wordWrap=True)
        self._numbers.setObjectName("channelNumbers")
        self._numbers.setTextFormat(Qt.TextFormat.PlainText)
        self.mean = MeanPicture("Average of all samples")
        self.deviation = MeanPicture("Where samples differ, as the standard deviation")
        self._scale = ScaleBar()
        self._scale.setFixedWidth(SIDE)
        self.curve = SignalPlot()
        self.curve.setAccessibleName("Average of all samples")
        self.histogram = Histogram()
        self.class_wall = ThumbnailWall(what="classes' averages")
        self.class_wall.setObjectName("classMeans")
        self.class_wall.thumbnails_wanted.connect(self._give_means)
        self.class_wall.sample_opened.connect(self.class_chosen)
        self._place()
        self.set_statistics(None)

    def _place(self) -> None:
        self._content = QWidget()
        self._headings = {text: _heading(text) for text in ("AVERAGE", "DEVIATION", "VALUES", "AVERAGE OF EACH CLASS")}
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(2, 1)
        for column, text in enumerate(("AVERAGE", "DEVIATION", "VALUES")):
            grid.addWidget(self._headings[text], 0, column)
        grid.addWidget(self.mean, 1, 0, Qt.AlignmentFlag.AlignTop)
        deviation = QVBoxLayout()
        deviation.setSpacing(4)
        deviation.addWidget(self.deviation)
        deviation.addWidget(self._scale)
        deviation.addStretch(1)
        grid.addLayout(deviation, 1, 1)
        grid.addWidget(self.curve, 1, 0, 1, 2)
        grid.addWidget(self.histogram, 1, 2, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._numbers, 2, 0, 1, 3)
        self.class_wall.setMinimumHeight(160)
        self.class_wall.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        for view in (self.curve, self.histogram):
            view.setFixedHeight(SIDE + BOTTOM)
        self._body = QWidget()
        body = QVBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(8)
        body.addLayout(grid)
        body.addWidget(self._headings["AVERAGE OF EACH CLASS"])
        body.addWidget(self.class_wall, 1)
        outer = QVBoxLayout(self._content)
        outer.setContentsMargins(0, 0, 8, 0)
        outer.setSpacing(8)
        outer.addWidget(self._status)
        outer.addWidget(self._body, 1)
        outer.addStretch(0)
        self.setWidget(self._content)

    def set_statistics(self, statistics: PictureStatistics | None, class_names: Sequence[str] = ()) -> None:
        """Show what was measured; None where nothing was. Classes without a name show their number."""
        self._body.setVisible(statistics is not None)
        if statistics is None:
            self._status.setText(NO_STATISTICS)
            return
        self._status.setText(f"Measured on {statistics.samples:,} samples, as they are stored.")
        low, high = float(statistics.edges[0]), float(statistics.edges[-1])
        self._range = (low, high)
        are_pictures = statistics.mean.ndim == 3
        for widget in (self.mean, self.deviation, self._scale, self._headings["DEVIATION"]):
            widget.setVisible(are_pictures)
        self.curve.setVisible(not are_pictures)
        if are_pictures:
            self.mean.set_pixels(shown_pixels(statistics.mean, self._range))
            self.deviation.set_pixels(_magma(statistics.deviation))
            self._scale.set_scale(MAGMA, (0.0, float(statistics.deviation.mean(axis=2).max()) or 1.0))
        else:
            self.curve.set_signal(_columns(statistics.mean))
        self.histogram.set_counts(statistics.histograms, statistics.edges)
        self._numbers.setText(numbers_text(statistics.channel_means, statistics.channel_deviations))
        self._show_classes(statistics, class_names)

    def set_message(self, text: str) -> None:
        """Say that measuring is under way, or why it could not be done, in place of numbers."""
        self.set_statistics(None)
        self._status.setText(text)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for view in (self.mean, self.deviation, self._scale, self.curve, self.histogram, self.class_wall):
            view.set_theme(theme)
        self.class_wall.forget()  # its curves are drawn in the theme's colours

    # --- classes ----------------------------------------------------------------------------------------------------
    def _show_classes(self, statistics: PictureStatistics, class_names: Sequence[str]) -> None:
        self._class_means = statistics.class_means
        counts = statistics.class_counts
        measured = np.flatnonzero(counts)
        shown = len(measured) > 0
        self._headings["AVERAGE OF EACH CLASS"].setVisible(shown)
        self.class_wall.setVisible(shown)

        def name(label: int) -> str:
            return class_names[label] if label < len(class_names) else f"class {label}"

        means = [self._class_means[label] for label in measured.tolist()]
        low = min((float(mean.min()) for mean in means), default=0.0)
        high = max((float(mean.max()) for mean in means), default=1.0)
        self._span = (low, high if high > low else low + 1.0)
        self.class_wall.set_items(
            measured, lambda label: f"{name(label)}\naverage of {int(counts[label]):,} samples", lambda label: label
        )
        self.class_wall.forget()

    def _give_means(self, labels: list[int]) -> None:
        for label in labels:
            mean = self._class_means[label]
            is_picture = mean.ndim == 3
            pixels = shown_pixels(mean, self._range) if is_picture else curve_pixels(mean, self._span, self._theme)
            self.class_wall.set_thumbnail(label, pixels)


class MeanPicture(QWidget):
    """A small picture, as large as fits."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setFixedSize(SIDE, SIDE)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._theme = DARK
        self._pixels: Pixels | None = None

    def set_pixels(self, pixels: Pixels) -> None:
        """Show uint8 (height, width, 3)."""
        self._pixels = pixels
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(SIDE, SIDE)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color("background"))
        if self._pixels is not None:
            picture = to_pixmap(self._pixels, 4 * SIDE)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, max(picture.size().toTuple()) > SIDE)
            painter.drawPixmap(fitted(picture.width(), picture.height(), QRect(0, 0, SIDE, SIDE)), picture)
        painter.end()


def shown_pixels(mean: Floats, value_range: tuple[float, float]) -> Pixels:
    """An average (height, width, channels) as uint8 (height, width, 3); values outside the range are cut off."""
    low, high = value_range
    levels = to_levels(mean - low, high - low)
    if levels.shape[2] == 1:
        levels = np.repeat(levels, 3, axis=2)
    return np.ascontiguousarray(levels[:, :, :3])


def curve_pixels(values: Floats, span: tuple[float, float], theme: Theme) -> Pixels:
    """A small curve for each channel of (steps, channels) or (values,), within the span, as uint8 (CURVE, CURVE, 3)."""
    image = QImage(CURVE, CURVE, QImage.Format.Format_RGB888)
    image.fill(theme.color("background"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    low, high = span
    columns = _columns(values)
    x = np.linspace(4, CURVE - 4, len(columns))
    for channel in range(columns.shape[1]):
        y = CURVE - 8 - (columns[:, channel] - low) / (high - low) * (CURVE - 16)
        painter.setPen(QPen(class_color(channel, theme), 3))
        painter.drawPolyline(QPolygonF([QPointF(*point) for point in zip(x.tolist(), y.tolist(), strict=True)]))
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(CURVE, image.bytesPerLine())
    return rows[:, : 3 * CURVE].reshape(CURVE, CURVE, 3).copy()


def numbers_text(means: Floats, deviations: Floats) -> str:
    """`R 123.7 ± 58.2   G …`: mean and standard deviation of each channel."""
    names = channel_names(len(means))
    parts = [
        f"{name} {value_text(mean)} ± {value_text(deviation)}".strip()
        for name, mean, deviation in zip(names, means, deviations, strict=True)
    ]
    return "Mean ± standard deviation:   " + "     ".join(parts[:MOST_NUMBERS])


def _magma(deviation: Floats) -> Pixels:
    """Deviations (height, width, channels), averaged over channels, as colours from 0 to the largest."""
    spread = deviation.mean(axis=2)
    packed = colorize(spread.astype(np.float32), MAGMA, (0.0, float(spread.max()) or 1.0))
    return np.stack([(packed >> shift) & 255 for shift in (16, 8, 0)], axis=2).astype(np.uint8)


def _columns(values: Floats) -> Floats:
    return values if values.ndim == 2 else values.reshape(-1, 1)


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label
