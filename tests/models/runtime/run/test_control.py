"""What can be asked of a run while it goes on."""

from __future__ import annotations

import json
import threading
import time
from itertools import pairwise

import numpy as np
import pytest

from models.data.sources import Digits
from models.runtime.run.pacing import Pace
from models.runtime.run.runs import load_run
from models.runtime.run.saving import RunSaver
from models.runtime.step.loop import CompiledLoop
from models.training.commands import (
    FindLearningRate,
    Pause,
    Resume,
    SaveRun,
    SetLearningRate,
    Shutdown,
    Step,
    Stop,
    Train,
)
from models.training.events import (
    BatchesDone,
    BlocksMeasured,
    CheckpointWritten,
    EpochDone,
    Failed,
    LearningRateChanged,
    LearningRatesTried,
    Paused,
    Resumed,
    RunSaved,
    TrainingDone,
)
from models.training.plan import TrainingPlan
from models.training.run_log import read_log
from models.training.runs.following import RunFollower
from models.training.runs.layout import ALIVE, checkpoints_of
from models.training.runs.summarizing import summarize
from models.training.schedules.plateau import ReduceLROnPlateau


def train(network, folder=None, **changes):
    plan = TrainingPlan(**{"epochs": 2, "batch_size": 256, **changes})
    return Train("run", network, Digits(), plan, "Mine", str(folder) if folder is not None else None)


def of_kind(events, *kinds):
    return [event for event in events if isinstance(event, kinds)]


def test_single_steps_while_paused(desk, small):
    def react(event):
        if isinstance(event, BatchesDone) and len(of_kind(desk.events, BatchesDone)) == 1:
            desk.engine.commands.put(Pause())
        if isinstance(event, Paused):
            asked = {1: Step(), 2: Step(3), 3: Resume()}
            desk.engine.commands.put(asked[len(of_kind(desk.events, Paused))])

    desk.react = react
    events = of_kind(desk.ask(train(small)), BatchesDone, Paused, Resumed, TrainingDone)
    pauses = [index for index, event in enumerate(events) if isinstance(event, Paused)]
    between = [events[a + 1 : b] for a, b in pairwise(pauses)]
    assert [sum(len(event.losses) for event in some) for some in between] == [1, 3]
    assert isinstance(events[pauses[-1] + 1], Resumed)
    assert sum(len(event.losses) for event in of_kind(events, BatchesDone)) == 2 * 6
    assert events[-1].reason == "finished"


def test_a_step_without_a_pause_changes_nothing(desk, small):
    desk.react = lambda event: desk.engine.commands.put(Step()) if isinstance(event, EpochDone) else None
    events = desk.ask(train(small))
    assert not of_kind(events, Paused)
    assert events[-1].reason == "finished"


def test_the_learning_rate_can_be_set(desk, small):
    def react(event):
        if isinstance(event, EpochDone) and event.epoch == 0:
            for rate in (0.5, -1.0, 0.25):
                desk.engine.commands.put(SetLearningRate(rate))

    desk.react = react
    events = desk.ask(train(small, learning_rate=0.001))
    assert [(e.step, e.learning_rate, e.reason) for e in of_kind(events, LearningRateChanged)] == [
        (6, 0.5, "user"), (6, 0.25, "user"),
    ]  # fmt: skip
    (failed,) = of_kind(events, Failed)
    assert "was -1.0; expected a number above 0" in failed.message
    rates = np.concatenate([event.learning_rates for event in of_kind(events, BatchesDone)])
    assert rates == pytest.approx([0.001] * 6 + [0.25] * 6)


def test_a_plateau_lowers_the_rate_and_says_so(desk, small):
    schedule = ReduceLROnPlateau(patience=1, min_delta=1e5, factor=0.5)
    events = desk.ask(train(small, epochs=3, schedule=schedule, learning_rate=0.01))
    changes = of_kind(events, LearningRateChanged)
    assert [(change.step, change.learning_rate, change.reason) for change in changes] == [
        (12, 0.005, "plateau"), (18, 0.0025, "plateau"),
    ]  # fmt: skip
    rates = np.concatenate([event.learning_rates for event in of_kind(events, BatchesDone)])
    assert rates == pytest.approx([0.01] * 12 + [0.005] * 6)


def test_most_steps_end_a_run_within_an_epoch(desk, small, tmp_path):
    events = desk.ask(train(small, tmp_path / "run", max_steps=8))
    assert sum(len(event.losses) for event in of_kind(events, BatchesDone)) == 8
    assert events[-1].reason == "finished"
    assert "8 steps" in events[-1].message
    assert events[-1].held_out_loss is not None
    more = desk.ask(
        Train("run", small, Digits(), TrainingPlan(), run_dir=str(tmp_path / "run"), resume=True, more_epochs=1)
    )
    assert sum(len(event.losses) for event in of_kind(more, BatchesDone)) == 6


def test_validation_now_and_then_early_stopping_and_the_best_weights(desk, small, tmp_path):
    plan = {
        "epochs": 9, "validation_freq": 2, "early_stopping": True, "patience": 2, "min_delta": 1e5,
        "restore_best_weights": True, "metrics": ("f1_score",), "learning_rate": 0.01,
    }  # fmt: skip
    events = desk.ask(train(small, tmp_path / "run", **plan))
    epochs = of_kind(events, EpochDone)
    assert [epoch.held_out_loss is not None for epoch in epochs] == [False, True, False, True, False, True]
    assert [bool(epoch.metrics) for epoch in epochs] == [epoch.held_out_loss is not None for epoch in epochs]
    assert all(epoch.images_per_second > 0 for epoch in epochs)
    done = events[-1]
    assert (done.reason, done.epochs) == ("finished", 6)
    assert "Ended early" in done.message
    best = min((epoch for epoch in epochs if epoch.held_out_loss), key=lambda epoch: epoch.held_out_loss)
    assert done.best_epoch == best.epoch
    assert [epoch.epoch for epoch in epochs if epoch.is_best][-1] == best.epoch
    assert done.held_out_loss == pytest.approx(best.held_out_loss, rel=1e-5)
    _project, weights = load_run(tmp_path / "run")
    for layer, values in desk.engine._live.weights().items():
        assert all(np.array_equal(one, other) for one, other in zip(values, weights[layer], strict=True))


def test_checkpoints_come_by_epochs_and_are_told(desk, small, tmp_path):
    events = desk.ask(train(small, tmp_path / "run", epochs=4, checkpoint_epochs=2))
    written = of_kind(events, CheckpointWritten)
    assert {event.step for event in written} >= {0, 12, 24}
    assert any(event.is_best for event in written)
    logged = of_kind(read_log(tmp_path / "run", small), CheckpointWritten)
    assert [event.step for event in logged] == [event.step for event in written]


@pytest.mark.parametrize(("seconds", "expected"), [(61.0, True), (59.0, False)])
def test_checkpoints_come_by_minutes_within_an_epoch(desk, small, tmp_path, monkeypatch, seconds, expected):
    checkpoint = RunSaver.checkpoint

    def written_at_once(saver, *args):
        checkpoint(saver, *args)
        while not saver._writer.is_idle:
            threading.Event().wait(0.001)

    monkeypatch.setattr(RunSaver, "seconds_since_checkpoint", property(lambda saver: seconds))
    monkeypatch.setattr(RunSaver, "checkpoint", written_at_once)
    events = desk.ask(train(small, tmp_path / "run", epochs=1, batch_size=32, checkpoint_minutes=1.0))
    within = [event.step for event in of_kind(events, CheckpointWritten) if 0 < event.step < 45]
    assert bool(within) is expected
    assert checkpoints_of(tmp_path / "run")[0].name == "step-0000000045.npz"
    assert len(checkpoints_of(tmp_path / "run")) == 2


def test_shutdown_leaves_a_checkpoint_and_a_run_that_can_be_resumed(desk, small, tmp_path):
    folder = tmp_path / "run"
    desk.react = lambda event: desk.engine.commands.put(Shutdown()) if isinstance(event, BatchesDone) else None
    desk.engine.commands.put(train(small, folder, epochs=50))
    desk.engine.run()
    done = desk.events[-1]
    assert isinstance(done, TrainingDone)
    summary = summarize(folder)
    assert (summary.status, summary.resumable) == ("interrupted", True)
    assert not (folder / ALIVE).exists()
    assert int(checkpoints_of(folder)[0].stem.removeprefix("step-")) == summary.steps > 0


def test_a_run_under_way_can_be_saved_elsewhere(desk, small, tmp_path):
    def react(event):
        if isinstance(event, EpochDone) and event.epoch == 0:
            desk.engine.commands.put(SaveRun(str(tmp_path / "two")))

    desk.react = react
    events = desk.ask(train(small, tmp_path / "one"))
    assert of_kind(events, RunSaved) == [RunSaved(str(tmp_path / "two"), "run")]
    assert events[-1].run_dir == str(tmp_path / "two")
    history = RunFollower(tmp_path / "two", load_run(tmp_path / "two")[0]).read_all()
    assert (history.steps, history.epoch_steps) == (12, [6, 12])
    losses = np.concatenate([event.losses for event in of_kind(events, BatchesDone)])
    np.testing.assert_allclose(history.losses.values, losses, rtol=1e-5)
    assert summarize(tmp_path / "two").status == "finished"
    assert (tmp_path / "two" / "model.keras").is_file()
    assert not (tmp_path / "one" / ALIVE).exists()
    assert checkpoints_of(tmp_path / "one")


def test_a_place_that_cannot_be_written_leaves_saving_as_it_was(desk, small, tmp_path):
    (tmp_path / "file").write_text("no folder")

    def react(event):
        if isinstance(event, EpochDone) and event.epoch == 0:
            desk.engine.commands.put(SaveRun(str(tmp_path / "file" / "run")))

    desk.react = react
    events = desk.ask(train(small, tmp_path / "one"))
    (failed,) = of_kind(events, Failed)
    assert failed.what == "Saving the run"
    assert "part of that path is a file" in failed.message
    assert "no longer saved" not in failed.message
    assert events[-1].run_dir == str(tmp_path / "one")
    assert summarize(tmp_path / "one").status == "finished"


@pytest.mark.parametrize("saved", [False, True])
def test_an_ended_run_can_be_saved_elsewhere_and_goes_on_there(desk, small, tmp_path, saved):
    assert "no run to save" in desk.want(SaveRun(str(tmp_path / "two")), Failed).message
    desk.ask(train(small, tmp_path / "one" if saved else None))
    assert desk.want(SaveRun(str(tmp_path / "two")), RunSaved).run_id == "run"
    summary = summarize(tmp_path / "two")
    assert (summary.status, summary.epochs, summary.resumable) == ("finished", 2, True)
    assert (tmp_path / "two" / "model.keras").is_file()
    events = desk.ask(
        Train("run", small, Digits(), TrainingPlan(), run_dir=str(tmp_path / "two"), resume=True, more_epochs=1)
    )
    assert (events[0].first_step, events[-1].epochs) == (12, 3)


def test_going_on_in_memory_goes_on_with_the_curves_steps(desk, small):
    desk.ask(train(small))
    plan = TrainingPlan(epochs=1, batch_size=256)
    events = desk.ask(Train("run", small, Digits(), plan, keep_weights=True))
    assert (events[0].first_epoch, events[0].first_step) == (2, 12)


def test_layers_are_measured_and_logged(desk, small, tmp_path, monkeypatch):
    monkeypatch.setattr("models.runtime.probes.FIRST_AFTER_S", 0.0)
    monkeypatch.setattr("models.runtime.run.run_folder.BLOCKS_EVERY_S", float("inf"))
    events = desk.ask(train(small, tmp_path / "run", epochs=4))
    measured = of_kind(events, BlocksMeasured)
    assert measured
    assert {"conv2d", "dense"} <= measured[0].blocks.keys()
    assert len(of_kind(read_log(tmp_path / "run", small), BlocksMeasured)) == 1  # of those so close together
    losses = [len(event.losses) for event in of_kind(events, BatchesDone)]
    assert sum(losses) == 24


def test_the_learning_rate_finder_answers_and_stop_ends_it(desk, small):
    command = FindLearningRate(small, Digits(), TrainingPlan(batch_size=64), steps=40)
    tried = of_kind(desk.ask(command), LearningRatesTried)
    assert tried[-1].done
    assert not any(event.done for event in tried[:-1])
    desk.react = lambda event: desk.engine.commands.put(Stop())
    stopped = of_kind(
        desk.ask(FindLearningRate(small, Digits(), TrainingPlan(), steps=10_000, high=1e-6)), LearningRatesTried
    )
    assert stopped[-1].done
    assert len(stopped[-1].rates) < 10_000


def test_chunks_adapt_so_that_a_pause_is_answered_soon(desk, small, monkeypatch):
    """A step that suddenly takes long is followed by chunks of fewer steps."""
    training, adapt, sizes, taken = CompiledLoop.train, Pace.adapt, [], [0.0001]

    def noted(loop, rates):
        sizes.append(len(rates))
        return training(loop, rates)

    def react(event):
        if isinstance(event, EpochDone) and event.epoch == 7:
            sizes.clear()
            taken[0] = 0.03

    monkeypatch.setattr(CompiledLoop, "train", noted)
    monkeypatch.setattr(Pace, "adapt", lambda pace, _seconds, steps: adapt(pace, taken[0] * steps, steps))
    desk.react = react
    desk.ask(train(small, epochs=10, batch_size=64))
    assert sizes == [23] + [1] * 23


def test_tensorboard_reads_what_was_written(desk, small, tmp_path):
    import tensorflow as tf
    from tensorflow.core.util.event_pb2 import Event as Record

    desk.ask(train(small, tmp_path / "run"))
    (path,) = (tmp_path / "run" / "tensorboard").iterdir()
    records = [Record.FromString(data.numpy()) for data in tf.data.TFRecordDataset(str(path))]
    assert records[0].file_version == "brain.Event:2"
    scalars = {(value.tag, record.step): value.simple_value for record in records for value in record.summary.value}
    epochs = {step: value for (tag, step), value in scalars.items() if tag == "epoch/held_out_loss"}
    assert sorted(epochs) == [6, 12]
    told = of_kind(desk.events, EpochDone)
    assert [epochs[6], epochs[12]] == pytest.approx([epoch.held_out_loss for epoch in told], rel=1e-5)
    assert {"batch/loss", "learning_rate/step", "epoch/accuracy", "batch/gradient_norm"} <= {tag for tag, _ in scalars}


def test_the_heartbeat_goes_on_while_paused(desk, small, tmp_path, monkeypatch):
    monkeypatch.setattr("models.runtime.run.run_writer.ALIVE_EVERY_S", 0.05)
    beats = []

    def react(event):
        if isinstance(event, EpochDone) and event.epoch == 0:
            desk.engine.commands.put(Pause())
        if isinstance(event, Paused):
            path = tmp_path / "run" / ALIVE
            until = time.monotonic() + 20
            while len(beats) < 3 and time.monotonic() < until:
                beat = json.loads(path.read_bytes())["time"]
                if beat not in beats:
                    beats.append(beat)
            desk.engine.commands.put(Resume())

    desk.react = react
    desk.ask(train(small, tmp_path / "run"))
    assert len(beats) == 3
    assert not (tmp_path / "run" / ALIVE).exists()
