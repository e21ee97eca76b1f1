"""Blocks that only imported models have: their rules against Keras's layers."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import blocks, image_shapes

from models.blocks import REGISTRY, Block, BlockProblem
from models.blocks.opaque import OpaqueBlock
from models.blocks.wiring import Node
from models.runtime.builder import _layer

OPAQUE = tuple(kind for kind in REGISTRY.values() if issubclass(kind, OpaqueBlock))
BY_RANK = {
    1: st.tuples(st.integers(1, 6)),
    2: st.tuples(st.integers(1, 6), st.integers(1, 5)),
    3: image_shapes(12),
}


def test_none_of_them_is_offered() -> None:
    assert OPAQUE
    assert not any(kind.in_palette for kind in OPAQUE)


@pytest.mark.parametrize("kind", OPAQUE, ids=lambda kind: kind.__name__)
@settings(max_examples=12)
@given(data=st.data())
def test_shape_and_weights_are_keras_s(kind: type[Block], data: st.DataObject) -> None:
    block = data.draw(blocks(kind))
    ranks = kind.input_ranks or (1, 2, 3)
    shape = data.draw(st.sampled_from(ranks).flatmap(BY_RANK.__getitem__))
    try:
        expected = block.output_shape((shape,))
    except BlockProblem:
        return
    layer = _layer(Node(id="layer", block=block))
    output = layer(keras.KerasTensor((None, *shape)))
    assert output.shape[1:] == expected
    assert [weight.shape for weight in layer.weights] == [weight.shape for weight in block.weight_shapes((shape,))]
    total = sum(int(np.prod(weight.shape)) for weight in layer.weights)
    formula = block.parameter_formula((shape,))[0]
    assert formula.startswith("no parameters") if not total else formula.endswith(f"= {total:,}")
    assert block.shape_formula((shape,))
    assert block.settings_text() == block.settings_text().strip()
