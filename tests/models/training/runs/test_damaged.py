"""Whatever a log or a description says, the run is listed, and its curves are read, as far as they make sense."""

from __future__ import annotations

import json
import os
from datetime import datetime

import pytest
from written_runs import run_events, run_project, write_run

from models.files import FileError
from models.training.diagnosis import Structure, diagnose, evidence_of
from models.training.run_log import METRICS, event_of, line_of
from models.training.runs.following import RunFollower
from models.training.runs.importing import import_run
from models.training.runs.layout import DESCRIPTION
from models.training.runs.listing import list_runs
from models.training.runs.summarizing import summarize

PROJECT = run_project(epochs=3)
EVENTS = run_events(PROJECT)
NONSENSE = ("x", float("inf"), -5, 10**400, [[1]], None)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("kind", ["TrainingStarted", "BatchesDone", "EpochDone", "TrainingDone"])
def test_nonsense_in_a_log_is_passed_over(tmp_path, kind):
    folder = write_run(tmp_path / "run", PROJECT, ())
    told = [json.loads(line_of(event)) for event in EVENTS]
    for name in next(one for one in told if one["event"] == kind):
        for nonsense in NONSENSE:
            lines = [one | {name: nonsense} if one["event"] == kind and name != "event" else one for one in told]
            text = "\n".join(json.dumps(line, separators=(",", ":")) for line in lines)
            (folder / METRICS).write_text(text + "\n")
            assert summarize(folder) is not None
            history = RunFollower(folder, PROJECT).read_all()
            if history.started is not None:
                diagnose(evidence_of(history, Structure(PROJECT.network)))


def test_a_number_that_was_not_finite_comes_back_as_none():
    told = json.loads(line_of(next(event for event in EVENTS if type(event).__name__ == "EpochDone")))
    event = event_of(json.dumps(told | {"images_per_second": None, "loss": None}).encode(), PROJECT.network)
    assert event is not None
    assert event.loss != event.loss
    assert event.images_per_second != event.images_per_second


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes")
def test_a_pipe_in_place_of_a_log_holds_nobody(tmp_path):
    folder = write_run(tmp_path / "run", PROJECT, EVENTS)
    (folder / METRICS).unlink()
    os.mkfifo(folder / METRICS)
    (run,) = list_runs(tmp_path)
    assert run.epochs == 0
    assert not RunFollower(folder, PROJECT).poll()


@pytest.mark.parametrize("created", ["1e308", "-1e17", "Infinity", "NaN"])
def test_a_day_that_no_calendar_has_hides_no_run(tmp_path, created):
    folder = write_run(tmp_path / "run", PROJECT, EVENTS)
    told = json.loads((folder / DESCRIPTION).read_text())
    (folder / DESCRIPTION).write_text(
        json.dumps(told | {"created": 0}).replace('"created": 0', f'"created": {created}')
    )
    (run,) = list_runs(tmp_path)
    assert datetime.fromtimestamp(run.created).year <= 3000


def test_a_path_that_is_too_long_is_no_run(tmp_path):
    assert summarize(tmp_path / ("x" * 5000)) is None


def test_a_run_does_not_go_where_the_path_is_too_long(tmp_path):
    folder = write_run(tmp_path / "run", PROJECT, EVENTS)
    with pytest.raises(FileError, match="was not imported"):
        import_run(folder, tmp_path / ("x" * 5000))
