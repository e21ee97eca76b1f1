"""`DiagnosisPresenter`: looks at the run as it goes, and says in the Diagnosis tab what may be wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QObject, QTimer

from app.data.data_controller import DataController
from app.document import Document
from app.layout import Views
from app.training.remedying import Remedies
from app.training.runs import Runs
from app.training.training_controller import TrainingController
from models.data.findings import Finding as DataFinding
from models.data.findings import leakage
from models.data.preparation import Preparation
from models.data.split import divide
from models.training.diagnosis import Evidence, Finding, Structure, diagnose, evidence_of, rules
from models.training.events import (
    BlocksMeasured,
    DataPlanned,
    DataSpeed,
    EndReason,
    EpochDone,
    Evaluated,
    TrainingDone,
    TrainingStarted,
)
from models.training.remedies import Remedy

TITLE = "Diagnosis"

REST_MS = 1000
"""A look is followed by a second of rest, however fast epochs come."""


@dataclass
class _Run:
    """The run that is looked at, and what is known of it beside the curves."""

    structure: Structure
    preparation: Preparation
    data_findings: tuple[DataFinding, ...] = ()
    leaked: tuple[str, ...] = ()
    class_counts: tuple[int, ...] = ()
    speed: DataSpeed | None = None
    place: str = ""
    evaluated: Evaluated | None = None
    ended: EndReason | None = None
    dismissed: set[str] = field(default_factory=set)


class DiagnosisPresenter(QObject):
    """Between the history and the Diagnosis tab.

    Attributes:
        findings: those of the last look, dismissed ones among them.
    """

    def __init__(
        self,
        document: Document,
        data: DataController,
        training: TrainingController,
        runs: Runs,
        remedies: Remedies,
        views: Views,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._document, self._data, self._training = document, data, training
        self._runs, self._remedies, self._views = runs, remedies, views
        self._panel = views.diagnosis
        self._run: _Run | None = None
        self._applied: dict[Remedy, int] = {}
        self._wanted = False
        self.findings: tuple[Finding, ...] = ()
        self._rest = QTimer(self, interval=REST_MS, singleShot=True)
        self._rest.timeout.connect(self._after_rest)
        training.event_received.connect(self._take)
        training.history_changed.connect(self._look_soon)
        data.scanned.connect(self._scanned)
        training.state_changed.connect(self._offer_training)
        document.opened.connect(self._forget)
        document.undo_stack.indexChanged.connect(self._follow_undo)
        self._panel.remedy_chosen.connect(self._apply)
        self._panel.dismissed.connect(self._dismiss)
        self._panel.restore_requested.connect(self._restore)
        self._panel.train_requested.connect(lambda: runs.start())

    # --- what comes in ----------------------------------------------------------------------------------------------
    def _take(self, event: object) -> None:
        if isinstance(event, TrainingStarted):
            self._begin(event)
            return
        run = self._run
        if run is None:
            return
        if isinstance(event, DataSpeed):
            run.speed = event
        elif isinstance(event, DataPlanned):
            run.place = event.place
        elif isinstance(event, EpochDone | BlocksMeasured):
            self._look_soon()
        elif isinstance(event, Evaluated):
            run.evaluated = event
            self._look()
        elif isinstance(event, TrainingDone):
            run.ended = event.reason
            self._look()
            self._tell(event)

    def _begin(self, event: TrainingStarted) -> None:
        """Another run: what is found in it is new, and so is what of it is dismissed."""
        self._run = _Run(Structure(event.network, self._document.analysis), self._runs.preparation)
        self._applied = {}
        rules()  # found while the data are prepared, not with the first epoch
        self._know_data(self._run)
        self._show(())

    def _scanned(self) -> None:
        """The scan may end while the run goes on."""
        if self._run is not None:
            self._know_data(self._run)
            self._look_soon()

    def _know_data(self, run: _Run) -> None:
        """What the scan of the data set found, if it is the run's and done."""
        report = self._data.report
        if report is None or self._training.run_source != self._document.project.data:
            return
        samples, preparation = report.samples, run.preparation
        out = set(preparation.left_out)
        left = [index for index in report.usable.tolist() if samples.name(index) not in out] if out else report.usable
        leak = leakage(report, divide(preparation.split, samples, np.array(left, np.int64)))
        run.data_findings = (*((leak,) if leak is not None else ()), *report.findings)
        run.leaked = tuple(samples.name(int(index)) for index in leak.leave_out) if leak is not None else ()
        run.class_counts = tuple(report.counts.tolist())

    def _forget(self) -> None:
        self._run, self._applied, self.findings, self._wanted = None, {}, (), False
        self._rest.stop()
        self._panel.clear()
        self._panel.set_dismissed(0)
        self._panel.set_trainable("")
        self._set_badge(0)

    # --- looking ----------------------------------------------------------------------------------------------------
    def _look_soon(self) -> None:
        if self._run is None:
            return
        if self._rest.isActive():
            self._wanted = True
        else:
            self._look()

    def _after_rest(self) -> None:
        if self._wanted:
            self._look()

    def _look(self) -> None:
        """Have the rules look at the run as it is now."""
        self._wanted = False
        run, history = self._run, self._training.history
        if run is None or history.started is None or not (history.steps or run.ended):
            return
        self._rest.start()
        evidence = evidence_of(
            history, run.structure, preparation=run.preparation, data_findings=run.data_findings, leaked=run.leaked,
            class_counts=run.class_counts, speed=run.speed, place=run.place, evaluated=run.evaluated, ended=run.ended,
        )  # fmt: skip
        findings = diagnose(evidence)
        self._show(findings, looked_at(evidence, bool(findings)))

    def _show(self, findings: tuple[Finding, ...], looked: str = "") -> None:
        self.findings = findings
        shown = self._shown
        self._panel.set_findings(shown, looked or "The run has just begun.")
        self._panel.set_applied(frozenset(self._applied))
        self._panel.set_dismissed(len(findings) - len(shown))
        self._set_badge(len(shown))
        self._offer_training()

    @property
    def _shown(self) -> tuple[Finding, ...]:
        dismissed = self._run.dismissed if self._run is not None else set()
        return tuple(finding for finding in self.findings if finding.rule not in dismissed)

    def _set_badge(self, count: int) -> None:
        index = self._views.live.indexOf(self._panel)
        self._views.live.setTabText(index, f"{TITLE} ({count})" if count else TITLE)

    def _tell(self, event: TrainingDone) -> None:
        """At the end of a run name what is serious; where it diverged the end itself says so."""
        serious = [finding for finding in self._shown if finding.severity == "bad"]
        if event.reason == "diverged" or not serious:
            return
        more = f" and {len(serious) - 1} more" if len(serious) > 1 else ""
        text = f"Diagnosis: {serious[0].title.lower()}{more}. {serious[0].meaning}"
        # the end was told just now: what it offers must not be hidden
        self._views.messages.add(text, "warn", (("Show the diagnosis", self._show_tab),))

    def _show_tab(self) -> None:
        self._views.live.setCurrentWidget(self._panel)

    # --- what the user does -----------------------------------------------------------------------------------------
    def _apply(self, _finding: Finding, remedy: Remedy) -> None:
        if self._remedies.apply(remedy) and not remedy.trains:
            self._applied[remedy] = self._document.undo_stack.index()
            self._mark_applied()

    def _follow_undo(self, index: int) -> None:
        """Remedies that were undone can be had again."""
        if any(at > index for at in self._applied.values()):
            self._applied = {remedy: at for remedy, at in self._applied.items() if at <= index}
            self._mark_applied()

    def _mark_applied(self) -> None:
        self._panel.set_applied(frozenset(self._applied))
        self._offer_training()

    def _offer_training(self) -> None:
        may = bool(self._applied) and not self._runs.why_not()
        self._panel.set_trainable("Train anew" if may else "")

    def _dismiss(self, finding: Finding) -> None:
        if self._run is not None:
            self._run.dismissed.add(finding.rule)
            self._refresh()

    def _restore(self) -> None:
        if self._run is not None:
            self._run.dismissed.clear()
            self._refresh()

    def _refresh(self) -> None:
        self._show(self.findings, self._panel.details)


def looked_at(evidence: Evidence, found: bool) -> str:
    """`Looked at 345 steps and 15 epochs.`; where nothing was found also what was looked for."""
    parts = [_counted(evidence.steps, "step"), _counted(len(evidence.epochs), "epoch")]
    if evidence.measured:
        parts.append("the gradients and activations of the blocks")
    if evidence.evaluated is not None:
        parts.append("the confusion matrix")
    seen = f"{', '.join(parts[:-1])} and {parts[-1]}"
    if found:
        return f"Looked at {seen}."
    titles = [_within(rule.title.removesuffix(", perhaps")) for rule in rules()]
    return f"Looked at {seen} for {', '.join(titles[:-1])} and {titles[-1]}."


def _within(title: str) -> str:
    """A title as it stands within a sentence; names keep their capitals."""
    return title if title.startswith("BatchNormalization") else title[0].lower() + title[1:]


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
