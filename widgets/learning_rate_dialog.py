"""`LearningRateDialog`: another learning rate for the run under way, without leaving it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from widgets.theme import monospace, set_property

FACTORS = (("÷ 10", 0.1, "A tenth of the rate"), ("÷ 2", 0.5, "Half the rate"), ("× 2", 2.0, "Twice the rate"))
LARGEST = 1e6
WRONG = "A learning rate is a number above 0, such as 0.001."


class LearningRateDialog(QDialog):
    """A field and buttons for the usual factors. Stays open beside the curves.

    Signals:
        rate_chosen(float): the plan's learning rate should be this.
    """

    rate_chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("learningRateDialog")
        self.setWindowTitle("Learning rate")
        self._rate = 0.0
        self._says = QLabel()
        self._says.setWordWrap(True)
        self._says.setMinimumWidth(320)
        self._field = QLineEdit()
        self._field.setObjectName("learningRateField")
        self._field.setAccessibleName("Learning rate from the next step on")
        self._field.setToolTip("The rate from the next step on; the schedule goes on as a factor of it.")
        self._field.setFont(monospace(13))
        self._field.returnPressed.connect(self._apply)
        self._field.textEdited.connect(lambda _text: self._show_valid(True))
        self._factors = [self._button(text, tip, partial(self._multiply, factor)) for text, factor, tip in FACTORS]
        self._set = self._button("Set", "Take the rate in the field (Enter)", self._apply)
        self._set.setProperty("role", "primary")
        self._wrong = QLabel(WRONG)
        self._wrong.setProperty("role", "bad")
        self._wrong.hide()
        self._lay_out()

    def _lay_out(self) -> None:
        field = QHBoxLayout()
        field.addWidget(self._field, 1)
        field.addWidget(self._set)
        factors = QHBoxLayout()
        for button in self._factors:
            factors.addWidget(button)
        factors.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(10)
        column.addWidget(self._says)
        column.addLayout(field)
        column.addWidget(self._wrong)
        column.addLayout(factors)

    def set_rate(self, rate: float, scheduled: float | None) -> None:
        """Show the plan's rate now, and what the schedule makes of it, where that is known and another."""
        changed = rate != self._rate
        self._rate = rate
        text = f"Now {rate:.4g} from the next step on."
        if scheduled is not None and abs(scheduled - rate) > 1e-4 * rate:
            text = f"Now {rate:.4g}, of which the schedule makes {scheduled:.4g}."
        if self._says.text() != text:
            self._says.setText(text)
        if changed:
            self._field.setText(f"{rate:.6g}")
            self._show_valid(True)

    def focus_field(self) -> None:
        """Let the rate be typed."""
        self._field.setFocus()
        self._field.selectAll()

    def _multiply(self, factor: float) -> None:
        self._choose(float(f"{self._rate * factor:.6g}"))

    def _apply(self) -> None:
        try:
            rate = float(self._field.text().strip().replace(",", "."))
        except ValueError:
            rate = 0.0
        self._choose(rate)

    def _choose(self, rate: float) -> None:
        valid = 0 < rate <= LARGEST  # NaN is neither
        self._show_valid(valid)
        if valid:
            self.rate_chosen.emit(rate)

    def _show_valid(self, valid: bool) -> None:
        self._wrong.setVisible(not valid)
        set_property(self._field, "invalid", not valid)

    @staticmethod
    def _button(text: str, tip: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setAutoDefault(False)
        button.clicked.connect(lambda _checked=False: act())
        return button
