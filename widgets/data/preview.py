"""`BatchPreview`: a batch exactly as the network will get it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from models.data.facts import Target
from models.data.findings import counted, listed
from models.training.events import BatchPreviewed
from widgets.data.elided import ElidedLabel
from widgets.data.preview_grid import PreviewGrid
from widgets.data.preview_pictures import summary_text
from widgets.theme import Theme, set_property

ROOMY = 440
"""Pixels from which buttons show all of their words."""

NOTHING_YET = "The first batch appears here once the data set is ready."


class BatchPreview(QWidget):
    """The grid with its switches, the range of the values, and what the pointer is on.

    Signals:
        shuffle_requested: other samples and other random changes.
        part_chosen(part): "training", which is augmented, or "validation", which is not.
    """

    shuffle_requested = Signal()
    part_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("batchPreview")
        self._batch: BatchPreviewed | None = None
        self._busy_text = self._error_text = ""
        self.grid = PreviewGrid()
        self.grid.pointed.connect(self._point)
        self._make_controls()
        self._place()
        self._refresh()

    # --- making -----------------------------------------------------------------------------------------------------
    def _make_controls(self) -> None:
        self.part_buttons = {
            "training": _switch("Training", "Training samples, augmented at random"),
            "validation": _switch("Validation", "Validation samples, which are not augmented"),
        }
        self._parts = _exclusive(self, *self.part_buttons.values())
        self.part_buttons["training"].setChecked(True)
        for part, button in self.part_buttons.items():
            button.clicked.connect(lambda _on=False, part=part: self.part_chosen.emit(part))
        self.paired_button = _switch("Side by side", "Each sample as stored beside what the network gets of it")
        self.paired_button.setAccessibleName("Side by side")
        self.paired_button.setChecked(True)
        self.paired_button.toggled.connect(self.grid.set_paired)
        self.annotations = _switch("Masks and boxes", "Paint masks and boxes over the pictures")
        self.annotations.setAccessibleName("Masks and boxes")
        self.annotations.setChecked(True)
        self.annotations.toggled.connect(self.grid.set_annotated)
        self.shuffle_button = QToolButton()
        self.shuffle_button.setText("⟳ Shuffle")
        self.shuffle_button.setObjectName("shuffleButton")
        self.shuffle_button.setStyleSheet("padding: 5px 8px;")
        self.shuffle_button.setAccessibleName("Shuffle again")
        self.shuffle_button.setToolTip("Shuffle again: take other samples and draw other random changes.")
        self.shuffle_button.clicked.connect(self.shuffle_requested)
        self.message = QLabel(wordWrap=True)
        self.message.setObjectName("previewMessage")
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 0)
        self._bar.setFixedSize(120, 4)
        self._bar.setAccessibleName("Preparing")
        self.range_line = ElidedLabel(role="dim")
        self.range_line.setObjectName("previewRange")
        self.pointed_line = ElidedLabel(role="dim")
        self.pointed_line.setObjectName("previewPointed")
        self.lost = ElidedLabel(role="warn")
        self.lost.setObjectName("previewLost")

    def _place(self) -> None:
        self._annotations_group = _group(self.annotations)
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(_group(*self.part_buttons.values()))
        top.addWidget(_group(self.paired_button))
        top.addWidget(self._annotations_group)
        top.addStretch(1)
        top.addWidget(self.shuffle_button)
        plate = QFrame()
        plate.setObjectName("plate")
        plate.setStyleSheet("QFrame#plate { background: palette(window); border-radius: 8px; }")
        words = QVBoxLayout(plate)
        words.setContentsMargins(16, 12, 16, 12)
        words.setSpacing(8)
        words.addWidget(self.message)
        words.addWidget(self._bar, 0, Qt.AlignmentFlag.AlignHCenter)
        notice = QWidget()
        row = QHBoxLayout(notice)
        row.addStretch(1)
        row.addWidget(plate, 8, Qt.AlignmentFlag.AlignVCenter)
        row.addStretch(1)
        notice.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._notice = notice
        area = QWidget()
        area.setMinimumHeight(72)
        self._stack = QStackedLayout(area)
        self._stack.setStackingMode(QStackedLayout.StackingMode.StackAll)
        self._stack.addWidget(self.grid)
        self._stack.addWidget(notice)
        self._stack.setCurrentWidget(notice)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(area, 1)
        layout.addWidget(self.lost)
        line = QHBoxLayout()
        line.setSpacing(16)
        line.addWidget(self.range_line)
        line.addWidget(self.pointed_line, 1)
        layout.addLayout(line)

    # --- setters ----------------------------------------------------------------------------------------------------
    def set_batch(self, batch: BatchPreviewed | None) -> None:
        """Show a batch, which ends being busy and clears an error; None for none."""
        self._batch = batch
        self._busy_text = self._error_text = ""
        self.grid.set_batch(batch)
        self.range_line.set_words(summary_text(batch.inputs) if batch is not None else "")
        has_annotations = batch is not None and bool(batch.masks or batch.boxes)
        self._annotations_group.setVisible(has_annotations)
        lost = batch.lost if batch is not None else ()
        verb = "is" if len(lost) == 1 else "are"
        missing = f"{counted(len(lost), 'samples')} of this batch cannot be read and {verb} left out"
        self.lost.set_words(f"⚠  {missing}: {listed(lost, 2)}", "\n".join((missing, *lost[:20])))
        self.lost.setVisible(bool(lost))
        self._refresh()

    def set_busy(self, text: str) -> None:
        """Say what is waited for, as "Preparing …"; empty when nothing is. The batch before stays, faded."""
        self._busy_text = text
        if text:
            self._error_text = ""
        self._refresh()

    def set_error(self, text: str) -> None:
        """Say why there is no batch; empty when all is well."""
        self._error_text, self._busy_text = text, ""
        self._refresh()

    def set_part(self, part: str) -> None:
        """Which side of the split is shown, without a signal."""
        self.part_buttons[part].setChecked(True)

    def set_target(self, target: Target) -> None:
        """What is learned, as in the data set's facts: captions name each sample's class, or those in its mask."""
        self.grid.set_target(target)

    def set_theme(self, theme: Theme) -> None:
        self.grid.set_theme(theme)

    @property
    def part(self) -> str:
        """Which side of the split is to be shown."""
        return next(part for part, button in self.part_buttons.items() if button.isChecked())

    # --- inside -----------------------------------------------------------------------------------------------------
    def _refresh(self) -> None:
        nothing = self._batch is None or not len(self._batch.inputs)
        text = f"✕  {self._error_text}" if self._error_text else self._busy_text or (NOTHING_YET if nothing else "")
        self.message.setText(text)
        set_property(self.message, "role", "bad" if self._error_text else "" if self._busy_text else "dim")
        self._bar.setVisible(bool(self._busy_text))
        self._notice.setVisible(bool(text))
        self.grid.setVisible(not self._error_text)
        self.grid.set_faded(bool(self._busy_text))
        self.setAccessibleDescription(text or self.range_line.text())

    def _point(self, text: str) -> None:
        self.pointed_line.set_words(text)
        self.range_line.setVisible(not (text and self.width() < ROOMY))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room the buttons say less."""
        super().resizeEvent(event)
        roomy = self.width() >= ROOMY
        self.paired_button.setText("Side by side" if roomy else "⇄")
        self.annotations.setText("Masks and boxes" if roomy else "▣")
        self.shuffle_button.setText("⟳  Shuffle" if roomy else "⟳")


def _switch(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setCheckable(True)
    button.setToolTip(tip)
    button.setAccessibleDescription(tip)
    return button


def _exclusive(parent: QWidget, *buttons: QToolButton) -> QButtonGroup:
    group = QButtonGroup(parent)
    for button in buttons:
        group.addButton(button)
    return group


def _group(*buttons: QToolButton) -> QFrame:
    """Buttons of which one is down, in one frame."""
    frame = QFrame()
    frame.setObjectName("switch")
    frame.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    frame.setStyleSheet(
        "QFrame#switch { background: palette(base); border: 1px solid palette(mid); border-radius: 6px; }"
        "QFrame#switch QToolButton { background: transparent; padding: 3px 6px; border-radius: 4px;"
        " font-size: 11px; color: palette(placeholder-text); }"
        "QFrame#switch QToolButton:checked { background: palette(alternate-base); color: palette(text); }"
        "QFrame#switch QToolButton:focus { border-color: palette(highlight); }"
    )
    row = QHBoxLayout(frame)
    row.setContentsMargins(2, 2, 2, 2)
    row.setSpacing(2)
    for button in buttons:
        row.addWidget(button)
    return frame
