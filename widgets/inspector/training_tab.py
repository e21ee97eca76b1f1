"""The inspector's third tab: how to train."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from models.analysis import Analysis
from models.analysis.memory import bytes_text
from models.training.plan import DEFAULT_PLAN, TrainingPlan
from widgets.inspector.parts import MARGIN, column, label, scroll
from widgets.theme import DARK, Theme
from widgets.training.presets_button import PresetsButton

if TYPE_CHECKING:
    from widgets.training.plan_form import PlanForm


class TrainingTab(QWidget):
    """The training plan, with presets above it. Its many fields are made when it is first looked at.

    Signals:
        plan_changed(field, value, session): the user edited a field.
        plan_edited(text, changes): the user edited several fields at once.
        find_rate_requested, data_page_requested, node_chosen(node_id): as of the form.
    """

    plan_changed = Signal(str, object, str)
    plan_edited = Signal(str, dict)
    find_rate_requested = Signal()
    data_page_requested = Signal()
    node_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plan, self._loss_text = DEFAULT_PLAN, ""
        self._analysis = Analysis()
        self._steps_per_epoch: int | None = None
        self._held_out, self._finding_refusal = "", ""
        self._nothing_held_out = False
        self._progress: tuple[float | None, float | None] = (None, None)
        self._theme = DARK
        self._form: PlanForm | None = None
        self.presets = PresetsButton()
        body, self._column = column(12)
        self._column.setContentsMargins(0, 12, MARGIN, MARGIN)  # buttons that put fields back stand at the left edge
        head = QHBoxLayout()
        head.setContentsMargins(MARGIN, 0, 0, 0)
        head.addWidget(label("Training", "title"), 1)
        head.addWidget(self.presets, 0, Qt.AlignmentFlag.AlignVCenter)
        self._column.addLayout(head)
        self._column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll(body))

    # --- what it shows ----------------------------------------------------------------------------------------------
    @property
    def form(self) -> PlanForm:
        """The form of the plan's fields."""
        if self._form is None:
            self._form = self._make_form()
            self._show()
        return self._form

    @property
    def plan(self) -> TrainingPlan:
        """The plan with every accepted edit."""
        return self._form.plan if self._form is not None else self._plan

    def set_plan(self, plan: TrainingPlan, loss_text: str) -> None:
        """Show a plan; `loss_text` says what the loss "auto" means for the present network."""
        self._plan, self._loss_text = plan, loss_text
        self._show_if_seen()

    def set_analysis(self, analysis: Analysis) -> None:
        """What the estimate of memory is made from, and which blocks have weights."""
        self._analysis = analysis
        self._show_if_seen()

    def set_steps_per_epoch(self, steps: int | None) -> None:
        """Batches of an epoch; None while the data set is not known."""
        self._steps_per_epoch = steps
        self._show_if_seen()

    def set_held_out(self, text: str, nothing: bool = False) -> None:
        """What is held out, in words, and whether that is nothing."""
        self._held_out, self._nothing_held_out = text, nothing
        self._show_if_seen()

    def set_finding(self, refusal: str) -> None:
        """Why the learning rate cannot be looked for now; empty where it can."""
        self._finding_refusal = refusal
        self._show_if_seen()

    def set_progress(self, epoch: float | None, rate: float | None = None) -> None:
        """Where a run is, in epochs from 0 (None: there is none), and its learning rate there, where it is known."""
        self._progress = epoch, rate
        if self._form is not None and self.isVisible():
            self._form.plot.set_progress(epoch, rate)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        if self._form is not None:
            self._form.set_theme(theme)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.form  # noqa: B018  made now
        self._show()

    # --- inside -----------------------------------------------------------------------------------------------------
    def _make_form(self) -> PlanForm:
        from widgets.training.plan_form import PlanForm  # late: the window's first paint needs none of it

        form = PlanForm(self._plan)
        form.set_theme(self._theme)
        form.plan_changed.connect(self._tell)
        form.plan_edited.connect(self._tell_several)
        form.find_rate_requested.connect(self.find_rate_requested)
        form.data_page_requested.connect(self.data_page_requested)
        form.blocks.node_chosen.connect(self.node_chosen)
        self._column.insertWidget(1, form)
        form.show()
        return form

    def _tell(self, field: str, value: object, session: str) -> None:
        self._plan = self.form.plan
        self._show()
        self.plan_changed.emit(field, value, f"training {session}" if session else "")

    def _tell_several(self, text: str, changes: dict[str, object]) -> None:
        self._plan = self.form.plan
        self._show()
        self.plan_edited.emit(text, changes)

    def _show_if_seen(self) -> None:
        if self._form is not None and self.isVisible():
            self._show()

    def _show(self) -> None:
        form = self.form
        form.set_plan(self._plan)
        form.blocks.set_blocks(_weighty(self._analysis))
        form.set_steps_per_epoch(self._steps_per_epoch)
        form.set_held_out(self._held_out)
        form.set_finding(self._finding_refusal)
        form.plot.set_progress(*self._progress)
        form.set_notes(self._note_texts())

    def _note_texts(self) -> dict[str, str]:
        plan, steps = self._plan, self._steps_per_epoch
        memory = self._analysis.training_bytes(plan.batch_size)
        notes = [f"≈ {bytes_text(memory)} to train"] if memory else []
        notes += [f"{steps:,} step{'s' if steps > 1 else ''} an epoch"] if steps else []
        texts = {"batch_size": " · ".join(notes)}
        if plan.gradient_accumulation_steps > 1:
            together = plan.batch_size * plan.gradient_accumulation_steps
            texts["gradient_accumulation_steps"] = f"as with a batch of {together:,}, in the memory of one"
        if self._nothing_held_out and plan.monitor.startswith("held_out"):
            texts["monitor"] = "Nothing is held out: what the training samples give stands in."
        if plan.loss == "auto" and self._loss_text:
            texts["loss"] = f"auto → {self._loss_text}"
        return texts


def _weighty(analysis: Analysis) -> list[tuple[str, str]]:
    """The blocks that have weights, in the network's order, with their names."""
    nodes = analysis.network.nodes
    return [(node.id, f"{node.title} ({node.id})") for node in nodes if analysis.nodes[node.id].weights]
