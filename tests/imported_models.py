"""Keras models for tests of the import, and what was imported as a Keras model again."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from models.importing.reading import Imported
from models.runtime.quiet import quiet_stderr

with warnings.catch_warnings(), quiet_stderr():
    warnings.simplefilter("ignore")
    import keras

    from models.runtime.builder import build_model, put_weights


def stirred(model: keras.Model) -> keras.Model:
    """The model with every weight moved by chance, so that no two layers are alike and normalizations do something."""
    chance = np.random.default_rng(1)
    for layer in model.layers:
        old = layer.get_weights()
        new = [v * chance.uniform(0.9, 1.1, v.shape) + chance.uniform(-0.02, 0.02, v.shape) for v in old]
        put_weights(layer, [after.astype(before.dtype) for after, before in zip(new, old, strict=True)])
    return model


def rebuilt(imported: Imported) -> keras.Model:
    """The Keras model of what was imported, with its weights."""
    model = build_model(imported.network)
    for layer_id, values in imported.weights.items():
        put_weights(model.get_layer(layer_id), values)
    return model


def flat(outputs: Any) -> list[np.ndarray]:
    """A model's outputs as a list of arrays."""
    return [np.asarray(value) for value in keras.tree.flatten(outputs)]
