"""The host in a process of its own: scripted children for what goes wrong, the real engine for what it computes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

import numpy as np
import psutil
import pytest

from models.data.sources import Digits
from models.network.graph import Network
from models.runtime.hosting.host import NICENESS, Host, ThreadHost, run_engine
from models.runtime.hosting.process_host import ProcessHost, death_text
from models.training.commands import Build, Pause, Predict, SetLearningRate, Shutdown, Stop, Train, Watch
from models.training.events import (
    BatchesDone,
    Built,
    CheckpointWritten,
    EngineEnded,
    EpochDone,
    Event,
    Failed,
    Predicted,
    Probed,
    Ready,
    TrainingDone,
    TrainingStarted,
)
from models.training.plan import TrainingPlan
from models.training.runs.layout import checkpoints_of

PATIENCE_S = 180  # a busy machine is slow, not wrong
CHILD = str(Path(__file__).parents[3] / "scripted_child.py")
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="only POSIX has these signals")

Kind = TypeVar("Kind")


class Ear:
    """Hears a host's events."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._queue: SimpleQueue[Event] = SimpleQueue()
        self.take = self._queue.put

    def wait_for(self, kind: type[Kind]) -> Kind:
        """The next event of a kind."""
        while True:
            event = self._queue.get(timeout=PATIENCE_S)
            self.events.append(event)
            if isinstance(event, kind):
                return event

    def rest(self) -> list[Event]:
        """What has come and nobody has waited for."""
        return [self._queue.get() for _ in range(self._queue.qsize())]


@dataclass
class Scripted:
    host: ProcessHost
    ear: Ear


@pytest.fixture
def ends() -> Iterator[ExitStack]:
    """No engine outlives its test, whatever comes of that."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def scripted(ends: ExitStack) -> Callable[[str], Scripted]:
    """Starts hosts whose children follow a script."""

    def start(word: str = "well") -> Scripted:
        ear = Ear()
        host = ProcessHost(ear.take, word, arguments=(CHILD,))
        ends.callback(host.close, 0.1)
        host.start()
        return Scripted(host, ear)

    return start


def training(run_id: str, network: Network = Network(), **plan: Any) -> Train:  # noqa: B008
    return Train(run_id, network, Digits(), TrainingPlan(**plan))


# --- the same numbers -------------------------------------------------------------------------------------------------
def test_thread_and_process_give_the_same_numbers(small: Network, ends: ExitStack) -> None:
    heard = []
    for make in (lambda emit: ThreadHost(run_engine, emit), ProcessHost):
        ear = Ear()
        host: Host = make(ear.take)
        ends.callback(host.close, 0.1)
        host.send(training("run", small, epochs=2, seed=7))
        host.start()
        done = ear.wait_for(TrainingDone)
        assert host.close(PATIENCE_S)
        losses = [event.losses for event in ear.events if isinstance(event, BatchesDone)]
        heard.append((np.concatenate(losses), done.held_out_loss, done.held_out_metric))
    np.testing.assert_allclose(heard[0][0], heard[1][0], rtol=1e-6)
    assert heard[0][1:] == pytest.approx(heard[1][1:], rel=1e-6)
    assert len(heard[0][0]) > 10


@pytest.mark.slow
def test_a_run_whose_process_is_killed_goes_on_in_the_next_one(small: Network, tmp_path: Path, ends: ExitStack) -> None:
    ear = Ear()
    plan = TrainingPlan(epochs=10_000, checkpoint_epochs=1)
    run = Train("first", small, Digits(), plan, run_dir=str(tmp_path / "run"))
    host = ProcessHost(ear.take)
    ends.callback(host.close, 0.1)
    host.start()
    host.send(run)
    written = ear.wait_for(CheckpointWritten)
    while written.epoch < 1:
        written = ear.wait_for(CheckpointWritten)
    process_id = host.process_id
    assert process_id is not None
    os.kill(process_id, getattr(signal, "SIGKILL", signal.SIGTERM))
    assert ear.wait_for(Failed).run_id == "first"
    host.send(replace(run, run_id="second", resume=True))
    assert ear.wait_for(Ready).versions
    started = ear.wait_for(TrainingStarted)
    assert (started.run_id, started.network) == ("second", small)
    assert started.first_step >= written.step
    assert host.process_id != process_id
    ear.wait_for(EpochDone)
    assert host.close(PATIENCE_S), "it ends itself in the middle of a run"


# --- deaths -----------------------------------------------------------------------------------------------------------
@POSIX
@pytest.mark.parametrize(
    ("word", "number", "said"),
    [("SIGKILL", 9, "out of memory"), ("SIGSEGV", 11, "SIGSEGV"), ("abort", 6, "SIGABRT"), ("SIGILL", 4, "SIGILL")],
)
def test_a_child_that_dies_ends_the_run_alone(scripted: Callable[[str], Scripted], word, number, said) -> None:
    it = scripted(word)
    it.host.send(training("run"))
    assert it.ear.wait_for(TrainingStarted).run_id == "run"
    assert f"signal {number}" in it.ear.wait_for(EngineEnded).message
    failed = it.ear.wait_for(Failed)
    assert (failed.what, failed.run_id) == ("Training", "run")
    assert said in failed.message
    assert not it.host.is_alive
    it.host.send(Pause())
    it.host.send(Stop())
    it.host.send(SetLearningRate(0.1))
    assert not it.host.is_alive, "what was meant for the run that is over starts no process"
    it.host.send(Build(Network()))
    assert it.ear.wait_for(Ready)
    assert it.ear.wait_for(Built)


@POSIX
def test_a_fatal_error_leaves_its_traceback_for_the_log(scripted: Callable[[str], Scripted]) -> None:
    it = scripted("SIGSEGV")
    it.host.send(training("run"))
    assert "_die" in it.ear.wait_for(Failed).details


def test_a_child_that_cannot_start_is_said_and_tried_again_when_asked(scripted: Callable[[str], Scripted]) -> None:
    it = scripted("early")
    failed = it.ear.wait_for(Failed)
    assert (failed.what, failed.run_id) == ("TensorFlow", None)
    assert "exit code 3" in failed.message
    assert "no such instruction" in failed.details
    it.host.send(training("run"))
    assert it.ear.wait_for(Failed).run_id == "run"


def test_an_interpreter_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(Path("no", "such", "python")))
    ear = Ear()
    host = ProcessHost(ear.take)
    host.start()
    assert "could not be started" in ear.wait_for(Failed).message
    host.send(training("run"))
    assert ear.wait_for(Failed).run_id == "run"


@pytest.mark.parametrize(
    ("code", "text"),
    [(-9, "signal 9, as when the kernel"), (-63, "signal 63"), (0xC0000005, "crashed (0xc0000005)"), (1, "code 1")],
)
def test_how_a_process_ended_is_said_in_words(code: int, text: str) -> None:
    assert text in death_text(code)


PARENT = """
import os, sys, threading
from models.runtime.hosting.process_host import ProcessHost
from models.training.events import Ready

def hear(event):
    if isinstance(event, Ready):
        print(host.process_id, flush=True)

host = ProcessHost(hear, "well", arguments=(sys.argv[1],))
host.start()
threading.Event().wait()
"""


def test_a_child_ends_when_its_parent_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, CHILD], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    child.wait(PATIENCE_S)
    assert not child.is_running()


TRAINING_PARENT = """
import sys, threading
from models.data.sources import Digits
from models.runtime.hosting.process_host import ProcessHost
from models.training.commands import Train
from models.training.events import EpochDone
from models.training.plan import TrainingPlan
from models.zoo import template

def hear(event):
    if isinstance(event, EpochDone) and event.epoch == 1:
        print(host.process_id, flush=True)

host = ProcessHost(hear)
host.start()
plan = TrainingPlan(epochs=10_000, checkpoint_minutes=1)
host.send(Train("run", template("lenet5").network(), Digits(), plan, run_dir=sys.argv[1]))
threading.Event().wait()
"""


@pytest.mark.slow  # it loads TensorFlow and trains
def test_a_run_whose_window_is_killed_ends_with_a_checkpoint(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TRAINING_PARENT, str(tmp_path / "run")]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    child.wait(PATIENCE_S)
    last = checkpoints_of(tmp_path / "run")[0]
    assert int("".join(filter(str.isdecimal, last.stem))) > 40, "of the moment at which it lost its window"


# --- ends that were asked for -----------------------------------------------------------------------------------------
def test_close_ends_a_child_that_trains(scripted: Callable[[str], Scripted]) -> None:
    it = scripted("well")
    it.host.send(training("run"))
    it.ear.wait_for(TrainingStarted)
    process = it.host.process_id
    assert it.host.close(PATIENCE_S)
    assert not psutil.pid_exists(process)
    it.host.send(Build(Network()))
    assert not it.host.is_alive
    assert it.ear.rest() == []


def test_close_ends_a_child_that_hangs_by_force(scripted: Callable[[str], Scripted]) -> None:
    it = scripted("hang")
    it.ear.wait_for(Ready)
    process = it.host.process_id
    assert not it.host.close(0.1)
    assert not psutil.pid_exists(process)


def test_release_ends_an_idle_child_and_the_next_command_starts_another(scripted: Callable[[str], Scripted]) -> None:
    it = scripted("well")
    it.ear.wait_for(Ready)
    first = psutil.Process(it.host.process_id)
    assert it.host.release()
    first.wait(PATIENCE_S)
    assert it.ear.rest() == [EngineEnded()]
    assert not it.host.release()
    it.host.send(Build(Network()))
    assert it.ear.wait_for(Built).parameters not in (0, first.pid)


def test_release_leaves_a_run_alone(scripted: Callable[[str], Scripted]) -> None:
    it = scripted("well")
    it.host.send(training("run"))
    assert not it.host.release()
    it.host.send(Stop())
    it.ear.wait_for(TrainingDone)
    assert it.host.release()


@POSIX
def test_a_child_gives_way_to_the_window(scripted: Callable[[str], Scripted]) -> None:
    it = scripted("well")
    it.ear.wait_for(Ready)
    assert psutil.Process(it.host.process_id).nice() == max(NICENESS, psutil.Process().nice())


@POSIX
def test_a_child_that_the_system_asks_to_end_ends_cleanly(scripted: Callable[[str], Scripted]) -> None:
    it = scripted("well")
    it.ear.wait_for(Ready)
    os.kill(it.host.process_id, signal.SIGTERM)
    assert "exit code 0" in it.ear.wait_for(EngineEnded).message


# --- what crosses -----------------------------------------------------------------------------------------------------
def test_large_arrays_cross_whole_and_own_the_memory_they_came_in(scripted: Callable[[str], Scripted]) -> None:
    it = scripted("well")
    image = np.random.default_rng(1).random((700, 1000, 3), np.float32)  # 8 MB: more than any pipe holds
    it.host.send(Predict(image))
    predicted = it.ear.wait_for(Predicted).probabilities
    np.testing.assert_array_equal(predicted, image * 2)
    assert predicted.base is not None, "it was copied out of the buffer it came in"


def test_networks_come_back_as_the_very_ones_that_were_sent(
    scripted: Callable[[str], Scripted], small: Network
) -> None:
    it = scripted("well")
    it.host.send(Build(small))
    assert it.ear.wait_for(Built).network is small


def test_what_was_watched_is_watched_again(scripted: Callable[[str], Scripted]) -> None:
    it = scripted("well")
    it.host.send(Watch(np.ones((2, 2, 1), np.float32), selected="conv"))
    assert it.ear.wait_for(Probed).selected == "conv"
    assert it.host.release()
    it.host.send(Watch(np.ones((2, 2, 1), np.float32), selected="dense"))
    assert not it.host.is_alive, "there is nothing to look at"
    it.host.send(Build(Network()))
    assert it.ear.wait_for(Probed).selected == "dense"


def test_what_cannot_be_sent_fails_and_the_child_lives_on(scripted: Callable[[str], Scripted]) -> None:
    it = scripted("well")
    it.host.send(Train("run", Network(), lambda: None, TrainingPlan()))  # type: ignore[arg-type]
    failed = it.ear.wait_for(Failed)
    assert failed.run_id == "run"
    assert "cannot be sent" in failed.message
    it.host.send(Build(Network()))
    assert it.ear.wait_for(Built)


def test_commands_before_the_start_wait_for_it(ends: ExitStack) -> None:
    ear = Ear()
    host = ProcessHost(ear.take, "well", arguments=(CHILD,))
    ends.callback(host.close, 0.1)
    host.send(Build(Network()))
    assert (host.is_started, host.is_alive) == (False, False)
    host.start()
    assert ear.wait_for(Built)
    assert host.close(PATIENCE_S)


# --- the thread -------------------------------------------------------------------------------------------------------
def test_a_thread_whose_engine_makes_a_mistake_still_answers() -> None:
    def engine(commands: SimpleQueue[Any], emit: Callable[[Event], None]) -> None:
        raise KeyError("oops")

    ear = Ear()
    host = ThreadHost(engine, ear.take)
    host.start()
    assert "KeyError" in ear.wait_for(EngineEnded).message
    ear.wait_for(Failed)
    host.send(training("run"))
    assert ear.wait_for(Failed).run_id == "run"
    assert not host.release()
    assert host.close(PATIENCE_S)


def test_a_thread_that_never_started_is_closed_at_once() -> None:
    assert ThreadHost(run_engine, lambda event: None).close(0)


def test_the_thread_gets_what_was_sent_before_it_started() -> None:
    got = []
    host = ThreadHost(lambda commands, emit: got.extend(iter(commands.get, Shutdown())), lambda event: None)
    host.send(Pause())
    host.start()
    assert host.close(PATIENCE_S)
    assert got == [Pause()]
