"""The Keras model of a network with its preprocessing in front, so that it takes samples as they are stored."""

from __future__ import annotations

from typing import Any

import keras

from models.runtime.builder import build_behind, put_weights
from models.runtime.live_model import LiveModel
from models.runtime.preprocessing import Preprocessor
from models.runtime.step.objective import METRIC

RAW_INPUT, PREFIX = "raw_input", "preprocessing_"


def with_preprocessing(live: LiveModel, preprocessor: Preprocessor, raw_shape: tuple[int | None, ...]) -> keras.Model:
    """A model of its own, with the live one's weights, losses and optimizer, whose input has `raw_shape`."""
    name = RAW_INPUT
    while live.expansion.network.find(name) is not None:
        name += "_"
    raw = keras.Input(raw_shape, name=name)
    model = keras.Model(raw, build_behind(live.expansion.network, _prepared(live, preprocessor, raw)))
    for layer in live.model.layers:
        if layer.weights:
            put_weights(model.get_layer(layer.name), layer.get_weights())
            model.get_layer(layer.name).trainable = layer.trainable
    if live.model.compiled:
        _compile_alike(model, live.model)
    return model


def _prepared(live: LiveModel, preprocessor: Preprocessor, raw: Any) -> Any:
    """The preprocessing behind the input, its layers under names that no block of the network has."""
    tensor = preprocessor.layers(raw)
    if tensor is raw:
        return raw
    for operation in keras.Model(raw, tensor).operations:
        if operation.name == raw.name:
            continue
        operation.name = f"{PREFIX}{operation.name}"
        while live.expansion.network.find(operation.name) is not None:
            operation.name += "_"
    return tensor


def _compile_alike(model: keras.Model, live: keras.Model) -> None:
    """Compile a model as the live one is, its optimizer in the same state, so that training can go on elsewhere."""
    optimizer = type(live.optimizer).from_config(live.optimizer.get_config())
    optimizer.build(model.trainable_variables)
    for mine, theirs in zip(optimizer.variables, live.optimizer.variables, strict=True):
        mine.assign(theirs)
    losses = live.loss
    if isinstance(losses, list):
        weights, measured = live._compile_loss._user_loss_weights, [[METRIC], *([] for _ in losses[1:])]
        model.compile(optimizer=optimizer, loss=losses, loss_weights=weights, metrics=measured)
    else:
        model.compile(optimizer=optimizer, loss=losses, metrics=[METRIC])
