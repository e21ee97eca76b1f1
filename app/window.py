"""Starting the window."""

from __future__ import annotations

import signal
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer

from app import settings_paths as paths
from app.application import catch_errors, create_application
from app.garbage import IdleCollector
from app.hosts import make_host
from app.main_window import MainWindow
from app.questions import Questions
from app.settings import Settings


def make_window(questions: Questions | None = None) -> MainWindow:
    """The main window over this user's settings; the application object must exist."""
    settings = Settings(paths.settings_file())
    return MainWindow(
        make_host=partial(make_host, settings),
        settings=settings,
        autosave_folder=paths.autosave_folder(),
        runs_folder=paths.runs_folder(),
        questions=questions,
    )


def run_window(project: Path | None) -> int:
    """Open the window, with a project if one is named, and stay until it is closed. Returns the exit code."""
    application = create_application()
    window = make_window()
    IdleCollector(window.document.changed, window)
    catch_errors(window.views.messages.show_message)
    signal.signal(signal.SIGINT, lambda *_: QTimer.singleShot(0, window.close))
    wake = QTimer(application, interval=500)  # lets Python see the signal while Qt waits
    wake.timeout.connect(lambda: None)
    wake.start()
    if project is not None:
        window.files.open(project)
    window.show()
    return application.exec()
