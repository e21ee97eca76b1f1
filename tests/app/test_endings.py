"""The system ends the program: real processes and real signals."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.autosave import find_recoveries
from app.endings import ENDINGS, SystemSignals
from app.main_window import MainWindow
from models.network.project import Project, write_project
from models.training.plan import TrainingPlan
from models.training.runs.layout import checkpoints_of
from models.zoo import template

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120

STEPS_BEFORE = 40
"""Steps that a window has taken at least when the signal comes."""

WINDOW = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from app.application import create_application
from app.main_window import MainWindow
import app.window as starting
from models.training.events import EpochDone

make_window = starting.make_window

def made():
    window = make_window()
    window.training.event_received.connect(
        lambda event: isinstance(event, EpochDone) and event.epoch == 1 and print("training", flush=True)
    )
    def begin():
        if not window.training.is_training and not window.runs.why_not():
            window.document.edit("Rename", window.document.project.replace(name="changed"))
            window.runs.start()
            if "asking" in sys.argv:
                window.training.event_received.connect(
                    lambda event: isinstance(event, EpochDone) and event.epoch == 0
                    and QTimer.singleShot(0, window.close)
                )
    window.training.state_changed.connect(begin)
    window.data.scanned.connect(begin)
    return window

starting.make_window = made
print("code", starting.run_window(Path(sys.argv[1])))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """LeNet-5 on the digits, planned for ever."""
    path = tmp_path / "lenet.loom"
    plan = TrainingPlan(epochs=10_000, checkpoint_minutes=1)
    write_project(path, Project(name="lenet", network=template("lenet5").network(), plan=plan))
    return path


def ended(command: list[str], sign: Callable[[str], bool], number: int) -> tuple[int, str]:
    """Start a program, send it a signal as soon as it has printed the sign; its exit code and what it printed then."""
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    )
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "")
    before = [next(line for line in lines if sign(line))]
    process.send_signal(number)
    try:
        rest, _ = process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return process.returncode, "".join(before) + rest


def step_of(run: Path) -> int:
    """The step of a run's last checkpoint."""
    return int(re.search(r"\d+", checkpoints_of(run)[0].stem).group())


@pytest.mark.slow  # it loads TensorFlow and trains
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
@pytest.mark.parametrize("isolated", ["false", "true"])
def test_a_window_that_trains_ends_with_a_checkpoint_and_keeps_what_is_unsaved(
    project: Path, own_folders: Path, name: str, isolated: str
) -> None:
    settings = own_folders / "config" / "layerloom" / "settings.ini"
    settings.parent.mkdir(parents=True)
    settings.write_text(f"[training]\nisolate={isolated}\n")
    code, said = ended(
        [sys.executable, "-c", WINDOW, str(project)], lambda line: line == "training\n", getattr(signal, name)
    )
    assert (code, said.splitlines()[-1]) == (0, "code 0")
    (run,) = (own_folders / "data" / "layerloom" / "runs").iterdir()
    assert step_of(run) > STEPS_BEFORE
    (left,) = find_recoveries(own_folders / "state" / "layerloom" / "autosave")
    assert (left.project.name, left.original) == ("changed", project)


@pytest.mark.slow  # it loads TensorFlow and trains
def test_a_question_that_is_open_does_not_hold_the_end_up(project: Path, own_folders: Path) -> None:
    command = [sys.executable, "-c", WINDOW, str(project), "asking"]
    code, _ = ended(command, lambda line: line == "training\n", signal.SIGTERM)
    assert code == 0
    (run,) = (own_folders / "data" / "layerloom" / "runs").iterdir()
    assert step_of(run) > STEPS_BEFORE
    assert find_recoveries(own_folders / "state" / "layerloom" / "autosave")


@pytest.mark.slow  # it loads TensorFlow and trains
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129), ("SIGINT", 0)])
def test_a_command_that_trains_ends_with_a_checkpoint(project: Path, tmp_path: Path, name: str, code: int) -> None:
    command = [sys.executable, "-m", "app.cli", "train", str(project), "--run-dir", str(tmp_path / "run"), "--json"]
    ending, said = ended(command, lambda line: '"epoch"' in line, getattr(signal, name))
    assert ending == code, said
    assert step_of(tmp_path / "run") > 0


@pytest.fixture
def signals(qapp: QApplication) -> SystemSignals:
    signals = SystemSignals()
    yield signals
    signals.restore()


@pytest.mark.parametrize("number", ENDINGS)
def test_a_signal_reaches_the_event_loop(qtbot, signals: SystemSignals, number: signal.Signals) -> None:
    with qtbot.waitSignal(signals.end_asked):
        signal.raise_signal(number)


def test_signals_mean_again_what_they_meant(qapp: QApplication) -> None:
    before = {number: signal.getsignal(number) for number in ENDINGS}
    signals = SystemSignals()
    assert all(signal.getsignal(number) != handler for number, handler in before.items())
    signals.restore()
    assert {number: signal.getsignal(number) for number in ENDINGS} == before


def test_what_is_ignored_stays_ignored(qapp: QApplication) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        signals = SystemSignals()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        signals.restore()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_window_leaves_without_a_question_and_its_work_is_offered_again(window: MainWindow, questions) -> None:
    window.document.edit("Rename", window.document.project.replace(name="unsaved"))
    window.leave()
    assert not window.isVisible()
    assert questions.asked == []
    assert [left.project.name for left in find_recoveries(window.autosave.folder)] == ["unsaved"]
    window.leave()
    window.close()
    assert questions.asked == []
    assert find_recoveries(window.autosave.folder), "a second close keeps it as well"


def test_a_window_whose_work_is_saved_leaves_nothing_behind(window: MainWindow, tmp_path: Path, questions) -> None:
    assert window.files.save_to(tmp_path / "saved.loom")
    window.leave()
    assert find_recoveries(window.autosave.folder) == []
