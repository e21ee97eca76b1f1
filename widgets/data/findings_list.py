"""`FindingsList`: what a scan of the data set found, and what can be done about each finding."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from models.data.findings import Finding, FindingKind, ScanReport, named
from models.data.samples import Indices
from widgets.theme import Theme, set_property

MOST_CARDS = 60
SEVERITIES = {
    "bad": ("✕", "Spoils training"),
    "warn": ("⚠", "Deserves a look"),
    "note": ("ℹ", "Worth knowing"),
}
"""An icon and words for each severity."""

OF_CLASSES = (FindingKind.TINY_CLASS, FindingKind.ONE_CLASS, FindingKind.UNEVEN)
"""Kinds whose `files` are classes."""

NOTHING = np.zeros(0, np.int64)


class FindingsList(QWidget):
    """How the scan goes in a line on top, below it a card for each finding.

    Signals:
        finding_chosen(Finding): its samples are to be shown.
        leave_out_requested(Finding), use_again_requested(Finding): about `finding.leave_out`.
        folder_requested(Finding): the folder of its first sample or file.
        cancel_requested, rescan_requested: about the scan.
    """

    finding_chosen = Signal(object)
    leave_out_requested = Signal(object)
    use_again_requested = Signal(object)
    folder_requested = Signal(object)
    cancel_requested = Signal()
    rescan_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("findingsList")
        self.setAccessibleName("Findings")
        self._report: ScanReport | None = None
        self._shown: tuple[Finding, ...] = ()
        self._cards: list[FindingCard] = []
        self._status = QLabel("Not scanned yet.")
        self._status.setObjectName("scanStatus")
        self._status.setTextFormat(Qt.TextFormat.PlainText)
        self._status.setWordWrap(True)
        self._status.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._bar = QProgressBar(textVisible=False)
        self._bar.setAccessibleName("Progress of the scan")
        self._cancel = QPushButton("Cancel")
        self._cancel.setAccessibleName("Cancel the scan")
        self._cancel.clicked.connect(self.cancel_requested)
        self._rescan = QPushButton("Scan again")
        self._rescan.setToolTip("Look at every sample again, for files that changed.")
        self._rescan.clicked.connect(self.rescan_requested)
        self._column = QVBoxLayout()
        self._column.setSpacing(8)
        self._column.setContentsMargins(0, 0, 8, 0)
        self._column.addStretch(1)
        self._place()
        self._set_running(False)

    def _place(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._status, 1)
        line.addWidget(self._cancel)
        line.addWidget(self._rescan)
        content = QWidget()
        content.setLayout(self._column)
        self._area = QScrollArea(widgetResizable=True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(content)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(line)
        column.addWidget(self._bar)
        column.addWidget(self._area, 1)

    # --- setters ----------------------------------------------------------------------------------------------------
    def set_progress(self, done: int, total: int) -> None:
        """A scan is under way: so many of so many samples are looked at; a total of 0 is not known yet."""
        self._set_running(True)
        self._bar.setRange(0, min(total, 2**31 - 1))
        self._bar.setValue(min(done, total))
        self._status.setText(f"Looking at {done:,} of {total:,} samples …" if total else "Looking for samples …")
        set_property(self._status, "level", "")

    def set_report(
        self, report: ScanReport | None, left_out: Indices | Sequence[int] = NOTHING, more: Sequence[Finding] = ()
    ) -> None:
        """Show a scan's findings; None where there was none yet.

        Args:
            left_out: the samples that are left out now.
            more: findings that follow from more than the data set alone, such as leakage; they come first.
        """
        self._set_running(False)
        self._report = report
        findings = (*more, *report.findings) if report is not None else tuple(more)
        if [id(finding) for finding in findings] != [id(finding) for finding in self._shown]:
            self._rebuild(findings)
        self.set_left_out(left_out)
        self._status.setText(_summary(report, len(findings)))
        set_property(self._status, "level", "" if findings or report is None else "ok")

    def set_left_out(self, left_out: Indices | Sequence[int]) -> None:
        """The samples that are left out now; a scan that is under way goes on."""
        gone = np.unique(np.asarray(left_out, np.int64))
        for card in self._cards:
            card.set_left_out(gone)

    def set_error(self, text: str) -> None:
        """The scan could not be done, and why."""
        self._set_running(False)
        self._status.setText(f"⚠ {text}")
        set_property(self._status, "level", "bad")

    def set_cancelled(self) -> None:
        """The scan was stopped; findings of an earlier one stay."""
        self._set_running(False)
        self._status.setText("The scan was cancelled before it was done.")
        set_property(self._status, "level", "warn")

    def set_theme(self, theme: Theme) -> None:
        """Nothing is painted here; the style sheet does it all."""

    @property
    def status(self) -> str:
        """The line on top."""
        return self._status.text()

    @property
    def cards(self) -> tuple[FindingCard, ...]:
        """The findings' cards, from top to bottom."""
        return tuple(self._cards)

    # --- inside -----------------------------------------------------------------------------------------------------
    def _set_running(self, running: bool) -> None:
        self._bar.setVisible(running)
        self._cancel.setVisible(running)
        self._rescan.setVisible(not running)

    def _rebuild(self, findings: tuple[Finding, ...]) -> None:
        self._shown = findings
        while self._column.count() > 1:
            item = self._column.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._cards = [
            FindingCard(finding, self._names_of(finding), has_folder=self._has_folder(finding))
            for finding in findings[:MOST_CARDS]
        ]
        for place, card in enumerate(self._cards):
            card.asked.connect(self._pass_on)
            self._column.insertWidget(place, card)
        if len(findings) > MOST_CARDS:
            rest = QLabel(f"… and {len(findings) - MOST_CARDS:,} more findings")
            rest.setProperty("role", "dim")
            self._column.insertWidget(len(self._cards), rest)

    def _has_folder(self, finding: Finding) -> bool:
        """Whether a finding is about files, which lie in a folder."""
        if self._report is None or not len(self._report.samples) or finding.kind in OF_CLASSES:
            return False
        first = int(finding.samples[0]) if len(finding.samples) else 0
        return bool(len(finding.samples) or finding.files) and self._report.samples.path(first) is not None

    def _names_of(self, finding: Finding) -> str:
        """The first samples or files by name, with what is wrong with each; nothing where the text has them already."""
        if len(finding.samples) and self._report is not None:
            samples = self._report.samples
            if not finding.details:
                return named(samples, finding.samples)
            lines = [_detailed(samples.name(int(i)), finding.details.get(int(i), "")) for i in finding.samples[:3]]
            rest = len(finding.samples) - len(lines)
            return "\n".join([*lines, *([f"and {rest:,} more"] if rest else [])])
        if all(name in finding.text for name in finding.files[:3]):
            return ""
        shown = "\n".join(finding.files[:3])
        rest = len(finding.files) - 3
        return shown + (f"\nand {rest:,} more" if rest > 0 else "")

    def _pass_on(self, what: str, finding: Finding) -> None:
        signals = {
            "show": self.finding_chosen,
            "leave out": self.leave_out_requested,
            "use again": self.use_again_requested,
            "folder": self.folder_requested,
        }
        signals[what].emit(finding)


class FindingCard(QFrame):
    """One finding.

    Signals:
        asked(what, Finding): "show", "leave out", "use again" or "folder".
    """

    asked = Signal(str, object)

    def __init__(self, finding: Finding, names: str, has_folder: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.finding = finding
        self.setProperty("role", "message")
        self.setProperty("level", "" if finding.severity == "note" else finding.severity)
        icon, words = SEVERITIES[finding.severity]
        self.setAccessibleName(f"{words}: {finding.kind.value}")
        self.setAccessibleDescription(finding.text)
        severity = _label(f"{icon}  {words}", wraps=False)
        severity.setProperty("level", finding.severity)
        title = _label(finding.kind.value, wraps=False)
        title.setStyleSheet("font-weight: 600;")
        first = QHBoxLayout()
        first.setSpacing(12)
        first.addWidget(title)
        first.addWidget(severity)
        first.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(4)
        column.addLayout(first)
        column.addWidget(_label(finding.text))
        if names:
            line = _label(names)
            line.setObjectName("findingNames")
            line.setProperty("role", "dim")
            column.addWidget(line)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        self.show_button = self._button("Show", "show", "Show these samples only")
        self.leave_button = self._button("Leave out", "leave out", "Neither train on these samples nor measure on them")
        self.again_button = self._button("Use again", "use again", "Take these samples back")
        self.folder_button = self._button("Open folder", "folder", "Show the first of these files in its folder")
        self._buttons.addStretch(1)
        column.addLayout(self._buttons)
        self.show_button.setVisible(bool(len(finding.samples)))
        self.folder_button.setVisible(has_folder)
        self.set_left_out(NOTHING)

    def set_left_out(self, left_out: Indices) -> None:
        """Offer to leave out what is not left out yet, or to take all back."""
        remedy = self.finding.leave_out
        gone = bool(len(remedy)) and bool(np.isin(remedy, left_out).all())
        count = len(remedy)
        self.leave_button.setText(f"Leave out {count:,}")
        self.leave_button.setVisible(count > 0 and not gone)
        self.again_button.setText(f"Use {count:,} again")
        self.again_button.setVisible(gone)

    def _button(self, text: str, what: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("role", "repair")
        button.setToolTip(tip)
        button.setAccessibleDescription(f"{tip}. {self.finding.kind.value}")
        button.clicked.connect(partial(self._ask, what))
        self._buttons.addWidget(button)
        return button

    def _ask(self, what: str, _checked: bool = False) -> None:
        self.asked.emit(what, self.finding)


def _label(text: str, wraps: bool = True) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wraps)
    if wraps:
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setMinimumWidth(1)
    return label


def _detailed(name: str, detail: str) -> str:
    return f"{name}: {detail}" if detail else name


def _summary(report: ScanReport | None, findings: int) -> str:
    if report is None:
        return "Not scanned yet."
    looked = f"{len(report.samples):,} {report.facts.unit} looked at in {report.seconds:.1f} s"
    looked += f", {report.from_cache:,} of them earlier" if report.from_cache else ""
    if not findings:
        return f"✓ {looked}. Nothing was found that needs care."
    return f"{looked}. {findings} {'finding' if findings == 1 else 'findings'}."
