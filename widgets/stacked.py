"""`Stacked`: a view that says how to get something as long as there is nothing to show."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QStackedLayout, QVBoxLayout, QWidget


class Stacked(QStackedLayout):
    """Two pages: a few words, and the view itself."""

    def __init__(self, text: str, page: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        holder = QWidget()
        self.words = QLabel(text)
        self.words.setProperty("role", "dim")
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words.setWordWrap(True)
        self.words.setMinimumWidth(1)
        around = QVBoxLayout(holder)
        around.setContentsMargins(48, 8, 48, 8)
        around.addWidget(self.words)
        self.addWidget(holder)
        self.addWidget(page)

    def show_page(self, shown: bool) -> None:
        """Show the view, or the words."""
        self.setCurrentIndex(1 if shown else 0)
