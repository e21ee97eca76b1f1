"""`PreviewPresenter`: asks the engine for a batch as the network would get it, and shows where prepared samples are."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from app.data_controller import DataController
from app.document import Document
from app.training_controller import State, TrainingController
from models.training.commands import PreviewBatch
from models.training.events import BatchPreviewed, DataPlanned, DataSpeed, Failed, StatisticsMeasured, TrainingStarted
from widgets.data.page import DataPage

SETTLE_MS = 200
"""Edits settle for this long before a batch is prepared."""

BATCH = 16


class PreviewPresenter(QObject):
    """Between the engine and the preparation section of the Data page."""

    def __init__(
        self,
        document: Document,
        data: DataController,
        training: TrainingController,
        page: DataPage,
        is_seen: Callable[[], bool],
    ) -> None:
        super().__init__(page)
        self._document = document
        self._data = data
        self._training = training
        self._page = page
        self._is_seen = is_seen
        self._shuffle = 0
        self._shown: object = None
        self._timer = QTimer(self, interval=SETTLE_MS, singleShot=True)
        self._timer.timeout.connect(self._ask)
        document.changed.connect(self._timer.start)
        data.opened.connect(self._timer.start)
        training.state_changed.connect(self._timer.start)
        training.event_received.connect(self._take)
        page.preview.shuffle_requested.connect(self._shuffle_again)
        page.preview.part_chosen.connect(lambda _part: self._timer.start())
        page.section_shown.connect(lambda _name: self._timer.start())

    def refresh(self) -> None:
        """Ask for a batch, if it is looked at and would be another one."""
        self._timer.start()

    def _shuffle_again(self) -> None:
        self._shuffle += 1
        self._ask()

    def _ask(self) -> None:
        if not self._is_seen() or self._page.section != "Preparation" or self._data.samples is None:
            return
        state, project = self._training.state, self._document.project
        if state is State.STARTING:
            self._page.preview.set_busy("Loading TensorFlow …")
            return
        if state is State.BROKEN:
            self._page.preview.set_error("TensorFlow is missing or broken; `layerloom doctor` says more.")
            return
        command = PreviewBatch(
            data=self._data.source,
            preparation=project.preparation,
            input_shape=self._document.analysis.input_shape,
            count=BATCH,
            shuffle=self._shuffle,
            validation=self._page.preview.part == "validation",
        )
        if command != self._shown and state is not State.STOPPING:
            self._shown = command
            self._page.preview.set_busy("Preparing …")
            self._training.send(command)

    def _take(self, event: object) -> None:
        if isinstance(event, BatchPreviewed):
            if self._document.facts is not None:
                self._page.preview.set_target(self._document.facts.target)
            self._page.preview.set_batch(event)
        elif isinstance(event, Failed) and event.what == "Preview":
            self._shown = None
            self._page.preview.set_error(event.message)
        elif isinstance(event, StatisticsMeasured):
            self._shown = None  # the next batch is asked for with them, and is the same
        elif isinstance(event, TrainingStarted):
            self._page.pipeline.set_speed(None)
        elif isinstance(event, DataPlanned):
            self._page.pipeline.set_plan(event)
        elif isinstance(event, DataSpeed):
            self._page.pipeline.set_speed(event)
