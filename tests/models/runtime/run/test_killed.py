"""A process that is killed at any moment of training and saving: nothing is unreadable, and what is lost is little."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from models.blocks.activation import ReLU
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.normalization import BatchNormalization, Dropout
from models.blocks.shaping import Flatten
from models.network.graph import stack
from models.network.project import Project, write_project
from models.runtime.run.checkpoints import newest_checkpoint
from models.runtime.run.runs import load_run
from models.training.plan import TrainingPlan
from models.training.run_log import METRICS
from models.training.runs.following import RunFollower
from models.training.runs.layout import checkpoints_of
from models.training.runs.summarizing import is_alive, summarize

LOST_S = 60
"""Seconds of training that a kill may cost."""

ROOT = Path(__file__).parents[4]
NETWORK = stack(
    Input(shape=(8, 8, 1)), Conv2D(filters=3), BatchNormalization(), ReLU(), Flatten(), Dropout(rate=0.3),
    Dense(units=10, activation="softmax"),
)  # fmt: skip
PLAN = TrainingPlan(epochs=150, batch_size=16, checkpoint_minutes=0.1 / 60, checkpoint_epochs=1, seed=5)


def start(*arguments: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "app.cli", *map(str, arguments), "--json"]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )


def to_the_end(process: subprocess.Popen[bytes]) -> None:
    _out, told = process.communicate(timeout=200)
    assert process.returncode == 0, told.decode()


def killed(process: subprocess.Popen[bytes], folder: Path, checkpoints: int, after: float) -> bool:
    """Kill a run so many seconds after it has written so many checkpoints; whether it was still under way."""
    until = time.monotonic() + 120
    last = checkpoints_of(folder)[:1]
    while checkpoints and process.poll() is None and time.monotonic() < until:
        newest = checkpoints_of(folder)[:1]
        checkpoints -= newest != last
        last = newest
        time.sleep(0.001)
    time.sleep(after)
    was_running = process.poll() is None
    if was_running:
        os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    return was_running


def assert_readable(folder: Path) -> None:
    """The newest checkpoint is whole, and not far behind what the log says was trained."""
    found = newest_checkpoint(folder)
    assert found.damaged == ()
    assert found.checkpoint.is_finite
    assert not is_alive(folder)
    summary = summarize(folder)
    assert summary is not None
    assert (folder / METRICS).stat().st_mtime - found.path.stat().st_mtime < LOST_S
    assert summary.status in ("interrupted", "finished")
    assert summary.resumable


def rounds(tmp_path: Path, kills: int, seed: int) -> None:
    """Train with kills at random moments; the numbers are those of a run that was let alone."""
    project = tmp_path / "p.loom"
    write_project(project, Project(name="p", network=NETWORK, plan=PLAN))
    to_the_end(start("train", project, "--run-dir", tmp_path / "whole"))
    chance, folder, done = random.Random(seed), tmp_path / "killed", 0
    process = start("train", project, "--run-dir", folder)
    while done < kills:
        if not killed(process, folder, chance.randint(1, 9), chance.uniform(0.0, 0.2)):
            break  # the run was faster
        done += 1
        assert_readable(folder)
        process = start("resume", folder)
    process.communicate(timeout=200)
    assert process.returncode == 0 or done < kills
    assert done
    assert_same(tmp_path / "whole", folder)


def assert_same(whole: Path, other: Path) -> None:
    (project, mine), (_, its) = load_run(whole), load_run(other)
    for layer, values in mine.items():
        for one, two in zip(values, its[layer], strict=True):
            np.testing.assert_allclose(two, one, atol=1e-5)
    curves = [RunFollower(folder, project).read_all() for folder in (whole, other)]
    np.testing.assert_allclose(curves[1].losses.values, curves[0].losses.values, atol=1e-5)
    assert [epoch.epoch for epoch in curves[1].epochs] == list(range(PLAN.epochs))
    summary = summarize(other)
    assert summary is not None
    assert (summary.status, summary.epochs) == ("finished", PLAN.epochs)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("seed", [1, 2])
def test_ten_kills_lose_nothing(tmp_path: Path, seed: int) -> None:
    rounds(tmp_path, 5, seed)
