"""Filters for the views: kernels over any axes as images, and nothing for weights that do not slide."""

import pytest

from models.blocks import Block
from models.blocks.activation import PReLU
from models.blocks.convolution import Conv1D, Conv1DTranspose, Conv2D, Conv3D, SeparableConv1D
from models.blocks.deformable import DeformableConv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.network.graph import stack
from models.runtime.live_model import LiveModel
from models.runtime.probes import filters


@pytest.mark.parametrize(
    ("block", "shape", "expected"),
    [
        (Conv1D(filters=5), (9, 2), (1, 3, 2, 5)),
        (SeparableConv1D(filters=5), (9, 2), (1, 3, 1, 2)),
        (Conv1DTranspose(filters=5), (9, 2), (1, 3, 2, 5)),
        (Conv2D(filters=5), (6, 6, 2), (3, 3, 2, 5)),
        (DeformableConv2D(filters=5), (6, 6, 2), (3, 3, 2, 5)),
        (Conv3D(filters=5), (4, 6, 6, 2), (9, 3, 2, 5)),
        (Dense(units=4), (9,), None),
        (PReLU(), (4, 6, 6, 2), None),
    ],
    ids=lambda value: value.type if isinstance(value, Block) else "",
)
def test_a_kernel_is_shown_as_height_width_channels_and_filters(block, shape, expected) -> None:
    live = LiveModel(stack(Input(shape=shape), block), 0)
    found = filters(live, live.network.nodes[-1].id)
    assert (found.shape if found is not None else None) == expected
