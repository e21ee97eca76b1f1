"""`DataPagePresenter`: shows the project's data set on the Data page, and turns what is done there into edits."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QPoint, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMenu

from app.data_controller import DataController
from app.data_editor import DataEditor, left_out_of
from app.document import Document
from models.blocks import Shape
from models.data.facts import DataFacts
from models.data.findings import Finding, ScanReport, leakage
from models.data.samples import TEST, TRAINING, VALIDATION, Indices, Samples
from models.data.split import Parts, divide
from widgets.data.filters_bar import WallFilter
from widgets.data.page import DataPage
from widgets.data.sample_details import SampleDetails

PARTS = {TRAINING: "training", VALIDATION: "validation", TEST: "test", -1: "left out"}
LARGEST_THUMBNAIL = 192
"""Pixels of a thumbnail's longer side; the wall shows none larger."""

NOTHING: Indices = np.zeros(0, np.int64)


class DataPagePresenter(QObject):
    """Between the data controller, the document and the Data page.

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
        self._divided: object = None
        self._parts = Parts(NOTHING, NOTHING, NOTHING)
        self._side = np.zeros(0, np.int8)
        self._left_out = NOTHING
        self._leakage: Finding | None = None
        self._marks: dict[int, str] = {}
        self._shown = NOTHING
        self._measured_of: object = None
        self._connect_document()
        self._connect_page()
        self.refresh()

    def _connect_document(self) -> None:
        self._document.changed.connect(self.refresh)
        data, page = self._data, self._page
        data.opened.connect(self.refresh)
        data.scanned.connect(self.refresh)
        data.scan_progressed.connect(self._show_progress)
        data.thumbnail_ready.connect(page.wall.set_thumbnail)
        data.sample_ready.connect(self._show_sample)
        data.sample_failed.connect(self._show_failure)
        data.statistics_ready.connect(
            lambda statistics: page.statistics.set_statistics(statistics, self._facts.class_names)
        )

    def _connect_page(self) -> None:
        page, editor = self._page, self._editor
        page.source_requested.connect(self.source_requested)
        page.scan_requested.connect(self._data.scan)
        page.cancel_requested.connect(self._data.cancel_scan)
        page.section_shown.connect(lambda _name: self._measure())
        page.filters.filter_changed.connect(self._fill_wall)
        page.filters.tile_size_changed.connect(page.wall.set_tile_size)
        page.wall.tile_size_changed.connect(page.filters.set_tile_size)
        page.wall.thumbnails_wanted.connect(self._load_thumbnails)
        page.wall.sample_opened.connect(self._data.load_sample)
        page.wall.menu_requested.connect(self._show_menu)
        page.sample_view.previous_requested.connect(partial(self._step, -1))
        page.sample_view.next_requested.connect(partial(self._step, 1))
        page.sample_view.leave_out_toggled.connect(self._toggle)
        page.sample_view.folder_requested.connect(self._open_folder)
        page.class_chart.class_chosen.connect(lambda label: self._filter(WallFilter(label=label)))
        page.statistics.class_chosen.connect(lambda label: self._filter(WallFilter(label=label)))
        page.class_chart.class_renamed.connect(editor.rename_class)
        page.class_chart.balance_chosen.connect(lambda value: editor.change("Balance classes", balance=value))
        page.findings.finding_chosen.connect(lambda finding: self._filter(WallFilter(finding=finding)))
        page.findings.leave_out_requested.connect(self._leave_out)
        page.findings.use_again_requested.connect(lambda finding: editor.use_again(self._names(finding.leave_out)))
        page.findings.folder_requested.connect(self._open_finding)
        page.split_editor.split_edited.connect(editor.set_split)
        page.split_editor.leakage_shown.connect(lambda finding: self._filter(WallFilter(finding=finding)))
        page.split_editor.leave_out_requested.connect(self._leave_out)
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
        page, samples, facts = self._page, self._data.samples, self._document.facts
        preparation = self._document.project.preparation
        page.preprocessing.set_chain(preparation.preprocessing, facts.sample_shape if facts else None)
        page.augmentation.set_chain(preparation.augmentation, self._prepared_shape())
        page.class_chart.set_balance(preparation.balance)
        if samples is None or facts is None:
            self._samples = self._divided = None
            if self._data.error:
                page.set_error(self._data.error)
            elif self._data.is_scanning:
                page.set_scanning(0, 0)
            return
        if samples is not self._samples:
            self._samples = samples
            page.wall.forget()
            page.show_wall()
            page.statistics.set_statistics(None)
            page.findings.set_report(None)
        page.set_facts(facts.name, facts.text.removeprefix(f"{facts.name} · "))
        page.set_ready()
        if self._data.is_scanning and self._data.report is None:
            page.set_scanning(0, 0)
        self._divide(samples, facts)
        self._measure()

    def _prepared_shape(self) -> Shape | None:
        """The shape of samples that reach the augmentation."""
        facts, wanted = self._document.facts, self._document.analysis.input_shape
        if facts is None:
            return None
        return self._document.project.preparation.prepared_shape(facts.sample_shape, wanted or facts.sample_shape)

    def _show_progress(self, done: int, total: int) -> None:
        if self._data.is_scanning:
            self._page.set_scanning(done, total)

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
        self._leakage = leakage(report, self._parts) if report is not None else None
        self._show_split(facts)
        self._show_findings(report)
        self._fill_wall()

    def _show_split(self, facts: DataFacts) -> None:
        page, sides = self._page, (self._parts.training, self._parts.validation, self._parts.test)
        assert self._samples is not None
        labels = self._samples.labels
        counts = np.stack(
            [np.bincount(labels[side][labels[side] >= 0], minlength=facts.classes) for side in sides], axis=1
        )
        page.class_chart.set_classes(facts.class_names, counts)
        page.split_editor.set_split(self._document.project.preparation.split, facts.has_parts)
        page.split_editor.set_counts(*(len(side) for side in sides))
        page.split_editor.set_class_counts(facts.class_names, counts)
        page.split_editor.set_leakage(self._leakage)
        every = np.bincount(labels[labels >= 0], minlength=facts.classes)
        page.filters.set_classes(facts.class_names, every.tolist())
        page.filters.set_parts(
            {
                "training": len(sides[0]),
                "validation": len(sides[1]),
                "test": len(sides[2]),
                "left out": int(np.sum(self._side < 0)),
            }
        )

    def _show_findings(self, report: ScanReport | None) -> None:
        page = self._page
        more = (self._leakage,) if self._leakage is not None else ()
        findings = (*more, *(report.findings if report is not None else ()))
        page.set_finding_count(len(findings))
        if report is not None:
            page.findings.set_report(report, self._left_out, more)
        page.filters.set_findings(findings)
        self._marks = _marks(findings)
        page.wall.set_marks(self._marks)
        page.wall.set_left_out(np.flatnonzero(self._side < 0))

    def _filter(self, wanted: WallFilter) -> None:
        self._page.filters.set_filter(wanted)
        self._fill_wall()
        self._page.show_wall()
        self._page.show_section("Look")

    def _fill_wall(self, _filter: object = None) -> None:
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
        self._shown = np.flatnonzero(chosen).astype(np.int64)
        if wanted.text:
            text = wanted.text.casefold()
            kept = [index for index in self._shown.tolist() if text in samples.name(index).casefold()]
            self._shown = np.array(kept, np.int64)
        labels = samples.labels
        self._page.wall.set_items(self._shown, self._describe, lambda index: int(labels[index]))
        self._page.filters.set_shown(len(self._shown), len(samples))

    def _describe(self, index: int) -> str:
        assert self._samples is not None
        label, names = int(self._samples.labels[index]), self._facts.class_names
        words = names[label] if 0 <= label < len(names) else "no class"
        return f"{words}\n{self._samples.name(index)} · {PARTS[int(self._side[index])]}"

    def _load_thumbnails(self, indices: list[int]) -> None:
        edge = round(self._page.wall.tile_size * self._page.devicePixelRatioF())
        self._data.load_thumbnails(indices, min(edge, LARGEST_THUMBNAIL))

    def _measure(self) -> None:
        """Measure the training samples, when that is looked at and not done yet."""
        if self._page.section != "Statistics" or self._samples is None or self._measured_of == self._divided:
            return
        self._measured_of = self._divided
        self._page.statistics.set_message("Measuring …")
        self._data.load_statistics(self._parts.training)

    # --- one sample -------------------------------------------------------------------------------------------------
    def _details(self, index: int, values: object, mask: object, boxes: object, error: str) -> SampleDetails:
        samples, facts = self._samples, self._facts
        assert samples is not None
        label = int(samples.labels[index])
        place = np.flatnonzero(self._shown == index)
        findings = self._data.report.findings if self._data.report is not None else ()
        return SampleDetails(
            index=index,
            name=samples.name(index),
            values=values if isinstance(values, np.ndarray) else np.zeros((1, 1, 1), np.uint8),
            class_name=facts.class_names[label] if 0 <= label < facts.classes else "",
            part=PARTS[int(self._side[index])],
            findings=tuple(
                f"{finding.kind.value}: {finding.details.get(index, finding.text)}"
                for finding in findings
                if index in finding.samples
            ),
            left_out=index in self._left_out,
            white=facts.white,
            mask=mask if isinstance(mask, np.ndarray) else None,
            boxes=boxes if isinstance(boxes, np.ndarray) else None,
            class_names=facts.class_names,
            has_folder=samples.path(index) is not None,
            position=(int(place[0]) + 1, len(self._shown)) if len(place) else None,
            error=error,
        )

    def _show_sample(self, index: int, found: tuple[object, object, object]) -> None:
        self._page.sample_view.set_sample(self._details(index, *found, error=""))
        self._page.wall.set_current(index)
        self._page.show_sample()

    def _show_failure(self, index: int, reason: str) -> None:
        self._page.wall.set_thumbnail(index, None)
        if self._page.shows_sample or self._page.wall.current_index == index:
            self._page.sample_view.set_sample(self._details(index, None, None, None, reason))

    def _step(self, step: int) -> None:
        shown = self._page.sample_view.sample
        following = self._page.wall.neighbour(shown.index, step) if shown is not None else None
        if following is not None:
            self._data.load_sample(following)

    def _show_menu(self, point: QPoint, chosen: Indices) -> None:
        menu = QMenu(self._page)
        names = self._names(chosen)
        menu.addAction("Show in full", partial(self._data.load_sample, int(chosen[0])))
        menu.addAction(f"Leave out ({len(chosen):,})", partial(self._editor.leave_out, names))
        menu.addAction(f"Use again ({len(chosen):,})", partial(self._editor.use_again, names))
        if self._samples is not None and self._samples.path(int(chosen[0])) is not None:
            menu.addAction("Open folder", partial(self._open_folder, int(chosen[0])))
        menu.popup(point)

    # --- acting -----------------------------------------------------------------------------------------------------
    def _names(self, indices: Indices) -> list[str]:
        assert self._samples is not None
        return [self._samples.name(int(index)) for index in indices]

    def _leave_out(self, finding: Finding) -> None:
        self._editor.leave_out(self._names(finding.leave_out))

    def _toggle(self, index: int) -> None:
        change = self._editor.use_again if index in self._left_out else self._editor.leave_out
        change(self._names(np.array([index])))
        shown = self._page.sample_view.sample
        if shown is not None and shown.index == index:
            self._data.load_sample(index)

    def _open_finding(self, finding: Finding) -> None:
        if len(finding.samples):
            self._open_folder(int(finding.samples[0]))
        elif (place := self._data.source.place()) is not None:
            _open(place)

    def _open_folder(self, index: int) -> None:
        path = self._samples.path(index) if self._samples is not None else None
        if path is not None:
            _open(path.parent)


def _open(folder: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def _marks(findings: tuple[Finding, ...]) -> dict[int, str]:
    """What was found about samples, in words; notes are no marks."""
    marks: dict[int, str] = {}
    for finding in findings:
        if finding.severity != "note":
            for index in finding.samples.tolist():
                words = (
                    f"{finding.kind.value}: {finding.details[index]}"
                    if index in finding.details
                    else finding.kind.value
                )
                marks[index] = f"{marks[index]}; {words}" if index in marks else words
    return marks
