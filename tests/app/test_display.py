"""Whether a window can be shown is known before Qt is asked, which would abort."""

from __future__ import annotations

import sys

import pytest

from app import display

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")


@pytest.fixture(autouse=True)
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


def test_nothing_is_set() -> None:
    assert not display.has_display()
    assert "neither DISPLAY nor WAYLAND_DISPLAY" in (display.why_no_display() or "")


@pytest.mark.parametrize("platform", ["offscreen", "minimal", "vnc:size=800x600"])
def test_qt_draws_elsewhere(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", platform)
    assert display.why_no_display() is None
    assert not display.has_display()


def test_a_display_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":6543")
    assert "The display :6543 does not answer" in (display.why_no_display() or "")


def test_a_wayland_display_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-77")
    assert not display.has_display()


def test_a_display_that_answers_but_a_library_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(display, "_x11_answers", lambda: True)
    monkeypatch.setattr(display, "_library", lambda name: None)
    assert "libxcb-cursor" in (display.why_no_display() or "")
    monkeypatch.setattr(display, "_library", lambda name: object())
    assert display.has_display()
