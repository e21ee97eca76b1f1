"""A word on the desktop at the end of long runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from app.main_window import MainWindow
from app.settings import Settings
from app.training.notifications import LONG_S, Notifications
from models.data.sources.digits import DIGITS_FACTS
from models.network.graph import Network
from models.training.events import Event, Failed, TrainingDone, TrainingStarted

STARTED = TrainingStarted("run", Network(), DIGITS_FACTS, 2, 23, 1438, 359, "cross-entropy", "accuracy")
DONE = TrainingDone("run", "finished", "Trained for 2 epochs.", 2)


class Runs(QObject):
    """Tells events as the controller does."""

    event_received = Signal(object)


class Desk:
    """A window somewhere on a desktop, and what was said there."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        self.active = False
        self.said: list[tuple[str, str]] = []
        self.alerts = 0
        self.runs, self.settings, self.window = Runs(), Settings(folder / "settings.ini"), QWidget()
        monkeypatch.setattr(self.window, "isActiveWindow", lambda: self.active)
        monkeypatch.setattr(QApplication, "alert", self._alert)
        monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: True)
        monkeypatch.setattr(QSystemTrayIcon, "supportsMessages", lambda: True)
        monkeypatch.setattr(QSystemTrayIcon, "show", lambda _tray: None)
        monkeypatch.setattr(
            QSystemTrayIcon, "showMessage", lambda _tray, title, text, _icon: self.said.append((title, text))
        )
        self.notifications = Notifications(self.runs, self.settings, self.window, lambda: self.now)  # type: ignore[arg-type]

    def _alert(self, window: QWidget) -> None:
        assert window is self.window
        self.alerts += 1

    def run(self, seconds: float, *ends: Event) -> None:
        self.runs.event_received.emit(STARTED)
        self.now += seconds
        for event in ends:
            self.runs.event_received.emit(event)


@pytest.fixture
def desk(qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    desk = Desk(tmp_path, monkeypatch)
    yield desk
    desk.window.close()


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (DONE, ("Training has finished", "Trained for 2 epochs.")),
        (TrainingDone("run", "diverged", "No number.", 1), ("Training went wrong", "No number.")),
        (Failed("Training", "No memory.", run_id="run"), ("Training has failed", "No memory.")),
    ],
)
def test_the_end_of_a_long_run_is_told(desk: Desk, event: Event, said: tuple[str, str]) -> None:
    desk.run(LONG_S, event)
    assert desk.said == [said]
    assert desk.alerts == 1


def test_a_short_run_is_not_worth_a_word(desk: Desk) -> None:
    desk.run(LONG_S - 1, DONE)
    assert (desk.said, desk.alerts) == ([], 0)


def test_whoever_is_looking_needs_no_word(desk: Desk) -> None:
    desk.active = True
    desk.run(LONG_S, DONE)
    assert (desk.said, desk.alerts) == ([], 0)


def test_it_can_be_turned_off(desk: Desk) -> None:
    desk.settings.notifications = False
    desk.run(LONG_S, DONE)
    assert (desk.said, desk.alerts) == ([], 0)


def test_what_fails_beside_a_run_ends_none(desk: Desk) -> None:
    desk.run(LONG_S, Failed("Export", "No disk."), DONE)
    assert [title for title, _ in desk.said] == ["Training has finished"]


def test_one_end_is_told_once(desk: Desk) -> None:
    desk.run(LONG_S, DONE, DONE)
    assert len(desk.said) == 1


def test_without_a_tray_the_window_asks_for_attention(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: False)
    desk.run(LONG_S, DONE)
    assert (desk.said, desk.alerts) == ([], 1)


def test_a_click_brings_the_window_to_the_front(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    raised = []
    monkeypatch.setattr(desk.window, "raise_", lambda: raised.append(True))  # without a screen there is no front
    desk.run(LONG_S, DONE)
    desk.window.showMinimized()
    tray = desk.notifications.findChild(QSystemTrayIcon)
    assert tray is not None
    tray.messageClicked.emit()
    assert desk.window.isVisible()
    assert not desk.window.isMinimized()
    assert raised


def test_the_menu_turns_it_off_for_good(window: MainWindow, tmp_path: Path) -> None:
    action = window.actions_["notifications"]
    assert action.isChecked()
    action.trigger()
    assert not window.settings.notifications
    assert not Settings(tmp_path / "settings.ini").notifications
