"""`ArrayDialog`: which array of a file has the samples, which the labels, and what their axes are, with a preview."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from models.data.array_axes import AXES, axes_text, detected_axes
from models.data.array_files import ArrayInfo
from models.data.array_roles import NONE, guessed, is_npy
from models.data.facts import DataError
from models.data.sources.arrays import ArrayFile
from widgets.choice_dialog import ChoiceDialog
from widgets.sample_preview import GAP, NAME_HEIGHT, TILE, Floats, SamplePreview
from widgets.theme import Theme, monospace

SIZE = QSize(580, 660)
ROW_HEIGHT = 28
NAMES = ("values", "labels", "test_values", "test_labels", "masks")
WITHOUT = {"labels": NONE, "test_values": NONE, "test_labels": NONE, "masks": ""}
"""What stands for no array in the fields that can do without."""


class ArrayDialog(ChoiceDialog):
    """Offers the arrays that fit each role, and shows some samples as they will be read.

    Signals:
        choice_changed(source): an ArrayFile with the user's choice; `set_preview` answers.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Use these arrays", SIZE, parent)
        self.setObjectName("arrayDialog")
        self.setWindowTitle("Arrays")
        self._infos: tuple[ArrayInfo, ...] = ()
        self._source = ArrayFile(path=".")
        self._boxes = {name: _box() for name in (*NAMES, "axes")}
        self._refused = QLabel()
        self._refused.setProperty("role", "dim")
        self._refused.setTextFormat(Qt.TextFormat.PlainText)
        self._refused.setWordWrap(True)
        self._preview = SamplePreview()
        self._empty = QLabel()
        self._empty.setProperty("role", "dim")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setMinimumHeight(2 * (TILE + NAME_HEIGHT) + GAP)  # so that nothing moves when samples come
        self._add_rows()
        for name, box in self._boxes.items():
            box.activated.connect(lambda _index, name=name: self._choose(name))
        self._wait()

    @property
    def source(self) -> ArrayFile:
        """The arrays as they are chosen."""
        return self._source

    def set_arrays(self, infos: Sequence[ArrayInfo], guess: ArrayFile) -> None:
        """Offer these arrays; the guess, with names and axes filled in, is chosen. It has yet to be looked at."""
        self._infos, self._source = tuple(infos), guess
        self._title.setText(PurePath(guess.path).name)
        count = f"{len(infos):,} array{'s' if len(infos) != 1 else ''}"
        beside = " in this folder" if len(infos) > 1 and self._is_npy else ""
        self._summary.setText(f"{count}{beside}. Say what each is for.")
        refused = [f"{info.name}: {info.problem}." for info in infos if info.problem]
        self._refused.setText("\n".join(["Not offered:", *refused[:4]]))
        self._refused.setVisible(bool(refused))
        self._show()
        self._show_samples((), ())
        self._wait()

    def set_preview(self, images: Sequence[Floats], names: Sequence[str], text: str, error: str = "") -> None:
        """Show samples as they will be read, with their classes, and what there is in all; or why it cannot be read.

        Args:
            images: each float32 (height, width, 1 or 3) in 0 … 1, (steps, channels) or (values,).
            names: the class of each.
            text: `60,000 images · 28×28×1 · 10 classes`.
            error: a sentence; empty where all is well.
        """
        self._show_samples(() if error else images, () if error else names)
        self._say(error or text, "bad" if error else "")
        self.set_accept_enabled(not error)

    def set_theme(self, theme: Theme) -> None:
        self._preview.set_theme(theme)

    @property
    def preview(self) -> SamplePreview:
        """The samples that are shown."""
        return self._preview

    def box(self, field: str) -> QComboBox:
        """The combo box of a field."""
        return self._boxes[field]

    @property
    def _is_npy(self) -> bool:
        return is_npy(self._infos, self._source)

    def _choose(self, field: str) -> None:
        """Take what the user chose; other samples bring their own labels, tests and axes with them."""
        value = str(self._boxes[field].currentData())
        if value == getattr(self._source, field):
            return
        self._source = self._source.replace(**{field: value})
        if field == "values":
            other = ArrayFile(path=self._source.path, values=value)
            self._source = guessed(self._infos, other)
        if field == "test_values":
            self._source = guessed(self._infos, self._source.replace(test_labels=""))
        self._show()
        self._wait()
        self.choice_changed.emit(self._source)

    def _show(self) -> None:
        for name in NAMES:
            chosen = self._infos[0].name if name == "values" and self._is_npy else self._source
            value = chosen if isinstance(chosen, str) else str(getattr(self._source, name))
            rows = [(info.text, info.name) for info in self._infos if _fits(info, name)]
            if name in WITHOUT:
                rows.insert(0, ("none", WITHOUT[name]))
                value = value or WITHOUT[name]
            _fill(self._boxes[name], rows, value)
        self._boxes["values"].setEnabled(not self._is_npy)
        self._boxes["test_labels"].setEnabled(self._source.test_values != NONE)
        values = next((info for info in self._infos if info.name == self._boxes["values"].currentData()), None)
        letters = list(AXES.get(len(values.shape), ())) if values is not None else []
        axes = self._source.axes or (_detected(values) if values is not None else "")
        if axes and axes not in letters:
            letters.append(axes)
        _fill(self._boxes["axes"], [(_words(letter), letter) for letter in letters], axes)
        for name, box in self._boxes.items():  # a narrow box shows the beginning only
            box.setToolTip("\n".join(filter(None, (box.currentText(), ArrayFile.model_fields[name].description))))

    def _show_samples(self, images: Sequence[Floats], names: Sequence[str]) -> None:
        self._preview.set_samples(images, names)
        self._preview.setVisible(bool(images))
        self._empty.setVisible(not images)
        self._empty.setText("Samples appear here once they can be read.")

    def _add_rows(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnMinimumWidth(0, 92)
        grid.setColumnStretch(1, 1)
        for row, (name, box) in enumerate(self._boxes.items()):
            help_text = ArrayFile.model_fields[name].description or ""
            label = QLabel(name)
            label.setFont(monospace(11))
            label.setProperty("role", "dim")
            label.setBuddy(box)
            label.setToolTip(help_text)
            box.setAccessibleName(name)
            box.setAccessibleDescription(help_text)
            box.setObjectName(f"array_{name}")
            grid.addWidget(label, row, 0)
            grid.addWidget(box, row, 1)
        card = QFrame()
        card.setProperty("role", "card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(14, 14, 14, 10)
        inside.addWidget(self._preview)
        inside.addWidget(self._empty)
        self._body.addLayout(grid)
        self._body.addWidget(self._refused)
        self._body.addWidget(card)
        self._body.addStretch(1)


def _box() -> QComboBox:
    box = QComboBox()
    box.setFont(monospace(12))
    box.setFixedHeight(ROW_HEIGHT)
    box.setMinimumContentsLength(8)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return box


def _fill(box: QComboBox, rows: Iterable[tuple[str, str]], value: str) -> None:
    """Offer texts with their values; one that is not among them leaves the box empty."""
    with QSignalBlocker(box):
        box.clear()
        for text, data in rows:
            box.addItem(text, data)
        box.setCurrentIndex(box.findData(value))
    box.view().setMinimumWidth(min(box.view().sizeHintForColumn(0) + 24, 520))


def _fits(info: ArrayInfo, field: str) -> bool:
    """Whether an array can have a role, as far as its header tells."""
    if info.problem:
        return False
    if field in ("values", "test_values"):
        return len(info.shape) in AXES and info.dtype.kind in "buif"
    if field == "masks":
        return (len(info.shape) == 3 or (len(info.shape) == 4 and info.shape[-1] == 1)) and info.dtype.kind in "bui"
    return len(info.shape) in (1, 2)


def _detected(info: ArrayInfo) -> str:
    try:
        return detected_axes(info.shape)
    except DataError:
        return ""


def _words(axes: str) -> str:
    try:
        return axes_text(axes)
    except KeyError:  # letters from a project file that mean nothing
        return axes
