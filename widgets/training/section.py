"""`Section`: a group of fields under a title, which folds away and then says in a line what is unusual in it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from widgets.data.elided import ElidedLabel
from widgets.forms.form import GUTTER, reset_button

OPEN, CLOSED = "▾", "▸"
INDENT = 19
"""Pixels from a header's sign to its title."""

UNCHANGED = "Nothing here differs from the defaults"


class Section(QWidget):
    """A header, which folds and unfolds, above a body.

    Signals:
        opened(bool): the user folded or unfolded it.
        reset_requested: the whole group is to be put back to its defaults.
    """

    opened = Signal(bool)
    reset_requested = Signal()

    def __init__(self, title: str, is_open: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._differences: tuple[str, ...] = ()
        self.header = QPushButton()
        self.header.setProperty("role", "section")
        self.header.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.header.clicked.connect(self._toggle)
        self.summary = ElidedLabel(role="dim")
        self.reset = reset_button(f"Put all of “{title}” back to the defaults")
        self.reset.setFixedSize(24, 24)
        self.reset.clicked.connect(self.reset_requested)
        top = QHBoxLayout()
        top.setContentsMargins(GUTTER, 0, 0, 0)
        top.setSpacing(8)
        top.addWidget(self.header, 1)
        top.addWidget(self.reset)
        below = QHBoxLayout()
        below.setContentsMargins(GUTTER + INDENT, 0, 0, 0)
        below.addWidget(self.summary)
        self.body = QWidget()
        self.column = QVBoxLayout(self.body)
        self.column.setContentsMargins(0, 4, 0, 8)
        self.column.setSpacing(6)
        line = QFrame()
        line.setFixedHeight(1)
        line.setProperty("role", "rule")
        rule = QHBoxLayout()
        rule.setContentsMargins(GUTTER, 0, 0, 0)
        rule.addWidget(line)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 4)
        whole.setSpacing(0)
        whole.addLayout(rule)
        whole.addSpacing(4)
        whole.addLayout(top)
        whole.addLayout(below)
        whole.addWidget(self.body)
        self.set_open(is_open)

    @property
    def is_open(self) -> bool:
        return not self.body.isHidden()

    def set_open(self, is_open: bool) -> None:
        """Show the body or fold it away."""
        self.body.setVisible(is_open)
        self.header.setText(f"{OPEN if is_open else CLOSED}  {self._title}")
        self._describe()

    def set_differences(self, differences: tuple[str, ...]) -> None:
        """What differs from the defaults, in words; shown while the group is folded."""
        self._differences = differences
        self.reset.setVisible(bool(differences))
        self._describe()

    def _toggle(self) -> None:
        self.set_open(not self.is_open)
        self.opened.emit(self.is_open)

    def _describe(self) -> None:
        text = " · ".join(self._differences)
        self.summary.set_words(text)
        self.summary.setVisible(bool(text) and not self.is_open)
        self.header.setAccessibleName(f"{self._title}, {'open' if self.is_open else 'folded'}")
        self.header.setAccessibleDescription(text or UNCHANGED)
        self.header.setToolTip(f"{'Fold' if self.is_open else 'Unfold'}. {text or UNCHANGED}.")

    def add_indented(self, widget: QWidget) -> None:
        """Put something into the body that stands where the names of fields begin."""
        row = QHBoxLayout()
        row.setContentsMargins(GUTTER, 0, 0, 0)
        row.addWidget(widget)
        self.column.addLayout(row)
