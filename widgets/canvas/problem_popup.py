"""What is wrong with a block and what would repair it, right where the block is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from models.analysis import Problem
from widgets.theme import Theme

WIDTH = 320


class ProblemPopup(QFrame):
    """A small panel over the canvas.

    Signals:
        repair_chosen(str, object): node id and the repair.
    """

    repair_chosen = Signal(str, object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._room = parent
        self.setObjectName("problemPopup")
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self.setFixedWidth(WIDTH)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, 10, 12, 12)
        self._column.setSpacing(6)
        self.node_id: str | None = None
        self.pinned = False
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        self.setStyleSheet(f"#problemPopup {{ background: {theme.panel}; border: 1px solid {theme.bad};"
                           f" border-radius: 8px; }} QLabel {{ color: {theme.text}; border: none; }}")  # fmt: skip

    def show_problems(self, node_id: str, problems: Sequence[Problem], badge: QRect) -> None:
        """Show below a card's badge, or above it where there is no room below; `badge` in the parent's coordinates."""
        if node_id != self.node_id:
            self._fill(node_id, problems)
        self.setFixedHeight(self._column.heightForWidth(WIDTH))
        room = self._room.rect()
        x = min(max(badge.center().x() - WIDTH // 2, 4), room.width() - WIDTH - 4)
        below = badge.bottom() + 1
        fits = below + self.height() <= room.height()
        self.move(QPoint(x, below if fits else badge.top() - self.height()))
        self.show()
        self.raise_()

    def close_popup(self) -> None:
        self.node_id, self.pinned = None, False
        self.hide()

    def _fill(self, node_id: str, problems: Sequence[Problem]) -> None:
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.node_id = node_id
        for problem in problems:
            text = QLabel(problem.text)
            text.setWordWrap(True)
            self._column.addWidget(text)
            for repair in problem.repairs:
                button = QPushButton(repair.text)
                button.setProperty("role", "repair")
                button.clicked.connect(lambda _=False, repair=repair: self._choose(repair))
                self._column.addWidget(button)

    def _choose(self, repair: object) -> None:
        node_id = self.node_id
        self.close_popup()
        if node_id is not None:
            self.repair_chosen.emit(node_id, repair)
