"""What goes with a window that somebody works in: it keeps the computer awake, tells, and leaves when asked."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication

from app.endings import leave_when_asked
from app.main_window import MainWindow
from app.training.keep_awake import KeepAwake
from app.training.notifications import Notifications
from app.training.training_controller import State

AWAKE = (State.TRAINING, State.STOPPING, State.FINDING)
"""What keeps the computer awake; a pause does not."""


def accompany(application: QGuiApplication, window: MainWindow) -> KeepAwake:
    """Keep the computer awake while the window's engine trains, tell of long runs' ends, and leave when asked to.

    Close what is returned when the window has gone.
    """
    training, keeper = window.training, KeepAwake()
    training.state_changed.connect(lambda: keeper.set(training.state in AWAKE))
    Notifications(training, window.settings, window)
    leave_when_asked(application, window.leave)
    return keeper
