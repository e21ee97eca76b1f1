"""`TitleChooser`: a heading that, pressed, offers what else can stand below it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget


class TitleChooser(QToolButton):
    """A flat button with the chosen title, in capitals as headings are, and a menu of all.

    Attributes:
        choices: all titles.
        choice: the one that is chosen.

    Signals:
        chosen(str): the user chose another title.
    """

    chosen = Signal(str)

    def __init__(self, purpose: str, capitals: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._purpose, self._capitals = purpose, capitals
        self.choices: tuple[str, ...] = ()
        self.choice = ""
        self.setProperty("role", "chooser")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolTip(purpose)
        self._menu = QMenu(self)
        self.setMenu(self._menu)

    def set_choices(self, titles: Sequence[str], chosen: str) -> None:
        """Offer these titles; one of them is chosen."""
        if self.choices != tuple(titles):
            self.choices = tuple(titles)
            self._menu.clear()
            group = QActionGroup(self._menu)
            for title in titles:
                action = QAction(title[:1].upper() + title[1:], group)
                action.setCheckable(True)
                action.setData(title)
                action.triggered.connect(lambda _checked, title=title: self._choose(title))
                self._menu.addAction(action)
        self.set_chosen(chosen)

    def set_chosen(self, title: str) -> None:
        """Say which one is shown, without a signal."""
        self.choice = title
        self.setText(f"{title.upper() if self._capitals else title} ▾")
        self.setAccessibleName(f"{self._purpose}: {title}")
        for action in self._menu.actions():
            action.setChecked(action.data() == title)

    def _choose(self, title: str) -> None:
        self.set_chosen(title)
        self.chosen.emit(title)
