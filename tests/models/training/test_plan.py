"""The training plan: it comes back from JSON as it was, refuses what cannot be, and knows how each block is trained."""

from __future__ import annotations

import pytest
from hypothesis import given
from plans import plans, rules
from pydantic import ValidationError

from models.training.plan import DEFAULT_PLAN, BlockRule, TrainingPlan


@given(plan=plans())
def test_comes_back_from_json(plan: TrainingPlan) -> None:
    assert TrainingPlan.model_validate_json(plan.model_dump_json()) == plan
    assert TrainingPlan.model_validate(plan.model_dump(mode="json")) == plan


@given(plan=plans())
def test_a_replaced_field_is_the_only_one_that_changes(plan: TrainingPlan) -> None:
    changed = plan.replace(epochs=7)
    assert changed.epochs == 7
    assert changed.replace(epochs=plan.epochs) == plan


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("learning_rate", 0, "greater than 0"),
        ("learning_rate", float("inf"), "finite"),
        ("learning_rate", float("nan"), "finite"),
        ("batch_size", 0, "greater than or equal to 1"),
        ("epochs", 2.5, "valid integer"),
        ("label_smoothing", 1, "less than 1"),
        ("loss", "hinge loss", "Input should be"),
        ("metrics", ["accuracy"], "Input should be"),
        ("optimizer", {"type": "Adan"}, 'unknown optimizer "Adan"; this version knows Adam'),
        ("optimizer", {"type": "SGD", "momentum": 1}, "SGD, momentum: input should be less than 1"),
        ("optimizer", "adam", 'an optimizer is an object with a "type"'),
        ("schedule", {"type": "Cosin"}, 'unknown schedule "Cosin"; this version knows Cosine'),
        ("schedule", {"type": "Cosine", "period": 2}, "Cosine, period: extra inputs are not permitted"),
        ("checkpoint_minutes", 2, "less than or equal to 1"),
        ("wheels", 4, "Extra inputs are not permitted"),
    ],
)
def test_refuses_what_cannot_be(field: str, value: object, says: str) -> None:
    with pytest.raises(ValidationError) as caught:
        DEFAULT_PLAN.replace(**{field: value})
    assert says in str(caught.value)


@given(plan=plans(), rule=rules())
def test_a_block_is_trained_as_its_rule_says(plan: TrainingPlan, rule: BlockRule) -> None:
    changed = plan.with_rule(rule)
    assert changed.rule(rule.node) == rule
    others = {other.node for other in plan.blocks} - {rule.node}
    assert all(changed.rule(node) == plan.rule(node) for node in others)
    assert sum(other.node == rule.node for other in changed.blocks) == (not rule.says_nothing)


def test_a_block_without_a_rule_is_trained_like_the_others() -> None:
    assert DEFAULT_PLAN.rule("dense").says_nothing


@pytest.mark.parametrize(("monitor", "smaller"), [("held_out_loss", True), ("loss", True), ("metric", False)])
def test_losses_are_better_when_smaller(monitor: str, smaller: bool) -> None:
    assert DEFAULT_PLAN.replace(monitor=monitor).smaller_is_better is smaller


@pytest.mark.parametrize("field", list(TrainingPlan.model_fields))
def test_every_setting_explains_itself_in_one_sentence(field: str) -> None:
    text = TrainingPlan.model_fields[field].description or ""
    assert text.endswith(".")
    assert len(text) > 20
    assert "\n" not in text
