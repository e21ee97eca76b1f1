"""What goes wrong while training: it is said, and nothing that was learned is lost."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.shaping import Flatten
from models.data.sources import Digits
from models.network.graph import stack
from models.network.project import Project
from models.runtime import failures
from models.runtime.failures import is_out_of_memory
from models.runtime.run.runs import load_run
from models.runtime.step.loop import CompiledLoop
from models.training.commands import Evaluate, SaveRun, Train
from models.training.events import (
    BatchesDone,
    CheckpointWritten,
    EpochDone,
    Evaluated,
    Failed,
    RunSaved,
    TrainingDone,
)
from models.training.optimizers import SGD
from models.training.plan import TrainingPlan
from models.training.runs.layout import checkpoints_of
from models.training.runs.summarizing import summarize


def train(network, folder=None, **changes):
    keep = bool(changes.pop("keep_weights", False))
    plan = TrainingPlan(**{"epochs": 2, "batch_size": 256, **changes})
    where = str(folder) if folder is not None else None
    return Train("run", network, Digits(), plan, "Mine", where, keep_weights=keep)


def of_kind(events, *kinds):
    return [event for event in events if isinstance(event, kinds)]


# --- numbers that are no longer finite --------------------------------------------------------------------------------
@pytest.mark.parametrize("learning_rate", [1e5, 2.0])  # the loss itself, and the square of a gradient
def test_a_diverging_run_names_the_block_and_offers_what_helps(desk, tmp_path, learning_rate):
    network = stack(Input(shape=(8, 8, 1)), Conv2D(filters=4), Conv2D(filters=4), Flatten(), Dense(units=10))
    command = train(network, tmp_path / "run", optimizer=SGD(), learning_rate=learning_rate, epochs=30)
    done = desk.want(command, TrainingDone)
    assert done.reason == "diverged"
    assert done.node in {node.id for node in network.nodes}
    assert f"({done.node})" in done.message
    texts = [remedy.text for remedy in done.remedies]
    assert texts[:2] == ["Learning rate 0.01", "Clip gradients to norm 1"]  # a tenth of 100,000 would help nobody
    assert "try 0.01" in done.message
    assert texts[2].startswith("BatchNormalization behind")
    project = Project(network=network, plan=command.plan)
    for remedy in done.remedies:
        assert remedy.applied(project) != project
    _project, weights = load_run(tmp_path / "run")
    assert all(np.isfinite(value).all() for values in weights.values() for value in values)
    assert summarize(tmp_path / "run").status == "diverged"


def test_weights_go_back_to_the_last_finite_ones(desk, small, tmp_path, monkeypatch):
    training, good = CompiledLoop.train, []

    def spoil(loop, rates):
        chunk = training(loop, rates)
        if len(good) and not np.isnan(good[0]):
            layer = desk.engine._live.model.get_layer("dense")
            layer.kernel.assign(np.full(layer.kernel.shape, np.nan, np.float32))
        return chunk

    def react(event):
        if isinstance(event, EpochDone):
            good.append(desk.engine._live.weights()["dense"][0][0, 0])

    monkeypatch.setattr(CompiledLoop, "train", spoil)
    desk.react = react
    done = desk.want(train(small, tmp_path / "run", epochs=4), TrainingDone)
    assert done.reason == "diverged"
    assert desk.engine._live.weights()["dense"][0][0, 0] == good[0]
    _project, weights = load_run(tmp_path / "run")
    assert np.isfinite(weights["dense"][0]).all()


# --- memory -----------------------------------------------------------------------------------------------------------
def exhausted_after(steps, error, monkeypatch):
    training, taken = CompiledLoop.train, [0]

    def train_or_fail(loop, rates):
        if taken[0] >= steps:
            raise error
        taken[0] += len(rates)
        return training(loop, rates)

    monkeypatch.setattr(CompiledLoop, "train", train_or_fail)


def test_running_out_of_memory_offers_the_batch_size_that_fits(desk, small, monkeypatch):
    exhausted_after(0, tf.errors.ResourceExhaustedError(None, None, "OOM"), monkeypatch)
    (failed,) = of_kind(desk.ask(train(small, batch_size=512)), Failed)
    (remedy,) = failed.remedies
    assert (remedy.text, remedy.plan, remedy.trains) == ("Batch size 256", (("batch_size", 256),), "anew")


def test_running_out_of_memory_later_keeps_what_was_learned(desk, small, tmp_path, monkeypatch):
    error = tf.errors.InternalError(None, None, "CUDA_ERROR_OUT_OF_MEMORY: out of memory")
    with monkeypatch.context() as patch:
        exhausted_after(8, error, patch)
        events = desk.ask(train(small, tmp_path / "run", epochs=9))
    (failed,) = of_kind(events, Failed)
    assert failed.run_id == "run"
    assert failed.remedies[0].trains == "on"
    taken = sum(len(event.losses) for event in of_kind(events, BatchesDone))
    assert checkpoints_of(tmp_path / "run")[0].stem == f"step-{taken:010d}"
    summary = summarize(tmp_path / "run")
    assert (summary.status, summary.resumable) == ("stopped", True)
    _project, weights = load_run(tmp_path / "run")
    np.testing.assert_array_equal(weights["dense"][0], desk.engine._live.weights()["dense"][0])
    assert desk.want(Evaluate(), Evaluated).images
    events = desk.ask(train(small, batch_size=128, keep_weights=True))
    assert events[0].first_step == taken
    assert events[-1].reason == "finished"


def test_the_batch_size_that_should_fit_is_at_most_half_and_fits(small, monkeypatch):
    from models.analysis import analyse

    analysis = analyse(small)
    memory = analysis.training_bytes(100)
    error = failures.out_of_memory(analysis, TrainingPlan(batch_size=1024), memory, trained=False)
    ((_, size),) = error.remedies[0].plan
    assert size <= 512
    assert analysis.training_bytes(size) <= memory
    assert "smaller Input" in str(failures.out_of_memory(analysis, TrainingPlan(batch_size=64), 1, trained=False))


@pytest.mark.parametrize(
    ("error", "is_one"),
    [
        (MemoryError(), True),
        (tf.errors.ResourceExhaustedError(None, None, "x"), True),
        (tf.errors.InternalError(None, None, "failed to allocate memory"), True),
        (tf.errors.InternalError(None, None, "cuDNN launch failure"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_which_errors_mean_memory(error, is_one):
    assert is_out_of_memory(error) == is_one


# --- the disk ---------------------------------------------------------------------------------------------------------
def test_a_disk_that_becomes_full_is_said_once_and_the_run_can_be_saved_elsewhere(desk, small, tmp_path, monkeypatch):
    full, place = [False], tmp_path / "full"
    fsync = os.fsync

    def no_space(handle):
        if full[0] and str(place) in str(Path(f"/proc/self/fd/{handle}").readlink()):
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(handle)

    def react(event):
        if isinstance(event, EpochDone):
            full[0] = True
        if isinstance(event, Failed):
            desk.engine.commands.put(SaveRun(str(tmp_path / "other")))

    monkeypatch.setattr(os, "fsync", no_space)
    desk.react = react
    events = desk.ask(train(small, place, epochs=40, checkpoint_epochs=1))
    (failed,) = of_kind(events, Failed)
    assert (failed.what, failed.run_id) == ("Saving the run", None)
    assert "disk is full" in failed.message
    assert of_kind(events, RunSaved)
    assert events[-1].run_dir == str(tmp_path / "other")
    assert summarize(tmp_path / "other").epochs == 40
    assert load_run(place)  # what was written before can still be read


def test_a_folder_that_is_removed_is_said_and_not_made_anew(desk, small, tmp_path):
    folder = tmp_path / "run"

    def react(event):
        if isinstance(event, CheckpointWritten) and folder.is_dir():
            shutil.rmtree(folder)

    desk.react = react
    events = desk.ask(train(small, folder, epochs=40, checkpoint_epochs=1))
    (failed,) = of_kind(events, Failed)
    assert "removed or renamed" in failed.message
    assert not folder.exists()
    assert (events[-1].reason, events[-1].run_dir) == ("finished", None)
    desk.react = lambda event: None
    assert desk.want(SaveRun(str(tmp_path / "other")), RunSaved)
    assert summarize(tmp_path / "other").epochs == 40
    weights = load_run(tmp_path / "other")[1]
    np.testing.assert_array_equal(weights["dense"][0], desk.engine._live.weights()["dense"][0])


def test_a_folder_that_may_no_longer_be_written_is_said(desk, small, tmp_path, monkeypatch):
    opened = Path.open

    def denied(path, mode="r", *more, **named):
        if denies[0] and mode == "xb" and path.parent.name == "checkpoints":
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, mode, *more, **named)

    denies = [False]
    monkeypatch.setattr(Path, "open", denied)
    desk.react = lambda event: denies.__setitem__(0, denies[0] or isinstance(event, EpochDone))
    events = desk.ask(train(small, tmp_path / "run", epochs=3))
    (failed,) = of_kind(events, Failed)
    assert "you may not write there" in failed.message
    assert events[-1].reason == "finished"


def test_another_run_is_never_written_over(desk, small, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    desk.ask(train(small, one))
    before = {path: path.read_bytes() for path in one.rglob("*") if path.is_file()}
    told = []

    def react(event):
        if isinstance(event, CheckpointWritten) and not told:
            told.append(event)
            desk.engine.commands.put(SaveRun(str(one)))

    desk.react = react
    events = desk.ask(train(small, two, epochs=20, checkpoint_epochs=1))
    (failed,) = of_kind(events, Failed)
    assert "holds another run" in failed.message
    assert events[-1].run_dir == str(two)
    assert "holds another run" in desk.want(SaveRun(str(one)), Failed).message
    assert {path: path.read_bytes() for path in one.rglob("*") if path.is_file()} == before
