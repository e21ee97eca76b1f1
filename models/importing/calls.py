"""How layers are called in a model's JSON: with tensors of other layers, slices and plain values.

Both ways in which Keras writes calls are read: Keras 3's (`{"args": […], "kwargs": {…}}`, tensors spelled out) and the
older one (`["layer", 0, 0, {…}]`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from reprlib import repr as short
from typing import Any

from models.importing.errors import ModelImportError

MAX_NESTING = 16
"""Models inside models, and lists inside the arguments of a call."""


@dataclass(frozen=True)
class Tensor:
    """An argument of a call: what another layer gives. `shape` is without the batch, None where the file says none."""

    layer: str
    output: int
    shape: tuple[int | None, ...] | None = None


@dataclass(frozen=True)
class Slice:
    """An argument of a slicing operator; `ellipsis` stands for `...`."""

    start: object = None
    stop: object = None
    step: object = None
    ellipsis: bool = False


Call = tuple[tuple[object, ...], tuple[tuple[str, object], ...]]
"""Arguments, and keywords with their names."""


def call(name: str, calls: object) -> Call:
    """The arguments and keywords of a layer's one call, from its `inbound_nodes`; both empty where it has none."""
    if not isinstance(calls, list):
        raise ModelImportError(f'"{name}" has no readable inputs.')
    if len(calls) > 1:
        raise _used_twice(name)
    if not calls:
        return (), ()
    if not isinstance(calls[0], dict):
        return _call_before_keras_3(name, calls[0])
    arguments, keywords = calls[0].get("args", []), calls[0].get("kwargs", {})
    if not isinstance(arguments, list) or not isinstance(keywords, dict):
        raise ModelImportError(f'"{name}" has no readable inputs.')
    return (
        tuple(_argument(item, name, 0) for item in arguments),
        tuple((str(key), _argument(item, name, 0)) for key, item in keywords.items()),
    )


def _call_before_keras_3(name: str, described: object) -> Call:
    if isinstance(described, list) and described and isinstance(described[0], str):
        described = [described]
    tensors: list[object] = []
    keywords: dict[str, object] = {}
    for item in described if isinstance(described, list) else [described]:
        if not isinstance(item, list) or not 3 <= len(item) <= 4:
            raise ModelImportError(f'"{name}" takes an input from {short(item)}, which is no layer.')
        tensors.append(_reference(item, name))
        if len(item) == 4 and isinstance(item[3], dict):
            keywords.update({str(key): _old_keyword(value, name) for key, value in item[3].items()})
    argument = tuple(tensors) if len(tensors) > 1 else tensors[0] if tensors else ()
    return (argument,), tuple(keywords.items())


def _old_keyword(value: object, where: str) -> object:
    """A keyword of an old call: `["layer", 0, 0]` is a tensor there."""
    if isinstance(value, list) and len(value) == 3 and isinstance(value[0], str) and isinstance(value[1], int):
        return _reference(value, where)
    return _argument(value, where, 0)


def _argument(value: object, where: str, depth: int) -> object:
    """An argument of a call: tensors and slices as such, lists as tuples, anything else only where it is plain."""
    if depth > MAX_NESTING:
        raise ModelImportError(f'"{where}" nests its inputs too deeply.')
    if isinstance(value, list):
        return tuple(_argument(item, where, depth + 1) for item in value)
    if not isinstance(value, dict):
        return value
    kind, config = value.get("class_name"), value.get("config")
    if kind == "__keras_tensor__" and isinstance(config, dict):
        history = config.get("keras_history")
        if isinstance(history, list) and len(history) == 3:
            return _reference(history, where, config.get("shape"))
    if kind == "__slice__" and isinstance(config, dict):
        return Slice(config.get("start"), config.get("stop"), config.get("step"))
    if kind == "__ellipsis__":
        return Slice(ellipsis=True)
    if kind in ("__tensor__", "__numpy__") and isinstance(config, dict):
        return _argument(config.get("value"), where, depth + 1)
    if value.get("type") == "slice":  # as Keras 2 wrote it
        return Slice(value.get("start"), value.get("stop"), value.get("step"))
    raise ModelImportError(f'"{where}" is called with {short(kind or value)}, which is not understood.')


def tensors_in(value: object) -> Iterator[Tensor]:
    """Every tensor in an argument, in order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from tensors_in(item)


def references(value: object, model: str) -> tuple[Tensor, ...]:
    """The tensors that `input_layers` or `output_layers` names, in whatever lists or dictionaries they stand."""
    found: list[Tensor] = []

    def walk(item: object, depth: int) -> None:
        if depth > MAX_NESTING:
            raise ModelImportError(f'the model "{model}" nests its inputs or outputs too deeply.')
        if isinstance(item, dict):
            for inner in item.values():
                walk(inner, depth + 1)
        elif isinstance(item, list) and len(item) >= 3 and isinstance(item[0], str):
            found.append(_reference(item, model))
        elif isinstance(item, list):
            for inner in item:
                walk(inner, depth + 1)
        elif item is not None:
            raise ModelImportError(f'the model "{model}" has no readable list of inputs and outputs.')

    walk(value, 0)
    return tuple(found)


def _reference(item: list[Any], where: str, shape: object = None) -> Tensor:
    """`[layer, call, output]`; a call other than the first means that the layer is used twice."""
    if not isinstance(item[0], str) or any(
        not isinstance(number, int) or isinstance(number, bool) for number in item[1:3]
    ):
        raise ModelImportError(f'"{where}" takes an input from {short(item)}, which is no layer, call and output.')
    if item[1] != 0:
        raise _used_twice(item[0])
    if item[2] < 0:
        raise ModelImportError(f'"{where}" takes output {item[2]} of "{item[0]}", and outputs are counted from 0.')
    return Tensor(item[0], item[2], batch_shape(shape))


def _used_twice(name: str) -> ModelImportError:
    return ModelImportError(
        f'the layer "{name[:100]}" is used more than once, and blocks do not share weights. '
        "Give every place a layer of its own, and save the model again."
    )


def batch_shape(value: object) -> tuple[int | None, ...] | None:
    """A shape with its batch axis, without it; None where it is no shape."""
    if not isinstance(value, list) or not value or any(not _is_size(size) for size in value):
        return None
    return tuple(value[1:])


def _is_size(value: object) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0)
