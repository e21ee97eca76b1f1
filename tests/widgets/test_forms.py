"""Forms: every block round-trips, garbage is refused in words, editing sessions are told apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QSpinBox, QToolButton
from strategies import any_block

from models.blocks import Block
from models.blocks.activation import ReLU
from models.blocks.composite import ENTRY, Group
from models.blocks.convolution import Conv2D, Conv2DTranspose
from models.blocks.dense import Dense
from models.blocks.fields import OptionalTriple, Single, SingleSides, Triple, TripleSides
from models.blocks.input import Input
from models.blocks.normalization import Dropout
from models.blocks.pooling import MaxPooling2D
from models.blocks.resizing import ZeroPadding2D
from models.blocks.shaping import Reshape
from models.network.graph import Node, Source
from models.training.plan import TrainingPlan
from widgets.forms import Form
from widgets.forms.form import NAME_LETTERS, breakable

pytestmark = [pytest.mark.usefixtures("qapp"), pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)]


@given(block=any_block())
def test_every_block_round_trips_through_its_form(block: Block) -> None:
    form = Form(type(block)())
    form.set_model(block)
    read = {name: form.editor(name).read() for name in block.field_names()}
    assert type(block).model_validate(read) == block
    assert all(not form.refusal(name) for name in block.field_names())


@given(block=any_block(), text=st.text(max_size=30), number=st.integers(-(2**31), 2**31 - 1))
def test_garbage_never_raises_and_never_breaks_the_model(block: Block, text: str, number: int) -> None:
    form = Form(block)
    for line in form.findChildren(QLineEdit):
        line.setText(text)
    for box in form.findChildren(QSpinBox):
        box.setValue(number)
    for choice in form.findChildren(QComboBox):
        choice.setCurrentIndex(number % choice.count())
    assert type(block).model_validate(dict(form.model)) == form.model


def test_the_largest_values_fit_their_editors() -> None:
    block = Conv2D(filters=1_000_000, strides=(1_000_000, 1), kernel_regularizer=1e-300)
    form = Form(block)
    assert block.replace(**{name: form.editor(name).read() for name in block.field_names()}) == block
    assert Form(TrainingPlan(seed=2**31 - 1)).editor("seed").read() == 2**31 - 1


def test_fields_stand_in_the_order_of_keras() -> None:
    form = Form(Conv2D())
    names = [control.accessibleName() for control in form.findChildren(QSpinBox)]
    assert names[0] == "filters"
    assert "kernel_size, width" in names
    assert form.editor("filters").controls[0].accessibleDescription() == Conv2D.model_fields["filters"].description


def test_an_accepted_edit_is_reported(qtbot) -> None:
    form = Form(Conv2D())
    qtbot.addWidget(form)
    with qtbot.waitSignal(form.edited) as caught:
        form.editor("kernel_size").controls[0].setValue(5)
    assert caught.args[:2] == ["kernel_size", (5, 3)]
    with qtbot.waitSignal(form.edited) as caught:
        form.editor("use_bias").controls[0].setChecked(False)
    assert caught.args[:2] == ["use_bias", False]
    assert form.model == Conv2D(kernel_size=(5, 3), use_bias=False)


@pytest.mark.parametrize(
    ("model", "field", "text", "value"),
    [
        (Input(), "shape", "28, 28 3", (28, 28, 3)),
        (Input(), "shape", "8x8X1", (8, 8, 1)),
        (Reshape(), "target_shape", "4 × −1", (4, -1)),
        (ZeroPadding2D(), "padding", "2", ((2, 2), (2, 2))),
        (ZeroPadding2D(), "padding", "1, 2", ((1, 1), (2, 2))),
        (ZeroPadding2D(), "padding", "0, 1 · 2, 3", ((0, 1), (2, 3))),
        (MaxPooling2D(), "strides", "3", (3, 3)),
        (MaxPooling2D(strides=(1, 1)), "strides", " ", None),
        (Conv2DTranspose(), "output_padding", "1×0", (1, 0)),
        (ReLU(), "max_value", "6", 6.0),
        (Dense(), "kernel_regularizer", "1e-3", 0.001),
        (Dense(), "kernel_regularizer", "0,01", 0.01),
        (TrainingPlan(), "learning_rate", "3e-4", 3e-4),
    ],
)
def test_texts_that_people_type_are_understood(model, field: str, text: str, value: object) -> None:
    form = Form(model)
    form.editor(field).controls[0].setText(text)
    assert getattr(form.model, field) == value
    assert form.refusal(field) == ""


@pytest.mark.parametrize(
    ("model", "field", "text", "words"),
    [
        (
            Dropout(),
            "rate",
            "lots",
            "Received “lots”; expected a number of at least 0 and below 1. 0.5 stays in force.",
        ),
        (Dropout(), "rate", "", "Received nothing; expected a number"),
        (Dropout(), "rate", "nan", "expected a number"),
        (Input(), "shape", "32×0×1", "1 to 4 whole numbers above 0 and at most 65,536, as in 32×32×1"),
        (Reshape(), "target_shape", "-1×-1", "at most one of them is -1"),
        (ZeroPadding2D(), "padding", "1 2 3", "one, two or four whole numbers"),
        (MaxPooling2D(), "strides", "a×b", "two whole numbers, as in 2×2, or nothing"),
    ],
)
def test_a_bad_value_is_answered_in_words_and_the_last_good_one_stays(model, field, text, words) -> None:
    form = Form(model)
    before = form.model
    line = form.editor(field).controls[0]
    line.setText(text)
    assert words in form.refusal(field)
    assert line.property("invalid") is True
    assert form.model == before
    line.setText(str(getattr(before, field)).strip("()") if field != "strides" else "")
    assert form.refusal(field) == ""


def test_showing_a_value_makes_no_echo_and_leaves_half_typed_text_alone(qtbot) -> None:
    form = Form(Dropout())
    line = form.editor("rate").controls[0]
    line.setText("0.")
    line.setText("0.2x")
    with qtbot.assertNotEmitted(form.edited):
        form.set_model(form.model.model_copy())
        assert line.text() == "0.2x"
        form.set_model(Dropout(rate=0.7))
    assert line.text() == "0.7"
    assert form.refusal("rate") == ""


def test_sessions_last_as_long_as_one_field_is_edited(qtbot) -> None:
    form = Form(Conv2D())
    qtbot.addWidget(form)
    form.show()
    form.activateWindow()
    sessions: list[tuple[str, str]] = []
    form.edited.connect(lambda field, _value, session: sessions.append((field, session)))
    filters, groups = form.editor("filters").controls[0], form.editor("groups").controls[0]
    filters.setFocus()
    qtbot.waitUntil(filters.hasFocus)
    filters.stepUp()
    filters.stepUp()
    groups.setFocus()
    groups.stepUp()
    filters.setFocus()
    filters.stepUp()
    groups.setFocus()
    filters.setFocus()
    filters.stepUp()
    names = [session for _field, session in sessions]
    assert names[0] == names[1]
    assert len(set(names)) == 4


def test_the_wheel_changes_nothing_without_focus(qtbot) -> None:
    form = Form(Conv2D(filters=6))
    qtbot.addWidget(form)
    form.show()
    form.activateWindow()
    form.editor("groups").controls[0].setFocus()
    qtbot.waitUntil(form.editor("groups").controls[0].hasFocus)
    for control in form.findChildren(QSpinBox) + form.findChildren(QComboBox):
        if not control.hasFocus():
            _turn_wheel(control)
    assert form.model == Conv2D(filters=6)
    _turn_wheel(form.editor("groups").controls[0])
    assert form.model == Conv2D(filters=6, groups=2)


def _turn_wheel(widget) -> None:
    center = QPointF(widget.rect().center())
    event = QWheelEvent(
        center, widget.mapToGlobal(center), QPoint(0, 0), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def test_notes_stand_below_a_field_until_something_is_wrong() -> None:
    form = Form(TrainingPlan())
    form.set_note("learning_rate", "a note")
    form.editor("learning_rate").controls[0].setText("x")
    assert "expected a number" in form.refusal("learning_rate")
    form.editor("learning_rate").controls[0].setText("0.1")
    assert form.refusal("learning_rate") == ""
    assert form.model.learning_rate == 0.1
    form.set_field_enabled("clip", False, "Says nothing while clipping is none.")
    assert not form.editor("clip").widget.isEnabled()
    assert "while clipping is none" in form.editor("clip").controls[0].accessibleDescription()
    form.set_field_enabled("clip", True)
    assert form.editor("clip").controls[0].toolTip() == TrainingPlan.model_fields["clip"].description


def test_a_field_that_differs_can_be_put_back(qtbot) -> None:
    form = Form(TrainingPlan(epochs=3), fields=("epochs", "seed"), defaults=TrainingPlan())
    qtbot.addWidget(form)
    form.show()
    buttons = {button.accessibleName(): button for button in form.findChildren(QToolButton)}
    back = buttons["Put epochs back to 15"]
    assert [name for name, button in buttons.items() if button.isVisible()] == ["Put epochs back to 15"]
    seen: list[tuple[object, ...]] = []
    form.edited.connect(lambda *edit: seen.append(edit))
    qtbot.mouseClick(back, Qt.MouseButton.LeftButton)
    assert form.model == TrainingPlan()
    assert seen[0][:2] == ("epochs", 15)
    assert not back.isVisible()
    form.editor("epochs").controls[0].stepUp()
    assert back.isVisible()
    assert seen[1][2] != seen[0][2], "what is done after is an edit of its own"


def test_what_is_no_value_can_be_put_back_as_well(qtbot) -> None:
    form = Form(TrainingPlan(clip=3.0), fields=("clip",), defaults=TrainingPlan())
    qtbot.addWidget(form)
    form.editor("clip").controls[0].setText("lots")
    assert form.refusal("clip")
    form.reset_field("clip")
    assert form.model.clip == 1.0
    assert form.refusal("clip") == ""
    form.editor("clip").controls[0].setText("lots")
    form.reset_field("clip")
    assert form.editor("clip").controls[0].text() == "1"


def test_several_of_a_list_are_checked(qtbot) -> None:
    form = Form(TrainingPlan(metrics=("auc",)), fields=("metrics",))
    qtbot.addWidget(form)
    boxes = {box.text(): box for box in form.findChildren(QCheckBox)}
    assert [name for name, box in boxes.items() if box.isChecked()] == ["auc"]
    assert boxes["auc"].accessibleName() == "metrics, auc"
    boxes["recall"].click()
    assert form.model.metrics == ("recall", "auc")
    form.set_model(TrainingPlan())
    assert not any(box.isChecked() for box in boxes.values())


@pytest.mark.parametrize("name", list(TrainingPlan.model_fields))
def test_long_names_break_and_stay_whole(name: str) -> None:
    lines = breakable(name).split("\n")
    assert "".join(lines) == name
    assert all(len(line) <= NAME_LETTERS for line in lines)


@pytest.mark.parametrize("typed", ["12.5", "0", "", "abc", "99999999", "-3"])
def test_a_refused_number_is_said_and_the_last_one_stays(qtbot, typed: str) -> None:
    form = Form(Conv2D(filters=16))
    qtbot.addWidget(form)
    seen: list[object] = []
    form.edited.connect(lambda *change: seen.append(change))
    (box,) = form.editor("filters").controls
    box.selectAll()
    qtbot.keyClick(box, Qt.Key.Key_Delete)
    qtbot.keyClicks(box, typed)
    assert form.refusal("filters").startswith("Received")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert form.refusal("filters").startswith("Received")
    assert box.value() == form.model.filters
    assert all(isinstance(value, int) for _name, value, _session in seen)


class Shapes(BaseModel):
    """Fields of the kinds that blocks for sequences, images and volumes have."""

    model_config = ConfigDict(frozen=True)

    single: Single = (3,)
    triple: Triple = (3, 3, 3)
    optional: OptionalTriple = None
    steps: SingleSides = ((1, 1),)
    volume: TripleSides = ((1, 1), (1, 1), (1, 1))
    means: tuple[float, ...] | None = None
    axes: tuple[int, ...] = (1,)


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("optional", "2", (2, 2, 2)),
        ("optional", "1×2×3", (1, 2, 3)),
        ("optional", "", None),
        ("steps", "2", ((2, 2),)),
        ("steps", "1, 0", ((1, 0),)),
        ("volume", "2", ((2, 2),) * 3),
        ("volume", "1 2 3", ((1, 1), (2, 2), (3, 3))),
        ("volume", "0, 1 · 2, 3 · 4, 5", ((0, 1), (2, 3), (4, 5))),
        ("means", "0.485, 0.456, 0.406", (0.485, 0.456, 0.406)),
        ("means", "", None),
        ("axes", "1, 2", (1, 2)),
    ],
)
def test_fields_of_other_ranks_are_typed_in_the_same_ways(field: str, text: str, value: object) -> None:
    form = Form(Shapes())
    line = form.editor(field).controls[0]
    line.setText("?")
    line.setText(text)
    assert getattr(form.model, field) == value
    assert form.refusal(field) == ""
    again = Form(form.model)
    assert again.editor(field).read() == value or getattr(Shapes(**{field: again.editor(field).read()}), field) == value


def test_each_spatial_axis_has_a_box_with_its_name() -> None:
    form = Form(Shapes())
    names = [control.accessibleName() for control in form.findChildren(QSpinBox)]
    assert names == ["single", "triple, depth", "triple, height", "triple, width"]
    form.editor("triple").controls[1].setValue(5)
    form.editor("single").controls[0].setValue(7)
    assert form.model == Shapes(single=(7,), triple=(3, 5, 3))


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("volume", "one, three or six whole numbers"),
        ("steps", "one or two whole numbers"),
        ("optional", "three whole numbers, as in 2×2×2, or nothing"),
        ("means", "numbers, as in 0.5, 0.25, or nothing"),
    ],
)
def test_what_such_a_field_takes_is_said_in_words(field: str, words: str) -> None:
    form = Form(Shapes())
    form.editor(field).controls[0].setText("1 2 nonsense")
    assert words in form.refusal(field)


def test_of_a_group_only_the_name_is_edited_and_it_may_hold_any_words(qtbot) -> None:
    group = Group(name="stem", nodes=(Node(id="conv", block=Conv2D(), inputs=(Source(ENTRY),)),), output=Source("conv"))
    form = Form(group)
    qtbot.addWidget(form)
    with qtbot.waitSignal(form.edited) as caught:
        form.editor("name").controls[0].setText("my stem, 3−4")
    assert caught.args[:2] == ["name", "my stem, 3−4"]
    assert len(form.findChildren(QLineEdit)) == 1


def test_a_form_that_is_read_only_takes_no_edit() -> None:
    form = Form(Conv2D())
    form.set_read_only(True)
    controls = [control for name in Conv2D.field_names() for control in form.editor(name).controls]
    assert not any(control.isEnabled() for control in controls)
    form.set_read_only(False)
    assert all(control.isEnabled() for control in controls)
