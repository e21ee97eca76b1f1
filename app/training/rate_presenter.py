"""`RatePresenter`: another learning rate for the run under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.training.training_controller import State, TrainingController

if TYPE_CHECKING:
    from widgets.learning_rate_dialog import LearningRateDialog


class RatePresenter(QObject):
    """Between the dialog, made when it is first wanted, and the run. It closes when the run ends."""

    def __init__(self, training: TrainingController, window: QWidget) -> None:
        super().__init__(window)
        self._training = training
        self._window = window
        self._dialog: LearningRateDialog | None = None
        training.state_changed.connect(self._follow_state)
        training.history_changed.connect(self._refresh)

    @property
    def dialog(self) -> LearningRateDialog | None:
        """The dialog, once it has been opened."""
        return self._dialog

    def show(self) -> None:
        """Open the dialog, if a run is under way."""
        if not self.applies:
            return
        if self._dialog is None:
            from widgets.learning_rate_dialog import LearningRateDialog  # late: the first paint needs none of it

            self._dialog = LearningRateDialog(self._window)
            self._dialog.rate_chosen.connect(self._choose)
        self._refresh()
        self._dialog.show()
        self._dialog.raise_()
        self._dialog.activateWindow()
        self._dialog.focus_field()

    @property
    def applies(self) -> bool:
        """Whether there is a run whose rate can be changed."""
        return self._training.state in (State.TRAINING, State.PAUSED)

    def _choose(self, rate: float) -> None:
        self._training.set_learning_rate(rate)
        self._refresh()

    def _follow_state(self) -> None:
        if self._dialog is not None and not self._training.is_training:
            self._dialog.hide()

    def _refresh(self) -> None:
        rate = self._training.learning_rate
        if self._dialog is None or rate is None or (self._dialog.isHidden() and not self.applies):
            return
        self._dialog.set_rate(rate, self._scheduled(rate))

    def _scheduled(self, rate: float) -> float | None:
        """What the schedule made of this rate in the last step; None before it was used."""
        history = self._training.history
        if not history.steps:
            return None
        if history.rate_changes:
            last = history.rate_changes[-1]
            if last.step >= history.steps or last.learning_rate != rate:  # that step had another one
                return None
        return float(history.learning_rates.values[-1])
