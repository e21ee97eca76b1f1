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
from models.data.samples import TEST, Indices, Samples
from models.data.sources import Source, resolve

SAMPLES = 60
"""Samples offered for picking a probe."""

PROGRESS_S = 0.1
"""Seconds between two tellings of how far a scan is."""

READERS = {"thumbnails": 2, "sample": 1, "statistics": 1}
"""Threads that read what is looked at: a sample that is opened does not wait for small pictures, nor for statistics."""

MOST_MEASURED = 1000
"""Samples whose statistics are shown."""


CANCELLED = "The data set was not opened: its opening was cancelled. Open it again on the Data page, or choose another"


class GivenUp(Exception):
    """Nobody waits for this reading any more."""


class DataController(QObject):
    """Follows the document's data source; `folder` says from where relative paths are read.

    Signals:
        opened: the samples are listed, and facts are known as a quick look gives them; the scan goes on.
        scan_progressed(done, total): how far the scan is, or the opening before it: then they are bytes or anything
            else that can be counted. A total of 0 is not known.
        scanned: the scan's report, or why there is none, is known.
        samples_loaded(object): (samples, labels, pictures) to pick a probe from.
        thumbnail_ready(index, pixels): a small picture; None where the sample cannot be read.
        sample_ready(index, (values, mask, boxes)), sample_failed(index, reason), statistics_ready(object),
        statistics_failed(reason): what was asked for.

    Attributes:
        error: why the data set cannot be used; empty where it can, or where that is not known yet.
        was_cancelled: whether the user ended the last opening or scan.
        progress: (done, total) as told last.
    """

    opened = Signal()
    scan_progressed = Signal(int, int)
    scanned = Signal()
    samples_loaded = Signal(object)
    thumbnail_ready = Signal(int, object)
    sample_ready = Signal(int, object)
    sample_failed = Signal(int, str)
    statistics_ready = Signal(object)
    statistics_failed = Signal(str)
    _progressed = Signal(object, int, int)
    _listed = Signal(object, object)
    _answered = Signal(object, object)
    _found = Signal(object)

    def __init__(self, document: Document, folder: Callable[[], Path], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._folder = folder
        self.error = ""
        self.samples: Samples | None = None
        self.report: ScanReport | None = None
        self._thread: Thread | None = None
        self._given_up = Event()
        self.was_cancelled = False
        self.progress = (0, 0)
        self._readers: dict[str, ThreadPoolExecutor] = {}
        self._wanted: dict[str, Event] = {}
        document.data_source_changed.connect(self.scan)
        self._progressed.connect(self._take_progress)
        self._listed.connect(self._take_samples)
        self._answered.connect(self._take_report)
        self._found.connect(lambda deliver: deliver())

    @property
    def source(self) -> Source:
        """The project's data source; a relative folder is read from the project file's place."""
        return resolve(self._document.project.data, self._folder())

    @property
    def is_scanning(self) -> bool:
        """Whether a scan is under way."""
        return self._thread is not None and not self._given_up.is_set()

    @property
    def is_open(self) -> bool:
        """Whether the samples are listed."""
        return self.samples is not None

    @property
    def has_test_part(self) -> bool:
        """Whether some samples are kept for the end."""
        split = self._document.project.preparation.split
        if split.by == "folders" and self.samples is not None and self.samples.parts is not None:
            return bool((self.samples.parts == TEST).any())
        return split.test > 0

    # --- the scan ---------------------------------------------------------------------------------------------------
    def scan_first(self) -> None:
        """Read the data set, unless that is under way or done."""
        if self._thread is None:
            self.scan()

    def scan(self) -> None:
        """Open the data set and scan it; an earlier scan that is still under way is given up."""
        self.error, self.was_cancelled, self.progress = "", False, (0, 0)
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
            self.was_cancelled = True
            self.scanned.emit()

    def _work(self, source: Source, given_up: Event) -> None:
        """In the scan's thread. Its tellings carry `given_up`: those of an earlier scan are known by it and dropped."""
        from models.data.scan import ScanCache, scan_samples  # with Pillow, which the first paint need not wait for

        told = 0.0

        def check(done: int, total: int) -> None:
            nonlocal told
            if given_up.is_set():
                raise GivenUp
            if monotonic() - told > PROGRESS_S:
                told = monotonic()
                self._progressed.emit(given_up, _in_an_int(done, total), _in_an_int(total, total))

        try:
            samples = source.open(check)
            self._listed.emit(given_up, (samples, _probes(samples)))
            answer: object = scan_samples(samples, check, ScanCache(scans_folder()))
        except GivenUp:
            return
        except DataError as error:
            answer = str(error)
        except Exception as error:  # a surprise is told too: a silent thread would leave the window waiting for ever
            answer = f"The data set could not be read: {error}. Choose another one from the data-set menu."
        self._answered.emit(given_up, answer)

    def _is_over(self, given_up: object) -> bool:
        """Whether a telling is of a scan that was given up, or that another one has followed."""
        return given_up is not self._given_up or self._given_up.is_set()

    def _take_progress(self, given_up: object, done: int, total: int) -> None:
        if not self._is_over(given_up):
            self.progress = (done, total)
            self.scan_progressed.emit(done, total)

    def _take_samples(self, given_up: object, found: tuple[Samples, object]) -> None:
        if self._is_over(given_up):
            return
        self.samples, probes = found
        self.progress = (0, 0)
        self._document.set_facts(self.samples.facts)
        self.samples_loaded.emit(probes)
        self.opened.emit()

    def _take_report(self, given_up: object, answer: object) -> None:
        if self._is_over(given_up):
            return
        self._given_up.set()
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

        samples, wanted = self.samples, self._want("thumbnails")
        if samples is None:
            return
        for index in indices:
            self._read(
                "thumbnails",
                wanted,
                partial(thumbnail, samples, index, side),
                partial(self.thumbnail_ready.emit, index),
                partial(self._tell_no_thumbnail, index),
            )

    def _tell_no_thumbnail(self, index: int, _reason: str) -> None:
        self.thumbnail_ready.emit(index, None)

    def load_sample(self, index: int) -> None:
        """Read one sample whole, in place of one that is still waited for."""
        samples, wanted = self.samples, self._want("sample")
        if samples is not None:
            self._read(
                "sample",
                wanted,
                lambda: (samples.read(index), samples.mask(index), samples.boxes(index)),
                partial(self.sample_ready.emit, index),
                partial(self.sample_failed.emit, index),
            )

    def load_statistics(self, indices: Indices) -> None:
        """Measure some samples, in place of others that are still being measured: mean pictures and histograms."""
        from models.data.statistics import measure

        samples, wanted = self.samples, self._want("statistics")

        def check(_done: int, _total: int) -> None:
            if wanted.is_set():
                raise GivenUp

        if samples is not None:
            read = partial(measure, samples, indices, MOST_MEASURED, progress=check)
            self._read("statistics", wanted, read, self.statistics_ready.emit, self.statistics_failed.emit)

    def _want(self, what: str) -> Event:
        """What is set once this is wanted no more; what was wanted before is so at once."""
        self._wanted.get(what, Event()).set()
        self._wanted[what] = Event()
        return self._wanted[what]

    def _forget_reading(self) -> None:
        for forgotten in self._wanted.values():
            forgotten.set()

    def _read(
        self,
        what: str,
        forgotten: Event,
        read: Callable[[], object],
        tell: Callable[[object], object],
        fail: Callable[[str], object],
    ) -> None:
        """Do a reading in the background, then `tell` its result, or why there is none, in the window's thread."""
        if what not in self._readers:
            self._readers[what] = ThreadPoolExecutor(READERS[what], thread_name_prefix=what)

        samples = self.samples

        def deliver(answer: Callable[[], object]) -> None:
            """In the window's thread. A small picture that comes late is still one of this data set."""
            if samples is self.samples and (what == "thumbnails" or not forgotten.is_set()):
                answer()

        def work() -> None:
            if forgotten.is_set():
                return
            from models.data.decoding import quiet_pillow

            try:
                with quiet_pillow():
                    answer = partial(tell, read())
            except GivenUp:
                return
            except Exception as error:  # damaged files raise nearly anything, and the scan names them
                answer = partial(fail, str(error))
            self._found.emit(partial(deliver, answer))

        self._readers[what].submit(work)

    def shut_down(self) -> None:
        """End the reading threads."""
        self._given_up.set()
        self._forget_reading()
        for readers in self._readers.values():
            readers.shutdown(wait=True, cancel_futures=True)
        if self._thread is not None:
            self._thread.join(10)


def _in_an_int(done: int, total: int) -> int:
    """A count for a signal, whose integers end at 2³¹: of larger totals a part in as many thousands."""
    return done // 1024 if total >= 2**31 else done


def _probes(samples: Samples) -> tuple[list[object], list[int], list[object]]:
    """Samples to pick a probe from, their labels and small pictures of them."""
    from models.data.probing import probe_samples
    from models.data.thumbnails import thumbnail

    found, indices = probe_samples(samples, SAMPLES)
    return list(found), samples.labels[indices].tolist(), [thumbnail(samples, index, 148) for index in indices]
