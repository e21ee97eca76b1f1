"""The form of the plan: every setting is there, edits are told as made, what is unusual is seen and can be undone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from plans import plans
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QSpinBox

from models.training.optimizers import OPTIMIZERS, SGD, Adam, AdamW
from models.training.plan import DEFAULT_PLAN, BlockRule, TrainingPlan
from models.training.schedules import SCHEDULES
from models.training.schedules.curves import Cosine, StepDecay
from widgets.theme import DARK, LIGHT, style_sheet
from widgets.training.groups import GROUPS
from widgets.training.plan_form import PlanForm
from widgets.training.variant import carried_over, optimizer_editor, schedule_editor

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)
SMALLEST_INSPECTOR, EDGES, SCROLL_BAR = 280, 16, 10


@pytest.fixture
def form(qtbot) -> PlanForm:
    form = PlanForm(DEFAULT_PLAN)
    qtbot.addWidget(form)
    form.resize(290, 1600)
    form.show()
    return form


def told(form: PlanForm) -> list[tuple[object, ...]]:
    edits: list[tuple[object, ...]] = []
    form.plan_changed.connect(lambda *edit: edits.append(edit))
    form.plan_edited.connect(lambda *edit: edits.append(edit))
    return edits


def visible_texts(form: PlanForm) -> str:
    return "\n".join(label.text() for label in form.findChildren(QLabel) if label.isVisible())


# --- all of it --------------------------------------------------------------------------------------------------------
def test_every_field_of_the_plan_stands_in_one_group() -> None:
    shown = [field for group in GROUPS for field in group.all_fields]
    assert sorted([*shown, "blocks"]) == sorted(TrainingPlan.model_fields)


@settings(max_examples=30)
@given(plan=plans())
def test_any_plan_can_be_shown_and_read_back(qapp: QApplication, plan: TrainingPlan) -> None:
    form = PlanForm(DEFAULT_PLAN)
    edits = told(form)
    form.set_plan(plan)
    assert form.plan == plan
    read = {name: form.form_of(name).editor(name).read() for group in GROUPS for name in group.fields}
    variants = {name: editor.value for name, editor in form.variants.items()}
    assert TrainingPlan.model_validate({**read, **variants, "blocks": plan.blocks}) == plan
    assert edits == []
    form.deleteLater()


def test_every_control_has_a_name_and_a_word_of_help(form: PlanForm) -> None:
    for section in form.sections.values():
        section.set_open(True)
    form.variants["optimizer"].combo.setCurrentText("SGD")  # so that a learning rate is offered
    kinds = (QComboBox, QSpinBox, QAbstractButton)
    controls = [control for kind in kinds for control in form.findChildren(kind)]
    lines = [line for line in form.findChildren(QLineEdit) if line.objectName() != "qt_spinbox_lineedit"]
    assert len(controls) > 30
    for control in [*controls, *lines]:
        name = control.accessibleName() or getattr(control, "text", str)()
        assert name, control
        assert control.toolTip(), name
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, name


def test_it_fits_the_narrowest_inspector(form: PlanForm) -> None:
    form.setStyleSheet(style_sheet(DARK))
    form.set_plan(DEFAULT_PLAN.replace(optimizer=SGD(), blocks=(BlockRule(node="a", trainable=False),)))
    form.blocks.set_blocks([("a", "A block with a very long name that says all that can be said (a)"), ("b", "B (b)")])
    for section in form.sections.values():
        section.set_open(True)
    assert form.minimumSizeHint().width() <= SMALLEST_INSPECTOR - EDGES - SCROLL_BAR


# --- edits ------------------------------------------------------------------------------------------------------------
def test_an_edit_is_told_with_its_field_and_session(form: PlanForm) -> None:
    edits = told(form)
    spin = form.form_of("epochs").editor("epochs").controls[0]
    spin.stepUp()
    spin.stepUp()
    assert [edit[:2] for edit in edits] == [("epochs", 16), ("epochs", 17)]
    assert edits[0][2] == edits[1][2] != ""
    assert form.plan.epochs == 17


def test_edits_in_different_groups_do_not_undo_one_another(form: PlanForm) -> None:
    form.form_of("epochs").editor("epochs").controls[0].stepUp()
    form.form_of("seed").editor("seed").controls[0].stepUp()
    form.variants["schedule"].combo.setCurrentText("Step")
    form.form_of("label_smoothing").editor("label_smoothing").controls[0].setText("0.1")
    assert form.plan == DEFAULT_PLAN.replace(epochs=16, seed=2, schedule=StepDecay(), label_smoothing=0.1)


def test_another_class_and_its_settings_are_edits_of_the_plan(form: PlanForm) -> None:
    edits = told(form)
    form.variants["optimizer"].combo.setCurrentText("SGD")
    form.variants["optimizer"].editor("momentum").controls[0].setText("0.5")
    assert [edit[:2] for edit in edits] == [("optimizer", SGD()), ("optimizer", SGD(momentum=0.5))]
    assert edits[0][2] != edits[1][2]
    assert form.plan.optimizer == SGD(momentum=0.5)


def test_a_refused_value_changes_nothing_and_says_why(form: PlanForm) -> None:
    edits = told(form)
    form.form_of("learning_rate").editor("learning_rate").controls[0].setText("-1")
    assert "expected a number above 0" in form.form_of("learning_rate").refusal("learning_rate")
    assert edits == []


# --- optimizers and schedules -------------------------------------------------------------------------------------
def test_all_optimizers_and_schedules_are_offered_with_their_sentence(qtbot) -> None:
    for editor, names in (
        (optimizer_editor(Adam()), set(OPTIMIZERS)),
        (schedule_editor(Cosine()), {kind.title for kind in SCHEDULES.values()}),
    ):
        qtbot.addWidget(editor)
        combo = editor.combo
        assert {combo.itemText(index) for index in range(combo.count())} == names
        for index in range(combo.count()):
            assert combo.itemData(index, Qt.ItemDataRole.ToolTipRole).endswith(".")


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_every_setting_of_an_optimizer_can_be_edited(qtbot, name: str) -> None:
    value = OPTIMIZERS[name]()
    editor = optimizer_editor(value)
    qtbot.addWidget(editor)
    for field in OPTIMIZERS[name].model_fields:
        assert editor.editor(field).controls[0].accessibleName() == field
    editor.editor("weight_decay").controls[0].setText("0.01")
    assert editor.value == value.replace(weight_decay=0.01)


def test_what_two_classes_share_is_taken_along_where_it_was_set() -> None:
    assert carried_over(Adam(weight_decay=0.01, epsilon=1e-3), AdamW) == AdamW(weight_decay=0.01, epsilon=1e-3)
    assert carried_over(Adam(), AdamW) == AdamW()
    assert carried_over(SGD(momentum=0.5), Adam) == Adam()


def test_seldom_changed_settings_stand_behind_a_button_until_one_is_changed(form: PlanForm) -> None:
    editor = form.variants["optimizer"]
    beta = editor.editor("beta_1").controls[0]
    assert not beta.isVisible()
    assert editor.more_button is not None
    editor.more_button.click()
    assert beta.isVisible()
    editor.more_button.click()
    assert not beta.isVisible()
    form.set_plan(DEFAULT_PLAN.replace(optimizer=Adam(beta_1=0.5)))
    assert editor.editor("beta_1").controls[0].isVisible()


def test_another_optimizers_own_learning_rate_is_offered_and_not_taken(qtbot, form: PlanForm) -> None:
    form.variants["optimizer"].combo.setCurrentText("SGD")
    assert form.plan.learning_rate == 0.001
    assert "Keras starts SGD at 0.01; 0.001 is kept." in visible_texts(form)
    edits = told(form)
    qtbot.mouseClick(form.suggestion_button, Qt.MouseButton.LeftButton)
    assert form.plan.learning_rate == 0.01
    assert edits[0][:2] == ("learning_rate", 0.01)
    assert "Keras starts" not in visible_texts(form)


def test_the_offer_goes_when_it_is_answered_otherwise(form: PlanForm) -> None:
    choose = form.variants["optimizer"].combo.setCurrentText
    choose("SGD")
    choose("RMSprop")
    assert "Keras starts" not in visible_texts(form), "0.001 is what Keras starts RMSprop at"
    choose("SGD")
    form.form_of("learning_rate").editor("learning_rate").controls[0].setText("0.02")
    assert "Keras starts" not in visible_texts(form)
    choose("Adam")
    form.set_plan(DEFAULT_PLAN)
    assert "Keras starts" not in visible_texts(form)


def test_a_schedule_that_waits_for_the_run_says_that_its_curve_is_not_all(form: PlanForm) -> None:
    assert "never stands still" not in visible_texts(form)
    form.variants["schedule"].combo.setCurrentText("Reduce on plateau")
    assert "never stands still" in visible_texts(form)


# --- what is unusual --------------------------------------------------------------------------------------------------
def test_a_folded_group_says_what_differs_and_can_be_put_back(qtbot, form: PlanForm) -> None:
    section = form.sections["Loss and metrics"]
    assert not section.is_open
    assert not section.reset.isVisible()
    form.set_plan(DEFAULT_PLAN.replace(label_smoothing=0.1, metrics=("auc",)))
    assert "label smoothing 0.1 · metrics auc" in visible_texts(form)
    assert "label smoothing 0.1" in section.header.accessibleDescription()
    edits = told(form)
    qtbot.mouseClick(section.reset, Qt.MouseButton.LeftButton)
    assert form.plan == DEFAULT_PLAN
    ((text, changes),) = edits
    assert text == "Reset loss and metrics"
    assert changes["label_smoothing"] == 0.0
    assert not section.reset.isVisible()


def test_a_group_folds_with_the_keyboard(qtbot, form: PlanForm) -> None:
    section = form.sections["Saving"]
    form.activateWindow()
    section.header.setFocus()
    qtbot.keyClick(section.header, Qt.Key.Key_Space)
    assert section.is_open
    assert section.header.accessibleName() == "Saving, open"
    qtbot.keyClick(section.header, Qt.Key.Key_Space)
    assert not section.is_open


def test_one_group_put_back_leaves_the_others(form: PlanForm) -> None:
    form.set_plan(DEFAULT_PLAN.replace(seed=5, epochs=3))
    form.sections["Numbers and repeatability"].reset.click()
    assert form.plan == DEFAULT_PLAN.replace(epochs=3)


def test_settings_that_say_nothing_are_greyed_with_the_reason(form: PlanForm) -> None:
    clip = form.form_of("clip").editor("clip").controls[0]
    assert not clip.isEnabled()
    assert "while clipping is none" in clip.toolTip()
    form.form_of("clipping").editor("clipping").controls[0].setCurrentText("clipnorm")
    assert clip.isEnabled()
    form.sections["Validation and stopping"].set_open(True)
    assert visible_texts(form).count("Say nothing while early_stopping is off.") == 1
    form.form_of("early_stopping").editor("early_stopping").controls[0].click()
    assert form.form_of("patience").editor("patience").controls[0].isEnabled()
    assert "early_stopping is off" not in visible_texts(form)


# --- blocks -----------------------------------------------------------------------------------------------------------
WEIGHTY = [("conv2d", "Conv2D (conv2d)"), ("conv2d_2", "Conv2D (conv2d_2)"), ("dense", "Dense (dense)")]


def test_blocks_are_frozen_and_set_free_together(form: PlanForm) -> None:
    form.blocks.set_blocks(WEIGHTY)
    assert form.blocks.freeze_button.isEnabled()
    assert not form.blocks.unfreeze_button.isEnabled()
    edits = told(form)
    form.blocks.freeze_button.click()
    assert [rule.node for rule in form.plan.blocks] == ["conv2d", "conv2d_2"]
    assert edits[0][0] == "Freeze all but the last block"
    assert not form.blocks.freeze_button.isEnabled(), "there is nothing left to freeze"
    form.blocks.unfreeze_button.click()
    assert form.plan == DEFAULT_PLAN


def test_blocks_with_a_rule_are_listed_and_lead_to_the_block(qtbot, form: PlanForm) -> None:
    form.blocks.set_blocks(WEIGHTY)
    gone = BlockRule(node="gone", trainable=False)
    rules = (BlockRule(node="conv2d", trainable=False), BlockRule(node="dense", learning_rate_factor=0.1), gone)
    form.set_plan(DEFAULT_PLAN.replace(blocks=rules))
    listed = [button for button in form.blocks.findChildren(QPushButton) if button.property("role") == "listed"]
    assert [button.accessibleName() for button in listed] == [
        "Conv2D (conv2d): ❄ frozen",
        "Dense (dense): learning rate × 0.1",
    ]
    with qtbot.waitSignal(form.blocks.node_chosen) as caught:
        listed[1].click()
    assert caught.args == ["dense"]


# --- what stands beside -----------------------------------------------------------------------------------------------
def test_finding_a_rate_says_why_it_cannot_be(qtbot, form: PlanForm) -> None:
    with qtbot.waitSignal(form.find_rate_requested):
        form.find_button.click()
    form.set_finding("Training is under way")
    assert not form.find_button.isEnabled()
    assert form.find_button.toolTip() == "Training is under way"
    form.set_finding("")
    assert form.find_button.isEnabled()


def test_what_is_held_out_is_said_with_the_way_to_change_it(qtbot, form: PlanForm) -> None:
    form.sections["Validation and stopping"].set_open(True)
    form.set_held_out("359 samples (20 %) are held out to be measured.")
    assert "359 samples (20 %)" in visible_texts(form)
    with qtbot.waitSignal(form.data_page_requested):
        form.findChild(QPushButton, "splitButton").click()


def test_notes_stand_below_their_fields(form: PlanForm) -> None:
    form.set_notes({"batch_size": "≈ 5.7 MB to train"})
    assert "≈ 5.7 MB to train" in visible_texts(form)
    form.set_notes({})
    assert "5.7 MB" not in visible_texts(form)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_it_paints_in_both_themes(form: PlanForm, theme) -> None:
    form.set_theme(theme)
    assert not form.grab().isNull()
