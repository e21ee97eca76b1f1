"""`SampleView`: one sample in full, with its values and all that is known of it."""

from __future__ import annotations

from html import escape

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from models.data.samples import Values
from widgets.data.picture_canvas import PictureCanvas, Pixel
from widgets.data.pixel_values import pointed_text, value_text
from widgets.data.sample_details import SampleDetails, class_name, description
from widgets.data.sample_facts import SampleFacts
from widgets.data.signal_plot import SignalPlot
from widgets.theme import Theme

EMPTY = np.zeros((0, 0, 1), np.uint8)


class SampleView(QWidget):
    """The picture, the curve, or a slice of the volume; beside it facts and actions, below it what the pointer is on.

    Keys: Left and Right go to other samples, Esc back to the wall, + and − zoom, 0 fits, 1 shows 100 %, arrows with
    Shift go from pixel to pixel, M and B switch mask and boxes.

    Signals:
        closed: back to the wall.
        previous_requested, next_requested: the sample before or after this one.
        leave_out_toggled(index), folder_requested(index).
    """

    closed = Signal()
    previous_requested = Signal()
    next_requested = Signal()
    leave_out_toggled = Signal(int)
    folder_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sampleView")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._sample: SampleDetails | None = None
        self._is_pointed = False
        self._pictures: Values = EMPTY[None]
        self.canvas = PictureCanvas()
        self.canvas.pixel_pointed.connect(self._show_pixel)
        self.canvas.scale_changed.connect(self._show_scale)
        self.plot = SignalPlot()
        self.plot.step_pointed.connect(self._show_step)
        self._error = QLabel(wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter)
        self._error.setTextFormat(Qt.TextFormat.PlainText)
        self._error.setProperty("role", "bad")
        self._views = QStackedWidget()
        for view in (self.canvas, self.plot, self._error):
            self._views.addWidget(view)
        self.facts = SampleFacts()
        self.facts.mask_toggled.connect(self.canvas.show_mask)
        self.facts.boxes_toggled.connect(self.canvas.show_boxes)
        self.facts.leave_out_toggled.connect(self.leave_out_toggled)
        self.facts.folder_requested.connect(self.folder_requested)
        self._make_controls()
        self._place()
        self.setAccessibleName("Sample: none")

    # --- making -----------------------------------------------------------------------------------------------------
    def _make_controls(self) -> None:
        self._back = _button("←  Back", "Back to the thumbnails (Esc)")
        self._back.clicked.connect(self.closed)
        self._title = QLabel()
        self._title.setObjectName("sampleName")
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._title.setStyleSheet("font-weight: 600; font-size: 13px;")
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._position = QLabel()
        self._position.setProperty("role", "dim")
        self._previous = _button("‹", "Previous sample (Left)")
        self._previous.clicked.connect(self.previous_requested)
        self._next = _button("›", "Next sample (Right)")
        self._next.clicked.connect(self.next_requested)
        self._farther = _button("−", "Zoom out (−)")
        self._farther.clicked.connect(lambda: self.canvas.zoom(-1))
        self._nearer = _button("+", "Zoom in (+)")
        self._nearer.clicked.connect(lambda: self.canvas.zoom(1))
        self._scale = _button("100 %", "One pixel of the picture for each pixel of the screen (1)")
        self._scale.setObjectName("sampleScale")
        self._scale.clicked.connect(lambda: self.canvas.set_scale(1.0))
        self._fit = _button("Fit", "As large as fits (0)")
        self._fit.clicked.connect(self.canvas.fit)
        self._slice, self._slice_text = _slider("Slice of the volume"), QLabel()
        self._channel, self._channel_text = _slider("Channel that is seen"), QLabel()
        self._slice.valueChanged.connect(self._show_slice)
        self._channel.valueChanged.connect(self._choose_channel)
        for button in (self._farther, self._scale, self._nearer, self._fit, self._previous, self._next):
            button.setStyleSheet("padding: 4px;")
            button.setFixedWidth(28)
        self._scale.setFixedWidth(60)
        self._fit.setFixedWidth(36)
        self._pointed = QLabel(wordWrap=True)
        self._pointed.setMinimumHeight(28)  # two lines
        self._pointed.setObjectName("pointedValues")
        self._pointed.setTextFormat(Qt.TextFormat.PlainText)
        self._pointed.setProperty("role", "dim")
        self._pointed.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def _place(self) -> None:
        top = _line(self._back, self._title, self._position, self._previous, self._next)
        top.setStretchFactor(self._title, 1)
        top.setSpacing(8)
        zoom = _line(self._farther, self._scale, self._nearer, self._fit)
        zoom.addSpacing(8)
        zoom.addWidget(self._pointed, 1)
        self._volume = QWidget()
        self._volume.setLayout(_line(self._slice_text, self._slice, self._channel_text, self._channel))
        picture = QVBoxLayout()
        picture.setSpacing(8)
        picture.addWidget(self._views, 1)
        picture.addWidget(self._volume)
        picture.addLayout(zoom)
        middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addLayout(picture, 1)
        middle.addWidget(self.facts)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addLayout(middle, 1)

    # --- setters ----------------------------------------------------------------------------------------------------
    def set_sample(self, sample: SampleDetails) -> None:
        """Show a sample. The same one again, left out or used now, keeps zoom and place."""
        before, self._sample = self._sample, sample
        same = before is not None and before.index == sample.index and before.values is sample.values
        self._title.setText(sample.name)
        self._title.setToolTip(escape(sample.name))
        self._position.setText("{:,} of {:,}".format(*sample.position) if sample.position else "")
        self._previous.setEnabled(sample.position is not None and sample.position[0] > 1)
        self._next.setEnabled(sample.position is not None and sample.position[0] < sample.position[1])
        self.facts.set_sample(sample)
        if not same:
            self._show_values(sample)
            self._say_pointed("")
        self.setAccessibleName(f"Sample {sample.name}")
        self.setAccessibleDescription(description(sample))

    def set_theme(self, theme: Theme) -> None:
        self.canvas.set_theme(theme)
        self.plot.set_theme(theme)
        self.facts.set_theme(theme)

    @property
    def sample(self) -> SampleDetails | None:
        """What is shown."""
        return self._sample

    @property
    def pointed_text(self) -> str:
        """What stands under the pointer, in words."""
        return self._pointed.text() if self._is_pointed else ""

    # --- values -----------------------------------------------------------------------------------------------------
    def _show_values(self, sample: SampleDetails) -> None:
        values = sample.values
        self._error.setText(f"✕  {sample.name} cannot be read:\n{sample.error}")
        is_picture = not sample.error and values.ndim in (3, 4)
        self._views.setCurrentWidget(self._error if sample.error else self.canvas if is_picture else self.plot)
        for button in (self._farther, self._scale, self._nearer, self._fit):
            button.setVisible(is_picture)
        self._volume.hide()
        if sample.error:
            return
        if is_picture:
            self._show_pictures(sample)
        else:
            self.plot.set_signal(values if values.ndim == 2 else values.reshape(-1, 1))

    def _show_pictures(self, sample: SampleDetails) -> None:
        self._pictures = sample.values if sample.values.ndim == 4 else sample.values[None]
        slices, channels = len(self._pictures), self._pictures.shape[-1]
        several = channels not in (1, 3, 4)
        for slider, text, last, shown in (
            (self._slice, self._slice_text, slices - 1, slices > 1),
            (self._channel, self._channel_text, channels - 1, several),
        ):
            with QSignalBlocker(slider):
                slider.setRange(0, max(last, 0))
                slider.setValue(last // 2 if slider is self._slice else 0)
            slider.setVisible(shown)
            text.setVisible(shown)
        self._volume.setVisible(slices > 1 or several)
        self.canvas.set_annotations(sample.mask, sample.boxes, sample.class_names)
        self.canvas.set_channel(0)
        self._show_slice(self._slice.value(), keeps_view=False)
        self._channel_text.setText(f"channel 1 of {channels}")

    def _show_slice(self, number: int, keeps_view: bool = True) -> None:
        sample = self._sample
        if sample is None:
            return
        self._slice_text.setText(f"slice {number + 1} of {len(self._pictures)}")
        white = sample.white
        if white <= 0:  # one range of greys for all slices
            finite = sample.values[np.isfinite(sample.values)]
            white = float(finite.max(initial=0)) if finite.size and finite.min() >= 0 else 0.0
        self.canvas.set_picture(self._pictures[number], white, keeps_view=keeps_view)

    def _choose_channel(self, channel: int) -> None:
        self._channel_text.setText(f"channel {channel + 1} of {self._pictures.shape[-1]}")
        self.canvas.set_channel(channel)

    def _show_pixel(self, pixel: Pixel | None) -> None:
        sample = self._sample
        if pixel is None or sample is None:
            self._say_pointed("")
            return
        row, column = pixel
        text = f"row {row}, column {column}:  {pointed_text(self._pictures[self._slice.value(), row, column])}"
        if sample.mask is not None and sample.mask.shape == self._pictures.shape[1:3]:
            text += f"  ·  {class_name(sample, int(sample.mask[row, column]))}"
        self._say_pointed(text)

    def _show_step(self, step: int | None) -> None:
        sample = self._sample
        if step is None or sample is None or sample.values.ndim > 2:
            self._say_pointed("")
            return
        values = sample.values[step] if sample.values.ndim == 2 else sample.values[step : step + 1]
        what = "step" if sample.values.ndim == 2 else "value"
        shown = pointed_text(values) if len(values) not in (3, 4) else "  ".join(value_text(value) for value in values)
        self._say_pointed(f"{what} {step}:  {shown}")

    def _say_pointed(self, text: str) -> None:
        """What the pointer is on, or how to point at something."""
        self._is_pointed = bool(text)
        readable = self._sample is not None and not self._sample.error
        hint = ""
        if self._views.currentWidget() is self.canvas:
            larger = self.canvas.shows_values
            hint = (
                "Shift and arrows go from pixel to pixel."
                if larger
                else "Point to read values; zoom in to see them all."
            )
        self._pointed.setText(text or (hint if readable else ""))

    def _show_scale(self, scale: float) -> None:
        self._scale.setText(f"{100 * scale:.0f} %")
        if not self._is_pointed:
            self._say_pointed("")

    # --- keys -------------------------------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        arrows: dict[int, Pixel] = {
            Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
        }  # fmt: skip
        canvas = self.canvas
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and key in arrows:
            canvas.move_pointed(*arrows[key])
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_PageUp):
            self._previous.click()
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_PageDown):
            self._next.click()
        elif key == Qt.Key.Key_Escape:
            self.closed.emit()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            canvas.zoom(-1 if key == Qt.Key.Key_Minus else 1)
        elif key == Qt.Key.Key_0:
            canvas.fit()
        elif key == Qt.Key.Key_1:
            canvas.set_scale(1.0)
        elif key in (Qt.Key.Key_M, Qt.Key.Key_B):
            (self.facts.shows_mask if key == Qt.Key.Key_M else self.facts.shows_boxes).toggle()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.canvas.set_focused(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.canvas.set_focused(False)


def _button(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    return button


def _slider(name: str) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setAccessibleName(name)
    slider.setPageStep(4)
    return slider


def _line(*widgets: QWidget) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(4)
    for widget in widgets:
        line.addWidget(widget)
    return line
