"""`SplitEditor`: which samples are trained on, held out, and kept for the end."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import count

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from models.data.findings import Finding
from models.data.split import Split
from widgets.data.class_bars import Counts
from widgets.data.class_colors import plain_tip
from widgets.data.elided import ElidedLabel
from widgets.data.split_bar import LARGEST, SplitBar
from widgets.forms import make_spin_box
from widgets.theme import Theme, monospace

MOST_CLASSES = 12
"""More classes than these are better seen on their own page."""

NO_PARTS = "This data set does not say so itself: it has no folders or arrays called train, val or test."
_sessions = count(1)


class SplitEditor(QWidget):
    """The fields of `Split`, a bar that shows and changes the shares, what came of them, and leakage.

    Signals:
        split_edited(field, value, session): a field's new value. The session is the same for one uninterrupted editing
            of one field.
        leakage_shown(Finding): the samples on both sides are to be seen.
        leave_out_requested(Finding): those that are held out are to be left out.
    """

    split_edited = Signal(str, object, str)
    leakage_shown = Signal(object)
    leave_out_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("splitEditor")
        self._split = Split()
        self._session, self._session_field = "", ""
        self._finding: Finding | None = None
        self._counts: tuple[int, int, int] | None = None
        self._make_controls()
        self._place()
        self.set_split(self._split, has_parts=False)
        self.set_leakage(None)
        self.set_class_counts((), np.zeros((0, 3), np.int64))

    # --- making -----------------------------------------------------------------------------------------------------
    def _make_controls(self) -> None:
        fields = Split.model_fields
        self.by_shares = QRadioButton("At random, by shares")
        self.by_folders = QRadioButton("As the data set says")
        self.by_folders.setObjectName("splitByFolders")
        self.by_shares.toggled.connect(self._choose_way)
        self._why_not = QLabel(wordWrap=True)
        self._why_not.setProperty("role", "dim")
        self.bar = SplitBar()
        self.bar.share_dragged.connect(self._take)
        self.bar.drag_ended.connect(self._end_session)
        self.counts = QLabel(wordWrap=True)
        self.counts.setObjectName("splitCounts")
        self.shares = {name: self._share_box(name) for name in ("validation", "test")}
        self.stratified = QCheckBox("Stratified")
        self.stratified.setToolTip(plain_tip(fields["stratified"].description or ""))
        self.stratified.setAccessibleDescription(fields["stratified"].description or "")
        self.stratified.toggled.connect(lambda on: self._take("stratified", on))
        self.seed = make_spin_box(96)
        self.seed.setRange(0, 2**31 - 1)
        self.seed.setAccessibleName("Seed")
        self.seed.setToolTip(plain_tip(fields["seed"].description or ""))
        self.seed.edited.connect(self._take_seed)
        self.seed.editingFinished.connect(self._end_session)
        self.dice = QToolButton()
        self.dice.setText("⚄")
        self.dice.setStyleSheet("font-size: 16px; padding: 2px 6px;")
        self.dice.setAccessibleName("Another seed")
        self.dice.setToolTip("Draw other samples.")
        self.dice.clicked.connect(self._roll)
        self._leakage = QFrame()
        self._leakage.setObjectName("leakage")
        self._leakage.setProperty("role", "message")
        self._leakage.setProperty("level", "bad")
        self._leakage_text = QLabel(wordWrap=True)
        self._leakage_text.setTextFormat(Qt.TextFormat.PlainText)
        self._leakage_text.setProperty("role", "bad")
        self.show_button = _repair("Show", "Show these samples")
        self.show_button.clicked.connect(lambda: self.leakage_shown.emit(self._finding))
        self.leave_button = _repair("Leave these out", "Neither train on the held-out ones nor measure on them")
        self.leave_button.clicked.connect(lambda: self.leave_out_requested.emit(self._finding))
        self._table = QWidget()
        self._table.setObjectName("splitTable")

    def _share_box(self, name: str) -> QDoubleSpinBox:
        box = QDoubleSpinBox(suffix=" %", decimals=1, singleStep=1.0, maximum=100 * LARGEST)
        box.setFont(monospace(12))
        box.lineEdit().setTextMargins(7, 0, 0, 0)  # a style sheet's padding does not reach a spin box's text
        box.setMinimumWidth(80)
        help_text = Split.model_fields[name].description or ""
        box.setAccessibleName(f"Share for {name}")
        box.setAccessibleDescription(help_text)
        box.setToolTip(plain_tip(help_text))
        box.setKeyboardTracking(False)
        box.valueChanged.connect(lambda value: self._take(name, round(value / 100, 4)))
        box.editingFinished.connect(self._end_session)
        return box

    def _place(self) -> None:
        ways = QHBoxLayout()
        ways.setSpacing(16)
        ways.addWidget(self.by_shares)
        ways.addWidget(self.by_folders)
        ways.addStretch(1)
        seed = QWidget()
        pair = QHBoxLayout(seed)
        pair.setContentsMargins(0, 0, 0, 0)
        pair.setSpacing(4)
        pair.addWidget(self.seed)
        pair.addWidget(self.dice)
        fields = QGridLayout()
        fields.setHorizontalSpacing(12)
        fields.setVerticalSpacing(8)
        self._names: dict[str, QLabel] = {}
        editors: tuple[tuple[str, QWidget, QWidget], ...] = (
            *((name, box, box) for name, box in self.shares.items()),
            ("seed", seed, self.seed),
        )
        for place, (name, editor, buddy) in enumerate(editors):
            self._names[name] = QLabel(name)
            self._names[name].setProperty("role", "dim")
            self._names[name].setBuddy(buddy)
            fields.addWidget(self._names[name], 0, place)
            fields.addWidget(editor, 1, place)
        fields.addWidget(self.stratified, 1, len(editors))
        fields.setColumnStretch(len(editors) + 1, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.show_button)
        buttons.addWidget(self.leave_button)
        buttons.addStretch(1)
        message = QVBoxLayout(self._leakage)
        message.setContentsMargins(12, 8, 12, 8)
        message.setSpacing(8)
        message.addWidget(self._leakage_text)
        message.addLayout(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(ways)
        column.addWidget(self._why_not)
        column.addWidget(self.bar)
        column.addWidget(self.counts)
        column.addLayout(fields)
        column.addWidget(self._leakage)
        column.addWidget(self._table)
        column.addStretch(1)

    # --- setters ----------------------------------------------------------------------------------------------------
    def set_split(self, split: Split, has_parts: bool) -> None:
        """Show a split; `has_parts` says whether the data set itself names training, validation and test samples."""
        self._split = split
        self.by_folders.setEnabled(has_parts)
        self.by_folders.setToolTip(plain_tip("" if has_parts else NO_PARTS))
        by_folders = split.by == "folders" and has_parts
        with QSignalBlocker(self.by_shares):
            self.by_shares.setChecked(not by_folders)
            self.by_folders.setChecked(by_folders)
        waits = " Until it does, shares count." if split.by == "folders" and not has_parts else ""
        self._why_not.setText(f"ℹ  {NO_PARTS}{waits}")
        self._why_not.setVisible(not has_parts)
        self._show_shares()
        for widget, value in ((self.stratified, split.stratified),):
            with QSignalBlocker(widget):
                widget.setChecked(value)
        self.seed.show_value(split.seed)
        drawn = (*self.shares.values(), self.stratified, self.seed, self.dice, *self._names.values())
        for each in drawn:
            each.setEnabled(not by_folders)
        self._show_bar()

    def set_counts(self, training: int, validation: int, test: int) -> None:
        """How many samples each side really has."""
        self._counts = (training, validation, test)
        self.counts.setText(f"{training:,} training · {validation:,} validation · {test:,} test")
        self._show_bar()

    def set_class_counts(self, names: Sequence[str], counts: Counts) -> None:
        """The samples of each class (classes, 3) on each side; a table where there are few classes."""
        old = self._table.layout()
        if old is not None:
            QWidget().setLayout(old)  # which takes the old labels with it
        shown = 0 < len(names) <= MOST_CLASSES
        self._table.setVisible(shown)
        if not shown:
            return
        grid = QGridLayout(self._table)
        grid.setContentsMargins(0, 4, 0, 0)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(4, 1)
        for column, title in enumerate(("class", "training", "validation", "test")):
            label = QLabel(title)
            label.setProperty("role", "dim")
            side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
            grid.addWidget(label, 0, column, side)
        for row, (name, numbers) in enumerate(zip(names, counts, strict=True), 1):
            words = ElidedLabel(name)
            words.setMaximumWidth(200)
            grid.addWidget(words, row, 0)
            for column, number in enumerate(numbers.tolist(), 1):
                label = QLabel(f"{number:,}")
                label.setFont(monospace(12))
                if number == 0:
                    label.setProperty("role", "dim")
                grid.addWidget(label, row, column, Qt.AlignmentFlag.AlignRight)

    def set_leakage(self, finding: Finding | None) -> None:
        """Say that samples on both sides are the same or nearly so; None where there are none."""
        self._finding = finding
        self._leakage.setVisible(finding is not None)
        if finding is not None:
            self._leakage_text.setText(f"✕  {finding.text}")
            self._leakage.setAccessibleName(f"Leakage: {finding.text}")
            self.leave_button.setText(f"Leave these {len(finding.leave_out):,} out")
            self.leave_button.setVisible(len(finding.leave_out) > 0)

    def set_theme(self, theme: Theme) -> None:
        self.bar.set_theme(theme)

    @property
    def split(self) -> Split:
        """The split with every edit."""
        return self._split

    # --- edits ------------------------------------------------------------------------------------------------------
    def _choose_way(self, by_shares: bool) -> None:
        self._take("by", "shares" if by_shares else "folders")
        self._end_session()

    def _take_seed(self) -> None:
        entry = self.seed.entry()
        if isinstance(entry, int) and self.seed.minimum() <= entry <= self.seed.maximum():
            self._take("seed", entry)

    def _roll(self) -> None:
        self._end_session()
        self._take("seed", random.randrange(10**6))
        self._end_session()

    def _take(self, field: str, value: object) -> None:
        if getattr(self._split, field) == value:
            return
        if field != self._session_field:
            self._session_field, self._session = field, f"split {field} {next(_sessions)}"
        self.set_split(self._split.replace(**{field: value}), self.by_folders.isEnabled())
        self.split_edited.emit(field, value, self._session)

    def _end_session(self) -> None:
        self._session_field = ""

    def _show_shares(self) -> None:
        split = self._split
        for name, other in (("validation", split.test), ("test", split.validation)):
            box, value = self.shares[name], getattr(split, name)
            with QSignalBlocker(box):
                box.setMaximum(100 * max(LARGEST - other, value))
                if abs(box.value() - 100 * value) > 1e-9:
                    box.setValue(100 * value)

    def _show_bar(self) -> None:
        """The shares as planned, or as they are where the data set says them."""
        by_folders = self.by_folders.isChecked()
        training, validation, test = self._counts or (0, 0, 0)
        total = training + validation + test
        if by_folders and total:
            self.bar.set_shares(validation / total, test / total, draggable=False)
        else:
            self.bar.set_shares(self._split.validation, self._split.test, draggable=not by_folders)
        self.bar.setAccessibleName(f"Split: {self.counts.text() or 'not counted yet'}")


def _repair(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setProperty("role", "repair")
    button.setToolTip(tip)
    button.setAccessibleDescription(tip)
    return button
