"""`RateFinderDialog`: looks for a learning rate while the user watches."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from models.training.events import LearningRatesTried
from widgets.inspector.parts import label
from widgets.theme import DARK, Theme, set_property
from widgets.training.axes import rate_text
from widgets.training.rate_curve import RateCurve, readable

MEANING = (
    "Each point is the loss after a few steps at a rising learning rate: where it falls fastest is a good rate to "
    "begin with, and where it climbs again the rate is too large."
)
LOOKING = "Trying rising learning rates on a copy of the network …"
STOPPED = "Stopped. Click on the curve to choose a rate."
CLICK = "Click on the curve to choose another one."


class RateFinderDialog(QDialog):
    """Shows the curve as it grows, and takes the suggested rate or one that is clicked.

    Signals:
        stop_requested: it has gone on long enough.
        again_requested: begin anew.
        rate_taken(float): the plan is to have this learning rate.
    """

    stop_requested = Signal()
    again_requested = Signal()
    rate_taken = Signal(float)

    def __init__(self, low: float, high: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rateFinder")
        self.setWindowTitle("Find a learning rate")
        self.setModal(True)
        self.is_looking = False
        self._rate: float | None = None
        self._by_hand = False
        self.curve = RateCurve(low, high)
        self.curve.rate_chosen.connect(self._choose)
        self._state = QLabel(LOOKING, wordWrap=True)
        self._state.setObjectName("rateFinderState")
        self.stop_button = QPushButton("Stop")
        self.stop_button.setToolTip("Look no further; the curve stays as it is.")
        self.stop_button.clicked.connect(self._stop_or_again)
        self.cancel_button = QPushButton("Close")
        self.cancel_button.clicked.connect(self.reject)
        self.use_button = QPushButton("Use")
        self.use_button.setProperty("role", "primary")
        self.use_button.setDefault(True)
        self.use_button.setToolTip("Set the plan's learning rate to this one. It can be undone.")
        self.use_button.clicked.connect(self._take)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.stop_button)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.use_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        column.addWidget(label("Find a learning rate", "title"))
        column.addWidget(label(MEANING, "dim"))
        column.addWidget(self.curve, 1)
        column.addWidget(self._state)
        column.addLayout(buttons)
        self.resize(620, 460)
        self.set_theme(DARK)
        self.begin()

    @property
    def text(self) -> str:
        """What is said of how it goes."""
        return self._state.text()

    @property
    def rate(self) -> float | None:
        """The rate that would be taken."""
        return self._rate

    def begin(self) -> None:
        """Show an empty curve: it has just been asked for."""
        self.is_looking, self._by_hand = True, False
        self.curve.set_values(*_NOTHING)
        self._set_rate(None)
        self._say(LOOKING)
        self._name_stop()

    def set_tried(self, tried: LearningRatesTried) -> None:
        """Show what has been found so far."""
        self.curve.set_values(tried.rates, tried.losses)
        if tried.suggestion is not None and not self._by_hand:
            self._set_rate(readable(tried.suggestion))
        if tried.done:
            self.is_looking = False
            chosen = f" {CLICK}" if self._rate is not None else ""
            self._say(f"{tried.text or STOPPED}{chosen}")
        else:
            self._say(f"{LOOKING} {len(tried.rates):,} done.")
        self._name_stop()

    def set_failed(self, message: str) -> None:
        """Say why there is no curve, or no more of it."""
        self.is_looking = False
        self._say(message, "bad")
        self._name_stop()

    def set_theme(self, theme: Theme) -> None:
        self.curve.set_theme(theme)

    def reject(self) -> None:
        if self.is_looking:
            self.stop_requested.emit()
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.is_looking:
            self.stop_requested.emit()
        super().closeEvent(event)

    def _choose(self, rate: float) -> None:
        self._by_hand = True
        self._set_rate(rate)

    def _set_rate(self, rate: float | None) -> None:
        self._rate = rate
        self.curve.set_chosen(rate)
        self.use_button.setEnabled(rate is not None)
        self.use_button.setText(f"Use {rate_text(rate)}" if rate is not None else "Use")

    def _take(self) -> None:
        if self._rate is not None:
            rate = self._rate
            self.reject()
            self.rate_taken.emit(rate)

    def _stop_or_again(self) -> None:
        if self.is_looking:
            self.stop_requested.emit()
        else:
            self.begin()
            self.again_requested.emit()

    def _name_stop(self) -> None:
        self.stop_button.setText("Stop" if self.is_looking else "Try again")
        tip = "Look no further; the curve stays as it is." if self.is_looking else "Look once more, from the start."
        self.stop_button.setToolTip(tip)

    def _say(self, text: str, role: str = "") -> None:
        set_property(self._state, "role", role)
        self._state.setText(text)


_NOTHING = (np.zeros(0, np.float32), np.zeros(0, np.float32))
