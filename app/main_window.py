"""`MainWindow`: the composition root. It makes the parts, wires them, and answers the window's own events."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent
from PySide6.QtWidgets import QMainWindow, QToolBar

from app.action_handlers import connect_actions, refresh_actions
from app.actions import Actions
from app.appearance import Appearance
from app.architectures import Architectures
from app.autosave import Autosave, find_recoveries
from app.data.data_controller import DataController
from app.data.data_presenter import DataPresenter
from app.document import Document
from app.editing import Editor
from app.examples import Examples
from app.export_controller import ExportController
from app.layout import Views
from app.menus import build_menus, build_toolbar
from app.network_presenter import NetworkPresenter
from app.project_files import PYTHON_SUFFIX, ProjectFiles
from app.questions import Questions
from app.runs.runs_presenter import RunsPresenter
from app.settings import Settings
from app.training.diagnosis_presenter import DiagnosisPresenter
from app.training.live_presenter import LivePresenter
from app.training.plan_presenter import PlanPresenter
from app.training.run_controls import RunControls
from app.training.runs import Runs
from app.training.training_controller import MakeHost, TrainingController
from app.training.training_presenter import TrainingPresenter
from models.data.sources import SUFFIXES
from models.importing import SUFFIXES as MODEL_SUFFIXES
from models.network.project import SUFFIX, Project
from models.zoo import template

SMALLEST_SIZE = (1024, 640)

DATA_SUFFIXES = frozenset({".zip", ".npz", ".npy", ".csv", ".tsv"})
"""Endings of files that are data sets."""


class MainWindow(QMainWindow):
    """The one window.

    Args:
        make_host: makes what runs the engine, anew where the settings about that have changed.
        settings: what is remembered between sessions.
        autosave_folder, runs_folder: where unsaved work and training runs go.
        questions: asks the user; made over this window when not given.
    """

    def __init__(
        self,
        make_host: MakeHost,
        settings: Settings,
        autosave_folder: Path,
        runs_folder: Path,
        questions: Questions | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.setWindowTitle("LayerLoom")
        self.setMinimumSize(*SMALLEST_SIZE)
        self.setAcceptDrops(True)
        self._leaving = self._closed = False
        self.settings = settings
        self.questions = questions or Questions(self)
        self.document = Document(Project(), self)
        self.editor = Editor(self.document, self)
        self.autosave = Autosave(autosave_folder, self.document, self)
        imports = runs_folder.with_name("imports")
        self.files = ProjectFiles(
            self.document, self.autosave, settings, self.questions, self, self._may_leave, imports
        )
        self.data = DataController(self.document, self.files.base, self)
        self.training = TrainingController(make_host, self)
        self.runs = Runs(self.document, self.files, self.data, self.training, settings, runs_folder, self)
        self.exports = ExportController(self.document, self.files, self.training, self.questions, settings, self)
        self.actions_ = Actions(self)
        self.views = Views(self)
        self.appearance = Appearance(self, self.views, self.actions_, settings)
        self.architectures = Architectures(self.views, self.new_project, self)
        self.examples = Examples(self.document, self.files, self.views.messages, self)
        self._network_presenter = NetworkPresenter(
            self.document, self.editor, self.data, self.training, self.views, self
        )
        self._training_presenter = TrainingPresenter(self.document, self.editor, self.training, self.views, self)
        self.live_presenter = LivePresenter(self.document, self.editor, self.training, self.views, self)
        self.controls = RunControls(
            self, self.document, self.editor, self.training, self.runs, self.views, self.questions, settings,
            autosave_folder.with_name("queue"),
        )  # fmt: skip
        self.data_presenter = DataPresenter(
            self.document, self.data, self.training, self.files, self.views, self.questions, self
        )
        self.runs_presenter = RunsPresenter(
            runs_folder, self.files, self.views, self.questions, settings, self.runs.resume, self
        )
        self.plan_presenter = PlanPresenter(
            self.document, self.editor, self.data, self.training, self.runs, self.views, self.data_presenter,
            self.questions, settings, self,
        )  # fmt: skip
        self.diagnosis = DiagnosisPresenter(
            self.document, self.data, self.training, self.runs, self.controls.remedies, self.views, self
        )
        self._menus = build_menus(self)
        build_toolbar(self)
        self._add_bars()
        connect_actions(self)
        self._connect_parts()
        self.appearance.apply()
        self.appearance.restore()
        self._network_presenter.refresh()
        self.plan_presenter.refresh()
        self._refresh()

    def _add_bars(self) -> None:
        """The toolbar at the top and the status line at the bottom, over the whole width."""
        top = QToolBar("Toolbar", self)
        top.setObjectName("toolbarArea")
        top.setMovable(False)
        top.addWidget(self.views.toolbar)
        top.toggleViewAction().setVisible(False)
        self.addToolBar(top)
        self.statusBar().setSizeGripEnabled(False)
        self.statusBar().setContentsMargins(0, 0, 0, 0)
        self.statusBar().addWidget(self.views.status, 1)

    def _connect_parts(self) -> None:
        for changed in (
            self.document.changed,
            self.document.saved_state_changed,
            self.document.undo_stack.indexChanged,
            self.files.path_changed,
            self.editor.selection_changed,
            self.views.canvas.inner_selected,
            self.views.canvas.opened_changed,
            self.training.state_changed,
            self.data.scanned,
        ):
            changed.connect(self._refresh)
        self.files.failed.connect(self.views.messages.show_message)
        self.exports.failed.connect(self.views.messages.show_message)
        self.exports.drawn.connect(partial(self.views.messages.show_message, level="ok"))
        self.files.reading.connect(self.views.messages.show_message)
        self.files.imported.connect(self.views.messages.show_message)
        self.autosave.failed.connect(self.views.messages.show_message)
        self.views.canvas.files_dropped.connect(self.open_dropped)
        self.views.canvas.context_menu_requested.connect(lambda _ids, point: self._menus["Edit"].popup(point))
        self.views.canvas.quick_add_requested.connect(self.find_block)
        self._network_presenter.template_wanted.connect(self.new_project)
        self.controls.interrupted.show_wanted.connect(self.runs_presenter.show_page)

    def _refresh(self) -> None:
        """Say what the project is called, whether it is saved, and what can be done."""
        self.training.start_weights = self.files.weights()
        refresh_actions(self)
        name = self.files.path.name if self.files.path is not None else f"{self.document.project.name}{SUFFIX}"
        self.views.toolbar.set_title(name, self.document.is_modified)
        self.setWindowTitle(f"{name}{' •' if self.document.is_modified else ''} — LayerLoom")

    # --- start and end ----------------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.training.is_started:
            QTimer.singleShot(0, self.start_background_work)

    def start_background_work(self) -> None:
        """Read the data set and load TensorFlow, once the window is on the screen."""
        if not self.training.is_started:
            self.architectures.show()
            self.data.scan_first()
            self.training.start()
            self._offer_recovery()
            self.controls.start_background_work()
            self.files.sweep_imports()

    def leave(self) -> None:
        """Close without asking, as the system wants it: unsaved work is offered at the next start, as is a run."""
        if not self._closed:
            self._leaving = True
            self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask what must be asked, stop what runs, and leave nothing behind."""
        may_close = self._closed or self._leaving or (self._may_leave() and self.files.may_discard())
        if self._closed or not (may_close or self._leaving):  # the system may have ended the question
            event.setAccepted(may_close)
            return
        self._closed = True
        keep = self._leaving and self.document.is_modified and self.autosave.write()
        self.appearance.remember()
        self.hide()  # ending the threads may take a moment
        self.controls.shut_down()
        self.training.shut_down()
        self.data.shut_down()
        self.data_presenter.chooser.shut_down()
        self.runs_presenter.shut_down()
        self.live_presenter.shut_down()
        self.files.close(keep)
        event.accept()

    def _may_leave(self) -> bool:
        """Whether the project can be left: no run is under way, or the user lets it be stopped."""
        return not self.training.is_training or self.questions.stop_training()

    def _offer_recovery(self) -> None:
        """Ask about what crashed sessions left, the latest first; the others wait behind it."""
        for left in reversed(find_recoveries(self.autosave.folder)):
            text = f"LayerLoom ended unexpectedly. “{left.project.name}” was saved at {left.saved_at:%H:%M on %d %B}."
            choices = (("Recover", partial(self.files.recover, left)), ("Discard", left.discard))
            self.views.messages.show_message(text, "warn", choices, lasting=True)

    # --- projects ---------------------------------------------------------------------------------------------------
    def new_project(self, template_key: str | None) -> None:
        """Start over: with a template's network, or empty."""
        project = Project()
        if template_key is not None:
            chosen = template(template_key)
            project = Project(name=chosen.key, network=chosen.network())
        self.files.new(project)

    def ask_and_open(self) -> None:
        """Let the user choose a project."""
        path = self.questions.open_path(self.files.folder)
        if path is not None:
            self.files.open(path)

    def open_dropped(self, paths: list[Path]) -> None:
        """Open what was dropped on the window: a project, a model or its source, a data set, or a picture."""
        path = Path(paths[0])
        if path.is_dir() or path.suffix.lower() in DATA_SUFFIXES:
            self.data_presenter.choose_path(path)
        elif path.suffix == SUFFIX or path.suffix.lower() in (PYTHON_SUFFIX, *MODEL_SUFFIXES):
            self.files.open(path)
        elif path.suffix.lower() in SUFFIXES:
            self.views.live.setCurrentWidget(self.views.probe)
            self.views.probe.open_picture(path)
        else:
            kinds = f"neither a project ({SUFFIX}), a Keras model, Python source, a picture nor a data set"
            text = f"{path.name} is {kinds}. Drop one of these."
            self.views.messages.show_message(text, "warn")

    def find_block(self) -> None:
        """Open the search beside the selected card, where its block will go."""
        canvas, current = self.views.canvas, self.editor.current
        corner = canvas.viewport().rect().center()
        if current is not None:
            canvas.ensure_visible(current)
            corner = canvas.mapFromScene(canvas.rect_of(current).bottomLeft())
        self.views.quick_add.open_at(canvas.viewport().mapToGlobal(corner))

    # --- drops ------------------------------------------------------------------------------------------------------
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            self.open_dropped(paths)
            event.acceptProposedAction()
