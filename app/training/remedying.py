"""`Remedies`: applies what a failure or a finding offers: an undoable edit, and training again where it says so."""

from __future__ import annotations

from functools import partial

from pydantic import ValidationError
from PySide6.QtCore import QObject, Signal

from app.document import Document
from app.training.runs import Runs
from models.blocks.fields import first_mistake
from models.network.edits import EditError
from models.training.remedies import Remedy
from widgets.message_bar import Choice


class Remedies(QObject):
    """Between remedies and the document.

    Signals:
        refused(str): a remedy does not fit the project any more, or training cannot follow, with why.
    """

    refused = Signal(str)

    def __init__(self, document: Document, runs: Runs, parent: QObject) -> None:
        super().__init__(parent)
        self._document = document
        self._runs = runs

    def choices(self, remedies: tuple[Remedy, ...]) -> list[Choice]:
        """Remedies as buttons of a message."""
        return [(button_text(remedy), partial(self.apply, remedy)) for remedy in remedies]

    def apply(self, remedy: Remedy) -> bool:
        """Edit the project, and train where the remedy says so; whether it could be edited."""
        try:
            project = remedy.applied(self._document.project)
        except (EditError, TypeError) as error:
            self.refused.emit(f"“{remedy.text}” does not fit the project any more. {error}")
            return False
        except ValidationError as error:
            self.refused.emit(f"“{remedy.text}” does not fit the project any more. {first_mistake(error)}.")
            return False
        self._document.edit(remedy.text, project)
        if remedy.trains:
            self._train(remedy)
        return True

    def _train(self, remedy: Remedy) -> None:
        why = self._runs.why_not()
        if why:
            self.refused.emit(f"“{remedy.text}” is done, but training did not start: {why}.".replace("..", "."))
        elif remedy.trains == "anew":
            self._runs.start()
        else:
            self._runs.keep_training()


def button_text(remedy: Remedy) -> str:
    """What a remedy's button says, training included: `Continue with batch size 32`."""
    if remedy.trains == "on":
        return f"Continue with {remedy.text[:1].lower()}{remedy.text[1:]}"
    return f"{remedy.text}, train again" if remedy.trains else remedy.text
