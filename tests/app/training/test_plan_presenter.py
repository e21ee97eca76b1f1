"""The plan in the window: edits are undone, presets kept, rates found; what is held out and frozen is seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel, QPushButton
from scripted import ScriptedEngine, ScriptedQuestions

from app.main_window import MainWindow
from app.settings_paths import presets_folder
from app.training.plan_presenter import held_out_text, shares
from app.training.training_controller import State
from models.blocks.activation import ReLU
from models.data.split import Split
from models.training.commands import FindLearningRate, Train
from models.training.events import Failed, LearningRatesTried
from models.training.optimizers import SGD
from models.training.plan import DEFAULT_PLAN, TrainingPlan
from models.training.presets import built_in_presets, keep_preset, preset_of, read_presets
from widgets.inspector.training_tab import TrainingTab

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints|raise|grabbing the keyboard", extend=True)
PRESETS = {preset.name: preset for preset in built_in_presets()}


@pytest.fixture
def tab(window: MainWindow) -> TrainingTab:
    window.views.inspector.setCurrentWidget(window.views.inspector.training_tab)
    return window.views.inspector.training_tab


def plan(window: MainWindow) -> TrainingPlan:
    return window.document.project.plan


def idle(window: MainWindow, qtbot) -> None:
    qtbot.waitUntil(lambda: window.training.state is State.IDLE)


# --- edits ------------------------------------------------------------------------------------------------------------
def test_edits_in_the_tab_are_edits_of_the_project(window: MainWindow, tab: TrainingTab) -> None:
    spin = tab.form.form_of("epochs").editor("epochs").controls[0]
    spin.stepUp()
    spin.stepUp()
    tab.form.variants["optimizer"].combo.setCurrentText("SGD")
    assert plan(window) == DEFAULT_PLAN.replace(epochs=17, optimizer=SGD())
    undo = window.document.undo_stack
    undo.undo()
    assert plan(window).optimizer == DEFAULT_PLAN.optimizer
    assert tab.form.variants["optimizer"].combo.currentText() == "Adam"
    undo.undo()
    assert plan(window) == DEFAULT_PLAN, "the ticks of one editing are one edit"
    assert tab.plan == DEFAULT_PLAN


def test_a_group_put_back_is_one_edit(window: MainWindow, tab: TrainingTab) -> None:
    window.editor.change_plan("Both", {"label_smoothing": 0.1, "metrics": ("auc",)})
    tab.form.sections["Loss and metrics"].reset.click()
    assert plan(window) == DEFAULT_PLAN
    window.document.undo_stack.undo()
    assert plan(window).label_smoothing == 0.1
    assert plan(window).metrics == ("auc",)


def test_a_plan_that_cannot_be_is_refused_in_a_sentence(window: MainWindow) -> None:
    assert not window.editor.change_plan("No", {"epochs": 0})
    assert window.views.messages.text.startswith("Not changed. epochs: input should be greater")
    assert plan(window) == DEFAULT_PLAN


def test_a_tab_that_was_never_seen_costs_nothing(window: MainWindow) -> None:
    tab = window.views.inspector.training_tab
    window.editor.set_plan("epochs", 3)
    assert tab._form is None
    window.views.inspector.setCurrentWidget(tab)
    assert tab.form.plan.epochs == 3


# --- what the plan stands beside --------------------------------------------------------------------------------------
def test_the_tab_knows_the_steps_of_an_epoch(window: MainWindow, tab: TrainingTab, qtbot) -> None:
    qtbot.waitUntil(lambda: window.data.samples is not None)
    texts = [label.text() for label in tab.findChildren(QLabel)]
    assert any("23 steps an epoch" in text for text in texts)  # 1,438 of 1,797 samples in batches of 64
    window.editor.set_plan("batch_size", 1438)
    assert any("1 step an epoch" in label.text() for label in tab.findChildren(QLabel))


def test_the_tab_says_what_is_held_out_and_leads_there(window: MainWindow, tab: TrainingTab, qtbot) -> None:
    qtbot.waitUntil(lambda: window.data.samples is not None)
    text = tab.findChild(QLabel, "heldOutText")
    assert text.text() == "359 samples (20 %) are held out to be measured."
    split = window.document.project.preparation.split.replace(validation=0.5)
    preparation = window.document.project.preparation.replace(split=split)
    window.document.edit("Split", window.document.project.replace(preparation=preparation))
    assert "(50 %)" in text.text()
    preparation = preparation.replace(split=split.replace(validation=0.0))
    window.document.edit("Split", window.document.project.replace(preparation=preparation))
    assert text.text().startswith("Nothing is held out")
    assert any("what the training samples give" in label.text() for label in tab.findChildren(QLabel))
    tab.findChild(QPushButton, "splitButton").click()
    assert window.views.pages.currentWidget() is window.views.data_tab
    assert window.data_presenter.page.section == "Split"


def test_samples_are_counted_before_they_are_there() -> None:
    assert shares(Split(validation=0.2, test=0.1), 1000) == (700, 200)
    assert shares(Split(), 1) == (1, 0)
    assert "known once the data set has been read" in held_out_text(Split(), None)
    assert held_out_text(Split(validation=0), (10, 0)).startswith("Nothing is held out")
    assert "as the data set says" in held_out_text(Split(by="folders"), (10, 5))


def test_the_curve_shows_where_the_run_is(window: MainWindow, tab: TrainingTab, qtbot) -> None:
    idle(window, qtbot)
    assert tab.form.plot._done is None
    window.runs.start()
    qtbot.waitUntil(lambda: tab.form.plot._done is not None)
    epoch, rate = tab.form.plot._done
    assert 0 < epoch <= 2
    assert rate > 0
    window.training.stop()
    qtbot.waitUntil(lambda: tab.form.plot._done is None)


# --- presets ----------------------------------------------------------------------------------------------------------
def test_a_preset_is_one_edit_of_the_fields_it_names(window: MainWindow) -> None:
    window.editor.set_plan("seed", 7)
    window.plan_presenter.apply_preset(PRESETS["ResNet 2015"])
    assert plan(window) == PRESETS["ResNet 2015"].applied(DEFAULT_PLAN.replace(seed=7))
    assert "“ResNet 2015”" in window.views.messages.text
    assert "ResNet 2015" in window.document.undo_stack.undoText()
    window.document.undo_stack.undo()
    assert plan(window) == DEFAULT_PLAN.replace(seed=7)


def test_fine_tuning_freezes_what_has_weights_and_the_canvas_shows_it(window: MainWindow, tab: TrainingTab) -> None:
    window.plan_presenter.apply_preset(PRESETS["Fine-tuning"])
    frozen = [rule.node for rule in plan(window).blocks]
    weighty = [node.id for node in window.document.network.nodes if window.document.analysis.nodes[node.id].weights]
    assert frozen == weighty[:-1]
    assert window.views.canvas.card(weighty[0]).content.frozen
    assert not window.views.canvas.card(weighty[-1]).content.frozen
    assert window.views.inspector.network_tab._frozen == frozenset(frozen)
    window.document.undo_stack.undo()
    assert not window.views.canvas.card(weighty[0]).content.frozen


def test_a_preset_of_the_users_own_is_kept_and_removed(
    window: MainWindow, tab: TrainingTab, questions: ScriptedQuestions
) -> None:
    window.editor.change_plan("Mine", {"epochs": 3, "label_smoothing": 0.1})
    questions.text = "  Quick one "
    tab.presets.save_requested.emit()
    ((kept, _path),) = read_presets(presets_folder()).presets
    assert kept.name == "Quick one"
    window.document.undo_stack.undo()
    tab.presets.menu().aboutToShow.emit()
    chosen = next(action for action in tab.presets.menu().actions() if action.text() == "Quick one")
    chosen.trigger()
    assert plan(window) == DEFAULT_PLAN.replace(epochs=3, label_smoothing=0.1)
    tab.presets.removal_requested.emit(kept)
    assert read_presets(presets_folder()).presets == ()
    buttons = window.views.messages.findChildren(QPushButton)
    [button for button in buttons if button.text() == "Undo"][-1].click()
    assert [preset for preset, _path in read_presets(presets_folder()).presets] == [kept]


def test_a_removed_preset_that_cannot_come_back_is_said(window: MainWindow, tab: TrainingTab) -> None:
    keep_preset(presets_folder(), preset_of("Mine", window.document.project.plan))
    ((kept, path),) = read_presets(presets_folder()).presets
    tab.presets.removal_requested.emit(kept)
    path.parent.rmdir()
    path.parent.write_text("a file in its place")
    buttons = window.views.messages.findChildren(QPushButton)
    [button for button in buttons if button.text() == "Undo"][-1].click()
    assert "was not kept" in window.views.messages.text


@pytest.mark.parametrize("name", [None, "", "   "])
def test_a_preset_without_a_name_is_not_kept(
    window: MainWindow, tab: TrainingTab, questions: ScriptedQuestions, name: str | None
) -> None:
    questions.text = name
    tab.presets.save_requested.emit()
    assert read_presets(presets_folder()).presets == ()


def test_a_damaged_preset_is_said_and_the_others_are_there(window: MainWindow, tab: TrainingTab) -> None:
    presets_folder().mkdir(parents=True)
    (presets_folder() / "broken.json").write_text("{")
    tab.presets.menu().aboutToShow.emit()
    assert "broken.json" in window.views.messages.text
    assert [action.text() for action in tab.presets.menu().actions()][: len(PRESETS)] == list(PRESETS)


def test_a_folder_that_cannot_be_written_is_said(
    window: MainWindow, tab: TrainingTab, questions: ScriptedQuestions
) -> None:
    presets_folder().parent.mkdir(parents=True, exist_ok=True)
    presets_folder().write_text("a file in its place")
    questions.text = "Mine"
    tab.presets.save_requested.emit()
    assert "was not written" in window.views.messages.text


# --- one block --------------------------------------------------------------------------------------------------------
def test_the_block_tab_freezes_the_selected_block(window: MainWindow) -> None:
    window.editor.select(("conv2d",))
    part = window.views.inspector.block_tab._training
    assert not part.isHidden()
    part.form.editor("trainable").controls[0].click()
    assert not plan(window).rule("conv2d").trainable
    assert window.views.canvas.card("conv2d").content.frozen
    assert "Conv2D" in window.document.undo_stack.undoText()
    window.document.undo_stack.undo()
    assert plan(window) == DEFAULT_PLAN
    assert part.form.editor("trainable").read() is True


def test_blocks_without_weights_and_several_blocks_have_nothing_to_freeze(window: MainWindow) -> None:
    part = window.views.inspector.block_tab._training
    window.editor.select(("flatten",))
    assert part.isHidden()
    window.editor.select(("conv2d", "conv2d_2"))
    assert part.isHidden()
    window.editor.select(())
    assert part.isHidden()


def test_a_listed_block_is_gone_to(window: MainWindow, tab: TrainingTab) -> None:
    tab.node_chosen.emit("conv2d_2")
    assert window.editor.selection == ("conv2d_2",)
    assert window.views.inspector.currentWidget() is window.views.inspector.block_tab


def test_a_new_block_is_not_frozen_by_the_rule_of_one_that_was_deleted(window: MainWindow) -> None:
    window.editor.select(("dense_2",))
    window.plan_presenter.apply_preset(PRESETS["Fine-tuning"])
    window.editor.select(("conv2d",))
    before = window.document.project
    assert not plan(window).rule("conv2d").trainable
    window.editor.delete()
    assert "conv2d" not in {rule.node for rule in plan(window).blocks}
    window.document.undo_stack.undo()
    assert window.document.project == before
    window.editor.append(ReLU())
    assert not plan(window).rule("conv2d").trainable


# --- the search for a rate --------------------------------------------------------------------------------------------
def test_a_rate_is_looked_for_and_taken_undoably(
    window: MainWindow, tab: TrainingTab, engine: ScriptedEngine, qtbot
) -> None:
    idle(window, qtbot)
    qtbot.waitUntil(tab.form.find_button.isEnabled)
    tab.form.find_button.click()
    dialog = window.plan_presenter.search.dialog
    assert dialog is not None
    assert dialog.isVisible()
    qtbot.waitUntil(lambda: not dialog.is_looking)
    (asked,) = engine.received(FindLearningRate)
    assert asked.network == window.document.network
    assert asked.plan == plan(window)
    assert dialog.rate == pytest.approx(0.01)
    dialog.use_button.click()
    assert plan(window).learning_rate == pytest.approx(0.01)
    assert window.plan_presenter.search.dialog is None
    window.document.undo_stack.undo()
    assert plan(window) == DEFAULT_PLAN


def test_the_search_can_be_repeated(window: MainWindow, tab: TrainingTab, engine: ScriptedEngine, qtbot) -> None:
    idle(window, qtbot)
    qtbot.waitUntil(tab.form.find_button.isEnabled)
    window.plan_presenter.search.begin()
    dialog = window.plan_presenter.search.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: not dialog.is_looking)
    idle(window, qtbot)
    dialog.stop_button.click()
    qtbot.waitUntil(lambda: len(engine.received(FindLearningRate)) == 2)
    dialog.reject()
    idle(window, qtbot)


def test_a_search_that_fails_says_so_in_the_dialog(window: MainWindow, tab: TrainingTab, qtbot) -> None:
    idle(window, qtbot)
    qtbot.waitUntil(tab.form.find_button.isEnabled)
    window.plan_presenter.search.begin()
    dialog = window.plan_presenter.search.dialog
    assert dialog is not None
    dialog.begin()
    window.plan_presenter.search._receive(Failed("Finding a learning rate", "The data set is gone."))
    assert dialog.text == "The data set is gone."
    dialog.reject()


def test_no_rate_is_looked_for_while_training_or_with_problems(window: MainWindow, tab: TrainingTab, qtbot) -> None:
    idle(window, qtbot)
    qtbot.waitUntil(tab.form.find_button.isEnabled)
    window.runs.start()
    assert not tab.form.find_button.isEnabled()
    assert "under way" in tab.form.find_button.toolTip()
    window.plan_presenter.search.begin()
    assert window.plan_presenter.search.dialog is None
    window.training.stop()
    qtbot.waitUntil(tab.form.find_button.isEnabled)
    window.new_project(None)
    assert not tab.form.find_button.isEnabled()
    assert "empty" in tab.form.find_button.toolTip()


def test_an_answer_without_a_question_is_passed_over(window: MainWindow) -> None:
    nothing = np.zeros(0, np.float32)
    window.plan_presenter.search._receive(LearningRatesTried(nothing, nothing, done=True))
    assert window.plan_presenter.search.dialog is None


def test_a_run_is_started_with_the_plan_as_it_is(
    window: MainWindow, tab: TrainingTab, engine: ScriptedEngine, qtbot, tmp_path: Path
) -> None:
    idle(window, qtbot)
    window.plan_presenter.apply_preset(PRESETS["One cycle"])
    window.runs.start()
    qtbot.waitUntil(lambda: bool(engine.received(Train)))
    assert engine.received(Train)[0].plan == plan(window)
    window.training.stop()
    idle(window, qtbot)
