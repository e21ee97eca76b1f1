"""Calls of Keras's classes and layers: every argument counts, or is refused by its name."""

import pytest

from models.blocks.dense import Dense
from models.blocks.normalization import Dropout
from models.network.python_reader import PythonError, read_python

HEAD = "import keras\nfrom keras import layers\n"


def built(expression: str, before: str = "", entry: str = "inputs") -> str:
    lines = (f"    {line}\n" for line in before.splitlines())
    return (
        f"{HEAD}def build_model():\n    inputs = keras.Input((8,), name='input')\n"
        f"{''.join(lines)}    return keras.Model({entry}, {expression})"
    )


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("layers.Dense(True)(inputs)", "units"),
        ("layers.Dense('64')(inputs)", "units"),
        ("layers.Dense(keras.regularizers.L2(64))(inputs)", "units"),
        ("layers.Reshape((True, 8))(inputs)", "target_shape"),
        ("layers.Dropout(True)(inputs)", "rate"),
        ("layers.Dense(3, use_bias=1)(inputs)", "use_bias"),
        ("layers.Dropout(0.5)(inputs, training=True)", "training"),
        ("layers.Dropout(0.5)(inputs, training=False)", "training"),
        ("layers.Dropout(0.5)(inputs, mask=inputs)", "mask"),
        ("layers.Dropout(0.5)(inputs, banana=1)", "banana"),
        ("layers.Dense(3, kernel_regularizer=keras.regularizers.L2(l1=0.3))(inputs)", "l1"),
        ("layers.Dense(3, kernel_regularizer=keras.regularizers.L2(0.1, l2=0.3))(inputs)", "l2"),
        ("layers.Dense(3, kernel_regularizer=keras.regularizers.L2(0.1, 0.3))(inputs)", "l2"),
        ("layers.Dense(3, kernel_regularizer=keras.regularizers.L2('a'))(inputs)", "number"),
        ("layers.Dense(3, input_shape=8)(inputs)", "input_shape"),
        ("{'main': layers.Dense(3)(inputs)}", "list"),
        ("5", "output"),
        ("[]", "output"),
        ("[inputs, 5]", "output"),
        ("layers.Dense(3)(inputs), 7", "keras.Model"),
        ("layers.Dense(3)(inputs), outputs=inputs", "keras.Model"),
        ("layers.Dense(3)(inputs), banana=2", "banana"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(expression: str, message: str) -> None:
    with pytest.raises(PythonError, match=message) as caught:
        read_python(built(expression))
    assert caught.value.line == 5
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("entry", ["m", "5", "[]", "[inputs, 3]", "[m]", "None"])
def test_a_model_begins_at_its_inputs(entry: str) -> None:
    with pytest.raises(PythonError, match="input") as caught:
        read_python(built("x", "m = layers.Dense(5)(inputs)\nx = layers.Dense(3)(m)", entry))
    assert (caught.value.line, caught.value.__cause__) == (7, None)


@pytest.mark.parametrize("keywords", ["", ", training=None", ", mask=None", ", training=None, mask=None"])
def test_what_changes_nothing_may_be_said_in_a_call(keywords: str) -> None:
    network = read_python(built(f"layers.Dropout(0.25)(inputs{keywords})"))
    assert network.nodes[-1].block == Dropout(rate=0.25)


@pytest.mark.parametrize(
    ("regularizer", "factor"),
    [("L2()", 0.01), ("L2(0.3)", 0.3), ("L2(l2=0.3)", 0.3), ("l2(0.3)", 0.3)],
)
def test_l2_by_place_and_by_name(regularizer: str, factor: float) -> None:
    network = read_python(built(f"layers.Dense(3, kernel_regularizer=keras.regularizers.{regularizer})(inputs)"))
    assert network.nodes[-1].block == Dense(units=3, kernel_regularizer=factor)


@pytest.mark.parametrize("share", ["-1", "-5e400", "True", "'1'", "[1]"])
def test_a_share_of_the_loss_that_is_none_is_refused_with_its_line(share: str) -> None:
    two = built("[x, layers.Dense(3)(inputs)]", "x = layers.Dense(5)(inputs)")
    with pytest.raises(PythonError, match="LOSS_WEIGHTS"):
        read_python(two.replace(HEAD, f"{HEAD}LOSS_WEIGHTS = [1.0, {share}]\n"))


@pytest.mark.parametrize("added", ["m", "3", "[m]", "keras"])
def test_a_sequential_takes_layers_only(added: str) -> None:
    source = f"{HEAD}def build_model():\n    m = keras.Sequential()\n    m.add(keras.Input((3,)))\n    m.add({added})\n"
    with pytest.raises(PythonError, match="Sequential") as caught:
        read_python(f"{source}    m.add(layers.Dense(3))\n    return m")
    assert (caught.value.line, caught.value.__cause__) == (6, None)
