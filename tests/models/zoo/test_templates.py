"""Templates: what they say of themselves, how they adapt, and what happens where they cannot."""

from __future__ import annotations

import re
import subprocess
import sys
from math import ceil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.analysis import analyse
from models.blocks import shape_text
from models.network.project import Project, project_from_json, project_to_json
from models.zoo import TEMPLATES, Template, TemplateError, template

ROOT = Path(__file__).parents[3]
EVERY_TEMPLATE = pytest.mark.parametrize("entry", TEMPLATES.values(), ids=lambda entry: entry.key)


@EVERY_TEMPLATE
def test_every_template_is_sound_and_says_what_it_is(entry: Template) -> None:
    assert TEMPLATES[entry.key] is entry
    assert entry.make.__name__ == entry.key
    assert entry.title
    assert entry.summary.endswith(".")
    assert entry.family
    assert re.search(r" (19|20)\d\d, [A-Z]", entry.reference)
    assert 1998 <= entry.year <= 2024
    assert analyse(entry.network()).problems == ()


@EVERY_TEMPLATE
def test_facts_are_those_of_its_network(entry: Template) -> None:
    found, facts = analyse(entry.network()), entry.facts()
    assert (facts.parameters, facts.trainable) == (found.parameters, found.trainable)
    assert (facts.multiply_adds, facts.activation_bytes) == (found.multiply_adds, found.activation_bytes)
    assert facts.output_shape == found.output_shape
    assert entry.facts() is facts


@EVERY_TEMPLATE
def test_a_template_is_saved_and_opened_as_it_is(entry: Template) -> None:
    project = Project(network=entry.network())
    assert project_from_json(project_to_json(project)) == project


@EVERY_TEMPLATE
def test_every_template_names_the_smallest_input_that_works(entry: Template) -> None:
    smallest = entry.smallest()
    assert smallest is not None
    size = smallest[0]
    assert size <= min(entry.input_shape[:-1])
    assert analyse(entry.network(smallest)).problems == ()
    if size > 1:
        for axis in range(len(smallest) - 1):
            shape = tuple(size - 1 if i == axis else n for i, n in enumerate(smallest))
            with pytest.raises(TemplateError, match=f"it needs at least {shape_text(smallest)}"):
                entry.network(shape)


@EVERY_TEMPLATE
def test_every_template_adapts_to_any_larger_input_and_any_classes(entry: Template) -> None:
    @settings(max_examples=6)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        channels, classes = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 200))
        smallest = entry.smallest(channels)
        assert smallest is not None
        shape = (*(data.draw(st.integers(size, size + 90)) for size in smallest[:-1]), channels)
        network = entry.network(shape, classes)
        found = analyse(network)
        assert (found.problems, found.input_shape) == ((), shape)
        for node in network.outputs:
            assert_answers(entry, shape, classes, found.nodes[node.id].output_shape)

    check()


def assert_answers(entry: Template, shape: tuple[int, ...], classes: int, output_shape: tuple[int, ...] | None) -> None:
    assert output_shape is not None
    match entry.task:
        case "classification":
            assert output_shape == (classes,)
        case "detection":
            assert output_shape == (ceil(shape[0] / 64), ceil(shape[1] / 64), 5 * 2 + classes)
        case "segmentation":
            assert output_shape[-1] == classes
            if entry.key == "unet":  # valid convolutions cost 184, poolings of odd sizes up to 15 more
                assert all(
                    184 <= size - answered < 200 for size, answered in zip(shape[:2], output_shape, strict=False)
                )
            else:
                assert output_shape[:2] == shape[:2]


def test_an_image_too_small_for_lenet_is_told_what_would_do() -> None:
    with pytest.raises(TemplateError) as caught:
        template("lenet5").network((28, 28, 1))
    assert str(caught.value) == (
        "LeNet-5 cannot take images of 28×28×1: it needs at least 32×32×1. "
        "Resize them to that, or choose another architecture."
    )


def test_sequences_and_volumes_are_called_so() -> None:
    with pytest.raises(TemplateError, match=r"cannot take sequences of 14×1: it needs at least 15×1\."):
        template("mnist1d_cnn").network((14, 1))
    with pytest.raises(TemplateError, match=r"cannot take volumes of 8×32×32×1: it needs at least 11×11×11×1\."):
        template("cnn3d").network((8, 32, 32, 1))


@pytest.mark.parametrize(
    ("shape", "classes", "says"),
    [
        ((32, 32, 1), 0, "received 0 classes, expected 1 or more"),
        ((32, 32, 1), -3, "received -3 classes, expected 1 or more"),
        ((32, 32, 1), 2_000_000, "units: input should be less than or equal to 1000000"),
        ((0, 32, 1), 10, "shape → 0: input should be greater than 0, received 0"),
        ((), 10, "shape: tuple should have at least 1 item"),
        ((32, 32), 10, "cannot take an input of 32×32: it takes images height×width×channels, for example 32×32×1"),
        ((60_000, 60_000, 1), 10, "at most"),
    ],
)
def test_what_cannot_be_made_is_refused_in_words(shape: tuple[int, ...], classes: int, says: str) -> None:
    with pytest.raises(TemplateError, match="LeNet-5 cannot") as caught:
        template("lenet5").network(shape, classes)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@EVERY_TEMPLATE
@pytest.mark.parametrize("shape", [(9,), (9, 9), (9, 9, 9), (9, 9, 9, 9)], ids=str)
def test_an_input_of_another_rank_is_told_what_is_taken(entry: Template, shape: tuple[int, ...]) -> None:
    if len(shape) == len(entry.input_shape):
        return
    with pytest.raises(TemplateError, match=f"it takes .*, for example {shape_text(entry.input_shape)}"):
        entry.network(shape)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(TemplateError, match=r'no template is called "vgg99"; there are lenet5, small_cnn'):
        template("vgg99")


def test_importing_the_zoo_builds_nothing() -> None:
    """A window that opens should not wait for architectures that nobody has asked for."""
    program = "import sys, models.zoo; print(*sorted(name for name in sys.modules if name.startswith('models.zoo.')))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["models.zoo.catalogue", "models.zoo.templates"]
