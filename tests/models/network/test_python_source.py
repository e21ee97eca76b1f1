import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import networks

from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.merge import Add
from models.network.graph import Network, Node, Source, stack
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
