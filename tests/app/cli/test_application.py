"""The commands' shell: which command an argument means, exit codes, and where a bug is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from command_line import Run

from app.cli import targets
from app.version import layerloom_version


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path | None]:
    """Projects that windows were opened with."""
    projects: list[Path | None] = []

    def run_window(project: Path | None) -> int:
        projects.append(project)
        return 0

    monkeypatch.setitem(sys.modules, "app.window", SimpleNamespace(run_window=run_window))
    return projects


def test_version(run: Run) -> None:
    assert run("--version").out == f"layerloom {layerloom_version()}\n"


def test_help_names_the_commands(run: Run) -> None:
    result = run("--help")
    assert result.code == 0
    assert all(name in result.out for name in ("demo", "inspect", "train", "export", "doctor"))


def test_without_arguments_the_window_opens(run: Run, opened: list[Path | None]) -> None:
    assert run().code == 0
    assert opened == [None]


def test_a_project_opens_in_the_window(run: Run, opened: list[Path | None], lenet: Path) -> None:
    assert run(lenet).code == 0
    assert opened == [lenet]


def test_a_project_is_opened_whatever_its_suffix(run: Run, opened: list[Path | None], lenet: Path) -> None:
    copy = lenet.rename(lenet.with_suffix(".backup"))
    assert run(copy).code == 0
    assert opened == [copy]


def test_a_project_that_is_not_there(run: Run, opened: list[Path | None]) -> None:
    result = run("gone.loom")
    assert (result.code, opened) == (2, [])
    assert result.err == "layerloom: there is no file gone.loom. Check its path, or start without one.\n"


def test_commands_come_before_files_of_their_name(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("inspect").touch()
    assert run("inspect", "lenet5").code == 0


def test_an_unknown_command(run: Run) -> None:
    result = run("inspct", "lenet5")
    assert result.code == 2
    assert "No such command 'inspct'" in result.err
    assert "Did you mean 'inspect'" in result.err


def test_the_demo_is_told_whether_there_is_a_display(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[Path, int, bool]] = []

    def run_demo(out: Path, epochs: int, display: bool) -> int:
        calls.append((out, epochs, display))
        return 0

    monkeypatch.setitem(sys.modules, "app.demo", SimpleNamespace(run_demo=run_demo))
    monkeypatch.setattr("app.cli.application.has_display", lambda: False)
    assert run("demo", "--out", tmp_path, "--epochs", 3).code == 0
    assert calls == [(tmp_path, 3, False)]


@pytest.mark.parametrize("command", [[], ["demo"]], ids=["window", "demo"])
def test_a_qt_that_lacks_system_libraries(run: Run, monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    monkeypatch.setattr("app.cli.opening.why_no_display", lambda: None)
    monkeypatch.setitem(sys.modules, "PySide6.QtWidgets", None)
    result = run(*command)
    assert result.code == 2
    assert "Install the system libraries" in result.err


def test_our_bug_goes_to_the_log(run: Run, own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "find_target", lambda *_: 1 / 0)
    result = run("inspect", "lenet5")
    log = next(own_folders.rglob("layerloom.log"))
    assert result.code == 1
    assert str(log) in result.err
    assert "Traceback" not in result.err
    assert "ZeroDivisionError: division by zero" in log.read_text()


def test_our_bug_is_told_although_no_log_can_be_written(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(targets, "find_target", lambda *_: 1 / 0)
    monkeypatch.setattr(Path, "open", refuse)
    result = run("inspect", "lenet5")
    assert result.code == 1
    assert "ZeroDivisionError" in result.err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
@pytest.mark.parametrize("display", ["", ":6543", "nonsense"])
def test_no_display_is_a_sentence_not_an_abort(display: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key not in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY")}
    done = subprocess.run(
        [sys.executable, "-m", "app.cli"],
        env={**environment, "DISPLAY": display},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "Start LayerLoom from a desktop session" in done.stderr
