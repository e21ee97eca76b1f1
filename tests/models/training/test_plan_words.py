"""A plan in words, and the settings that say nothing beside others."""

from __future__ import annotations

import pytest
from hypothesis import given
from plans import plans

from models.training.optimizers import SGD, AdamW
from models.training.plan import DEFAULT_PLAN, BlockRule, TrainingPlan
from models.training.plan_words import differences, meaningless, value_text
from models.training.schedules.curves import StepDecay


@given(plan=plans(), other=plans())
def test_there_is_a_difference_for_each_field_that_differs(plan: TrainingPlan, other: TrainingPlan) -> None:
    differing = [name for name in TrainingPlan.model_fields if getattr(plan, name) != getattr(other, name)]
    said = differences(plan, other=other)
    assert len(said) == len(differing)
    assert differences(plan, other=plan) == ()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"label_smoothing": 0.1}, "label smoothing 0.1"),
        ({"use_ema": True}, "use ema"),
        ({"batch_size": 1024}, "batch size 1,024"),
        ({"max_steps": 10}, "max steps 10"),
        ({"metrics": ("auc", "f1_score")}, "metrics auc, f1 score"),
        ({"optimizer": SGD(momentum=0.5)}, "SGD, momentum 0.5"),
        ({"optimizer": AdamW()}, "AdamW"),
        ({"schedule": StepDecay(every=30)}, "schedule: Step, every 30"),
        ({"blocks": (BlockRule(node="a", trainable=False),)}, "1 block frozen"),
        ({"blocks": tuple(BlockRule(node=n, trainable=False) for n in "ab")}, "2 blocks frozen"),
        ({"blocks": (BlockRule(node="a", learning_rate_factor=2),)}, "1 with its own rate"),
    ],
)
def test_a_difference_in_words(changes: dict[str, object], says: str) -> None:
    assert differences(DEFAULT_PLAN.replace(**changes)) == (says,)


def test_a_switch_that_is_off_where_it_was_on() -> None:
    assert differences(DEFAULT_PLAN, other=DEFAULT_PLAN.replace(use_ema=True)) == ("no use ema",)


def test_only_what_is_asked_for_is_compared() -> None:
    plan = DEFAULT_PLAN.replace(epochs=3, seed=5)
    assert differences(plan, ("seed",)) == ("seed 5",)


@pytest.mark.parametrize(
    ("value", "text"), [(None, "none"), (True, "on"), (False, "off"), (3e-4, "0.0003"), ((), "none")]
)
def test_values_in_words(value: object, text: str) -> None:
    assert value_text(value) == text


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("clip", {"clipping": "clipvalue"}),
        ("focal_gamma", {"loss": "categorical_focal_crossentropy"}),
        ("ema_momentum", {"use_ema": True}),
        ("decay_all", {"optimizer": AdamW()}),
        ("patience", {"early_stopping": True}),
        ("min_delta", {"early_stopping": True}),
    ],
)
def test_a_setting_counts_again_once_another_one_changes(field: str, changes: dict[str, object]) -> None:
    assert field in meaningless(DEFAULT_PLAN)
    assert field not in meaningless(DEFAULT_PLAN.replace(**changes))


def test_label_smoothing_is_for_cross_entropies() -> None:
    assert "label_smoothing" not in meaningless(DEFAULT_PLAN)
    assert "label_smoothing" in meaningless(DEFAULT_PLAN.replace(loss="huber"))


@given(plan=plans())
def test_reasons_are_sentences_about_fields(plan: TrainingPlan) -> None:
    for field, reason in meaningless(plan).items():
        assert field in TrainingPlan.model_fields
        assert reason.endswith(".")
