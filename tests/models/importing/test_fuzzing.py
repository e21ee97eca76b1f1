"""Any file at all: it becomes a network, or is refused with an error of ours. Nothing else is ever raised."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from keras_files import (
    LITTLE,
    entry,
    functional,
    layer,
    little_weights,
    operator,
    sequential,
    tensor,
    write_h5,
    write_keras,
)

from models.analysis import analyse
from models.files import FileError
from models.importing import ModelImportError, read_model
from models.importing.reading import network_of

BRANCHED = functional(
    entry(8, 8, 3),
    layer("Conv2D", "conv", "input", filters=4, kernel_size=[3, 3], padding="same", dilation_rate=[1, 1],
          kernel_initializer={"module": "keras.initializers", "class_name": "HeNormal", "config": {"seed": None}},
          kernel_regularizer={"module": "keras.regularizers", "class_name": "L2", "config": {"l2": 0.1}}),
    layer("BatchNormalization", "norm", "conv", axis=-1, momentum=0.9, epsilon=0.001, keywords={"mask": None}),
    operator("Add", "plus", "norm", "conv"),
    operator("Multiply", "half", "plus", 0.5),
    operator("GetItem", "cut", "half", [{"class_name": "__slice__", "config": {"start": None, "stop": None}}] * 3),
    layer("Concatenate", "join", [tensor("half"), tensor("conv")], axis=3),
    layer("ReLU", "relu", "join", max_value=6.0, negative_slope=0.0, threshold=0.0),
    {**sequential(entry(8, 8, 8), layer("Flatten", "flat"), layer("Dense", "dense", units=3), name="head"),
     "name": "head", "inbound_nodes": [{"args": [tensor("relu", (8, 8, 8))], "kwargs": {}}]},
    operator("Mean", "mean", "cut", axis=[1, 2], keepdims=False),
    outputs=[["head", 0, 0], ["mean", 0, 0]],
)  # fmt: skip

KEPT = functional(
    entry(6, 8),
    layer("MultiHeadAttention", "attend", "input", num_heads=2, key_dim=3, value_dim=None, output_shape=None,
          attention_axes=[1]),
    layer("EinsumDense", "sum", "input", equation="abc,cd->abd", output_shape=[None, 8], bias_axes="d"),
    layer("Bidirectional", "both", "sum", merge_mode="concat",
          layer={"class_name": "LSTM", "module": "keras.layers", "config": {"units": 4, "activation": "tanh"}},
          backward_layer={"class_name": "LSTM", "module": "keras.layers",
                          "config": {"units": 4, "activation": "tanh", "go_backwards": True}}),
    layer("TimeDistributed", "steps", "sum",
          layer={"class_name": "Dense", "module": "keras.layers", "config": {"units": 8}}),
    layer("ActivityRegularization", "activity", "steps", l1=0.0, l2=0.1),
    layer("AdaptiveAveragePooling1D", "pool", "activity", output_size=[2]),
    outputs=[["both", 0, 0], ["pool", 0, 0], ["attend", 0, 0]],
)  # fmt: skip
KEPT["config"]["layers"][1]["inbound_nodes"] = [{"args": [tensor("input"), tensor("input")], "kwargs": {}}]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    | st.sampled_from(["conv", "input", "Dense", "Lambda", "keras.layers", "__keras_tensor__", "Sequential", "layers"]),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.sampled_from(["class_name", "config", "name"]), part),
    max_leaves=6,
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value inside of a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


PLACES = {name: list(places(model)) for name, model in (("branched", BRANCHED), ("little", LITTLE), ("kept", KEPT))}
MODELS = {"branched": BRANCHED, "little": LITTLE, "kept": KEPT}


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A model's JSON with up to three values replaced, removed, doubled or taken from elsewhere in it."""
    name = draw(st.sampled_from(sorted(MODELS)))
    model = copy.deepcopy(MODELS[name])
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(PLACES[name]))
        with suppress(KeyError, IndexError, TypeError):  # an earlier change has cut the way
            model = changed(model, path, draw(st.sampled_from(("replace", "remove", "double", "move"))), draw, name)
    return model


def changed(model: Any, path: tuple[Any, ...], how: str, draw: st.DrawFn, name: str) -> Any:
    if not path:
        return draw(JSON)
    holder = model
    for key in path[:-1]:
        holder = holder[key]
    last = path[-1]
    if how == "remove":
        del holder[last]
    elif how == "double" and isinstance(holder, list):
        holder.insert(last, copy.deepcopy(holder[last]))
    elif how == "move":
        other = MODELS[name]
        for key in draw(st.sampled_from(PLACES[name])):
            other = other[key]
        holder[last] = copy.deepcopy(other)
    else:
        holder[last] = draw(JSON)
    return model


@settings(max_examples=400)
@given(mutated())
@example(BRANCHED)
@example(LITTLE)
@example(KEPT)
def test_any_change_of_a_model_imports_or_is_refused(model: Any) -> None:
    try:
        network, notes = network_of(model)
    except ModelImportError as error:
        text = str(error)
        assert text
        assert len(text) < 2000
        return
    assert all(isinstance(note, str) for note in notes)
    assert not analyse(network).problems


def test_the_models_that_are_changed_import_themselves() -> None:
    assert len(network_of(BRANCHED)[0].outputs) == 2
    assert len(network_of(KEPT)[0].outputs) == 3
    assert network_of(LITTLE)[0].nodes


@given(JSON)
def test_any_json_imports_or_is_refused(data: Any) -> None:
    with suppress(ModelImportError):
        network_of(json.loads(json.dumps(data)))


FILES = ["m.keras", "m.h5"]


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The bytes of one small model in both formats."""
    folder = tmp_path_factory.mktemp("originals")
    weights = little_weights()
    write_keras(folder / "m.keras", LITTLE, weights)
    named = {"conv": weights["conv2d"], "dense": weights["dense"]}
    write_h5(folder / "m.h5", LITTLE, {k: [(f"{k}/{n}:0", v) for n, v in enumerate(vs)] for k, vs in named.items()})
    return {name: (folder / name).read_bytes() for name in FILES}


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_change_of_a_file_imports_or_is_refused(
    originals: dict[str, bytes], tmp_path: Path, name: str, data: st.DataObject
) -> None:
    content = bytearray(originals[name])
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.sampled_from((1, 1, 4, 64)))
        content[place : place + length] = data.draw(st.binary(min_size=length, max_size=length))
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content)))]
    path = tmp_path / name
    path.write_bytes(bytes(content))
    with suppress(ModelImportError, FileError):
        imported = read_model(path)
        assert imported.weights.keys() <= {node.id for node in imported.network.nodes}


@pytest.mark.parametrize("name", FILES)
def test_the_files_that_are_changed_import_themselves(originals: dict[str, bytes], tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(originals[name])
    assert read_model(tmp_path / name).weights.keys() == {"conv", "dense"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.sampled_from((b"", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", b"{")), tail=st.binary(max_size=200))
def test_any_bytes_are_refused(tmp_path: Path, start: bytes, tail: bytes) -> None:
    (tmp_path / "any.keras").write_bytes(start + tail)
    with pytest.raises(ModelImportError):
        read_model(tmp_path / "any.keras")
