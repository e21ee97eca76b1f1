"""Keeping the computer awake, over a stand-in for the library."""

from __future__ import annotations

import sys
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from app.training.keep_awake import KeepAwake, kept_awake


class Library:
    """What wakepy offers: modes that are entered and left."""

    def __init__(self) -> None:
        self.entered = self.left = 0
        self.active = True
        self.error: Exception | None = None
        self.threads: set[threading.Thread] = set()

    def running(self, on_fail: str) -> Any:
        assert on_fail == "pass"
        if self.error is not None:
            raise self.error
        return self

    def __enter__(self) -> None:
        self.threads.add(threading.current_thread())
        self.entered += 1

    def __exit__(self, *_: object) -> None:
        self.threads.add(threading.current_thread())
        self.left += 1


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    library = Library()
    monkeypatch.setitem(sys.modules, "wakepy", SimpleNamespace(keep=library))
    return library


def test_it_is_on_only_inside(library: Library) -> None:
    with kept_awake():
        pass
    assert (library.entered, library.left) == (1, 1)


def test_it_follows_wishes_in_a_thread_of_its_own(library: Library) -> None:
    keeper = KeepAwake()
    for wanted in (False, True, True, False, True):
        keeper.set(wanted)
    keeper.close()
    assert (library.entered, library.left) == (2, 2)
    assert len(library.threads) == 1
    assert threading.current_thread() not in library.threads


def test_nobody_asks_a_system_for_nothing(library: Library) -> None:
    keeper = KeepAwake()
    keeper.set(False)
    keeper.close()
    assert library.threads == set()


@pytest.mark.parametrize("error", [OSError("no bus"), RuntimeError("unknown desktop"), None])
def test_where_it_cannot_be_a_line_in_the_log_says_so(
    library: Library, caplog: pytest.LogCaptureFixture, error: Exception | None
) -> None:
    caplog.set_level("INFO", "app.training.keep_awake")
    library.error, library.active = error, False
    with kept_awake():
        pass
    assert "may fall asleep" in caplog.text
    assert str(error or "") in caplog.text


def test_without_the_library_nothing_happens(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "app.training.keep_awake")
    monkeypatch.setitem(sys.modules, "wakepy", None)
    with kept_awake():
        pass
    assert "ModuleNotFoundError" in caplog.text


def test_the_real_library_does_no_harm() -> None:
    with kept_awake():
        pass
    assert "keep awake" not in {thread.name for thread in threading.enumerate()}, "it has not come back"
