"""The system, or somebody at a terminal, asks the program to end: it does, without a question, and nothing is lost."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier, Qt, Signal
from PySide6.QtGui import QGuiApplication, QSessionManager

ENDINGS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))
"""What asks a program to end: Ctrl+C, `kill` and shutting down, a terminal that closes, Windows's log-out."""


class SystemSignals(QObject):
    """Brings the signals of `ENDINGS` into the event loop. Make it once, in the main thread.

    Those that are ignored, as under nohup, stay ignored. A second Ctrl+C ends the program at once.

    Signals:
        end_asked: the program should end.
    """

    end_asked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ear, self._mouth = socket.socketpair()
        for end in (self._ear, self._mouth):
            end.setblocking(False)
        self._wake_before = signal.set_wakeup_fd(self._mouth.fileno(), warn_on_full_buffer=False)
        self._asked = False
        self._before: dict[signal.Signals, Any] = {}
        for number in ENDINGS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._note)
        self._notifier = QSocketNotifier(self._ear.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._tell)

    def restore(self) -> None:
        """Let the signals mean what they meant before."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._wake_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._ear.close()
        self._mouth.close()

    def _note(self, number: int, frame: FrameType | None) -> None:
        """Python wakes the event loop by itself; this only sees whether somebody has lost patience."""
        if self._asked and number == signal.SIGINT:
            os._exit(128 + number)
        self._asked = True

    def _tell(self) -> None:
        with suppress(BlockingIOError):
            if set(self._ear.recv(64)) & {int(number) for number in self._before}:
                self.end_asked.emit()


def leave_when_asked(application: QGuiApplication, leave: Callable[[], object]) -> SystemSignals:
    """Call `leave` when a signal, or the desktop at log-out, asks the program to end; then it ends."""

    def go() -> None:
        leave()
        application.quit()  # open dialogs have loops of their own, which end with it

    def commit(manager: QSessionManager) -> None:
        leave()  # the desktop waits for this to return, then ends the program itself

    signals = SystemSignals(application)
    signals.end_asked.connect(go)
    application.commitDataRequest.connect(commit, Qt.ConnectionType.DirectConnection)
    return signals
