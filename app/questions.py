"""Every modal question the application asks, in one place; tests and the demo answer them in their own way."""

from __future__ import annotations

from enum import Enum, auto
from html import escape
from pathlib import Path

from PySide6.QtWidgets import QDialog, QFileDialog, QInputDialog, QMessageBox, QWidget

from models.importing import SUFFIXES as MODEL_SUFFIXES
from models.network.project import SUFFIX

OPENED = f"Projects, Keras models, source ({' '.join(f'*{suffix}' for suffix in (SUFFIX, *MODEL_SUFFIXES, '.py'))})"


class Answer(Enum):
    YES = auto()
    NO = auto()
    CANCEL = auto()


class Questions:
    """Asks by dialogs over a window."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._parent = parent

    def save_changes(self, name: str) -> Answer:
        """Whether to save before the changes are lost."""
        box = self._box(f"Save the changes to “{name}”?", "They are lost if you don't save them.")
        save = box.addButton("Save", QMessageBox.ButtonRole.AcceptRole)
        discard = box.addButton("Don't save", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(save)
        box.exec()
        clicked = box.clickedButton()
        if clicked is save:
            return Answer.YES
        return Answer.NO if clicked is discard else Answer.CANCEL

    def stop_training(self) -> bool:
        """Whether to end a run so that the window can close."""
        text = "Its state is saved first, so that the run can be resumed later from where it is."
        return self._confirm("Training is running: stop it and close?", text, "Stop and close")

    def open_locked(self, path: Path, holder: str) -> bool:
        """Whether to open a copy of a project that is open elsewhere."""
        text = f"It is open in {holder}. Saving in both places would lose one side's changes."
        return self._confirm(f"“{path.name}” is already open. Open a copy?", text, "Open a copy")

    def open_path(self, folder: Path) -> Path | None:
        name, _ = QFileDialog.getOpenFileName(self._parent, "Open project or Keras model", str(folder), OPENED)
        return Path(name) if name else None

    def save_path(self, suggestion: Path, title: str, kinds: str, suffix: str = "") -> Path | None:
        """Where to save. The dialog itself adds the suffix, so that it asks before it overwrites a file."""
        dialog = QFileDialog(self._parent, title, str(suggestion.parent), kinds)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix.removeprefix("."))
        dialog.selectFile(suggestion.name)
        return Path(dialog.selectedFiles()[0]) if dialog.exec() else None

    def data_folder(self, title: str, folder: Path) -> Path | None:
        """The folder of a data set."""
        name = QFileDialog.getExistingDirectory(self._parent, title, str(folder))
        return Path(name) if name else None

    def data_file(self, title: str, kinds: str, folder: Path) -> Path | None:
        """The file of a data set."""
        name, _ = QFileDialog.getOpenFileName(self._parent, title, str(folder), kinds)
        return Path(name) if name else None

    def accepts(self, dialog: QDialog) -> bool:
        """Whether the user takes what a dialog offers."""
        return dialog.exec() == QDialog.DialogCode.Accepted

    def ask_text(self, title: str, question: str, suggestion: str, may_be_empty: bool = False) -> str | None:
        """A short text, such as a name; None when the user thinks better of it."""
        text, accepted = QInputDialog.getText(self._parent, title, question, text=suggestion)
        return text.strip() if accepted and (may_be_empty or text.strip()) else None

    def tell(self, title: str, text: str) -> None:
        """Say something that was asked for, such as the About text."""
        box = self._box(title, f"<pre>{escape(text)}</pre>" if "  " in text else text)
        box.exec()

    def _confirm(self, title: str, text: str, yes: str) -> bool:
        box = self._box(title, text)
        accept = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
        cancel = box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(cancel)
        box.exec()
        return box.clickedButton() is accept

    def _box(self, title: str, text: str) -> QMessageBox:
        box = QMessageBox(self._parent)
        box.setWindowTitle("LayerLoom")
        box.setText(title)
        box.setInformativeText(text)
        return box


class Unattended(Questions):
    """Nobody is there to answer: what runs is stopped, and what is unsaved is let go."""

    def save_changes(self, name: str) -> Answer:
        return Answer.NO

    def stop_training(self) -> bool:
        return True

    def ask_text(self, title: str, question: str, suggestion: str, may_be_empty: bool = False) -> str | None:
        return suggestion

    def accepts(self, dialog: QDialog) -> bool:
        return False
