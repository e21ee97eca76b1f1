"""`FactsList`: names and values below one another, under a heading."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from widgets.theme import monospace

Fact = tuple[str, str]
NAME_WIDTH = 104


class FactsList(QWidget):
    """Hidden while there is nothing to tell. Values can be selected with the mouse and copied."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        heading = QLabel(title.upper())
        heading.setProperty("role", "heading")
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnMinimumWidth(0, NAME_WIDTH)
        self._grid.setColumnStretch(1, 1)
        self._labels: list[tuple[QLabel, QLabel]] = []
        self._facts: tuple[Fact, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(heading)
        column.addLayout(self._grid)
        self.setAccessibleName(title)
        self.hide()

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What is told."""
        return self._facts

    def set_facts(self, facts: Sequence[Fact]) -> None:
        """Tell these."""
        self._facts = tuple(facts)
        while len(self._labels) < len(facts):
            self._add_line()
        for line, (name, value) in enumerate(self._labels):
            shown = line < len(facts)
            name.setVisible(shown)
            value.setVisible(shown)
            if shown:
                name.setText(facts[line][0])
                value.setText(_breakable(facts[line][1]))
                value.setToolTip("")
        self.setVisible(bool(facts))

    def _add_line(self) -> None:
        name, value = QLabel(), QLabel(wordWrap=True)
        name.setProperty("role", "dim")
        name.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        value.setTextFormat(Qt.TextFormat.PlainText)
        value.setFont(monospace(11))
        value.setStyleSheet("font-size: 11px;")
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._grid.addWidget(name, len(self._labels), 0)
        self._grid.addWidget(value, len(self._labels), 1)
        self._labels.append((name, value))


def _breakable(text: str) -> str:
    """The text with places where a long path may break, which nobody sees."""
    return text.replace("/", "/\u200b").replace("\\", "\\\u200b").replace("_", "_\u200b")
