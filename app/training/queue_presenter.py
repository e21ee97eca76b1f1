"""`QueuePresenter`: the queue of runs in its dialog and in the message bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.layout import Views
from app.training.progress_presenter import waiting_text
from app.training.run_queue import Outcome, RunQueue
from app.training.runs import Runs
from app.training.training_controller import TrainingController
from widgets.message_bar import Choice

if TYPE_CHECKING:
    from widgets.queue_dialog import QueueDialog


class QueuePresenter(QObject):
    """Between the queue and what the user sees of it. The dialog is made when it is first wanted."""

    def __init__(
        self, queue: RunQueue, runs: Runs, training: TrainingController, views: Views, window: QWidget
    ) -> None:
        super().__init__(window)
        self._queue = queue
        self._runs = runs
        self._training = training
        self._views = views
        self._window = window
        self._dialog: QueueDialog | None = None
        queue.changed.connect(self._refresh)
        queue.failed.connect(lambda text: views.messages.show_message(text, "warn"))
        queue.finished.connect(self._tell_finished)
        training.state_changed.connect(self._refresh)
        views.status.queue_requested.connect(self.show)

    def add(self) -> None:
        """Put the project as it is now behind the runs that wait."""
        why = self._runs.why_not_trainable()
        if why:
            self._views.messages.show_message(f"Not added to the queue: {why}.".replace("..", "."), "warn")
            return
        project = self._runs.project()
        self._queue.add(project)
        how = "It starts when its turn comes." if self._queue.is_going else "It waits until the queue is started."
        text = f"“{project.name}” was added to the queue as it is now: {waiting_text(len(self._queue.runs))}. {how}"
        choices: list[Choice] = [("Show the queue", self.show)]
        if not self._queue.is_going:
            choices.insert(0, ("Start the queue", self._queue.start))
        self._views.messages.show_message(text, "ok", choices)

    def show(self) -> None:
        """Open the list of waiting runs."""
        if self._dialog is None:
            from widgets.queue_dialog import QueueDialog  # late: the first paint needs none of it

            self._dialog = dialog = QueueDialog(self._window)
            dialog.moved.connect(self._queue.move)
            dialog.removed.connect(self._queue.remove)
            dialog.start_requested.connect(self._queue.start)
            dialog.hold_requested.connect(self._queue.hold)
        self._refresh()
        self._dialog.show()
        self._dialog.raise_()
        self._dialog.activateWindow()

    @property
    def dialog(self) -> QueueDialog | None:
        """The list, once it has been opened."""
        return self._dialog

    def restore(self) -> None:
        """Take over what an earlier session left waiting, and ask what should become of it."""
        count = self._queue.restore()
        if not count:
            return
        text = f"{waiting_text(count)} in the queue since LayerLoom was closed.".replace("waiting", "wait", 1)
        choices = (("Start the queue", self._queue.start), ("Show", self.show), ("Remove", self._queue.clear))
        self._views.messages.show_message(
            text if count > 1 else text.replace("wait", "waits"), "ok", choices, lasting=True
        )

    def _refresh(self) -> None:
        if self._dialog is not None:
            rows = [(run.key, run.name, run.details) for run in self._queue.runs]
            running = self._training.run_name if self._training.is_training else ""
            self._dialog.set_runs(rows, running, self._queue.is_going)

    def _tell_finished(self, outcomes: tuple[Outcome, ...]) -> None:
        """How the runs of the queue ended, those that failed with the reason."""
        bad = [outcome for outcome in outcomes if not outcome.is_good]
        count = f"{len(outcomes)} run{'s' if len(outcomes) > 1 else ''}"
        text = f"The queue is done: {count}, {len(bad)} of which failed." if bad else f"The queue is done: {count}."
        reasons = " ".join(f"{outcome.name}: {outcome.message}" for outcome in bad)
        self._views.messages.show_message(f"{text} {reasons}".strip(), "warn" if bad else "ok")
