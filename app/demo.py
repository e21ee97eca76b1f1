"""The demo: LeNet-5 on the bundled digits, in the real window, from the first step to three exports."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtCore import QEventLoop, QObject, QTimer, Signal

from app import settings_paths as paths
from app.appearance import FIRST_SIZE
from app.application import catch_errors, create_application
from app.main_window import MainWindow
from app.questions import Unattended
from app.settings import Settings
from app.training.companions import accompany
from app.training.hosts import make_host
from models.network.project import Project
from models.training.commands import ExportFormat
from models.training.events import EpochDone, Exported, Failed, Probed, TrainingDone
from models.training.plan import TrainingPlan
from models.zoo import template

EXPORTS: tuple[tuple[ExportFormat, str], ...] = (
    ("keras", "model.keras"),
    ("saved_model", "saved_model"),
    ("python", "model.py"),
)
SHOWN_BLOCK = "conv2d_2"
PLAN = TrainingPlan(learning_rate=0.003)


@dataclass
class DemoResult:
    """What came of a demo."""

    accuracy: float | None = None
    paths: list[Path] = field(default_factory=list)
    error: str = ""


class Demo(QObject):
    """Drives a window through the main job and writes what it made into a folder.

    Signals:
        done: everything is written, or `result.error` says why not.
    """

    done = Signal()

    def __init__(self, window: MainWindow, out: Path, epochs: int) -> None:
        super().__init__(window)
        self.result = DemoResult()
        self._window = window
        self._out = out
        self._epochs = epochs
        self._waiting = dict(EXPORTS)
        self._pictures_taken = False
        self._probed = False
        window.training.event_received.connect(self._follow)

    def start(self) -> None:
        """Open the project and train as soon as TensorFlow is there."""
        self._out.mkdir(parents=True, exist_ok=True)
        project = Project(name="lenet", network=template("lenet5").network(), plan=PLAN.replace(epochs=self._epochs))
        self._window.document.open(project)
        if not self._window.files.save_to(self._out / "lenet.loom"):
            self._fail(self._window.views.messages.text)
            return
        self._window.runs.folder = self._out / "runs"
        self._window.editor.select((SHOWN_BLOCK,))
        self._window.training.state_changed.connect(self._train_when_ready)
        self._window.data.scanned.connect(self._train_when_ready)
        self._train_when_ready()

    def _train_when_ready(self) -> None:
        if self._window.training.trained_network is None and not self._window.runs.why_not():
            self._window.training.state_changed.disconnect(self._train_when_ready)
            self._window.data.scanned.disconnect(self._train_when_ready)
            self._window.runs.start()

    def _follow(self, event: object) -> None:
        if isinstance(event, Probed):
            self._probed = True
        elif isinstance(event, EpochDone) and self._probed and event.epoch + 1 >= self._epochs // 2:
            QTimer.singleShot(0, self._take_pictures)
        elif isinstance(event, TrainingDone):
            self.result.accuracy = event.held_out_metric
            self._take_pictures()
            self._write_curves()
            self.result.paths += [self._out / "lenet.loom", Path(event.run_dir or self._out)]
            for format_, name in EXPORTS:
                self._window.exports.export_to(format_, self._out / name)
        elif isinstance(event, Exported):
            self._waiting.pop(event.format, None)  # type: ignore[call-overload]
            self.result.paths.append(Path(event.path))
            if not self._waiting:
                self.done.emit()
        elif isinstance(event, Failed) and not self._window.training.is_training:
            self._fail(f"{event.what}: {event.message}")

    def _take_pictures(self) -> None:
        """The window in both themes, as the user sees it at this moment."""
        if self._pictures_taken:
            return
        self._pictures_taken = True
        chosen = self._window.settings.theme
        for theme in ("dark", "light"):
            self._window.appearance.choose(theme)
            path = self._out / f"window-{theme}.png"
            if not self._window.grab().save(str(path)):
                self._fail(f"{path} could not be written. Is the disk full?")
            self.result.paths.append(path)
        self._window.appearance.choose(chosen)

    def _write_curves(self) -> None:
        path = self._out / "curves.png"
        try:
            self._window.views.curves.export_png(path)
        except OSError as error:
            self._fail(str(error))
        self.result.paths.append(path)

    def _fail(self, message: str) -> None:
        self.result.error = message
        QTimer.singleShot(0, self.done.emit)


def run_demo(out: Path, epochs: int, display: bool) -> int:
    """Run the demo; on a display the window stays open afterwards. Returns the exit code."""
    if not display:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with TemporaryDirectory(prefix="layerloom-") as scratch:  # unseen, the window has nothing to remember
        settings = paths.settings_file() if display else Path(scratch, "settings.ini")
        return _run(out, epochs, display, Settings(settings))


def _run(out: Path, epochs: int, display: bool, settings: Settings) -> int:
    application = create_application()
    questions = None if display else Unattended()
    window = MainWindow(partial(make_host, settings), settings, paths.autosave_folder(), out / "runs", questions)
    catch_errors(window.views.messages.show_message)
    awake = accompany(application, window)
    demo = Demo(window, out, epochs)
    if not display:
        window.resize(*FIRST_SIZE)  # the screen that is not there has no say
    window.show()
    demo.start()
    loop = QEventLoop()
    demo.done.connect(loop.quit)
    application.lastWindowClosed.connect(loop.quit)
    loop.exec()
    code = report(demo.result)
    if display and window.isVisible():
        code = application.exec() or code
    window.document.mark_saved()
    window.close()
    awake.close()
    return code


def report(result: DemoResult) -> int:
    """Print what the demo made; the exit code says whether it went well."""
    if result.error:
        print(f"The demo stopped. {result.error}")
        return 2
    if result.accuracy is None:
        print("The window was closed before the demo was over.")
        return 0
    print(f"test accuracy {result.accuracy:.4f} on the held-out 20 % of the digits")
    for path in sorted(set(result.paths)):
        print(path.resolve())
    return 0
