"""`SpeedView`: how fast a run is, where its time goes, and what the machine does meanwhile."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from models.training.events import DataSpeed
from models.training.history import History
from widgets.live.machine import MachineLoad, MachineView
from widgets.live.time_split import TimeSplit
from widgets.live.trend import Trend, TrendPlot
from widgets.theme import Theme

POINTS = 240
NOT_YET = "Press Train: the images of every second are counted here."


class SpeedView(QWidget):
    """Three columns: where the time goes, images per second, the machine.

    Signals:
        watched(bool): the view is seen, or no longer: the machine need only be read while it is.
    """

    watched = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("speedView")
        self._history = History()
        self._drawn: tuple[object, ...] = ()
        self._split_drawn: tuple[object, ...] = ()
        self._split, self._machine = TimeSplit(), MachineView()
        self._trend = TrendPlot("Images per second over the steps", lambda value: f"{value:,.0f}")
        self._now, self._waiting, self._data = QLabel(), QLabel("Known after the first epoch."), QLabel()
        self._lay_out()

    def set_history(self, history: History) -> None:
        """Show another run."""
        self._history, self._drawn = history, ()
        self.refresh()

    def set_data_speed(self, speed: DataSpeed | None) -> None:
        """Say whether the data or the model is what the run waits for."""
        text = speed.text if speed is not None else ""
        self._data.setText(text)
        self._data.setToolTip(text)

    def add_load(self, load: MachineLoad) -> None:
        """Show one more reading of the machine."""
        self._machine.add(load)

    def set_theme(self, theme: Theme) -> None:
        for view in (self._split, self._trend, self._machine):
            view.set_theme(theme)

    def refresh(self) -> None:
        """Show what has come since the last time; does nothing while hidden or when nothing has."""
        history = self._history
        state = (id(history), history.steps, len(history.epochs))
        if not self.isVisible() or state == self._drawn:
            return
        self._drawn = state
        steps, speeds = history.speeds.sampled(POINTS)
        self._trend.set_trends([Trend("images/s", steps, speeds)], floor=0.0, empty=NOT_YET)
        self._now.setText(f"{history.images_per_second:,.0f} images/s" if history.images_per_second else "")
        if state[::2] != self._split_drawn:
            self._split_drawn = state[::2]
            self._split.set_epochs(history.epochs)
        self._split.setVisible(bool(history.epochs))
        self._waiting.setVisible(not history.epochs)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()
        self.watched.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.watched.emit(False)

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 4)
        layout.setSpacing(20)
        for label in (self._now, self._waiting, self._data):
            label.setProperty("role", "dim")
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._data.setWordWrap(True)
        left = _column("TIME", self._data)
        left.insertWidget(1, self._waiting)
        left.insertWidget(2, self._split, 1)
        left.insertStretch(3, 0)
        middle = _column("SPEED", None, self._now)
        middle.addWidget(self._trend, 1)
        right = _column("THIS MACHINE", None)
        right.addWidget(self._machine, 1)
        for column, share in ((left, 3), (middle, 4), (right, 3)):
            layout.addLayout(column, share)


def _column(title: str, foot: QWidget | None, beside: QWidget | None = None) -> QVBoxLayout:
    column, row = QVBoxLayout(), QHBoxLayout()
    column.setSpacing(4)
    heading = QLabel(title)
    heading.setProperty("role", "heading")
    row.setSpacing(10)
    row.addWidget(heading)
    if beside is not None:
        row.addWidget(beside, 1)
    column.addLayout(row)
    if foot is not None:
        column.addWidget(foot)
    return column
