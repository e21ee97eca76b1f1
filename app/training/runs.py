"""`Runs`: starts training runs, goes on with them, says why that cannot be, and knows the last one's folder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from app.data.data_controller import CANCELLED, DataController
from app.document import Document
from app.project_files import ProjectFiles
from app.settings import Settings
from app.settings_paths import new_run_folder
from app.training.training_controller import State, TrainingController
from models.blocks import shape_text
from models.data.facts import DataFacts
from models.data.preparation import Preparation
from models.data.sources import resolve
from models.files import FileError
from models.network.project import Project, ProjectError, read_project
from models.training.events import (
    CheckpointWritten,
    EndReason,
    RunSaved,
    StatisticsMeasured,
    TrainingDone,
    TrainingStarted,
)
from models.training.plan import TrainingPlan
from models.training.runs.layout import PROJECT, checkpoints_of

LOADING = "TensorFlow is still being loaded"
UNDER_WAY = "Training is under way"


@dataclass(frozen=True)
class LastRun:
    """The run that was started last.

    Attributes:
        project: as it is trained, its data set by an absolute path.
        folder: where it is written.
        asked: the plan as the user had it when it was started, or gone on with: epochs and rate may differ.
        end: how it ended; None while it goes on, and where it was cut short.
        is_safe: whether a checkpoint was written.
    """

    project: Project
    folder: Path
    asked: TrainingPlan
    end: EndReason | None = None
    is_safe: bool = False


class Runs(QObject):
    """Between the document and the training controller.

    Attributes:
        folder: where run folders are made.
        last: the folder of the run that was started last; None before there is one.

    Signals:
        refused(str): a run could not be started or gone on with, with why and what to do.
        waiting(str): a run will go on, and what for it waits.
    """

    refused = Signal(str)
    waiting = Signal(str)

    def __init__(
        self,
        document: Document,
        files: ProjectFiles,
        data: DataController,
        training: TrainingController,
        settings: Settings,
        folder: Path,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._document = document
        self._files = files
        self._data = data
        self._training = training
        self._last: LastRun | None = None
        self._rate_wanted: float | None = None
        self._resumed_when_ready: Path | None = None
        self.folder = folder
        training.event_received.connect(self._follow)
        training.state_changed.connect(self._resume_when_ready)
        document.opened.connect(self._forget)

    @property
    def last(self) -> Path | None:
        return self._last.folder if self._last is not None else None

    @property
    def preparation(self) -> Preparation:
        """Of the data of the run that was started last; before there is one, as the document has it."""
        project = self._last.project if self._last is not None else self._document.project
        return project.preparation

    @property
    def can_go_on(self) -> bool:
        """Whether the last run has left a checkpoint, as far as is known without looking."""
        return self._last is not None and self._last.is_safe

    def project(self) -> Project:
        """The document's project with its data set by an absolute path, as a run is started with it."""
        return self._document.project.model_copy(update={"data": self._data.source})

    # --- starting ---------------------------------------------------------------------------------------------------
    def start(self, keep_weights: bool = False) -> None:
        """Start a run, or go on from the weights there are; does nothing while `why_not` has an answer."""
        if not self.why_not():
            self._start(self._document.project, keep_weights)

    def start_project(self, project: Project) -> None:
        """Start a run of another project than the document's; its data set must be named by an absolute path."""
        self._start(project, False, project)

    def _start(self, shown: Project, keep_weights: bool, project: Project | None = None) -> None:
        project = project or self.project()
        folder = new_run_folder(project.name, self.folder)
        self._last = LastRun(project, folder, project.plan)
        self._rate_wanted = None
        self._training.train(shown, project.data, str(folder), self._settings.storage, keep_weights)

    def keep_training(self) -> None:
        """Go on: with the last run itself where the project is still the same, else from its weights in a new run.

        A run that was stopped goes on to the epochs that are planned now; one that had finished takes as many again.
        """
        if self.why_not():
            return
        last, more = self._last, self.more_epochs()
        if last is None or more is None:
            self.start(keep_weights=True)
            return
        plan = self._document.project.plan
        self._rate_wanted = plan.learning_rate if plan.learning_rate != last.asked.learning_rate else None
        self._last = replace(last, asked=plan)
        self._resume(last.folder, last.project, more)

    def more_epochs(self) -> int | None:
        """Epochs to add to those planned so that the last run goes on; None where it cannot, or should not."""
        last, plan = self._last, self._document.project.plan
        if last is None or not _goes_on(last.project, self.project()) or not checkpoints_of(last.folder):
            return None
        if plan.max_steps is not None and self._training.history.steps >= plan.max_steps:
            return None
        if last.end == "finished":
            return plan.epochs
        if last.end == "diverged" and plan.learning_rate == last.asked.learning_rate:  # it would only diverge again
            return None
        more = plan.epochs - last.asked.epochs
        return more if more >= 0 else None

    def resume(self, folder: Path, more_epochs: int = 0) -> bool:
        """Go on with the run in a folder from its last checkpoint; its project is opened unless it is there already.

        While TensorFlow is being loaded it waits for that. False where it cannot be, which `refused` tells.
        """
        if self._training.is_busy:
            self.refused.emit(f"{UNDER_WAY}. Stop it first, then resume the other run.")
            return False
        try:
            project = read_project(folder / PROJECT)
        except (ProjectError, FileError) as error:
            self.refused.emit(f"The run in {folder} cannot be resumed. {error}")
            return False
        project = project.model_copy(update={"data": resolve(project.data, folder), "weights": None})
        if not checkpoints_of(folder):
            self.refused.emit(f"The run in {folder} cannot be resumed: it has no checkpoint. Train again instead.")
            return False
        if not _goes_on(project, self.project()) and not self._files.new(project):
            return False
        if self._training.state is State.STARTING:
            self._resumed_when_ready = folder
            self.waiting.emit(f"“{project.name}” goes on as soon as TensorFlow is loaded.")
        elif self._training.state is State.BROKEN:
            self.refused.emit(f"{self.why_not()}.")
            return False
        self._last = LastRun(project, folder, self._document.project.plan, is_safe=True)
        if self._resumed_when_ready is None:
            self._resume(folder, project, more_epochs)
        return True

    def _resume(self, folder: Path, project: Project, more_epochs: int) -> None:
        self._training.resume_run(folder, project, project.data, self._settings.storage, more_epochs)

    def _resume_when_ready(self) -> None:
        """TensorFlow has been loaded, or cannot be: the run that waits for it goes on, or says why not."""
        folder, state = self._resumed_when_ready, self._training.state
        if folder is None or state is State.STARTING:
            return
        self._resumed_when_ready = None
        if state is State.IDLE and self._last is not None and self._last.folder == folder:
            self._resume(folder, self._last.project, 0)

    def _forget(self) -> None:
        """Another project was opened: the last run is not its."""
        self._last = self._rate_wanted = self._resumed_when_ready = None

    # --- following --------------------------------------------------------------------------------------------------
    def _follow(self, event: object) -> None:
        last = self._last
        if last is None:
            return
        match event:
            case TrainingStarted():
                self._last = replace(last, end=None)
                if self._rate_wanted is not None:
                    self._training.set_learning_rate(self._rate_wanted)
                    self._rate_wanted = None
            case StatisticsMeasured() if event.before == last.project.preparation:
                self._last = replace(last, project=last.project.model_copy(update={"preparation": event.after}))
            case CheckpointWritten():
                self._last = replace(last, is_safe=True)
            case TrainingDone():
                self._last = replace(last, end=event.reason)
            case RunSaved():
                self._last = replace(last, folder=Path(event.run_dir))

    # --- saying why not ---------------------------------------------------------------------------------------------
    def why_not(self) -> str:
        """Why no run can be started now, in one sentence; empty when one can."""
        state = self._training.state
        if state is State.STARTING:
            return LOADING
        if state is State.BROKEN:
            return "TensorFlow is missing or broken; `layerloom doctor` says more"
        if self._training.is_training:
            return UNDER_WAY
        if state is State.FINDING:
            return "Learning rates are being tried"
        return self.why_not_trainable()

    def why_not_trainable(self) -> str:
        """Why the project cannot be trained as it is, in one sentence; empty when it can."""
        document = self._document
        if not document.network.nodes:
            return "The network is empty: drag a block onto the canvas or choose a template"
        if document.analysis.problems:
            problem = document.analysis.problems[0]
            title = document.network.node(problem.node_id).title
            return f"{title}: {problem.text} The status line below offers repairs."
        if document.facts is None:
            cancelled = CANCELLED if self._data.was_cancelled else ""
            return self._data.error or cancelled or "The data set is still being read"
        return self._data_refusal(document.facts)

    def _data_refusal(self, facts: DataFacts) -> str:
        """Why a data set cannot be trained on as it is prepared."""
        if facts.target != "class":
            return (
                f"{facts.name} holds masks and no classes, and networks are trained on classes: choose another data set"
            )
        wanted = self._document.analysis.input_shape
        if wanted is None:
            return ""
        made = self._document.project.preparation.prepared_shape(facts.sample_shape, wanted)
        if made != wanted:
            return (
                f"The preprocessing makes {shape_text(made)}, and the network's Input takes {shape_text(wanted)}: "
                "add Resize on the Data page, or change the Input"
            )
        return ""

    def show_folder(self, folder: Path | None = None) -> None:
        """Open a run's folder in the file manager: the last run's where none is named, or that of all runs."""
        folder = folder or self.last
        if folder is None or not folder.exists():
            folder = self.folder
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def _goes_on(trained: Project, wanted: Project) -> bool:
    """Whether a run of one project can be gone on with as the other wants it: all but epochs and rate are the same."""
    plan = trained.plan.model_copy(update={"epochs": wanted.plan.epochs, "learning_rate": wanted.plan.learning_rate})
    return (trained.network, trained.data, trained.preparation, plan) == (
        wanted.network, wanted.data, wanted.preparation, wanted.plan,
    )  # fmt: skip
