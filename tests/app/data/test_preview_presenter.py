"""The preview of a batch: asked for when it is seen, once edits have settled, one at a time; and where samples are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from scripted import ScriptedEngine

from app.main_window import MainWindow
from app.training.training_controller import State
from models.data.preparation import Preparation
from models.data.sources.bars import Bars
from models.data.steps.preprocessing import Standardize
from models.training.commands import PreviewBatch, Train
from models.training.events import BatchPreviewed, DataPlanned, DataSpeed, Failed, SamplesLost, StatisticsMeasured
from widgets.data.page import DataPage

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)

BATCH = BatchPreviewed(
    indices=np.arange(2),
    names=("#0", "#1"),
    originals=(np.zeros((8, 8, 1), np.uint8),) * 2,
    inputs=np.zeros((2, 8, 8, 1), np.float32),
    targets=np.eye(10, dtype=np.float32)[:2],
    class_names=tuple("0123456789"),
)


@pytest.fixture
def window(make_window: Callable[..., MainWindow], qtbot: QtBot) -> MainWindow:
    """A window with the digits and LeNet-5 in it, the Data page in front."""
    made = make_window()
    made.new_project("lenet5")
    made.data_presenter.show_page()
    qtbot.waitUntil(lambda: made.data.report is not None and made.training.state is State.IDLE)
    return made


@pytest.fixture
def page(window: MainWindow) -> DataPage:
    made = window.data_presenter.page
    assert made is not None
    return made


def previews(engine: ScriptedEngine) -> list[PreviewBatch]:
    return [command for command in list(engine.commands) if isinstance(command, PreviewBatch)]


def settle(window: MainWindow, qtbot: QtBot) -> None:
    """Let edits settle and what is asked for reach the engine."""
    qtbot.waitUntil(lambda: not window.data_presenter._preview._timer.isActive())


def asked(window: MainWindow, engine: ScriptedEngine, qtbot: QtBot, count: int) -> PreviewBatch:
    qtbot.waitUntil(lambda: len(previews(engine)) == count)
    return previews(engine)[-1]


def answer(window: MainWindow, engine: ScriptedEngine, qtbot: QtBot, event: object = BATCH) -> None:
    with qtbot.waitSignal(window.training.event_received, check_params_cb=lambda told: told is event):
        engine.emit(event)  # type: ignore[arg-type]


def prepare(window: MainWindow, text: str = "Prepare", **changes: object) -> None:
    project = window.document.project
    window.document.edit(text, project.replace(preparation=project.preparation.replace(**changes)))


def test_a_batch_is_asked_for_only_where_it_is_seen(
    window: MainWindow, page: DataPage, engine: ScriptedEngine, qtbot: QtBot
) -> None:
    prepare(window, preprocessing=())
    settle(window, qtbot)
    window.views.pages.setCurrentWidget(window.views.canvas)
    page.show_section("Preparation")
    settle(window, qtbot)
    assert previews(engine) == []
    window.data_presenter.show_page()
    command = asked(window, engine, qtbot, 1)
    assert command.preparation == window.document.project.preparation
    assert command.input_shape == window.document.analysis.input_shape
    assert page.preview.message.text() == "Preparing …"
    answer(window, engine, qtbot)
    assert page.preview._batch is BATCH
    assert page.preview.message.text() == ""


def test_edits_that_follow_one_another_are_asked_for_once(
    window: MainWindow, page: DataPage, engine: ScriptedEngine, qtbot: QtBot
) -> None:
    page.show_section("Preparation")
    asked(window, engine, qtbot, 1)
    for number in range(3):
        prepare(window, left_out=(f"#{number}",))
        settle(window, qtbot)
    assert len(previews(engine)) == 1  # one at a time
    answer(window, engine, qtbot)
    command = asked(window, engine, qtbot, 2)
    assert command.preparation.left_out == ("#2",)
    assert page.preview._busy_text == "Preparing …"
    answer(window, engine, qtbot)
    settle(window, qtbot)
    project = window.document.project
    window.document.edit("Rename", project.replace(name="other"))
    settle(window, qtbot)
    assert len(previews(engine)) == 2


def test_shuffling_and_the_other_part_are_other_batches(
    window: MainWindow, page: DataPage, engine: ScriptedEngine, qtbot: QtBot
) -> None:
    page.show_section("Preparation")
    first = asked(window, engine, qtbot, 1)
    answer(window, engine, qtbot)
    page.preview.shuffle_requested.emit()
    second = asked(window, engine, qtbot, 2)
    assert second == replace(first, shuffle=first.shuffle + 1)
    answer(window, engine, qtbot)
    page.preview.part_buttons["validation"].click()
    assert asked(window, engine, qtbot, 3) == replace(second, validation=True)


def test_a_failure_is_told_in_its_place_and_tried_again(
    window: MainWindow, page: DataPage, engine: ScriptedEngine, qtbot: QtBot
) -> None:
    page.show_section("Preparation")
    asked(window, engine, qtbot, 1)
    answer(window, engine, qtbot, Failed("Preview", "The crop is larger than the samples."))
    assert "larger than the samples" in page.preview.message.text()
    assert "larger" not in window.views.messages.text
    assert len(previews(engine)) == 1
    page.show_section("Look")
    page.show_section("Preparation")
    asked(window, engine, qtbot, 2)


def test_while_tensorflow_loads_or_is_broken_the_preview_says_so(
    window: MainWindow, page: DataPage, engine: ScriptedEngine, qtbot: QtBot
) -> None:
    for state, words in ((State.STARTING, "Loading TensorFlow"), (State.BROKEN, "missing or broken")):
        window.training._set_state(state)
        page.show_section("Preparation")
        settle(window, qtbot)
        assert words in page.preview.message.text()
    assert previews(engine) == []
    window.training._set_state(State.IDLE)
    asked(window, engine, qtbot, 1)


def test_a_batch_of_another_data_set_is_not_shown(
    window: MainWindow, page: DataPage, engine: ScriptedEngine, qtbot: QtBot
) -> None:
    page.show_section("Preparation")
    asked(window, engine, qtbot, 1)
    with qtbot.waitSignal(window.data.opened):
        window.document.edit("Choose", window.document.project.replace(data=Bars(samples=100)))
    answer(window, engine, qtbot)
    assert page.preview._batch is None
    assert asked(window, engine, qtbot, 2).data == Bars(samples=100)


def test_statistics_are_stored_once_and_the_batch_stays(
    window: MainWindow, page: DataPage, engine: ScriptedEngine, qtbot: QtBot
) -> None:
    prepare(window, preprocessing=(Standardize(),))
    page.show_section("Preparation")
    before = asked(window, engine, qtbot, 1).preparation
    measured = Standardize(mean=(3.0,), variance=(4.0,))
    event = StatisticsMeasured(before, before.replace(preprocessing=(measured,)))
    stack = window.document.undo_stack
    count = stack.count()
    answer(window, engine, qtbot, event)
    answer(window, engine, qtbot)
    settle(window, qtbot)
    assert window.document.project.preparation == event.after
    assert page.preprocessing.steps == (measured,)
    answer(window, engine, qtbot, StatisticsMeasured(before, before.replace(preprocessing=(Standardize(mean=(9.0,)),))))
    assert window.document.project.preparation == event.after  # these are of what is no longer there
    assert stack.count() == count + 1
    assert len(previews(engine)) == 1


def test_statistics_of_a_preparation_that_was_edited_are_dropped(
    window: MainWindow, engine: ScriptedEngine, qtbot: QtBot
) -> None:
    before = window.document.project.preparation
    answer(window, engine, qtbot, StatisticsMeasured(before.replace(left_out=("#1",)), Preparation(preprocessing=())))
    assert window.document.project.preparation == before


def test_where_samples_are_and_how_fast_they_come_is_shown_and_logged(
    window: MainWindow, page: DataPage, engine: ScriptedEngine, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: not window.runs.why_not())
    window.runs.start()
    qtbot.waitUntil(lambda: bool(engine.received(Train)))
    run = engine.received(Train)[-1].run_id
    plan, speed = DataPlanned(run, "memory", 312, "cached in memory, 312 MB"), DataSpeed(run, 9100.0, 4300.0)
    for event in (plan, speed, SamplesLost(run, ("#5: cut short",))):
        answer(window, engine, qtbot, event)
    assert plan.text in page.pipeline.accessibleDescription() or plan.text in page.pipeline.accessibleName()
    assert "1 image could not be read while training" in window.views.messages.text
    assert "#5" in window.views.messages.text
    text = window.views.log.text()
    assert plan.text in text
    assert speed.text in text
    assert "cut short" in text
