"""The demo, over the real engine, and how it fails."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from scripted import STEPS, ScriptedEngine

from app.demo import Demo, DemoResult, report
from app.main_window import MainWindow

ROOT = Path(__file__).parents[2]


def run_demo(out: Path, epochs: int) -> subprocess.CompletedProcess[str]:
    call = f"run_demo(Path({str(out)!r}), {epochs}, False)"
    code = f"from app.demo import run_demo; from pathlib import Path; raise SystemExit({call})"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)


def test_it_leaves_everything_it_names(tmp_path: Path) -> None:
    done = run_demo(tmp_path / "demo", 15)
    assert done.returncode == 0, done.stdout + done.stderr
    first, *paths = done.stdout.strip().splitlines()
    assert float(first.split()[2]) >= 0.97
    names = {Path(path).name for path in paths if Path(path).exists()}
    assert names >= {
        "window-dark.png", "window-light.png", "model.keras", "saved_model", "model.py", "curves.png", "lenet.loom",
    }  # fmt: skip
    (run,) = (tmp_path / "demo" / "runs").iterdir()
    assert json.loads((run / "environment.json").read_text())["seed"] == 1


def test_a_place_that_cannot_be_written_ends_it_in_words(
    make_window: Callable[..., MainWindow], engine: ScriptedEngine, qtbot: QtBot, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "demo" / "window-dark.png").mkdir(parents=True)
    window = make_window()
    demo = Demo(window, tmp_path / "demo", 2)
    demo.start()
    qtbot.waitUntil(lambda: window.training.history.steps == STEPS)
    with qtbot.waitSignal(demo.done):
        engine.finish()
    assert report(demo.result) == 2
    assert "window-dark.png could not be written" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("result", "code", "text"),
    [
        (DemoResult(error="The disk is full."), 2, "The disk is full."),
        (DemoResult(paths=[Path("window-dark.png")]), 0, "closed before the demo was over"),
        (DemoResult(accuracy=0.98, paths=[Path("model.keras")]), 0, "test accuracy 0.9800"),
    ],
)
def test_the_report(result: DemoResult, code: int, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert report(result) == code
    assert text in capsys.readouterr().out
