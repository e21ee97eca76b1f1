"""Garbage collection waits until edits have settled."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app import garbage
from app.document import Document
from app.garbage import IdleCollector
from models.network.project import Project


@pytest.fixture(autouse=True)
def _thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


class Ring:
    """Refers to itself, so that only a collection ends it."""

    def __init__(self) -> None:
        self.me = self


def grown_old() -> weakref.ref[Ring]:
    """A dead ring among the oldest objects."""
    ring = Ring()
    gc.collect(1)
    gone = weakref.ref(ring)
    del ring
    gc.collect(1)  # counts as one more since the last full collection
    assert gone() is not None
    return gone


def test_the_oldest_are_collected_after_an_edit_and_not_before(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "PAUSE_MS", 1)
    monkeypatch.setattr(garbage, "LONGEST_MS", 1_000_000)
    parent = QObject()
    document = Document(Project(), parent)
    collector = IdleCollector(document.changed, parent)
    assert gc.get_threshold()[2] == garbage.NEVER
    gone = grown_old()
    document.edit("Rename", Project(name="another"))
    assert gone() is not None
    qtbot.waitUntil(lambda: gone() is None)
    assert collector.parent() is parent


def test_without_edits_they_are_collected_in_the_end(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage, "LONGEST_MS", 1)
    parent = QObject()
    IdleCollector(Document(Project(), parent).changed, parent)
    gone = grown_old()
    qtbot.waitUntil(lambda: gone() is None)


def test_nothing_is_looked_through_while_collections_are_off(qtbot: QtBot) -> None:
    """As while TensorFlow is being loaded: its half a million objects would hold the window."""
    document = Document(Project())
    collector = IdleCollector(document.changed, document)
    gone = grown_old()
    gc.disable()
    try:
        collector.collect()
        assert gone() is not None
    finally:
        gc.enable()
    collector.collect()
    assert gone() is None
