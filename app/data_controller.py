"""`DataController`: opens and scans the project's data set in the background, and reads samples that are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event, Thread
from time import monotonic

from PySide6.QtCore import QObject, Signal

from app.document import Document
from app.settings_paths import scans_folder
from models.data.facts import DataError
from models.data.findings import ScanReport
from models.data.samples import Indices, Samples
from models.data.sources import Source, resolve

SAMPLES = 60
"""Samples offered for picking a probe."""

PROGRESS_S = 0.1
"""Seconds between two tellings of how far a scan is."""

READERS = 2
"""Threads that read what is looked at."""

MOST_MEASURED = 1000
"""Samples whose statistics are shown."""


class GivenUp(Exception):
    """Nobody waits for this reading any more."""


class DataController(QObject):
    """Follows the document's data source; `folder` says from where relative paths are read.

    Signals:
        opened: the samples are listed, and facts are known as a quick look gives them; the scan goes on.
        scan_progressed(done, total): how far the scan is; a total of 0 is not known.
        scanned: the scan's report, or why there is none, is known.
        samples_loaded(object): (samples, labels, pictures) to pick a probe from.
        thumbnail_ready(index, pixels), sample_ready(index, (values, mask, boxes)), sample_failed(index, reason),
        statistics_ready(object): what was asked for.
    """

    opened = Signal()
    scan_progressed = Signal(int, int)
    scanned = Signal()
    samples_loaded = Signal(object)
    thumbnail_ready = Signal(int, object)
    sample_ready = Signal(int, object)
    sample_failed = Signal(int, str)
    statistics_ready = Signal(object)
    _listed = Signal(object, object)
    _answered = Signal(object, object)
    _found = Signal(object, object, object)

    def __init__(self, document: Document, folder: Callable[[], Path], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._folder = folder
        self.error = ""
        self.samples: Samples | None = None
        self.report: ScanReport | None = None
        self._thread: Thread | None = None
        self._given_up = Event()
        self._readers: ThreadPoolExecutor | None = None
        self._reading: Event = Event()
        document.data_source_changed.connect(self.scan)
        self._listed.connect(self._take_samples)
        self._answered.connect(self._take_report)
        self._found.connect(self._pass_on)

    @property
    def source(self) -> Source:
        """The project's data source; a relative folder is read from the project file's place."""
        return resolve(self._document.project.data, self._folder())

    @property
    def is_scanning(self) -> bool:
        """Whether a scan is under way."""
        return self._thread is not None and self._thread.is_alive() and not self._given_up.is_set()

    # --- the scan ---------------------------------------------------------------------------------------------------
    def scan_first(self) -> None:
        """Read the data set, unless that is under way or done."""
        if self._thread is None:
            self.scan()

    def scan(self) -> None:
        """Open the data set and scan it; an earlier scan that is still under way is given up."""
        self.error = ""
        self.samples = self.report = None
        self._forget_reading()
        self._given_up.set()
        self._given_up = Event()
        self._thread = Thread(target=self._work, args=(self.source, self._given_up), name="scan", daemon=True)
        self._thread.start()
        self.scan_progressed.emit(0, 0)

    def cancel_scan(self) -> None:
        """End a scan that is under way; what it has found until then is remembered for the next one."""
        if self.is_scanning:
            self._given_up.set()
            self.scanned.emit()

    def _work(self, source: Source, given_up: Event) -> None:
        from models.data.scan import ScanCache, scan_samples  # with Pillow, which the first paint need not wait for

        told = 0.0

        def check(done: int, total: int) -> None:
            nonlocal told
            if given_up.is_set():
                raise GivenUp
            if monotonic() - told > PROGRESS_S:
                told = monotonic()
                self.scan_progressed.emit(done, total)

        try:
            samples = source.open(check)
            self._listed.emit(source, (samples, _probes(samples)))
            answer: object = scan_samples(samples, check, ScanCache(scans_folder()))
        except GivenUp:
            return
        except DataError as error:
            answer = str(error)
        except Exception as error:  # a surprise is told too: a silent thread would leave the window waiting for ever
            answer = f"The data set could not be read: {error}. Choose another one from the data-set menu."
        if not given_up.is_set():
            self._answered.emit(source, answer)

    def _take_samples(self, source: Source, found: tuple[Samples, object]) -> None:
        if source != self.source:
            return  # the project has moved on to another data set
        self.samples, probes = found
        self._document.set_facts(self.samples.facts)
        self.samples_loaded.emit(probes)
        self.opened.emit()

    def _take_report(self, source: Source, answer: object) -> None:
        if source != self.source:
            return
        if isinstance(answer, ScanReport):
            self.report = answer
            self._document.set_facts(answer.facts)
        else:
            self.error = str(answer)
        self.scanned.emit()

    # --- looking ----------------------------------------------------------------------------------------------------
    def load_thumbnails(self, indices: Iterable[int], side: int) -> None:
        """Read small pictures of samples; what was asked for before and has not begun is let go."""
        from models.data.thumbnails import thumbnail

        samples = self._forget_reading()
        if samples is not None:
            for index in indices:
                self._read(self.thumbnail_ready, index, partial(thumbnail, samples, index, side))

    def load_sample(self, index: int) -> None:
        """Read one sample whole."""
        samples = self.samples
        if samples is not None:
            self._read(
                self.sample_ready, index, lambda: (samples.read(index), samples.mask(index), samples.boxes(index))
            )

    def load_statistics(self, indices: Indices) -> None:
        """Measure some samples: mean pictures and histograms."""
        from models.data.statistics import measure

        samples = self.samples
        if samples is not None:
            self._read(self.statistics_ready, -1, partial(measure, samples, indices, MOST_MEASURED))

    def _forget_reading(self) -> Samples | None:
        self._reading.set()
        self._reading = Event()
        return self.samples

    def _read(self, tell: object, index: int, read: Callable[[], object]) -> None:
        """Do a reading in the background, and tell its result unless the data set has been left meanwhile."""
        if self._readers is None:
            self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="look")
        samples, forgotten = self.samples, self._reading

        def work() -> None:
            if forgotten.is_set() and tell is self.thumbnail_ready:
                return
            from models.data.decoding import quiet_pillow

            try:
                with quiet_pillow():
                    result: object = read()
            except Exception as error:  # damaged files raise nearly anything, and the scan names them
                self._found.emit(samples, self.sample_failed, (index, str(error)))
            else:
                self._found.emit(samples, tell, (index, result))

        self._readers.submit(work)

    def _pass_on(self, samples: Samples, tell: object, answer: tuple[int, object]) -> None:
        if samples is not self.samples:
            return
        if tell == self.statistics_ready:
            self.statistics_ready.emit(answer[1])
        else:
            tell.emit(*answer)  # type: ignore[attr-defined]

    def shut_down(self) -> None:
        """End the reading threads."""
        self._given_up.set()
        self._reading.set()
        if self._readers is not None:
            self._readers.shutdown(wait=True, cancel_futures=True)
        if self._thread is not None:
            self._thread.join(10)


def _probes(samples: Samples) -> tuple[list[object], list[int], list[object]]:
    """Samples to pick a probe from, their labels and small pictures of them."""
    from models.data.probing import probe_samples
    from models.data.thumbnails import thumbnail

    found, indices = probe_samples(samples, SAMPLES)
    return list(found), samples.labels[indices].tolist(), [thumbnail(samples, index, 148) for index in indices]
