"""The guard: what analysis says == what Keras builds == what the generated source builds."""

import inspect
from contextlib import suppress
from math import prod

import keras
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import COMPOSITES, LAYERS, blocks, networks, suited

from models.analysis import analyse
from models.blocks import REGISTRY, Block
from models.blocks.input import Input
from models.blocks.output import AuxiliaryOutput
from models.network.edits import EditError
from models.network.expansion import expand
from models.network.graph import Network, Node, Source
from models.network.grouping import group
from models.network.python_source import python_source
from models.runtime import layers as custom_layers
from models.runtime.builder import build_model

pytestmark = pytest.mark.filterwarnings("ignore:.*softmax over axis:UserWarning")


def built_by_source(network: Network) -> keras.Model:
    namespace: dict[str, object] = {"__name__": "generated"}
    exec(compile(python_source(network, "a network"), "generated.py", "exec"), namespace)
    return namespace["build_model"]()


def assert_agreement(network: Network) -> None:
    keras.utils.clear_session(free_memory=False)
    analysis, layers = analyse(network), expand(network).network
    assert analysis.problems == ()
    expanded = analyse(layers)
    assert (expanded.parameters, expanded.trainable) == (analysis.parameters, analysis.trainable)
    assert expanded.multiply_adds == analysis.multiply_adds
    assert expanded.activation_bytes == analysis.activation_bytes
    assert (expanded.output_shape, expanded.receptive_field) == (analysis.output_shape, analysis.receptive_field)
    built, from_source = build_model(network), built_by_source(network)
    for model in (built, from_source):
        for node in layers.nodes:
            known, layer = expanded.nodes[node.id], model.get_layer(node.id)
            outputs = layer.output if isinstance(layer.output, list | tuple) else [layer.output]
            assert tuple(tuple(output.shape[1:]) for output in outputs) == known.output_shapes
            assert [tuple(weight.shape) for weight in layer.weights] == [weight.shape for weight in known.weights]
            assert [weight.trainable for weight in layer.weights] == [weight.trainable for weight in known.weights]
        assert model.count_params() == analysis.parameters
        assert sum(prod(weight.shape) for weight in model.trainable_weights) == analysis.trainable
    image = np.random.default_rng(0).random((2, *analysis.input_shape), np.float32)
    for node in layers.nodes:
        from_source.get_layer(node.id).set_weights(built.get_layer(node.id).get_weights())
    outputs, same = ([np.asarray(y) for y in keras.tree.flatten(model(image))] for model in (built, from_source))
    assert outputs[0].shape == (2, *analysis.output_shape)
    for output, other in zip(outputs, same, strict=True):
        np.testing.assert_allclose(output, other, rtol=1e-4, atol=1e-5)


def single(block: Block, shapes: list[tuple[int, ...]]) -> Network:
    """One block behind an Input; each further input gets a padding block of its own that changes nothing."""
    nodes = [Node(id="input", block=Input(shape=shapes[0]))]
    nodes += [
        Node(id=f"branch_{i}", block=REGISTRY["Activation"](activation="tanh"), inputs=(Source("input"),))
        for i in range(1, len(shapes))
    ]
    nodes.append(Node(id="block", block=block, inputs=tuple(Source(node.id) for node in nodes)))
    return Network(nodes=tuple(nodes))


@pytest.mark.parametrize("kind", [*LAYERS, *COMPOSITES], ids=lambda kind: kind.__name__)
def test_every_block_agrees_with_its_keras_layer(kind: type[Block]) -> None:
    built = 0

    @settings(max_examples=8 if kind in LAYERS else 4, derandomize=True)  # composites are made of layers
    @given(st.data())
    def check(data: st.DataObject) -> None:
        nonlocal built
        rank = data.draw(st.sampled_from(kind.input_ranks or (1, 3)))
        shape = data.draw(st.tuples(*[st.integers(3, 12)] * (rank - 1), st.integers(1, 4)))
        shapes = [shape] * max(kind.min_inputs, 1)
        block = suited(data.draw(blocks(kind, largest=4)), tuple(shapes))
        if block is not None:
            assert_agreement(single(block, shapes))
            built += 1

    check()
    assert built >= 2 or kind.min_inputs == 2, "hardly any settings were built, so hardly anything was compared"


@pytest.mark.parametrize("size", [(16, 24), (19, 22)], ids=["even", "odd"])
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_an_encoder_stage_with_its_decoder_agrees(padding: str, size: tuple[int, int]) -> None:
    """The two inputs of a decoder differ in size, which no test with one shape for all inputs can draw."""
    fields = {"filters": 4, "padding": padding, "convolutions": 1}
    encoder, decoder = (REGISTRY[name].model_validate(fields) for name in ("EncoderStage", "DecoderStage"))
    assert_agreement(
        Network(
            nodes=(
                Node(id="input", block=Input(shape=(*size, 3))),
                Node(id="encoder", block=encoder, inputs=(Source("input"),)),
                Node(id="decoder", block=decoder, inputs=(Source("encoder"), Source("encoder", 1))),
            )
        )
    )


@settings(max_examples=40, derandomize=True)
@given(networks(valid=True))
def test_random_networks_agree(network: Network) -> None:
    assert_agreement(network)


@st.composite
def grouped_networks(draw: st.DrawFn) -> Network:
    """Valid networks where some blocks are one group, and where one more output leaves in the middle."""
    network = draw(networks(valid=True))
    ids = [node.id for node in network.nodes[1:]]
    start, stop = sorted(draw(st.tuples(*[st.integers(0, len(ids))] * 2)))
    with suppress(EditError):  # they have more than one input or output
        network, _ = group(network, ids[start:stop], "my unit")
    source = Source(draw(st.sampled_from([node.id for node in network.nodes])))
    head = Node(id="head", block=AuxiliaryOutput(), inputs=(source,))
    return Network(nodes=(*network.nodes, head))


@settings(max_examples=15, derandomize=True)
@given(grouped_networks())
def test_random_networks_with_a_group_and_an_auxiliary_output_agree(network: Network) -> None:
    assume(analyse(network).problems == ())
    assert_agreement(network)


@pytest.mark.parametrize("kind", LAYERS, ids=lambda kind: kind.__name__)
def test_generated_source_may_leave_defaults_out_since_they_are_keras_defaults(kind: type[Block]) -> None:
    place = custom_layers if kind.custom else keras.layers
    signature = inspect.signature(getattr(place, kind().layer_class).__init__).parameters
    leading = [name for name in signature if name != "self"][: len(kind.spelled_out)]
    assert tuple(leading) == kind.spelled_out
    for name, value in kind().keras_arguments().items():
        if name in kind.spelled_out or (name == "activation" and value == "linear"):
            continue  # Keras's None is "linear"
        default = signature[name].default
        same = default == value or (kind.__name__.startswith("ZeroPadding") and set(value) == {default})
        assert same, f"{kind.__name__}.{name}: ours {value}, Keras {default}"


@pytest.mark.parametrize(
    ("block", "shape", "expected"),
    [
        (REGISTRY["Conv2D"](filters=6, kernel_size=(5, 5)), (32, 32, 1), 28 * 28 * 5 * 5 * 6),
        (REGISTRY["DepthwiseConv2D"](kernel_size=(3, 3), padding="same"), (8, 8, 4), 8 * 8 * 9 * 4),
        (REGISTRY["SeparableConv2D"](filters=5, kernel_size=(3, 3)), (8, 8, 4), 6 * 6 * (9 * 4 + 4 * 5)),
        (REGISTRY["Conv2DTranspose"](filters=3, kernel_size=(2, 2), strides=(2, 2)), (4, 4, 5), 4 * 4 * 4 * 5 * 3),
        (REGISTRY["Conv1D"](filters=15, strides=2), (40, 1), 19 * 3 * 15),
        (REGISTRY["Conv3D"](filters=5, padding="same"), (4, 6, 8, 2), 4 * 6 * 8 * 27 * 2 * 5),
        (REGISTRY["Conv3DTranspose"](filters=3, strides=2), (2, 3, 4, 5), 2 * 3 * 4 * 27 * 5 * 3),
        (REGISTRY["DeformableConv2D"](filters=6), (8, 8, 4), 6 * 6 * (9 * 4 * 6 + 9 * 4 * 18)),
        (REGISTRY["Dense"](units=84), (120,), 120 * 84),
        (REGISTRY["MaxPooling2D"](), (8, 8, 4), 0),
    ],
    ids=lambda value: value.type if isinstance(value, Block) else "",
)
def test_multiply_adds_are_kernel_values_times_positions(block: Block, shape: tuple[int, ...], expected: int) -> None:
    network = single(block, [shape])
    analysis = analyse(network)
    assert analysis.multiply_adds == expected
    layer = build_model(network).get_layer("block")
    if layer.weights and len(shape) > 1:  # from Keras's kernels: each value is used once per position
        inside, outside = analysis.input_shape, analysis.output_shape
        positions = prod((inside if block.type.endswith("Transpose") else outside)[:-1])
        assert expected == positions * sum(prod(w.shape) for w in layer.weights if len(w.shape) > 1)
