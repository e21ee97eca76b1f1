"""Reading data sets in the background: the last one asked for counts, and closing waits for none."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.data_controller import DataController
from app.document import Document
from models.data import loading
from models.data.sources import DataError, DataFacts, DataSource, ImageFolder
from models.network.project import Project

FACTS = DataFacts("Pets", 4, (8, 8, 1), ("cat", "dog"))


@pytest.fixture
def document(qapp: QApplication) -> Document:
    return Document(Project(data=ImageFolder(path="pets")))


def test_facts_and_samples_are_told(document: Document, qtbot: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "scan", lambda source, progress: FACTS)
    monkeypatch.setattr(loading, "samples", lambda source, count: ([], []))
    data = DataController(document, lambda: Path("/somewhere"))
    with qtbot.waitSignal(data.samples_loaded):
        data.scan_first()
    assert document.facts == FACTS
    data.scan_first()
    assert document.facts == FACTS


@pytest.mark.parametrize("error", [DataError("no such folder"), RuntimeError("surprise")])
def test_errors_are_told_in_words(
    document: Document, qtbot: object, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(source: DataSource, progress: object) -> DataFacts:
        raise error

    monkeypatch.setattr(loading, "scan", refuse)
    data = DataController(document, Path.cwd)
    with qtbot.waitSignal(data.scanned):
        data.scan()
    assert str(error) in data.error
    assert document.facts is None


def test_closing_ends_a_reading_that_is_under_way(
    document: Document, qtbot: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def endless(source: DataSource, progress: loading.Progress) -> DataFacts:
        while True:
            begun.set()
            progress(1, 1_000_000)

    monkeypatch.setattr(loading, "scan", endless)
    data = DataController(document, Path.cwd)
    data.scan()
    qtbot.waitUntil(begun.is_set)
    data.shut_down()
    assert data._thread is not None
    assert not data._thread.is_alive()
    assert data.error == ""
