"""`Runs`: starts training runs of the document, says why one cannot be started, and knows the last one's folder."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from app.data_controller import CANCELLED, DataController
from app.document import Document
from app.settings import Settings
from app.settings_paths import new_run_folder
from app.training_controller import State, TrainingController
from models.blocks import shape_text
from models.data.facts import DataFacts


class Runs:
    """Between the document and the training controller. `folder` is where run folders are made."""

    def __init__(
        self,
        document: Document,
        data: DataController,
        training: TrainingController,
        settings: Settings,
        folder: Path,
    ) -> None:
        self._settings = settings
        self._document = document
        self._data = data
        self._training = training
        self.folder = folder
        self.last: Path | None = None

    def start(self, keep_weights: bool = False) -> None:
        """Start a run, or go on from the weights there are; does nothing while `why_not` has an answer."""
        if self.why_not():
            return
        project = self._document.project
        self.last = new_run_folder(project.name, self.folder)
        self._training.train(project, self._data.source, str(self.last), self._settings.storage, keep_weights)

    def why_not(self) -> str:
        """Why no run can be started now, in one sentence; empty when one can."""
        document, state = self._document, self._training.state
        if state is State.STARTING:
            return "TensorFlow is still being loaded"
        if state is State.BROKEN:
            return "TensorFlow is missing or broken; `layerloom doctor` says more"
        if self._training.is_training:
            return "Training is under way"
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

    def show_folder(self) -> None:
        """Open the last run's folder in the file manager, or that of all runs."""
        folder = self.last if self.last is not None and self.last.exists() else self.folder
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
