"""`EvaluationPage`: how the model does on the held-out images, class by class."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QScrollArea, QToolTip, QVBoxLayout, QWidget

from models.training.events import Evaluated
from widgets.theme import DARK, Theme, monospace

CELL = 40
LABELS = 96


class ConfusionMatrix(QWidget):
    """Counts of true class (rows) against predicted class (columns); darker or brighter means more of the row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("confusionMatrix")
        self.setMouseTracking(True)
        self._counts = np.zeros((0, 0), dtype=np.int64)
        self._names: tuple[str, ...] = ()
        self._theme = DARK

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_counts(self, counts: np.ndarray, names: tuple[str, ...]) -> None:
        """Show `counts[true, predicted]`."""
        self._counts, self._names = counts, names
        self.setAccessibleName(f"Confusion matrix of {len(names)} classes, rows are true, columns predicted")
        self.setFixedSize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        side = len(self._names) * CELL
        return QSize(LABELS + side + 8, side + 32)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(monospace(11))
        totals = np.maximum(self._counts.sum(axis=1), 1)
        for row, name in enumerate(self._names):
            painter.setPen(self._theme.color("dim"))
            label = QRectF(0, 24 + row * CELL, LABELS - 10, CELL)
            painter.drawText(label, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, _short(name))
            column = QRectF(LABELS + row * CELL, 0, CELL, 22)
            painter.drawText(column, Qt.AlignmentFlag.AlignCenter, _short(name, 5))
            for predicted in range(len(self._names)):
                self._paint_cell(painter, row, predicted, self._counts[row, predicted] / totals[row])

    def _paint_cell(self, painter: QPainter, row: int, column: int, share: float) -> None:
        rect = QRectF(LABELS + column * CELL + 1, 24 + row * CELL + 1, CELL - 2, CELL - 2)
        base = QColor(self._theme.ok if row == column else self._theme.bad)
        base.setAlphaF(0.08 + 0.82 * float(share) if share else 0.0)
        painter.fillRect(rect, self._theme.color("raised"))
        painter.fillRect(rect, base)
        count = int(self._counts[row, column])
        if count:
            painter.setPen(self._theme.color("on_accent") if share > 0.55 else self._theme.color("text"))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, str(count))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        column = int((event.position().x() - LABELS) // CELL)
        row = int((event.position().y() - 24) // CELL)
        if 0 <= row < len(self._names) and 0 <= column < len(self._names):
            count = int(self._counts[row, column])
            text = f"{count} of class “{self._names[row]}” taken for “{self._names[column]}”"
            QToolTip.showText(event.globalPosition().toPoint(), text, self)


class EvaluationPage(QScrollArea):
    """Accuracy, loss and the confusion matrix of the last evaluation."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("evaluationPage")
        self.setWidgetResizable(True)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(8)
        self._headline = QLabel()
        self._headline.setProperty("role", "title")
        self._headline.setObjectName("evaluationHeadline")
        self._details = QLabel()
        self._details.setProperty("role", "dim")
        heading = QLabel("CONFUSION MATRIX — ROWS ARE TRUE CLASSES, COLUMNS PREDICTED")
        heading.setProperty("role", "heading")
        self._note = QLabel()
        self._note.setProperty("role", "warn")
        self._note.setWordWrap(True)
        self._matrix = ConfusionMatrix()
        self._worst = QLabel()
        self._worst.setWordWrap(True)
        for widget in (self._headline, self._details, self._note, heading, self._matrix, self._worst):
            column.addWidget(widget)
        column.addStretch(1)
        self.setWidget(content)

    def set_theme(self, theme: Theme) -> None:
        self._matrix.set_theme(theme)

    def set_result(self, result: Evaluated, note: str = "") -> None:
        """Show an evaluation, and a note of what must be known beside it."""
        self._note.setText(f"⚠  {note}")
        self._note.setVisible(bool(note))
        self._headline.setText(f"{result.metric:.2%} of {result.images:,} held-out images right")
        self._details.setText(f"loss {result.loss:.4f} · {len(result.class_names)} classes · never trained on")
        self._matrix.set_counts(result.confusion, result.class_names)
        self._worst.setText(_worst_confusions(result))


def _worst_confusions(result: Evaluated) -> str:
    wrong = result.confusion.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(wrong, axis=None)[::-1][:3]
    pairs = [np.unravel_index(index, wrong.shape) for index in order]
    names = result.class_names
    parts = [f"“{names[t]}” as “{names[p]}” ({wrong[t, p]}×)" for t, p in pairs if wrong[t, p]]
    return f"Most often mistaken: {', '.join(parts)}" if parts else "No mistakes on these images."


def _short(name: str, length: int = 12) -> str:
    return name if len(name) <= length else name[: length - 1] + "…"
