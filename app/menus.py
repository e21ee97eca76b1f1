"""The menu bar and the toolbar, filled with the window's actions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from app.training.device_menu import DeviceMenu
from models.zoo import TEMPLATES

if TYPE_CHECKING:
    from app.main_window import MainWindow

SEPARATOR = ""
EDIT = (
    "undo", "redo", SEPARATOR, "cut", "copy", "paste", "duplicate", "delete", SEPARATOR, "select_all", "rename",
    "find_block", SEPARATOR, "connect", "disconnect", "duplicate_beside", SEPARATOR, "group", "unpack", "look_inside",
    "keep_composite",
)  # fmt: skip
VIEW = ("zoom_in", "zoom_out", "zoom_reset", "fit")
RUN = (
    "train", "keep_training", "pause", "step", "stop", "learning_rate", SEPARATOR, "add_to_queue", "show_queue",
    SEPARATOR, "evaluate", "evaluate_test", SEPARATOR, "open_runs", SEPARATOR,
)  # fmt: skip
ENGINE = ("isolate_training", "probe_budget", "data_memory", "notifications")
HELP = ("shortcuts", "about")
EXPORT = (
    "export_keras", "export_saved_model", "preprocessing_inside", SEPARATOR, "export_python", SEPARATOR, "export_svg",
    "export_png",
)  # fmt: skip
THEME = ("theme_system", "theme_dark", "theme_light")


def build_menus(window: MainWindow) -> dict[str, QMenu]:
    """Fill the menu bar; the answer holds the menus by title."""
    bar = window.menuBar()
    menus = {title: bar.addMenu(f"&{title}") for title in ("File", "Edit", "View", "Run", "Help")}
    _fill_file(window, menus["File"])
    _fill(window, menus["Edit"], EDIT)
    _fill(window, menus["View"], VIEW)
    menus["View"].addSeparator()
    _fill(window, menus["View"], ("data_page", "runs_page", "compare", SEPARATOR))
    _fill(window, menus["View"].addMenu("Theme"), THEME)
    menus["View"].addSeparator()
    for dock in window.views.docks:
        menus["View"].addAction(dock.toggleViewAction())
    _fill(window, menus["View"], ("reset_layout",))
    _fill(window, menus["Run"], RUN)
    device = menus["Run"].addMenu("Device")
    device.setToolTipsVisible(True)
    DeviceMenu(device, window.actions_["isolate_training"], window.settings, window.training, window)
    _fill(window, menus["Run"], ENGINE)
    _fill(window, menus["Help"], HELP)
    return menus


def build_toolbar(window: MainWindow) -> None:
    """Fill the toolbar."""
    bar, actions, views = window.views.toolbar, window.actions_, window.views
    bar.add_button(actions["new"], "newButton", "New ▾", menu=_new_menu(window))
    bar.add_button(actions["open"], "openButton")
    bar.add_button(actions["save"], "saveButton")
    bar.add_gap()
    bar.add_button(actions["undo"], "undoButton", "↶")
    bar.add_button(actions["redo"], "redoButton", "↷")
    bar.add_gap()
    bar.add_widget(views.data_chip)
    bar.add_widget(views.device_chip)
    bar.add_stretch()
    bar.add_button(actions["train"], "trainButton", "▶  Train", role="primary")
    bar.add_button(actions["pause"], "pauseButton", "❚❚")
    bar.add_button(actions["step"], "stepButton", "❚▶")
    bar.add_button(actions["stop"], "stopButton", "■")
    bar.add_gap()
    menu = QMenu(window)
    _fill(window, menu, EXPORT)
    export = QAction("Export", window)
    export.setToolTip("Export the model (Keras, SavedModel), its Python source or its diagram")
    exports = [actions[name] for name in EXPORT if name.startswith("export_")]
    for action in exports:
        action.changed.connect(lambda: export.setEnabled(any(action.isEnabled() for action in exports)))
    bar.add_button(export, "exportButton", "Export ▾", menu=menu)
    theme = QAction("Theme", window)
    theme.setToolTip("Switch between dark and light")
    theme.triggered.connect(window.appearance.toggle)
    bar.add_button(theme, "themeButton", "◐")


def _fill_file(window: MainWindow, menu: QMenu) -> None:
    menu.addMenu(_new_menu(window))
    _fill(window, menu, ("open",))
    window.examples.menu(menu)
    recent = menu.addMenu("Open recent")
    recent.aboutToShow.connect(lambda: _fill_recent(window, recent))
    _fill(window, menu, (SEPARATOR, "save", "save_as", SEPARATOR))
    _fill(window, menu.addMenu("Export"), EXPORT)
    _fill(window, menu, (SEPARATOR, "quit"))


def _new_menu(window: MainWindow) -> QMenu:
    menu = QMenu("New", window)
    menu.addAction(window.actions_["new"])
    menu.addSeparator()
    families: dict[str, QMenu] = {}
    for entry in TEMPLATES.values():
        if entry.family not in families:
            families[entry.family] = menu.addMenu(entry.family)
            families[entry.family].setToolTipsVisible(True)
        action = families[entry.family].addAction(f"{entry.title}  ({entry.year})")
        action.setToolTip(entry.summary)
        action.triggered.connect(lambda _=False, key=entry.key: window.new_project(key))
    _fill(window, menu, (SEPARATOR, "compare"))
    return menu


def _fill_recent(window: MainWindow, menu: QMenu) -> None:
    menu.clear()
    for path in window.settings.recent_files:
        action = menu.addAction(str(path))
        action.setEnabled(path.exists())
        action.triggered.connect(lambda _=False, chosen=Path(path): window.files.open(chosen))
    menu.addSeparator()
    menu.addAction("Clear the list").triggered.connect(window.settings.clear_recent)


def _fill(window: MainWindow, menu: QMenu, names: tuple[str, ...]) -> None:
    for name in names:
        if name == SEPARATOR:
            menu.addSeparator()
        else:
            menu.addAction(window.actions_[name])
            window.addAction(window.actions_[name])
