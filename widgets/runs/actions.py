"""`RunActions`: what can be done with the selected runs, when, and why not."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from models.training.runs.summary import RunSummary

SOME = "Select a run."
LONGEST = 16
"""Letters of a name in an action's text."""


class RunActions(QObject):
    """Actions with texts, keys as they are shown (the table answers to them itself), and reasons."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.restore = self._action("restoreRun", "Restore project", "Return")
        self.resume = self._action("resumeRun", "Resume")
        self.star = self._action("starRun", "Star", "Space")
        self.edit_tags = self._action("editRunTags", "Edit tags", "F2")
        self.copy_csv = self._action("copyRunsCsv", "Copy as CSV", "Ctrl+C")
        self.copy_markdown = self._action("copyRunsMarkdown", "Copy as Markdown")
        self.open_folder = self._action("openRunFolder", "Open folder")
        self.trash = self._action("trashRuns", "Move to trash", "Del")
        self.set_selected((), None)

    def _action(self, name: str, text: str, keys: str = "") -> QAction:
        action = QAction(text, self)
        action.setObjectName(name)
        action.setShortcut(keys)
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)  # the table answers: this only shows the key
        action.setShortcutVisibleInContextMenu(True)
        return action

    def fill(self, menu: QMenu) -> None:
        """Put all of them into a menu."""
        menu.setToolTipsVisible(True)
        for group in (
            (self.restore, self.resume),
            (self.star, self.edit_tags),
            (self.copy_csv, self.copy_markdown),
            (self.open_folder, self.trash),
        ):
            menu.addActions(group)
            menu.addSeparator()

    def set_selected(self, runs: Sequence[RunSummary], current: RunSummary | None) -> None:
        """Enable what can be done with these runs, or with the current one of them, and say why the rest cannot."""
        one, several = current, len(runs) > 1
        for action, text, verb in ((self.restore, "Restore project", "Restore"), (self.resume, "Resume", "Resume")):
            action.setText(f"{verb} “{_short(one.name)}”" if one is not None and several else text)
        self._say(self.restore, "" if one else SOME, "Open the run's project as it was trained, as a new project")
        self._say(self.resume, _why_not_resume(one), "Go on with this run from its last checkpoint")
        self._say(self.star, "" if runs else SOME, "Star the selected runs, or take their stars away")
        self._say(self.edit_tags, "" if one else SOME, "Edit the run's tags in the table")
        self._say(self.open_folder, "" if one else SOME, "Open the run's folder in the file manager")
        running = next((run for run in runs if run.status == "running"), None)
        refusal = f"{running.name} is being trained: stop it first." if running else "" if runs else SOME
        self._say(self.trash, refusal, "Move the selected runs' folders to the trash")
        self.trash.setText(f"Move {len(runs):,} runs to trash" if several else "Move to trash")
        starred = bool(runs) and all(run.star for run in runs)
        self.star.setText("Take star away" if starred else "Star")

    @staticmethod
    def _say(action: QAction, refusal: str, help: str) -> None:
        keys = action.shortcut().toString()
        action.setEnabled(not refusal)
        action.setToolTip(refusal or (f"{help} ({keys})" if keys else help))


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _why_not_resume(run: RunSummary | None) -> str:
    if run is None:
        return SOME
    if run.status == "running":
        return "It is being trained now."
    if run.status == "finished":
        return "It was trained to its end."
    if not run.resumable:
        return "It has no checkpoint to go on from."
    return ""
