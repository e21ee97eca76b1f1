"""`RunsScatterView`: the plane of runs, and what its axes show."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from widgets.runs.scatter import RESULTS, SIZES, Measure, RunsScatter
from widgets.runs.styles import RunStyles


class RunsScatterView(QWidget):
    """Two choices over the plane.

    Signals:
        run_chosen(key, add): as of the plane.
    """

    run_chosen = Signal(str, bool)

    def __init__(self, styles: RunStyles, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runsScatterView")
        self.plane = RunsScatter(styles)
        self.plane.run_chosen.connect(self.run_chosen)
        self._up = _combo("scatterUp", "What the axis up shows", RESULTS)
        self._across = _combo("scatterAcross", "What the axis across shows", SIZES)
        for combo in (self._up, self._across):
            combo.currentIndexChanged.connect(self._choose)
        against = QLabel("against")
        against.setProperty("role", "dim")
        hint = QLabel("····  best for its size")
        hint.setProperty("role", "dim")
        controls = QHBoxLayout()
        controls.setSpacing(8)
        for widget in (self._up, against, self._across):
            controls.addWidget(widget)
        controls.addStretch(1)
        controls.addWidget(hint)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(controls)
        column.addWidget(self.plane, 1)

    def _choose(self) -> None:
        self.plane.set_measures(SIZES[self._across.currentIndex()], RESULTS[self._up.currentIndex()])


def _combo(name: str, tip: str, measures: tuple[Measure, ...]) -> QComboBox:
    combo = QComboBox()
    combo.setObjectName(name)
    combo.setAccessibleName(tip)
    combo.setToolTip(tip)
    combo.addItems([measure.title for measure in measures])
    return combo
