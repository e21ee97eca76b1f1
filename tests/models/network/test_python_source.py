import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import networks

from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.merge import Add
from models.blocks.residual import ResidualBlock
from models.network.expansion import expand
from models.network.graph import Network, Node, Source, stack
from models.network.python_reader import read_python
from models.network.python_source import keras_name, python_source
from models.zoo import template


def test_a_chain_reads_as_a_person_would_write_it() -> None:
    lines = python_source(template("lenet5").network(), "LeNet-5").splitlines()
    assert lines[0] == '"""\'LeNet-5\', a Keras model made with LayerLoom.'
    assert "Input (32, 32, 1), output (10,), 61,706 parameters." in lines
    assert '    inputs = keras.Input(shape=(32, 32, 1), name="input")' in lines
    assert '    x = layers.Conv2D(6, (5, 5), activation="tanh", name="conv2d")(inputs)' in lines
    assert '    outputs = layers.Dense(10, activation="softmax", name="dense_2")(x)  # (10,)' in lines
    assert '    return keras.Model(inputs, outputs, name="lenet_5")' in lines


def test_branches_get_names_and_no_name_hides_another() -> None:
    nodes = (
        Node(id="input", block=Input(shape=(8, 8, 4))),
        Node(id="x", block=Conv2D(filters=4, padding="same"), inputs=(Source("input"),)),
        Node(id="x_", block=Conv2D(filters=4, padding="same"), inputs=(Source("x"),)),
        Node(id="lambda", block=Conv2D(filters=4, padding="same"), inputs=(Source("x"),)),
        Node(id="add", block=Add(), inputs=(Source("x"), Source("x_"), Source("lambda"))),
    )
    source = python_source(Network(nodes=nodes), "branches")
    assert 'outputs = layers.Add(name="add")([x__, x_, x])' in source


def test_regularizers_and_other_defaults() -> None:
    source = python_source(stack(Input(shape=(3,)), Dense(units=2, kernel_regularizer=0.01, use_bias=False)), "n")
    assert 'layers.Dense(2, use_bias=False, kernel_regularizer=keras.regularizers.L2(0.01), name="dense")' in " ".join(
        source.split()
    ).replace("( ", "(").replace(" )", ")")


@given(st.text(max_size=200))
def test_a_name_can_be_any_text(name: str) -> None:
    tree = ast.parse(python_source(stack(Input(shape=(3,)), Dense(units=2)), name).encode())
    assert ast.get_docstring(tree, clean=False).startswith(f"{name!r}, a Keras model")
    assert [type(part).__name__ for part in tree.body] == ["Expr", "Import", "ImportFrom", "FunctionDef", "If"]
    assert keras_name(name).isidentifier()
    assert keras_name(name).isascii()


@settings(max_examples=50)
@given(networks(valid=True))
def test_every_source_parses_with_lines_of_one_length(network: Network) -> None:
    source = python_source(network, "random")
    ast.parse(source)
    own = source[source.index("def build_model") :]
    assert all(len(line) <= 88 or " " not in line.strip() for line in own.splitlines())


def test_an_empty_network_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        python_source(Network(), "nothing")


def test_composites_are_functions_and_repeats_are_loops() -> None:
    source = python_source(template("resnet152").network(), "ResNet-152")
    assert source.count("def bottleneck_block(") == 1
    assert "(He" in source[source.index("def bottleneck_block(") :].split('"""')[1].replace("\n    ", " ")
    assert "    for index in range(13, 48):" in source.splitlines()
    assert 'x = bottleneck_block(x, 256, name=f"bottleneckblock_{index}")' in source
    assert "    # 14×14" in source.splitlines()
    build_model = source[source.index("def build_model") :]
    assert build_model.count("\n") < 50


def test_layers_that_keras_lacks_come_along_once() -> None:
    source = python_source(template("shufflenet_v2").network(), "ShuffleNetV2")
    tree = ast.parse(source)
    assert sorted(node.name for node in tree.body if isinstance(node, ast.ClassDef)) == [
        "ChannelShuffle",
        "ChannelSplit",
    ]
    imported = [ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert imported[-2:] == ["import keras", "from keras import layers, ops"]
    assert len(imported) == len(set(imported))
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("key", ["googlenet", "unet", "shufflenet_v2", "resnet18"])
def test_without_the_sources_of_blocks_every_layer_is_written(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable(_function: object) -> str:
        raise OSError("no source")

    monkeypatch.setattr("models.network.source.rewriting.inspect.getsource", unavailable)
    network = template(key).network()
    source = python_source(network, key)
    functions = [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    assert [name for name in functions if not name.startswith("_")] == ["build_model"]
    monkeypatch.undo()
    flat = expand(network).network
    read = read_python(source)
    assert [(node.id, node.block, node.inputs) for node in read.nodes] == [
        (node.id, node.block, node.inputs) for node in flat.nodes
    ]


def test_ids_that_clash_with_those_of_an_inside_are_written_out() -> None:
    network = stack(Input(shape=(8, 8, 4)), ResidualBlock(filters=4))
    clash = Node(id="residualblock__conv1", block=Conv2D(filters=4), inputs=(Source("residualblock"),))
    network = Network(nodes=(*network.nodes, clash))
    source = python_source(network, "clash")
    assert "def residual_block" not in source.split("def build_model")[1]
    flat = expand(network).network
    assert {node.id for node in read_python(source).nodes} == {node.id for node in flat.nodes}
