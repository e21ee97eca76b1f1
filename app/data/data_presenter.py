"""`DataPresenter`: lets the user choose the data set, says what is wrong with one, and makes the page about it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from app.data.data_controller import DataController
from app.data.data_editor import DataEditor
from app.data.source_chooser import SourceChooser
from app.document import Document
from app.layout import Views
from app.project_files import ProjectFiles
from app.questions import Questions
from app.training.training_controller import TrainingController
from models.data.facts import DataFacts
from models.data.findings import counted, listed
from models.data.sources import Digits, Source
from models.training.events import DataPlanned, DataSpeed, SamplesLost, StatisticsMeasured

if TYPE_CHECKING:
    from widgets.data.page import DataPage

NAMED_FILES = 3
"""Broken files named in the message; the log names all."""


class DataPresenter(QObject):
    """Between the data controller and the views."""

    def __init__(
        self,
        document: Document,
        data: DataController,
        training: TrainingController,
        files: ProjectFiles,
        views: Views,
        questions: Questions,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._data = data
        self._training = training
        self._views = views
        self.editor = DataEditor(document, self)
        self.chooser = SourceChooser(questions, lambda: files.folder, views.pages, lambda: views.theme)
        self._page: DataPage | None = None
        self._own_split_wanted: Source | None = None
        self._named: tuple[str, ...] = ()
        views.data_chip.source_requested.connect(self.chooser.choose)
        views.data_chip.page_requested.connect(self.show_page)
        views.pages.currentChanged.connect(self._make_page_when_seen)
        self.chooser.chosen.connect(self._choose)
        self.chooser.refused.connect(views.messages.show_message)
        self.editor.refused.connect(views.messages.show_message)
        training.event_received.connect(self._take)
        document.changed.connect(self._watch_preparation)
        document.changed.connect(self._show_class_names)
        data.opened.connect(self._split_as_it_says)
        data.scanned.connect(self._tell)
        data.samples_loaded.connect(self._show_samples)

    # --- choosing ---------------------------------------------------------------------------------------------------
    def choose_path(self, path: Path) -> None:
        """Use a file or folder as the data set that it is."""
        self.chooser.choose_path(path)

    def choose_digits(self) -> None:
        """Use the bundled digits."""
        self.chooser.choose(Digits.kind)

    def _choose(self, source: Source, facts: DataFacts | None) -> None:
        changed = self.editor.choose(source, facts)
        self._own_split_wanted = source if changed and facts is None else None

    def _split_as_it_says(self) -> None:
        """A data set that was just chosen, and that has parts of its own, is split by them."""
        wanted, facts = self._own_split_wanted, self._document.facts
        self._own_split_wanted = None
        if wanted is not None and wanted == self._document.project.data and facts is not None and facts.has_parts:
            self.editor.split_by_its_parts()

    # --- the page ---------------------------------------------------------------------------------------------------
    def show_page(self) -> None:
        """Go to the Data page."""
        self._views.pages.setCurrentWidget(self._views.data_tab)

    def show_split(self) -> None:
        """Go to where it is decided what is held out."""
        self.show_page()
        if self._page is not None:
            self._page.show_section("Split")

    @property
    def page(self) -> DataPage | None:
        """The Data page, once it has been looked at."""
        return self._page

    def _make_page_when_seen(self) -> None:
        if self._page is None and self._page_is_seen():
            from app.data.data_page_presenter import (
                DataPagePresenter,  # late: the window's first paint needs none of it
            )
            from app.data.preview_presenter import PreviewPresenter
            from widgets.data.page import DataPage

            self._page = DataPage()
            self._views.set_data_page(self._page)
            presenter = DataPagePresenter(self._document, self._data, self.editor, self._page)
            presenter.source_requested.connect(self.chooser.choose)
            self._preview = PreviewPresenter(self._document, self._data, self._training, self._page, self._page_is_seen)
        elif self._page is not None and self._page_is_seen():
            self._preview.refresh()

    def _page_is_seen(self) -> bool:
        return self._views.pages.currentWidget() is self._views.data_tab

    # --- telling ----------------------------------------------------------------------------------------------------
    def _tell(self) -> None:
        facts, messages = self._document.facts, self._views.messages
        if self._data.error:
            choices = (("Choose another …", self.show_page), ("Use Digits", self.choose_digits))
            messages.show_message(self._data.error, "bad", choices)
        elif facts is not None and facts.broken:
            verbs = ("cannot be read and is", "cannot be read and are")
            self._tell_of_lost(facts.broken, f"of {facts.name} {verbs[len(facts.broken) > 1]} left out")

    def _tell_of_lost(self, lost: tuple[str, ...], what: str) -> None:
        """In the message bar by name, with the way to the reasons, and in the log with them."""
        named = listed([line.split(": ")[0] for line in lost], NAMED_FILES)
        unit = self._document.facts.unit if self._document.facts is not None else "samples"
        text = f"{counted(len(lost), unit)} {what}: {named}."
        self._views.messages.show_message(text, "warn", (("Show findings", self._show_findings),))
        self._views.log.append(datetime.now(), "\n".join(lost), "warn")

    def _show_findings(self) -> None:
        self.show_page()
        if self._page is not None:
            self._page.show_section("Findings")

    def _take(self, event: object) -> None:
        if isinstance(event, SamplesLost):
            facts = self._document.facts
            known = {line.split(": ")[0] for line in facts.broken} if facts is not None else set()
            lost = tuple(line for line in event.lost if line.split(": ")[0] not in known)
            if lost:  # the scan has told of the others
                self._tell_of_lost(lost, "could not be read while training, which goes on without them")
        elif isinstance(event, DataPlanned | DataSpeed):
            self._views.log.append(datetime.now(), f"Data: {event.text}", "info")
        elif isinstance(event, StatisticsMeasured) and event.before == self._document.project.preparation:
            project = self._document.project.replace(preparation=event.after)
            self._document.edit("Measure the data set", project)

    def _watch_preparation(self) -> None:
        """Pictures that are watched go through the preprocessing, also before anything is trained."""
        facts, preparation = self._document.facts, self._document.project.preparation
        self._training.watch_through(preparation, facts.white if facts is not None else 255.0)

    def _show_samples(self, found: tuple[list[np.ndarray], list[int], list[np.ndarray]]) -> None:
        facts = self._document.facts
        self._named = facts.class_names if facts is not None else ()
        images, labels, pictures = found
        self._views.probe.set_samples(images, labels, facts.class_names if facts is not None else (), pictures)

    def _show_class_names(self) -> None:
        """Classes that the user renames have their new names in Try it, too."""
        facts = self._document.facts
        if facts is not None and facts.class_names != self._named and self._data.samples is not None:
            self._named = facts.class_names
            self._views.probe.set_class_names(facts.class_names)
