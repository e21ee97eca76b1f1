"""A healthy run has no findings: runs that were recorded, and curves that fall to where they belong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_runs import healthy, plan, run

from models.training.diagnosis import Structure, diagnose, evidence_of
from models.training.diagnosis import evidence as evidence_module
from models.training.diagnosis.evidence import levels
from models.training.events import BlocksMeasured, EpochDone, TrainingDone
from models.training.history import History
from models.training.run_log import event_of
from models.training.runs.following import apply_to
from models.zoo import template

RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.jsonl"))
"""What `layerloom train` logged for these networks on the digits, with the settings of a new project."""


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_recorded(path: Path) -> None:
    network = template(path.stem).network()
    structure, looks = Structure(network), 0
    history = History()
    for line in path.read_bytes().splitlines():
        event = event_of(line, network)
        assert event is not None
        apply_to(history, event)
        if isinstance(event, EpochDone | BlocksMeasured):
            looks += 1
            assert diagnose(evidence_of(history, structure)) == ()
        elif isinstance(event, TrainingDone):
            assert event.held_out_metric is not None
            assert event.held_out_metric > 0.85
            assert diagnose(evidence_of(history, structure, ended=event.reason)) == ()
    assert history.started is not None
    assert looks >= history.started.epochs


def test_there_are_recorded_runs() -> None:
    assert "lenet5" in {path.stem for path in RECORDED}


@given(
    epochs=st.integers(1, 40),
    best=st.floats(0.005, 0.5),
    gap=st.floats(1.0, 1.15),
    noise=st.floats(0.0, 0.4),
    steps=st.integers(5, 200),
)
def test_curves_that_fall_to_where_they_belong(epochs: int, best: float, gap: float, noise: float, steps: int) -> None:
    losses, held_out = healthy(epochs, best, gap)
    norms = np.random.default_rng(1).lognormal(0, 0.6, steps * epochs).tolist()
    evidence = run(losses, (), held_out, noise=noise, steps=steps, gradient_norms=norms, plan=plan())
    assert diagnose(evidence) == ()


@settings(max_examples=60)
@given(data=st.data())
def test_whatever_the_numbers_are_nothing_fails(data: st.DataObject) -> None:
    """Also numbers that are none, and epochs without held-out samples."""
    epochs = data.draw(st.integers(0, 14))
    numbers = st.floats(0, 1e9, width=32) | st.just(float("nan")) | st.just(float("inf"))
    shares = st.floats(0, 1, width=32)
    losses, held = (data.draw(st.lists(numbers, min_size=epochs, max_size=epochs)) for _ in range(2))
    rights, held_rights = (data.draw(st.lists(shares, min_size=epochs, max_size=epochs)) for _ in range(2))
    evidence = run(
        losses, rights, held, held_rights, steps=data.draw(st.integers(1, 40)), gradient_norms=losses * 40,
        held_out_images=data.draw(st.sampled_from([0, 1, 359])),
        ended=data.draw(st.sampled_from([None, "finished", "stopped", "diverged"])),
    )  # fmt: skip
    for finding in diagnose(evidence):
        assert finding.evidence
        assert "nan" not in finding.evidence


def test_a_long_curve_is_looked_at_through_as_many_points_as_a_short_one(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []
    finite = evidence_module.finite
    monkeypatch.setattr(evidence_module, "finite", lambda values: looked_at.append(len(values)) or finite(values))
    curve = np.linspace(2.2, 0.1, 1_000_000, dtype=np.float32)
    for values in (curve[::1000], curve):
        looked_at.clear()
        levels(values, 16)
        assert 500 < sum(looked_at) < 2500
