"""A run that was stopped and goes on is the same as one that was never stopped."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import replace
from itertools import chain

import numpy as np
import pytest
from PIL import Image

from models.blocks.activation import ReLU
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.normalization import BatchNormalization, Dropout
from models.blocks.shaping import Flatten
from models.data.preparation import Preparation
from models.data.sources import Digits, ImageFolder
from models.data.split import Split
from models.data.steps.geometric import RandomTranslation
from models.network.graph import stack
from models.runtime.run.runs import load_run
from models.training.commands import SetLearningRate, Stop, Storage, Train
from models.training.events import (
    BatchesDone,
    EpochDone,
    Failed,
    LearningRateChanged,
    SamplesLost,
    TrainingDone,
    TrainingStarted,
)
from models.training.optimizers import SGD
from models.training.plan import TrainingPlan
from models.training.runs.following import RunFollower
from models.training.runs.layout import ALIVE, Alive, checkpoints_of
from models.training.schedules.curves import Cosine, Exponential, OneCycle, StepDecay
from models.training.schedules.plateau import ReduceLROnPlateau

NETWORK = stack(
    Input(shape=(8, 8, 1)),
    Conv2D(filters=3),
    BatchNormalization(),
    ReLU(),
    Flatten(),
    Dropout(rate=0.3),
    Dense(units=10, activation="softmax"),
)
PREPARATION = Preparation(split=Split(validation=0.5), augmentation=(RandomTranslation(),))
PLAN = TrainingPlan(
    epochs=3, batch_size=128, optimizer=SGD(momentum=0.9), learning_rate=0.05, seed=3, validation_freq=2
)


@pytest.fixture
def picture_folder(tmp_path):
    """Red and blue pictures."""
    generator = np.random.default_rng(1)
    for index in range(22):
        folder = tmp_path / "pictures" / ("red", "blue")[index % 2]
        folder.mkdir(parents=True, exist_ok=True)
        pixels = generator.integers(0, 90, (6, 6, 3), np.uint8)
        pixels[:, :, 0 if index % 2 == 0 else 2] += 150
        Image.fromarray(pixels).save(folder / f"{index}.png")
    return tmp_path / "pictures"


def command(folder, plan=PLAN, **changes):
    return Train("run", NETWORK, Digits(), plan, "Mine", str(folder), preparation=PREPARATION, **changes)


def curve(events):
    return np.concatenate([[], *(event.losses for event in events if isinstance(event, BatchesDone))])


def stop_after(desk, steps):
    """Stop once so many steps are taken; chunks are cut so that it can be met."""
    taken = 0

    def react(event):
        nonlocal taken
        if isinstance(event, BatchesDone):
            taken += len(event.losses)
            if taken >= steps:
                desk.engine.commands.put(Stop())
                desk.react = lambda event: None

    desk.react = react


def assert_same(desk, whole, parts, tmp_path):
    """Curves, weights and epochs of a run in parts are those of a whole one."""
    np.testing.assert_allclose(np.concatenate([curve(part) for part in parts]), curve(whole), atol=1e-5)
    (_, one), (_, other) = load_run(tmp_path / "whole"), load_run(tmp_path / "parts")
    for layer, values in one.items():
        for mine, its in zip(values, other[layer], strict=True):
            np.testing.assert_allclose(its, mine, atol=1e-5)
    epochs = [[event for event in events if isinstance(event, EpochDone)] for events in (whole, list(chain(*parts)))]
    assert len(epochs[0]) == len(epochs[1])
    for mine, its in zip(*epochs, strict=True):
        assert (its.epoch, its.is_best) == (mine.epoch, mine.is_best)
        assert its.loss == pytest.approx(mine.loss, abs=1e-5)
        assert its.held_out_loss == (pytest.approx(mine.held_out_loss, abs=1e-5) if mine.held_out_loss else None)
    assert isinstance(parts[-1][-1], TrainingDone)
    assert parts[-1][-1].reason == whole[-1].reason
    assert parts[-1][-1].message == whole[-1].message


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"gradient_accumulation_steps": 3, "use_ema": True},
        {"schedule": Cosine(warmup=0.5)},
        {"schedule": OneCycle()},
        {"schedule": StepDecay(every=0.7)},
        {"schedule": Exponential(), "early_stopping": True, "patience": 1, "min_delta": 1000.0, "monitor": "loss"},
        {"schedule": ReduceLROnPlateau(patience=1, min_delta=1000.0), "monitor": "loss", "epochs": 4},
        {"max_steps": 17, "restore_best_weights": True},
    ],
)
def test_stop_and_resume_equals_a_run_that_was_never_stopped(desk, tmp_path, changes):
    plan = PLAN.replace(**changes)
    whole = desk.ask(command(tmp_path / "whole", plan))
    stop_after(desk, 10)  # in the second epoch
    first = desk.ask(command(tmp_path / "parts", plan))
    assert first[-1].reason == "stopped"
    other = type(desk)()
    stop_after(other, 3)
    second = other.ask(command(tmp_path / "parts", TrainingPlan(), resume=True))
    started = second[0]
    assert isinstance(started, TrainingStarted)
    assert started.plan == plan
    assert (started.first_epoch * 8 + started.step_in_epoch) == started.first_step == len(curve(first))
    third = desk.ask(command(tmp_path / "parts", resume=True)) if second[-1].reason == "stopped" else []
    assert_same(desk, whole, [part for part in (first, second, third) if part], tmp_path)
    history = RunFollower(tmp_path / "parts", load_run(tmp_path / "parts")[0]).read_all()
    np.testing.assert_allclose(history.losses.values, curve(whole), rtol=1e-5, atol=1e-6)


def test_more_epochs_go_on_with_curves_optimizer_and_schedule(desk, tmp_path):
    whole = desk.ask(command(tmp_path / "whole"))
    shorter = PLAN.replace(epochs=2)
    first = desk.ask(command(tmp_path / "parts", shorter))
    assert first[-1].reason == "finished"
    second = type(desk)().ask(command(tmp_path / "parts", resume=True, more_epochs=1))
    np.testing.assert_allclose(np.concatenate([curve(first), curve(second)]), curve(whole), atol=1e-5)
    assert load_run(tmp_path / "parts")[0].plan.epochs == 3
    assert (second[0].first_epoch, second[0].first_step, second[0].epochs) == (2, 16, 1)


def test_a_finished_run_that_goes_on_without_more_epochs_is_finished_at_once(desk, tmp_path):
    desk.ask(command(tmp_path / "run"))
    events = type(desk)().ask(command(tmp_path / "run", resume=True))
    assert [type(event) for event in events if isinstance(event, TrainingStarted | BatchesDone | TrainingDone)] == [
        TrainingStarted, TrainingDone,
    ]  # fmt: skip
    assert events[-1].reason == "finished"


def test_a_learning_rate_that_was_set_is_kept(desk, tmp_path):
    def react(event):
        if isinstance(event, EpochDone) and event.epoch == 0:
            desk.engine.commands.put(SetLearningRate(0.001))
        if isinstance(event, EpochDone) and event.epoch == 1:
            desk.engine.commands.put(Stop())

    desk.react = react
    events = desk.ask(command(tmp_path / "run"))
    (changed,) = [event for event in events if isinstance(event, LearningRateChanged)]
    assert (changed.step, changed.learning_rate, changed.reason) == (8, 0.001, "user")
    desk.react = lambda event: None
    again = desk.ask(command(tmp_path / "run", resume=True))
    rates = np.concatenate([event.learning_rates for event in again if isinstance(event, BatchesDone)])
    assert rates == pytest.approx(0.001)
    history = RunFollower(tmp_path / "run", load_run(tmp_path / "run")[0]).read_all()
    assert [change.step for change in history.rate_changes] == [8]


def test_files_that_stream_go_on_in_the_same_order(desk, tmp_path, picture_folder):
    source = ImageFolder(path=str(picture_folder))
    network = stack(Input(shape=(6, 6, 3)), Flatten(), Dropout(rate=0.2), Dense(units=2))
    plan = TrainingPlan(epochs=3, batch_size=4, learning_rate=0.01)
    train = Train("run", network, source, plan, "Mine", str(tmp_path / "whole"), storage=Storage(memory=0))
    train = replace(train, preparation=PREPARATION.replace(split=Split(validation=0.0)))
    whole = desk.ask(train)
    stop_after(desk, 5)
    first = desk.ask(replace(train, run_dir=str(tmp_path / "parts")))
    other = type(desk)()
    second = other.ask(replace(train, run_dir=str(tmp_path / "parts"), resume=True))
    for one in (desk, other):
        one.engine._desk.forget_prepared()  # closes its files
    assert second[0].step_in_epoch > 0
    assert_same(desk, whole, [first, second], tmp_path)


@pytest.mark.slow
def test_samples_that_are_lost_meanwhile_stay_so(desk, tmp_path, picture_folder):
    """Files that cannot be decoded shift the batches after them; going on within the epoch knows of that."""
    for number in (2, 5, 11, 16):
        path = next(picture_folder.rglob(f"{number}.png"))
        path.write_bytes(path.read_bytes()[:-40])
    network = stack(Input(shape=(6, 6, 3)), Flatten(), Dense(units=2))
    plan = TrainingPlan(epochs=3, batch_size=2, learning_rate=0.01)
    preparation = Preparation(split=Split(validation=0.0))
    train = Train(
        "run", network, ImageFolder(path=str(picture_folder)), plan, "Mine", str(tmp_path / "whole"),
        storage=Storage(memory=0), preparation=preparation,
    )  # fmt: skip
    whole = desk.ask(train)
    assert sum(len(event.lost) for event in whole if isinstance(event, SamplesLost)) == 4
    desk.engine._desk.forget_prepared()  # closes its files
    for steps in (6, 14):
        one, other = type(desk)(), type(desk)()
        stop_after(one, steps)
        first = one.ask(replace(train, run_dir=str(tmp_path / f"parts{steps}")))
        assert first[-1].reason == "stopped"
        second = other.ask(replace(train, run_dir=str(tmp_path / f"parts{steps}"), resume=True))
        for made in (one, other):
            made.engine._desk.forget_prepared()
        np.testing.assert_allclose(np.concatenate([curve(first), curve(second)]), curve(whole), atol=1e-5)


def test_a_damaged_newest_checkpoint_is_passed_over_and_said(desk, tmp_path):
    whole = desk.ask(command(tmp_path / "whole"))
    desk.ask(command(tmp_path / "run", PLAN.replace(checkpoint_epochs=1)))
    newest, older = checkpoints_of(tmp_path / "run")
    newest.write_bytes(newest.read_bytes()[:-1000])
    events = type(desk)().ask(command(tmp_path / "run", resume=True))
    (failed,) = [event for event in events if isinstance(event, Failed)]
    assert newest.name in failed.message
    assert failed.run_id is None
    started = next(event for event in events if isinstance(event, TrainingStarted))
    assert started.first_step == int(older.stem.removeprefix("step-"))
    np.testing.assert_allclose(curve(events), curve(whole)[started.first_step :], atol=1e-5)


def test_a_lost_log_comes_back_from_the_checkpoint(desk, tmp_path):
    stop_after(desk, 10)
    desk.ask(command(tmp_path / "run"))
    before = RunFollower(tmp_path / "run", load_run(tmp_path / "run")[0]).read_all()
    (tmp_path / "run" / "metrics.jsonl").unlink()
    type(desk)().ask(command(tmp_path / "run", resume=True))
    after = RunFollower(tmp_path / "run", load_run(tmp_path / "run")[0]).read_all()
    assert after.steps == 24
    np.testing.assert_allclose(after.losses.values[: before.steps], before.losses.values, rtol=1e-6)
    assert [epoch.epoch for epoch in after.epochs] == [0, 1, 2]


def test_another_data_set_is_refused(desk, tmp_path, picture_folder):
    source = ImageFolder(path=str(picture_folder))
    network = stack(Input(shape=(6, 6, 3)), Flatten(), Dense(units=2))
    train = Train("run", network, source, TrainingPlan(epochs=1), "Mine", str(tmp_path / "run"))
    desk.ask(train)
    extra = picture_folder / "red" / "more.png"
    extra.write_bytes((picture_folder / "red" / "0.png").read_bytes())
    failed = desk.want(replace(train, resume=True, more_epochs=1), Failed)
    assert "has changed since this run" in failed.message
    assert failed.run_id == "run"
    extra.unlink()
    assert desk.want(replace(train, resume=True, more_epochs=1), TrainingDone).reason == "finished"


def test_a_run_that_another_process_writes_is_refused(desk, tmp_path):
    desk.ask(command(tmp_path / "run"))
    alive = Alive(host=socket.gethostname(), process=os.getppid(), time=time.time())
    (tmp_path / "run" / ALIVE).write_text(alive.model_dump_json())
    assert "being trained at this moment" in desk.want(command(tmp_path / "run", resume=True), Failed).message
