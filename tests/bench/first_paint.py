"""Opens a window and says when it was first painted: `layerloom`, or `bare`, an empty PySide6 + pyqtgraph window."""

from __future__ import annotations

import os
import sys

from PySide6.QtCore import QEvent, QObject


class FirstPaint(QObject):
    """Ends the process when the watched widget has been painted."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            print(f"painted tensorflow={'tensorflow' in sys.modules} keras={'keras' in sys.modules}", flush=True)
            os._exit(0)
        return False


def bare(watcher: FirstPaint) -> None:
    """A main window with one empty plot."""
    import pyqtgraph
    from PySide6.QtWidgets import QApplication, QMainWindow

    application = QApplication([])
    window = QMainWindow()
    plot = pyqtgraph.PlotWidget()
    window.setCentralWidget(plot)
    plot.viewport().installEventFilter(watcher)
    window.resize(1440, 900)
    window.show()
    application.exec()


def layerloom(watcher: FirstPaint) -> None:
    """The command `layerloom`, whose window is watched."""
    from app import window
    from app.cli import main

    make = window.make_window

    def watched() -> object:
        made = make()
        made.views.canvas.viewport().installEventFilter(watcher)
        return made

    window.make_window = watched
    sys.argv = ["layerloom"]
    main()


if __name__ == "__main__":
    {"bare": bare, "layerloom": layerloom}[sys.argv[1]](FirstPaint())
