"""Functions become groups where they can be one, and are read as their layers where not."""

import pytest

from models.blocks.composite import Group
from models.network.python_reader import PythonError, read_python

SOURCE = """import keras
from keras import layers
{module}
def g(x{parameters}, name="g"):
    {body}
    return layers.Dense(4, name=f"{{name}}__last")(x)
def build_model():
    inputs = keras.Input((8,), name="inputs")
    a = layers.Dense(8, name="a")(inputs)
    x = g(a{arguments}, name="g")
    return keras.Model(inputs, {output})
"""


def source(body: str, module: str = "", parameters: str = "", arguments: str = "", output: str = "x") -> str:
    return SOURCE.format(body=body, module=module, parameters=parameters, arguments=arguments, output=output)


def test_a_function_of_named_layers_is_a_group() -> None:
    network = read_python(source('x = layers.Dense(5, name=f"{name}__first")(x)'))
    (group,) = [node.block for node in network.nodes if isinstance(node.block, Group)]
    assert [node.id for node in group.nodes] == ["first", "last"]


@pytest.mark.parametrize("inner", ["__1", "__", "__inputs", "x", "__é", "___"])
def test_names_that_no_block_inside_can_have_leave_layers(inner: str) -> None:
    network = read_python(source(f'x = layers.Dense(5, name=f"{{name}}{inner}")(x)'))
    assert [node.block.type for node in network.nodes] == ["Input", "Dense", "Dense", "Dense"]


@pytest.mark.parametrize(
    ("body", "keywords"),
    [
        ('x = layers.add([x, *ys], name=f"{name}__add")', {"parameters": ", ys=()", "arguments": ", [inputs]"}),
        ('x = layers.add([x, ys[0]], name=f"{name}__add")', {"parameters": ", ys=()", "arguments": ", (a,)"}),
        ('x = layers.add([x, OUT[0]], name=f"{name}__add")', {"module": 'OUT = [keras.Input((8,), name="inputs")]'}),
    ],
)
def test_a_function_that_takes_more_tensors_is_read_as_its_layers(body: str, keywords: dict[str, str]) -> None:
    text = source(body, **keywords)
    if "module" in keywords:
        text = text.replace('keras.Input((8,), name="inputs")\n    a', "OUT[0]\n    a")
    network = read_python(text)
    assert not [node for node in network.nodes if isinstance(node.block, Group)]
    (add,) = [node for node in network.nodes if node.block.type == "Add"]
    assert {entry.node for entry in add.inputs} <= {"a", "inputs"}


def test_a_function_that_hands_out_tensors_is_read_as_its_layers() -> None:
    body = 'x = layers.Dense(4, name=f"{name}__first")(x); FEATURES.append(x)'
    network = read_python(source(body, module="FEATURES = []", output="layers.add([x, *FEATURES])"))
    assert [node.id for node in network.nodes] == ["inputs", "a", "g__first", "g__last", "add"]


def test_a_layer_from_outside_is_used_once() -> None:
    body = "x = SHARED(x)"
    network = read_python(source(body, module="SHARED = layers.Dense(4, name='shared')"))
    assert [node.id for node in network.nodes] == ["inputs", "a", "shared", "g__last"]


def test_a_layer_that_several_calls_share_is_refused() -> None:
    text = source("x = SHARED(x)", module="SHARED = layers.Dense(4, name='shared')", output="g(x, name='h')")
    with pytest.raises(PythonError, match="used twice"):
        read_python(text)
