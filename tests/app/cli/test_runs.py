"""Runs on the command line."""

from __future__ import annotations

import json

import pytest
from written_runs import run_events, run_project, write_run

from models.network.project import read_project

PROJECT = run_project(epochs=3)


@pytest.fixture
def runs(tmp_path):
    """A folder with a run that ended well and one that was interrupted."""
    write_run(tmp_path / "runs" / "good", PROJECT, run_events(PROJECT), created=2e9)
    other = run_project("[bold]", epochs=4, learning_rate=0.01)
    write_run(tmp_path / "runs" / "cut", other, run_events(other, 2, end=None, best=0.5), created=1e9)
    return tmp_path / "runs"


def test_runs_are_listed_the_newest_first(run, runs):
    told = run("runs", "list", "--folder", runs)
    assert told.code == 0
    good, cut = told.out.splitlines()[1:]
    assert "good" in good
    assert "finished" in good
    assert "interrupted" in cut
    assert "[bold]" in cut
    assert "2/4" in cut
    found = json.loads(run("runs", "list", "--folder", runs, "--json").out)
    assert [(one["status"], one["epochs"]) for one in found] == [("finished", 3), ("interrupted", 2)]


def test_names_cannot_steer_the_terminal(run, runs):
    named = run_project("a\nb\x1b[31m")
    write_run(runs / "odd", named, run_events(named))
    for arguments in (["list", "--folder", runs], ["compare", runs / "odd", runs / "good"]):
        told = run("runs", *arguments)
        assert told.code == 0
        assert "\x1b" not in told.out
    assert r"a\nb\x1b[31m" in run("runs", "list", "--folder", runs).out


def test_two_runs_are_compared(run, runs):
    told = run("runs", "compare", runs / "good", runs / "cut")
    assert told.code == 0
    (line,) = (line for line in told.out.splitlines() if "learning_rate" in line)
    assert line.split() == ["plan:", "learning_rate", "0.001", "0.01"]
    found = json.loads(run("runs", "compare", runs / "good", runs / "cut", "--json").out)
    assert {one["what"] for one in found["differences"]} == {"learning_rate", "epochs"}


def test_a_run_is_imported(run, runs, tmp_path):
    told = run("runs", "import", runs / "good", "--folder", tmp_path / "mine")
    assert (told.code, told.out.strip()) == (0, str(tmp_path / "mine" / "good"))
    assert read_project(tmp_path / "mine" / "good" / "project.loom") == PROJECT


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["runs", "list", "--folder", "/no/such"], "is no folder"),
        (["runs", "compare", "/no/such", "/no/other"], "is no run"),
        (["runs", "import", "/no/such"], "is no run"),
        (["resume", "/no/such"], "is no run"),
        (["resume", "x" * 5000], "is no run"),
        (["diagnose", "x" * 5000], "is no run"),
        (["runs", "list", "--folder", "x" * 5000], "is no folder"),
    ],
)
def test_what_is_no_run_is_said(run, arguments, says):
    told = run(*arguments)
    assert told.code == 2
    assert says in told.err


def test_a_finished_run_needs_more_epochs_to_go_on(run, runs):
    told = run("resume", runs / "good")
    assert told.code == 2
    assert "--more-epochs" in told.err
