"""Settings as text: every field can be written so, and what cannot be is refused in a sentence."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import plans

from models.training.optimizers import SGD
from models.training.plan import DEFAULT_PLAN, TrainingPlan
from models.training.plan_settings import PlanError, preset_named, with_settings
from models.training.presets import built_in_presets


def written(plan: TrainingPlan) -> list[str]:
    """A plan as settings."""
    settings = []
    for name in TrainingPlan.model_fields:
        value = getattr(plan, name)
        if name in ("optimizer", "schedule"):
            settings.append(f"{name}={value.type}")
            settings += [f"{name}.{field}={getattr(value, field)!r}" for field in type(value).model_fields]
        elif name == "metrics":
            settings.append(f"metrics={','.join(value)}")
        elif name != "blocks":
            settings.append(f"{name}={value}")
    return settings


@settings(max_examples=40)
@given(plan=plans())
def test_every_plan_can_be_written_as_settings(plan: TrainingPlan) -> None:
    assert with_settings(DEFAULT_PLAN, written(plan)) == plan.replace(blocks=())


def test_settings_are_taken_one_after_the_other() -> None:
    plan = with_settings(DEFAULT_PLAN, ["optimizer.beta_1=0.5", "optimizer=sgd", "optimizer.momentum = 0.5"])
    assert plan.optimizer == SGD(momentum=0.5)
    assert with_settings(DEFAULT_PLAN.replace(max_steps=3), ["max_steps=none"]).max_steps is None
    assert with_settings(DEFAULT_PLAN, ["use_ema=on"]).use_ema


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("epochs", "expected FIELD=VALUE, such as learning_rate=0.01"),
        ("=3", "A training plan has no ''"),
        ("learning_rat=1", "did you mean learning_rate?"),
        ("learning_rate=0", "learning_rate cannot be '0': input should be greater than 0."),
        ("epochs=many", "epochs cannot be 'many': input should be a valid integer"),
        ("loss=hinge", "loss cannot be 'hinge': input should be 'auto'"),
        ("metrics=acc", "metrics cannot be 'acc': input should be 'top_3_accuracy'"),
        ("optimizer=Adan", "'Adan' is no optimizer; expected one of Adadelta, Adagrad"),
        ("schedule=Cos", "'Cos' is no schedule; expected one of Constant, Cosine"),
        ("optimizer.momentum=0.9", "Adam has no setting 'momentum'; it has"),
        ("optimizer.beta_1=2", "optimizer.beta_1 cannot be '2': input should be less than 1."),
        ("seed.x=1", "seed has no settings of its own"),
        ("blocks=1", "Blocks are frozen in the window"),
    ],
)
def test_says_what_is_wrong_with_a_setting(setting: str, says: str) -> None:
    with pytest.raises(PlanError) as caught:
        with_settings(DEFAULT_PLAN, [setting])
    assert says in str(caught.value)


@given(st.lists(st.text(max_size=20), max_size=3))
def test_any_text_is_taken_or_refused(texts: list[str]) -> None:
    with suppress(PlanError):
        assert isinstance(with_settings(DEFAULT_PLAN, texts), TrainingPlan)


def test_a_preset_is_found_by_its_name_or_its_beginning() -> None:
    presets = built_in_presets()
    assert preset_named("first TRY", presets).name == "First try"
    assert preset_named("modern", presets).name.startswith("Modern")
    with pytest.raises(PlanError, match='begins the names of several presets; expected one of "First try", "Fast'):
        preset_named("f", presets)
    with pytest.raises(PlanError, match="'cycle' is no preset; expected one of \"First try\""):
        preset_named("cycle", presets)
    with pytest.raises(PlanError, match="is no preset"):
        preset_named("", presets)
