"""`layerloom diagnose`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from command_line import Run
from made_runs import healthy
from run_folders import WrittenRun, write_run

from models.data.sources.digits import DIGITS_FACTS
from models.network.project import Project
from models.training.events import BatchesDone, EpochDone, TrainingStarted
from models.training.plan import TrainingPlan
from models.training.run_log import METRICS, line_of
from models.zoo import template

PROJECT = Project(name="lenet5", network=template("lenet5").network(), plan=TrainingPlan(epochs=15))


@pytest.fixture
def overfitted(tmp_path: Path) -> Path:
    """A run that overfits and was interrupted."""
    folder = write_run(tmp_path / "run", WrittenRun(PROJECT, epochs=1, reason=None))
    losses, held = healthy()
    lines = [TrainingStarted("r", PROJECT.network, DIGITS_FACTS, 15, 23, 1438, 359, "sparse_categorical_crossentropy",
                             "accuracy", plan=PROJECT.plan)]  # fmt: skip
    for epoch, loss in enumerate(losses):
        values = np.full(23, loss, np.float32)
        worse = held[epoch] if epoch < 6 else 0.3 + 0.07 * (epoch - 5)
        lines.append(BatchesDone("r", epoch, 23, values, 1 - values / 2.56, 900.0))
        lines.append(EpochDone("r", epoch, loss, 1 - loss / 2.56, worse, 1 - worse / 2.56, 1.0))
    (folder / METRICS).write_bytes(b"".join(map(line_of, lines)) + b'{"event": "Epo')  # torn by a crash
    return folder


def test_in_words(run: Run, overfitted: Path) -> None:
    result = run("diagnose", overfitted)
    assert result.code == 0
    assert result.err == ""
    assert "Overfitting – serious" in result.out
    assert "Held-out loss rose from" in result.out
    assert "→ Stop early, as after epoch" in result.out
    assert "Looked at 345 steps, 15 epochs." in result.out


def test_as_json(run: Run, overfitted: Path) -> None:
    result = run("diagnose", overfitted, "--json")
    (found,) = json.loads(result.out)
    assert found["rule"] == "Overfitting"
    assert found["severity"] == "bad"
    assert found["node"] is None
    assert len(found["remedies"]) == 4
    assert "(epoch 15)" in found["evidence"]


def test_a_healthy_run(run: Run, tmp_path: Path) -> None:
    recorded = Path(__file__).parents[2] / "models" / "training" / "diagnosis" / "recorded" / "lenet5.jsonl"
    folder = write_run(tmp_path / "run", WrittenRun(PROJECT, epochs=1))
    (folder / METRICS).write_bytes(recorded.read_bytes())
    assert run("diagnose", folder).out.startswith("Nothing to worry about so far (345 steps, 15 epochs).")
    assert json.loads(run("diagnose", folder, "--json").out) == []


def test_a_folder_that_holds_no_run(run: Run, tmp_path: Path) -> None:
    result = run("diagnose", tmp_path)
    assert result.code == 2
    assert "is no run" in result.err


def test_a_run_that_never_began(run: Run, tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", WrittenRun(PROJECT, epochs=1))
    (folder / METRICS).write_bytes(b"")
    result = run("diagnose", folder)
    assert result.code == 2
    assert "holds no run that began" in result.err
