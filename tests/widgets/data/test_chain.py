"""The chains of steps: dragging, keys, the forms of all steps, and what stays when a chain is set anew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QScrollArea
from pytestqt.qtbot import QtBot

from models.data.steps import STEPS, Stage, Step, steps_of
from models.data.steps.geometric import RandomFlip, RandomResizedCrop, RandomRotation
from models.data.steps.mixing import MixUp
from models.data.steps.preprocessing import Rescale, Resize, Standardize
from models.data.steps.signals import RandomShift
from widgets.data.chain import ChainEditor, moved
from widgets.data.chain_row import HEADER
from widgets.theme import DARK, LIGHT

pytestmark = pytest.mark.qt_log_ignore(
    "propagateSizeHints", "does not support raise", "grabbing the keyboard", extend=True
)

KEY = Qt.Key
ALT, NONE = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton
IMAGE = (28, 28, 1)
STEPS_SHOWN = (RandomFlip(), RandomRotation(), MixUp(), RandomShift())


@pytest.fixture
def chain(qtbot: QtBot) -> ChainEditor:
    return shown(qtbot, STEPS_SHOWN)


def shown(qtbot: QtBot, steps: tuple[Step, ...], stage: Stage = Stage.AUGMENTATION) -> ChainEditor:
    editor = ChainEditor(stage)
    qtbot.addWidget(editor)
    editor.set_chain(steps, IMAGE)
    editor.resize(360, 420)
    editor.show()
    qtbot.waitExposed(editor)
    return editor


def edits_of(editor: ChainEditor) -> list[tuple[tuple[Step, ...], str, str]]:
    told: list[tuple[tuple[Step, ...], str, str]] = []
    editor.chain_edited.connect(lambda *edit: told.append(edit))
    return told


def types(steps: tuple[Step, ...]) -> list[str]:
    return [step.type for step in steps]


def drag(editor: ChainEditor, source: int, y: int, drop: bool = True) -> None:
    """Drag a row by its header to a height of the editor, as a hand does: in several moves."""
    row = editor.rows[source]
    start = QPoint(8, HEADER // 2)
    goal = row.mapFrom(editor, QPoint(row.x() + 8, y))
    QTest.mousePress(row, LEFT, NONE, start)
    for part in (1, 2, 3, 4):
        QTest.mouseMove(row, start + (goal - start) * part / 4)
    if drop:
        QTest.mouseRelease(row, LEFT, NONE, goal)


def height_of_gap(editor: ChainEditor, gap: int) -> int:
    return editor.rows[gap].y() - 1 if gap < len(editor.rows) else editor.rows[-1].geometry().bottom() + 2


# --- moving ---------------------------------------------------------------------------------------------------------
@given(st.lists(st.integers(), min_size=1, max_size=12), st.data())
def test_moving_is_a_permutation_that_can_be_taken_back(numbers: list[int], data: st.DataObject) -> None:
    places = st.integers(0, len(numbers) - 1)
    source, target = data.draw(places), data.draw(places)
    after = moved(tuple(numbers), source, target)  # type: ignore[arg-type]
    assert sorted(after) == sorted(numbers)  # type: ignore[type-var]
    assert after[target] == numbers[source]
    assert moved(after, target, source) == tuple(numbers)


@pytest.mark.parametrize("gap", range(5))
@pytest.mark.parametrize("source", range(4))
def test_a_row_is_dropped_into_the_gap_it_was_dragged_to(qtbot: QtBot, source: int, gap: int) -> None:
    chain = shown(qtbot, STEPS_SHOWN)
    told = edits_of(chain)
    drag(chain, source, height_of_gap(chain, gap))
    target = gap - 1 if gap > source else gap
    expected = moved(STEPS_SHOWN, source, target)
    assert chain.steps == expected
    assert [edit[:2] for edit in told] == ([(expected, f"Move {STEPS_SHOWN[source].type}")] if target != source else [])
    tops = [row.y() for row in chain.rows]
    QApplication.processEvents()
    assert tops == sorted(tops) or [row.y() for row in chain.rows] == sorted(row.y() for row in chain.rows)


def test_while_dragging_a_line_shows_the_gap_and_esc_cancels(chain: ChainEditor) -> None:
    told = edits_of(chain)
    y = height_of_gap(chain, 3)
    drag(chain, 0, y, drop=False)
    line, ghost = chain._indicator, chain._ghost
    assert line.isVisible()
    assert ghost.isVisible()
    assert abs(line.geometry().center().y() - y) <= 4
    QTest.keyClick(chain.rows[0], KEY.Key_Escape)
    assert not line.isVisible()
    assert not ghost.isVisible()
    QTest.mouseRelease(chain.rows[0], LEFT, NONE, QPoint(8, y))
    assert told == []
    assert chain.steps == STEPS_SHOWN


def test_a_drag_scrolls_what_is_out_of_view(qtbot: QtBot) -> None:
    area = QScrollArea(widgetResizable=True)
    qtbot.addWidget(area)
    chain = ChainEditor(Stage.AUGMENTATION)
    area.setWidget(chain)
    area.resize(360, 120)
    chain.set_chain(STEPS_SHOWN * 4, IMAGE)
    area.show()
    qtbot.waitExposed(area)
    assert area.verticalScrollBar().value() == 0
    drag(chain, 0, 200, drop=False)
    assert area.verticalScrollBar().value() > 0
    QTest.keyClick(chain.rows[0], KEY.Key_Escape)


def test_a_click_opens_and_does_not_drag(chain: ChainEditor) -> None:
    told = edits_of(chain)
    row = chain.rows[1]
    for opened in (True, False):
        QTest.mouseClick(row, LEFT, NONE, QPoint(100, HEADER // 2))
        assert row.is_open is opened
    assert told == []


# --- keys -----------------------------------------------------------------------------------------------------------
def test_keys_move_open_and_remove(chain: ChainEditor) -> None:
    told = edits_of(chain)
    chain.rows[0].setFocus()
    QTest.keyClick(chain.rows[0], KEY.Key_Up, ALT)  # above the first there is nothing
    assert told == []
    QTest.keyClick(chain.rows[0], KEY.Key_Down, ALT)
    assert types(chain.steps)[:2] == ["RandomRotation", "RandomFlip"]
    row = chain.rows[1]
    assert row.hasFocus()
    QTest.keyClick(row, KEY.Key_Return)
    assert row.is_open
    QTest.keyClick(row, KEY.Key_Up)
    assert chain.rows[0].hasFocus()
    QTest.keyClick(chain.rows[0], KEY.Key_Delete)
    assert types(chain.steps) == ["RandomFlip", "MixUp", "RandomShift"]
    assert chain.rows[0].hasFocus()
    assert [text for _steps, text, _session in told] == ["Move RandomFlip", "Remove RandomRotation"]
    for _ in range(3):
        QTest.keyClick(chain.rows[0], KEY.Key_Delete)
    assert chain.steps == ()
    assert chain.add_button.hasFocus()


def test_delete_in_a_field_is_for_its_text(chain: ChainEditor) -> None:
    row = chain.rows[1]
    row.set_open(True)
    assert row.form is not None
    field = row.form.editor("factor").controls[0]
    assert isinstance(field, QLineEdit)
    field.setFocus()
    QTest.keyClick(field, KEY.Key_Delete)
    QTest.keyClick(field, KEY.Key_Return)
    assert len(chain.steps) == len(STEPS_SHOWN)
    assert row.is_open


def test_tab_goes_through_an_open_row_in_the_order_that_is_seen(chain: ChainEditor) -> None:
    chain.rows[1].set_open(True)
    chain.rows[0].setFocus()
    seen = []
    for _ in range(9):
        focused = QApplication.focusWidget()
        assert focused is not None
        seen.append(focused.accessibleName())
        QTest.keyClick(focused, KEY.Key_Tab)
    assert seen[3].startswith("Rotation")
    assert seen[4:] == ["Hide settings of Rotation", "factor", "fill_mode", "Remove Rotation  (Del)", seen[8]]
    assert seen[8].startswith("MixUp")


# --- adding ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("stage", Stage)
def test_the_picker_has_every_step_of_its_stage(qtbot: QtBot, stage: Stage) -> None:
    chain = shown(qtbot, (), stage)
    QTest.mouseClick(chain.add_button, LEFT)
    assert sorted(chain.picker.shown_titles()) == sorted(kind.title for kind in steps_of(stage))
    for kind in steps_of(stage):
        chain.picker.filter(f"{kind.group} {kind.__name__}")
        assert kind.title in chain.picker.shown_titles()
    chain.picker.hide()


def test_a_search_and_enter_add_a_step_that_opens(chain: ChainEditor) -> None:
    told = edits_of(chain)
    chain.open_picker()
    picker = chain.picker
    QTest.keyClicks(picker.search, "blur")
    assert picker.shown_titles() == ["Blur"]
    QTest.keyClick(picker.search, KEY.Key_Return)
    assert not picker.isVisible()
    assert types(chain.steps)[-1] == "RandomGaussianBlur"
    assert told[-1][1] == "Add RandomGaussianBlur"
    assert chain.rows[-1].is_open
    assert chain.rows[-1].hasFocus()


def test_arrows_walk_from_the_search_and_nothing_found_adds_nothing(chain: ChainEditor) -> None:
    told = edits_of(chain)
    chain.open_picker()
    picker = chain.picker
    first = picker.list.currentRow()
    QTest.keyClick(picker.search, KEY.Key_Down)
    assert picker.list.currentRow() == first + 1
    QTest.keyClicks(picker.search, "no such step")
    assert picker.shown_titles() == []
    QTest.keyClick(picker.search, KEY.Key_Return)
    assert told == []
    picker.hide()


# --- settings -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", STEPS.values(), ids=lambda kind: kind.__name__)
def test_every_step_has_a_form_of_what_can_be_set(qtbot: QtBot, kind: type[Step]) -> None:
    chain = shown(qtbot, (kind(),), kind.stage)
    told = edits_of(chain)
    row = chain.rows[0]
    row.set_open(True)
    fields = [name for name in kind.model_fields if not hasattr(kind, "is_measured")]
    assert (row.form is not None) is bool(fields)
    for name in fields:
        assert row.form is not None
        row.form._take(name)  # what stands there is what the step has
        assert row.form.refusal(name) == ""
    assert told == []
    assert kind.title in row.accessibleName()


def test_typing_in_one_field_is_one_session(chain: ChainEditor) -> None:
    told = edits_of(chain)
    row = chain.rows[1]
    row.set_open(True)
    assert row.form is not None
    field = row.form.editor("factor").controls[0]
    assert isinstance(field, QLineEdit)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "0.25")
    texts = {text for _steps, text, _session in told}
    sessions = {session for _steps, _text, session in told}
    assert texts == {"Change factor"}
    assert len(sessions) == 1
    assert sessions != {""}
    assert chain.steps[1] == RandomRotation(factor=0.25)
    assert told[-1][0] == chain.steps


def test_a_pair_of_shares_is_typed_as_text(qtbot: QtBot) -> None:
    chain = shown(qtbot, (RandomResizedCrop(),))
    row = chain.rows[0]
    row.set_open(True)
    assert row.form is not None
    field = row.form.editor("scale").controls[0]
    assert isinstance(field, QLineEdit)
    field.setText("0.25, 0.75")
    assert chain.steps == (RandomResizedCrop(scale=(0.25, 0.75)),)
    field.setText("0.25, 2")
    assert "expected 2 numbers of at least 0" in row.form.refusal("scale")
    assert chain.steps == (RandomResizedCrop(scale=(0.25, 0.75)),)


def test_a_value_to_fill_in_counts_in_one_mode_only(chain: ChainEditor) -> None:
    row = chain.rows[1]
    row.set_open(True)
    assert row.form is not None
    value = row.form.editor("fill_value").widget
    assert not value.isEnabled()
    row.form.editor("fill_mode").controls[0].setCurrentText("constant")  # type: ignore[attr-defined]
    assert value.isEnabled()


def test_what_was_measured_is_shown_and_can_be_measured_again(qtbot: QtBot) -> None:
    measured = Standardize(mean=(0.5,), variance=(0.25,), measured_on="these")
    chain = shown(qtbot, (measured,), Stage.PREPROCESSING)
    told = edits_of(chain)
    row = chain.rows[0]
    row.set_open(True)
    assert row.form is None
    assert "0.5 ± 0.5" in row._statistics.text()
    QTest.mouseClick(row._again, LEFT)
    assert chain.steps == (Standardize(),)
    assert told[-1][1] == "Measure Standardize again"
    assert not row._again.isVisible()


def test_a_step_that_does_nothing_to_these_samples_says_so(chain: ChainEditor) -> None:
    notes = [row.note for row in chain.rows]
    assert notes[:3] == ["", "", ""]
    assert notes[3] == RandomShift().note(IMAGE)
    chain.set_chain(STEPS_SHOWN, (40, 1))
    assert [bool(row.note) for row in chain.rows] == [True, True, False, False]
    chain.set_chain(STEPS_SHOWN, None)
    assert not any(row.note for row in chain.rows)


# --- setting anew ---------------------------------------------------------------------------------------------------
@given(st.permutations(range(4)), st.sets(st.integers(0, 3)))
def test_rows_stay_with_their_steps(qapp: QApplication, order: list[int], gone: set[int]) -> None:
    chain = ChainEditor(Stage.AUGMENTATION)
    chain.set_chain(STEPS_SHOWN, IMAGE)
    rows = {row.step: row for row in chain.rows}
    steps = tuple(STEPS_SHOWN[place] for place in order if place not in gone)
    chain.set_chain(steps, IMAGE)
    assert chain.steps == steps
    assert [rows[step] for step in steps] == list(chain.rows)


def test_an_open_row_and_a_half_typed_value_stay(chain: ChainEditor) -> None:
    row = chain.rows[1]
    row.set_open(True)
    assert row.form is not None
    field = row.form.editor("factor").controls[0]
    assert isinstance(field, QLineEdit)
    field.setText("0.")
    field.setText("-")
    chain.set_chain((*chain.steps, RandomFlip(mode="vertical")), IMAGE)
    assert chain.rows[1] is row
    assert row.is_open
    assert field.text() == "-"


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_the_border_of_the_row_with_the_keyboard_has_the_accent(chain: ChainEditor, theme) -> None:
    chain.set_theme(theme)
    chain.rows[0].setFocus()
    QApplication.processEvents()
    focused, other = (chain.rows[place].grab().toImage().pixelColor(120, 0) for place in (0, 1))
    accent = theme.color("accent")

    def distance(color) -> int:
        return abs(color.red() - accent.red()) + abs(color.blue() - accent.blue())

    assert distance(focused) < distance(other)


def test_preprocessing_follows_shapes_through_the_chain(qtbot: QtBot) -> None:
    chain = shown(qtbot, (Resize(), Rescale()), Stage.PREPROCESSING)
    assert [row.note for row in chain.rows] == ["", ""]
    assert [row.accessibleName() for row in chain.rows] == [
        "Resize, stretch · bilinear, step 1 of 2", "Rescale, to 0 … 1, step 2 of 2",
    ]  # fmt: skip
