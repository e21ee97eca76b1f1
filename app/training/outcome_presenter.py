"""`OutcomePresenter`: how a run ended or failed, in the message bar and the log, with what can be done about it."""

from __future__ import annotations

from datetime import datetime
from functools import partial, singledispatchmethod

from PySide6.QtCore import QObject

from app.document import Document
from app.editing import Editor
from app.layout import Views
from app.questions import Questions
from app.settings_paths import new_run_folder
from app.training.remedying import Remedies
from app.training.run_queue import RunQueue
from app.training.runs import Runs
from app.training.training_controller import State, TrainingController
from models.network.graph import Network
from models.training.commands import Evaluate
from models.training.events import EngineEnded, Failed, RunSaved, TrainingDone, TrainingStarted
from models.training.runs.layout import checkpoints_of
from widgets.message_bar import Choice

BETTER_THAN_GUESSING = 0.1
"""Share of the way from guessing to no mistakes that a run should have come at least."""

SAVING = "Saving the run"
"""What a failure to write a run is called."""

ELSEWHERE = "In which folder should the run go on being saved?"
QUIETLY = frozenset({"Preview"})
"""Failures that are told where what failed would be seen."""


class OutcomePresenter(QObject):
    """Between the engine's last words on a run and the message bar."""

    def __init__(
        self,
        document: Document,
        editor: Editor,
        training: TrainingController,
        runs: Runs,
        queue: RunQueue,
        remedies: Remedies,
        questions: Questions,
        views: Views,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._editor = editor
        self._training = training
        self._runs = runs
        self._queue = queue
        self._remedies = remedies
        self._questions = questions
        self._views = views
        self._run: TrainingStarted | None = None
        self._end = ""
        training.event_received.connect(self._show)
        training.state_changed.connect(self._follow_state)

    @singledispatchmethod
    def _show(self, event: object) -> None:
        """Show one event; all others are shown elsewhere."""

    @_show.register
    def _(self, event: TrainingStarted) -> None:
        self._run = event

    def _follow_state(self) -> None:
        """Another engine knows nothing of the weights that the end of a run offered to evaluate."""
        if self._training.state is State.STARTING and self._end:
            self._views.messages.withdraw(self._end)
            self._end = ""

    # --- ends -------------------------------------------------------------------------------------------------------
    @_show.register
    def _(self, event: TrainingDone) -> None:
        doubts = self._doubts(event)
        text, level = " ".join((event.message, *doubts)), "warn" if doubts or event.reason == "diverged" else "ok"
        self._log(text, level)
        choices = self._choices(event)
        owner = owner_of(event.node, self._document.network) if event.node is not None else None
        if owner is not None and not (self._queue.is_going and self._queue.runs):
            show = partial(self._show_block, owner, text, level, choices)
            choices = [(f"Show {self._document.network.node(owner).title}", show), *choices]
        self._views.messages.show_message(text, level, choices)
        self._run, self._end = None, text

    @property
    def _is_queued(self) -> bool:
        """Whether the run is the queue's, and not the document's."""
        return self._queue.started is not None

    def _choices(self, event: TrainingDone) -> list[Choice]:
        if self._queue.is_going and self._queue.runs:  # the next run takes the message away
            return []
        choices: list[Choice] = []
        if not self._is_queued:
            choices += self._remedies.choices(event.remedies)
        if self._run is not None and event.reason != "diverged":
            choices.append(("Evaluate", self._evaluate))
            if not self._is_queued:
                choices.append(("Keep training", self._runs.keep_training))
        if self._queue.runs:
            choices.append(("Start the next run", self._queue.start))
        return choices

    def _doubts(self, event: TrainingDone) -> list[str]:
        """What speaks against the result of a run, in sentences."""
        doubts: list[str] = []
        started = self._run
        if started is None:  # stopped before it began
            return doubts
        if event.held_out_metric is not None and event.reason == "finished":
            guessing = 1 / max(started.facts.classes, 1)
            if event.held_out_metric < guessing + BETTER_THAN_GUESSING * (1 - guessing):
                rate = started.plan.learning_rate
                doubts.append(f"That is hardly better than guessing: try another learning rate (now {rate:g}).")
        if started.network != self._document.network and not self._is_queued:
            doubts.append("You edited the network meanwhile: blocks marked as not trained start afresh.")
        return doubts

    def _evaluate(self) -> None:
        self._training.send(Evaluate())

    def _show_block(self, node_id: str, text: str, level: str, choices: list[Choice]) -> None:
        """Select a block and bring it into view; what can be done about it stays on offer."""
        self._views.messages.show_message(text, level, choices)
        self._views.pages.setCurrentWidget(self._views.canvas)
        self._editor.select((node_id,))
        self._views.canvas.ensure_visible(node_id)

    # --- failures ---------------------------------------------------------------------------------------------------
    @_show.register
    def _(self, event: Failed) -> None:
        text = f"{event.what}: {event.message}"
        self._log(f"{text}\n{event.details}".rstrip(), "bad")
        if event.what not in QUIETLY:
            self._views.messages.show_message(text, "bad", self._ways_out(event))
        if event.run_id is not None:
            self._run = None
        if self._training.state is State.BROKEN:
            self._views.device_chip.set_device("TensorFlow is missing", "bad", event.message)

    def _ways_out(self, event: Failed) -> list[Choice]:
        """What can be done about a failure."""
        if event.what == SAVING:
            return [("Save elsewhere…", self.save_elsewhere)]
        if self._training.state is State.BROKEN:
            return [("Try again", self._training.renew_engine)]
        choices: list[Choice] = [] if self._is_queued else self._remedies.choices(event.remedies)
        folder = self._runs.last
        died = event.run_id is not None and not event.remedies and not self._is_queued
        if died and folder is not None and checkpoints_of(folder):
            choices.append(("Resume", partial(self._runs.resume, folder)))
        return choices

    @_show.register
    def _(self, event: EngineEnded) -> None:
        if event.message:
            self._log(f"{event.message}\n{event.details}".rstrip(), "bad")
            if not self._training.is_training:  # a run that ends with it is told by its own failure
                self._views.messages.show_message(event.message, "bad")

    def save_elsewhere(self) -> None:
        """Let the user choose a folder, into which the run is written from now on."""
        chosen = self._questions.data_folder(ELSEWHERE, self._runs.folder)
        if chosen is not None:
            self._training.save_run(new_run_folder(self._document.project.name, chosen))

    @_show.register
    def _(self, event: RunSaved) -> None:
        text = f"The run is saved in {event.run_dir}."
        self._views.messages.show_message(text, "ok", [("Open the folder", self._runs.show_folder)])
        self._log(text, "ok")

    def _log(self, text: str, level: str) -> None:
        self._views.log.append(datetime.now(), text, level)


def owner_of(layer: str, network: Network) -> str | None:
    """The block of a network that a layer of its expansion belongs to; None where it has gone."""
    while layer not in network:
        layer, joint, _ = layer.rpartition("__")
        if not joint:
            return None
    return layer
