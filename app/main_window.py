"""`MainWindow`: the composition root. It makes the parts, wires them, and answers the window's own events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QSize, QTimer, QUrl
from PySide6.QtGui import QCloseEvent, QDesktopServices, QDragEnterEvent, QDropEvent, QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QToolBar

from app import clipboard
from app.actions import Actions, shortcuts_text
from app.autosave import Autosave, find_recoveries
from app.data_controller import DataController, folder_source
from app.document import Document
from app.editing import Editor
from app.export_controller import ExportController
from app.layout import Views
from app.menus import build_menus, build_toolbar
from app.network_presenter import NetworkPresenter
from app.project_files import ProjectFiles
from app.questions import Questions
from app.settings import Settings
from app.settings_paths import new_run_folder
from app.training_controller import EngineMain, State, TrainingController
from app.training_presenter import TrainingPresenter
from app.version import about_text
from models.data.sources import SUFFIXES, Digits
from models.network.edits import copy_fragment
from models.network.project import SUFFIX, Project
from models.training.commands import Evaluate
from models.zoo import template
from widgets.theme import THEMES, Theme, palette, style_sheet, system_theme

FIRST_SIZE = (1440, 900)
SMALLEST_SIZE = (1024, 640)
FRAME = (8, 40)
"""Pixels that a window manager puts around a window, at most, as far as one can know beforehand."""


class MainWindow(QMainWindow):
    """The one window.

    Args:
        engine_main: runs the engine in its thread, until Shutdown; must not load TensorFlow in this one.
        settings: what is remembered between sessions.
        autosave_folder, runs_folder: where unsaved work and training runs go.
        questions: asks the user; made over this window when not given.
    """

    def __init__(
        self,
        engine_main: EngineMain,
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
        self.settings = settings
        self.autosave_folder = autosave_folder
        self.runs_folder = runs_folder
        self.last_run: Path | None = None
        self.questions = questions or Questions(self)
        self.document = Document(Project(), self)
        self.editor = Editor(self.document, self)
        self.autosave = Autosave(autosave_folder, self.document, self)
        self.files = ProjectFiles(self.document, self.autosave, settings, self.questions, self)
        self.data = DataController(
            self.document, lambda: self.files.path.parent if self.files.path else Path.cwd(), self
        )
        self.training = TrainingController(engine_main, self)
        self.exports = ExportController(self.document, self.files, self.training, self.questions, self)
        self.actions_ = Actions(self)
        self.views = Views(self)
        self._bars = (build_menus(self), build_toolbar(self))
        self._network_presenter = NetworkPresenter(
            self.document, self.editor, self.data, self.training, self.views, self
        )
        self._training_presenter = TrainingPresenter(self.document, self.editor, self.training, self.views, self)
        self._add_bars()
        self._connect_actions()
        self._connect_parts()
        self.apply_theme()
        self._restore_window()
        self._network_presenter.refresh()
        self._refresh_actions()

    # --- making -----------------------------------------------------------------------------------------------------
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

    def _connect_actions(self) -> None:
        """What every action does."""
        canvas, editor = self.views.canvas, self.editor
        handlers: dict[str, Callable[[], object]] = {
            "new": lambda: self.new_project(None),
            "open": self._open,
            "save": self.files.save,
            "save_as": self.files.save_as,
            "export_keras": partial(self.exports.export, "keras"),
            "export_saved_model": partial(self.exports.export, "saved_model"),
            "export_python": partial(self.exports.export, "python"),
            "quit": self.close,
            "undo": self.document.undo_stack.undo,
            "redo": self.document.undo_stack.redo,
            "cut": self._cut,
            "copy": self._copy,
            "paste": self._paste,
            "duplicate": editor.duplicate,
            "delete": editor.delete,
            "select_all": editor.select_all,
            "rename": self._rename,
            "find_block": self._find_block,
            "zoom_in": canvas.zoom_in,
            "zoom_out": canvas.zoom_out,
            "zoom_reset": canvas.zoom_reset,
            "fit": canvas.fit,
            "theme_system": partial(self.choose_theme, "system"),
            "theme_dark": partial(self.choose_theme, "dark"),
            "theme_light": partial(self.choose_theme, "light"),
            "reset_layout": self._reset_layout,
            "train": partial(self.train, keep_weights=False),
            "keep_training": partial(self.train, keep_weights=True),
            "pause": self.training.pause,
            "stop": self.training.stop,
            "evaluate": lambda: self.training.send(Evaluate()),
            "open_runs": self._show_run_folder,
            "shortcuts": lambda: self.questions.tell("Keyboard shortcuts", shortcuts_text()),
            "about": lambda: self.questions.tell("LayerLoom", about_text()),
        }
        for name, handler in handlers.items():
            self.actions_[name].triggered.connect(lambda _checked=False, act=handler: act())

    def _connect_parts(self) -> None:
        self.document.changed.connect(self._refresh_actions)
        self.document.saved_state_changed.connect(self._refresh_title)
        self.document.undo_stack.indexChanged.connect(self._refresh_actions)
        self.files.path_changed.connect(self._refresh_title)
        self.editor.selection_changed.connect(self._refresh_actions)
        self.editor.refused.connect(lambda text: self.views.messages.show_message(text, "warn"))
        self.files.failed.connect(self.views.messages.show_message)
        self.autosave.failed.connect(self.views.messages.show_message)
        self.data.scanned.connect(self._tell_about_data)
        self.data.samples_loaded.connect(self._show_samples)
        self.training.state_changed.connect(self._refresh_actions)
        self.views.data_chip.digits_chosen.connect(self._choose_digits)
        self.views.data_chip.folder_requested.connect(self._choose_folder)
        self.views.canvas.files_dropped.connect(self.open_dropped)
        self.views.canvas.context_menu_requested.connect(lambda _ids, point: self._bars[0]["Edit"].popup(point))
        self.views.canvas.quick_add_requested.connect(self._find_block)
        hints = QApplication.styleHints()
        hints.colorSchemeChanged.connect(lambda _scheme: self.apply_theme())

    # --- start and end ----------------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.training.is_started:
            QTimer.singleShot(0, self.start_background_work)

    def start_background_work(self) -> None:
        """Read the data set and load TensorFlow, once the window is on the screen."""
        if not self.training.is_started:
            self._network_presenter.show_templates()
            self.data.scan()
            self.training.start()
            self._offer_recovery()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask what must be asked, stop what runs, and leave nothing behind."""
        stays = self.training.is_training and not self.questions.stop_training()
        if stays or not self.files.may_discard():
            event.ignore()
            return
        self.settings.remember_window(self.saveGeometry(), self.saveState())
        self.training.shut_down()
        self.data.shut_down()
        self.files.close()
        event.accept()

    def _offer_recovery(self) -> None:
        recoveries = find_recoveries(self.autosave_folder)
        if not recoveries:
            return
        latest = recoveries[0]
        text = f"LayerLoom ended unexpectedly. “{latest.project.name}” was saved at {latest.saved_at:%H:%M on %d %B}."
        choices = (("Recover", lambda: self.files.recover(latest)), ("Discard", latest.discard))
        self.views.messages.show_message(text, "warn", choices)

    # --- projects ---------------------------------------------------------------------------------------------------
    def new_project(self, template_key: str | None) -> None:
        """Start over: with a template's network, or empty."""
        project = Project()
        if template_key is not None:
            chosen = template(template_key)
            project = Project(name=chosen.key, network=chosen.network())
        self.files.new(project)

    def _open(self) -> None:
        path = self.questions.open_path(self.files.folder)
        if path is not None:
            self.files.open(path)

    def open_dropped(self, paths: list[Path]) -> None:
        """Open what was dropped on the window: a project, a folder of images, or a picture to try."""
        path = Path(paths[0])
        if path.is_dir():
            self._set_data(folder_source(path))
        elif path.suffix == SUFFIX:
            self.files.open(path)
        elif path.suffix.lower() in SUFFIXES:
            self.views.live.setCurrentWidget(self.views.probe)
            self.views.probe.open_picture(path)
        else:
            text = f"{path.name} is neither a project ({SUFFIX}), a picture nor a folder of images. Drop one of these."
            self.views.messages.show_message(text, "warn")

    # --- data -------------------------------------------------------------------------------------------------------
    def _choose_digits(self) -> None:
        self._set_data(Digits())

    def _choose_folder(self) -> None:
        folder = self.questions.image_folder(self.files.folder)
        if folder is not None:
            self._set_data(folder_source(folder))

    def _set_data(self, source: object) -> None:
        self.document.edit("Choose the data set", self.document.project.replace(data=source))

    def _tell_about_data(self) -> None:
        facts = self.document.facts
        if self.data.error:
            choice = ("Choose a folder…", self._choose_folder)
            self.views.messages.show_message(self.data.error, "bad", (choice, ("Use Digits", self._choose_digits)))
        elif facts is not None and facts.broken:
            shown = "; ".join(facts.broken[:5]) + ("; …" if len(facts.broken) > 5 else "")
            text = f"{len(facts.broken)} images of {facts.name} cannot be read and are left out: {shown}"
            self.views.messages.show_message(text, "warn")
            self.views.log.append(datetime.now(), "\n".join(facts.broken), "warn")

    def _show_samples(self, pictures: tuple[list[np.ndarray], list[int]]) -> None:
        facts = self.document.facts
        self.views.probe.set_samples(*pictures, facts.class_names if facts is not None else ())

    # --- editing ----------------------------------------------------------------------------------------------------
    def _copy(self) -> None:
        if self.editor.selection:
            clipboard.copy(copy_fragment(self.document.network, self.editor.selection))

    def _cut(self) -> None:
        self._copy()
        self.editor.delete()

    def _paste(self) -> None:
        fragment = clipboard.pasted()
        if fragment is None:
            self.views.messages.show_message("The clipboard holds no blocks. Copy some on the canvas first.", "warn")
        else:
            self.editor.paste(fragment)

    def _rename(self) -> None:
        self.views.inspector.focus_name()

    def _find_block(self) -> None:
        """Open the search beside the selected card, where its block will go."""
        canvas, current = self.views.canvas, self.editor.current
        corner = canvas.viewport().rect().center()
        if current is not None:
            canvas.ensure_visible(current)
            corner = canvas.mapFromScene(canvas.card(current).sceneBoundingRect().bottomLeft())
        self.views.quick_add.open_at(canvas.viewport().mapToGlobal(corner))

    # --- training ---------------------------------------------------------------------------------------------------
    def train(self, keep_weights: bool = False) -> None:
        """Start a run; does nothing while the network has problems, which the status line names."""
        if self.why_not_train():
            return
        project = self.document.project
        self.last_run = new_run_folder(project.name, self.runs_folder)
        self.training.train(
            project.network, self.data.source, project.plan, project.name, str(self.last_run), keep_weights
        )

    def why_not_train(self) -> str:
        """Why Train is disabled, in one sentence; empty when it is not."""
        problems = self.document.analysis.problems
        if self.training.state is State.STARTING:
            return "TensorFlow is still being loaded"
        if self.training.state is State.BROKEN:
            return "TensorFlow is missing or broken; `layerloom doctor` says more"
        if self.training.is_training:
            return "Training is under way"
        if not self.document.network.nodes:
            return "The network is empty: drag a block onto the canvas or choose a template"
        if problems:
            title = self.document.network.node(problems[0].node_id).title
            return f"{title}: {problems[0].text} The status line below offers repairs."
        if self.document.facts is None:
            return self.data.error or "The data set is still being read"
        return ""

    def _show_run_folder(self) -> None:
        folder = self.last_run if self.last_run is not None and self.last_run.exists() else self.runs_folder
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    # --- looks ------------------------------------------------------------------------------------------------------
    @property
    def theme(self) -> Theme:
        return THEMES.get(self.settings.theme) or system_theme()

    def choose_theme(self, name: str) -> None:
        """Use `dark`, `light`, or `system`: what the system asks for."""
        self.settings.theme = name
        self.apply_theme()

    def apply_theme(self) -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.setPalette(palette(self.theme))
        application.setStyleSheet(style_sheet(self.theme))
        self.views.set_theme(self.theme)
        for name in ("system", "dark", "light"):
            self.actions_[f"theme_{name}"].setChecked(self.settings.theme == name)

    def _restore_window(self) -> None:
        self._take_first_size()
        if self.settings.geometry is not None:
            self.restoreGeometry(self.settings.geometry)
        if self.settings.layout is None or not self.restoreState(self.settings.layout):
            self.views.reset_sizes(self)

    def _take_first_size(self) -> None:
        """As large as in the README's picture, or as the screen leaves room for, its frame included."""
        room = self.screen().availableSize() - QSize(*FRAME)
        self.resize(QSize(*FIRST_SIZE).boundedTo(room).expandedTo(self.minimumSize()))

    def _reset_layout(self) -> None:
        self.settings.forget_window()
        self._take_first_size()
        self.views.reset_sizes(self)

    def _refresh_title(self) -> None:
        name = self.files.path.name if self.files.path is not None else f"{self.document.project.name}{SUFFIX}"
        self.views.toolbar.set_title(name, self.document.is_modified)
        self.setWindowTitle(f"{name}{' •' if self.document.is_modified else ''} — LayerLoom")

    def _refresh_actions(self) -> None:
        stack, selected = self.document.undo_stack, bool(self.editor.selection)
        why, trained = self.why_not_train(), self.training.trained_network is not None
        running, idle = self.training.is_training, self.training.state is State.IDLE
        buildable = idle and not self.document.analysis.problems and bool(self.document.network.nodes)
        enabled = {
            "undo": stack.canUndo(), "redo": stack.canRedo(), "cut": selected, "copy": selected, "delete": selected,
            "duplicate": selected, "rename": selected, "train": not why, "keep_training": not why and trained,
            "pause": self.training.state in (State.TRAINING, State.PAUSED), "stop": running,
            "evaluate": idle and trained, "export_keras": buildable, "export_saved_model": buildable,
            "export_python": buildable,
        }  # fmt: skip
        for name, value in enabled.items():
            self.actions_[name].setEnabled(value)
        self.actions_["train"].setToolTip(why or "Train the network from fresh weights (Ctrl+R)")
        self.actions_["pause"].setText("Resume" if self.training.state is State.PAUSED else "Pause")
        self.actions_["undo"].setText(f"Undo {stack.undoText()}".strip())
        self.actions_["redo"].setText(f"Redo {stack.redoText()}".strip())
        self._refresh_title()

    # --- drops ------------------------------------------------------------------------------------------------------
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            self.open_dropped(paths)
            event.acceptProposedAction()
