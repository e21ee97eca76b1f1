"""What goes with a window that somebody works in."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from scripted import ScriptedEngine

from app.endings import SystemSignals
from app.main_window import MainWindow
from app.training.companions import accompany
from app.training.notifications import Notifications
from app.training.training_controller import State


def test_the_computer_stays_awake_while_a_run_goes_on_and_sleeps_in_pauses(
    window: MainWindow, engine: ScriptedEngine, qapp: QApplication, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bool] = []
    keep = SimpleNamespace(running=lambda on_fail: Mode(told))
    monkeypatch.setitem(sys.modules, "wakepy", SimpleNamespace(keep=keep))
    awake = accompany(qapp, window)
    try:
        assert window.findChild(Notifications) is not None
        qtbot.waitUntil(lambda: not window.runs.why_not())
        window.runs.start()
        qtbot.waitUntil(lambda: window.training.state is State.TRAINING)
        window.training.pause()
        qtbot.waitUntil(lambda: window.training.state is State.PAUSED)
        window.training.pause()
        qtbot.waitUntil(lambda: window.training.state is State.TRAINING)
        window.training.stop()
        qtbot.waitUntil(lambda: window.training.state is State.IDLE)
        awake.close()
        assert told == [True, False, True, False]
    finally:
        awake.close()
        for signals in qapp.findChildren(SystemSignals):
            signals.restore()
            signals.deleteLater()


class Mode:
    """What wakepy gives: entered and left."""

    active = True

    def __init__(self, told: list[bool]) -> None:
        self._told = told

    def __enter__(self) -> None:
        self._told.append(True)

    def __exit__(self, *_: object) -> None:
        self._told.append(False)
