"""The composite blocks of the literature: numbers of the lectures and papers, branches, and inputs that do not suit."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import COMPOSITES, blocks, image_shapes

from models.analysis import analyse
from models.blocks import REGISTRY, Block, BlockProblem, SetFields, Shapes
from models.blocks.composite import ENTRY, CompositeBlock, Inside
from models.blocks.convolution import Conv2D
from models.blocks.convolution_unit import AtrousSpatialPyramidPooling, ConvolutionUnit, DilatedBlock
from models.blocks.densenet import DenseBlock, TransitionLayer
from models.blocks.encoder_decoder import DecoderStage, EncoderStage
from models.blocks.inception import InceptionModule, NaiveInceptionModule
from models.blocks.input import Input
from models.blocks.mobile import DepthwiseSeparableBlock, FireModule, InvertedResidual, ShuffleUnit
from models.blocks.residual import BottleneckBlock, PlainBlock, ResidualBlock
from models.blocks.squeeze_excitation import SqueezeExcitation
from models.blocks.vgg import VGGBlock
from models.blocks.wiring import Source
from models.network.graph import Network, Node, stack

EVERY_COMPOSITE = pytest.mark.parametrize("kind", COMPOSITES, ids=lambda kind: kind.__name__)


def parameters(block: Block, *inputs: tuple[int, ...]) -> int:
    return sum(weight.size for weight in block.weight_shapes(inputs))


def kinds(block: CompositeBlock, *inputs: tuple[int, ...]) -> list[str]:
    return [node.block.type for node in block.inside(inputs).nodes]


def record(block: CompositeBlock, inputs: Shapes) -> Inside | BlockProblem:
    try:
        return block.inside(inputs)
    except BlockProblem as problem:
        return problem


@EVERY_COMPOSITE
def test_a_fresh_one_suits_the_middle_of_a_network(kind: type[CompositeBlock]) -> None:
    block = kind()
    inputs: Shapes = ((14, 14, 64),) if kind.max_inputs == 1 else ((14, 14, 64), (28, 28, 32))
    assert len(block.output_shapes(inputs)) == len(block.output_names)
    assert block.settings_text()
    assert len(block.settings_text()) <= 40
    assert kind.family.value == "Composite"


@EVERY_COMPOSITE
@settings(max_examples=30)
@given(st.data())
def test_any_settings_give_a_sound_inside_or_a_problem(kind: type[CompositeBlock], data: st.DataObject) -> None:
    block = data.draw(blocks(kind))
    inputs = tuple(data.draw(image_shapes()) for _ in range(kind.min_inputs))
    found = record(block, inputs)
    if isinstance(found, BlockProblem):
        for repair in found.repairs:
            if isinstance(repair, SetFields):  # what is offered helps
                block.replace(**dict(repair.changes)).output_shapes(inputs)
        return
    known = {ENTRY}
    for node in found.nodes:  # in order, and named after its role
        assert {source.node for source in node.inputs} <= known
        assert node.name == node.id
        known.add(node.id)
    used = {source.node for node in found.nodes for source in node.inputs} | {s.node for s in found.outputs}
    assert known - {ENTRY} <= used  # nothing inside is computed in vain
    assert tuple(found.shape(source, inputs) for source in found.outputs) == block.output_shapes(inputs)


@EVERY_COMPOSITE
def test_the_largest_settings_are_a_problem_and_no_crash(kind: type[CompositeBlock]) -> None:
    """What each field allows may be too much for a block inside, or for one tensor."""
    fields = kind.model_json_schema()["properties"]
    largest = {name: field["maximum"] for name, field in fields.items() if "maximum" in field}
    inputs: Shapes = ((6, 6, 1_000_000),) * kind.min_inputs
    found = record(kind.model_validate(largest), inputs)
    assert isinstance(found, Inside) or found.received
    network = stack(Input(shape=(6, 6, 60_000)), kind.model_validate(largest))
    analyse(network)  # never raises


# --- numbers ----------------------------------------------------------------------------------------------------------
def test_what_bottlenecks_save_in_an_inception_module() -> None:
    naive = NaiveInceptionModule(filters_1x1=128, filters_3x3=192, filters_5x5=96)
    assert naive.multiply_adds(((28, 28, 256),)) == 854_196_224
    assert naive.output_shape(((28, 28, 256),)) == (28, 28, 128 + 192 + 96 + 256)
    reduced = InceptionModule(
        filters_1x1=128, reduce_3x3=64, filters_3x3=192, reduce_5x5=64, filters_5x5=96, pool_projection=64
    )
    assert reduced.multiply_adds(((28, 28, 256),)) == 271_351_808
    assert reduced.output_shape(((28, 28, 256),)) == (28, 28, 128 + 192 + 96 + 64)


def test_vgg_blocks_are_convolutions_and_perhaps_pooling() -> None:
    assert kinds(VGGBlock(convolutions=3, filters=8), (8, 8, 3)) == ["Conv2D"] * 3 + ["MaxPooling2D"]
    assert kinds(VGGBlock(convolutions=1, filters=8, pool=False), (8, 8, 3)) == ["Conv2D"]
    assert parameters(VGGBlock(convolutions=2, filters=64), (224, 224, 3)) == 1_792 + 36_928
    normalized = VGGBlock(convolutions=1, filters=8, pool=False, batch_normalization=True)
    assert kinds(normalized, (8, 8, 3)) == ["Conv2D", "BatchNormalization", "ReLU"]
    assert parameters(normalized, (8, 8, 3)) == 9 * 3 * 8 + 4 * 8


@pytest.mark.parametrize("later", [False, True], ids=["paper", "v1.5"])
def test_a_bottleneck_takes_its_stride_early_or_late(later: bool) -> None:
    block = BottleneckBlock(filters=64, strides=2, strides_in_3x3=later)
    inside = block.inside(((56, 56, 256),))
    assert inside.shapes["conv1"] == ((56, 56, 64) if later else (28, 28, 64),)
    assert block.output_shape(((56, 56, 256),)) == (28, 28, 256)
    assert block.multiply_adds(((56, 56, 256),)) == (
        256 * 64 * (56 * 56 if later else 28 * 28) + 28 * 28 * (9 * 64 * 64 + 64 * 256 + 256 * 256)
    )


def test_a_plain_block_is_a_residual_block_without_its_shortcut() -> None:
    residual, plain = ResidualBlock(filters=8, strides=2), PlainBlock(filters=8, strides=2)
    without = [node for node in residual.inside(((9, 9, 4),)).nodes if "shortcut" not in node.id and node.id != "add"]
    assert [(node.id, node.block) for node in without] == [
        (node.id, node.block) for node in plain.inside(((9, 9, 4),)).nodes
    ]


def test_depthwise_separable_convolutions_are_cheap() -> None:
    block = DepthwiseSeparableBlock(filters=128)
    assert block.multiply_adds(((14, 14, 64),)) == 14 * 14 * (9 * 64 + 64 * 128)
    plain = Conv2D(filters=128, kernel_size=(3, 3), padding="same")
    assert plain.multiply_adds(((14, 14, 64),)) == 14 * 14 * 9 * 64 * 128


def test_an_inverted_residual_has_its_shortcut_between_narrow_ends() -> None:
    assert "Add" in kinds(InvertedResidual(filters=24), (8, 8, 24))
    assert "Add" not in kinds(InvertedResidual(filters=24, strides=2), (8, 8, 24))
    assert "Add" not in kinds(InvertedResidual(filters=32), (8, 8, 24))
    inside = InvertedResidual(filters=24, expansion=6).inside(((8, 8, 24),))
    assert inside.shapes["expand"] == ((8, 8, 144),)
    assert "expand" not in InvertedResidual(filters=24, expansion=1).inside(((8, 8, 24),)).shapes


def test_a_shuffle_unit_splits_where_nothing_changes() -> None:
    basic = kinds(ShuffleUnit(filters=116), (28, 28, 116))
    assert (basic[0], basic[-1]) == ("ChannelSplit", "ChannelShuffle")
    assert basic.count("DepthwiseConv2D") == 1
    down = ShuffleUnit(filters=116, strides=2)
    assert kinds(down, (56, 56, 24)).count("DepthwiseConv2D") == 2
    assert down.output_shape(((56, 56, 24),)) == (28, 28, 116)


def test_a_shuffle_unit_with_an_odd_number_of_channels_offers_an_even_one() -> None:
    with pytest.raises(BlockProblem, match="7 channels with groups 2, inside at shuffle") as caught:
        ShuffleUnit(filters=7).output_shape(((8, 8, 4),))
    assert caught.value.repairs[0] == SetFields("Set filters to 8", (("filters", 8),))


def test_a_dense_block_adds_its_growth_rate_with_every_layer() -> None:
    block = DenseBlock(repeats=6, growth_rate=32)
    inside = block.inside(((56, 56, 64),))
    assert [inside.shapes[f"concat{n}"][0][-1] for n in range(1, 7)] == [96, 128, 160, 192, 224, 256]
    assert inside.shapes["conv3_1"] == ((56, 56, 128),)
    assert TransitionLayer().output_shape(((56, 56, 256),)) == (28, 28, 128)
    assert TransitionLayer(compression=0.01).output_shape(((2, 2, 3),)) == (1, 1, 1)


def test_a_fire_module() -> None:
    fire = FireModule(squeeze=16, expand_1x1=64, expand_3x3=64)
    assert parameters(fire, (55, 55, 96)) == (96 + 1) * 16 + (16 + 1) * 64 + (9 * 16 + 1) * 64
    assert fire.output_shape(((55, 55, 96),)) == (55, 55, 128)


def test_squeeze_and_excitation_weighs_channels() -> None:
    block = SqueezeExcitation(ratio=16)
    assert parameters(block, (7, 7, 64)) == (64 + 1) * 4 + (4 + 1) * 64
    assert block.output_shape(((7, 7, 64),)) == (7, 7, 64)
    assert parameters(block, (7, 7, 8)) == (8 + 1) + (1 + 1) * 8


def test_dilation_widens_the_view_at_full_size() -> None:
    found = analyse(stack(Input(shape=(64, 64, 3)), DilatedBlock(convolutions=4, filters=8)))
    assert found.output_shape == (64, 64, 8)
    assert found.receptive_field == (31, 31)  # 1 + 2·(1 + 2 + 4 + 8)
    pyramid = AtrousSpatialPyramidPooling(filters=16, rates=(1, 2, 3))
    assert pyramid.output_shape(((9, 7, 4),)) == (9, 7, 16)
    assert pyramid.inside(((9, 7, 4),)).shapes["concat"] == ((9, 7, 5 * 16),)


def test_a_convolution_unit() -> None:
    unit = ConvolutionUnit(filters=8, strides=(2, 2), activation="linear")
    assert kinds(unit, (8, 8, 3)) == ["Conv2D", "BatchNormalization"]
    assert parameters(unit, (8, 8, 3)) == 9 * 3 * 8 + 4 * 8
    biased = ConvolutionUnit(filters=8, batch_normalization=False, activation="leaky_relu")
    assert kinds(biased, (8, 8, 3)) == ["Conv2D", "LeakyReLU"]
    assert parameters(biased, (8, 8, 3)) == (9 * 3 + 1) * 8


# --- encoder and decoder ----------------------------------------------------------------------------------------------
def coded(size: tuple[int, int], padding: str) -> Network:
    encoder = EncoderStage.model_validate({"filters": 4, "padding": padding})
    decoder = DecoderStage.model_validate({"filters": 4, "padding": padding})
    return Network(
        nodes=(
            Node(id="input", block=Input(shape=(*size, 3))),
            Node(id="encoder", block=encoder, inputs=(Source("input"),)),
            Node(id="decoder", block=decoder, inputs=(Source("encoder"), Source("encoder", 1))),
        )
    )


@given(st.integers(1, 40), st.integers(1, 40))
def test_a_padded_encoder_and_decoder_give_the_size_back(height: int, width: int) -> None:
    found = analyse(coded((height, width), "same"))
    assert found.problems == ()
    assert found.output_shape == (height, width, 4)


@given(st.integers(10, 40), st.integers(10, 40))
def test_valid_ones_crop_the_skip(height: int, width: int) -> None:
    found = analyse(coded((height, width), "valid"))
    assert found.problems == ()
    assert found.output_shape == (2 * ((height - 4) // 2) - 4, 2 * ((width - 4) // 2) - 4, 4)


def test_a_skip_that_is_too_small_is_named() -> None:
    with pytest.raises(BlockProblem) as caught:
        DecoderStage().output_shape(((8, 8, 16), (8, 8, 16)))
    assert str(caught.value) == (
        "received a skip of 8×8 beside an image of 8×8 that becomes 16×16; "
        "expected a skip at least as large, which an encoder stage gives as its second output"
    )


def test_an_encoder_stage_has_two_outputs() -> None:
    stage = EncoderStage(filters=8)
    assert stage.output_names == ("output", "skip")
    assert stage.output_shapes(((16, 16, 3),)) == ((8, 8, 8), (16, 16, 8))


# --- what does not suit ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("block", "shape", "says", "repair"),
    [
        (VGGBlock(), (1, 1, 3), "an image of 1×1, inside at pool", "Leave the pooling out"),
        (TransitionLayer(), (1, 4, 3), "an image of 1×4, inside at pool", "Leave the pooling out"),
        (EncoderStage(padding="valid"), (4, 4, 3), "an image of 2×2, inside at conv2", 'Use padding "same"'),
        (ConvolutionUnit(padding="valid"), (2, 2, 3), "an image of 2×2, inside at conv", 'Use padding "same"'),
    ],
    ids=lambda value: value.type if isinstance(value, Block) else "",
)
def test_an_image_too_small_inside_is_told_where_and_what_helps(
    block: CompositeBlock, shape: tuple[int, ...], says: str, repair: str
) -> None:
    with pytest.raises(BlockProblem) as caught:
        block.output_shape((shape,))
    assert caught.value.received == says
    assert caught.value.expected.startswith("at least")
    assert [found.text for found in caught.value.repairs] == [repair, f"Remove {block.type}"]


def test_settings_that_are_too_much_for_a_block_inside_are_a_problem() -> None:
    with pytest.raises(BlockProblem, match=r"do not suit shortcut inside; expected filters: .* received 4000000"):
        BottleneckBlock(filters=1_000_000).output_shape(((8, 8, 3),))


# --- composites in composites -----------------------------------------------------------------------------------------
class Attentive(CompositeBlock, abstract=True):
    """A residual block with squeeze-and-excitation; for this test alone, so not registered."""

    input_ranks: ClassVar[tuple[int, ...]] = (3,)

    def build(self, x: Any, nn: Any) -> Any:
        gated = nn.SqueezeExcitation(ratio=2, name="gate")(x)
        down, skip = nn.EncoderStage(4, convolutions=1, name="down")(gated)
        return nn.DecoderStage(4, convolutions=1, name="up")([down, skip])


def test_composites_stand_in_composites() -> None:
    assert "Attentive" not in REGISTRY
    block = Attentive()
    inside = block.inside(((8, 8, 4),))
    assert [node.id for node in inside.nodes] == ["gate", "down", "up"]
    assert inside.nodes[-1].inputs == (Source("down"), Source("down", 1))
    assert block.output_shape(((8, 8, 4),)) == (8, 8, 4)
    assert "gate/reduce/kernel" in {weight.name for weight in block.weight_shapes(((8, 8, 4),))}


class Careless(CompositeBlock, abstract=True):
    """A `build` with a slip in it."""

    slip: ClassVar[str] = ""

    def build(self, x: Any, nn: Any) -> Any:
        match self.slip:
            case "unknown":
                return nn.Convolution(8)(x)
            case "twice":
                return nn.ReLU(6.0, max_value=6.0)(x)
            case "too many":
                return nn.Softmax(-1, 2)(x)
        return x, x


@pytest.mark.parametrize(
    ("slip", "error", "says"),
    [
        ("unknown", AttributeError, "no block called Convolution"),
        ("twice", TypeError, "one given twice"),
        ("too many", TypeError, "more arguments than fields"),
        ("outputs", TypeError, "gives 2 outputs and names output"),
    ],
)
def test_slips_of_a_build_are_named(
    slip: str, error: type[Exception], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Careless, "slip", slip)
    with pytest.raises(error, match=says):
        Careless()._record(((4, 4, 2),))
