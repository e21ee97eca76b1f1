"""What the Data page and the window say while a data set is opened or scanned, and when it cannot be."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from image_files import picture
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot
from slow_data import Slow, waiting

from app.data.data_controller import DataController
from app.main_window import MainWindow
from models.data.samples import Samples
from models.data.sources import ImageFolder, Progress
from models.network.project import Project
from widgets.data.filters_bar import WallFilter
from widgets.data.page import DataPage

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(make_window: Callable[..., MainWindow], qtbot: QtBot) -> MainWindow:
    """A window with the digits in it, looked at, and a network to train."""
    made = make_window()
    made.resize(1400, 900)
    made.new_project("lenet5")
    made.data_presenter.show_page()
    scanned(made, qtbot)
    return made


@pytest.fixture
def page(window: MainWindow) -> DataPage:
    made = window.data_presenter.page
    assert made is not None
    return made


@pytest.fixture
def slow_window(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    """The window while another data set is being opened."""
    with waiting() as source:
        monkeypatch.setattr(DataController, "source", source)
        window.data.scan()
        window.document.set_facts(None)
        yield window


def scanned(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.data.report is not None and not window.data.is_scanning)


def rename(window: MainWindow) -> None:
    """An edit that is not about data."""
    project = window.document.project
    window.document.edit("Rename", project.replace(name=f"{project.name}x"))


# --- opening and scanning -------------------------------------------------------------------------------------------
def test_opening_is_told_in_percent_and_shows_nothing_of_the_old(
    slow_window: MainWindow, page: DataPage, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: "11 %" in page._notice.text)
    assert page._notice.text == "Opening: 11 %"
    assert page._notice.isVisible()
    rename(slow_window)
    assert page._notice.text == "Opening: 11 %"  # an edit does not take the progress back
    page.wall.menu_requested.emit(QPoint(0, 0), np.array([1]))
    page.wall.sample_opened.emit(1)
    assert not len(page.wall._items)  # which would be painted by what is no longer known
    assert not page.findChildren(QMenu, "sampleMenu")
    Slow.listing.set()
    Slow.reading.set()
    scanned(slow_window, qtbot)
    assert page.wall.isVisible()
    assert len(page.wall._items) == 40


def test_an_opening_can_be_cancelled_and_tried_again(slow_window: MainWindow, page: DataPage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not slow_window.runs.why_not().startswith("TensorFlow"))
    QTest.mouseClick(page.cancel_button, LEFT)
    assert "cancelled" in page._notice.text
    assert "cancelled" in slow_window.runs.why_not()
    assert "No data set" in slow_window.views.data_chip.text()
    assert slow_window.data.error == ""
    Slow.listing.set()
    Slow.reading.set()
    QTest.mouseClick(page._notice.scan_button, LEFT)
    scanned(slow_window, qtbot)
    assert page.wall.isVisible()
    assert "cancelled" not in slow_window.runs.why_not()


def test_a_scan_can_be_cancelled_and_the_samples_stay(
    slow_window: MainWindow, page: DataPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = threading.Event()

    def endless(samples: Samples, check: Progress, cache: object) -> None:
        while True:
            check(7, 40)
            going.wait(0.01)

    monkeypatch.setattr("models.data.scan.scan_samples", endless)
    slow_window.data.scan()
    Slow.listing.set()
    Slow.reading.set()
    qtbot.waitUntil(lambda: page._progress_text.text() == "7 of 40")
    rename(slow_window)
    assert page._progress_text.text() == "7 of 40"
    QTest.mouseClick(page.cancel_button, LEFT)
    assert page.wall.isVisible()
    assert not page.cancel_button.isVisible()
    assert "cancelled" in page.findings.status
    assert slow_window.data.samples is not None
    assert "cancelled" not in slow_window.runs.why_not()


def test_what_an_earlier_scan_tells_is_dropped(window: MainWindow, page: DataPage) -> None:
    data = window.data
    over, samples = data._given_up, data.samples
    data.scan()
    data._take_progress(over, 5, 10)
    data._take_samples(over, (samples, None))
    data._take_report(over, "no data set at all")
    assert (data.progress, data.samples, data.error) == ((0, 0), None, "")


# --- other data sets ------------------------------------------------------------------------------------------------
def test_another_project_resets_the_page(window: MainWindow, page: DataPage, qtbot: QtBot) -> None:
    page.wall.sample_opened.emit(3)
    qtbot.waitUntil(lambda: page.shows_sample)
    page.class_chart.class_chosen.emit(1)
    window.new_project(None)
    assert page._notice.isVisible()
    assert not page.shows_sample
    scanned(window, qtbot)
    assert page.wall.isVisible()
    assert not page.shows_sample
    assert page._name.text() == "Digits"


def test_a_project_whose_data_is_gone_says_so_everywhere(window: MainWindow, page: DataPage, qtbot: QtBot) -> None:
    page.class_chart.class_chosen.emit(1)
    project = window.document.project
    with qtbot.waitSignal(window.data.scanned):
        window.document.open(Project(network=project.network, data=ImageFolder(path="gone/away")))
    assert page._notice.isVisible()
    assert "away" in page._notice.text
    assert page.filters.filter == WallFilter()
    assert page._name.text() == "away"
    assert "No data set" in window.views.data_chip.text()
    assert window.runs.why_not() == window.data.error
    with qtbot.waitSignal(window.data.scanned):
        window.data_presenter.choose_digits()
    assert page.wall.isVisible()


def drop(window: MainWindow, path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    keys = Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, LEFT, keys))


@pytest.mark.parametrize("kind", ["folder", "zip", "npz", "csv"])
def test_what_is_dropped_on_the_window_is_the_data_set_that_it_is(
    window: MainWindow, page: DataPage, qtbot: QtBot, tmp_path: Path, kind: str
) -> None:
    folder = tmp_path / "colours"
    files = [
        picture(folder / name / f"{number}.png", (8, 8), (250 * label, 40 * number, 90))
        for label, name in enumerate(("red", "blue"))
        for number in range(3)
    ]
    dropped = tmp_path / f"dropped.{kind}" if kind != "folder" else folder
    if kind == "zip":
        with ZipFile(dropped, "w") as archive:
            for file in files:
                archive.write(file, file.relative_to(folder))
    elif kind == "npz":
        np.savez(dropped, x=np.zeros((6, 8, 8), np.uint8), y=np.arange(6) % 2)
    elif kind == "csv":
        dropped.write_text("a,b,label\n" + "".join(f"{row},{row * row},{'xy'[row % 2]}\n" for row in range(6)))
    before = window.document.project
    drop(window, dropped)
    qtbot.waitUntil(lambda: window.document.project.data != before.data)
    scanned(window, qtbot)
    assert len(page.wall._items) == 6
    window.document.undo_stack.undo()
    assert window.document.project == before


def test_a_file_that_is_no_data_set_is_refused_in_words(window: MainWindow, tmp_path: Path) -> None:
    before = window.document.project
    (tmp_path / "empty").mkdir()
    drop(window, tmp_path / "empty")
    assert window.document.project == before
    assert "empty" in window.views.messages.text
