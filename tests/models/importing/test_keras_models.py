"""Models made by Keras, saved, imported and rebuilt: the same outputs, whatever they are made of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from imported_models import flat, keras, rebuilt, stirred

from models.analysis import analyse
from models.blocks.composite import Group
from models.importing import read_model

layers, ops = keras.layers, keras.ops


def chain() -> keras.Model:
    return keras.Sequential(
        [
            layers.Input((12, 10, 3)),
            layers.Conv2D(4, (3, 2), strides=2, padding="same", activation="swish", kernel_regularizer="l2"),
            layers.BatchNormalization(scale=False, epsilon=1e-5),
            layers.LeakyReLU(0.2),
            layers.SeparableConv2D(5, 3, depth_multiplier=2, padding="same", activation="relu6"),
            layers.DepthwiseConv2D(3, use_bias=False, dilation_rate=2, padding="same"),
            layers.Conv2DTranspose(4, 3, strides=2),
            layers.LayerNormalization(axis=-1),
            layers.ZeroPadding2D(((1, 0), (2, 1))),
            layers.Cropping2D(1),
            layers.UpSampling2D((2, 1), interpolation="bilinear"),
            layers.MaxPooling2D(2),
            layers.AveragePooling2D((2, 1), strides=1, padding="same"),
            layers.SpatialDropout2D(0.3),
            layers.Rescaling(0.5, offset=-1),
            layers.GlobalAveragePooling2D(keepdims=True),
            layers.Reshape((-1,)),
            layers.Dense(7, activation="gelu", kernel_initializer="he_normal"),
            layers.Dropout(0.5),
            layers.Softmax(),
        ],
        name="chain",
    )


def nested() -> keras.Model:
    """Models inside of models, one of them partly frozen: `.h5` files list the weights of those in another order."""

    def part(name: str, filters: int) -> keras.Model:
        entry = layers.Input((8, 8, 3))
        x = layers.Conv2D(filters, 3, padding="same", name="conv")(entry)
        x = layers.BatchNormalization(name="norm")(x)
        x = layers.Conv2D(3, 3, padding="same", name="conv_2")(x)
        x = layers.BatchNormalization(name="norm_2")(x)
        return keras.Model(entry, layers.Add(name="add")([entry, x]), name=name)

    entry = keras.Input((8, 8, 3), name="images")
    first, second = part("part", 4), part("part_2", 4)
    second.get_layer("conv").trainable = False
    x = second(first(entry))
    head = keras.Sequential([layers.Flatten(), layers.Dense(5, name="dense")], name="head")
    return keras.Model(entry, head(x), name="nested model")


def deep() -> keras.Model:
    model = keras.Sequential([layers.Input((6,)), layers.Dense(4)], name="level_0")
    for level in range(1, 5):
        model = keras.Sequential([layers.Input((6,)), layers.Dense(6), model, layers.Dense(3)], name=f"level_{level}")
    return model


def operators() -> keras.Model:
    entry = keras.Input((8, 8, 4), name="x")
    a = layers.Conv2D(4, 3, padding="same")(entry)
    b = ops.relu(a + 1.5) - 0.25
    c = ops.tanh((2.0 * a) / 3.0)
    x = (a + b) + (3 - c)
    x = -ops.sigmoid(x)
    x = x[:, 1:-1, 2:, :]
    x = ops.concatenate([x, ops.silu(x)], axis=3)
    side = ops.max(x, axis=(1, 2))
    x = ops.mean(x, axis=[1, 2], keepdims=True)
    x = ops.reshape(x, (-1, 8))
    x = layers.Concatenate()([x, side])
    return keras.Model(entry, layers.Dense(3)(ops.leaky_relu(x, 0.1)))


def outputs() -> keras.Model:
    entry = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, 3)(entry)
    side = layers.Dense(3, name="side")(layers.Flatten()(x))
    main = layers.Dense(3, name="main")(layers.GlobalMaxPooling2D()(x))
    return keras.Model(entry, {"first": main, "second": side, "third": layers.Identity(name="same")(x)})


def output_used_inside() -> keras.Model:
    entry = keras.Input((6,))
    x = layers.Dense(4, name="used")(entry)
    return keras.Model(entry, [x, layers.Dense(2)(x), x])


def sequences() -> keras.Model:
    entry = keras.Input((7, 3))
    x = layers.GRU(4, return_sequences=True)(entry)
    x = layers.SimpleRNN(5, return_sequences=True, go_backwards=True)(layers.LSTM(6, return_sequences=True)(x))
    x = layers.GRU(5, reset_after=False)(x)
    return keras.Model(entry, layers.Dense(2)(layers.UnitNormalization()(x)))


def frozen() -> keras.Model:
    model = keras.Sequential([layers.Input((5,)), layers.Dense(4), layers.BatchNormalization(), layers.Dense(2)])
    model.trainable = False
    return model


MODELS = (chain, nested, deep, operators, outputs, output_used_inside, sequences, frozen)


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_predicts_the_same(make: Callable[[], keras.Model], suffix: str, tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    model = stirred(make())
    model.save(tmp_path / f"model{suffix}")
    imported = read_model(tmp_path / f"model{suffix}")
    assert not analyse(imported.network).problems
    images = np.random.default_rng(0).standard_normal((3, *model.input_shape[1:])).astype(np.float32)
    expected, received = flat(model(images, training=False)), flat(rebuilt(imported)(images, training=False))
    assert len(received) == len(expected)
    for mine, theirs in zip(received, expected, strict=True):
        assert mine.shape == theirs.shape
        assert np.max(np.abs(mine - theirs)) <= 1e-5 * max(1.0, np.max(np.abs(theirs)))


@pytest.mark.parametrize("make", MODELS, ids=lambda make: make.__name__)
def test_json_alone_gives_the_same_network(make: Callable[[], keras.Model], tmp_path: Path) -> None:
    model = make()
    (tmp_path / "model.json").write_text(model.to_json())
    model.save(tmp_path / "model.keras")
    from_json, from_archive = read_model(tmp_path / "model.json"), read_model(tmp_path / "model.keras")
    assert from_json.network == from_archive.network
    assert not from_json.weights


def test_models_inside_become_groups_under_their_names(tmp_path: Path) -> None:
    nested().save(tmp_path / "model.keras")
    imported = read_model(tmp_path / "model.keras")
    assert imported.name == "nested model"
    groups = [node for node in imported.network.nodes if isinstance(node.block, Group)]
    assert [group.block.name for group in groups] == ["part", "part_2", "head"]
    assert "part__conv" in imported.weights
    assert "conv: frozen in the model; training changes it here." in imported.notes


def test_what_an_imported_network_exports_is_imported_as_it_was(tmp_path: Path) -> None:
    outputs().save(tmp_path / "model.keras")
    first = read_model(tmp_path / "model.keras")
    rebuilt(first).save(tmp_path / "again.keras")
    again = read_model(tmp_path / "again.keras")
    assert {node.id: node.block for node in again.network.nodes if node.block.max_inputs == 1}.items() <= {
        node.id: node.block for node in first.network.nodes
    }.items()


def test_reading_changes_nothing_in_keras(tmp_path: Path) -> None:
    chain().save(tmp_path / "model.keras")
    keras.utils.clear_session(free_memory=False)

    def state() -> tuple[object, ...]:
        return (
            keras.config.dtype_policy().name,
            keras.config.image_data_format(),
            dict(keras.saving.get_custom_objects()),
        )

    before = state()
    read_model(tmp_path / "model.keras")
    assert state() == before
    assert layers.Dense(1).name == "dense"
