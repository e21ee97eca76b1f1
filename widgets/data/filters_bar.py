"""`FiltersBar`: which samples the thumbnail wall shows, and how large."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QSlider,
    QToolButton,
    QWidget,
)

from models.data.findings import Finding
from widgets.data.wall import LARGEST_TILE, SMALLEST_TILE, USUAL_TILE
from widgets.theme import Theme

Part = Literal["training", "validation", "test", "left out"]
PARTS: tuple[Part, ...] = ("training", "validation", "test", "left out")
ONE_LINE = 860
"""Pixels from which everything stands in one line."""

PATIENCE = 200
"""Milliseconds after the last letter until a search begins."""


@dataclass(frozen=True)
class WallFilter:
    """What samples must be to be shown; None and an empty text ask for nothing.

    Attributes:
        label: of this class.
        part: on this side of the split, or left out.
        finding: among this finding's samples.
        text: have this in their name, whatever the case of its letters.
    """

    label: int | None = None
    part: Part | None = None
    finding: Finding | None = None
    text: str = ""


class FiltersBar(QWidget):
    """Combo boxes for class, part and finding, a search, how many are shown, and a slider for the tiles.

    Signals:
        filter_changed(WallFilter).
        tile_size_changed(edge): pixels of a picture's edge.
    """

    filter_changed = Signal(object)
    tile_size_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("wallFilters")
        self._sent = WallFilter()
        self._short = False
        self._classes = _combo("Class", "Show the samples of one class only.")
        self._part = _combo("Part", "Show one side of the split, or what is left out.")
        self._findings = _combo("Finding", "Show the samples that something was found about.")
        self._search = QLineEdit(placeholderText="Search names", clearButtonEnabled=True)
        self._search.setObjectName("wallSearch")
        self._search.setAccessibleName("Search the samples' names")
        self._search.setMinimumWidth(110)
        self._clear = QToolButton()
        self._clear.setText("Show all")
        self._clear.setAccessibleName("Show all samples again")
        self._clear.clicked.connect(self.clear)
        self._shown = QLabel()
        self._shown.setObjectName("wallShown")
        self._shown.setProperty("role", "dim")
        self._size = _size_slider()
        self._size.valueChanged.connect(self.tile_size_changed)
        self._waiting = QTimer(self, singleShot=True, interval=PATIENCE)
        self._waiting.timeout.connect(self._report)
        self._search.textEdited.connect(self._waiting.start)
        self._search.returnPressed.connect(self._report)
        for combo in (self._classes, self._part, self._findings):
            combo.currentIndexChanged.connect(self._report)
        self._place()
        self.set_classes((), ())
        self.set_parts({})
        self.set_findings(())
        self.set_shown(0, 0)

    def _place(self) -> None:
        combos, rest = QHBoxLayout(), QHBoxLayout()
        for line in (combos, rest):
            line.setSpacing(8)
        for combo in (self._classes, self._part, self._findings):
            combos.addWidget(combo, 1)
        rest.addWidget(self._search, 1)
        rest.addWidget(self._clear)
        rest.addWidget(self._shown)
        rest.addWidget(self._size)
        self._lines = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(8)
        self._lines.addLayout(combos, 1)
        self._lines.addLayout(rest, 1)

    # --- setters ----------------------------------------------------------------------------------------------------
    def set_classes(self, names: Sequence[str], counts: Sequence[int]) -> None:
        """The classes with how many samples each has; a chosen one stays chosen."""
        pairs = zip(names, counts, strict=True)
        entries = [(f"{name} ({int(count):,})", label) for label, (name, count) in enumerate(pairs)]
        _fill(self._classes, "All classes", entries, self._sent.label)
        self._settle()

    def set_parts(self, counts: Mapping[Part, int]) -> None:
        """How many samples each part has; parts that are not named stand there without a number."""
        entries = [(part.capitalize() + (f" ({counts[part]:,})" if part in counts else ""), part) for part in PARTS]
        _fill(self._part, "All parts", entries, self._sent.part)
        self._settle()

    def set_findings(self, findings: Sequence[Finding]) -> None:
        """The findings that are about samples. A chosen one that is gone is no longer asked for: see `filter`."""
        about = [finding for finding in findings if len(finding.samples)]
        entries = [(f"{finding.kind.value} ({len(finding.samples):,})", finding) for finding in about]
        _fill(self._findings, "All findings" if about else "No findings", entries, self._sent.finding)
        self._findings.setEnabled(bool(about))
        self._settle()

    def set_filter(self, wanted: WallFilter) -> None:
        """Show a filter without reporting it."""
        for combo, value in (
            (self._classes, wanted.label),
            (self._part, wanted.part),
            (self._findings, wanted.finding),
        ):
            _choose(combo, value)
        self._search.setText(wanted.text)
        self._waiting.stop()
        self._settle()

    def set_shown(self, shown: int, total: int) -> None:
        """How many of all samples pass the filter."""
        self._shown.setText(f"shown {shown:,} of {total:,}")

    def set_tile_size(self, edge: int) -> None:
        """Show the size of tiles without reporting it."""
        with QSignalBlocker(self._size):
            self._size.setValue(edge)

    def set_theme(self, theme: Theme) -> None:
        """Nothing is painted here; the style sheet does it all."""

    @property
    def filter(self) -> WallFilter:
        """What the controls say now."""
        return WallFilter(
            label=self._classes.currentData(),
            part=self._part.currentData(),
            finding=self._findings.currentData(),
            text=self._search.text().strip(),
        )

    def clear(self) -> None:
        """Show all samples again."""
        self.set_filter(WallFilter())
        self.filter_changed.emit(self._sent)

    def set_short(self, short: bool) -> None:
        """Take one line in any case where there is little height: what only tells, or keys do as well, is not there."""
        self._short = short
        self._shown.setVisible(not short)
        self._size.setVisible(not short)
        self._arrange()

    # --- inside -----------------------------------------------------------------------------------------------------
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        wide = self._short or self.width() >= ONE_LINE
        self._lines.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)

    def _report(self) -> None:
        self._waiting.stop()
        before = self._sent
        self._settle()
        if self._sent != before:
            self.filter_changed.emit(self._sent)

    def _settle(self) -> None:
        """Take what the controls say for known."""
        self._sent = self.filter
        self._clear.setVisible(self._sent != WallFilter())


def _combo(name: str, tip: str) -> QComboBox:
    combo = QComboBox()
    combo.setObjectName(f"wall{name}")
    combo.setAccessibleName(f"{name} of the samples shown")
    combo.setToolTip(tip)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(9)
    combo.setMaxVisibleItems(20)
    combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return combo


def _size_slider() -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setObjectName("wallTileSize")
    slider.setAccessibleName("Size of the thumbnails")
    slider.setToolTip("Size of the thumbnails (Ctrl + mouse wheel, or + and − on the wall)")
    slider.setRange(SMALLEST_TILE, LARGEST_TILE)
    slider.setSingleStep(16)
    slider.setPageStep(32)
    slider.setValue(USUAL_TILE)
    slider.setFixedSize(QSize(88, 20))
    return slider


def _fill(combo: QComboBox, none: str, entries: Sequence[tuple[str, Any]], chosen: Any) -> None:
    """Other entries, of which the one chosen before stays chosen, without reporting."""
    with QSignalBlocker(combo):
        combo.clear()
        combo.addItem(none, None)
        for text, value in entries:
            combo.addItem(text, value)
    _choose(combo, chosen)


def _choose(combo: QComboBox, value: Any) -> None:
    values = [combo.itemData(place) for place in range(combo.count())]
    with QSignalBlocker(combo):
        combo.setCurrentIndex(values.index(value) if value in values else 0)
