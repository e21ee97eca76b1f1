"""`Scrubber`: goes back and forth through what a run looked like after its epochs; at the right end it is live."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

PLAY_MS = 160
"""How long each epoch is shown while it plays."""


class Scrubber(QWidget):
    """A slider over the epochs that were kept, a button that plays them, and one that goes back to the present.

    Signals:
        moved(object): the user went to another place: the epochs that lay behind it, None for the present.
    """

    moved = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._epochs: tuple[int, ...] = ()
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setAccessibleName("Epoch that is shown")
        self._slider.setToolTip("Drag, or use the arrow keys: filters and maps as they were after earlier epochs")
        self._slider.setPageStep(10)
        self._label = QLabel()
        self._label.setMinimumWidth(92)
        self._play, self._live = QToolButton(), QToolButton()
        for button, text, tip in (
            (self._play, "▶", "Play the epochs one after the other"),
            (self._live, "Live", "Back to the present"),
        ):
            button.setText(text)
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.setProperty("role", "flat")
        self._timer = QTimer(self, interval=PLAY_MS)
        self._timer.timeout.connect(self._step)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (self._play, self._slider, self._label, self._live):
            layout.addWidget(widget, 1 if widget is self._slider else 0)
        self._slider.valueChanged.connect(self._moved)
        self._slider.sliderPressed.connect(self.stop)
        self._play.clicked.connect(self._toggle)
        self._live.clicked.connect(self.go_live)
        self.set_epochs(())

    @property
    def place(self) -> int | None:
        """The epochs that lay behind what is shown; None for the present."""
        value = self._slider.value()
        return self._epochs[value] if value < len(self._epochs) else None

    @property
    def is_playing(self) -> bool:
        return self._timer.isActive()

    def set_epochs(self, epochs: Sequence[int]) -> None:
        """Which epochs can be gone to, in order; the place that is shown stays. Without any there is no scrubber."""
        place = self.place
        self._epochs = tuple(epochs)
        with QSignalBlocker(self._slider):
            self._slider.setRange(0, len(self._epochs))
        self.setVisible(bool(self._epochs))
        self.set_place(place)

    def set_place(self, place: int | None) -> None:
        """Go somewhere, without a signal: the nearest epoch that was kept, or the present."""
        value = len(self._epochs)
        if place is not None and self._epochs:
            value = min(range(len(self._epochs)), key=lambda index: abs(self._epochs[index] - place))
        with QSignalBlocker(self._slider):
            self._slider.setValue(value)
        self._show_place()

    def go_live(self) -> None:
        """Back to the present."""
        self.stop()
        self._slider.setValue(len(self._epochs))

    def stop(self) -> None:
        """Do not play on."""
        self._timer.stop()
        self._show_place()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.stop()

    def _toggle(self) -> None:
        if self.is_playing:
            self.stop()
            return
        if self.place is None:
            self._slider.setValue(0)
        self._timer.start()
        self._show_place()

    def _step(self) -> None:
        self._slider.setValue(self._slider.value() + 1)
        if self.place is None:
            self.stop()

    def _moved(self) -> None:
        self._show_place()
        self.moved.emit(self.place)

    def _show_place(self) -> None:
        place = self.place
        self._play.setText("❚❚" if self.is_playing else "▶")
        self._live.setEnabled(place is not None)
        self._label.setText("live" if place is None else place_text(place))
        self._slider.setAccessibleDescription(self._label.text())


def place_text(place: int) -> str:
    """`after epoch 12`, or that nothing had been learned."""
    return "before training" if place == 0 else f"after epoch {place:,}"
