import csv
import json

import numpy as np
import pytest

from models.data.sources import Digits
from models.files import FileError
from models.network.project import Project
from models.runtime import runs
from models.runtime.runs import load_run
from models.training.commands import Evaluate, Export, Predict, Train
from models.training.events import Evaluated, Exported, Failed, Predicted, TrainingDone
from models.training.plan import TrainingPlan

PLAN = TrainingPlan(epochs=2, seed=7)


def test_a_run_folder_explains_itself_and_can_be_taken_up(desk, small, tmp_path):
    folder = tmp_path / "runs" / "one"
    done = desk.want(Train("run", small, Digits(), PLAN, "Mine", str(folder)), TrainingDone)
    assert done.run_dir == str(folder)
    assert {entry.name for entry in folder.iterdir()} == {
        "project.loom", "environment.json", "metrics.csv", "checkpoint.npz", "model.keras",
    }  # fmt: skip
    environment = json.loads((folder / "environment.json").read_text())
    assert environment["seed"] == 7
    assert {"tensorflow", "keras", "device", "platform"} <= environment.keys()
    rows = list(csv.DictReader((folder / "metrics.csv").read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[-1]["held_out_loss"]) == pytest.approx(done.held_out_loss, rel=1e-4)

    project, weights = load_run(folder)
    assert project == Project(name="Mine", network=small, data=Digits(), plan=PLAN)
    picture = np.ones((8, 8, 1), np.float32)
    expected = desk.want(Predict(picture), Predicted).probabilities
    other = type(desk)()
    other.engine.restore(project, weights)
    np.testing.assert_allclose(other.want(Predict(picture), Predicted).probabilities, expected, atol=1e-6)
    assert other.want(Evaluate(), Evaluated).loss == pytest.approx(done.held_out_loss, rel=1e-3)
    assert other.want(Export("keras", str(tmp_path / "m.keras"), "Mine"), Exported).images == 64


def test_a_disk_that_fails_does_not_end_training(desk, small, tmp_path, monkeypatch):
    def full(*_):
        raise FileError("the disk is full.")

    monkeypatch.setattr(runs, "write_atomically", full)
    events = desk.ask(Train("run", small, Digits(), PLAN, "Mine", str(tmp_path / "run")))
    (failed,) = (event for event in events if isinstance(event, Failed))
    assert (failed.what, failed.run_id) == ("Saving the run", None)
    assert (events[-1].reason, events[-1].run_dir) == ("finished", None)


def test_damaged_and_missing_weights_are_said(tmp_path):
    path = tmp_path / "checkpoint.npz"
    with pytest.raises(FileError, match="no such file"):
        runs.read_weights(path)
    path.write_bytes(b"not an archive")
    with pytest.raises(FileError, match="damaged"):
        runs.read_weights(path)
