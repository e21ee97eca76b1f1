"""Where the window's engine runs, and a window whose engine dies."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from scripted import ScriptedQuestions

from app.main_window import MainWindow
from app.settings import Settings
from app.training.hosts import make_host
from app.training.training_controller import State
from models.runtime.hosting.host import ThreadHost
from models.runtime.hosting.process_host import ProcessHost

CHILD = str(Path(__file__).parents[2] / "scripted_child.py")


def test_the_settings_choose_the_host_and_its_device(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.ini")
    assert isinstance(make_host(settings, lambda event: None), ThreadHost)
    settings.isolate_training, settings.device = True, "GPU:1"
    again = Settings(tmp_path / "settings.ini")
    host = make_host(again, lambda event: None)
    assert isinstance(host, ProcessHost)
    assert host._command[-1] == "GPU:1"
    assert not host.is_started


@pytest.mark.skipif(sys.platform == "win32", reason="only POSIX has these signals")
def test_a_window_outlives_its_engine(qapp: QApplication, qtbot: Any, tmp_path: Path) -> None:
    hosts: list[ProcessHost] = []

    def make(emit: Callable[..., None]) -> ProcessHost:
        hosts.append(ProcessHost(emit, "SIGKILL", arguments=(CHILD,)))
        return hosts[-1]

    settings = Settings(tmp_path / "settings.ini")
    window = MainWindow(make, settings, tmp_path / "autosave", tmp_path / "runs", ScriptedQuestions())  # type: ignore[arg-type]
    window.show()
    try:
        window.new_project("lenet5")
        qtbot.waitUntil(lambda: window.training.state is State.IDLE and not window.runs.why_not())
        window.runs.start()
        qtbot.waitUntil(lambda: "signal 9" in window.views.messages.text)
        assert window.training.state is State.IDLE
        assert window.training.trained_network is None
        assert window.isVisible()
        window.training.build(window.document.network, 1)
        qtbot.waitUntil(lambda: hosts[0].is_alive and window.training.built is not None)
        assert not window.runs.why_not(), "it can be trained again"
    finally:
        window.leave()
        window.deleteLater()
    assert not hosts[0].is_alive


@pytest.mark.parametrize(("stored", "percent"), [("nan", 3.0), ("inf", 3.0), ("many", 3.0), ("-1", 0.0), ("99", 50.0)])
def test_a_damaged_probing_budget_is_the_usual_one(tmp_path: Path, stored: str, percent: float) -> None:
    (tmp_path / "settings.ini").write_text(f"[training]\nprobe_percent={stored}\n")
    assert Settings(tmp_path / "settings.ini").probe_percent == percent
