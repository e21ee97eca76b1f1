"""What holds for every step as a value."""

from __future__ import annotations

import json

import pytest
from pydantic import TypeAdapter, ValidationError

from models.data.preparation import Preparation
from models.data.steps import STEPS, AnyStep, Stage, Step, steps_of
from models.data.steps.geometric import RandomResizedCrop
from models.data.steps.mixing import MixUp
from models.data.steps.photometric import RandomErasing, RandomHue
from models.data.steps.preprocessing import (
    CenterCrop,
    GreyWorld,
    Rescale,
    Resize,
    Standardize,
    ToGray,
    ToRGB,
    needs_measuring,
)
from models.data.steps.signals import RandomShift

every_step = pytest.mark.parametrize("kind", STEPS.values(), ids=STEPS)
ANY_STEP: TypeAdapter[Step] = TypeAdapter(AnyStep)
SHAPES = [(5,), (9, 2), (7, 5, 1), (7, 5, 3), (4, 4, 4, 1)]


@every_step
def test_a_step_comes_back_from_json(kind: type[Step]) -> None:
    text = json.dumps(ANY_STEP.dump_python(kind(), mode="json"))

    assert ANY_STEP.validate_python(json.loads(text)) == kind()


@every_step
def test_the_form_has_words_for_every_field(kind: type[Step]) -> None:
    assert kind.group
    assert kind().summary.endswith((".", "!")), "a sentence"
    for name, field in kind.model_fields.items():
        assert field.description, name


@every_step
def test_a_step_tells_why_samples_pass_as_they_are(kind: type[Step]) -> None:
    step = kind()

    assert any(step.applies_to(shape) for shape in SHAPES)
    for shape in SHAPES:
        assert bool(step.note(shape)) != step.applies_to(shape)
        if not step.applies_to(shape):
            assert step.output_shape(shape, (8, 8, 3)) == shape


@every_step
def test_only_preprocessing_changes_shapes(kind: type[Step]) -> None:
    assert kind.stage is Stage.PREPROCESSING or not kind.changes_shape


def test_the_chains_are_offered_apart() -> None:
    assert {*steps_of(Stage.PREPROCESSING), *steps_of(Stage.AUGMENTATION)} == set(STEPS.values())
    assert Resize in steps_of(Stage.PREPROCESSING)
    assert RandomHue in steps_of(Stage.AUGMENTATION)


def test_shapes_follow_the_chain() -> None:
    target = (32, 24, 3)

    assert Resize().output_shape((7, 5, 1), target) == target
    assert Resize(height=10).output_shape((7, 5, 1), target) == (10, 24, 3)
    assert CenterCrop().output_shape((70, 50, 1), target) == (32, 24, 1)
    assert CenterCrop(width=3).output_shape((70, 50, 1), target) == (32, 3, 1)
    assert ToGray().output_shape((7, 5, 3), target) == (7, 5, 1)
    assert ToRGB().output_shape((7, 5, 1), target) == (7, 5, 3)
    assert Rescale().output_shape((7, 5, 1), target) == (7, 5, 1)
    assert Resize().output_shape((7, 5, 1), (100,)) == (7, 5, 1), "an Input for rows says no size"


def test_a_whole_preparation_comes_back_from_json() -> None:
    preparation = Preparation(
        preprocessing=(Resize(fit="crop"), GreyWorld(), Standardize(mean=(0.5,), variance=(0.25,), measured_on="x")),
        augmentation=(RandomErasing(fill_value=0.5), MixUp(), RandomShift()),
    )

    assert Preparation.model_validate_json(preparation.model_dump_json()) == preparation


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"type": "RandomHue", "factor": 2.0}, "factor"),
        ({"type": "RandomHue", "factor": float("nan")}, "factor"),
        ({"type": "Resize", "height": 0}, "height"),
        ({"type": "RandomErasing", "scale": [0.5, 0.1]}, "the smaller share comes first"),
        ({"type": "RandomResizedCrop", "scale": [0.0, 0.1]}, "at least 0.01"),
        ({"type": "RandomResizedCrop", "ratio": [0.5, 100.0]}, "between 0.1 and 10"),
        ({"type": "RandomResizedCrop", "ratio": [2.0, 1.0]}, "the smaller value comes first"),
        ({"type": "RandomHues"}, "RandomHue"),
        ({"type": 3}, "type"),
        ([], "type"),
    ],
)
def test_what_a_file_has_wrong_is_said(data: object, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ANY_STEP.validate_python(data)


def test_settings_that_fit_are_taken() -> None:
    assert RandomResizedCrop(scale=(0.2, 0.4), ratio=(1.0, 1.0)).text == "20 … 40 % of the area"


def test_statistics_of_something_else_are_noticed() -> None:
    fresh = Standardize()
    done = Standardize(mean=(1.0, 2.0), variance=(3.0, 4.0), measured_on="these")

    assert needs_measuring((Resize(), fresh), "these")
    assert not needs_measuring((Resize(), done), "these")
    assert needs_measuring((Resize(), done), "those")
    assert needs_measuring((done, fresh), "these")
    assert needs_measuring((done.replace(variance=(3.0,)),), "these"), "half of the statistics is none"
    assert not needs_measuring((Resize(), Rescale()), "these")
