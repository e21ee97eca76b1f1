"""The QApplication: fonts, style, and what happens to errors that nobody caught."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from types import TracebackType

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication

from app.bug_log import log_bug
from resources import resource
from widgets.theme import interface_font

SWITCH_INTERVAL = 0.0005
"""Seconds that the window's thread waits at most, at each of a repaint's many calls, while the engine runs Python."""


def create_application() -> QApplication:
    """The application object, ready for windows."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    sys.setswitchinterval(SWITCH_INTERVAL)
    application = QApplication(sys.argv[:1])
    application.setApplicationName("LayerLoom")
    application.setApplicationDisplayName("LayerLoom")
    application.setDesktopFileName("layerloom")
    dress(application)
    return application


def dress(application: QApplication) -> None:
    """Give an application our style and font; the colours come with the theme."""
    application.setStyle("Fusion")
    load_fonts()
    application.setFont(interface_font())


def load_fonts() -> None:
    """Bring our own fonts where the system has none, as bare servers do not."""
    if not QFontDatabase.families():
        for file in sorted(resource("fonts").glob("*.ttf")):
            QFontDatabase.addApplicationFont(str(file))


def catch_errors(tell: Callable[[str], object]) -> None:
    """Write errors that nobody caught to the log and tell the user in one sentence; the window lives on."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        log_file = log_bug("".join(traceback.format_exception(kind, error, trace)))
        tell(f"LayerLoom made a mistake ({kind.__name__}: {error}). Your work is intact. Details are in {log_file}.")

    sys.excepthook = hook
