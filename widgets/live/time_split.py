"""`TimeSplit`: where the time of each epoch went: computing, waiting for data, looking inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from models.training.events import EpochDone
from widgets.theme import DARK, Theme, interface_font, monospace

MOST_BARS, WIDEST, GAP = 60, 18, 2
WORDS = 3 * 18 + 4
"""Pixels of height for the words."""

SHARES = ("training", "waiting for data", "looking inside")


@dataclass(frozen=True)
class Split:
    """The seconds of one epoch, or of several that stand together.

    Attributes:
        epochs: what it is called.
        training, data, looking: seconds spent in steps, waiting for data, and on live views.
    """

    epochs: str
    training: float
    data: float
    looking: float

    @property
    def seconds(self) -> tuple[float, float, float]:
        return (self.training, self.data, self.looking)

    @property
    def total(self) -> float:
        return sum(self.seconds)

    @property
    def shares(self) -> tuple[float, ...]:
        """The same as shares of the whole, 0 … 1."""
        return tuple(part / self.total if self.total > 0 else 0.0 for part in self.seconds)


def splits_of(epochs: Sequence[EpochDone], most: int = MOST_BARS) -> list[Split]:
    """One split for each epoch; of many epochs, for every few that follow one another."""
    together = max(-(-len(epochs) // most), 1)
    return [_split(epochs[first : first + together]) for first in range(0, len(epochs), together)]


def _split(epochs: Sequence[EpochDone]) -> Split:
    first, last = epochs[0].epoch + 1, epochs[-1].epoch + 1
    data = sum(max(epoch.data_seconds, 0.0) for epoch in epochs)
    looking = sum(max(epoch.probe_seconds, 0.0) for epoch in epochs)
    seconds = sum(epoch.seconds for epoch in epochs)
    name = f"epoch {first}" if first == last else f"epochs {first} to {last}"
    return Split(name, max(seconds - data - looking, 0.0), data, looking)


class TimeSplit(QWidget):
    """The last epoch in words, and a stacked bar for every epoch. The parts differ in their pattern and order, too."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = DARK
        self._splits: list[Split] = []
        self._last: Split | None = None
        self.setMinimumSize(150, WORDS + 24)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Where the time goes: no epoch has ended yet")

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_epochs(self, epochs: Sequence[EpochDone]) -> None:
        """Show these epochs."""
        self._splits = splits_of(epochs)
        self._last = _split(epochs[-1:]) if epochs else None
        if self._last is not None:
            self.setAccessibleName(f"Where the time goes: {self.words(self._last)}")
        self.update()

    @staticmethod
    def words(split: Split) -> str:
        """`epoch 3, 4.2 s: training 91 %, waiting for data 6 %, looking inside 3 %`."""
        parts = (f"{name} {share:.0%}" for name, share in zip(SHARES, split.shares, strict=True))
        return f"{split.epochs}, {split.total:.3g} s: {', '.join(parts)}"

    def _brushes(self) -> tuple[QBrush, QBrush, QBrush]:
        color = self._theme.color
        return (
            QBrush(color("accent")),
            QBrush(color("warn")),
            QBrush(QColor(color("dim")), Qt.BrushStyle.Dense4Pattern),
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._last is None:
            return
        painter = QPainter(self)
        for row, (name, share, brush) in enumerate(zip(SHARES, self._last.shares, self._brushes(), strict=True)):
            area = QRectF(0, row * 18, self.width(), 18)
            painter.fillRect(QRectF(0, area.top() + 4, 10, 10), brush)
            painter.setPen(self._theme.color("text"))
            painter.setFont(monospace(11))
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(area.adjusted(18, 0, 0, 0), Qt.AlignmentFlag.AlignLeft | middle, f"{share:4.0%}")
            painter.setFont(interface_font(11))
            painter.setPen(self._theme.color("dim"))
            painter.drawText(area.adjusted(58, 0, 0, 0), Qt.AlignmentFlag.AlignLeft | middle, name)
        for index, split in enumerate(self._splits):
            self._paint_bar(painter, self._bar(index), split)

    def _bar(self, index: int) -> QRectF:
        """Where a bar stands."""
        width = min(self.width() / max(len(self._splits), 1), WIDEST)
        return QRectF(index * width, WORDS, max(width - GAP, 1.0), max(self.height() - WORDS - 4, 1))

    def _paint_bar(self, painter: QPainter, bar: QRectF, split: Split) -> None:
        bottom = bar.bottom()
        painter.fillRect(bar, self._theme.color("background"))
        for share, brush in zip(split.shares, self._brushes(), strict=True):
            height = share * bar.height()
            painter.fillRect(QRectF(bar.left(), bottom - height, bar.width(), height), brush)
            bottom -= height

    def text_at(self, position: QPoint) -> str:
        """What stands at a position, in words."""
        for index, split in enumerate(self._splits):
            if self._bar(index).contains(position):
                return self.words(split)
        return self.words(self._last) if self._last is not None else ""

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.text_at(event.pos()), self)
            return True
        return super().event(event)
