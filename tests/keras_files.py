"""Keras model files written by hand, so that tests of the import need no Keras: a small network in every format."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Json = dict[str, Any]


def tensor(name: str, shape: tuple[int, ...] | None = None, output: int = 0, call: int = 0) -> Json:
    """What Keras 3 writes for an argument that is another layer's output."""
    config = {"shape": [None, *shape] if shape else None, "dtype": "float32", "keras_history": [name, call, output]}
    return {"class_name": "__keras_tensor__", "config": config}


def layer(
    kind: str, name: str, *inputs: Any, module: str = "keras.layers", keywords: Json | None = None, **config: Any
) -> Json:
    """A layer of a functional model with one call, as Keras 3 writes it; names as inputs stand for first outputs."""
    arguments = [tensor(item) if isinstance(item, str) else item for item in inputs]
    return {
        "module": module,
        "class_name": kind,
        "config": {"name": name, "trainable": True, "dtype": "float32", **config},
        "registered_name": None,
        "name": name,
        "inbound_nodes": [{"args": arguments, "kwargs": keywords or {}}] if arguments else [],
    }


def entry(*shape: int | None, name: str = "input") -> Json:
    """An InputLayer."""
    return layer("InputLayer", name, batch_shape=[None, *shape], sparse=False, ragged=False)


def operator(kind: str, name: str, *inputs: Any, module: str = "keras.src.ops.numpy", **config: Any) -> Json:
    """An operator of keras.ops with one call."""
    found = layer(kind, name, *inputs, module=module)
    return {**found, "config": {"name": name, **config}, "registered_name": kind}


def functional(*layers: Json, outputs: Any = None, name: str = "model") -> Json:
    """A functional model; its output is the last layer's."""
    outputs = outputs if outputs is not None else [[layers[-1]["name"], 0, 0]]
    inputs = [[item["name"], 0, 0] for item in layers if item["class_name"] == "InputLayer"]
    config = {"name": name, "trainable": True, "layers": list(layers), "input_layers": inputs, "output_layers": outputs}
    return {"module": "keras", "class_name": "Functional", "config": config, "registered_name": "Functional"}


def sequential(*layers: Json, name: str = "model") -> Json:
    """A sequential model."""
    bare = [{key: value for key, value in item.items() if key != "inbound_nodes"} for item in layers]
    config = {"name": name, "trainable": True, "layers": bare}
    return {"module": "keras", "class_name": "Sequential", "config": config, "registered_name": None}


def write_keras(path: Path, config: Json, weights: dict[str, list[np.ndarray]]) -> Path:
    """A `.keras` file; weights by their names in the file, such as `dense_1`."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, values in weights.items():
            folder = file.create_group(f"layers/{name}/vars")
            for index, value in enumerate(values):
                folder[str(index)] = value
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.0.0"}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", buffer.getvalue())
    return path


def write_h5(path: Path, config: Json, weights: dict[str, list[tuple[str, np.ndarray]]]) -> Path:
    """A whole-model `.h5` file; weights by layer, each with its name in the file."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        folder = file.create_group("model_weights")
        folder.attrs["layer_names"] = np.array(list(weights), dtype="S")
        for name, values in weights.items():
            of_layer = folder.create_group(name)
            of_layer.attrs["weight_names"] = np.array([key for key, _ in values], dtype="S")
            for key, value in values:
                of_layer[key] = value
    return path


LITTLE = sequential(
    entry(8, 8, 1),
    layer("Conv2D", "conv", filters=4, kernel_size=[3, 3], activation="swish", data_format="channels_last"),
    layer("Flatten", "flatten"),
    layer("Dense", "dense", units=10, activation="softmax"),
    name="little",
)


def little_weights(seed: int = 0) -> dict[str, list[np.ndarray]]:
    """Weights for LITTLE, under the names of a `.keras` file."""
    chance = np.random.default_rng(seed)
    shapes = {"conv2d": ((3, 3, 1, 4), (4,)), "dense": ((144, 10), (10,))}
    return {name: [chance.random(shape, np.float32) for shape in found] for name, found in shapes.items()}
