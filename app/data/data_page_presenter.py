"""`DataPagePresenter`: shows the project's data set on the Data page, and turns what is done there into edits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from app.data.data_controller import DataController
from app.data.data_editor import DataEditor, left_out_of
from app.data.sample_presenter import SamplePresenter, names_of, open_in_file_manager
from app.document import Document
from models.blocks import Shape
from models.data.facts import DataFacts
from models.data.findings import Finding, FindingKind, ScanReport, leakage
from models.data.samples import TEST, TRAINING, VALIDATION, Indices, Samples
from models.data.sources import Source, SourceGroup
from models.data.split import Parts, divide
from models.data.statistics import PictureStatistics
from widgets.data.filters_bar import WallFilter
from widgets.data.page import DataPage
from widgets.data.sample_details import SampleDetails

PARTS = {TRAINING: "training", VALIDATION: "validation", TEST: "test", -1: "left out"}
LARGEST_THUMBNAIL = 192
"""Pixels of a thumbnail's longer side; the wall shows none larger."""

NOTHING: Indices = np.zeros(0, np.int64)
NO_PARTS = Parts(NOTHING, NOTHING, NOTHING)


class DataPagePresenter(QObject):
    """Between the data controller, the document and the Data page.

    The document changes with every edit of the network: what depends on other values is compared with what was shown
    last, and left alone where it is the same.

    Signals:
        source_requested(kind): the user wants another data set.
    """

    source_requested = Signal(str)

    def __init__(self, document: Document, data: DataController, editor: DataEditor, page: DataPage) -> None:
        super().__init__(page)
        self._document = document
        self._data = data
        self._editor = editor
        self._page = page
        self._samples: Samples | None = None
        self._source: Source | None = None
        self._chains_shown: object = None
        self._state_shown: object = None
        self._divided: object = None
        self._parts = NO_PARTS
        self._side: npt.NDArray[np.int8] = np.zeros(0, np.int8)
        self._left_out = NOTHING
        self._findings: tuple[Finding, ...] = ()
        self._shown = NOTHING
        self._found_by_text: tuple[Samples, str, npt.NDArray[np.bool_]] | None = None
        self._measured: tuple[Samples, Indices] | None = None
        self._statistics: PictureStatistics | None = None
        self._sample = SamplePresenter(data, editor, page, self._details)
        self._connect_document()
        self._connect_page()
        self.refresh()

    def _connect_document(self) -> None:
        data, page = self._data, self._page
        for changed in (self._document.changed, data.opened, data.scanned):
            changed.connect(self.refresh)
        data.scan_progressed.connect(self._show_progress)
        data.thumbnail_ready.connect(page.wall.set_thumbnail)
        data.statistics_ready.connect(self._show_statistics)
        data.statistics_failed.connect(lambda why: page.statistics.set_message(f"They could not be measured: {why}"))

    def _connect_page(self) -> None:
        page, editor = self._page, self._editor
        page.source_requested.connect(self.source_requested)
        page.scan_requested.connect(self._data.scan)
        page.cancel_requested.connect(self._data.cancel_scan)
        page.section_shown.connect(lambda _name: self._measure())
        page.filters.filter_changed.connect(lambda _filter: self._fill_wall())
        page.filters.tile_size_changed.connect(page.wall.set_tile_size)
        page.wall.tile_size_changed.connect(page.filters.set_tile_size)
        page.wall.thumbnails_wanted.connect(self._load_thumbnails)
        page.class_chart.class_chosen.connect(lambda label: self._filter(WallFilter(label=label)))
        page.statistics.class_chosen.connect(lambda label: self._filter(WallFilter(label=label)))
        page.class_chart.class_renamed.connect(editor.rename_class)
        page.class_chart.balance_chosen.connect(lambda value: editor.change("Balance classes", balance=value))
        page.findings.finding_chosen.connect(lambda finding: self._filter(WallFilter(finding=finding)))
        page.findings.leave_out_requested.connect(lambda finding: editor.leave_out(self._names(finding)))
        page.findings.use_again_requested.connect(lambda finding: editor.use_again(self._names(finding)))
        page.findings.folder_requested.connect(self._open_finding)
        page.split_editor.split_edited.connect(editor.set_split)
        page.split_editor.leakage_shown.connect(lambda finding: self._filter(WallFilter(finding=finding)))
        page.split_editor.leave_out_requested.connect(lambda finding: editor.leave_out(self._names(finding)))
        for chain, field in ((page.preprocessing, "preprocessing"), (page.augmentation, "augmentation")):
            chain.chain_edited.connect(
                lambda steps, text, session, field=field: editor.change(text, session, **{field: steps})
            )

    # --- showing ----------------------------------------------------------------------------------------------------
    @property
    def _facts(self) -> DataFacts:
        facts = self._document.facts
        assert facts is not None
        return facts

    def refresh(self) -> None:
        """Show the data set as it is known now."""
        samples, facts = self._data.samples, self._document.facts
        self._show_chains(facts)
        if samples is None or facts is None:
            self._show_nothing()
            return
        if samples is not self._samples:
            self._samples = samples
            self._page.wall.forget()
            self._sample.forget()
        self._show_state(facts)
        self._divide(samples, facts)
        self._measure()

    def _show_chains(self, facts: DataFacts | None) -> None:
        preparation, page = self._document.project.preparation, self._page
        before = facts.sample_shape if facts is not None else None
        behind = self._prepared_shape(facts)
        state = (preparation.preprocessing, preparation.augmentation, preparation.balance, before, behind)
        if state != self._chains_shown:
            self._chains_shown = state
            page.preprocessing.set_chain(preparation.preprocessing, before)
            page.augmentation.set_chain(preparation.augmentation, behind)
            page.class_chart.set_balance(preparation.balance)

    def _prepared_shape(self, facts: DataFacts | None) -> Shape | None:
        """The shape of samples that reach the augmentation."""
        if facts is None:
            return None
        wanted = self._document.analysis.input_shape
        return self._document.project.preparation.prepared_shape(facts.sample_shape, wanted or facts.sample_shape)

    def _show_nothing(self) -> None:
        """There are no samples to look at: not yet, or not at all."""
        page, data = self._page, self._data
        if self._samples is not None or self._source is None or self._source != data.source:
            self._forget()
        if data.error:
            page.set_error(data.error)
        elif data.was_cancelled:
            page.set_cancelled()
        else:
            page.set_opening(*data.progress, self._opening_word())

    def _forget(self) -> None:
        """Nothing that was shown is of the data set that is used now."""
        page, source = self._page, self._data.source
        place = source.place()
        page.set_facts(place.name if place is not None else source.title, "")
        if source != self._source:
            page.filters.set_filter(WallFilter())
        self._source = source
        self._samples = self._divided = self._state_shown = self._measured = self._statistics = None
        self._sample.forget()
        page.wall.forget()
        page.wall.set_items(NOTHING, str)  # what is painted while the page changes knows nothing of these samples
        page.statistics.set_statistics(None)
        page.findings.set_report(None)
        page.set_finding_count(0)

    def _opening_word(self) -> str:
        loads = self._data.source.group is SourceGroup.DOWNLOADED and self._data.progress[1] > 0
        return "Downloading" if loads else "Opening"

    def _show_state(self, facts: DataFacts) -> None:
        page, data = self._page, self._data
        state = (facts.name, facts.text, data.is_scanning, data.was_cancelled, data.error)
        if state == self._state_shown:
            return
        self._state_shown = state
        self._source = data.source
        page.set_facts(facts.name, facts.text.removeprefix(f"{facts.name} · "))
        page.set_ready()
        if data.is_scanning:
            page.set_scanning(*data.progress)
        elif data.was_cancelled:
            page.set_cancelled()
        elif data.error:
            page.findings.set_error(data.error)

    def _show_progress(self, done: int, total: int) -> None:
        if self._samples is None:
            self._show_nothing()
        elif self._data.is_scanning:
            self._page.set_scanning(done, total)

    # --- the split, and what was found ------------------------------------------------------------------------------
    def _divide(self, samples: Samples, facts: DataFacts) -> None:
        """Work out who is on which side, where anything about that has changed, and show it."""
        preparation, report = self._document.project.preparation, self._data.report
        state = (samples, preparation.split, preparation.left_out, report, facts.class_names)
        if state == self._divided:
            return
        self._divided = state
        self._left_out = left_out_of(samples, preparation.left_out)
        usable = report.usable if report is not None else np.arange(len(samples), dtype=np.int64)
        self._parts = divide(preparation.split, samples, np.setdiff1d(usable, self._left_out))
        self._side = self._parts.of_each(len(samples))
        leak = leakage(report, self._parts) if report is not None else None
        self._show_split(samples, facts, leak)
        self._show_findings(report, leak)
        self._fill_wall()
        self._sample.refresh()
        if self._statistics is not None:
            self._page.statistics.set_statistics(self._statistics, facts.class_names)

    def _show_split(self, samples: Samples, facts: DataFacts, leak: Finding | None) -> None:
        page, labels = self._page, samples.labels
        sides = (self._parts.training, self._parts.validation, self._parts.test)
        counts = np.stack([_counts(labels[side], facts.classes) for side in sides], axis=1)
        page.class_chart.set_classes(facts.class_names, counts)
        page.split_editor.set_split(self._document.project.preparation.split, facts.has_parts)
        page.split_editor.set_counts(*(len(side) for side in sides))
        page.split_editor.set_class_counts(facts.class_names, counts)
        page.split_editor.set_leakage(leak)
        page.filters.set_classes(facts.class_names, _counts(labels, facts.classes).tolist())
        left_out = int(np.sum(self._side < 0))
        page.filters.set_parts(
            {"training": len(sides[0]), "validation": len(sides[1]), "test": len(sides[2]), "left out": left_out}
        )

    def _show_findings(self, report: ScanReport | None, leak: Finding | None) -> None:
        page, more = self._page, (leak,) if leak is not None else ()
        self._findings = (*more, *(report.findings if report is not None else ()))
        page.set_finding_count(len(self._findings))
        if report is not None:
            page.findings.set_report(report, self._left_out, more)
        chosen = page.filters.filter
        page.filters.set_findings(self._findings)
        if leak is not None and chosen.finding is not None and chosen.finding.kind is FindingKind.LEAKAGE:
            page.filters.set_filter(replace(chosen, finding=leak))  # another one follows from every other split
        page.wall.set_marks(_marks(self._findings))
        page.wall.set_left_out(np.flatnonzero(self._side < 0))

    def _names(self, finding: Finding) -> list[str]:
        return names_of(self._samples, finding.leave_out) if self._samples is not None else []

    def _open_finding(self, finding: Finding) -> None:
        if len(finding.samples):
            self._sample.open_folder(int(finding.samples[0]))
        elif (place := self._data.source.place()) is not None:
            open_in_file_manager(place if place.is_dir() else place.parent)

    # --- the wall ---------------------------------------------------------------------------------------------------
    def _filter(self, wanted: WallFilter) -> None:
        self._page.filters.set_filter(wanted)
        self._fill_wall()
        self._page.show_wall()
        self._page.show_section("Look")

    def _fill_wall(self) -> None:
        samples = self._samples
        if samples is None:
            return
        wanted = self._page.filters.filter
        chosen = np.ones(len(samples), bool)
        if wanted.label is not None:
            chosen &= samples.labels == wanted.label
        if wanted.part is not None:
            chosen &= self._side == next(side for side, name in PARTS.items() if name == wanted.part)
        if wanted.finding is not None:
            chosen &= np.isin(np.arange(len(samples)), wanted.finding.samples)
        if wanted.text:
            chosen &= self._with_text(samples, wanted.text.casefold())
        self._shown = np.flatnonzero(chosen).astype(np.int64)
        labels = samples.labels
        self._page.wall.set_items(self._shown, self._describe, lambda index: int(labels[index]))
        self._page.wall.set_empty_text(
            "No sample passes the filters above." if len(samples) else "The data set has no samples."
        )
        self._page.filters.set_shown(len(self._shown), len(samples))
        self._page.class_chart.set_chosen(wanted.label)

    def _with_text(self, samples: Samples, text: str) -> npt.NDArray[np.bool_]:
        """(samples,) whose names have a text in them; found once, since names are many."""
        known = self._found_by_text
        if known is None or known[0] is not samples or known[1] != text:
            found = [text in samples.name(index).casefold() for index in range(len(samples))]
            known = self._found_by_text = (samples, text, np.array(found, bool))
        return known[2]

    def _describe(self, index: int) -> str:
        assert self._samples is not None
        label, names = int(self._samples.labels[index]), self._facts.class_names
        words = names[label] if 0 <= label < len(names) else "no class"
        return f"{words}\n{self._samples.name(index)} · {PARTS[int(self._side[index])]}"

    def _load_thumbnails(self, indices: list[int]) -> None:
        if self._samples is self._data.samples:
            edge = round(self._page.wall.tile_size * self._page.devicePixelRatioF())
            self._data.load_thumbnails(indices, min(edge, LARGEST_THUMBNAIL))

    # --- one sample, and statistics ---------------------------------------------------------------------------------
    def _details(self, sample: SampleDetails) -> SampleDetails:
        """A sample with all that is known of it."""
        samples, facts, index = self._samples, self._facts, sample.index
        assert samples is not None
        label = int(samples.labels[index])
        place = np.flatnonzero(self._shown == index)
        found = (finding for finding in self._findings if index in finding.samples)
        return replace(
            sample,
            name=samples.name(index),
            class_name=facts.class_names[label] if 0 <= label < facts.classes else "",
            part=PARTS[int(self._side[index])],
            findings=tuple(f"{one.kind.value}: {one.details.get(index, one.text)}" for one in found),
            left_out=index in self._left_out,
            white=facts.white,
            class_names=facts.class_names,
            has_folder=samples.path(index) is not None,
            position=(int(place[0]) + 1, len(self._shown)) if len(place) else None,
        )

    def _measure(self) -> None:
        """Measure the training samples, when that is looked at and not done yet."""
        samples, training = self._samples, self._parts.training
        if self._page.section != "Statistics" or samples is None:
            return
        known = self._measured
        if known is None or known[0] is not samples or not np.array_equal(known[1], training):
            self._measured, self._statistics = (samples, training), None
            self._page.statistics.set_message("Measuring …")
            self._data.load_statistics(training)

    def _show_statistics(self, statistics: PictureStatistics) -> None:
        self._statistics = statistics
        self._page.statistics.set_statistics(statistics, self._facts.class_names)


def _counts(labels: Indices, classes: int) -> Indices:
    return np.bincount(labels[labels >= 0], minlength=classes)[:classes]


def _marks(findings: tuple[Finding, ...]) -> dict[int, str]:
    """What was found about samples, in words; notes are no marks."""
    marks: dict[int, str] = {}
    for finding in findings:
        if finding.severity != "note":
            for index in finding.samples.tolist():
                detail = finding.details.get(index)
                words = f"{finding.kind.value}: {detail}" if detail else finding.kind.value
                marks[index] = f"{marks[index]}; {words}" if index in marks else words
    return marks
