"""Runs are listed as their folders tell, quickly, and whatever state a crash has left them in."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from written_runs import run_events, run_project, write_run

from models.training.events import EpochDone, TrainingStarted
from models.training.run_log import METRICS, line_of
from models.training.runs import listing
from models.training.runs.layout import ALIVE, CHECKPOINTS, Alive
from models.training.runs.listing import RunIndex, list_runs
from models.training.runs.notes import RunNotes, read_notes, write_notes
from models.training.runs.summarizing import summarize

PROJECT = run_project(epochs=3)


def test_a_list_tells_what_the_folders_hold(tmp_path):
    write_run(tmp_path / "old", PROJECT, run_events(PROJECT), created=1.0, parameters=61706)
    write_run(tmp_path / "new", PROJECT, run_events(PROJECT, 2, end="diverged", best=0.5), created=2.0)
    (tmp_path / "no-run").mkdir()
    (tmp_path / "file").write_text("x")
    new, old = list_runs(tmp_path)
    assert (new.path.name, new.status, new.epochs, new.planned_epochs, new.steps) == ("new", "diverged", 2, 3, 10)
    assert (old.name, old.status, old.parameters, old.optimizer) == ("lenet", "finished", 61706, "Adam")
    assert old.best_metric == pytest.approx(0.9 * (1 - 2.718281828**-3), rel=1e-5)
    assert (old.seconds, old.size, old.resumable) == (1.5, 100, True)


def test_a_run_without_an_end_is_interrupted_or_alive(tmp_path):
    folder = write_run(tmp_path / "run", PROJECT, run_events(PROJECT, end=None))
    index = RunIndex(tmp_path)
    assert [run.status for run in index.refresh()] == ["interrupted"]
    alive = Alive(host=socket.gethostname(), process=os.getpid(), time=time.time())
    (folder / ALIVE).write_text(alive.model_dump_json())
    assert [(run.status, run.resumable) for run in index.refresh()] == [("running", False)]
    (folder / ALIVE).write_text(Alive(host="elsewhere", process=1, time=0.0).model_dump_json())
    assert [run.status for run in index.refresh()] == ["running"]  # the file itself is new
    os.utime(folder / ALIVE, (1.0, 1.0))
    assert [run.status for run in index.refresh()] == ["interrupted"]
    reused = Alive(host=socket.gethostname(), process=os.getpid(), time=1.0)  # before this process began
    (folder / ALIVE).write_text(reused.model_dump_json())
    assert [run.status for run in index.refresh()] == ["interrupted"]


def test_going_on_makes_what_lies_behind_void(tmp_path):
    events = run_events(PROJECT)
    started = events[0]
    assert isinstance(started, TrainingStarted)
    again = TrainingStarted(
        "run", started.network, started.facts, 4, 5, 1438, 359, "loss", "accuracy", first_epoch=1, first_step=5
    )
    folder = write_run(tmp_path / "run", PROJECT, [*events, again, EpochDone("run", 1, 0.2, 0.3, 0.2, 0.3, 1.0)])
    run = summarize(folder)
    assert run is not None
    assert (run.status, run.epochs, run.planned_epochs, run.held_out_metric) == ("interrupted", 2, 5, 0.3)


@given(cut=st.integers(0, 4000), litter=st.binary(max_size=30))
def test_a_torn_log_is_read_as_far_as_it_goes(tmp_path_factory, cut, litter):
    folder = write_run(tmp_path_factory.mktemp("runs") / "run", PROJECT, run_events(PROJECT))
    whole = (folder / METRICS).read_bytes()
    (folder / METRICS).write_bytes(whole[:cut] + litter)
    run = summarize(folder)
    assert run is not None
    assert run.epochs <= 3


def test_what_has_not_changed_is_not_read_again(tmp_path, monkeypatch):
    for number in range(5):
        write_run(tmp_path / f"run-{number}", PROJECT, run_events(PROJECT), created=float(number))
    cache = tmp_path / "cache" / "runs.json"
    first = RunIndex(tmp_path, cache).refresh()
    read = []
    monkeypatch.setattr(listing, "summarize", lambda folder: read.append(folder.name) or summarize(folder))
    again = RunIndex(tmp_path, cache)
    assert again.refresh() == first
    assert read == []
    write_notes(tmp_path / "run-3", RunNotes(star=True, tags=("best",), notes="Höhe"))
    with (tmp_path / "run-1" / METRICS).open("ab") as file:
        file.write(line_of(EpochDone("run", 3, 0.1, 0.95, 0.1, 0.95, 1.0)))
    found = {run.path.name: run for run in again.refresh()}
    assert sorted(read) == ["run-1", "run-3"]
    assert (found["run-3"].star, found["run-3"].tags, found["run-3"].notes) == (True, ("best",), "Höhe")
    assert found["run-1"].best_metric == 0.95


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version":1}', '{"version":1,"folder":"","runs":[[1]]}'])
def test_a_damaged_cache_is_made_anew(tmp_path, text):
    write_run(tmp_path / "run", PROJECT, run_events(PROJECT))
    cache = tmp_path / "runs.json"
    cache.write_text(text)
    assert len(RunIndex(tmp_path, cache).refresh()) == 1


def test_runs_from_before_the_log_are_listed(tmp_path):
    folder = write_run(tmp_path / "run", PROJECT, ())
    for name in ("run.json", METRICS, f"{CHECKPOINTS}/step-0000000015.npz"):
        (folder / name).unlink()
    (folder / "metrics.csv").write_text("epoch,loss,metric,held_out_loss,held_out_metric,seconds\n1,0.5,0.8,,,2.0\n")
    (run,) = list_runs(tmp_path)
    assert (run.name, run.status, run.epochs, run.best_metric, run.resumable) == ("lenet", "finished", 1, 0.8, False)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"star": "often"}', '{"tags": [1]}'])
def test_damaged_notes_say_nothing(tmp_path, text):
    (tmp_path / "notes.json").write_text(text)
    assert read_notes(tmp_path) == RunNotes()


def test_a_folder_that_is_not_there_has_no_runs(tmp_path):
    assert list_runs(Path(tmp_path, "none")) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps nothing of a process that has ended")
def test_a_killed_process_that_nobody_has_waited_for_does_not_write(tmp_path):
    folder = write_run(tmp_path / "run", PROJECT, run_events(PROJECT, end=None))
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        alive = Alive(host=socket.gethostname(), process=process.pid, time=time.time())
        (folder / ALIVE).write_text(alive.model_dump_json())
        assert [run.status for run in list_runs(tmp_path)] == ["running"]
        process.kill()
        while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
            os.sched_yield()
        assert [run.status for run in list_runs(tmp_path)] == ["interrupted"]
