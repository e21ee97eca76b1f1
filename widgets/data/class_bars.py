"""`ClassBars`: a bar for each class, painted for the rows in view only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFocusEvent,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QLineEdit, QToolTip, QWidget

from widgets.data.class_colors import class_color, plain_tip
from widgets.theme import DARK, Theme, interface_font, monospace

Counts = npt.NDArray[np.int64]
"""(classes, 3): samples of each class for training, validation and test."""

PART_NAMES = ("training", "validation", "test")
ROW, HEADING = 24, 20
WIDE = 520
"""Pixels from which each part has a column of numbers of its own."""


MEASURED = 200
"""Names that are measured for the width of their column."""


class ClassBars(QAbstractScrollArea):
    """Rows of name, bar and numbers. Arrow keys walk; Enter or a click chooses; F2 or a double click renames.

    Signals:
        class_chosen(label), class_renamed(label, name).
    """

    class_chosen = Signal(int)
    class_renamed = Signal(int, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("classBars")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(ROW)
        self.setViewportMargins(0, HEADING, 0, 0)
        self._heading = _Heading(self)
        self._theme = DARK
        self._names: tuple[str, ...] = ()
        self._counts: Counts = np.zeros((0, 3), np.int64)
        self._current = 0
        self._chosen: int | None = None
        self._renames = True
        self._longest_name = 40
        self._editor: QLineEdit | None = None
        self._clicked = QTimer(self, singleShot=True, interval=QApplication.doubleClickInterval())
        self._clicked.timeout.connect(lambda: self.class_chosen.emit(self._current))
        self._say()

    def set_classes(self, names: Sequence[str], counts: Counts) -> None:
        """Show classes with their counts (classes, 3) of training, validation and test samples."""
        if tuple(names) != self._names:
            self._close_editor()
        self._names, self._counts = tuple(names), np.asarray(counts, np.int64).reshape(len(names), 3)
        metrics = QFontMetrics(interface_font(12))
        self._longest_name = max(metrics.horizontalAdvance(name) for name in ("class", *names[:MEASURED])) + 10
        self._current = min(self._current, max(len(names) - 1, 0))
        self._fit()
        self._say()

    def set_chosen(self, label: int | None) -> None:
        """Mark the class that is filtered by, without reporting it."""
        self._chosen = label
        self.viewport().update()

    def set_renames(self, renames: bool) -> None:
        """Whether the names may be edited."""
        self._renames = renames

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._heading.update()
        self.viewport().update()

    def row_rect(self, label: int) -> QRect:
        """Where a class stands in the viewport."""
        top = label * ROW - self.verticalScrollBar().value()
        return QRect(0, top, self.viewport().width(), ROW)

    def rename(self, label: int) -> None:
        """Open a field over a class's name."""
        if not (self._renames and 0 <= label < len(self._names)):
            return
        self._close_editor()
        self._walk(label)
        editor = _NameEditor(self._names[label], self.viewport())
        editor.setObjectName("className")
        editor.setAccessibleName(f"Name of class {self._names[label]}")
        editor.setMaxLength(200)
        editor.setStyleSheet("padding: 0 4px; border-radius: 3px;")
        editor.setGeometry(self.row_rect(label).adjusted(2, 1, 0, -1))
        editor.setFixedWidth(max(self.name_width + 16, 140))
        editor.selectAll()
        editor.editingFinished.connect(lambda: self._renamed(label, editor))
        editor.given_up.connect(self._close_editor)
        self._editor = editor
        editor.show()
        editor.setFocus()

    # --- measures ---------------------------------------------------------------------------------------------------
    @property
    def name_width(self) -> int:
        """Pixels of the column of names: what the first ones need, a quarter at most."""
        return min(self._longest_name, 180, self.viewport().width() // 4)

    @property
    def number_columns(self) -> tuple[str, ...]:
        """Headings of the columns of numbers, which are as many as there is room for."""
        return ("all", *PART_NAMES) if self.viewport().width() >= WIDE else ("all",)

    @property
    def bar_rect(self) -> QRect:
        """Where bars stand, in a row at the top."""
        left = self.name_width + 20
        return QRect(left, 7, max(self.viewport().width() - left - self.numbers_width - 12, 16), ROW - 14)

    @property
    def numbers_width(self) -> int:
        return sum(self.number_width(name) for name in self.number_columns)

    def number_width(self, name: str) -> int:
        return {"validation": 72, "test": 52}.get(name, 64)

    def sizeHint(self) -> QSize:
        return QSize(420, HEADING + ROW * min(max(len(self._names), 3), 12))

    def minimumSizeHint(self) -> QSize:
        return QSize(200, HEADING + 3 * ROW)

    # --- events -----------------------------------------------------------------------------------------------------
    def resizeEvent(self, event: QResizeEvent) -> None:
        self._close_editor()
        self._heading.setGeometry(0, 0, self.viewport().width(), HEADING)
        self._fit()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self._close_editor()
        self.viewport().update()

    def event(self, event: QEvent) -> bool:
        """While the bars have the keys, F2 renames a class and no shortcut of the window gets it."""
        overrides = event.type() == QEvent.Type.ShortcutOverride
        if overrides and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_F2:
            event.accept()
            return True
        return bool(super().event(event))

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            label = self._label_at(event.pos())
            text = plain_tip(self._words(label)) if label is not None else ""
            QToolTip.showText(event.globalPos(), text, self.viewport())
            return True
        return bool(super().viewportEvent(event))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        label = self._label_at(event.position().toPoint())
        if label is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self._walk(label)
        if self._renames and event.position().x() <= self.name_width + 16:
            self._clicked.start()  # a second click renames, and must still find the name there
        else:
            self.class_chosen.emit(label)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._clicked.stop()
        label = self._label_at(event.position().toPoint())
        if label is not None and event.position().x() <= self.name_width + 16:
            self.rename(label)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        page = max(self.viewport().height() // ROW, 1)
        steps: dict[int, int] = {
            Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -page, Qt.Key.Key_PageDown: page,
            Qt.Key.Key_Home: -len(self._names), Qt.Key.Key_End: len(self._names),
        }  # fmt: skip
        if not self._names:
            super().keyPressEvent(event)
        elif event.key() in steps:
            self._walk(self._current + steps[event.key()])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.class_chosen.emit(self._current)
        elif event.key() == Qt.Key.Key_F2:
            self.rename(self._current)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    # --- painting ---------------------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scrolled = self.verticalScrollBar().value()
        first = (event.rect().top() + scrolled) // ROW
        last = min((event.rect().bottom() + scrolled) // ROW, len(self._names) - 1)
        longest = max(int(self._counts.sum(axis=1).max(initial=0)), 1)
        for label in range(first, last + 1):
            self._paint_row(painter, label, longest)

    def _paint_row(self, painter: QPainter, label: int, longest: int) -> None:
        theme, rect = self._theme, self.row_rect(label)
        painter.setPen(Qt.PenStyle.NoPen)
        if label == self._chosen:
            painter.setBrush(theme.color("accent", 48))
            painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), 4, 4)
        if label == self._current and self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), 4, 4)
            painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(class_color(label, theme))
        painter.drawEllipse(QRectF(6, rect.center().y() - 3.5, 8, 8))
        painter.setFont(interface_font(12))
        painter.setPen(theme.color("text"))
        name = QRect(20, rect.top(), self.name_width - 8, ROW)
        text = painter.fontMetrics().elidedText(self._names[label], Qt.TextElideMode.ElideRight, name.width())
        painter.drawText(name, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        self._paint_bar(painter, self.bar_rect.translated(0, rect.top()), self._counts[label], longest)
        self._paint_numbers(painter, rect, self._counts[label])

    def _paint_bar(self, painter: QPainter, area: QRect, counts: Counts, longest: int) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("raised"))
        painter.drawRoundedRect(area, 3, 3)
        ends = np.concatenate([[0], np.cumsum(counts)]) / longest * area.width()
        for part, count in enumerate(counts):
            if count:
                left, right = float(ends[part]), float(max(ends[part + 1], ends[part] + 1))
                painter.setBrush(part_brush(part, self._theme))
                painter.drawRect(QRectF(area.left() + left, area.top(), right - left, area.height()))

    def _paint_numbers(self, painter: QPainter, rect: QRect, counts: Counts) -> None:
        painter.setFont(monospace(11))
        left = self.viewport().width() - self.numbers_width - 8
        for name in self.number_columns:
            count = int(counts.sum()) if name == "all" else int(counts[PART_NAMES.index(name)])
            token = "text" if name == "all" else "dim"
            token = "bad" if name == "training" and not count else token
            painter.setPen(self._theme.color(token))
            cell = QRect(left, rect.top(), self.number_width(name), ROW)
            painter.drawText(cell, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{count:,}")
            left += self.number_width(name)

    def paint_heading(self, painter: QPainter) -> None:
        """The words above the columns."""
        painter.setFont(interface_font(11))
        painter.setPen(self._theme.color("dim"))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRect(6, 0, self.name_width, HEADING), Qt.AlignmentFlag.AlignLeft | middle, "class")
        left = self.viewport().width() - self.numbers_width - 8
        for name in self.number_columns:
            cell = QRect(left, 0, self.number_width(name), HEADING)
            painter.drawText(cell, Qt.AlignmentFlag.AlignRight | middle, "samples" if name == "all" else name)
            left += self.number_width(name)

    # --- inside -----------------------------------------------------------------------------------------------------
    def _fit(self) -> None:
        height = self.viewport().height()
        self.verticalScrollBar().setRange(0, max(len(self._names) * ROW - height, 0))
        self.verticalScrollBar().setPageStep(max(height, 1))
        self._heading.update()
        self.viewport().update()

    def _label_at(self, position: QPoint) -> int | None:
        label = (position.y() + self.verticalScrollBar().value()) // ROW
        return label if 0 <= label < len(self._names) else None

    def _walk(self, label: int) -> None:
        self._current = min(max(label, 0), len(self._names) - 1)
        bar, top = self.verticalScrollBar(), self._current * ROW
        bar.setValue(min(max(bar.value(), top + ROW - self.viewport().height()), top))
        self._say()
        self.viewport().update()

    def _renamed(self, label: int, editor: QLineEdit) -> None:
        if editor is not self._editor:
            return
        name = editor.text().strip()
        self._close_editor()
        if name and name != self._names[label]:
            self.class_renamed.emit(label, name)

    def _close_editor(self) -> None:
        editor, self._editor = self._editor, None
        if editor is not None:
            held = editor.hasFocus()
            editor.hide()
            editor.deleteLater()
            if held:
                self.setFocus()

    def _words(self, label: int) -> str:
        counts = [int(count) for count in self._counts[label]]
        parts = ", ".join(f"{count:,} {name}" for count, name in zip(counts, PART_NAMES, strict=True))
        return f"{self._names[label]}: {sum(counts):,} samples, of these {parts}"

    def _say(self) -> None:
        count = len(self._names)
        self.setAccessibleName(f"Samples of each of {count:,} classes")
        self.setAccessibleDescription(self._words(self._current) if self._current < count else "")


class _NameEditor(QLineEdit):
    """The field over a name.

    Signals:
        given_up: by Esc.
    """

    given_up = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        else:
            super().keyPressEvent(event)
        event.accept()  # keys of a name are no keys of the chart


class _Heading(QWidget):
    """The line above the rows, which does not scroll."""

    def __init__(self, bars: ClassBars) -> None:
        super().__init__(bars)
        self._bars = bars

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._bars.paint_heading(painter)
        painter.end()


def part_brush(part: int, theme: Theme) -> QBrush:
    """How a part's stretch of a bar is filled: full, lighter, hatched; the pattern tells without the colour."""
    if part == 2:
        return QBrush(theme.color("accent"), Qt.BrushStyle.BDiagPattern)
    color: QColor = theme.color("accent", 255 if part == 0 else 130)
    return QBrush(color)
