"""The inspector's third tab: how to train."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from models.analysis import Analysis
from models.analysis.memory import bytes_text
from models.training.plan import DEFAULT_PLAN, TrainingPlan
from widgets.forms import Form
from widgets.inspector.parts import MARGIN, column, label, scroll


class TrainingTab(QWidget):
    """A form of the training plan; `plan_changed(field, value, session)` when the user edits it."""

    plan_changed = Signal(str, object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = Form(DEFAULT_PLAN)
        self.form.edited.connect(self._edited)
        self._analysis = Analysis()
        self._loss_text = ""
        body, layout = column(12)
        layout.setContentsMargins(MARGIN, 12, MARGIN, MARGIN)
        layout.addWidget(label("Training", "title"))
        layout.addWidget(self.form)
        layout.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll(body))
        self._explain()

    def set_plan(self, plan: TrainingPlan, loss_text: str) -> None:
        """Show a plan; `loss_text` says what the loss "auto" means for the present network."""
        self._loss_text = loss_text
        self.form.set_model(plan)
        self._explain()

    def set_analysis(self, analysis: Analysis) -> None:
        """What the estimate of memory is made from."""
        self._analysis = analysis
        self._explain()

    def _edited(self, field: str, value: object, session: str) -> None:
        self._explain()
        self.plan_changed.emit(field, value, f"training {session}")

    def _explain(self) -> None:
        plan = self.form.model
        assert isinstance(plan, TrainingPlan)
        memory = self._analysis.training_bytes(plan.batch_size)
        self.form.set_note("batch_size", f"≈ {bytes_text(memory)} to train" if memory else "")
        self.form.set_note("loss", f"auto → {self._loss_text}" if plan.loss == "auto" and self._loss_text else "")
