"""A window with a scripted engine, so that the window's tests need no TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from scripted import ScriptedEngine, ScriptedQuestions
from shiboken6 import isValid

from app.application import dress
from app.main_window import MainWindow
from app.questions import Answer
from app.settings import Settings
from models.runtime.hosting.host import ThreadHost


@pytest.fixture(autouse=True)
def _dressed(qapp: QApplication) -> None:
    """Tests see the fonts and the style that users see."""
    dress(qapp)


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
def questions() -> ScriptedQuestions:
    return ScriptedQuestions()


@pytest.fixture
def make_window(
    qapp: QApplication, qtbot: object, tmp_path: Path, engine: ScriptedEngine, questions: ScriptedQuestions
) -> Iterator[Callable[..., MainWindow]]:
    """Makes shown windows with scripted engines; whatever is still open at the end is closed."""
    windows: list[MainWindow] = []

    def make(engine_main: Callable[..., None] = engine, **kwargs: object) -> MainWindow:
        settings = Settings(tmp_path / "settings.ini")
        make_host = partial(ThreadHost, engine_main)
        window = MainWindow(make_host, settings, tmp_path / "autosave", tmp_path / "runs", questions, **kwargs)
        windows.append(window)
        window.show()
        qtbot.waitUntil(lambda: window.document.facts is not None or bool(window.data.error), timeout=20_000)
        return window

    yield make
    questions.save, questions.stop = Answer.NO, True
    for window in windows:
        window.close()
        window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # outside of an event loop nobody else does
    qapp.processEvents()
    assert not any(isValid(window) for window in windows)


@pytest.fixture
def window(make_window: Callable[..., MainWindow]) -> MainWindow:
    """A window with LeNet-5 in it, ready to train."""
    window = make_window()
    window.new_project("lenet5")
    return window
