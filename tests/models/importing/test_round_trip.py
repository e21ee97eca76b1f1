"""What LayerLoom builds, Keras saves and LayerLoom imports again: the same blocks, the same outputs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from imported_models import build_model, flat, keras, rebuilt, stirred
from strategies import LAYERS, blocks, image_shapes, networks

from models.blocks import REGISTRY, Block, BlockProblem
from models.blocks.input import Input
from models.blocks.opaque import OpaqueBlock
from models.importing import read_model
from models.importing.reading import network_of
from models.network.graph import Network, Node, Source

OPAQUE = tuple(kind for kind in REGISTRY.values() if issubclass(kind, OpaqueBlock))
SHAPES = {
    1: st.tuples(st.integers(1, 9)),
    2: st.tuples(st.integers(1, 9), st.integers(1, 6)),
    3: image_shapes(12),
    4: st.tuples(*[st.integers(1, 5)] * 3, st.integers(1, 3)),
}
CHANGED = {"Identity"}
"""Blocks that compute nothing, and are left out of an imported model."""


@pytest.mark.parametrize("kind", [*LAYERS, *OPAQUE], ids=lambda kind: kind.__name__)
@settings(max_examples=4, deadline=None)
@given(data=st.data())
def test_every_block_comes_back_as_it_was(kind: type[Block], data: st.DataObject) -> None:
    block = data.draw(blocks(kind))
    shape = data.draw(st.sampled_from(kind.input_ranks or (1, 2, 3)).flatmap(SHAPES.__getitem__))
    sources = (Source("input"),) * max(kind.min_inputs, 1)
    try:
        block.output_shapes((shape,) * len(sources))
    except BlockProblem:
        return
    nodes = (Node(id="input", block=Input(shape=shape)), Node(id="block", block=block, inputs=sources))
    model = build_model(Network(nodes=nodes))
    found, notes = network_of(json.loads(model.to_json()))
    assert notes == ()
    if kind.__name__ not in CHANGED and not kind.auxiliary:
        assert found.node("block").inputs == sources
        again, before = (built.get_layer("block").get_config() for built in (build_model(found), model))
        different = {key: (again[key], value) for key, value in before.items() if again[key] != value}
        assert different in ({}, {"axis": (-1, len(shape))})  # the last axis by either of its names


@pytest.mark.filterwarnings("ignore::UserWarning")  # softmax over one value
@pytest.mark.parametrize("suffix", [".keras", pytest.param(".h5", marks=pytest.mark.slow)])
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(network=networks(valid=True))
def test_random_networks_predict_the_same(tmp_path: Path, suffix: str, network: Network) -> None:
    keras.utils.clear_session(free_memory=False)
    model = stirred(build_model(network))
    model.save(tmp_path / f"model{suffix}")
    imported = read_model(tmp_path / f"model{suffix}")
    images = np.random.default_rng(0).random((2, *model.input_shape[1:]), np.float32)
    expected, received = flat(model(images, training=False)), flat(rebuilt(imported)(images, training=False))
    for mine, theirs in zip(received, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-5)
