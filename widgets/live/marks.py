"""Marks on the curves: where the learning rate was changed, where a run was taken up again, which epoch was best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import Qt

from models.training.history import History
from widgets.theme import DARK, Theme

MOST_LINES = 64
"""Lines that are drawn; of more the last ones, which are those that a run is at."""

LINES = {"rate": (Qt.PenStyle.DashLine, "text"), "resumed": (Qt.PenStyle.DotLine, "text")}
"""How each kind is drawn: they differ in their dashes, not in their colours."""


@dataclass(frozen=True)
class Mark:
    """Something that happened after so many steps, in words."""

    step: int
    kind: Literal["rate", "resumed", "best"]
    text: str


def marks_of(history: History) -> list[Mark]:
    """What happened during a run, in order."""
    who = {"user": "by you", "plateau": "since it was no longer getting better"}
    marks = [
        Mark(change.step, "rate", f"learning rate {change.learning_rate:g} from step {change.step:,} on, "
             f"{who[change.reason]}")
        for change in history.rate_changes
    ]  # fmt: skip
    marks += [Mark(step, "resumed", f"taken up again after step {step:,}") for step in history.resumes]
    return sorted(marks, key=lambda mark: mark.step)[-MOST_LINES:]


def best_text(history: History) -> str:
    """Which epoch was best, and how good it was."""
    best = history.best_epoch
    if best is None:
        return ""
    done = history.epochs[best]
    values = [(done.held_out_loss, "loss"), (done.held_out_metric, "metric")]
    told = ", ".join(f"{name} {value:.4g}" for value, name in values if value is not None)
    return f"best epoch so far: {done.epoch + 1}{f' (held out: {told})' if told else ''}"


class MarkLines:
    """Vertical lines in a plot, made anew only where there are others."""

    def __init__(self, item: Any) -> None:
        self._item = item
        self._theme = DARK
        self._lines: list[Any] = []
        self.placed: list[tuple[Mark, float]] = []

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for line, (mark, _place) in zip(self._lines, self.placed, strict=True):
            line.setPen(self._pen(mark))

    def set_marks(self, marks: Sequence[Mark], places: npt.NDArray[np.float64]) -> None:
        """Show these marks at these places of the axis."""
        placed = list(zip(marks, places.tolist(), strict=True))
        if placed == self.placed:
            return
        for line in self._lines:
            self._item.removeItem(line)
        self.placed = placed
        self._lines = [pg.InfiniteLine(place, angle=90, pen=self._pen(mark)) for mark, place in placed]
        for line in self._lines:
            self._item.addItem(line, ignoreBounds=True)

    def _pen(self, mark: Mark) -> Any:
        style, token = LINES[mark.kind]
        return pg.mkPen(self._theme.color(token, 150), width=1, style=style)
