"""The Data page in the window: what it shows of a data set, and that what is done there becomes edits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from scripted import ScriptedEngine
from slow_data import Slow, waiting

from app.data.data_controller import DataController
from app.main_window import MainWindow
from models.data.findings import FindingKind
from models.data.samples import TRAINING, VALIDATION
from models.data.sources import Digits, ImageFolder
from models.data.steps.geometric import RandomFlip
from models.data.steps.preprocessing import Rescale, Resize
from models.network.project import Project
from widgets.data.filters_bar import WallFilter
from widgets.data.page import DataPage

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)

LEFT = Qt.MouseButton.LeftButton


def noise(path: Path, seed: int) -> Path:
    """A picture like no other one."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    Image.fromarray(pixels).resize((24, 20)).save(path)
    return path


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Two classes of twelve: one broken, three copies of one image, the rest of their own."""
    for label, name in enumerate(("cats", "dogs")):
        for number in range(12):
            noise(tmp_path / "pets" / name / f"{number:02}.png", 100 * label + number)
    (tmp_path / "pets" / "cats" / "01.png").write_bytes(b"no picture")
    for number in (9, 10, 11):
        (tmp_path / "pets" / "dogs" / f"{number:02}.png").write_bytes((tmp_path / "pets/dogs/08.png").read_bytes())
    return tmp_path / "pets"


@pytest.fixture
def pets_window(make_window: Callable[..., MainWindow], pets: Path, qtbot: QtBot) -> MainWindow:
    """A window with the pets in it, looked at."""
    window = make_window()
    window.resize(1400, 900)
    window.document.open(Project(data=ImageFolder(path=str(pets))))
    qtbot.waitUntil(lambda: window.data.report is not None)
    window.data_presenter.show_page()
    return window


@pytest.fixture
def page(pets_window: MainWindow) -> DataPage:
    made = pets_window.data_presenter.page
    assert made is not None
    return made


def left_out(window: MainWindow) -> tuple[str, ...]:
    return window.document.project.preparation.left_out


def finding(page: DataPage, kind: FindingKind):
    return next(card.finding for card in page.findings.cards if card.finding.kind is kind)


def scanned(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.data.report is not None and not window.data.is_scanning)


# --- the wall -------------------------------------------------------------------------------------------------------
def test_the_wall_shows_every_sample_with_its_picture(pets_window: MainWindow, page: DataPage, qtbot: QtBot) -> None:
    assert page.wall.accessibleName() == "Thumbnails of 24 samples"
    assert page.filters._shown.text() == "shown 24 of 24"
    qtbot.waitUntil(lambda: all(index in page.wall._pictures for index in page.wall._shown().tolist()))
    assert page.wall._pictures.get(1) is None  # the broken one
    assert "cats\ncats/01.png · left out" in page.wall._items.words(1)
    assert FindingKind.BROKEN.value in page.wall._items.words(1)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (WallFilter(label=1), {f"dogs/{n:02}.png" for n in range(12)}),
        (WallFilter(part="left out"), {"cats/01.png"}),
        (WallFilter(text="S/03"), {"cats/03.png", "dogs/03.png"}),
        (WallFilter(label=0, text="03"), {"cats/03.png"}),
        (WallFilter(text="elephants"), set()),
    ],
)
def test_filters_choose_what_the_wall_shows(
    pets_window: MainWindow, page: DataPage, wanted: WallFilter, names: set[str]
) -> None:
    page.filters.set_filter(wanted)
    page.filters.filter_changed.emit(wanted)
    samples = pets_window.data.samples
    assert samples is not None
    assert {samples.name(int(index)) for index in page.wall._items.indices} == names
    page.filters.clear()
    assert len(page.wall._items) == 24


def test_parts_of_the_wall_are_those_of_the_split(pets_window: MainWindow, page: DataPage) -> None:
    counts = {}
    for part in ("training", "validation", "test", "left out"):
        page.filters.set_filter(WallFilter(part=part))
        page.filters.filter_changed.emit(page.filters.filter)
        counts[part] = len(page.wall._items)
    assert sum(counts.values()) == 24
    assert f"{counts['training']} training · {counts['validation']} validation" in page.split_editor.counts.text()
    assert counts["left out"] == 1


def test_a_class_that_is_clicked_filters_the_wall(page: DataPage) -> None:
    page.show_section("Classes")
    page.class_chart.class_chosen.emit(1)
    assert page.section == "Look"
    assert page.filters.filter == WallFilter(label=1)
    assert len(page.wall._items) == 12


# --- one sample -----------------------------------------------------------------------------------------------------
def opened(page: DataPage, qtbot: QtBot, index: int) -> None:
    page.wall.sample_opened.emit(index)
    qtbot.waitUntil(lambda: page.shows_sample and page.sample_view.sample.index == index)


def test_a_sample_is_opened_and_its_neighbours_too(pets_window: MainWindow, page: DataPage, qtbot: QtBot) -> None:
    opened(page, qtbot, 5)
    sample = page.sample_view.sample
    assert sample is not None
    assert (sample.name, sample.class_name, sample.position) == ("cats/05.png", "cats", (6, 24))
    page.sample_view.next_requested.emit()
    page.sample_view.next_requested.emit()  # before the first one is there
    qtbot.waitUntil(lambda: page.sample_view.sample.index == 7)
    page.sample_view.previous_requested.emit()
    qtbot.waitUntil(lambda: page.sample_view.sample.index == 6)
    assert page.wall.current_index == 6


def test_a_broken_sample_opens_with_the_reason(page: DataPage, qtbot: QtBot) -> None:
    opened(page, qtbot, 1)
    sample = page.sample_view.sample
    assert sample is not None
    assert "none of PNG, JPEG" in sample.error
    assert sample.findings


def test_a_picture_that_cannot_be_read_leaves_the_open_sample_alone(
    pets_window: MainWindow, page: DataPage, qtbot: QtBot
) -> None:
    opened(page, qtbot, 5)
    with qtbot.waitSignal(pets_window.data.thumbnail_ready) as told:
        pets_window.data.load_thumbnails([1], 32)
    assert told.args == [1, None]
    assert page.sample_view.sample.index == 5


def test_who_goes_elsewhere_is_not_called_back(pets_window: MainWindow, page: DataPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(pets_window.data.sample_ready):
        page.wall.sample_opened.emit(3)
        page.show_section("Split")
    assert page.section == "Split"
    assert not page.shows_sample


def test_leaving_out_is_undoable_and_seen_at_once(pets_window: MainWindow, page: DataPage, qtbot: QtBot) -> None:
    opened(page, qtbot, 5)
    stack = pets_window.document.undo_stack
    page.sample_view.leave_out_toggled.emit(5)
    assert left_out(pets_window) == ("cats/05.png",)
    assert stack.undoText() == "Leave out a sample"
    assert page.sample_view.sample.left_out
    page.sample_view.leave_out_toggled.emit(5)
    assert left_out(pets_window) == ()
    stack.undo()
    assert page.sample_view.sample.left_out
    stack.undo()
    assert not page.sample_view.sample.left_out
    assert page.shows_sample


# --- findings and the split -----------------------------------------------------------------------------------------
def test_a_finding_is_shown_left_out_and_used_again(pets_window: MainWindow, page: DataPage) -> None:
    copies = finding(page, FindingKind.DUPLICATE)
    page.findings.finding_chosen.emit(copies)
    assert page.section == "Look"
    assert page.wall._items.indices.tolist() == copies.samples.tolist() == [20, 21, 22, 23]
    page.findings.leave_out_requested.emit(copies)
    assert set(left_out(pets_window)) == {"dogs/09.png", "dogs/10.png", "dogs/11.png"}
    assert pets_window.document.undo_stack.undoText() == "Leave out 3 samples"
    page.findings.use_again_requested.emit(copies)
    assert left_out(pets_window) == ()
    assert pets_window.document.undo_stack.undoText() == "Use 3 samples again"


def test_leakage_goes_when_the_held_out_copies_are_left_out(pets_window: MainWindow, page: DataPage) -> None:
    seed = 0
    while page.split_editor._finding is None:  # until copies stand on both sides
        seed += 1
        page.split_editor.split_edited.emit("seed", seed, "")
        assert seed < 50
    found = page.split_editor._finding
    assert page.findings.cards[0].finding is found
    page.split_editor.leakage_shown.emit(found)
    assert page.filters.filter.finding is found
    page.split_editor.split_edited.emit("stratified", False, "")
    chosen = page.filters.filter.finding
    assert chosen is page.split_editor._finding or chosen is None
    pets_window.document.undo_stack.undo()
    page.split_editor.leave_out_requested.emit(page.split_editor._finding)
    assert page.split_editor._finding is None
    assert not any(card.finding.kind is FindingKind.LEAKAGE for card in page.findings.cards)
    pets_window.document.undo_stack.undo()
    assert page.split_editor._finding is not None


def test_one_drag_of_the_split_is_one_step_of_undo(pets_window: MainWindow, page: DataPage) -> None:
    stack = pets_window.document.undo_stack
    before = stack.count()
    for share in (0.3, 0.4, 0.5):
        page.split_editor.split_edited.emit("validation", share, "drag 1")
    assert stack.count() == before + 1
    assert pets_window.document.project.preparation.split.validation == 0.5
    assert page.split_editor.split.validation == 0.5
    page.split_editor.split_edited.emit("validation", 0.4, "drag 2")
    assert stack.count() == before + 2
    stack.undo()
    stack.undo()
    assert page.split_editor.split.validation == 0.2
    assert "training" in page.split_editor.counts.text()


def test_a_value_that_cannot_be_is_refused_in_words(pets_window: MainWindow, page: DataPage) -> None:
    page.split_editor.split_edited.emit("validation", 0.95, "")
    assert pets_window.document.project.preparation.split.validation == 0.2
    assert "Not changed" in pets_window.views.messages.text


# --- classes and chains ---------------------------------------------------------------------------------------------
def test_a_renamed_class_has_its_name_everywhere(pets_window: MainWindow, page: DataPage, qtbot: QtBot) -> None:
    opened(page, qtbot, 0)
    page.class_chart.class_renamed.emit(0, " kittens ")
    assert pets_window.document.project.preparation.class_names == ("kittens", "dogs")
    assert page.wall._items.words(0).startswith("kittens")
    assert page.sample_view.sample.class_name == "kittens"
    assert "kittens" in page.filters._classes.itemText(1)
    assert pets_window.views.probe._names == ("kittens", "dogs")
    pets_window.document.undo_stack.undo()
    assert pets_window.document.project.preparation.class_names == ()
    assert page.sample_view.sample.class_name == "cats"
    assert pets_window.views.probe._names == ("cats", "dogs")
    steps = pets_window.document.undo_stack.count()
    page.class_chart.class_renamed.emit(1, "dogs")  # the same again
    page.class_chart.class_renamed.emit(1, "  ")
    page.class_chart.class_renamed.emit(7, "no such class")
    assert pets_window.document.undo_stack.count() == steps


def test_balance_is_an_edit_and_follows_undo(pets_window: MainWindow, page: DataPage) -> None:
    page.class_chart.balance_chosen.emit("oversample")
    assert pets_window.document.project.preparation.balance == "oversample"
    pets_window.document.undo_stack.undo()
    assert page.class_chart._balance.currentData() == "none"


def test_chains_are_added_to_moved_edited_and_undone(pets_window: MainWindow, page: DataPage) -> None:
    document, chain = pets_window.document, page.preprocessing
    page.show_section("Preparation")
    chain.move_step(0, 1)
    assert document.project.preparation.preprocessing == (Rescale(), Resize())
    page.augmentation._add(RandomFlip)
    assert document.project.preparation.augmentation == (RandomFlip(),)
    page.augmentation.remove_step(0)
    document.undo_stack.undo()
    assert page.augmentation.steps == (RandomFlip(),)
    document.undo_stack.undo()
    document.undo_stack.undo()
    assert chain.steps == (Resize(), Rescale())


def test_an_edit_elsewhere_leaves_a_form_that_is_being_edited_alone(pets_window: MainWindow, page: DataPage) -> None:
    page.show_section("Preparation")
    row = page.preprocessing.rows[0]
    row.set_open(True)
    row.form.focus_first()
    focused = pets_window.focusWidget()
    document = pets_window.document
    document.edit("Rename", document.project.replace(name="other"))
    assert page.preprocessing.rows[0] is row
    assert row.is_open
    assert pets_window.focusWidget() is focused


def test_edits_of_the_network_do_not_fill_the_page_again(
    pets_window: MainWindow, page: DataPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled: list[str] = []
    for view, name in (
        (page.wall, "set_items"), (page.preprocessing, "set_chain"), (page.findings, "set_report"),
        (page.split_editor, "set_class_counts"), (page, "set_scanning"), (page, "set_ready"),
    ):  # fmt: skip
        monkeypatch.setattr(view, name, lambda *_args, name=name: filled.append(name))
    document = pets_window.document
    document.edit("Rename", document.project.replace(name="other"))
    assert filled == []
    page.class_chart.class_renamed.emit(0, "kittens")
    assert "set_items" in filled


# --- statistics -----------------------------------------------------------------------------------------------------
def test_statistics_are_measured_when_they_are_looked_at(
    pets_window: MainWindow, page: DataPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    load = pets_window.data.load_statistics
    monkeypatch.setattr(
        pets_window.data, "load_statistics", lambda indices: (asked.append(len(indices)), load(indices))
    )
    page.split_editor.split_edited.emit("validation", 0.5, "")
    assert asked == []
    with qtbot.waitSignal(pets_window.data.statistics_ready):
        page.show_section("Statistics")
    assert "Measured on" in page.statistics._status.text()
    page.show_section("Look")
    page.show_section("Statistics")
    page.class_chart.class_renamed.emit(0, "kittens")
    assert len(asked) == 1  # the same samples are not measured again
    with qtbot.waitSignal(pets_window.data.statistics_ready):
        page.split_editor.split_edited.emit("validation", 0.2, "")
    assert len(asked) == 2
    assert asked[1] > asked[0]


def test_statistics_that_cannot_be_measured_say_so(pets_window: MainWindow, page: DataPage) -> None:
    pets_window.data.statistics_failed.emit("no numbers")
    assert "no numbers" in page.statistics._status.text()


# --- scanning, cancelling, switching --------------------------------------------------------------------------------
@pytest.fixture
def slow() -> Iterator[Slow]:
    with waiting() as source:
        yield source


@pytest.fixture
def slow_window(pets_window: MainWindow, slow: Slow, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """The pets' window while another data set is being opened."""
    monkeypatch.setattr(DataController, "source", slow)
    pets_window.data.scan()
    pets_window.document.set_facts(None)
    return pets_window


def test_another_data_set_while_pictures_are_read_shows_only_its_own(
    slow_window: MainWindow, page: DataPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    Slow.listing.set()
    qtbot.waitUntil(lambda: "thumbnails" in slow_window.data._readers)
    page.filters.set_filter(WallFilter(label=1, text="1"))
    monkeypatch.undo()
    old = slow_window.data.samples
    document = slow_window.document
    document.edit("Choose", document.project.replace(data=Digits()))
    Slow.reading.set()
    qtbot.waitUntil(lambda: slow_window.data.samples is not None and slow_window.data.samples is not old)
    scanned(slow_window, qtbot)
    assert page.filters.filter == WallFilter()
    assert page._name.text() == "Digits"
    assert len(page.wall._items) == 1797


@pytest.mark.parametrize("what", ["scan", "thumbnails", "sample", "statistics"])
def test_the_window_closes_in_the_middle_of(slow_window: MainWindow, page: DataPage, qtbot: QtBot, what: str) -> None:
    data = slow_window.data
    if what != "scan":
        Slow.listing.set()
        qtbot.waitUntil(lambda: data.samples is not None)
        ask = {"thumbnails": data.load_thumbnails, "sample": data.load_sample, "statistics": data.load_statistics}
        arguments = {"thumbnails": ([0, 1, 2], 32), "sample": (0,), "statistics": (np.arange(40),)}
        ask[what](*arguments[what])
        threading.Timer(0.05, Slow.reading.set).start()
    assert slow_window.close()
    assert data._thread is not None
    assert not data._thread.is_alive()


def test_the_test_part_can_be_evaluated_where_there_is_one(
    pets_window: MainWindow, page: DataPage, engine: ScriptedEngine
) -> None:
    assert not pets_window.data.has_test_part
    page.split_editor.split_edited.emit("test", 0.2, "")
    assert pets_window.data.has_test_part
    samples = pets_window.data.samples
    assert samples is not None
    samples.parts = np.full(24, TRAINING, np.int8)
    samples.parts[:4] = VALIDATION
    page.split_editor.split_edited.emit("by", "folders", "")
    assert not pets_window.data.has_test_part  # whatever the share says that is not used
    samples.parts[4:6] = 2
    assert pets_window.data.has_test_part
