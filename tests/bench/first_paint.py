"""Opens a window and says when it was first painted: `layerloom`, or `bare`, an empty PySide6 + pyqtgraph window."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from PySide6.QtCore import QEvent, QObject


class FirstPaint(QObject):
    """Ends the process when the watched widget has been painted."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            print(f"painted tensorflow={'tensorflow' in sys.modules} keras={'keras' in sys.modules}", flush=True)
            os._exit(0)
        return False


def main(kind: str) -> None:
    watcher = FirstPaint()
    if kind == "bare":
        import pyqtgraph
        from PySide6.QtWidgets import QApplication, QMainWindow

        application = QApplication([])
        window = QMainWindow()
        plot = pyqtgraph.PlotWidget()
        window.setCentralWidget(plot)
        watched: QObject = plot.viewport()
    else:
        from app.application import create_application
        from app.main_window import MainWindow
        from app.settings import Settings
        from models.runtime.host import run_engine

        application = create_application()
        folder = Path(tempfile.mkdtemp())
        window = MainWindow(run_engine, Settings(folder / "s.ini"), folder / "autosave", folder / "runs")
        watched = window.views.canvas.viewport()
    watched.installEventFilter(watcher)
    window.resize(1440, 900)
    window.show()
    application.exec()


if __name__ == "__main__":
    main(sys.argv[1])
