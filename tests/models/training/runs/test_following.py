"""A log that grows is followed line by line, and adds up to the same curves as the events themselves."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from written_runs import run_events, run_project, write_run

from models.training.history import History
from models.training.run_log import METRICS, line_of
from models.training.runs.following import RunFollower, apply_to

PROJECT = run_project(epochs=3)
EVENTS = run_events(PROJECT)
LINES = b"".join(map(line_of, EVENTS))


def expected() -> History:
    history = History()
    for event in EVENTS:
        apply_to(history, event)
    return history


@given(cuts=st.lists(st.integers(0, len(LINES)), max_size=6))
def test_whatever_the_moment_of_reading_the_curves_are_the_same(tmp_path_factory, cuts):
    folder = write_run(tmp_path_factory.mktemp("runs") / "run", PROJECT, ())
    follower = RunFollower(folder, PROJECT)
    written = 0
    for cut in [*sorted(cuts), len(LINES)]:
        with (folder / METRICS).open("ab") as file:
            file.write(LINES[written:cut])
        written = cut
        follower.poll()
    wanted = expected()
    np.testing.assert_allclose(follower.history.losses.values, wanted.losses.values, rtol=1e-6)
    np.testing.assert_allclose(follower.history.learning_rates.values, wanted.learning_rates.values, rtol=1e-6)
    assert follower.history.epoch_steps == wanted.epoch_steps
    assert follower.done is not None
    assert follower.done.reason == "finished"


def test_a_log_that_became_shorter_is_read_anew(tmp_path):
    folder = write_run(tmp_path / "run", PROJECT, EVENTS)
    follower = RunFollower(folder, PROJECT)
    assert follower.read_all().steps == 15
    (folder / METRICS).write_bytes(b"".join(map(line_of, EVENTS[:2])))
    assert follower.poll()
    assert (follower.history.steps, follower.done) == (5, None)


def test_a_missing_log_has_no_curves(tmp_path):
    follower = RunFollower(tmp_path, PROJECT)
    assert not follower.poll()
    assert follower.history.steps == 0
