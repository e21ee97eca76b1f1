"""Composite blocks in the engine: what is learned survives grouping and unpacking, layers inside are watched."""

import numpy as np
import pytest

from models.analysis import analyse
from models.blocks import REGISTRY
from models.blocks.convolution import Conv2D
from models.blocks.convolution_unit import ConvolutionUnit
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.pooling import GlobalAveragePooling2D
from models.blocks.residual import ResidualBlock
from models.blocks.shaping import Flatten
from models.data.sources import Digits
from models.network.expansion import expand
from models.network.graph import Network, stack
from models.network.grouping import group, unpack
from models.runtime.live_model import NetworkError, checked
from models.training.commands import Build, Train, Watch
from models.training.events import Built, EpochDone, Probed, TrainingDone
from models.training.plan import TrainingPlan

PICTURE = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8, 1)
INNER = ("residualblock__conv1", "residualblock__bn1", "residualblock__relu2")


@pytest.fixture
def residual() -> Network:
    classifier = Dense(units=10, activation="softmax")
    return stack(Input(shape=(8, 8, 1)), Conv2D(filters=4), ResidualBlock(filters=4), Flatten(), classifier)


def unpacked(network: Network, node_id: str) -> Network:
    return unpack(network, node_id, analyse(network).nodes[node_id].input_shapes)[0]


def test_weights_survive_grouping_and_unpacking(desk, residual) -> None:
    desk.want(Train("run", residual, Digits(), TrainingPlan(epochs=1)), TrainingDone)
    live = desk.engine._live
    learned, prediction = live.weights(), live.predict(PICTURE[None])
    grouped, group_id = group(residual, ("conv2d", "residualblock"), "My stage")
    for network in (grouped, unpacked(grouped, group_id), unpacked(residual, "residualblock"), residual):
        built = desk.want(Build(network), Built)
        weighty = {node_id for node_id, known in analyse(network).nodes.items() if known.weights}
        assert weighty <= built.kept
        assert desk.engine._live is not live
        np.testing.assert_allclose(desk.engine._live.predict(PICTURE[None]), prediction, atol=1e-6)
    for name, values in desk.engine._live.weights().items():
        for expected, value in zip(learned[name], values, strict=True):
            np.testing.assert_array_equal(value, expected)


def test_layers_inside_are_watched_by_the_ids_of_the_expansion(desk, residual) -> None:
    desk.ask(Watch(PICTURE, (*INNER, "residualblock", "residualblock__gone"), INNER[0]))
    probed = desk.ask(Build(residual))[-1]
    assert isinstance(probed, Probed)
    assert set(probed.strips) == {*INNER, "residualblock"}
    np.testing.assert_array_equal(probed.strips["residualblock"], probed.strips[INNER[2]])
    np.testing.assert_array_equal(probed.maps[..., :8], probed.strips[INNER[0]])  # small enough to be shown as it is
    kernel = desk.engine._live.model.get_layer(INNER[0]).get_weights()[0]
    np.testing.assert_array_equal(probed.filters, kernel)
    whole = desk.want(Watch(PICTURE, (), "residualblock"), Probed)
    assert (whole.maps.shape, whole.filters) == ((6, 6, 4), None)


def test_marks_say_when_a_whole_composite_is_trained(desk, residual) -> None:
    desk.ask(Train("run", residual, Digits(), TrainingPlan(epochs=1)))
    assert "residualblock" in desk.want(Build(residual), Built).kept
    wider = residual.node("residualblock").with_block(ResidualBlock(filters=4, strides=2))  # a shortcut is new
    nodes = tuple(wider if node.id == wider.id else node for node in residual.nodes)
    kept = desk.want(Build(Network(nodes=nodes)), Built).kept
    assert INNER[0] in kept
    assert "residualblock" not in kept


def test_a_composite_that_is_too_large_is_refused_before_it_is_built() -> None:
    filters = REGISTRY["Conv2D"](filters=60_000).filters
    network = stack(Input(shape=(8, 8, 1)), Conv2D(filters=filters), ResidualBlock(filters=filters))
    assert analyse(expand(network).network).parameters == analyse(network).parameters
    with pytest.raises(NetworkError, match="GB; this machine has"):
        checked(network)


def test_held_out_images_are_told_apart_after_few_batches(desk) -> None:
    """With Keras's momentum of 0.99 the moving averages of 138 batches would still be half what they began with."""
    network = stack(
        Input(shape=(8, 8, 1)), ConvolutionUnit(filters=16), ResidualBlock(filters=32, strides=2),
        ResidualBlock(filters=32), GlobalAveragePooling2D(), Dense(units=10, activation="softmax"),
    )  # fmt: skip
    desk.want(Train("run", network, Digits(), TrainingPlan(epochs=6)), TrainingDone)
    epochs = [event for event in desk.events if isinstance(event, EpochDone)]
    assert epochs[-1].held_out_metric > 0.9
