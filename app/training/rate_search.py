"""`RateSearch`: the learning-rate finder, from its button to the rate that is taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.data.data_controller import DataController
from app.document import Document
from app.layout import Views
from app.settings import Settings
from app.training.runs import Runs
from app.training.training_controller import TrainingController
from models.training.events import Failed, LearningRatesTried

if TYPE_CHECKING:
    from widgets.training.rate_finder import RateFinderDialog

LOW, HIGH = 1e-7, 10.0


class RateSearch(QObject):
    """Asks the engine to try learning rates while a dialog shows what comes of it.

    Args:
        take: gets the rate that the user takes.
    """

    def __init__(
        self,
        document: Document,
        data: DataController,
        training: TrainingController,
        runs: Runs,
        views: Views,
        settings: Settings,
        take: Callable[[float], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._document, self._data, self._training, self._runs = document, data, training, runs
        self._views, self._settings, self._take = views, settings, take
        self.dialog: RateFinderDialog | None = None
        training.event_received.connect(self._receive)
        for changed in (training.state_changed, document.changed, data.scanned):
            changed.connect(self.refresh)

    def refresh(self) -> None:
        """Say on the button whether it can be done now."""
        self._views.inspector.training_tab.set_finding(self.why_not())

    def why_not(self) -> str:
        """Why learning rates cannot be tried now, in one sentence; empty where they can."""
        return self._runs.why_not()

    def begin(self) -> None:
        """Open the dialog and have rates tried."""
        if self.why_not():
            return
        from widgets.training.rate_finder import RateFinderDialog  # late: the first paint needs none of it

        self.dialog = RateFinderDialog(LOW, HIGH, self._views.pages.window())
        self.dialog.set_theme(self._views.theme)
        self.dialog.stop_requested.connect(self._stop)
        self.dialog.again_requested.connect(self._ask)
        self.dialog.rate_taken.connect(self._take)
        self.dialog.finished.connect(self._forget)
        self.dialog.open()
        self._ask()

    def _ask(self) -> None:
        project, storage = self._document.project, self._settings.storage
        self._training.find_learning_rate(project, self._data.source, storage, low=LOW, high=HIGH)

    def _stop(self) -> None:
        self._training.stop()

    def _forget(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    def _receive(self, event: object) -> None:
        if self.dialog is None:
            return
        if isinstance(event, LearningRatesTried):
            self.dialog.set_tried(event)
        elif isinstance(event, Failed) and self.dialog.is_looking:
            self.dialog.set_failed(event.message)
