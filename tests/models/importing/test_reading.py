"""What is read from files written by hand: names, older formats, and everything that is refused, in words."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from keras_files import (
    LITTLE,
    Json,
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
from models.blocks.composite import Group
from models.importing import ModelImportError, archive, hdf5, read_model
from models.importing.reading import network_of
from models.network.graph import Network


def blocks(config: Any) -> list[str]:
    """The types of the blocks that a model becomes."""
    return [node.block.type for node in network_of(config)[0].nodes]


def refusal(config: Any) -> str:
    """Why a model is refused."""
    with pytest.raises(ModelImportError) as caught:
        network_of(config)
    text = str(caught.value)
    assert text.endswith((".", ")"))
    assert "\n" not in text
    return text


def dense(name: str = "dense", *inputs: Any, units: int = 3, **config: Any) -> Json:
    return layer("Dense", name, *inputs, units=units, **config)


# --- names ------------------------------------------------------------------------------------------------------------
def test_ids_come_from_names_and_titles_keep_them() -> None:
    names = ["block1/conv 1", "block1.conv-1", "1st", "–", "inputs", "x" * 300, "x" * 299]
    chain = [entry(4), *(dense(name, before) for before, name in zip(["input", *names], names, strict=False))]
    network, _ = network_of(functional(*chain))
    assert [node.id for node in network.nodes] == [
        "input", "block1_conv_1", "block1_conv_1_2", "layer_1st", "layer", "inputs_2", "x" * 100, "x" * 100 + "_2",
    ]  # fmt: skip
    assert [node.title for node in network.nodes][1:5] == names[:4]
    assert all(len(node.title) <= 200 for node in network.nodes)


def test_a_name_is_never_markup_nor_several_lines() -> None:
    network, _ = network_of(functional(entry(4), dense("a\nb\x00\tc", "input")))
    assert network.nodes[1].title == "a b c"


# --- formats ----------------------------------------------------------------------------------------------------------
def old(kind: str, name: str, *inputs: Any, **config: Any) -> Json:
    """A layer as Keras 2 wrote it."""
    calls = [[[item, 0, 0, {}] if isinstance(item, str) else item for item in inputs]] if inputs else []
    return {
        "class_name": kind,
        "config": {"name": name, "dtype": "float32", **config},
        "name": name,
        "inbound_nodes": calls,
    }


def old_model(*layers: Json, **config: Any) -> Json:
    last = [[layers[-1]["name"], 0, 0]]
    return {
        "class_name": "Model",
        "config": {
            "layers": list(layers),
            "input_layers": [["in", 0, 0]],
            "output_layers": last,
            "name": "m",
            **config,
        },
        "keras_version": "2.4.0",
    }


OLD_INPUT = old("InputLayer", "in", batch_input_shape=[None, 8, 8, 2], sparse=False)


def test_a_model_of_keras_2() -> None:
    model = old_model(
        OLD_INPUT,
        old("Conv2D", "conv", "in", filters=2, kernel_size=[3, 3], padding="same", groups=1, activation="relu",
            kernel_initializer={"class_name": "GlorotUniform", "config": {"seed": None}},
            kernel_regularizer={"class_name": "L2", "config": {"l2": 0.25}}),
        old("LeakyReLU", "leaky", "conv", alpha=0.125),
        old("BatchNormalization", "norm", "leaky", axis=[3], momentum=0.9, epsilon=0.001),
        old("TFOpLambda", "plus", ["norm", 0, 0, {"y": ["in", 0, 0], "name": None}], function="__operators__.add"),
        old("TFOpLambda", "half", ["plus", 0, 0, {"y": 0.5, "name": None}], function="math.multiply"),
        old("Add", "add", "half", "conv"),
        old("GlobalAveragePooling2D", "pool", "add", data_format="channels_last"),
    )  # fmt: skip
    network, notes = network_of(model)
    assert notes == ()
    types = [node.block.type for node in network.nodes]
    assert types == [
        "Input", "Conv2D", "LeakyReLU", "BatchNormalization", "Add", "Rescaling", "Add", "GlobalAveragePooling2D",
    ]  # fmt: skip
    conv, leaky, norm, plus, half = (node for node in network.nodes[1:6])
    assert (conv.block.kernel_regularizer, leaky.block.negative_slope, norm.block.momentum) == (0.25, 0.125, 0.9)
    assert [source.node for source in plus.inputs] == ["norm", "in"]
    assert half.block.scale == 0.5
    assert not analyse(network).problems


def test_a_sequential_model_of_keras_1_is_a_bare_list() -> None:
    layers = [old("Dense", "a", units=3, batch_input_shape=[None, 5]), old("Activation", "b", activation="tanh")]
    assert blocks({"class_name": "Sequential", "config": layers}) == ["Input", "Dense", "Activation"]


def test_layers_before_keras_2_3_do_not_say_their_dtype() -> None:
    def old(kind: str, name: str, *inputs: str, **config: Any) -> Json:
        calls = [[[source, 0, 0, {}] for source in inputs]] if inputs else []
        settings = {"name": name, "trainable": True, **config}
        return {"class_name": kind, "name": name, "config": settings, "inbound_nodes": calls}

    network, _ = network_of(
        functional(
            old("InputLayer", "input", batch_input_shape=[None, 4], dtype="float32", sparse=False),
            old("Dense", "a", "input", units=4, activation="linear"),
            old("Add", "sum", "a", "input"),
        )
    )
    assert [node.block.type for node in network.nodes] == ["Input", "Dense", "Add"]


def test_a_sequential_model_may_begin_with_a_model() -> None:
    inner = sequential(entry(6), dense())
    outer = {
        "class_name": "Sequential",
        "config": {"name": "outer", "layers": [{**inner, "name": "inner"}, dense("last")]},
    }
    network, _ = network_of(outer)
    assert [node.block.type for node in network.nodes] == ["Input", "Group", "Dense"]
    assert isinstance(network.nodes[1].block, Group)


def test_layers_may_stand_in_any_order_and_unused_ones_are_left_out() -> None:
    a, b, c = dense("a", "input"), dense("b", "a"), dense("c", "b")
    unused = dense("unused", "a")
    network, _ = network_of(functional(c, unused, b, a, entry(4), outputs=["c", 0, 0]))
    assert [node.id for node in network.nodes] == ["input", "a", "b", "c"]


@pytest.mark.parametrize("outputs", [["a", 0, 0], [["a", 0, 0]], {"main": ["a", 0, 0]}, [{"x": [["a", 0, 0]]}]])
def test_outputs_may_stand_in_any_structure(outputs: Any) -> None:
    assert blocks(functional(entry(4), dense("a", "input"), outputs=outputs)) == ["Input", "Dense"]


def test_weights_of_an_old_file(tmp_path: Path) -> None:
    kernel, bias = np.random.default_rng(0).random((4, 3)), np.arange(3.0)
    model = functional(entry(4), dense("a", "input"))
    path = write_h5(tmp_path / "m.h5", model, {"input": [], "a": [("a/kernel:0", kernel), ("a/bias:0", bias)]})
    weights = read_model(path).weights
    assert weights.keys() == {"a"}
    assert [value.dtype for value in weights["a"]] == [np.float32, np.float32]
    assert np.allclose(weights["a"][0], kernel)


# --- settings ---------------------------------------------------------------------------------------------------------
def keras_object(kind: str, module: str = "keras.initializers", **config: Any) -> Json:
    return {"module": module, "class_name": kind, "config": config, "registered_name": None}


@pytest.mark.parametrize(
    ("given", "field", "noted"),
    [
        ("he_normal", "he_normal", False),
        (keras_object("HeNormal", seed=3), "he_normal", False),
        (keras_object("VarianceScaling", scale=2.0, mode="fan_in", distribution="uniform"), "he_uniform", False),
        (
            keras_object("VarianceScaling", scale=2.0, mode="fan_out", distribution="truncated_normal"),
            "he_normal",
            True,
        ),
        (keras_object("RandomNormal", mean=0.0, stddev=0.01), "random_normal", True),
        (keras_object("Constant", value=3), "glorot_uniform", True),
        (keras_object("Mine", module="my.module"), "glorot_uniform", True),
    ],
)
def test_initializers(given: Any, field: str, noted: bool) -> None:
    network, notes = network_of(functional(entry(4), dense("a", "input", kernel_initializer=given)))
    assert network.nodes[1].block.kernel_initializer == field
    assert bool(notes) is noted
    assert all("only matters for training" in note for note in notes)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"kernel_constraint": keras_object("MaxNorm", max_value=2)}, "kernel_constraint MaxNorm (max_value 2)"),
        ({"bias_regularizer": keras_object("L2", l2=0.1)}, "bias_regularizer L2"),
        ({"kernel_regularizer": keras_object("L1", l1=0.1)}, "kernel_regularizer L1 (l1 0.1) was left out"),
        ({"trainable": False}, "frozen in the model"),
        ({"dtype": keras_object("DTypePolicy", name="mixed_float16")}, "computed in mixed_float16"),
    ],
)
def test_what_only_matters_for_training_is_noted(config: Json, words: str) -> None:
    network, (note,) = network_of(functional(entry(4), dense("a", "input", **config)))
    assert note.startswith("a: ")
    assert words in note
    assert network.nodes[1].block.type == "Dense"


def test_many_layers_share_a_note() -> None:
    chain = [entry(4), *(dense(f"d{n + 1}", f"d{n}" if n else "input", trainable=False) for n in range(9))]
    assert network_of(functional(*chain))[1] == (
        "d1 and 8 other layers: frozen in the model; training changes it here.",
    )


# --- refused ----------------------------------------------------------------------------------------------------------
IMAGE = entry(8, 8, 3)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (functional(IMAGE, layer("Lambda", "code", "input", function="...")), r'Lambda "code" keeps code'),
        (functional(IMAGE, layer("TFSMLayer", "x", "input")), "keeps code"),
        (functional(IMAGE, layer("Mine", "x", "input", module="my.layers")), r'"x" is a custom class \(my.layers\)'),
        (functional(IMAGE, layer("Dense", "x", "input", module="my.layers", units=3)), "custom class"),
        (functional(IMAGE, {**layer("Dense", "x", "input"), "registered_name": "pkg>Dense"}), "custom class"),
        (functional(IMAGE, layer("pkg>Dense", "x", "input")), "custom class"),
        (functional(IMAGE, layer("StringLookup", "x", "input")), "does not have yet"),
        (functional(IMAGE, layer("Group", "x", "input")), "does not have yet"),
        (functional(IMAGE, layer("ResidualBlock", "x", "input")), "does not have yet"),
        (functional(IMAGE, layer("AuxiliaryOutput", "x", "input")), "does not have yet"),
        (functional(IMAGE, layer("Conv2D", "x", "input", data_format="channels_first")), "channels first"),
        (functional(IMAGE, layer("Conv2D", "x", "input", activation="nice")), "activation 'nice'"),
        (functional(IMAGE, layer("Conv2D", "x", "input", activation=keras_object("function"))), "object of its own"),
        (functional(IMAGE, layer("Conv2D", "x", "input", filters=-3)), r'Conv2D "x" cannot be taken over: filters'),
        (functional(IMAGE, layer("Conv2D", "x", "input", filters=10**12)), "filters"),
        (functional(IMAGE, layer("Conv2D", "x", "input", kernel_size=[9, 9])), "does not fit: received an image"),
        (functional(IMAGE, layer("BatchNormalization", "x", "input", axis=1)), "works along axis 1"),
        (functional(IMAGE, layer("LayerNormalization", "x", "input", rms_scaling=True)), "rms_scaling"),
        (functional(IMAGE, layer("Dropout", "x", "input", keywords={"rate": 0.5})), "is called with rate"),
        (functional(IMAGE, operator("Einsum", "x", "input")), "operator 'Einsum' \"x\" has no block"),
        (functional(IMAGE, layer("Dense", "x", "nowhere")), 'names a layer "nowhere", which it has not'),
        (functional(IMAGE, layer("Dense", "x", tensor("input", output=1))), 'takes output 1 of "input"'),
        (functional(IMAGE, layer("Flatten", "x", tensor("input", (9, 9, 3)))), "takes 9×9×3 from .* give 8×8×3"),
        (functional(IMAGE, dense("a", "b"), dense("b", "a")), "feed each other in a circle"),
        (functional(IMAGE, dense("a", "input"), dense("a", "input")), 'two layers of "model" are called "a"'),
        (functional(IMAGE, entry(4, name="second"), dense("a", "input")), r"has 2 inputs \(input, second\)"),
        (functional(entry(None, None, 3), layer("GlobalAveragePooling2D", "x", "input")), r"is \?×\?×3"),
        (functional(entry(10**9, 3), layer("Flatten", "x", "input")), "input of .* cannot be taken over"),
        (functional(IMAGE, {**sequential(IMAGE, dense()), "name": "m"}), '"m" has 0 inputs and 1 outputs'),
        (sequential(dense("a")), "does not say the shape of its input"),
        ({"class_name": "MyModel", "config": {}}, 'describes "MyModel", and only Sequential and Functional'),
        ({"class_name": "Sequential", "config": {"layers": []}}, "has no layers"),
        ({"class_name": "Sequential", "config": 3}, "no settings"),
        ([], 'no Keras object with a "class_name"'),
        (None, 'no Keras object with a "class_name"'),
    ],
)  # fmt: skip
def test_is_refused_by_name(config: Any, words: str) -> None:
    assert re.search(words, refusal(config)), refusal(config)


def test_a_layer_used_twice_is_refused_by_name() -> None:
    twice = dense("shared", "input")
    twice["inbound_nodes"] *= 2
    assert '"shared" is used more than once' in refusal(functional(entry(3), twice))
    later = functional(entry(3), dense("shared", "input"), dense("b", tensor("shared", call=1)))
    assert '"shared" is used more than once' in refusal(later)


def test_endless_nesting_is_refused() -> None:
    model = sequential(entry(3), dense())
    for number in range(60):
        model = sequential(
            entry(3), {**model, "config": {**model["config"], "name": f"m{number}"}}, dense("d", units=3)
        )
    assert "nested deeper" in refusal(model)


# --- files ------------------------------------------------------------------------------------------------------------
def file_refusal(path: Path) -> str:
    with pytest.raises(ModelImportError) as caught:
        read_model(path)
    return str(caught.value)


def test_a_handwritten_archive_is_read(tmp_path: Path) -> None:
    imported = read_model(write_keras(tmp_path / "m.keras", LITTLE, little_weights()))
    assert imported.weights.keys() == {"conv", "dense"}
    assert imported.name == "little"


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, kept: float, suffix: str) -> None:
    path = tmp_path / f"m{suffix}"
    if suffix == ".keras":
        write_keras(path, LITTLE, little_weights())
    else:
        write_h5(path, functional(entry(4), dense("a", "input")), {"a": [("k", np.zeros((4, 3))), ("b", np.zeros(3))]})
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    assert "damaged" in file_refusal(path)


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    for name in (archive.CONFIG, archive.WEIGHTS):
        with zipfile.ZipFile(tmp_path / "bomb.keras", "w", zipfile.ZIP_DEFLATED) as bomb:
            if name != archive.CONFIG:
                bomb.writestr(archive.CONFIG, json.dumps(LITTLE))
            bomb.writestr(name, b"\0" * 30_000_000)
        assert "would unpack from" in file_refusal(tmp_path / "bomb.keras")


def test_json_of_any_size_and_depth_is_refused_calmly(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_bytes(b"[" * 1_000_000)
    assert "nested deeper" in file_refusal(path) or "damaged" in file_refusal(path)
    with path.open("wb") as file:
        file.truncate(100 * 2**20)
    assert "larger than any model's structure" in file_refusal(path)


@pytest.mark.parametrize("kind", ["external", "soft", "virtual", "outside"])
def test_numbers_from_elsewhere_are_not_followed(tmp_path: Path, kind: str) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["numbers"] = np.zeros((4, 3))
    (tmp_path / "raw").write_bytes(bytes(96))
    path = write_h5(tmp_path / "m.h5", functional(entry(4), dense("a", "input")), {"a": [("b", np.zeros(3))]})
    with h5py.File(path, "a") as file:
        folder = file["model_weights/a"]
        folder.attrs["weight_names"] = np.array(["k", "b"], dtype="S")
        if kind == "external":
            folder["k"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "numbers")
        elif kind == "soft":
            file["hidden"] = np.zeros((4, 3))
            folder["k"] = h5py.SoftLink("/hidden")
        elif kind == "virtual":
            layout = h5py.VirtualLayout((4, 3), np.float64)
            layout[...] = h5py.VirtualSource(str(tmp_path / "other.h5"), "numbers", (4, 3))
            folder.create_virtual_dataset("k", layout)
        else:
            folder.create_dataset("k", (4, 3), np.float64, external=[(str(tmp_path / "raw"), 0, 96)])
    assert "not followed" in file_refusal(path)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.zeros((4, 4)), r'kernel of "a" is 4×4 in the file, and the block\'s is 4×3'),
        (np.array("text", dtype="S"), "is a single number in the file"),
        (np.zeros((4, 3), dtype="S3"), "weights are numbers"),
    ],
)
def test_weights_of_another_shape_or_kind_are_refused(tmp_path: Path, value: np.ndarray, words: str) -> None:
    model = functional(entry(4), dense("a", "input"))
    path = write_h5(tmp_path / "m.h5", model, {"a": [("k", value), ("b", np.zeros(3))]})
    assert re.search(words, file_refusal(path))


def test_a_dataset_that_only_claims_to_be_large_is_not_read(tmp_path: Path) -> None:
    path = write_h5(tmp_path / "m.h5", functional(entry(60_000), dense("a", "input", units=1_000_000)), {"a": []})
    with h5py.File(path, "a") as file:
        folder = file["model_weights/a"]
        folder.attrs["weight_names"] = np.array(["k", "b"], dtype="S")
        folder.create_dataset("k", (60_000, 1_000_000), np.float32, chunks=(1000, 1000), compression="gzip")
        folder["b"] = np.zeros(3)
    assert "more than half of this machine's memory" in file_refusal(path)


def test_datasets_that_together_do_not_fit_into_the_memory_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_keras(tmp_path / "m.keras", LITTLE, little_weights())
    largest, together = 1440 * 4, 1490 * 4
    assert sum(value.nbytes for values in read_model(path).weights.values() for value in values) == together
    monkeypatch.setattr(hdf5, "physical_memory", lambda: largest + together)
    assert "the weights would take" in file_refusal(path)


@pytest.mark.parametrize("layers", [1, 60])
def test_what_was_never_written_is_not_read(tmp_path: Path, layers: int) -> None:
    units = 2000 if layers == 1 else 500  # one of 16 MB, or sixty of 1 MB
    names = [f"d{number}" for number in range(layers)]
    chain = [dense(name, before, units=units) for name, before in zip(names, ["input", *names], strict=False)]
    path = write_h5(tmp_path / "m.h5", functional(entry(units), *chain), {name: [] for name in names})
    with h5py.File(path, "a") as file:
        for name in names:
            folder = file[f"model_weights/{name}"]
            folder.attrs["weight_names"] = np.array(["k", "b"], dtype="S")
            folder.create_dataset("k", (units, units), np.float32, chunks=(100, 100))
            folder["b"] = np.zeros(units, np.float32)
    assert "damaged, or forged" in file_refusal(path)


def test_one_dataset_of_a_large_file_that_was_never_written_is_not_read(tmp_path: Path) -> None:
    model = functional(entry(2000), dense("a", "input", units=2000))
    path = write_h5(tmp_path / "m.h5", model, {"a": [("b", np.zeros(2000, np.float32))]})
    with h5py.File(path, "a") as file:
        folder = file["model_weights/a"]
        folder.attrs["weight_names"] = np.array(["k", "b"], dtype="S")
        folder.create_dataset("k", (2000, 2000), np.float32, chunks=(100, 100))
        file["filling"] = np.zeros(1_000_000)
    assert "most of it was never written" in file_refusal(path)


def test_weights_that_are_missing_or_of_another_layer_are_refused(tmp_path: Path) -> None:
    weights = little_weights()
    assert "has 1 weights in the file, and its block has 2" in file_refusal(
        write_keras(tmp_path / "a.keras", LITTLE, {**weights, "dense": weights["dense"][:1]})
    )
    assert 'no "layers/dense"' in file_refusal(write_keras(tmp_path / "b.keras", LITTLE, {"conv2d": weights["conv2d"]}))
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["_layer_checkpoint_dependencies/dense/vars/0"] = np.zeros(3)
    with zipfile.ZipFile(tmp_path / "c.keras", "w") as early:
        early.writestr(archive.CONFIG, json.dumps(LITTLE))
        early.writestr(archive.WEIGHTS, buffer.getvalue())
    assert "early versions of the .keras format" in file_refusal(tmp_path / "c.keras")


def test_weights_alone_are_no_model(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["dense/kernel"] = np.zeros(3)
    assert "holds weights without the model's structure" in file_refusal(tmp_path / "w.h5")


def test_an_archive_of_something_else_is_no_model(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.keras", "w") as other:
        other.writestr("hello.txt", "hello")
    assert "is no Keras model: it has no config.json" in file_refusal(tmp_path / "x.keras")


def test_a_model_that_computes_nothing_is_its_input() -> None:
    network, _ = network_of(functional(entry(4), outputs=["input", 0, 0]))
    assert isinstance(network, Network)
    assert [node.block.type for node in network.nodes] == ["Input"]
