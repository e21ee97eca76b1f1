"""`Appearance`: the window's theme, size and layout, and remembering them."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject, QSize
from PySide6.QtWidgets import QApplication, QMainWindow

from app.actions import Actions
from app.layout import Views
from app.settings import Settings
from widgets.theme import THEMES, Theme, palette, style_sheet, system_theme

FIRST_SIZE = (1440, 900)
FRAME = (8, 40)
"""Pixels that a window manager puts around a window, at most, as far as one can know beforehand."""


class Appearance(QObject):
    """Dresses a window, and follows the system between dark and light where the user wants that."""

    def __init__(self, window: QMainWindow, views: Views, actions: Actions, settings: Settings) -> None:
        super().__init__(window)
        self._window = window
        self._views = views
        self._actions = actions
        self._settings = settings
        QApplication.styleHints().colorSchemeChanged.connect(self.apply)

    @property
    def theme(self) -> Theme:
        """The theme in force."""
        return THEMES.get(self._settings.theme) or system_theme()

    @property
    def theme_name(self) -> Literal["dark", "light"]:
        """The name of the theme in force."""
        return "dark" if self.theme.dark else "light"

    def choose(self, name: str) -> None:
        """Use `dark`, `light`, or `system`: what the system asks for."""
        self._settings.theme = name
        self.apply()

    def toggle(self) -> None:
        """The other one of dark and light."""
        self.choose("light" if self.theme.dark else "dark")

    def apply(self) -> None:
        """Give the application and the views the theme's colours."""
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.setPalette(palette(self.theme))
        sheet = style_sheet(self.theme)
        if application.styleSheet() != sheet:  # all widgets there are would be dressed again
            application.setStyleSheet(sheet)
        self._views.set_theme(self.theme)
        for name in ("system", "dark", "light"):
            self._actions[f"theme_{name}"].setChecked(self._settings.theme == name)

    def restore(self) -> None:
        """Bring back the size and the layout of the last session."""
        self._take_first_size()
        if self._settings.geometry is not None:
            self._window.restoreGeometry(self._settings.geometry)
        if self._settings.layout is None or not self._window.restoreState(self._settings.layout):
            self._views.reset_sizes(self._window)

    def remember(self) -> None:
        """Keep size and layout for the next session."""
        self._views.put_live_views_aside(False)
        self._settings.remember_window(self._window.saveGeometry(), self._window.saveState())

    def reset(self) -> None:
        """Bring back the first size and layout."""
        self._settings.forget_window()
        self._take_first_size()
        self._views.reset_sizes(self._window)

    def _take_first_size(self) -> None:
        """As large as in the README's picture, or as the screen leaves room for, its frame included."""
        room = self._window.screen().availableSize() - QSize(*FRAME)
        self._window.resize(QSize(*FIRST_SIZE).boundedTo(room).expandedTo(self._window.minimumSize()))
