"""`RunControls`: the parts of the window that control runs: queue, outcomes, rate, and what was cut short."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow

from app.document import Document
from app.editing import Editor
from app.layout import Views
from app.questions import Questions
from app.settings import Settings
from app.settings_paths import run_list_file
from app.training.evaluation_presenter import EvaluationPresenter
from app.training.interrupted_runs import InterruptedRuns
from app.training.outcome_presenter import OutcomePresenter
from app.training.progress_presenter import ProgressPresenter
from app.training.queue_presenter import QueuePresenter
from app.training.queue_store import QueueStore
from app.training.rate_presenter import RatePresenter
from app.training.remedying import Remedies
from app.training.run_queue import RunQueue
from app.training.runs import Runs
from app.training.training_controller import TrainingController

PERCENT_QUESTION = (
    "How many percent of the training time may looking inside take: feature maps, filters and what is measured of "
    "every block?\n0 shows nothing while training. The usual share is 3."
)


class RunControls(QObject):
    """All that a run needs beside the engine.

    Attributes:
        queue: the runs that wait.
        queue_presenter, rate: their dialogs.
        remedies: applies what failures and findings offer.
        interrupted: offers runs that were cut short; whoever has a page of runs answers its `show_wanted`.
    """

    def __init__(
        self,
        window: QMainWindow,
        document: Document,
        editor: Editor,
        training: TrainingController,
        runs: Runs,
        views: Views,
        questions: Questions,
        settings: Settings,
        queue_folder: Path,
    ) -> None:
        super().__init__(window)
        self._training = training
        self._questions = questions
        self._settings = settings
        self._views = views
        self.queue = RunQueue(QueueStore(queue_folder), training, runs.start_project, self)
        self.remedies = Remedies(document, runs, self)
        self.outcome = OutcomePresenter(
            document, editor, training, runs, self.queue, self.remedies, questions, views, self
        )
        training.event_received.connect(self.queue.follow)
        self.evaluation = EvaluationPresenter(document, training, views, self)
        self.progress = ProgressPresenter(training, self.queue, views.status, self)
        self.queue_presenter = QueuePresenter(self.queue, runs, training, views, window)
        self.rate = RatePresenter(training, window)
        self.interrupted = InterruptedRuns(runs, training, settings, views.messages, run_list_file(runs.folder), self)
        tell: Callable[[str], None] = lambda text: views.messages.show_message(text, "warn")  # noqa: E731
        runs.waiting.connect(lambda text: views.messages.show_message(text, "ok"))
        self.remedies.refused.connect(tell)
        runs.refused.connect(tell)
        document.opened.connect(self.queue.forget_started)
        training.watch(budget=settings.probe_percent / 100)

    def start_background_work(self) -> None:
        """Offer what earlier sessions left: runs that wait, and runs that were cut short."""
        self.queue_presenter.restore()
        self.interrupted.look()

    def shut_down(self) -> None:
        """End the session; what waits stays for the next one."""
        self.interrupted.shut_down()
        self.queue.close()

    def stop(self) -> None:
        """End the run under way at the user's wish: those behind it wait."""
        self.queue.hold()
        self._training.stop()

    def ask_for_probe_budget(self) -> None:
        """Let the user say how much of the training time looking inside may take."""
        now = f"{self._settings.probe_percent:g}"
        answer = self._questions.ask_text("Probing budget", PERCENT_QUESTION, now)
        if answer is None:
            return
        try:
            percent = float(answer.replace(",", ".").rstrip("% "))
        except ValueError:
            percent = -1.0
        if not 0 <= percent <= 50:  # NaN is not
            text = f"“{answer}” is no share of the training time: expected 0 … 50 percent. Nothing was changed."
            self._views.messages.show_message(text)
            return
        self._settings.probe_percent = percent
        self._training.watch(budget=percent / 100)
