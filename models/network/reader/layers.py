"""Calls of Keras's layers, as blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, get_args

from pydantic import ValidationError

from models.blocks import REGISTRY, Block
from models.blocks.composite import CompositeBlock
from models.blocks.fields import ActivationName, InitializerName, KerasCall, first_mistake
from models.blocks.keras_layer import KerasLayer
from models.network.reader.operations import MAX_LENGTH
from models.network.reader.values import Dotted, Layer, NotUnderstood
from models.network.source.text import snake_case

POSITIONAL = frozenset(
    {"strides", "padding", "activation", "pool_size", "size", "negative_slope", "max_value", "axis", "cropping"}
)
"""Fields that stand at the same place in Keras's signatures as in ours, behind those that every call spells out."""

TOLERATED: Mapping[str, tuple[object, ...]] = {
    "data_format": (None, "channels_last"), "axis": (-1,), "dtype": (None, "float32"), "trainable": (True,),
    "bias_initializer": ("zeros",), "beta_initializer": ("zeros",), "gamma_initializer": ("ones",),
    "moving_mean_initializer": ("zeros",), "moving_variance_initializer": ("ones",), "bias_regularizer": (None,),
    "activity_regularizer": (None,), "kernel_constraint": (None,), "bias_constraint": (None,), "seed": (None,),
    "noise_shape": (None,), "batch_size": (None,),
}  # fmt: skip
"""Arguments that our blocks lack, with the values at which they change nothing."""


MAX_NESTED = 6
"""Lists in one another that an argument may consist of."""


@lru_cache(maxsize=1)
def kinds() -> dict[str, type[Block]]:
    """Every layer block by the name of its Keras class; a block of that very name comes first."""
    layers = [kind for kind in REGISTRY.values() if not issubclass(kind, CompositeBlock)]
    found = {kind.keras_class: kind for kind in layers if kind.keras_class}
    return found | {kind.__name__: kind for kind in layers}


@lru_cache(maxsize=1)
def composites() -> dict[str, type[CompositeBlock]]:
    """Every composite's class by the name of its helper function."""
    return {
        snake_case(name): kind
        for name, kind in REGISTRY.items()
        if issubclass(kind, CompositeBlock) and kind.in_palette
    }


def layer_kind(name: str) -> type[Block]:
    """The block of a Keras class, or of Keras's function of the same name in small letters (`add`, `concatenate`)."""
    kind = kinds().get(name) or kinds().get(name.capitalize())
    if kind is None:
        raise NotUnderstood(f"there is no block for the layer {name}")
    return kind


def made_layer(kind: type[Block], positional: Sequence[Any], keywords: Mapping[str, Any]) -> Layer:
    """A layer from the arguments of its call."""
    given = dict(keywords)
    name = given.pop("name", None)
    if not isinstance(name, str | None):
        raise NotUnderstood("a layer's name is no text")
    input_shape = given.pop("input_shape", None)
    block = made_block(kind, {**_by_position(kind, positional), **given})
    if not isinstance(input_shape, list | tuple | None):
        raise NotUnderstood("an input_shape that is no tuple")
    return Layer(block, name or "", tuple(input_shape) if input_shape is not None else None)


def kept_layer(name: str, positional: Sequence[Any], keywords: Mapping[str, Any]) -> Layer:
    """A layer that no block class stands for, one of those that are kept with their arguments."""
    if positional:
        raise NotUnderstood(f"give the arguments of {name} by name")
    given = dict(keywords)
    title = given.pop("name", None)
    if not isinstance(title, str | None):
        raise NotUnderstood("a layer's name is no text")
    config = {key: value.block if isinstance(value, Layer) else plain_value(key, value) for key, value in given.items()}
    try:
        return Layer(KerasLayer.model_validate({"class_name": name, "config": config}), title or "")
    except ValidationError as error:
        raise NotUnderstood(f"{name} cannot be made so: {first_mistake(error)}") from None


def _by_position(kind: type[Block], positional: Sequence[Any]) -> dict[str, Any]:
    order = kind.field_names()
    if len(positional) > len(order):
        raise NotUnderstood(f"{kind.__name__} takes at most {len(order)} arguments")
    spelled = len(kind.spelled_out)
    for name in order[spelled : len(positional)]:
        if name not in POSITIONAL and not kind.custom and not issubclass(kind, CompositeBlock):
            raise NotUnderstood(f"give {name} of {kind.__name__} by name, as in {name}=…")
    return dict(zip(order, positional, strict=False))


def made_block(kind: type[Block], arguments: Mapping[str, Any]) -> Block:
    """The block with these arguments of its Keras layer."""
    values = {}
    for name, value in arguments.items():
        if name in kind.model_fields:
            plain = plain_value(name, value)
            if plain is not None or kind.model_fields[name].default is None:
                values[name] = plain
        elif value not in TOLERATED.get(name, ()):
            raise NotUnderstood(
                f"{kind.__name__} has no argument {name}; its block has {', '.join(kind.field_names())}"
            )
    try:
        return kind.model_validate(values, strict=True)  # 64 is no text, and True no number
    except ValidationError as error:
        raise NotUnderstood(f"{kind.__name__} cannot be made so: {first_mistake(error)}") from None


def plain_value(name: str, value: Any) -> Any:
    """The value of a block's field for what Keras's argument is given."""
    if isinstance(value, KerasCall) and name.endswith("regularizer"):
        return value.arguments[0]
    if isinstance(value, Dotted) and name.endswith(("activation", "initializer")):
        value = value.last
    if isinstance(value, list | tuple):
        return _frozen(value, [MAX_LENGTH])
    if name.endswith("activation") and value is None:
        return "linear"
    if isinstance(value, str) and name.endswith(("activation", "initializer")):
        known = (*get_args(ActivationName), *get_args(InitializerName))
        word = {"swish": "silu"}.get(value, value)
        return word if word in known else snake_case(word)
    return value


def _frozen(value: Any, left: list[int], depth: int = 0) -> Any:
    """Lists as tuples at every depth. `left` is how many values may follow: one list may stand in itself many times."""
    if not isinstance(value, list | tuple):
        return value
    left[0] -= len(value)
    if left[0] < 0 or depth > MAX_NESTED:
        raise NotUnderstood("an argument of too many lists in one another")
    return tuple(_frozen(part, left, depth + 1) for part in value)
