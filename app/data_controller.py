"""`DataController`: reads what is known of the project's data set in a background thread, and tells the document."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

from PySide6.QtCore import QObject, Signal

from app.document import Document
from models.data.sources import DataError, DataSource, resolve

SAMPLES = 60
"""Images offered for picking a probe."""


class GivenUp(Exception):
    """Nobody waits for this reading any more."""


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
        self._given_up = Event()
        document.data_source_changed.connect(self.scan)
        self._answered.connect(self._take)

    @property
    def source(self) -> DataSource:
        """The project's data source; a relative folder is read from the project file's place."""
        return resolve(self._document.project.data, self._folder())

    def scan_first(self) -> None:
        """Read the data set, unless that is under way or done."""
        if self._thread is None:
            self.scan()

    def scan(self) -> None:
        """Read the data set's facts and some samples; an earlier reading that is still under way is given up."""
        self.error = ""
        self._given_up.set()
        self._given_up = Event()
        self._thread = Thread(target=self._work, args=(self.source, self._given_up), name="scan", daemon=True)
        self._thread.start()

    def _work(self, source: DataSource, given_up: Event) -> None:
        from models.data.loading import samples, scan  # with Pillow, which the first paint need not wait for

        def check(_done: int, _total: int) -> None:
            if given_up.is_set():
                raise GivenUp

        try:
            answer: object = (scan(source, check), samples(source, SAMPLES))
        except GivenUp:
            return
        except DataError as error:
            answer = str(error)
        except Exception as error:  # a surprise is told too: a silent thread would leave the window waiting for ever
            answer = f"The data set could not be read: {error}. Choose another one from the data-set menu."
        if not given_up.is_set():
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
        """End the reading thread."""
        self._given_up.set()
        if self._thread is not None:
            self._thread.join(10)
