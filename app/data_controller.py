"""`DataController`: reads what is known of the project's data set in a background thread, and tells the document."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Thread

from PySide6.QtCore import QObject, Signal

from app.document import Document
from models.data.sources import DataError, DataSource, resolve

SAMPLES = 60
"""Images offered for picking a probe."""


class DataController(QObject):
    """Follows the document's data source; `folder` says from where relative paths are read.

    Signals:
        scanned: the facts, or why there are none, are known.
        samples_loaded(object): (images, labels) to pick a probe from.
    """

    scanned = Signal()
    samples_loaded = Signal(object)
    _answered = Signal(object, object)

    def __init__(self, document: Document, folder: Callable[[], Path], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._folder = folder
        self.error = ""
        self._thread: Thread | None = None
        document.data_source_changed.connect(self.scan)
        self._answered.connect(self._take)

    @property
    def is_scanning(self) -> bool:
        """Whether the data set is being read right now."""
        return self._document.facts is None and not self.error

    @property
    def source(self) -> DataSource:
        """The project's data source; a relative folder is read from the project file's place."""
        return resolve(self._document.project.data, self._folder())

    def scan(self) -> None:
        """Read the data set's facts and some samples."""
        self.error = ""
        source = self.source
        self._thread = Thread(target=self._work, args=(source,), name="scan", daemon=True)
        self._thread.start()

    def _work(self, source: DataSource) -> None:
        from models.data.loading import samples, scan  # with Pillow, which the first paint need not wait for

        try:
            facts = scan(source)
            answer: object = (facts, samples(source, SAMPLES))
        except DataError as error:
            answer = str(error)
        except Exception as error:  # a surprise is told too: a silent thread would leave the window waiting for ever
            answer = f"The data set could not be read: {error}. Choose another one from the data-set menu."
        self._answered.emit(source, answer)

    def _take(self, source: DataSource, answer: object) -> None:
        if source != self.source:
            return  # the project has moved on to another data set
        if isinstance(answer, str):
            self.error = answer
        else:
            assert isinstance(answer, tuple)
            facts, pictures = answer
            self._document.set_facts(facts)
            self.samples_loaded.emit(pictures)
        self.scanned.emit()

    def shut_down(self) -> None:
        """Wait for the reading thread, which cannot be interrupted but ends by itself."""
        if self._thread is not None:
            self._thread.join(10)
