"""`SampleFacts`: the column beside a sample: what is known of it, and what can be done with it."""

from __future__ import annotations

from html import escape

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from widgets.data.class_colors import class_color
from widgets.data.sample_details import SampleDetails, class_name, facts
from widgets.theme import DARK, Theme

WIDTH = 184
MOST_KEYS = 12
NAMES = ("Class", "Part", "Size", "Values")


class SampleFacts(QScrollArea):
    """Facts, which colour is which class, findings, and buttons.

    Signals:
        mask_toggled(shows), boxes_toggled(shows).
        leave_out_toggled(index), folder_requested(index).
    """

    mask_toggled = Signal(bool)
    boxes_toggled = Signal(bool)
    leave_out_toggled = Signal(int)
    folder_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = DARK
        self._sample: SampleDetails | None = None
        self._facts = {name: _text() for name in NAMES}
        self.shows_mask = _check("Mask", "Lay the mask over the picture (M)")
        self.shows_mask.toggled.connect(self.mask_toggled)
        self.shows_boxes = _check("Boxes", "Draw the boxes around objects (B)")
        self.shows_boxes.toggled.connect(self.boxes_toggled)
        self._key = QLabel(wordWrap=True)
        self._key.setTextFormat(Qt.TextFormat.RichText)
        self._findings = _text()
        self._findings.setProperty("role", "warn")
        self.leave_out = QPushButton("Leave out")
        self.leave_out.setObjectName("leaveOutButton")
        self.leave_out.clicked.connect(self._toggle_left_out)
        self.folder = QPushButton("Open folder")
        self.folder.setToolTip("Show this sample's file in its folder.")
        self.folder.clicked.connect(self._ask_for_folder)
        self._place()

    def _place(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(8)
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(4)
        for name, value in self._facts.items():
            label = QLabel(name)
            label.setProperty("role", "dim")
            form.addRow(label, value)
        annotations = QHBoxLayout()
        annotations.setSpacing(12)
        annotations.addWidget(self.shows_mask)
        annotations.addWidget(self.shows_boxes)
        annotations.addStretch(1)
        column.addLayout(form)
        column.addLayout(annotations)
        for widget in (self._key, self._findings, self.leave_out, self.folder):
            column.addWidget(widget)
        column.addStretch(1)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedWidth(WIDTH)
        self.setWidget(content)

    def set_sample(self, sample: SampleDetails) -> None:
        """Show what is known of a sample."""
        self._sample = sample
        for name, text in facts(sample).items():
            self._facts[name].setText(text)
        is_picture = not sample.error and sample.values.ndim > 2
        self.shows_mask.setVisible(is_picture and sample.mask is not None)
        self.shows_boxes.setVisible(is_picture and sample.boxes is not None)
        self._key.setText(self._key_text(sample))
        self._key.setVisible(bool(self._key.text()))
        self._findings.setText("\n".join(f"⚠ {text}" for text in sample.findings))
        self._findings.setVisible(bool(sample.findings))
        self.leave_out.setText("Use again" if sample.left_out else "Leave out")
        tip = "Take this sample back." if sample.left_out else "Neither train on this sample nor measure on it."
        self.leave_out.setToolTip(tip)
        self.folder.setVisible(sample.has_folder)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        if self._sample is not None:
            self._key.setText(self._key_text(self._sample))

    def text(self, name: str) -> str:
        """One of the facts: "Class", "Part", "Size" or "Values"."""
        return self._facts[name].text()

    def _key_text(self, sample: SampleDetails) -> str:
        """Which colour of mask or boxes is which class."""
        labels = set(np.unique(sample.mask).tolist()) - {0} if sample.mask is not None else set()
        if sample.boxes is not None:
            labels |= {int(label) for label in sample.boxes[:, 4]}
        lines = [
            f"<font color='{class_color(label, self._theme).name()}'>■</font> {escape(class_name(sample, label))}"
            for label in sorted(labels)[:MOST_KEYS]
        ]
        rest = len(labels) - len(lines)
        return "<br>".join([*lines, *([f"and {rest} more classes"] if rest else [])])

    def _toggle_left_out(self) -> None:
        if self._sample is not None:
            self.leave_out_toggled.emit(self._sample.index)

    def _ask_for_folder(self) -> None:
        if self._sample is not None:
            self.folder_requested.emit(self._sample.index)


def _check(text: str, tip: str) -> QCheckBox:
    box = QCheckBox(text)
    box.setToolTip(tip)
    box.setChecked(True)
    return box


def _text() -> QLabel:
    label = QLabel(wordWrap=True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setMinimumWidth(1)
    return label
