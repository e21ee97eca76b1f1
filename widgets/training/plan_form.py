"""`PlanForm`: the whole training plan in groups that fold."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from models.training.optimizers import Optimizer
from models.training.plan import DEFAULT_PLAN, TrainingPlan
from models.training.plan_words import differences, meaningless
from models.training.schedules import Schedule
from widgets.forms import Form
from widgets.inspector.parts import label
from widgets.theme import Theme
from widgets.training.axes import rate_text
from widgets.training.blocks_group import BlocksGroup
from widgets.training.groups import BLOCKS, GROUPS, RATE, STOPPING, PlanGroup
from widgets.training.schedule_plot import SchedulePlot
from widgets.training.section import Section
from widgets.training.variant import VariantEditor, optimizer_editor, schedule_editor


class PlanForm(QWidget):
    """Shows a plan and reports every edit.

    Signals:
        plan_changed(field, value, session): one session for each uninterrupted editing of one field.
        plan_edited(text, changes): several fields at once, as {field: value}; the text names the edit.
        find_rate_requested: the user wants the learning rate to be looked for.
        data_page_requested: the user wants to change what is held out.
    """

    plan_changed = Signal(str, object, str)
    plan_edited = Signal(str, dict)
    find_rate_requested = Signal()
    data_page_requested = Signal()

    def __init__(self, plan: TrainingPlan, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plan = plan
        self._notes: dict[str, str] = {}
        self._steps_per_epoch: int | None = None
        self.sections: dict[str, Section] = {}
        self.variants: dict[str, VariantEditor] = {}
        self._forms: dict[str, Form] = {}
        self.plot = SchedulePlot()
        self._plot_note = label(WAITS, "dim")
        self.find_button = self._make_find_button()
        self._suggestion = self._make_suggestion()
        self._held_out, self._held_out_row = self._make_held_out()
        self.blocks = BlocksGroup()
        self.blocks.blocks_changed.connect(lambda text, blocks: self._edit_several(text, {"blocks": blocks}))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for group in GROUPS:
            column.addWidget(self._make_section(group))
        column.addWidget(self._make_blocks())
        self._show()

    # --- what it shows ----------------------------------------------------------------------------------------------
    @property
    def plan(self) -> TrainingPlan:
        """The plan with every accepted edit."""
        return self._plan

    def set_plan(self, plan: TrainingPlan) -> None:
        """Show another plan. A field that has not changed keeps its text, half typed or not."""
        if plan == self._plan:
            return
        if (plan.learning_rate, type(plan.optimizer)) != (self._plan.learning_rate, type(self._plan.optimizer)):
            self._suggest(None)
        self._plan = plan
        self._show()

    def set_notes(self, notes: Mapping[str, str]) -> None:
        """A quiet line below each of these fields, where it has something to say."""
        if dict(notes) != self._notes:
            self._notes = dict(notes)
            self._show_notes()

    def set_steps_per_epoch(self, steps: int | None) -> None:
        """Batches of an epoch; None while the data set is not known."""
        if steps != self._steps_per_epoch:
            self._steps_per_epoch = steps
            self.plot.set_plan(self._plan, steps)

    def set_held_out(self, text: str) -> None:
        """What is held out to be measured, in words."""
        self._held_out.setText(text)

    def set_finding(self, refusal: str) -> None:
        """Why the learning rate cannot be looked for now; empty where it can."""
        self.find_button.setEnabled(not refusal)
        self.find_button.setToolTip(refusal or FIND_TIP)
        self.find_button.setAccessibleDescription(refusal or FIND_TIP)

    def set_theme(self, theme: Theme) -> None:
        self.plot.set_theme(theme)

    def form_of(self, field: str) -> Form:
        """The form in which a plain field stands."""
        return self._forms[field]

    # --- making -----------------------------------------------------------------------------------------------------
    def _make_section(self, group: PlanGroup) -> Section:
        section = self.sections[group.title] = Section(group.title, group.is_open)
        section.reset_requested.connect(lambda: self._reset(group.title, group.all_fields))
        if group.title == STOPPING:
            section.add_indented(self._held_out_row)
        if group.fields:
            form = Form(self._plan, fields=group.fields, defaults=DEFAULT_PLAN)
            form.edited.connect(self._take)
            self._forms |= dict.fromkeys(group.fields, form)
            section.column.addWidget(form)
        if group.title == RATE:
            self._forms["learning_rate"].place_beside("learning_rate", self.find_button)
            section.add_indented(self._suggestion)
        if group.variant:
            self._make_variant(group.variant, section)
        if group.title == RATE:
            section.add_indented(self.plot)
            section.add_indented(self._plot_note)
        return section

    def _make_variant(self, field: str, section: Section) -> None:
        value = getattr(self._plan, field)
        make: Any = {"optimizer": optimizer_editor, "schedule": schedule_editor}[field]
        editor = self.variants[field] = make(value)
        editor.edited.connect(lambda changed, session: self._take_variant(field, changed, session))
        section.column.addWidget(editor)

    def _make_blocks(self) -> Section:
        section = self.sections[BLOCKS] = Section(BLOCKS, False)
        section.reset_requested.connect(lambda: self._reset(BLOCKS, ("blocks",)))
        section.add_indented(self.blocks)
        return section

    def _make_find_button(self) -> QPushButton:
        button = QPushButton("Find…")
        button.setObjectName("findRateButton")
        button.setProperty("role", "repair")
        button.setAccessibleName("Find a learning rate")
        button.setToolTip(FIND_TIP)
        button.setFixedHeight(28)
        button.setStyleSheet("padding: 4px 6px;")  # there is little room beside the number
        button.clicked.connect(self.find_rate_requested)
        return button

    def _make_suggestion(self) -> QWidget:
        """A sentence about the learning rate that suits another optimizer, with a button that sets it."""
        row = QWidget()
        self._suggested = 0.0
        self._suggestion_text = label(role="dim")
        self.suggestion_button = QPushButton()
        self.suggestion_button.setObjectName("suggestedRateButton")
        self.suggestion_button.setProperty("role", "repair")
        self.suggestion_button.clicked.connect(self._take_suggestion)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._suggestion_text, 1)
        layout.addWidget(self.suggestion_button, 0, Qt.AlignmentFlag.AlignTop)
        row.hide()
        return row

    def _make_held_out(self) -> tuple[Any, QWidget]:
        row = QWidget()
        text = label(role="dim")
        text.setObjectName("heldOutText")
        button = QPushButton("Change…")
        button.setObjectName("splitButton")
        button.setProperty("role", "repair")
        button.setAccessibleName("Change what is held out, on the Data page")
        button.setToolTip("How the data set is divided is decided on the Data page.")
        button.clicked.connect(self.data_page_requested)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(text, 1)
        layout.addWidget(button)
        return text, row

    # --- edits ------------------------------------------------------------------------------------------------------
    def _take(self, field: str, value: object, session: str) -> None:
        self._plan = self._plan.replace(**{field: value})
        if field == "learning_rate":
            self._suggest(None)
        self._show()
        self.plan_changed.emit(field, value, session)

    def _take_variant(self, field: str, value: Optimizer | Schedule, session: str) -> None:
        another = type(value) is not type(getattr(self._plan, field))
        self._plan = self._plan.replace(**{field: value})
        if another and isinstance(value, Optimizer):
            self._suggest(value)
        self._show()
        self.plan_changed.emit(field, value, session)

    def _suggest(self, optimizer: Optimizer | None) -> None:
        """Say which learning rate an optimizer that was just chosen begins with, if it is another one."""
        rate = optimizer.default_learning_rate if optimizer is not None else self._plan.learning_rate
        self._suggestion.setVisible(rate != self._plan.learning_rate)
        if optimizer is not None and rate != self._plan.learning_rate:
            self._suggested = rate
            kept = rate_text(self._plan.learning_rate)
            self._suggestion_text.setText(f"Keras starts {optimizer.type} at {rate_text(rate)}; {kept} is kept.")
            self.suggestion_button.setText(f"Set {rate_text(rate)}")
            self.suggestion_button.setAccessibleName(f"Set the learning rate to {rate_text(rate)}")
            self.suggestion_button.setToolTip(f"Set the learning rate to {rate_text(rate)}")

    def _take_suggestion(self) -> None:
        self._take("learning_rate", self._suggested, "")

    def _reset(self, title: str, fields: tuple[str, ...]) -> None:
        changes = {name: getattr(DEFAULT_PLAN, name) for name in fields}
        self._edit_several(f"Reset {title.lower()}", changes)

    def _edit_several(self, text: str, changes: dict[str, Any]) -> None:
        self.set_plan(self._plan.replace(**changes))
        self.plan_edited.emit(text, changes)

    # --- showing ----------------------------------------------------------------------------------------------------
    def _show(self) -> None:
        for form in dict.fromkeys(self._forms.values()):
            form.set_model(self._plan)
        for field, editor in self.variants.items():
            editor.set_value(getattr(self._plan, field))
        for group in GROUPS:
            self.sections[group.title].set_differences(differences(self._plan, group.all_fields))
        self.sections[BLOCKS].set_differences(differences(self._plan, ("blocks",)))
        self.blocks.set_plan(self._plan)
        self.plot.set_plan(self._plan, self._steps_per_epoch)
        self._plot_note.setVisible(self._plan.schedule.waits)
        self._show_notes()

    def _show_notes(self) -> None:
        """Notes, and why some fields say nothing now: below the last of several that stand together."""
        reasons = meaningless(self._plan)
        for group in GROUPS:
            for field, following in zip_longest(group.fields, group.fields[1:], fillvalue=""):
                reason = reasons.get(field, "")
                shown = reason and reason != reasons.get(following)
                form = self._forms[field]
                form.set_field_enabled(field, not reason, reason)
                form.set_note(field, reason if shown else self._notes.get(field, ""))


WAITS = "Drawn for a run that never stands still. When it drops depends on how the run goes."
FIND_TIP = (
    "Try rising learning rates for a few steps each, and see where the loss falls fastest. "
    "The weights that are there now stay as they are."
)
