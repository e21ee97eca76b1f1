"""Known architectures: the numbers of their papers, and what happens where they do not fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analysis import analyse
from models.zoo import TEMPLATES, TemplateError, template
from models.zoo.lenet import lenet5

EVERY_TEMPLATE = pytest.mark.parametrize("key", TEMPLATES)


def test_lenet5_has_the_numbers_of_the_paper() -> None:
    found = analyse(lenet5())
    assert found.parameters == found.trainable == 61_706
    assert found.multiply_adds == 416_520
    assert found.input_shape == (32, 32, 1)
    assert found.output_shape == (10,)
    assert found.receptive_field == (32, 32)
    assert [node.output_shape for node in found.nodes.values()] == [
        (32, 32, 1), (28, 28, 6), (14, 14, 6), (10, 10, 16), (5, 5, 16), (1, 1, 120), (120,), (84,), (10,),
    ]  # fmt: skip
    assert [node.parameters for node in found.nodes.values() if node.parameters] == [156, 2_416, 48_120, 10_164, 850]


@EVERY_TEMPLATE
def test_every_template_is_sound_and_says_what_it_is(key: str) -> None:
    entry = template(key)
    assert entry.key == key
    assert entry.title
    assert entry.summary.endswith(".")
    assert analyse(entry.network()).problems == ()


@EVERY_TEMPLATE
@given(st.data())
def test_every_template_suits_an_image_or_names_the_smallest_that_it_suits(key: str, data: st.DataObject) -> None:
    shape = data.draw(st.tuples(st.integers(1, 48), st.integers(1, 48), st.sampled_from([1, 3])))
    classes = data.draw(st.integers(2, 200))
    try:
        found = analyse(template(key).network(shape, classes))
    except TemplateError as error:
        said = str(error)
        smallest = int(said.partition("at least ")[2].partition("×")[0])
        assert min(shape[:2]) < smallest
        assert analyse(template(key).network((smallest, smallest, shape[-1]), classes)).problems == ()
    else:
        assert (found.problems, found.input_shape, found.output_shape) == ((), shape, (classes,))


def test_an_image_too_small_for_lenet_is_told_what_would_do() -> None:
    with pytest.raises(TemplateError) as caught:
        template("lenet5").network((28, 28, 1))
    assert str(caught.value) == (
        "LeNet-5 cannot take images of 28×28×1: it needs at least 32×32×1. "
        "Resize them to that, or choose another architecture."
    )


@pytest.mark.parametrize(
    ("shape", "classes", "says"),
    [
        ((32, 32, 1), 0, "units: input should be greater than 0, received 0"),
        ((32, 32, 1), -3, "units: input should be greater than 0, received -3"),
        ((0, 32, 1), 10, "shape → 0: input should be greater than 0, received 0"),
        ((), 10, "shape: tuple should have at least 1 item"),
        ((32, 32), 10, "expected an image tensor height×width×channels"),
    ],
)
def test_what_cannot_be_made_is_refused_in_words(shape: tuple[int, ...], classes: int, says: str) -> None:
    with pytest.raises(TemplateError, match="LeNet-5 cannot") as caught:
        template("lenet5").network(shape, classes)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(TemplateError, match=r'no template is called "vgg99"; there are lenet5, small_cnn'):
        template("vgg99")
