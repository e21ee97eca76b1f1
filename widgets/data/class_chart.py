"""`ClassChart`: how many samples each class has, on which side, and what is done where classes are uneven."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from widgets.data.class_bars import PART_NAMES, ClassBars, Counts, part_brush
from widgets.theme import DARK, Theme, interface_font, set_property

UNEVEN = 2.0
"""From this ratio of the largest class to the smallest one classes count as uneven."""

BALANCES = {
    "none": "Use them as they are",
    "class_weight": "Class weights: rare ones count more in the loss",
    "oversample": "Oversample: rare ones are shown more often",
}
"""Values of Preparation.balance and what they are called here."""


class ClassChart(QWidget):
    """A sentence on how even the classes are, a choice of remedies, a legend, and a bar for each class.

    Signals:
        class_chosen(label): a class was clicked.
        class_renamed(label, name): its name was edited.
        balance_chosen(value): one of "none", "class_weight" and "oversample".
    """

    class_chosen = Signal(int)
    class_renamed = Signal(int, str)
    balance_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("classChart")
        self._sentence = QLabel(wordWrap=True)
        self._sentence.setObjectName("classSentence")
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._balance = QComboBox()
        self._balance.setObjectName("balanceChoice")
        self._balance.setAccessibleName("What to do about uneven classes")
        self._balance.setToolTip("What training does so that rare classes are learned as well as frequent ones.")
        self._balance.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._balance.setMinimumContentsLength(16)
        self._balance.setMaximumWidth(360)
        for value, text in BALANCES.items():
            self._balance.addItem(text, value)
        self._balance.activated.connect(lambda place: self.balance_chosen.emit(self._balance.itemData(place)))
        label = QLabel("Balance")
        label.setProperty("role", "dim")
        label.setBuddy(self._balance)
        self._legend = PartLegend()
        self.bars = ClassBars()
        self.bars.class_chosen.connect(self.class_chosen)
        self.bars.class_renamed.connect(self.class_renamed)
        choice = QHBoxLayout()
        choice.setSpacing(8)
        choice.addWidget(label)
        choice.addWidget(self._balance, 4)
        choice.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._sentence)
        column.addLayout(choice)
        column.addWidget(self._legend)
        column.addWidget(self.bars, 1)
        self.set_classes((), np.zeros((0, 3), np.int64))

    def set_classes(self, names: Sequence[str], counts: Counts) -> None:
        """Show classes with their counts (classes, 3) of training, validation and test samples."""
        self.bars.set_classes(names, counts)
        totals = np.asarray(counts, np.int64).reshape(len(names), 3).sum(axis=0)
        self._legend.set_totals([int(total) for total in totals])
        text, level = evenness(names, np.asarray(counts, np.int64).reshape(len(names), 3)[:, 0])
        self._sentence.setText(text)
        set_property(self._sentence, "level", level)

    def set_balance(self, value: str) -> None:
        """Show what is done about uneven classes, without reporting it. Raises ValueError for unknown values."""
        with QSignalBlocker(self._balance):
            self._balance.setCurrentIndex(list(BALANCES).index(value))

    def set_chosen(self, label: int | None) -> None:
        """Mark the class that is filtered by, without reporting it."""
        self.bars.set_chosen(label)

    def set_theme(self, theme: Theme) -> None:
        self._legend.set_theme(theme)
        self.bars.set_theme(theme)

    @property
    def sentence(self) -> str:
        """How even the classes are, in words."""
        return self._sentence.text()


class PartLegend(QWidget):
    """What the stretches of a bar stand for, with their totals."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = DARK
        self._totals: tuple[int, ...] = (0, 0, 0)
        self.setFont(interface_font(11))
        self.setFixedHeight(16)

    def set_totals(self, totals: Sequence[int]) -> None:
        self._totals = tuple(totals)
        self.setAccessibleName(", ".join(self._texts()))
        self.updateGeometry()
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(sum(self.fontMetrics().horizontalAdvance(text) + 32 for text in self._texts()), 16)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(interface_font(11))
        left = 6
        for part, text in enumerate(self._texts()):
            width = painter.fontMetrics().horizontalAdvance(text)
            painter.setPen(self._theme.color("accent"))
            painter.setBrush(part_brush(part, self._theme))
            painter.drawRect(QRectF(left + 0.5, 3.5, 12, 9))
            painter.setPen(self._theme.color("dim"))
            painter.drawText(QRectF(left + 18, 0, width + 2, 16), Qt.AlignmentFlag.AlignVCenter, text)
            left += width + 34
        painter.end()

    def _texts(self) -> list[str]:
        return [f"{total:,} {name}" for total, name in zip(self._totals, PART_NAMES, strict=True)]


def evenness(names: Sequence[str], training: np.ndarray) -> tuple[str, str]:
    """How even the training samples (classes,) are, in words, and the sentence's level: "warn" where they are not."""
    if not len(names):
        return "There are no classes to count yet.", ""
    most, least = int(np.argmax(training)), int(np.argmin(training))
    high, low = int(training[most]), int(training[least])
    if len(names) == 1:
        return f"There is one class only, “{names[0]}”: a network has nothing to tell apart.", "warn"
    if low == 0:
        none = int((training == 0).sum())
        more = f" and {none - 1:,} more {'class' if none == 2 else 'classes'}" if none > 1 else ""
        return f"⚠ “{names[least]}”{more} without a single training sample: it cannot be learned.", "warn"
    if high < UNEVEN * low:
        number = f"{low:,}" if low == high else f"{low:,} to {high:,}"
        return f"The classes are about even: {number} training samples each.", ""
    return (
        f"⚠ Uneven: “{names[most]}” has {high / low:.1f} times as many training samples as “{names[least]}” "
        f"({high:,} against {low:,}). A network that is not helped prefers “{names[most]}”."
    ), "warn"
