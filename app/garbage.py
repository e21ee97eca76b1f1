"""Python's garbage collection when nobody waits: of a deep network's objects it takes tens of milliseconds."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, SignalInstance

PAUSE_MS = 1000
"""So long after the last edit the user is taken to look rather than to type."""

LONGEST_MS = 10_000
"""At least so often what can go does go, such as the models of networks that were edited since."""

NEVER = 1_000_000_000


class IdleCollector(QObject):
    """Has the oldest objects looked through when an edit has settled, instead of in the middle of one.

    The young ones, which are few, are collected by Python itself as ever.
    """

    def __init__(self, edited: SignalInstance, parent: QObject) -> None:
        super().__init__(parent)
        young, middle, _ = gc.get_threshold()
        gc.set_threshold(young, middle, NEVER)
        self._settled = QTimer(self, interval=PAUSE_MS, singleShot=True)
        self._settled.timeout.connect(self.collect)
        self._longest = QTimer(self, interval=LONGEST_MS)
        self._longest.timeout.connect(self.collect)
        self._longest.start()
        edited.connect(self._settled.start)

    def collect(self) -> None:
        """Collect all generations, unless nothing has grown old since the last time, or TensorFlow is being loaded."""
        if gc.isenabled() and gc.get_count()[2]:
            gc.collect()
