import json
import shutil

import numpy as np
import pytest

from models.data.sources import Digits
from models.files import FileError
from models.network.project import Project
from models.network.weights_file import write_weights
from models.runtime.run import run_folder
from models.runtime.run.runs import load_run
from models.training.commands import Evaluate, Export, Predict, Train
from models.training.events import Evaluated, Exported, Failed, Predicted, TrainingDone
from models.training.plan import TrainingPlan
from models.training.runs.following import RunFollower
from models.training.runs.layout import checkpoints_of
from models.training.runs.summarizing import summarize

PLAN = TrainingPlan(epochs=2, seed=7)


def test_a_run_folder_explains_itself_and_can_be_taken_up(desk, small, tmp_path):
    folder = tmp_path / "runs" / "one"
    done = desk.want(Train("run", small, Digits(), PLAN, "Mine", str(folder), program="command line"), TrainingDone)
    assert done.run_dir == str(folder)
    assert {entry.name for entry in folder.iterdir()} == {
        "run.json", "project.loom", "environment.json", "metrics.jsonl", "checkpoints", "model.keras", "snapshots",
        "tensorboard",
    }  # fmt: skip
    environment = json.loads((folder / "environment.json").read_text())
    assert environment["seed"] == 7
    assert {"tensorflow", "keras", "device", "platform", "host"} <= environment.keys()
    assert [path.name for path in checkpoints_of(folder)] == ["step-0000000046.npz", "step-0000000000.npz"]
    assert (folder / "checkpoints" / "best.npz").is_file()

    summary = summarize(folder)
    assert (summary.name, summary.status, summary.resumable) == ("Mine", "finished", True)
    assert (summary.epochs, summary.planned_epochs, summary.steps, summary.program) == (2, 2, 46, "command line")
    assert summary.held_out_loss == pytest.approx(done.held_out_loss, rel=1e-6)
    assert summary.parameters == desk.engine._live.analysis.parameters

    project, weights = load_run(folder)
    assert project == Project(name="Mine", network=small, data=Digits(), plan=PLAN)
    history = RunFollower(folder, project).read_all()
    assert (history.steps, [epoch.epoch for epoch in history.epochs]) == (46, [0, 1])
    picture = np.ones((8, 8, 1), np.float32)
    expected = desk.want(Predict(picture), Predicted).probabilities
    other = type(desk)()
    other.engine.restore(project, weights)
    np.testing.assert_allclose(other.want(Predict(picture), Predicted).probabilities, expected, atol=1e-6)
    assert other.want(Evaluate(), Evaluated).loss == pytest.approx(done.held_out_loss, rel=1e-3)
    assert other.want(Export("keras", str(tmp_path / "m.keras"), "Mine"), Exported).images == 64


def test_a_run_that_goes_on_in_another_folder_tells_all_that_was_before(desk, small, tmp_path):
    desk.ask(Train("one", small, Digits(), PLAN, "Mine", str(tmp_path / "one")))
    desk.ask(Train("two", small, Digits(), PLAN, "Mine", str(tmp_path / "two"), keep_weights=True))
    project, _weights = load_run(tmp_path / "two")
    history = RunFollower(tmp_path / "two", project).read_all()
    assert (history.steps, history.epoch_steps) == (4 * 23, [23, 46, 69, 92])
    assert project.plan.epochs == 4
    assert summarize(tmp_path / "two").planned_epochs == 4


def test_a_disk_that_fails_does_not_end_training(desk, small, tmp_path, monkeypatch):
    def full(*_):
        raise FileError("the disk is full.")

    monkeypatch.setattr(run_folder, "write_atomically", full)
    events = desk.ask(Train("run", small, Digits(), PLAN, "Mine", str(tmp_path / "run")))
    (failed,) = (event for event in events if isinstance(event, Failed))
    assert (failed.what, failed.run_id) == ("Saving the run", None)
    assert (events[-1].reason, events[-1].run_dir) == ("finished", None)


def test_damaged_and_missing_weights_are_said(desk, small, tmp_path):
    folder = tmp_path / "run"
    desk.ask(Train("run", small, Digits(), PLAN, "Mine", str(folder)))
    for path in checkpoints_of(folder):
        path.write_bytes(b"not an archive")
    with pytest.raises(FileError, match=r"step-0000000046.npz is damaged"):
        load_run(folder)
    shutil.rmtree(folder / "checkpoints")
    with pytest.raises(FileError, match="has no checkpoint"):
        load_run(folder)


def test_a_run_of_an_earlier_version_still_loads(desk, small, tmp_path):
    folder = tmp_path / "run"
    desk.ask(Train("run", small, Digits(), PLAN, "Mine", str(folder)))
    _project, weights = load_run(folder)
    shutil.rmtree(folder / "checkpoints")
    write_weights(folder / "checkpoint.npz", weights)
    _project, again = load_run(folder)
    assert again.keys() == weights.keys()
    assert all(np.array_equal(a, b) for layer in weights for a, b in zip(weights[layer], again[layer], strict=True))
    failed = desk.want(Train("run", small, Digits(), PLAN, run_dir=str(folder), resume=True), Failed)
    assert "earlier LayerLoom" in failed.message
