"""All rules together: what explains what, what comes first, and what every rule says of itself."""

from __future__ import annotations

from made_runs import (
    FALLING,
    RISING,
    SIGMOIDS,
    STUCK,
    gradients,
    run,
)

from models.data.preparation import Preparation
from models.data.steps.preprocessing import Resize
from models.training.diagnosis import RULES, diagnose, rules


def test_every_rule_says_what_it_is() -> None:
    for rule in rules():
        assert rule.title
        assert rule.helps
        assert rule.looks.endswith(".")
        assert rule.meaning.count(".") == 1, "one sentence"
        assert all(field.description for field in type(rule).model_fields.values())
        assert set(rule.explains) <= set(RULES) - {type(rule).__name__}


def test_what_follows_from_another_finding_is_left_out() -> None:
    found = diagnose(run(STUCK, [0.1] * 12, network=SIGMOIDS, measured=gradients(0, 0, 0, 0, 0, 0, 0.5)))
    assert [finding.rule for finding in found] == ["VanishingGradients"]


def test_the_worst_comes_first() -> None:
    found = diagnose(run(FALLING, (), RISING, held_out_images=25, preparation=Preparation(preprocessing=(Resize(),))))
    assert [finding.severity for finding in found] == ["bad", "warn", "note"]


def test_there_is_nothing_to_say_of_a_run_without_steps() -> None:
    assert diagnose(run()) == ()


def test_findings_are_plain_values() -> None:
    one, other = (diagnose(run(FALLING, (), RISING)) for _ in range(2))
    assert one == other
    assert len({*one, *other}) == len(one) == 1
