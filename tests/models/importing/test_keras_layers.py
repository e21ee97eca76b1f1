"""Layers of Keras that no block class stands for: they keep their arguments, and nothing but plain ones."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from imported_models import keras, rebuilt, stirred
from keras_files import entry, functional, layer
from pydantic import ValidationError

from models.analysis import analyse
from models.blocks import BlockProblem
from models.blocks.keras_kinds import KINDS
from models.blocks.keras_layer import KerasLayer
from models.importing import ModelImportError, read_model
from models.importing.reading import network_of
from models.network.project import Project, read_project, write_project
from models.network.python_reader import read_python
from models.network.python_source import python_source

layers = keras.layers
SHAPES = {1: (7,), 2: (6, 8), 3: (12, 10, 3), 4: (3, 8, 8, 2)}

MADE: dict[str, list[tuple[int, Any]]] = {
    "MultiHeadAttention": [
        (2, layers.MultiHeadAttention(2, 4)),
        (2, layers.MultiHeadAttention(2, 4, value_dim=3, output_shape=5, use_bias=False, kernel_regularizer="l2")),
        (3, layers.MultiHeadAttention(2, 4, attention_axes=(1, 2))),
    ],
    "GroupQueryAttention": [(2, layers.GroupQueryAttention(3, 4, 2))],
    "Attention": [(2, layers.Attention()), (2, layers.Attention(use_scale=True, score_mode="concat"))],
    "AdditiveAttention": [(2, layers.AdditiveAttention()), (2, layers.AdditiveAttention(use_scale=False))],
    "EinsumDense": [
        (2, layers.EinsumDense("abc,cd->abd", (None, 5), bias_axes="d", activation="relu")),
        (2, layers.EinsumDense("abc,bcde->aed", (4, 5), bias_axes="e")),
        (1, layers.EinsumDense("ab,bc->ac", 64)),
    ],
    "ConvLSTM1D": [(3, layers.ConvLSTM1D(4, 3, return_sequences=True, strides=2))],
    "ConvLSTM2D": [
        (4, layers.ConvLSTM2D(4, 3)),
        (4, layers.ConvLSTM2D(3, (3, 2), padding="same", use_bias=False, dilation_rate=2, go_backwards=True)),
    ],
    "Bidirectional": [
        (2, layers.Bidirectional(layers.LSTM(4))),
        (2, layers.Bidirectional(layers.GRU(3, return_sequences=True), merge_mode="sum")),
        (2, layers.Bidirectional(layers.SimpleRNN(3), merge_mode="ave")),
    ],
    "TimeDistributed": [
        (4, layers.TimeDistributed(layers.Conv2D(4, 3, activation="relu"))),
        (4, layers.TimeDistributed(layers.BatchNormalization())),
        (4, layers.TimeDistributed(layers.GlobalAveragePooling2D())),
        (3, layers.TimeDistributed(layers.LSTM(4))),
        (2, layers.TimeDistributed(layers.Dense(5, kernel_regularizer="l2"))),
    ],
    "RandomContrast": [(3, layers.RandomContrast(0.2))],
    "RandomBrightness": [(3, layers.RandomBrightness((-0.1, 0.2), value_range=(0, 1)))],
    "RandomHue": [(3, layers.RandomHue(0.2))],
    "RandomSaturation": [(3, layers.RandomSaturation(0.2))],
    "RandomColorDegeneration": [(3, layers.RandomColorDegeneration(0.2))],
    "RandomPosterization": [(3, layers.RandomPosterization(4))],
    "RandomSharpness": [(3, layers.RandomSharpness(0.2))],
    "RandomInvert": [(3, layers.RandomInvert())],
    "RandomGrayscale": [(3, layers.RandomGrayscale(0.3))],
    "RandomColorJitter": [(3, layers.RandomColorJitter(brightness_factor=0.2, hue_factor=0.1))],
    "RandomShear": [(3, layers.RandomShear((0.1, 0.2), 0.0, fill_mode="constant", fill_value=2.0))],
    "RandomPerspective": [(3, layers.RandomPerspective(0.5))],
    "RandomElasticTransform": [(3, layers.RandomElasticTransform(0.5))],
    "RandomErasing": [(3, layers.RandomErasing(0.5))],
    "RandomGaussianBlur": [(3, layers.RandomGaussianBlur(0.5, kernel_size=5))],
    "RandomCrop": [(3, layers.RandomCrop(4, 6)), (3, layers.RandomCrop(20, 9))],
    "Solarization": [(3, layers.Solarization(0.1, 0.2))],
    "AutoContrast": [(3, layers.AutoContrast())],
    "Masking": [(2, layers.Masking(0.5))],
    "ActivityRegularization": [(3, layers.ActivityRegularization(l1=0.1, l2=0.2))],
    "RMSNormalization": [(2, layers.RMSNormalization()), (3, layers.RMSNormalization(epsilon=0.01))],
    "Discretization": [(1, layers.Discretization([0.25, 0.5]))],
    "CategoryEncoding": [(1, layers.CategoryEncoding(1000)), (1, layers.CategoryEncoding(300, "count"))],
    **{
        f"Adaptive{how}Pooling{axes}D": [(axes + 1, getattr(layers, f"Adaptive{how}Pooling{axes}D")(2))]
        for how in ("Average", "Max")
        for axes in (1, 2, 3)
    },
}


def model_with(made: Any, rank: int) -> keras.Model:
    """A model in which this layer takes what enters, and another one follows."""
    inputs = keras.Input(SHAPES[rank])
    copies = KINDS[type(made).__name__.replace("Grouped", "Group")]
    given = [inputs] * copies.copies
    x = made(given) if copies.as_list else made(*given)
    return keras.Model(inputs, layers.Rescaling(0.5)(x))


def values(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (2, *shape)).astype(np.float32)


def test_every_kind_is_tried() -> None:
    assert MADE.keys() == KINDS.keys()
    assert all(hasattr(layers, name) for name in KINDS)


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("name", KINDS)
def test_comes_back_with_its_weights_and_outputs(name: str, suffix: str, tmp_path: Path) -> None:
    for number, (rank, made) in enumerate(MADE[name]):
        fresh = type(made).from_config(made.get_config())
        model = stirred(model_with(fresh, rank))
        path = tmp_path / f"{number}{suffix}"
        try:
            model.save(path)
        except TypeError as error:
            pytest.skip(f"Keras itself does not save it so: {error}")
        imported = read_model(path)
        node = imported.network.nodes[1]
        assert node.block.label == name
        analysis = analyse(imported.network)
        assert not analysis.problems
        assert analysis.parameters == model.count_params()
        shape = analysis.nodes[node.id].output_shapes[0]
        assert all(size in (None, ours) for size, ours in zip(fresh.output.shape[1:], shape, strict=True))
        again = rebuilt(imported)
        expected, received = (np.asarray(built(values(SHAPES[rank]), training=False)) for built in (model, again))
        np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-4)
        formula = node.block.parameter_formula((SHAPES[rank],))[0]
        total = sum(weight.size for weight in node.block.weight_shapes((SHAPES[rank],)))
        assert formula.endswith(f"= {total:,}") if total else formula == "no parameters"


@pytest.mark.parametrize("name", KINDS)
def test_is_kept_by_project_and_generated_source(name: str, tmp_path: Path) -> None:
    for rank, made in MADE[name]:
        model = model_with(type(made).from_config(made.get_config()), rank)
        network, _ = network_of(json.loads(model.to_json()))
        write_project(tmp_path / "a.loom", Project(name="a", network=network))
        assert read_project(tmp_path / "a.loom").network == network
        source = python_source(network, "a")
        read = read_python(source)
        assert [node.block.layer_class for node in read.nodes] == [node.block.layer_class for node in network.nodes]
        assert read.nodes[1].block.keras_arguments() == network.nodes[1].block.keras_arguments()
        scope: dict[str, Any] = {}
        exec(source, scope)
        built = scope["build_model"]()
        assert [w.shape for w in built.weights] == [w.shape for w in model.weights]
        mine, theirs = (built.layers[1].get_config(), rebuilt_layer(network).get_config())
        assert nameless(mine) == nameless(theirs)


def nameless(config: dict[str, Any]) -> str:
    """A layer's settings but for names, which layers inside get by counting."""
    config = {**config, "seed": None}
    return re.sub(r'"name": "\w*_(layer|lstm|gru|rnn|\d+)[^"]*"', "", json.dumps(config, default=str))


def rebuilt_layer(network: Any) -> Any:
    from models.runtime.builder import build_model

    return build_model(network).layers[1]


IMAGE, STEPS = entry(12, 10, 3), entry(6, 8)
DENSE = {"class_name": "Dense", "module": "keras.layers", "config": {"units": 3}}
LAMBDA = {"class_name": "Lambda", "module": "keras.layers", "config": {"function": "..."}}


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (functional(IMAGE, layer("RandomContrast", "x", "input", factor={"class_name": "Lambda"})), "factor"),
        (functional(IMAGE, layer("RandomContrast", "x", "input", factor="../file")), "factor: received"),
        (functional(IMAGE, layer("RandomContrast", "x", "input")), "needs factor"),
        (functional(IMAGE, layer("RandomShear", "x", "input", x_factor=[-0.1, 0.3])), "expected numbers from 0 to 1"),
        (functional(IMAGE, layer("RandomContrast", "x", "input", factor=0.1, file="a")), "has the setting file"),
        (functional(IMAGE, layer("RandomContrast", "x", "input", module="my.own", factor=0.1)), "custom class"),
        (functional(IMAGE, layer("StringLookup", "x", "input", vocabulary="/etc/x")), "does not have yet"),
        (functional(STEPS, layer("TimeDistributed", "x", "input", layer=LAMBDA)), "keeps code"),
        (functional(STEPS, layer("TimeDistributed", "x", "input", layer={**DENSE, "module": "m"})), "custom class"),
        (functional(STEPS, layer("TimeDistributed", "x", "input", layer="Dense")), "no Keras object"),
        (functional(STEPS, layer("Bidirectional", "x", "input", layer=DENSE)), "expected LSTM, GRU, SimpleRNN"),
        (functional(STEPS, layer("ConvLSTM1D", "x", "input", filters=3, kernel_size=3)), "takes|fit"),
        (functional(STEPS, layer("EinsumDense", "x", "input", equation="a..b,bc->ac", output_shape=[3])), "summation"),
        (functional(STEPS, layer("MultiHeadAttention", "x", "input", num_heads=2, key_dim=3)), "attends from one"),
        (functional(STEPS, layer("KerasLayer", "x", "input", class_name="Masking")), "does not have yet"),
        (
            functional(IMAGE, layer("ConvLSTM1D", "x", "input", filters=3, activation={"class_name": "f"})),
            "activation f, an object of its own",
        ),
    ],
)  # fmt: skip
def test_is_refused_by_name(config: Any, words: str) -> None:
    with pytest.raises(ModelImportError, match=words):
        network_of(config)


@pytest.mark.parametrize(
    ("class_name", "config", "words"),
    [
        ("Lambda", {}, "no block for the layer"),
        ("Masking", {"function": 1}, "has no argument function"),
        ("Masking", {"mask_value": float("nan")}, "expected a number"),
        ("Masking", "[" * 10_000, "no JSON"),
        ("Masking", "[]", "no JSON object"),
        ("MultiHeadAttention", {"num_heads": 10**9, "key_dim": 1}, "num_heads: received 1000000000; expected a whole"),
        ("TimeDistributed", {"layer": {"type": "KerasLayer", "class_name": "Masking"}}, "a layer of Keras"),
        ("TimeDistributed", {"layer": {"type": "ResidualBlock"}}, "a layer of Keras"),
        ("TimeDistributed", {"layer": {"type": "Input"}}, "a layer of Keras"),
        ("TimeDistributed", {"layer": 3}, "layer: "),
    ],
)
def test_a_project_cannot_name_other_layers_or_arguments(class_name: str, config: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        KerasLayer.model_validate({"class_name": class_name, "config": config})


def test_a_spread_to_both_sides_is_one_number_as_keras_takes_it() -> None:
    inputs = keras.Input(SHAPES[3])
    model = keras.Model(inputs, layers.RandomShear(0.1, 0.2)(inputs))
    network, notes = network_of(json.loads(model.to_json()))
    assert network.nodes[1].block.keras_arguments()["x_factor"] == 0.1
    assert rebuilt_layer(network).get_config()["y_factor"] == model.layers[1].get_config()["y_factor"]
    assert notes == ()


def test_attention_to_another_tensor_is_refused() -> None:
    inputs = keras.Input(SHAPES[2])
    other = layers.Rescaling(2.0)(inputs)
    for outputs in (layers.Attention()([inputs, other]), layers.MultiHeadAttention(2, 3)(inputs, other)):
        with pytest.raises(ModelImportError, match="attends from one tensor to another"):
            network_of(json.loads(keras.Model(inputs, outputs).to_json()))
    by_name = layers.MultiHeadAttention(2, 3)(query=inputs, value=inputs)
    assert network_of(json.loads(keras.Model(inputs, by_name).to_json()))[0].nodes[1].inputs
    causal = layers.MultiHeadAttention(2, 3)(inputs, inputs, use_causal_mask=True)
    with pytest.raises(ModelImportError, match="called with use_causal_mask"):
        network_of(json.loads(keras.Model(inputs, causal).to_json()))


def test_an_input_that_does_not_suit_it_is_a_problem_that_says_so() -> None:
    block = KerasLayer.model_validate({"class_name": "ConvLSTM2D", "config": {"filters": 2, "kernel_size": 3}})
    for shape in ((8,), (3, 2, 8, 1)):
        with pytest.raises(BlockProblem) as caught:
            block.output_shape((shape,))
        assert caught.value.repairs
