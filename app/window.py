"""Starting the window."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from app import settings_paths as paths
from app.application import catch_errors, create_application
from app.garbage import IdleCollector
from app.main_window import MainWindow
from app.questions import Questions
from app.settings import Settings
from app.training.companions import accompany
from app.training.hosts import make_host


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
    awake = accompany(application, window)
    if project is not None:
        window.files.open(project)
    window.show()
    code = application.exec()
    window.leave()  # the desktop may have ended the loop, not the window
    awake.close()
    return code
