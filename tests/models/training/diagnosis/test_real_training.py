"""Rules are provoked by real training: small networks on the digits, set up so that it goes wrong."""

from __future__ import annotations

import math
import warnings
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from made_runs import dense

from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.normalization import BatchNormalization
from models.blocks.shaping import Flatten
from models.data.findings import leakage
from models.data.preparation import Preparation
from models.data.scan import scan_samples
from models.data.sources import Digits, Source
from models.data.sources.arrays import ArrayFile
from models.data.split import Split, divide
from models.data.steps.preprocessing import Resize
from models.network.graph import Network, stack
from models.network.project import Project
from models.runtime.quiet import quiet_stderr
from models.training.commands import Evaluate, Train, Watch
from models.training.diagnosis import RULES, Evidence, Finding, Structure, diagnose, evidence_of
from models.training.events import DataSpeed, Evaluated, Event, Failed, TrainingDone
from models.training.history import History
from models.training.plan import TrainingPlan
from models.training.runs.following import apply_to

with warnings.catch_warnings(), quiet_stderr():
    warnings.simplefilter("ignore")
    from models.runtime.engine import Engine
    from models.runtime.probes import Look, ProbeBudget

pytestmark = pytest.mark.slow

SIGMOIDS = dense(*(Dense(units=32, activation="sigmoid") for _ in range(10)))
RELUS = dense(Dense(units=64, activation="relu"), Dense(units=64, activation="relu"))
TANHS = dense(Dense(units=64, activation="tanh"), Dense(units=64, activation="tanh"))
ALL_THERE = Preparation()


@pytest.fixture(autouse=True)
def _looked_into_by_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers are measured at every fourth opportunity, not by the clock: a busy machine sees as much as another."""
    asked = count()

    def is_due(budget: ProbeBudget, look: Look) -> bool:
        return look == "layers" and budget._next[look] < math.inf and next(asked) % 4 == 0

    monkeypatch.setattr(ProbeBudget, "is_due", is_due)


def trained(
    network: Network, data: Source | None = None, preparation: Preparation = ALL_THERE, epochs: int = 4, **plan: object
) -> Evidence:
    """The evidence of a run that was really trained and evaluated, and looked into as often as it may be."""
    history, told = History(), list[Event]()

    def take(event: Event) -> None:
        assert not isinstance(event, Failed), event.message
        told.append(event)
        apply_to(history, event)

    engine = Engine(take)
    engine.handle(Watch(budget=0.5))
    settings = TrainingPlan(epochs=epochs, **plan)  # type: ignore[arg-type]
    engine.handle(Train("run", network, data or Digits(), settings, preparation=preparation))
    (done,) = (event for event in told if isinstance(event, TrainingDone))
    if done.reason != "diverged":
        engine.handle(Evaluate())
    last: dict[type, Event] = {type(event): event for event in told}
    return evidence_of(
        history, Structure(network), preparation=preparation, ended=done.reason,
        evaluated=last.get(Evaluated), speed=last.get(DataSpeed),
    )  # fmt: skip


def found(rule: str, evidence: Evidence) -> Finding:
    finding = RULES[rule]().find(evidence)
    assert finding is not None
    return finding


def with_labels(folder: Path, wrong: float) -> ArrayFile:
    """The digits, a share of which has a label drawn at random."""
    samples, random = Digits().open(), np.random.default_rng(1)
    labels = np.array(samples.labels)
    chosen = random.random(len(labels)) < wrong
    labels[chosen] = random.integers(0, 10, chosen.sum())
    np.savez(folder / "digits.npz", x=np.stack([samples.read(index) for index in range(len(samples))]), y=labels)
    return ArrayFile(path=str(folder / "digits.npz"))


def test_a_small_healthy_network_has_no_findings() -> None:
    evidence = trained(dense(Dense(units=64, activation="relu")), epochs=12)
    assert evidence.evaluated is not None
    assert evidence.evaluated.metric > 0.9
    assert [finding for finding in diagnose(evidence) if finding.severity != "note"] == []


def test_learning_rate_10() -> None:
    evidence = trained(TANHS, learning_rate=10)
    assert diagnose(evidence)[0].rule == "LearningRateTooHigh"
    assert any(remedy.text == "Learning rate 0.001" for remedy in found("LearningRateTooHigh", evidence).remedies)


def test_a_learning_rate_of_a_hundred_thousandth() -> None:
    evidence = trained(TANHS, learning_rate=1e-5)
    assert [finding.rule for finding in diagnose(evidence)] == ["LearningRateTooLow"]
    assert "0.001" in found("LearningRateTooLow", evidence).remedies[-1].text


def test_ten_layers_of_sigmoid() -> None:
    evidence = trained(SIGMOIDS)
    (finding,) = diagnose(evidence)
    assert finding.rule == "VanishingGradients"
    assert finding.severity == "bad"
    assert finding.node in ("dense", "dense_2", "dense_3")
    assert found("ClassCollapse", evidence).severity == "bad"


def test_what_is_offered_for_ten_layers_of_sigmoid_helps() -> None:
    finding = found("VanishingGradients", trained(SIGMOIDS, epochs=3))
    for remedy in finding.remedies[:2]:
        after = remedy.applied(Project(network=SIGMOIDS)).network
        assert RULES["VanishingGradients"]().find(trained(after, epochs=3)) is None, remedy.text


def test_relus_that_die_of_large_steps() -> None:
    finding = found("DeadReLUs", trained(RELUS, learning_rate=0.3))
    assert finding.node in ("dense", "dense_2")
    assert finding.remedies[0].text.startswith("Leaky ReLU")


def test_tanh_on_values_up_to_255() -> None:
    evidence = trained(TANHS, preparation=Preparation(preprocessing=(Resize(),)))
    assert found("SaturatedUnits", evidence).node == "dense"
    assert found("UnscaledInputs", evidence)


def test_nothing_but_zeros_to_begin_with() -> None:
    evidence = trained(dense(Dense(units=32, activation="relu", kernel_initializer="zeros")))
    assert [finding.rule for finding in diagnose(evidence)] == ["EqualWeights"]
    assert found("Underfitting", evidence).severity == "bad"


def test_an_output_without_negative_scores() -> None:
    network = stack(Input(shape=(8, 8, 1)), Flatten(), Dense(units=10, activation="relu"))
    assert diagnose(trained(network, epochs=2))[0].rule == "OutputMismatch"


def test_batches_of_two() -> None:
    evidence = trained(dense(Dense(units=16), BatchNormalization()), batch_size=2, epochs=1)
    assert found("SmallBatch", evidence).severity == "bad"


def test_two_steps_in_an_epoch_and_few_held_out() -> None:
    evidence = trained(RELUS, batch_size=1024, preparation=Preparation(split=Split(validation=0.02)))
    assert {finding.rule for finding in diagnose(evidence)} >= {"LargeBatch", "FewHeldOut"}


def test_averages_that_have_not_settled() -> None:
    network = dense(Dense(units=64), BatchNormalization(momentum=0.999), Dense(units=64))
    assert found("UnsettledAverages", trained(network, learning_rate=0.01))


def test_labels_of_which_many_are_wrong_are_learned_by_heart(tmp_path: Path) -> None:
    network = dense(Dense(units=512, activation="relu"), Dense(units=512, activation="relu"))
    evidence = trained(network, with_labels(tmp_path, 0.4), epochs=30)
    assert found("Overfitting", evidence).severity == "bad"
    stopped = next(remedy for remedy in found("Overfitting", evidence).remedies if "Stop early" in remedy.text)
    assert dict(stopped.plan)["early_stopping"] is True


def test_labels_of_which_some_are_wrong_are_suspected(tmp_path: Path) -> None:
    network = dense(Dense(units=128, activation="relu"))
    assert "by heart" in found("WrongLabels", trained(network, with_labels(tmp_path, 0.1), epochs=40)).evidence


def test_copies_on_both_sides_of_the_split(tmp_path: Path) -> None:
    samples = Digits().open()
    values = np.stack([samples.read(index) for index in range(200)])
    np.savez(tmp_path / "twice.npz", x=np.concatenate([values, values]), y=np.tile(samples.labels[:200], 2))
    twice = ArrayFile(path=str(tmp_path / "twice.npz"))
    report = scan_samples(twice.open())
    leak = leakage(report, divide(Split(), report.samples, report.usable))
    assert leak is not None
    evidence = trained(RELUS, twice, epochs=2)
    known = {**vars(evidence), "data_findings": (leak, *report.findings)}
    finding = found("ValidationLeak", Evidence(**{name: known[name] for name in Evidence.__dataclass_fields__}))
    assert finding.severity == "bad"
