"""`DataPresenter`: lets the user choose the data set, and says what is wrong with one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject

from app.data_controller import DataController
from app.document import Document
from app.layout import Views
from app.project_files import ProjectFiles
from app.questions import Questions
from models.data.sources import DataSource, Digits, ImageFolder

NAMED_FILES = 5
"""Broken files named in the message; the log names all."""


class DataPresenter(QObject):
    """Between the data controller and the views."""

    def __init__(
        self,
        document: Document,
        data: DataController,
        files: ProjectFiles,
        views: Views,
        questions: Questions,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._data = data
        self._files = files
        self._views = views
        self._questions = questions
        views.data_chip.digits_chosen.connect(self.choose_digits)
        views.data_chip.folder_requested.connect(self.ask_for_folder)
        data.scanned.connect(self._tell)
        data.samples_loaded.connect(self._show_samples)

    def choose_digits(self) -> None:
        """Use the bundled digits."""
        self._choose(Digits())

    def choose_folder(self, folder: Path) -> None:
        """Use a folder with one subfolder of images for each class."""
        self._choose(ImageFolder(path=str(folder)))

    def ask_for_folder(self) -> None:
        """Let the user choose a folder."""
        folder = self._questions.image_folder(self._files.folder)
        if folder is not None:
            self.choose_folder(folder)

    def _choose(self, source: DataSource) -> None:
        self._document.edit("Choose the data set", self._document.project.replace(data=source))

    def _tell(self) -> None:
        facts, messages = self._document.facts, self._views.messages
        if self._data.error:
            choices = (("Choose a folder…", self.ask_for_folder), ("Use Digits", self.choose_digits))
            messages.show_message(self._data.error, "bad", choices)
        elif facts is not None and facts.broken:
            more = "; …" if len(facts.broken) > NAMED_FILES else ""
            named = "; ".join(facts.broken[:NAMED_FILES]) + more
            text = f"{len(facts.broken)} images of {facts.name} cannot be read and are left out: {named}"
            messages.show_message(text, "warn")
            self._views.log.append(datetime.now(), "\n".join(facts.broken), "warn")

    def _show_samples(self, pictures: tuple[list[np.ndarray], list[int]]) -> None:
        facts = self._document.facts
        self._views.probe.set_samples(*pictures, facts.class_names if facts is not None else ())
