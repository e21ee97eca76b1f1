"""Reading data sets in the background: the last one asked for counts, and closing waits for none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from image_files import picture
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.data.data_controller import DataController
from app.document import Document
from models.data.facts import DataError
from models.data.findings import FindingKind
from models.data.samples import Samples
from models.data.sources import Digits, ImageFolder, Progress, Source
from models.network.project import Project


class Trick(Source):
    """A source whose opening does what the test says; it is in no registry."""

    asked: ClassVar[threading.Event] = threading.Event()
    error: ClassVar[Exception | None] = None

    def open(self, progress: Progress | None = None) -> Samples:
        if self.error is not None:
            raise self.error
        assert progress is not None
        while True:
            self.asked.set()
            progress(1, 1_000_000)


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Two classes of four images each, one of them broken."""
    for index, name in enumerate(("cats", "dogs")):
        for number in range(4):
            picture(tmp_path / "pets" / name / f"{number}.png", (20, 20), (40 * number, 90 * index, 7))
    (tmp_path / "pets" / "cats" / "1.png").write_bytes(b"no picture")
    return tmp_path / "pets"


@pytest.fixture
def controller(qapp: QApplication, pets: Path) -> Iterator[DataController]:
    data = DataController(Document(Project(data=ImageFolder(path="pets"))), lambda: pets.parent)
    yield data
    data.shut_down()


def test_facts_samples_and_report_are_told(controller: DataController, qtbot: QtBot) -> None:
    offered: list[tuple[list[object], list[int], list[object]]] = []
    controller.samples_loaded.connect(offered.append)
    with qtbot.waitSignals([controller.opened, controller.scanned]):
        controller.scan_first()
    facts = controller._document.facts
    assert facts is not None
    assert (facts.name, facts.samples, facts.class_names) == ("pets", 7, ("cats", "dogs"))
    assert controller.report is not None
    assert FindingKind.BROKEN in {finding.kind for finding in controller.report.findings}
    ((found, labels, pictures),) = offered
    assert len(found) == len(labels) == len(pictures) == 7
    thread = controller._thread
    controller.scan_first()
    assert controller._thread is thread


def test_the_second_scan_takes_its_results_from_the_first(controller: DataController, qtbot: QtBot) -> None:
    for _ in range(2):
        with qtbot.waitSignal(controller.scanned):
            controller.scan()
    assert controller.report is not None
    assert controller.report.from_cache == 8


@pytest.mark.parametrize("error", [DataError("no such folder"), RuntimeError("surprise")])
def test_errors_are_told_in_words(
    qapp: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(Trick, "error", error)
    document = Document(Project())
    data = DataController(document, Path.cwd)
    monkeypatch.setattr(DataController, "source", Trick())
    with qtbot.waitSignal(data.scanned):
        data.scan()
    assert str(error) in data.error
    assert document.facts is None
    data.shut_down()


def test_closing_ends_a_reading_that_is_under_way(
    qapp: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DataController, "source", Trick())
    data = DataController(Document(Project()), Path.cwd)
    data.scan()
    qtbot.waitUntil(Trick.asked.is_set)
    assert data.is_scanning
    data.shut_down()
    assert data._thread is not None
    assert not data._thread.is_alive()
    assert data.error == ""


def test_a_scan_that_is_cancelled_says_so_and_leaves_no_error(
    qapp: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DataController, "source", Trick())
    data = DataController(Document(Project()), Path.cwd)
    data.scan()
    with qtbot.waitSignal(data.scanned):
        data.cancel_scan()
    assert not data.is_scanning
    assert (data.error, data.report) == ("", None)
    data.shut_down()


def test_another_data_set_lets_go_of_the_one_before(controller: DataController, qtbot: QtBot) -> None:
    with qtbot.waitSignal(controller.scanned):
        controller.scan()
    document = controller._document
    with qtbot.waitSignal(controller.scanned):
        document.edit("Choose", document.project.replace(data=Digits()))
    assert controller.samples is not None
    assert controller.samples.facts.name == "Digits"
    assert document.facts is not None
    assert document.facts.samples == 1797


def test_what_is_looked_at_is_read_in_the_background(controller: DataController, qtbot: QtBot) -> None:
    with qtbot.waitSignal(controller.scanned):
        controller.scan()
    with qtbot.waitSignal(controller.thumbnail_ready) as small:
        controller.load_thumbnails([0], 32)
    assert small.args[0] == 0
    assert small.args[1].dtype == np.uint8
    with qtbot.waitSignal(controller.sample_ready) as whole:
        controller.load_sample(6)
    assert whole.args[0] == 6
    assert whole.args[1][0].shape == (20, 20, 3)
    with qtbot.waitSignal(controller.sample_failed) as failed:
        controller.load_sample(1)
    assert failed.args[0] == 1
    with qtbot.waitSignal(controller.statistics_ready) as measured:
        controller.load_statistics(np.array([0, 2, 3]))
    assert measured.args[0].samples == 3
