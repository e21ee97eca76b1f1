"""The split: shares within limits however they are dragged, what cannot be chosen, leakage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from models.data.findings import Finding, FindingKind
from models.data.split import Split
from widgets.data.split_bar import LARGEST, dragged_share
from widgets.data.split_editor import MOST_CLASSES, SplitEditor

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SHARES = st.floats(0, 0.9).map(lambda share: round(share, 2))


@pytest.fixture
def editor(qtbot: QtBot) -> SplitEditor:
    made = SplitEditor()
    qtbot.addWidget(made)
    made.set_split(Split(validation=0.2, test=0.1), has_parts=True)
    made.set_counts(700, 200, 100)
    made.resize(500, 500)
    made.show()
    qtbot.waitExposed(made)
    return made


def edits_of(editor: SplitEditor) -> list[tuple[str, object, str]]:
    told: list[tuple[str, object, str]] = []
    editor.split_edited.connect(lambda *edit: told.append(edit))
    return told


@given(st.sampled_from(["validation", "test"]), st.floats(-2, 3), SHARES, SHARES)
def test_a_dragged_share_stays_within_its_limits(field: str, position: float, validation: float, test: float) -> None:
    value = dragged_share(field, position, validation, test)
    other = test if field == "validation" else validation
    assert 0 <= value <= LARGEST
    assert value + other <= max(LARGEST, other) + 1e-9
    changed = Split(validation=validation, test=test).replace(**{field: value})
    assert getattr(changed, field) == value


@pytest.mark.parametrize("field", ["validation", "test"])
@pytest.mark.parametrize("by", [-400, -60, 40, 400])
def test_a_border_is_dragged(editor: SplitEditor, field: str, by: int) -> None:
    told = edits_of(editor)
    bar = editor.bar
    before = getattr(editor.split, field)
    start = QPoint(round(bar.border_x(field)), 14)
    QTest.mousePress(bar, LEFT, NONE, start)
    for part in (1, 2, 3):
        QTest.mouseMove(bar, start + QPoint(by * part // 3, 0))
    QTest.mouseRelease(bar, LEFT, NONE, start + QPoint(by, 0))
    after = getattr(editor.split, field)
    assert (after > before) is (by < 0)
    assert told[-1][:2] == (field, after)
    assert len({session for _field, _value, session in told}) == 1
    assert editor.shares[field].value() == pytest.approx(100 * after)
    assert editor.split.validation + editor.split.test <= LARGEST + 1e-9


def test_two_drags_are_two_sessions(editor: SplitEditor) -> None:
    told = edits_of(editor)
    for by in (20, -20):
        start = QPoint(round(editor.bar.border_x("validation")), 14)
        QTest.mousePress(editor.bar, LEFT, NONE, start)
        QTest.mouseMove(editor.bar, start + QPoint(by, 0))
        QTest.mouseRelease(editor.bar, LEFT, NONE, start + QPoint(by, 0))
    assert len({session for _field, _value, session in told}) == 2


def test_a_typed_share(editor: SplitEditor) -> None:
    told = edits_of(editor)
    box = editor.shares["validation"]
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "25")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert [edit[:2] for edit in told] == [("validation", 0.25)]
    box.selectAll()
    QTest.keyClicks(box, "99")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert editor.split.validation <= LARGEST - editor.split.test


def test_folders_cannot_be_chosen_where_there_are_none(editor: SplitEditor) -> None:
    told = edits_of(editor)
    QTest.mouseClick(editor.by_folders, LEFT, NONE, QPoint(10, editor.by_folders.height() // 2))
    assert told[-1][:2] == ("by", "folders")
    assert not editor.shares["validation"].isEnabled()
    assert not editor.seed.isEnabled()
    editor.set_split(Split(), has_parts=False)
    assert not editor.by_folders.isEnabled()
    assert editor._why_not.isVisible()
    assert editor.shares["validation"].isEnabled()


def test_by_folders_the_bar_shows_what_there_is(editor: SplitEditor) -> None:
    editor.set_split(Split(by="folders"), has_parts=True)
    editor.set_counts(500, 250, 250)
    assert editor.bar.border_x("validation") == pytest.approx(editor.bar.width() / 2)
    told = edits_of(editor)
    start = QPoint(round(editor.bar.border_x("validation")), 14)
    QTest.mousePress(editor.bar, LEFT, NONE, start)
    QTest.mouseMove(editor.bar, start + QPoint(50, 0))
    assert told == []


def test_the_dice_draws_another_seed_and_stratified_switches(editor: SplitEditor) -> None:
    told = edits_of(editor)
    seeds = {editor.split.seed}
    for _ in range(5):
        QTest.mouseClick(editor.dice, LEFT)
        seeds.add(editor.split.seed)
    assert len(seeds) > 1
    editor.stratified.click()
    assert told[-1][:2] == ("stratified", False)
    assert editor.seed.value() == editor.split.seed


def test_a_seed_that_is_none_changes_nothing(editor: SplitEditor) -> None:
    told = edits_of(editor)
    editor.seed.selectAll()
    QTest.keyClicks(editor.seed, "x")
    assert told == []


def test_setting_tells_nothing(editor: SplitEditor) -> None:
    told = edits_of(editor)
    editor.set_split(Split(by="folders", validation=0.5, test=0.25, stratified=False, seed=7), has_parts=True)
    editor.set_split(Split(validation=0.9, test=0.9), has_parts=False)  # as an old project may have it
    assert told == []
    assert [box.value() for box in editor.shares.values()] == [90, 90]
    assert editor.split == Split(validation=0.9, test=0.9)


def test_counts_in_words(editor: SplitEditor) -> None:
    editor.set_counts(1438, 359, 0)
    assert editor.counts.text() == "1,438 training · 359 validation · 0 test"
    assert "1,438 training" in editor.bar.accessibleName()


def test_leakage_is_said_and_can_be_seen_and_left_out(qtbot: QtBot, editor: SplitEditor) -> None:
    finding = Finding(FindingKind.LEAKAGE, "bad", "12 held-out images …", np.arange(24), leave_out=np.arange(12))
    editor.set_leakage(finding)
    assert editor._leakage.isVisible()
    with qtbot.waitSignal(editor.leakage_shown) as seen:
        QTest.mouseClick(editor.show_button, LEFT)
    with qtbot.waitSignal(editor.leave_out_requested) as left_out:
        QTest.mouseClick(editor.leave_button, LEFT)
    assert seen.args == left_out.args == [finding]
    assert "12" in editor.leave_button.text()
    editor.set_leakage(None)
    assert not editor._leakage.isVisible()


def test_few_classes_have_a_table(editor: SplitEditor) -> None:
    editor.set_class_counts(("cat", "dog"), np.array([[1400, 20, 3], [400, 5, 0]]))
    texts = [label.text() for label in editor._table.findChildren(QLabel)]
    assert texts[:4] == ["class", "training", "validation", "test"]
    assert texts[4:] == ["cat", "1,400", "20", "3", "dog", "400", "5", "0"]
    many = MOST_CLASSES + 1
    editor.set_class_counts([f"{n}" for n in range(many)], np.ones((many, 3), np.int64))
    assert not editor._table.isVisible()
