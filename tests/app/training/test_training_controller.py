"""The window's side of the engine, over a host that tells what the test wants."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from run_folders import WrittenRun, write_run
from scripted_host import ScriptedHost

from app.training.training_controller import State, TrainingController
from models.data.sources.digits import DIGITS_FACTS, Digits
from models.network.project import Project
from models.training.commands import (
    FindLearningRate,
    Pause,
    Resume,
    SaveRun,
    SetLearningRate,
    Step,
    Stop,
    Storage,
    Train,
    Watch,
)
from models.training.events import (
    BatchesDone,
    BlocksMeasured,
    CheckpointWritten,
    EngineEnded,
    EpochDone,
    Event,
    Failed,
    LearningRateChanged,
    LearningRatesTried,
    Paused,
    Ready,
    RunSaved,
    TrainingDone,
    TrainingStarted,
)
from models.zoo import TEMPLATES

PROJECT = Project(name="lenet", network=TEMPLATES["lenet5"].network())
STEPS = 10


class Bench:
    """A controller with its host, and all that it has told."""

    def __init__(self, qtbot: QtBot) -> None:
        self._qtbot = qtbot
        self.hosts: list[ScriptedHost] = []
        self.told: list[object] = []
        self.controller = TrainingController(self._make_host)
        self.controller.event_received.connect(self.told.append)
        self.controller.start()
        self.tell(Ready("CPU · 2 cores", False))

    def _make_host(self, emit: object) -> ScriptedHost:
        self.hosts.append(ScriptedHost(emit))
        return self.hosts[-1]

    @property
    def host(self) -> ScriptedHost:
        return self.hosts[-1]

    @property
    def run(self) -> Train:
        command = self.host.received(Train)[-1]
        assert isinstance(command, Train)
        return command

    def tell(self, *events: Event) -> None:
        """Let the engine tell these, and wait until the last one has arrived."""
        for event in events:
            self.host.emit(event)
        mark = Failed("Preview", str(len(self.told)))  # of no run, and it changes nothing
        self.host.emit(mark)
        self._qtbot.waitUntil(lambda: mark in self.told)

    def train(self, keep: bool = False, run_dir: str | None = "/runs/one") -> None:
        self.controller.train(PROJECT, Digits(), run_dir, Storage(), keep)

    def started(self, first_step: int = 0, first_epoch: int = 0) -> TrainingStarted:
        return TrainingStarted(
            self.run.run_id, PROJECT.network, DIGITS_FACTS, 3 - first_epoch, STEPS, 100, 20, "loss", "accuracy",
            self.run.run_dir, first_epoch, first_step,
        )  # fmt: skip

    def epoch(self, number: int) -> tuple[Event, Event]:
        values = np.full(STEPS, 1 / (1 + number), np.float32)
        return (
            BatchesDone(self.run.run_id, number, STEPS, values, values, 100.0),
            EpochDone(self.run.run_id, number, 1.0, 0.5, None, None, 0.1),
        )


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    made = Bench(qtbot)
    yield made
    made.controller.shut_down()


# --- control ----------------------------------------------------------------------------------------------------------
def test_single_steps_are_for_a_run_that_is_paused(bench: Bench) -> None:
    controller = bench.controller
    bench.train()
    bench.tell(bench.started())
    controller.step()
    assert not bench.host.received(Step)
    controller.pause()
    bench.tell(Paused(bench.run.run_id))
    controller.step()
    controller.step(3)
    assert bench.host.received(Step) == [Step(1), Step(3)]
    one = np.ones(1, np.float32)
    bench.tell(BatchesDone(bench.run.run_id, 0, 1, one, one, 1.0), Paused(bench.run.run_id))
    assert controller.state is State.PAUSED
    assert controller.history.steps == 1
    controller.pause()
    assert len(bench.host.received(Resume)) == len(bench.host.received(Pause)) == 1


def test_a_rate_is_remembered_as_asked_for_so_that_halving_twice_is_a_quarter(bench: Bench) -> None:
    controller = bench.controller
    controller.set_learning_rate(0.5)  # there is no run
    bench.train()
    bench.tell(bench.started())
    assert controller.learning_rate == PROJECT.plan.learning_rate
    for _ in range(2):
        controller.set_learning_rate(controller.learning_rate / 2)
    asked = [command.learning_rate for command in bench.host.received(SetLearningRate)]
    assert asked == [PROJECT.plan.learning_rate / 2, PROJECT.plan.learning_rate / 4]
    bench.tell(*bench.epoch(0), LearningRateChanged(bench.run.run_id, STEPS, asked[0]))
    assert controller.learning_rate == asked[1]  # the second answer is still to come
    assert [change.step for change in controller.history.rate_changes] == [STEPS]
    bench.tell(LearningRateChanged(bench.run.run_id, STEPS, 1e-5, "plateau"))
    assert controller.learning_rate == 1e-5
    bench.tell(TrainingDone(bench.run.run_id, "finished", "", 1))
    assert controller.learning_rate is None


def test_a_search_for_a_rate_takes_the_engine_and_gives_it_back(bench: Bench) -> None:
    controller = bench.controller
    controller.find_learning_rate(PROJECT, Digits(), Storage(), low=1e-4)
    assert controller.state is State.FINDING
    assert controller.is_busy
    assert not controller.is_training
    bench.train()
    assert not bench.host.received(Train)
    values = np.ones(3, np.float32)
    bench.tell(LearningRatesTried(values, values))
    controller.stop()
    assert controller.state is State.FINDING
    assert len(bench.host.received(Stop)) == 1
    bench.tell(LearningRatesTried(values, values, 0.01, done=True))
    assert controller.state is State.IDLE
    controller.find_learning_rate(PROJECT, Digits(), Storage())
    bench.tell(Failed("Preview", "something else"))
    assert controller.state is State.FINDING
    bench.tell(Failed("Learning rate", "no data"))
    assert controller.state is State.IDLE
    assert [command.low for command in bench.host.received(FindLearningRate)] == [1e-4, 1e-7]


def test_a_run_is_saved_elsewhere(bench: Bench) -> None:
    bench.train()
    bench.tell(bench.started())
    bench.controller.save_run(Path("/other"))
    assert bench.host.received(SaveRun) == [SaveRun("/other")]
    bench.tell(RunSaved("/other", bench.run.run_id))
    assert bench.controller.run_dir == "/other"


# --- curves -----------------------------------------------------------------------------------------------------------
def test_steps_of_a_run_that_goes_on_from_another_are_counted_over_both(bench: Bench) -> None:
    controller = bench.controller
    bench.train()
    bench.tell(bench.started(), *bench.epoch(0), TrainingDone(bench.run.run_id, "stopped", "", 1))
    bench.train(keep=True, run_dir="/runs/two")
    bench.tell(
        bench.started(),
        *bench.epoch(0),
        BlocksMeasured(bench.run.run_id, 7, 0, {}),
        LearningRateChanged(bench.run.run_id, 8, 0.1),
        CheckpointWritten(bench.run.run_id, 10, 0, "x"),
    )
    assert controller.history.steps == 2 * STEPS
    assert controller.history.measured[-1].step == STEPS + 7
    assert controller.history.rate_changes[-1].step == STEPS + 8
    assert [event.step for event in bench.told if isinstance(event, CheckpointWritten)] == [STEPS + 10]
    assert controller.checkpoint_at is not None


def test_the_same_run_goes_on_from_its_checkpoint_and_what_lies_behind_it_comes_again(bench: Bench) -> None:
    controller = bench.controller
    bench.train()
    bench.tell(bench.started(), *bench.epoch(0), *bench.epoch(1), TrainingDone(bench.run.run_id, "stopped", "", 2))
    before = controller.history.losses.values.copy()
    controller.resume_run(Path("/runs/one"), PROJECT, Digits(), Storage(), more_epochs=2)
    assert (bench.run.resume, bench.run.run_dir, bench.run.more_epochs) == (True, "/runs/one", 2)
    bench.tell(bench.started(first_step=STEPS, first_epoch=1))
    assert controller.history.steps == STEPS
    bench.tell(*bench.epoch(1))
    assert np.array_equal(controller.history.losses.values, before)
    assert len(controller.history.epochs) == 2


def test_a_run_that_the_window_has_not_seen_brings_its_curves_with_it(
    bench: Bench, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = write_run(tmp_path / "run", WrittenRun(PROJECT, epochs=3, planned=5, steps=STEPS, reason=None))
    controller = bench.controller
    controller.resume_run(folder, PROJECT, Digits(), Storage())
    assert controller.state is State.TRAINING
    qtbot.waitUntil(lambda: bool(bench.host.received(Train)))
    assert controller.history.steps == 3 * STEPS
    bench.tell(bench.started(first_step=2 * STEPS, first_epoch=2), *bench.epoch(2))
    assert controller.history.steps == 3 * STEPS
    assert len(controller.history.epochs) == 3
    bench.tell(TrainingDone(bench.run.run_id, "stopped", "", 3))
    assert controller.trained_network is PROJECT.network


def test_stop_while_the_curves_are_read_is_the_end_of_it(bench: Bench, qtbot: QtBot, tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", WrittenRun(PROJECT, epochs=3, planned=5, steps=STEPS, reason=None))
    controller = bench.controller
    controller.resume_run(folder, PROJECT, Digits(), Storage())
    controller.set_learning_rate(0.5)  # nobody would hear it
    controller.stop()
    assert controller.state is State.IDLE
    bench.train()
    bench.tell(bench.started(), *bench.epoch(0))
    assert [command.resume for command in bench.host.received(Train)] == [False]
    assert controller.history.steps == STEPS
    assert not bench.host.received(SetLearningRate)


# --- an engine that dies ----------------------------------------------------------------------------------------------
def test_a_dead_engine_leaves_the_window_idle_and_its_run_can_be_resumed(bench: Bench) -> None:
    controller = bench.controller
    bench.train()
    bench.tell(bench.started(), *bench.epoch(0), TrainingDone(bench.run.run_id, "stopped", "", 1))
    assert controller.trained_network is not None
    bench.train()
    dead = EngineEnded("The training process ended.")
    bench.tell(bench.started(), *bench.epoch(0), dead, Failed("Training", "dead", run_id=bench.run.run_id))
    assert controller.state is State.IDLE
    assert controller.trained_network is None  # its weights are gone
    assert controller.history.steps == STEPS
    controller.resume_run(Path("/runs/one"), PROJECT, Digits(), Storage())
    assert bench.run.resume
    assert controller.history.steps == STEPS


def test_an_engine_that_cannot_be_started_again_breaks_off_the_run(bench: Bench) -> None:
    bench.train()
    bench.tell(bench.started(), Failed("TensorFlow", "it is gone"))
    assert bench.controller.state is State.BROKEN
    assert not bench.controller.is_training
    bench.tell(Ready("CPU · 2 cores", False))
    assert bench.controller.state is State.IDLE


def test_another_engine_takes_the_place_of_the_old_one_and_hears_what_is_watched(bench: Bench, qtbot: QtBot) -> None:
    controller, old = bench.controller, bench.host
    controller.watch(budget=0.01)
    bench.train()
    controller.renew_engine()
    assert bench.host is old  # a run keeps its engine
    bench.tell(bench.started(), *bench.epoch(0), TrainingDone(bench.run.run_id, "stopped", "", 1))
    controller.renew_engine()
    assert bench.host is not old
    assert controller.state is State.STARTING
    assert controller.trained_network is None
    qtbot.waitUntil(lambda: old.closed)
    old.emit(Ready("the old one", False))
    assert bench.host.is_started
    assert bench.host.received(Watch)[-1].budget == 0.01
    bench.tell(Ready("GPU", True))
    assert controller.state is State.IDLE
    assert [event.device for event in bench.told if isinstance(event, Ready)] == ["CPU · 2 cores", "GPU"]
