"""`PresetsButton`: a menu of named plans, LayerLoom's and the user's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from models.training.presets import Preset

NO_NAME_YET = "None yet: “Save as a preset…” keeps this plan for other networks."


class PresetsButton(QToolButton):
    """Opens the menu. What is in it is asked for each time, since files may have come or gone.

    Signals:
        opening: the menu is about to be shown; `set_presets` fills it.
        preset_chosen(Preset): the plan is to take its values.
        save_requested: the plan is to be kept under a name.
        removal_requested(Preset): one of the user's own is no longer wanted.
    """

    opening = Signal()
    preset_chosen = Signal(object)
    save_requested = Signal()
    removal_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("presetsButton")
        self.setText("Presets ▾")
        self.setToolTip("Settings that belong together, under a name. Choosing one can be undone.")
        self.setAccessibleName("Presets")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self.opening)
        self.setMenu(menu)

    def set_presets(self, built_in: Sequence[Preset], own: Sequence[Preset]) -> None:
        """Offer these."""
        menu = self.menu()
        menu.clear()
        for child in menu.findChildren(QMenu):
            child.deleteLater()
        self._add_all(menu, built_in, self.preset_chosen.emit)
        menu.addSection("Yours")
        self._add_all(menu, own, self.preset_chosen.emit)
        if not own:
            nothing = menu.addAction("No presets of yours")
            nothing.setToolTip(NO_NAME_YET)
            nothing.setEnabled(False)
        menu.addSeparator()
        save = menu.addAction("Save as a preset…")
        save.setToolTip("Keep the whole plan, but for its frozen blocks, under a name: for this and other networks.")
        save.triggered.connect(self.save_requested)
        if own:
            removing = menu.addMenu("Remove")
            removing.setToolTipsVisible(True)
            self._add_all(removing, own, self.removal_requested.emit)

    def _add_all(self, menu: QMenu, presets: Sequence[Preset], chosen: Callable[[Preset], object]) -> None:
        for preset in presets:
            action = QAction(preset.name.replace("&", "&&"), menu)
            action.setToolTip(tip_of(preset))
            action.setStatusTip(preset.description)
            action.triggered.connect(lambda _checked=False, preset=preset: chosen(preset))
            menu.addAction(action)


def tip_of(preset: Preset) -> str:
    """What a preset is for, and what it sets."""
    names = ", ".join(preset.changes)
    if preset.freeze is not None:
        names += ", blocks"
    return "\n".join(filter(None, (preset.description, f"Sets {names}.")))
