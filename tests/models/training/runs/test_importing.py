"""Runs from elsewhere are taken in whole, or not at all."""

from __future__ import annotations

import os
import socket
import time

import pytest
from written_runs import run_events, run_project, write_run

from models.files import FileError
from models.training.runs import importing
from models.training.runs.errors import RunError
from models.training.runs.importing import import_run
from models.training.runs.layout import ALIVE, Alive
from models.training.runs.listing import list_runs

PROJECT = run_project()


def test_a_run_is_copied_under_a_free_name_with_what_belongs_to_it(tmp_path):
    theirs = write_run(tmp_path / "theirs" / "run", PROJECT, run_events(PROJECT))
    (theirs / "secret.txt").write_text("not of the run")
    (theirs / "checkpoints" / "link.npz").symlink_to("/etc/passwd")
    os.mkfifo(theirs / "snapshots")
    ours = tmp_path / "ours"
    first, second = import_run(theirs, ours), import_run(theirs, ours)
    assert (first.name, second.name) == ("run", "run_2")
    assert [run.epochs for run in list_runs(ours)] == [3, 3]
    assert sorted(path.name for path in first.iterdir()) == ["checkpoints", "metrics.jsonl", "project.loom", "run.json"]
    assert [path.name for path in (first / "checkpoints").iterdir()] == ["step-0000000015.npz"]


def test_what_is_no_run_is_refused(tmp_path):
    (tmp_path / "photos").mkdir()
    with pytest.raises(RunError, match="is no run"):
        import_run(tmp_path / "photos", tmp_path / "runs")
    run = write_run(tmp_path / "runs" / "run", PROJECT, ())
    with pytest.raises(RunError, match="already"):
        import_run(run, tmp_path / "runs")
    (run / ALIVE).write_text(Alive(host=socket.gethostname(), process=os.getpid(), time=time.time()).model_dump_json())
    with pytest.raises(RunError, match="still being trained"):
        import_run(run, tmp_path / "other")


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    run = write_run(tmp_path / "theirs" / "run", PROJECT, run_events(PROJECT))

    def full(*_args: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(importing.shutil, "copyfile", full)
    with pytest.raises(FileError, match="disk is full"):
        import_run(run, tmp_path / "ours")
    assert list((tmp_path / "ours").iterdir()) == []
