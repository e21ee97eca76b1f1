"""The Runs page over real run folders: listed, watched, restored, noted, imported, put into the trash and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot
from run_folders import WrittenRun, events_of_run, write_run
from scripted import ScriptedQuestions

from app.actions import shortcuts_text
from app.main_window import MainWindow
from app.runs.run_details import plan_facts, read_details
from models.network.project import Project
from models.training.events import TrainingDone
from models.training.plan import DEFAULT_PLAN, BlockRule
from models.training.run_log import append, line_of
from models.training.runs.layout import ALIVE, CHECKPOINTS, METRICS, PROJECT
from models.training.runs.listing import list_runs
from models.training.runs.notes import RunNotes, read_notes
from models.training.runs.summarizing import summarize
from models.training.snapshots import snapshot_path
from models.zoo import template
from widgets.runs.columns import COLUMNS
from widgets.runs.page import COMPARE, RunsPage

LENET = Project(name="lenet", network=template("lenet5").network())


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """The folder of a window's runs, with three in it."""
    folder = tmp_path / "runs"
    write_run(folder / "first", WrittenRun(LENET, created=100.0))
    wider = LENET.replace(name="wider", plan=LENET.plan.replace(batch_size=8))
    write_run(folder / "second", WrittenRun(wider, created=200.0, reason="stopped", epochs=2, checkpoint=True))
    write_run(folder / "third", WrittenRun(LENET, created=300.0, reason=None, epochs=3, alive=True))
    return folder


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits a second for what is new."""
    monkeypatch.setattr("app.runs.runs_presenter.EVERY_MS", 50)


@pytest.fixture
def opened(runs: Path, window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window that shows the Runs page."""
    window.runs_presenter.show_page()
    qtbot.waitUntil(lambda: len(page_of(window).table.runs) == 3)
    return window


def page_of(window: MainWindow) -> RunsPage:
    page = window.runs_presenter.page
    assert page is not None
    return page


def select(window: MainWindow, *names: str) -> None:
    folder = window.runs.folder
    page_of(window).table.select([str(folder / name) for name in names])


def press(window: MainWindow, text: str) -> None:
    buttons = [button for button in window.views.messages.findChildren(QPushButton) if button.text() == text]
    buttons[-1].click()


def names(window: MainWindow) -> list[str]:
    return [run.path.name for run in page_of(window).table.runs]


# --- looking ----------------------------------------------------------------------------------------------------------
def test_the_page_is_made_when_it_is_first_looked_at(runs: Path, window: MainWindow, qtbot: QtBot) -> None:
    assert window.runs_presenter.page is None
    titles = [window.views.pages.tabText(index) for index in range(window.views.pages.count())]
    assert titles == ["Network", "Data", "Runs"]
    window.runs_presenter.show_page()
    qtbot.waitUntil(lambda: names(window) == ["third", "second", "first"])
    assert [run.path.name for run in page_of(window).selected_runs] == ["third"]  # the newest, so that curves are seen
    qtbot.waitUntil(lambda: bool(page_of(window).curves.drawn))
    qtbot.waitUntil(lambda: bool(page_of(window).details.plan.facts))


def test_the_view_menu_goes_to_the_page(window: MainWindow) -> None:
    assert "Runs page" in [action.text() for action in window._menus["View"].actions()]
    window.actions_["runs_page"].trigger()
    assert window.views.pages.currentWidget() is window.views.runs_tab
    assert "Ctrl+Shift+H  Runs page" in shortcuts_text()


def test_what_came_of_a_run_stands_before_how_it_was_planned() -> None:
    first = [column.key for column in COLUMNS if column.shown][:6]
    assert first == ["star", "name", "status", "accuracy", "loss", "epochs"]


def test_without_runs_the_page_says_how_to_begin(window: MainWindow, qtbot: QtBot) -> None:
    window.runs_presenter.show_page()
    qtbot.waitUntil(lambda: "No runs yet" in page_of(window)._nothing.text)


def test_evaluate_stands_before_runs(opened: MainWindow) -> None:
    opened.views.show_evaluation()
    pages = opened.views.pages
    assert [pages.tabText(index) for index in range(pages.count())] == ["Network", "Data", "Evaluate", "Runs"]


def test_a_run_that_another_program_writes_is_watched(opened: MainWindow, runs: Path, qtbot: QtBot) -> None:
    select(opened, "third")
    page = page_of(opened)
    qtbot.waitUntil(lambda: not page.curves.missing)
    assert len(page.curves.curves[str(runs / "third")].losses) == 3 * 23
    more = events_of_run(WrittenRun(LENET, epochs=5, reason="finished"), "third")
    with (runs / "third" / METRICS).open("r+b") as file:
        append(file, b"".join(map(line_of, more[7:])))
    (runs / "third" / ALIVE).unlink()
    qtbot.waitUntil(lambda: len(page.curves.curves[str(runs / "third")].losses) == 5 * 23)
    qtbot.waitUntil(lambda: page.table.current_run.status == "finished")
    assert page.table.current_run.epochs == 5


def test_a_run_that_begins_elsewhere_appears_and_one_that_goes_disappears(
    opened: MainWindow, runs: Path, qtbot: QtBot
) -> None:
    select(opened, "second")
    write_run(runs / "fourth", WrittenRun(LENET, created=400.0))
    qtbot.waitUntil(lambda: names(opened) == ["fourth", "third", "second", "first"])
    assert [run.path.name for run in page_of(opened).selected_runs] == ["second"]
    (runs / "fourth").rename(runs.parent / "elsewhere")
    qtbot.waitUntil(lambda: len(names(opened)) == 3)


def test_nothing_is_looked_at_while_the_page_is_not_seen(opened: MainWindow, qtbot: QtBot) -> None:
    presenter = opened.runs_presenter
    assert presenter._timer.isActive()
    opened.views.pages.setCurrentWidget(opened.views.canvas)
    assert not presenter._timer.isActive()
    presenter.show_page()
    assert presenter._timer.isActive()


def test_the_live_views_make_room_and_come_back_as_they_were(opened: MainWindow, qtbot: QtBot) -> None:
    palette, inspector, live = opened.views.docks
    assert live.isHidden()
    opened.views.pages.setCurrentWidget(opened.views.canvas)
    assert not live.isHidden()
    sizes = palette.width(), inspector.width(), live.height()
    opened.runs_presenter.show_page()
    opened.views.pages.setCurrentWidget(opened.views.canvas)
    assert (palette.width(), inspector.width(), live.height()) == sizes


def test_a_window_closed_on_the_page_opens_with_its_live_views(
    opened: MainWindow, make_window: Callable[..., MainWindow]
) -> None:
    opened.close()
    assert not make_window().views.docks[2].isHidden()


def test_details_tell_the_plan_and_what_differs_from_the_usual(runs: Path) -> None:
    details = read_details(summarize(runs / "second"))
    assert ("batch size", "8") in details.plan
    assert ("Keras", "3.12.0") in details.environment
    assert any(name == "metrics.jsonl" for name, _ in details.files)
    assert details.problem == ""
    plan = DEFAULT_PLAN.replace(early_stopping=True, clip=0.5)
    assert ("early stopping", "on") in plan_facts(plan)
    assert "patience" not in dict(plan_facts(plan))
    frozen = DEFAULT_PLAN.replace(blocks=(BlockRule(node="conv2d", trainable=False),))
    assert ("blocks", "1 block frozen") in plan_facts(frozen)  # in words, not as they are stored


def test_filters_of_the_last_snapshot_are_among_the_details(runs: Path) -> None:
    folder = runs / "second"
    (folder / "snapshots").mkdir()
    kernels = np.arange(3 * 3 * 2 * 4, dtype=np.float16).reshape(3, 3, 2, 4)
    for epochs in (1, 2):
        thin = np.ones((1, 1, 2, 2), np.float16)
        np.savez(snapshot_path(folder, epochs), **{"filters/thin": thin, "filters/conv2d": kernels * epochs})
    details = read_details(summarize(folder))
    assert (details.filters_of, details.filters_epochs) == ("conv2d", 2)  # of 1×1 there is nothing to see
    assert details.filters is not None
    np.testing.assert_array_equal(details.filters[1], 2 * kernels[:, :, 0, 1])
    snapshot_path(folder, 2).write_bytes(b"torn")
    assert read_details(summarize(folder)).filters is None
    assert read_details(summarize(runs / "first")).filters is None


def test_a_damaged_project_is_named_and_its_curves_are_there_all_the_same(
    opened: MainWindow, runs: Path, qtbot: QtBot
) -> None:
    (runs / "first" / PROJECT).write_text("{")
    select(opened, "first")
    page = page_of(opened)
    qtbot.waitUntil(lambda: "damaged" in page.details._problem.text())
    qtbot.waitUntil(lambda: not page.curves.missing)
    assert len(page.curves.curves[str(runs / "first")].losses) == 5 * 23
    select(opened, "first", "second")
    page.show_tab(COMPARE)
    qtbot.waitUntil(lambda: "damaged" in page.comparison.notice)


def test_two_runs_are_compared(opened: MainWindow, qtbot: QtBot) -> None:
    select(opened, "first", "second")
    page_of(opened).show_tab(COMPARE)
    comparison = page_of(opened).comparison
    qtbot.waitUntil(lambda: bool(comparison.lines.get("Training plan")))
    assert comparison.lines["Training plan"] == [("batch_size", "8", "64")]
    assert comparison.lines["Architecture"] == []


# --- what is said of runs ---------------------------------------------------------------------------------------------
def test_stars_tags_and_notes_are_kept_with_the_run(opened: MainWindow, runs: Path, qtbot: QtBot) -> None:
    table = page_of(opened).table
    select(opened, "first")
    qtbot.keyClick(table, Qt.Key.Key_Space)
    table.tags_wanted.emit(str(runs / "first"), ("paper",))
    page_of(opened).details.notes_wanted.emit(str(runs / "first"), "Good.")
    qtbot.waitUntil(lambda: read_notes(runs / "first") == RunNotes(star=True, tags=("paper",), notes="Good."))
    qtbot.waitUntil(lambda: table.current_run.star and table.current_run.notes == "Good.")
    (run,) = [run for run in list_runs(runs) if run.path.name == "first"]
    assert run.tags == ("paper",)


def test_the_choice_of_columns_is_kept(
    opened: MainWindow, make_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    from widgets.runs.columns import INDEX

    page_of(opened).table._show_column(INDEX["multiply_adds"], True)
    page_of(opened).table.sort_by(INDEX["name"], Qt.SortOrder.AscendingOrder)
    other = make_window()
    other.runs_presenter.show_page()
    qtbot.waitUntil(lambda: len(page_of(other).table.runs) == 3)
    assert not page_of(other).table.isColumnHidden(INDEX["multiply_adds"])
    assert [run.name for run in page_of(other).table.shown_runs] == ["lenet", "lenet", "wider"]


# --- restoring and going on -------------------------------------------------------------------------------------------
def test_a_run_is_restored_as_it_was_trained(opened: MainWindow, qtbot: QtBot) -> None:
    select(opened, "second")
    qtbot.keyClick(page_of(opened).table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: opened.document.project.name == "wider")
    assert opened.document.project.plan.batch_size == 8
    assert opened.document.network == LENET.network
    assert opened.files.path is None
    assert opened.views.pages.currentWidget() is opened.views.canvas
    assert "as it was trained" in opened.views.messages.text
    press(opened, "Back to the runs")
    assert opened.views.pages.currentWidget() is opened.views.runs_tab


def test_weights_come_with_it(opened: MainWindow, runs: Path, qtbot: QtBot) -> None:
    kernel = np.arange(150, dtype=np.float32).reshape(5, 5, 1, 6)
    layer = next(node.id for node in LENET.network.nodes if type(node.block).__name__ == "Conv2D")
    write_checkpoint_of(runs / "second", {layer: [kernel, np.zeros(6, np.float32)]})
    select(opened, "second")
    page_of(opened).actions_.restore.trigger()
    qtbot.waitUntil(lambda: opened.document.project.name == "wider")
    stored = opened.files.weights()
    assert stored is not None
    from models.network.weights_file import load_weights

    np.testing.assert_array_equal(load_weights(stored)[layer][0], kernel)
    assert "Keep training goes on from its weights" in opened.views.messages.text
    opened.files.new(Project())
    assert not Path(stored.path).exists()  # nobody can come back to it


def write_checkpoint_of(run: Path, weights: dict[str, list[np.ndarray]]) -> None:
    """A checkpoint as the engine writes it."""
    import json

    about = {"format": "layerloom-checkpoint", "version": 1, "state": {}}
    about["places"] = {layer: list(range(len(values))) for layer, values in weights.items()}
    entries = {f"layers/{layer}/{n}": value for layer, values in weights.items() for n, value in enumerate(values)}
    np.savez(
        run / CHECKPOINTS / "step-0000000046.npz",
        about=np.frombuffer(json.dumps(about).encode(), np.uint8),
        **entries,
    )


def test_damaged_weights_are_told_and_the_project_is_restored_all_the_same(
    opened: MainWindow, runs: Path, qtbot: QtBot
) -> None:
    for file in (runs / "second" / CHECKPOINTS).iterdir():
        file.write_bytes(b"PK")
    select(opened, "second")
    page_of(opened).actions_.restore.trigger()
    qtbot.waitUntil(lambda: opened.document.project.name == "wider")
    assert "damaged" in opened.views.messages.text
    assert opened.files.weights() is None


def test_unsaved_changes_are_asked_about_first(opened: MainWindow, questions: ScriptedQuestions, qtbot: QtBot) -> None:
    from app.questions import Answer

    opened.document.edit("Rename", opened.document.project.replace(name="mine"))
    questions.save = Answer.CANCEL
    select(opened, "second")
    page_of(opened).actions_.restore.trigger()
    qtbot.waitUntil(lambda: "save mine" in questions.asked)
    assert opened.document.project.name == "mine"


def test_resume_is_asked_for_with_the_runs_folder(opened: MainWindow, runs: Path) -> None:
    asked: list[Path] = []
    opened.runs_presenter._resume = asked.append
    select(opened, "first")
    assert not page_of(opened).actions_.resume.isEnabled()
    select(opened, "second")
    page_of(opened).actions_.resume.trigger()
    assert asked == [runs / "second"]


def test_the_folder_opens_in_the_file_manager(opened: MainWindow, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: shown.append(url.toLocalFile()))
    select(opened, "first")
    page_of(opened).actions_.open_folder.trigger()
    assert shown == [str(runs / "first")]


# --- the trash --------------------------------------------------------------------------------------------------------
def test_runs_go_to_the_trash_and_come_back(opened: MainWindow, runs: Path, qtbot: QtBot) -> None:
    before = sorted(path.name for path in (runs / "second").rglob("*"))
    select(opened, "first", "second")
    qtbot.keyClick(page_of(opened).table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: names(opened) == ["third"])
    assert not (runs / "first").exists()
    assert opened.views.messages.text == "2 runs went to the trash."
    press(opened, "Undo")
    qtbot.waitUntil(lambda: names(opened) == ["third", "second", "first"])
    assert sorted(path.name for path in (runs / "second").rglob("*")) == before


def test_a_run_under_way_is_never_moved(opened: MainWindow, runs: Path, qtbot: QtBot) -> None:
    select(opened, "third", "first")
    assert not page_of(opened).actions_.trash.isEnabled()
    qtbot.keyClick(page_of(opened).table, Qt.Key.Key_Delete)
    opened.runs_presenter.work.trash(page_of(opened).table.runs)  # even if its status was not known yet
    qtbot.waitUntil(lambda: names(opened) == ["third"])
    assert (runs / "third" / METRICS).exists()
    assert "third is being trained" in opened.views.messages.text


def test_where_there_is_no_trash_it_says_what_to_do(
    opened: MainWindow, runs: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.runs.run_work._move_to_trash", lambda path: (False, str(path)))
    select(opened, "first")
    page_of(opened).actions_.trash.trigger()
    qtbot.waitUntil(lambda: "there is no trash" in opened.views.messages.text)
    assert (runs / "first" / METRICS).exists()


# --- further runs -----------------------------------------------------------------------------------------------------
def test_a_run_from_elsewhere_is_imported_and_selected(
    opened: MainWindow, runs: Path, questions: ScriptedQuestions, qtbot: QtBot, tmp_path: Path
) -> None:
    questions.path = write_run(tmp_path / "usb" / "fourth", WrittenRun(LENET, created=50.0))
    page_of(opened).import_wanted.emit()
    qtbot.waitUntil(lambda: [run.path.name for run in page_of(opened).selected_runs] == ["fourth"])
    assert (runs / "fourth" / METRICS).exists()
    assert "fourth was imported" in opened.views.messages.text


def test_what_is_no_run_is_refused(
    opened: MainWindow, questions: ScriptedQuestions, qtbot: QtBot, tmp_path: Path
) -> None:
    questions.path = tmp_path / "empty"
    questions.path.mkdir()
    page_of(opened).import_wanted.emit()
    qtbot.waitUntil(lambda: "is no run" in opened.views.messages.text)


def test_a_shared_folder_is_followed_and_remembered(
    opened: MainWindow, make_window: Callable[..., MainWindow], questions: ScriptedQuestions, qtbot: QtBot,
    tmp_path: Path,
) -> None:  # fmt: skip
    shared = tmp_path / "shared"
    write_run(shared / "far", WrittenRun(LENET, created=1000.0, reason=None, epochs=1))
    questions.path = shared
    page_of(opened).folder_wanted.emit()
    qtbot.waitUntil(lambda: names(opened) == ["far", "third", "second", "first"])
    done = TrainingDone("far", "finished", "Done.", 1)
    with (shared / "far" / METRICS).open("r+b") as file:
        append(file, line_of(done))
    qtbot.waitUntil(lambda: page_of(opened).table.runs[0].status == "finished")
    other = make_window()
    other.runs_presenter.show_page()
    qtbot.waitUntil(lambda: names(other) == ["far", "third", "second", "first"])
    page_of(other).folder_unwanted.emit(shared)
    qtbot.waitUntil(lambda: names(other) == ["third", "second", "first"])
    assert (shared / "far").exists()


def test_a_run_in_place_of_a_folder_of_runs_and_the_other_way_round(
    opened: MainWindow, questions: ScriptedQuestions, qtbot: QtBot, tmp_path: Path
) -> None:
    far = write_run(tmp_path / "shared" / "far", WrittenRun(LENET, created=1000.0))
    questions.path = far.parent
    page_of(opened).import_wanted.emit()
    press(opened, "Show its runs")
    qtbot.waitUntil(lambda: "far" in names(opened))
    page_of(opened).folder_unwanted.emit(far.parent)
    questions.path = far
    page_of(opened).folder_wanted.emit()
    press(opened, "Import it")
    qtbot.waitUntil(lambda: (opened.runs.folder / "far" / METRICS).exists())


def test_closing_while_notes_are_typed_keeps_them(opened: MainWindow, runs: Path, qtbot: QtBot) -> None:
    select(opened, "first")
    page_of(opened).details._notes.setPlainText("Half a sent")
    opened.close()
    assert read_notes(runs / "first").notes == "Half a sent"


def test_closing_writes_what_was_noted_and_gives_up_what_takes_long(
    opened: MainWindow, runs: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    library, work = opened.runs_presenter.library, opened.runs_presenter.work
    far = write_run(tmp_path / "usb" / "far", WrittenRun(LENET))
    begun = Event()

    def first() -> None:
        begun.set()
        library._closed.wait(20)

    library.work(first, lambda _done: None)
    work.import_run(far)
    page_of(opened).table.star_wanted.emit(str(runs / "first"), True)
    begun.wait(20)
    opened.close()
    assert read_notes(runs / "first").star
    assert sorted(path.name for path in runs.iterdir()) == ["first", "second", "third"]


def test_a_surprise_is_told_and_the_page_goes_on(
    opened: MainWindow, runs: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.training.runs.listing import RunIndex

    def broken(*_: object) -> None:
        raise ZeroDivisionError("nobody thought of that")

    with monkeypatch.context() as broken_once:
        broken_once.setattr(RunIndex, "refresh", broken)
        qtbot.waitUntil(lambda: "nobody thought of that" in opened.views.messages.text)
    write_run(runs / "fourth", WrittenRun(LENET, created=400.0))
    qtbot.waitUntil(lambda: "fourth" in names(opened))
