"""Dense on images, as Keras computes it: one block to Keras, two to people."""

from __future__ import annotations

import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras_files import entry, functional, layer
from strategies import blocks

from models.analysis import analyse
from models.blocks.dense import Dense, PointwiseDense
from models.blocks.input import Input
from models.blocks.wiring import Node
from models.importing.reading import network_of
from models.network.graph import stack
from models.network.project import Project, project_from_json, project_to_json
from models.network.python_reader import read_python
from models.network.python_source import python_source
from models.runtime.builder import _layer


@settings(max_examples=12)
@given(block=blocks(PointwiseDense), shape=st.lists(st.integers(1, 5), min_size=3, max_size=4).map(tuple))
def test_computes_what_keras_computes(block: PointwiseDense, shape: tuple[int, ...]) -> None:
    made = _layer(Node(id="layer", block=block))
    assert isinstance(made, keras.layers.Dense)
    assert made(keras.KerasTensor((None, *shape))).shape[1:] == block.output_shape((shape,))
    assert [weight.shape for weight in made.weights] == [weight.shape for weight in block.weight_shapes((shape,))]
    assert block.window((shape,)) is None


@pytest.mark.parametrize(("shape", "kind"), [((6,), Dense), ((5, 6), Dense), ((4, 5, 6), PointwiseDense)])
def test_models_and_sources_get_the_block_that_suits(shape: tuple[int, ...], kind: type[Dense]) -> None:
    model = functional(entry(*shape), layer("Dense", "d", "input", units=7, activation="relu"))
    imported, _ = network_of(model)
    source = f"import keras\nm = keras.Sequential([keras.Input({shape}), keras.layers.Dense(7, 'relu', name='d')])"
    for network in (imported, read_python(source)):
        assert network.nodes[1].block == kind(units=7, activation="relu")
        assert analyse(network).output_shape == (*shape[:-1], 7)
        assert not analyse(network).problems


def test_goes_through_source_and_file() -> None:
    network = stack(Input(shape=(4, 4, 3)), PointwiseDense(units=5, use_bias=False))
    assert read_python(python_source(network, "n")).nodes[1].block == network.nodes[1].block
    assert project_from_json(project_to_json(Project(network=network))).network == network


def test_people_are_still_told_of_a_flatten_that_was_forgotten() -> None:
    (problem,) = analyse(stack(Input(shape=(4, 4, 3)), Dense(units=5))).problems
    assert "Insert Flatten before Dense" in [repair.text for repair in problem.repairs]
    assert not PointwiseDense.in_palette
