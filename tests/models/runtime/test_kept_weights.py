"""Trained weights go on in the model of a network that was grouped or unpacked since."""

from __future__ import annotations

import numpy as np
import pytest

from models.analysis import analyse
from models.blocks.activation import ReLU
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.residual import ResidualBlock
from models.blocks.shaping import Flatten
from models.network.graph import Network, stack
from models.network.grouping import group, unpack
from models.runtime.live_model import LiveModel

PLAIN = stack(
    Input(shape=(8, 8, 2)), Conv2D(filters=2, padding="same"), ReLU(), ResidualBlock(filters=2), Flatten(), Dense()
)
GROUPED, GROUP = group(PLAIN, ["conv2d", "relu", "residualblock"], "body")
UNPACKED, _ = unpack(GROUPED, GROUP, analyse(GROUPED).nodes[GROUP].input_shapes)


@pytest.mark.parametrize(
    ("before", "after"), [(PLAIN, GROUPED), (GROUPED, PLAIN), (GROUPED, UNPACKED), (UNPACKED, GROUPED)]
)
def test_the_model_of_the_edited_network_predicts_the_same(before: Network, after: Network) -> None:
    trained, edited = LiveModel(before, seed=1), LiveModel(after, seed=2)
    trained.trained, trained.epochs = frozenset(trained.weights()), 3
    images = np.random.default_rng(0).random((4, 8, 8, 2), np.float32)
    assert not np.allclose(edited.predict(images), trained.predict(images))
    edited.keep_from(trained.learned())
    np.testing.assert_allclose(edited.predict(images), trained.predict(images), rtol=1e-5)
    assert (edited.trained, edited.epochs) == (frozenset(edited.weights()), 3)
