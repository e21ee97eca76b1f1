"""Multiply-adds of random blocks and networks against a count over TensorFlow's own operations."""

import keras
import pytest
from graph_counts import NotCountable, multiply_adds
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import COMPOSITES, LAYERS, blocks, image_shapes, networks, suited

from models.analysis import analyse
from models.blocks import Block
from models.blocks.input import Input
from models.network.graph import Network, stack
from models.runtime.builder import build_model

pytestmark = [pytest.mark.filterwarnings("ignore:.*softmax over axis:UserWarning"), pytest.mark.slow]

KINDS = [kind for kind in (*LAYERS, *COMPOSITES) if kind.min_inputs == 1 and not kind.auxiliary]


def assert_counted(network: Network) -> None:
    keras.utils.clear_session(free_memory=False)
    try:
        counted = multiply_adds(build_model(network))
    except NotCountable:
        return
    assert counted == analyse(network).multiply_adds


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_block(kind: type[Block]) -> None:
    @settings(max_examples=6, derandomize=True)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        rank = data.draw(st.sampled_from(kind.input_ranks or (1, 3)))
        shape = data.draw(image_shapes(12)) if rank == 3 else (data.draw(st.integers(1, 12)),) * rank
        block = suited(data.draw(blocks(kind)), (shape,))
        if block is not None:
            assert_counted(stack(Input(shape=shape), block))

    check()


@settings(max_examples=15, derandomize=True)
@given(networks(valid=True))
def test_random_networks(network: Network) -> None:
    assert_counted(network)
