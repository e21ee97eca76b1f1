import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from strategies import CHAIN_LAYERS, COMPOSITES, blocks, networks

from models.blocks import Block, BlockProblem
from models.blocks.activation import ReLU
from models.blocks.composite import ENTRY, Group
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.merge import Add
from models.blocks.output import AuxiliaryOutput
from models.blocks.pooling import MaxPooling2D
from models.blocks.residual import ResidualBlock
from models.blocks.shaping import Flatten
from models.network.graph import Network, Node, Source, stack
from models.network.python_reader import PythonError, read_python
from models.network.python_source import python_source
from models.zoo import TEMPLATES

SLOWER = settings(max_examples=40, deadline=None)


def without_names(network: Network) -> Network:
    return Network(nodes=tuple(node.with_name("") for node in network.nodes))


def assert_reads_back(network: Network) -> None:
    source = python_source(network, "a network")
    assert read_python(source) == without_names(network), source


@SLOWER
@given(networks(valid=True))
def test_generated_source_reads_back(network: Network) -> None:
    assert_reads_back(network)


@pytest.mark.parametrize("kind", list(dict.fromkeys([*CHAIN_LAYERS, *COMPOSITES])), ids=lambda kind: kind.__name__)
def test_every_block_reads_back(kind: type[Block]) -> None:
    @settings(max_examples=6, deadline=None)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        rank = data.draw(st.sampled_from(kind.input_ranks or (1, 2, 3, 4)))
        nodes = [Node(id="input", block=Input(shape=(12,) * rank))]
        block = data.draw(blocks(kind))
        inputs = []
        for index in range(kind.min_inputs):
            nodes.append(Node(id=f"relu_{index}", block=ReLU(), inputs=(Source("input"),)))
            inputs.append(Source(f"relu_{index}"))
        nodes.append(Node(id="block", block=block, inputs=tuple(inputs)))
        try:
            block.output_shapes(((12,) * rank,) * kind.min_inputs)
        except BlockProblem:
            return
        assert_reads_back(Network(nodes=tuple(nodes)))

    check()


@pytest.mark.parametrize("key", list(TEMPLATES))
def test_the_zoo_reads_back(key: str) -> None:
    assert_reads_back(TEMPLATES[key].network())


def grouped(name: str) -> Network:
    inner = (
        Node(id="conv", block=Conv2D(filters=4, padding="same"), inputs=(Source(ENTRY),)),
        Node(id="residual", block=ResidualBlock(filters=4), inputs=(Source("conv"),)),
        Node(id="add", block=Add(), inputs=(Source("residual"), Source("conv"))),
    )
    group = Group(name=name, nodes=inner, output=Source("add"))
    around = Node(id="outer", block=group, inputs=(Source(ENTRY),))
    skip = Node(id="add", block=Add(), inputs=(Source("outer"), Source(ENTRY)))
    nested = Group(name=name, nodes=(around, skip), output=Source("add"))
    return stack(Input(shape=(8, 8, 4)), group, nested, group.replace(output=Source("conv")), Flatten(), Dense(units=3))


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=1, max_size=200))
@example('"""')
@example("\\")
@example("build_model")
@example("class")
def test_groups_of_any_name_read_back(name: str) -> None:
    assert_reads_back(grouped(name))


def test_auxiliary_outputs_read_back_with_their_share_of_the_loss() -> None:
    nodes = (
        *stack(Input(shape=(8, 8, 3)), Conv2D(filters=4), Flatten(), Dense(units=3, activation="softmax")).nodes,
        Node(id="flatten_2", block=Flatten(), inputs=(Source("conv2d"),)),
        Node(id="dense_2", block=Dense(units=3, activation="softmax"), inputs=(Source("flatten_2"),)),
        Node(id="auxiliary", block=AuxiliaryOutput(loss_weight=0.25), inputs=(Source("dense_2"),)),
    )
    network = Network(nodes=nodes)
    assert "LOSS_WEIGHTS = [1.0, 0.25]" in python_source(network, "two heads")
    assert_reads_back(network)


def test_a_helper_that_was_changed_is_read_as_it_is_now() -> None:
    source = python_source(stack(Input(shape=(8, 8, 4)), ResidualBlock(filters=4), Flatten(), Dense(units=2)), "n")
    changed = source.replace('layers.ReLU(name=f"{name}__relu1")(x)', 'layers.LeakyReLU(0.1, name=f"{name}__relu1")(x)')
    (group,) = [node.block for node in read_python(changed).nodes if isinstance(node.block, Group)]
    assert [node.block.type for node in group.nodes if node.id == "relu1"] == ["LeakyReLU"]
    assert group.name == "residual_block"


FUNCTIONAL = """
import tensorflow as tf
from tensorflow.keras.layers import Conv2D, Dense, Flatten, MaxPooling2D, add
from keras.datasets import mnist

(x_train, y_train), _ = mnist.load_data()
WIDTHS = (4, 8)

def conv(x, filters, name):
    y = Conv2D(filters, 3, padding="same", activation=tf.nn.relu)(x)
    y = Conv2D(filters, 3, padding="same")(y)
    if x.shape[-1] != filters:
        x = Conv2D(filters, 1)(x)
    return add([x, y])

def make(classes=10):
    inputs = tf.keras.Input((16, 16, 3))
    x = inputs
    for i, width in enumerate(WIDTHS):
        x = conv(x, width, name=f"stage{i}")
        x = MaxPooling2D(2)(x) if i < 1 else x
    outputs = Dense(classes, activation="softmax")(Flatten()(x))
    return tf.keras.Model(inputs=inputs, outputs=outputs)

model = make()
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x_train, y_train)
"""

SEQUENTIAL = """
from keras import layers, models, regularizers
model = models.Sequential()
l2 = regularizers.l2(0.01)
model.add(layers.Conv2D(8, (3, 3), activation="relu", input_shape=(28, 28, 1), kernel_regularizer=l2))
model.add(layers.MaxPooling2D((2, 2)))
model.add(layers.Flatten())
model.add(layers.Dense(10, "softmax", name="my head"))
"""


def test_hand_written_models_are_read() -> None:
    blocks_read = [node.block for node in read_python(FUNCTIONAL).nodes]
    assert [block.type for block in blocks_read] == [
        "Input", *["Conv2D"] * 3, "Add", "MaxPooling2D", *["Conv2D"] * 3, "Add", "Flatten", "Dense",
    ]  # fmt: skip
    assert blocks_read[-1] == Dense(units=10, activation="softmax")
    network = read_python(SEQUENTIAL)
    assert [node.block for node in network.nodes] == [
        Input(shape=(28, 28, 1)),
        Conv2D(filters=8, activation="relu", kernel_regularizer=0.01),
        MaxPooling2D(),
        Flatten(),
        Dense(units=10, activation="softmax"),
    ]
    assert (network.nodes[-1].id, network.nodes[-1].name) == ("my_head", "my head")
    listed = read_python("import keras\nm = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])")
    assert [node.block for node in listed.nodes] == [Input(shape=(4,)), Dense(units=3)]


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ("x = layers.Conv2D(3, 3, filtres=2)(inputs)", 5, "Conv2D has no argument filtres"),
        ("x = layers.Wonder(3)(inputs)", 5, "no block for the layer Wonder"),
        ("x = layers.Lambda(print)(inputs)", 5, "no block for the layer Lambda|print"),
        ("x = open('/etc/passwd').read()", 5, "open is not defined"),
        ("import os\n    x = os.system('true')", 6, "os.system is not understood"),
        ("x = ().__class__", 5, "the attribute __class__"),
        ("while True: pass", 5, "While statement"),
        ("x = layers.Dense(10 ** 90)(inputs)", 5, "a power"),
        ("x = layers.Dense(-1)(inputs)", 5, "greater than 0"),
        ("x = [0] * 10**9", 5, "no numbers"),
        ("for i in range(10**5): pass", 5, "more than 10,000"),
        ("for i in range(99999): pass", 5, "more than 10,000"),
        ("f = lambda: 0", 5, "Lambda"),
        ("d = layers.Dense(3)\n    x = d(d(inputs))", 6, "used twice"),
        ("x = layers.Dense(3, name='a')(inputs)\n    x = layers.Dense(3, name='a')(x)", 6, "two layers are called"),
        ("x = undefined", 5, "undefined is not defined"),
        ("return 3", 5, "no Keras model"),
    ],
)
def test_what_is_not_understood_is_said_with_its_line(body: str, line: int, message: str) -> None:
    source = f"""import keras
from keras import layers
def build_model():
    inputs = keras.Input((8,), name="input")
    {body}
    return keras.Model(inputs, x)
"""
    with pytest.raises(PythonError, match=message) as caught:
        read_python(source)
    assert caught.value.line == line


TWO_OUTPUTS = """LOSS_WEIGHTS = {}
import keras
x = keras.Input((3,))
m = keras.Model(x, [keras.layers.Dense(2)(x), keras.layers.Dense(2)(x)])
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no Keras model"),
        ("x = (", "not Python"),
        ("\0", "not Python"),
        ("(" * 5000 + ")" * 5000, "not Python|nested"),
        ("x = " + "-" * 50_000 + "1", "not Python|nested|no Keras model"),
        ("def f(n): return f(n)\ndef build_model(): return f(1)", "too deeply"),
        ("#" * 3_000_000, "larger"),
        ("import keras\nm = keras.Model(1, 2)", "line 2: keras.Model whose inputs"),
        ("import keras\ndef build_model():\n    return keras.Model(1, 2)", "line 3: keras.Model whose inputs"),
        (
            "import keras\nm = keras.Sequential()\nm.add(keras.Input((3,)))\nm.add(m)",
            "line 4: a Sequential is given",
        ),
        ("import keras\nm = keras.Sequential()\nm.add(m)", "line 3: "),
        (
            "import keras\ns = keras.Sequential()\n"
            + "s = keras.Sequential([s, s])\n" * 60
            + "m = keras.Sequential([keras.Input((3,)), s])",
            "too many steps",
        ),
        ("import keras\nm = keras.Sequential([keras.layers.Dense(3, input_shape=3)])", "line 2: an input_shape"),
        (
            f"import keras\nm = keras.Sequential([keras.Input((0x{'f' * 20_000},))])",
            "line 2: a number that is too large",
        ),
        (
            "import keras\na = [1]\n" + "a = [a, a]\n" * 60 + "m = keras.Sequential([keras.layers.Dense(a)])",
            "line 63: an argument of too many lists",
        ),
        (f"{SEQUENTIAL}model.add(layers.Wonder(3))\nmodel.compile()", "line 9: there is no block for the layer Wonder"),
        (f"{SEQUENTIAL}for n in (3, 4): model.add(layers.Lambda(n))", "line 9: there is no block for the layer Lambda"),
        (f"{SEQUENTIAL}model.pop()", "line 9: the attribute pop"),
        (TWO_OUTPUTS.format("[1, -5]"), "line 1: LOSS_WEIGHTS: loss_weight: .*greater than or equal to 0"),
        (TWO_OUTPUTS.format("[1, -5e400]"), "line 1: LOSS_WEIGHTS"),
        ("a = [1]\n" + "a = [a, a]\n" * 60 + "def build_model():\n    return str(a)", "no number or text"),
        ("a = [1]\n" + "a = [a, a]\n" * 60 + "def build_model():\n    return a == [a, a]", "a comparison"),
    ],
)
def test_no_text_breaks_the_reader(text: str, message: str) -> None:
    with pytest.raises(PythonError, match=message) as caught:
        read_python(text)
    assert caught.value.__cause__ is None, "what went wrong was foreseen"


SAMPLE = python_source(stack(Input(shape=(8, 8, 4)), *[ResidualBlock(filters=4)] * 4, Flatten(), Dense(units=2)), "n")
TOKENS = re.findall(r"\w+|[^\w\s]|\s+", SAMPLE)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(TOKENS) - 1), st.sampled_from([*set(TOKENS), "", "None", "-1", "[]", "x", "1e9", "True"])
        ),
        min_size=1,
        max_size=4,
    )
)
def test_damaged_source_is_read_or_refused(changes: list[tuple[int, str]]) -> None:
    tokens = list(TOKENS)
    for place, token in changes:
        tokens[place] = token
    refused = None
    try:
        read_python("".join(tokens))
    except PythonError as error:
        refused = error
    assert refused is None or (refused.line >= 1 and refused.__cause__ is None)


HAND_WRITTEN = re.findall(r"\w+|[^\w\s]|\s+", FUNCTIONAL + "\n")
HAND_WRITTEN_ONE_BY_ONE = re.findall(r"\w+|[^\w\s]|\s+", SEQUENTIAL)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_damaged_hand_written_source_is_read_or_refused(data: st.DataObject) -> None:
    tokens = list(data.draw(st.sampled_from([HAND_WRITTEN, HAND_WRITTEN_ONE_BY_ONE])))
    odd = st.sampled_from([*dict.fromkeys(tokens), "", "None", "-1", "[]", "()", "[[]]", "1e999", "True", "''", "1j"])
    for _ in range(data.draw(st.integers(1, 3))):
        tokens[data.draw(st.integers(0, len(tokens) - 1))] = data.draw(odd)
    refused = None
    try:
        read_python("".join(tokens))
    except PythonError as error:
        refused = error
    assert refused is None or refused.__cause__ is None, "every mistake is foreseen"
