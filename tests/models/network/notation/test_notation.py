import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from strategies import CHAIN_LAYERS, blocks, shapes

from models.analysis import analyse
from models.blocks import REGISTRY, Block, Shape
from models.blocks.activation import ReLU
from models.blocks.composite import ENTRY, Group
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.merge import Add
from models.blocks.pooling import MaxPooling2D
from models.network.graph import Network, Node, Source, stack
from models.network.notation import NotationError, parse_notation, to_notation, why_no_notation
from models.network.notation.words import SYNONYMS, WORDS
from models.zoo import template


def blocks_of(network: Network) -> list[Block]:
    return [node.block for node in network.nodes]


@st.composite
def chains(draw: st.DrawFn) -> Network:
    """Stacks of any blocks, mistakes included, now and then with a part repeated."""
    part = draw(st.lists(st.sampled_from(CHAIN_LAYERS).flatmap(blocks), max_size=5))
    return stack(Input(shape=draw(shapes())), *(part * draw(st.integers(1, 3))))


@settings(max_examples=60)
@given(chains())
def test_a_stack_reads_back_as_it_was_written(network: Network) -> None:
    text = to_notation(network)
    assert text is not None, why_no_notation(network)
    assert parse_notation(text) == network


@pytest.mark.parametrize("kind", CHAIN_LAYERS, ids=lambda kind: kind.__name__)
def test_every_block_of_a_chain_can_be_written(kind: type[Block]) -> None:
    @settings(max_examples=8)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        rank = data.draw(st.sampled_from(kind.input_ranks or (1, 2, 3, 4)))
        network = stack(Input(shape=(9,) * rank), data.draw(blocks(kind)), REGISTRY["ReLU"]())
        assert parse_notation(to_notation(network) or "") == network

    check()


def test_the_notation_of_the_lectures() -> None:
    network = parse_notation("INPUT -> [[CONV -> RELU]*2 -> POOL]*3 -> [FC 512 -> RELU]*2 -> FC 10")
    convolutions = [block for block in blocks_of(network) if isinstance(block, Conv2D)]
    assert [block.filters for block in convolutions] == [32, 32, 64, 64, 128, 128]
    assert {(block.kernel_size, block.padding, block.activation) for block in convolutions} == {
        ((3, 3), "same", "linear")
    }
    assert [block.type for block in blocks_of(network)][-6:] == ["Flatten", "Dense", "ReLU", "Dense", "ReLU", "Dense"]
    assert blocks_of(network)[-1] == Dense(units=10, activation="softmax")
    assert analyse(network).problems == ()
    assert to_notation(network) == (
        "input 32x32x1 -> [conv 32 -> relu]*2 -> pool -> [conv 64 -> relu]*2 -> pool -> [conv 128 -> relu]*2 -> pool"
        " -> flatten -> [fc 512 -> relu]*2 -> fc 10"
    )


def test_settings_find_their_fields() -> None:
    network = parse_notation(
        "input 32x32x3 -> conv 5x5 64 /2 same tanh -> pool 3x3 /2 -> drop 0.25 -> bn -> conv 7 5 valid nobias"
        " -> Conv2D 3 dilation_rate=2x2 kernel_initializer=HE_normal -> pad padding=((1, 2), (3, 4)) -> gap -> softmax"
    )
    assert blocks_of(network) == [
        Input(shape=(32, 32, 3)),
        Conv2D(filters=64, kernel_size=(5, 5), strides=(2, 2), padding="same", activation="tanh"),
        MaxPooling2D(pool_size=(3, 3), strides=(2, 2)),
        REGISTRY["Dropout"](rate=0.25),
        REGISTRY["BatchNormalization"](),
        Conv2D(filters=7, kernel_size=(5, 5), use_bias=False),
        Conv2D(filters=3, dilation_rate=(2, 2), kernel_initializer="he_normal"),
        REGISTRY["ZeroPadding2D"](padding=((1, 2), (3, 4))),
        REGISTRY["GlobalAveragePooling2D"](),
        REGISTRY["Softmax"](),
    ]


@pytest.mark.parametrize("arrow", [" -> ", "->", " => ", "→", " ⇒ ", " > ", ", ", ";", "\n", "\n  -> ", ",\n", "\r\n"])
@pytest.mark.parametrize("case", [str.upper, str.lower, str.title], ids=["upper", "lower", "title"])
def test_case_and_arrows_do_not_matter(arrow: str, case: type[str]) -> None:
    words = ["input 28x28x1", "conv 6 5x5 tanh", "avgpool", "residual 8 /2", "gap", "fc 10"]
    assert parse_notation(arrow.join(case(word) for word in words)) == parse_notation(" -> ".join(words))


def test_the_list_form() -> None:
    conv = [Conv2D(filters=n, padding="same", activation="relu") for n in (8, 16, 32)]
    expected = [Input(), *conv, MaxPooling2D(), Conv2D(filters=64, padding="same", activation="relu")]
    for text in ('[8, 16, 32, "pool", 64]', "[8, 16, 32, 'M', 64,]", '8, 16, 32, "maxpool 2x2", 64'):
        assert blocks_of(parse_notation(text)) == expected
    network = parse_notation('[8, 16 /2 tanh, "pool"]', (28, 28, 1), classes=5)
    assert blocks_of(network)[2] == Conv2D(filters=16, strides=(2, 2), padding="same", activation="tanh")
    assert blocks_of(network)[-2:] == [REGISTRY["GlobalAveragePooling2D"](), Dense(units=5, activation="softmax")]


def test_papers_tables() -> None:
    text = "[conv3-64 relu]*2 -> maxpool -> conv1-128 -> pool3 /2 -> FC-4096 -> relu6 -> FC-10"
    network = parse_notation(text, (32, 32, 3))
    assert network == parse_notation(
        "[conv 3x3 64 relu]*2 -> pool 2x2 -> conv 1x1 128 -> pool 3x3 /2 -> fc 4096 -> relu6 -> fc 10", (32, 32, 3)
    )
    assert parse_notation("conv5-8", (64, 3)) == parse_notation("conv kernel_size=5 8", (64, 3))
    with pytest.raises(NotationError, match="no block"):
        parse_notation("wonder3-64")


def test_calls_as_keras_has_them() -> None:
    text = 'Conv2D(64, 3, activation="relu", padding="same"), MaxPooling2D(2), Flatten(), Dense(10)'
    assert blocks_of(parse_notation(text))[1:] == [
        Conv2D(filters=64, padding="same", activation="relu"),
        MaxPooling2D(),
        REGISTRY["Flatten"](),
        Dense(units=10),
    ]


@pytest.mark.parametrize(("shape", "kind"), [((64, 3), "Conv1D"), ((32, 32, 3), "Conv2D"), ((16, 16, 16, 1), "Conv3D")])
def test_a_convolution_has_the_axes_of_what_arrives(shape: Shape, kind: str) -> None:
    assert blocks_of(parse_notation("conv 4 -> gap -> fc", shape))[1] == REGISTRY[kind](filters=4, padding="same")


def test_input_shape_and_classes() -> None:
    network = parse_notation("input -> fc 20 -> relu -> fc", (8,), classes=3)
    assert blocks_of(network) == [Input(shape=(8,)), Dense(units=20), ReLU(), Dense(units=3, activation="softmax")]
    assert blocks_of(parse_notation("fc 1"))[-1] == Dense(units=1, activation="sigmoid")
    assert blocks_of(parse_notation("fc 3 linear"))[-1] == Dense(units=3)
    assert blocks_of(parse_notation("fc -> softmax", classes=4))[-2] == Dense(units=4)
    with pytest.raises(NotationError, match="20 units, and 3 classes"):
        parse_notation("fc 20", classes=3)
    with pytest.raises(NotationError, match="INPUT says 8×8×1, and 9×9×1"):
        parse_notation("input 8x8x1 -> gap", (9, 9, 1))


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 0, "nothing here"),
        ("conv -> -> pool", 8, "no block between"),
        ("conv ->", 5, "missing behind"),
        ("conv foo", 5, 'no setting "foo"'),
        ("input -> cnov", 9, "did you mean conv"),
        ("conv relu pool", 10, "put an arrow"),
        ("[conv", 0, "never closed"),
        ("conv]", 4, "not expected"),
        ("(conv -> pool]", 13, "expected"),
        ("[]", 0, "empty"),
        ("conv -1", 5, "greater than 0"),
        ("conv -> relu /2", 13, "no strides"),
        ("conv 5x5x5", 5, "at most 2"),
        ("drop 1.5", 5, "less than 1"),
        ("[conv]*0", 7, "how many times"),
        ("[[conv]*4000]*4000", 0, "too many"),
        ("fc 10 -> input", 9, "at the beginning"),
        ("conv -> add", 8, "branches"),
        ("group", 0, "cannot be written"),
        ("conv filtres=3", 5, "its fields are filters"),
        ("conv filters=", 13, "expected a value"),
        ("conv filters=3 4 filters=5", 17, "twice"),
        ("pad padding=(1,", 12, "never closed"),
        ("pad padding=(__import__)", 12, "no value"),
        ("conv 3 #", 7, "not expected"),
        ("conv " + "9" * 5000, 5, "too long"),
        ("[" * 200 + "conv" + "]" * 200, 50, "nested"),
    ],
)  # fmt: skip
def test_mistakes_point_at_their_place(text: str, column: int, message: str) -> None:
    with pytest.raises(NotationError, match=re.escape(message)) as caught:
        parse_notation(text)
    assert caught.value.column == column
    assert str(caught.value).startswith(f"column {column + 1}: ")


def test_the_caret_stands_under_the_place() -> None:
    text = "input 32x32x3 ->\n\tconv 3 ->\n\tcnov 4"
    with pytest.raises(NotationError) as caught:
        parse_notation(text)
    assert caught.value.caret(text) == " cnov 4\n ^"


PIECES = [*"[]()*x/->,=\"' \n0123456789.", *WORDS, *SYNONYMS, "filters", "True", "→", " -> "]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
@example("input 99999x99999x99999")
@example("conv 1e999")
@example("conv kernel_size=" + "(" * 1500 + ")" * 1500)
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    refused = None
    try:
        assert parse_notation(text).nodes[0].block.type == "Input"
    except NotationError as error:
        refused = error
    assert refused is None or (0 <= refused.column <= len(text) and refused.caret(text).count("\n") == 1)


def test_what_is_no_stack_has_no_notation() -> None:
    branched = Network(
        nodes=(
            Node(id="input", block=Input()),
            Node(id="relu", block=ReLU(), inputs=(Source("input"),)),
            Node(id="add", block=Add(), inputs=(Source("input"), Source("relu"))),
        )
    )
    inner = Node(id="relu", block=ReLU(), inputs=(Source(ENTRY),))
    grouped = stack(Input(), Group(name="mine", nodes=(inner,), output=Source("relu")))
    for network, reason in (
        (Network(), "empty"),
        (stack(ReLU()), "Input"),
        (branched, "branches at Add"),
        (grouped, "inside of its own"),
    ):
        assert to_notation(network) is None
        assert reason in why_no_notation(network)


def test_repeats_are_folded_where_that_is_shorter() -> None:
    assert to_notation(template("lenet5").network()) == (
        "input 32x32x1 -> conv 5x5 6 valid tanh -> avgpool -> conv 5x5 16 valid tanh -> avgpool"
        " -> conv 5x5 120 valid tanh -> flatten -> fc 84 tanh -> fc 10"
    )
    text = "input 64x64x3 -> [[conv 8 -> bn -> relu]*2 -> pool]*3 -> gap -> fc 7"
    assert to_notation(parse_notation(text)) == text
