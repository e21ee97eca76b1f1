"""`PipelineStrip`: where prepared samples are kept, and whether they come fast enough."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from models.training.events import DataPlanned, DataSpeed
from widgets.data.elided import ElidedLabel
from widgets.theme import Theme, set_property

UNKNOWN = "Where prepared samples are kept is decided when training begins."
PLACES = {
    "memory": "Samples are prepared once and kept in memory; only augmentation is done anew.",
    "disk": "Samples are prepared once and kept on disk; only augmentation is done anew.",
    "stream": "Samples are prepared anew in every epoch, since there is no room to keep them.",
}


class PipelineStrip(QWidget):
    """One line: `cached in memory, 312 MB · data 9,100/s, model 4,300/s: data is not the bottleneck`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pipelineStrip")
        self._plan: DataPlanned | None = None
        self._speed: DataSpeed | None = None
        self.line = ElidedLabel(role="dim")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line, 1)
        self._refresh()

    def set_plan(self, plan: DataPlanned | None) -> None:
        """Where prepared samples are kept; None while nobody has decided."""
        self._plan = plan
        self._refresh()

    def set_speed(self, speed: DataSpeed | None) -> None:
        """What the data can give and the model takes; None before it was measured."""
        self._speed = speed
        self._refresh()

    def set_theme(self, theme: Theme) -> None:
        """Nothing is painted here; the style sheet does it all."""

    @property
    def text(self) -> str:
        return self.line.text()

    def _refresh(self) -> None:
        slow = self._speed is not None and self._speed.is_bottleneck
        known = (self._speed, self._plan) if slow else (self._plan, self._speed)  # what matters first
        parts = [part.text for part in known if part is not None]
        text = ("⚠  " if slow else "") + (" · ".join(parts) or UNKNOWN)
        help_text = PLACES[self._plan.place] if self._plan is not None else ""
        if slow:
            help_text += " The model waits for samples: fewer or cheaper augmentation steps, or a larger batch, help."
        set_property(self.line, "role", "warn" if slow else "dim")
        self.line.set_words(text, f"{text}\n{help_text}".strip())
        self.setAccessibleName(text)
        self.setAccessibleDescription(help_text.strip())
