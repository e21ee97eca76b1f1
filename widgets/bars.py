"""`NamedBars`: a value for each name as a horizontal bar, largest first; probabilities above all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.theme import DARK, Theme, interface_font

ROW = 20
Floats = npt.NDArray[np.float32]


class NamedBars(QWidget):
    """Names, bars and percentages. Values that are not finite count as zero.

    `limit` is the number of bars at most; the largest values are shown, or with `ordered` off all in their own order.
    """

    def __init__(self, limit: int = 5, ordered: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._limit, self._ordered = limit, ordered
        self._theme = DARK
        self._rows: list[tuple[str, float]] = []
        self.setFont(interface_font(12))
        self.setMinimumWidth(120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_values(self, values: Floats | None, names: Sequence[str] = ()) -> None:
        """Show values 0 … 1, one for each name; numbers stand in for names that are missing. None shows nothing."""
        numbers = (
            np.nan_to_num(np.ravel(values), nan=0.0, posinf=0.0, neginf=0.0) if values is not None else np.zeros(0)
        )
        order = np.argsort(-numbers, kind="stable") if self._ordered else np.arange(len(numbers))
        chosen = [int(index) for index in order[: self._limit]]
        self._rows = [(names[i] if i < len(names) else str(i), float(numbers[i])) for i in chosen]
        self.setAccessibleDescription(", ".join(f"{name}: {value:.1%}" for name, value in self._rows))
        self.updateGeometry()
        self.update()

    @property
    def rows(self) -> list[tuple[str, float]]:
        """What is shown, from top to bottom."""
        return list(self._rows)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, ROW * max(len(self._rows), 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = painter.fontMetrics()
        number_width = metrics.horizontalAdvance("100.0 %")
        name_width = min(max((metrics.horizontalAdvance(name) for name, _ in self._rows), default=0), self.width() // 3)
        left, right = name_width + 12, self.width() - number_width - 8
        middle = Qt.AlignmentFlag.AlignVCenter
        for row, (name, value) in enumerate(self._rows):
            top = row * ROW
            painter.setPen(self._theme.color("text" if row == 0 or not self._ordered else "dim"))
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, name_width)
            painter.drawText(QRect(0, top, name_width, ROW), Qt.AlignmentFlag.AlignRight | middle, text)
            numbers = QRect(right + 8, top, number_width, ROW)
            painter.drawText(numbers, Qt.AlignmentFlag.AlignRight | middle, f"{100 * value:.1f} %")
            painter.setPen(Qt.PenStyle.NoPen)
            track = QRect(left, top + 6, max(right - left, 0), ROW - 12)
            painter.setBrush(self._theme.color("raised"))
            painter.drawRoundedRect(track, 4, 4)
            painter.setBrush(self._theme.color("accent"))
            filled = round(track.width() * min(max(value, 0.0), 1.0))
            painter.drawRoundedRect(QRect(track.topLeft(), QSize(filled, track.height())), 4, 4)
