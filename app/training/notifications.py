"""A word on the desktop when a long run has ended and nobody was looking."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QStyle, QSystemTrayIcon, QWidget

from app.settings import Settings
from app.training.training_controller import TrainingController
from models.training.events import Failed, TrainingDone, TrainingStarted

LONG_S = 60.0
"""Seconds of a run whose end is worth a word."""

SHOWN_MS = 15_000
"""How long the icon stays in the tray that the word comes from."""

TITLES = {"finished": "Training has finished", "stopped": "Training has stopped", "diverged": "Training went wrong"}


class Notifications(QObject):
    """Follows runs and tells of the end of long ones, unless the window is the one being worked in.

    Args:
        training: whose runs.
        settings: `notifications` turns all of this off.
        window: brought to the front by a click on the message.
        clock: seconds.
    """

    def __init__(
        self,
        training: TrainingController,
        settings: Settings,
        window: QWidget,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(window)
        self._settings = settings
        self._window = window
        self._clock = clock
        self._began: float | None = None
        self._tray: QSystemTrayIcon | None = None
        self._away = QTimer(self, interval=SHOWN_MS, singleShot=True)
        self._away.timeout.connect(self._hide)
        training.event_received.connect(self._follow)

    def _follow(self, event: object) -> None:
        if isinstance(event, TrainingStarted):
            self._began = self._clock()
        elif isinstance(event, TrainingDone):
            self._ended(TITLES[event.reason], event.message)
        elif isinstance(event, Failed) and event.run_id is not None:
            self._ended("Training has failed", event.message)

    def _ended(self, title: str, text: str) -> None:
        began, self._began = self._began, None
        if began is None or self._clock() - began < LONG_S:
            return
        if self._settings.notifications and not self._window.isActiveWindow():
            self.tell(title, text)

    def tell(self, title: str, text: str) -> None:
        """Say it on the desktop, as far as that has a place for it, and have the window ask for attention."""
        QApplication.alert(self._window)
        if QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages():
            tray = self._icon()
            tray.show()
            tray.showMessage(title, text, tray.icon())
            self._away.start()

    def _icon(self) -> QSystemTrayIcon:
        if self._tray is None:
            icon = self._window.windowIcon()
            if icon.isNull():
                icon = self._window.style().standardIcon(QStyle.StandardPixmap.SP_ComputerIcon)
            self._tray = QSystemTrayIcon(icon, self)
            self._tray.setToolTip("LayerLoom")
            self._tray.messageClicked.connect(self._to_front)
            self._tray.activated.connect(self._to_front)
        return self._tray

    def _hide(self) -> None:
        if self._tray is not None:
            self._tray.hide()

    def _to_front(self) -> None:
        self._hide()
        self._window.setWindowState(self._window.windowState() & ~Qt.WindowState.WindowMinimized)
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()
