"""`FittingTabs`: tabs that move closer together, in smaller letters, before any of them is out of sight."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QTabWidget, QWidget

from widgets.theme import set_property

SLACK = 8
"""Pixels that must be left before the tabs move apart again: at the border they would go back and forth."""


class FittingTabs(QTabWidget):
    """A tab widget whose bar has the property `tight` while there is no room for its usual form."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._needed = 0

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def setTabText(self, index: int, text: str) -> None:
        """Another text needs other room."""
        if text != self.tabText(index):
            super().setTabText(index, text)
            self._loosen()

    def tabInserted(self, index: int) -> None:
        super().tabInserted(index)
        self._loosen()

    def tabRemoved(self, index: int) -> None:
        super().tabRemoved(index)
        self._loosen()

    def _loosen(self) -> None:
        """Other tabs need other room: measure it anew."""
        set_property(self.tabBar(), "tight", False)
        self._needed = 0
        self.fit()

    def fit(self) -> None:
        """Move the tabs together or apart, as the width asks for."""
        bar = self.tabBar()
        if not bar.property("tight"):
            self._needed = bar.sizeHint().width()
        slack = SLACK if bar.property("tight") else 0
        set_property(bar, "tight", self.width() < self._needed + 16 + slack)
