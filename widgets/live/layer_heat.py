"""`LayerHeat`: one measure of every layer over time: a row for each layer, its name before it, its value behind."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from widgets.colormaps import colorize
from widgets.live.axis import Span, paint_steps
from widgets.live.measures import UPDATE_RATIO, Table, layer_text
from widgets.theme import DARK, Theme, interface_font, monospace

NAMES, MOST_NAMES, VALUES, GAP = 112, 208, 96, 8
"""Pixels for names at the left, at least and at most, and for values at the right."""

NAMES_SHARE = 0.3
"""Of the width, for names."""

LOWEST, HIGHEST, FOOT = 16, 24, 18
CELL = 3
"""Pixels of width for which one value stands, at least."""


class LayerHeat(QWidget):
    """Rows that fill the height they are given, and scroll where there are more of them.

    Signals:
        layer_chosen(str): the user pressed a row, or went to it with the arrow keys.
    """

    layer_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = DARK
        self._table = Table(UPDATE_RATIO)
        self._chosen: frozenset[str] = frozenset()
        self._image: QImage | None = None
        self._levels = (0.0, 1.0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Layers over time")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_table(self, table: Table) -> None:
        """Show a table, or the same one after it has grown."""
        rows = len(self._table.layers)
        self._table, self._image = table, None
        self._levels = table.measure.levels(table.measure.scaled(table.values))
        if len(table.layers) != rows:
            self.updateGeometry()
        self._describe()
        self.update()

    def _describe(self) -> None:
        """The first marked row in words, for those who do not see it."""
        row = self.first_chosen()
        known = row is not None and len(self._table.steps) > 0
        self.setAccessibleDescription(
            self._text_of(row, len(self._table.steps) - 1) if known and row is not None else ""
        )

    def set_chosen(self, layers: Collection[str]) -> None:
        """Mark the rows of these layers."""
        if frozenset(layers) != self._chosen:
            self._chosen = frozenset(layers)
            self._describe()
            self.update()

    @property
    def levels(self) -> tuple[float, float]:
        """The range of the colours."""
        return self._levels

    def sizeHint(self) -> QSize:
        return QSize(360, self.minimumSizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(NAMES + VALUES + 60, len(self._table.layers) * LOWEST + FOOT)

    def row_rect(self, row: int) -> QRect:
        """Where a row stands."""
        room = (self.height() - FOOT) // max(len(self._table.layers), 1)
        height = min(max(room, LOWEST), HIGHEST)
        return QRect(0, row * height, self.width(), height)

    def first_chosen(self) -> int | None:
        """The first marked row."""
        rows = (row for row, layer in enumerate(self._table.layers) if layer in self._chosen)
        return next(rows, None)

    # --- painting ---------------------------------------------------------------------------------------------------
    def _strip(self) -> QRect:
        """Where the colours stand."""
        names = self._names()
        return QRect(names, 0, max(self.width() - names - VALUES, 1), self.row_rect(0).height())

    def _names(self) -> int:
        """Pixels for names."""
        return min(max(round(self.width() * NAMES_SHARE), NAMES), MOST_NAMES)

    def _span(self) -> Span:
        steps = self._table.steps
        return Span(0.0, float(steps[-1])) if len(steps) and steps[-1] > 0 else Span(0.0, 1.0)

    def _at(self, steps: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """The measurements that stand at these steps."""
        return np.minimum(np.searchsorted(self._table.steps, steps * (1 - 1e-12)), len(self._table.steps) - 1)

    def _make_image(self) -> QImage:
        """A pixel for each row and for every few pixels of width: the first measurement from there on."""
        table, width = self._table, max(self._strip().width() // CELL, 1)
        places = (np.arange(width) + 1) / width * self._span().high
        shown = table.values[:, self._at(places)]
        scaled = table.measure.scaled(shown).astype(np.float32)
        pixels = np.ascontiguousarray(colorize(scaled, table.measure.colors, self._levels))
        rows, count = pixels.shape
        return QImage(pixels.data, count, rows, count * 4, QImage.Format.Format_ARGB32).copy()

    def paintEvent(self, event: QPaintEvent) -> None:
        table = self._table
        if not table.layers:
            return
        if self._image is None or self._image.width() != max(self._strip().width() // CELL, 1):
            self._image = self._make_image()
        painter = QPainter(self)
        height = self.row_rect(0).height()
        first = max(event.rect().top() // height, 0)
        last = min(event.rect().bottom() // height + 1, len(table.layers))
        for row in range(first, last):
            self._paint_row(painter, row)
        foot = self.row_rect(len(table.layers))
        paint_steps(painter, QRectF(self._strip().adjusted(0, 0, 0, foot.top() - height)), self._theme, self._span())

    def _paint_row(self, painter: QPainter, row: int) -> None:
        assert self._image is not None
        theme, table, rect = self._theme, self._table, self.row_rect(row)
        layer = table.layers[row]
        chosen = layer in self._chosen
        if chosen:
            painter.fillRect(rect, theme.color("raised"))
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), theme.color("accent"))
        font = interface_font(11)
        font.setBold(chosen)
        painter.setFont(font)
        painter.setPen(theme.color("text" if chosen else "dim"))
        name = rect.adjusted(GAP, 0, 0, 0)
        name.setWidth(self._names() - 2 * GAP)
        text = painter.fontMetrics().elidedText(layer_text(layer), Qt.TextElideMode.ElideLeft, name.width())
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(name, Qt.AlignmentFlag.AlignLeft | middle, text)
        strip = self._strip().translated(0, rect.top()).adjusted(0, 1, 0, -1)
        painter.fillRect(strip, theme.color("background"))
        painter.drawImage(strip, self._image, QRect(0, row, self._image.width(), 1))
        value = float(table.values[row, -1])
        painter.setFont(monospace(11))
        number = QRect(strip.right() + GAP, rect.top(), 50, rect.height())
        painter.drawText(number, Qt.AlignmentFlag.AlignLeft | middle, table.measure.text(value))
        verdict = table.measure.verdict(value)
        painter.setFont(interface_font(10))
        painter.setPen(theme.color("dim" if verdict == "healthy" else "warn"))
        word = QRect(number.right() + 2, rect.top(), VALUES - GAP - 54, rect.height())
        painter.drawText(word, Qt.AlignmentFlag.AlignRight | middle, "ok" if verdict == "healthy" else verdict)

    # --- pointer and keys -------------------------------------------------------------------------------------------
    def _row_at(self, y: int) -> int | None:
        row = y // self.row_rect(0).height()
        return row if 0 <= row < len(self._table.layers) else None

    def text_at(self, position: QPoint) -> str:
        """What stands at a position, in words."""
        row, table, strip = self._row_at(position.y()), self._table, self._strip()
        if row is None or not len(table.steps):
            return ""
        place = (position.x() - strip.left()) / strip.width() * self._span().high
        within = strip.left() <= position.x() < strip.right()
        column = int(self._at(np.array([place]))[0]) if within else len(table.steps) - 1
        return self._text_of(row, column)

    def _text_of(self, row: int, column: int) -> str:
        """A layer's value at a measurement, in words."""
        table = self._table
        value = float(table.values[row, column])
        verdict = table.measure.verdict(value)
        when = f"step {table.steps[column]:,.0f}, epoch {table.epoch(column) + 1}"
        said = f", {verdict}" if verdict else ""
        return f"{layer_text(table.layers[row])} · {when}: {table.measure.title} {table.measure.text(value)}{said}"

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.text_at(event.pos()), self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self._row_at(event.position().toPoint().y())
        if row is not None:
            self.layer_chosen.emit(self._table.layers[row])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        rows = len(self._table.layers)
        if not step or not rows:
            super().keyPressEvent(event)
            return
        now = self.first_chosen()
        row = 0 if now is None else min(max(now + step, 0), rows - 1)
        self.layer_chosen.emit(self._table.layers[row])
