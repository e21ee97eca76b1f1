"""`PlanPresenter`: shows the training plan, and turns what is done to it in the window into edits."""

from __future__ import annotations

from functools import partial

import numpy as np
from pydantic import ValidationError
from PySide6.QtCore import QObject

from app.data.data_controller import DataController
from app.data.data_editor import left_out_of
from app.data.data_presenter import DataPresenter
from app.document import Document
from app.editing import Editor
from app.layout import Views
from app.questions import Questions
from app.settings import Settings
from app.settings_paths import presets_folder
from app.training.rate_search import RateSearch
from app.training.runs import Runs
from app.training.training_controller import TrainingController
from models.blocks.fields import first_mistake
from models.data.split import Split, divide
from models.files import FileError
from models.training.freezing import frozen_nodes
from models.training.plan import BlockRule
from models.training.presets import Preset, built_in_presets, keep_preset, preset_of, read_presets

PRESET_QUESTION = "What is this preset called?\nIt keeps the whole plan, but for its frozen blocks."


class PlanPresenter(QObject):
    """Between the document's plan and the views of it."""

    def __init__(
        self,
        document: Document,
        editor: Editor,
        data: DataController,
        training: TrainingController,
        runs: Runs,
        views: Views,
        pages: DataPresenter,
        questions: Questions,
        settings: Settings,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._document, self._editor, self._data, self._training = document, editor, data, training
        self._views, self._questions = views, questions
        self._presets = presets_folder()
        self._counted: tuple[object, tuple[int, int] | None] = (None, None)
        self.search = RateSearch(document, data, training, runs, views, settings, self._take_rate, self)
        self._connect_views(pages)
        document.changed.connect(self.refresh)
        data.opened.connect(self.refresh)
        data.scanned.connect(self.refresh)
        editor.selection_changed.connect(self._show_rule)
        views.canvas.inner_selected.connect(self._show_rule)
        training.history_changed.connect(self._show_progress)
        training.state_changed.connect(self._show_progress)

    def _connect_views(self, pages: DataPresenter) -> None:
        inspector, editor = self._views.inspector, self._editor
        tab = inspector.training_tab
        inspector.plan_edited.connect(editor.change_plan)
        inspector.rule_changed.connect(editor.set_block_rule)
        tab.find_rate_requested.connect(self.search.begin)
        tab.data_page_requested.connect(pages.show_split)
        tab.node_chosen.connect(self._go_to)
        tab.presets.opening.connect(self._fill_presets)
        tab.presets.preset_chosen.connect(self.apply_preset)
        tab.presets.save_requested.connect(self._keep_preset)
        tab.presets.removal_requested.connect(self._remove_preset)

    # --- showing ----------------------------------------------------------------------------------------------------
    def refresh(self) -> None:
        """Show the plan's surroundings as they are now: the plan itself is shown with the network."""
        tab, plan = self._views.inspector.training_tab, self._document.project.plan
        counts = self._counts()
        tab.set_steps_per_epoch(-(-counts[0] // plan.batch_size) if counts is not None else None)
        split = self._document.project.preparation.split
        tab.set_held_out(held_out_text(split, counts), counts is not None and not counts[1])
        self._views.canvas.set_frozen(frozen_nodes(plan.blocks))
        self._show_rule()

    def _counts(self) -> tuple[int, int] | None:
        """How many samples are trained on and how many held out; worked out once for each way to divide them."""
        preparation, samples, facts = self._document.project.preparation, self._data.samples, self._document.facts
        key = (samples, facts, preparation.split, preparation.left_out)
        if key != self._counted[0]:
            counts: tuple[int, int] | None = None
            if samples is not None and facts is not None:
                used = np.setdiff1d(np.arange(len(samples)), left_out_of(samples, preparation.left_out))
                parts = divide(preparation.split, samples, used)
                counts = len(parts.training), len(parts.validation)
            elif facts is not None:
                counts = shares(preparation.split, facts.samples)
            self._counted = key, counts
        return self._counted[1]

    def _show_rule(self) -> None:
        """How the selected block is trained; nothing for several, and inside of composites."""
        node_id = self._editor.current if len(self._editor.selection) == 1 else None
        known = self._document.analysis.nodes.get(node_id) if node_id is not None else None
        rule: BlockRule | None = None
        if node_id is not None and known is not None and known.weights:
            rule = self._document.project.plan.rule(node_id)
        self._views.inspector.set_rule(rule)

    def _show_progress(self) -> None:
        training, tab = self._training, self._views.inspector.training_tab
        history = training.history
        started = history.started
        if not training.is_training or started is None or not history.steps:
            tab.set_progress(None)
            return
        rates = history.learning_rates.values[-1:]
        rate = float(rates[0]) if len(rates) and np.isfinite(rates[0]) else None
        tab.set_progress(history.epoch + history.step_in_epoch / max(started.steps_per_epoch, 1), rate)

    def _go_to(self, node_id: str) -> None:
        self._views.pages.setCurrentWidget(self._views.canvas)
        self._editor.select((node_id,))
        self._views.canvas.ensure_visible(node_id)
        self._views.inspector.show_block_tab()

    def _take_rate(self, rate: float) -> None:
        self._editor.change_plan("Set the learning rate that was found", {"learning_rate": rate})

    # --- presets ----------------------------------------------------------------------------------------------------
    def _fill_presets(self) -> None:
        kept = read_presets(self._presets)
        own = [preset for preset, _path in kept.presets]
        self._views.inspector.training_tab.presets.set_presets(built_in_presets(), own)
        if kept.mistakes:
            self._views.messages.show_message(f"A preset was passed over. {kept.mistakes[0]}", "warn")

    def apply_preset(self, preset: Preset) -> None:
        """Let the plan take a preset's values, as one edit."""
        nodes, analysis = self._document.network.nodes, self._document.analysis.nodes
        weighty = [node.id for node in nodes if analysis[node.id].weights]
        plan = preset.applied(self._document.project.plan, weighty)
        changed = self._editor.change_plan(f"Preset “{preset.name}”", dict(plan))
        text = f"The plan follows “{preset.name}” now." if changed else f"The plan follows “{preset.name}” already."
        choices = (("Undo", self._document.undo_stack.undo),) if changed else ()
        self._views.messages.show_message(text, "ok", choices)

    def _keep_preset(self) -> None:
        name = self._questions.ask_text("Save as a preset", PRESET_QUESTION, self._document.project.name)
        if name is None or not name.strip():
            return
        try:
            preset = preset_of(name.strip()[:100], self._document.project.plan)
        except ValidationError as error:
            self._views.messages.show_message(f"The preset was not kept. {first_mistake(error)}")
            return
        if self._keep(preset):
            self._views.messages.show_message(f"Kept as “{preset.name}” among your presets.", "ok")

    def _keep(self, preset: Preset) -> bool:
        """Write a preset among the user's own; False where it cannot be, which is said."""
        try:
            keep_preset(self._presets, preset)
        except FileError as error:
            self._views.messages.show_message(f"The preset was not kept. {error}")
            return False
        return True

    def _remove_preset(self, preset: Preset) -> None:
        for other, path in read_presets(self._presets).presets:
            if other == preset:
                try:
                    path.unlink(missing_ok=True)
                except OSError as error:
                    self._views.messages.show_message(f"{path.name} was not removed: {error.strerror}.")
                    return
                back = partial(self._keep, preset)
                self._views.messages.show_message(f"Removed the preset “{preset.name}”.", "ok", (("Undo", back),))


def shares(split: Split, samples: int) -> tuple[int, int]:
    """About how many samples are trained on and held out, before they are there to be divided."""
    held_out, test = round(samples * split.validation), round(samples * split.test)
    return max(samples - held_out - test, 1), held_out


def held_out_text(split: Split, counts: tuple[int, int] | None) -> str:
    """`Held out to be measured: 359 of 1,797 samples (20 %).`"""
    if counts is None:
        return "What is held out is known once the data set has been read."
    training, held_out = counts
    if not held_out:
        return "Nothing is held out: what is measured is what was trained on."
    share = held_out / max(training + held_out, 1)
    by = ", as the data set says" if split.by == "folders" else ""
    return f"{held_out:,} samples ({100 * share:.0f} %{by}) are held out to be measured."
