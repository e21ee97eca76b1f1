"""For every test: no display, nothing of the user's own folders, no timing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from pytestqt.qtbot import QtBot

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# No deadlines, since other programs share the machine. On a build server the same examples every time: there a change
# is judged by what it does, and the search for new examples goes on at the desks.
settings.register_profile(
    "layerloom",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("layerloom")

PATIENCE_MS = 30_000
for waiting in (QtBot.waitSignal, QtBot.waitSignals, QtBot.waitUntil):
    waiting.__kwdefaults__["timeout"] = PATIENCE_MS  # a busy machine is slow, not wrong


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, logs and runs go to a folder of the test's own."""
    home: Path = tmp_path_factory.mktemp("home")
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    return home
