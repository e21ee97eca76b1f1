"""`PreviewPresenter`: asks the engine for a batch as the network would get it, and shows where prepared samples are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer

from app.data.data_controller import DataController
from app.document import Document
from app.training.training_controller import State, TrainingController
from models.data.preparation import Preparation
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
        self._asked: PreviewBatch | None = None
        self._shown: PreviewBatch | None = None
        self._timer = QTimer(self, interval=SETTLE_MS, singleShot=True)
        self._timer.timeout.connect(self._ask)
        document.changed.connect(self._timer.start)
        document.data_source_changed.connect(self._forget)
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

    def _forget(self) -> None:
        self._shown = None
        self._page.preview.set_batch(None)

    def _ask(self) -> None:
        """Ask for what is to be shown. One batch at a time: what changes meanwhile is asked for after its answer."""
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
            seed=project.plan.seed,
            shuffle=self._shuffle,
            validation=self._page.preview.part == "validation",
        )
        if self._asked is not None:
            self._page.preview.set_busy("Preparing …")
        elif command != self._shown and state is not State.STOPPING:
            self._asked = command
            self._page.preview.set_busy("Preparing …")
            self._training.send(command)

    def _take(self, event: object) -> None:
        if isinstance(event, BatchPreviewed):
            self._show(event)
        elif isinstance(event, Failed) and event.what == "Preview":
            self._show_failure(event.message)
        elif isinstance(event, StatisticsMeasured):
            self._asked, self._shown = _with(self._asked, event), _with(self._shown, event)
        elif isinstance(event, TrainingStarted):
            self._page.pipeline.set_speed(None)
        elif isinstance(event, DataPlanned):
            self._page.pipeline.set_plan(event)
        elif isinstance(event, DataSpeed):
            self._page.pipeline.set_speed(event)

    def _show(self, batch: BatchPreviewed) -> None:
        asked, self._asked = self._asked, None
        facts = self._document.facts
        if asked is not None and asked.data == self._data.source and facts is not None:
            self._shown = asked
            self._page.preview.set_target(facts.target)
            self._page.preview.set_batch(batch)
        self._ask()

    def _show_failure(self, why: str) -> None:
        """What failed is asked for again when anything changes, or when the user comes back."""
        asked, self._asked, self._shown = self._asked, None, None
        if asked is not None and asked.data == self._data.source and asked.preparation == self._preparation:
            self._page.preview.set_error(why)
        else:
            self._ask()

    @property
    def _preparation(self) -> Preparation:
        return self._document.project.preparation


def _with(command: PreviewBatch | None, event: StatisticsMeasured) -> PreviewBatch | None:
    """A command with the statistics that were measured for it: its batch is the same."""
    if command is not None and command.preparation == event.before:
        return replace(command, preparation=event.after)
    return command
