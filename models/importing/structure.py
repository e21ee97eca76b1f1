"""What a model's JSON says, as values: layers with their settings and with where their inputs come from.

Both ways in which Keras writes calls are read: Keras 3's (`{"args": […], "kwargs": {…}}`, tensors spelled out) and
the older one (`["layer", 0, 0, {…}]`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from reprlib import repr as short
from typing import Any

from models.importing.errors import ModelImportError
from models.network.graph import MAX_NODES

MODELS = ("Sequential", "Functional", "Model")
MAX_NESTING = 16
"""Models inside models, and lists inside the arguments of a call."""

Config = Mapping[str, Any]


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


@dataclass(frozen=True)
class Layer:
    """A layer, an operator or a model inside of the model.

    Attributes:
        storage: the name under which a `.keras` file has its weights: the class name, counted.
        arguments, keywords: of its one call: tensors, slices, tuples of them, and plain values.
    """

    name: str
    class_name: str
    module: str
    registered: str
    config: Config
    arguments: tuple[object, ...] = ()
    keywords: tuple[tuple[str, object], ...] = ()
    storage: str = ""

    @property
    def is_model(self) -> bool:
        return self.class_name in MODELS and "layers" in self.config

    @property
    def is_operator(self) -> bool:
        """Whether it is a function of keras.ops and no layer: those have no dtype and, in old files, no module."""
        return ".ops." in self.module or (not self.module and "dtype" not in self.config and not self.is_model)

    def tensors(self) -> tuple[Tensor, ...]:
        """Every tensor among its arguments, in order."""
        return tuple(_tensors((self.arguments, tuple(value for _, value in self.keywords))))


@dataclass(frozen=True)
class Structure:
    """A Sequential or Functional model: its layers, each behind those that feed it, and what enters and leaves.

    Attributes:
        input: the name of what enters, to which tensors refer.
        input_shape: without the batch; None where the file says none.
    """

    name: str
    layers: tuple[Layer, ...]
    input: str
    input_shape: tuple[int | None, ...] | None
    outputs: tuple[Tensor, ...]


def structure(data: object) -> Structure:
    """The model that a file's JSON describes. Raises ModelImportError."""
    found = _layer(data, "the file")
    if found.class_name not in MODELS:
        raise ModelImportError(
            f'the file describes "{found.class_name}", and only Sequential and Functional models become blocks. '
            "A model of a class of its own has no structure that could be read."
        )
    return inside(found)


def inside(model: Layer) -> Structure:
    """The structure of a model, which may stand inside of another one."""
    entries = model.config.get("layers")
    if not isinstance(entries, list) or not entries:
        raise ModelImportError(f'the model "{model.name}" has no layers.')
    if len(entries) > MAX_NODES:
        raise ModelImportError(f'the model "{model.name}" has {len(entries):,} layers; {MAX_NODES:,} are the most.')
    layers = _stored([_layer(entry, f"layer {number} of {model.name}") for number, entry in enumerate(entries)])
    names = Counter(layer.name for layer in layers)
    twice, times = names.most_common(1)[0]
    if times > 1:
        raise ModelImportError(
            f'two layers of "{model.name}" are called "{twice}". Rename one and save the model again.'
        )
    return _sequential(model, layers) if model.class_name == "Sequential" else _functional(model, layers, entries)


# --- layers -----------------------------------------------------------------------------------------------------------
def _layer(data: object, where: str) -> Layer:
    """A layer without its call."""
    if not isinstance(data, dict) or not isinstance(data.get("class_name"), str):
        raise ModelImportError(f'{where} is no Keras object with a "class_name". Choose a file that Keras wrote.')
    config = data.get("config")
    if isinstance(config, list):  # a Sequential model, as Keras before 2.2.3 wrote it
        config = {"layers": config}
    if not isinstance(config, dict):
        raise ModelImportError(f'{where}, a {data["class_name"][:100]}, has no settings ("config").')
    name = data.get("name") or config.get("name") or data["class_name"]
    if not isinstance(name, str):
        raise ModelImportError(f"{where} has a name that is no text.")
    module, registered = data.get("module"), data.get("registered_name")
    return Layer(
        name,
        data["class_name"],
        module if isinstance(module, str) else "",
        registered if isinstance(registered, str) else "",
        config,
    )


def _stored(layers: list[Layer]) -> list[Layer]:
    """The layers with the names under which a `.keras` file keeps their weights, which count each class from 0."""
    counts: dict[str, int] = {}
    named = []
    for layer in layers:
        storage = ""
        if not layer.is_operator:
            snake = _snake_case("Functional" if layer.class_name == "Model" else layer.class_name)
            number = counts[snake] = counts.get(snake, -1) + 1
            storage = f"{snake}_{number}" if number else snake
        named.append(_with(layer, storage=storage))
    return named


def _snake_case(name: str) -> str:
    """A class's name as Keras writes it in files: `Conv2D` → `conv2d`, `MaxPooling2D` → `max_pooling2d`."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _with(layer: Layer, **changes: Any) -> Layer:
    return Layer(**{**layer.__dict__, **changes})


# --- Sequential -------------------------------------------------------------------------------------------------------
def _sequential(model: Layer, layers: list[Layer]) -> Structure:
    shape = _batch_shape(model.config.get("build_input_shape"))
    entry = f"{model.name}/input"
    if layers[0].class_name == "InputLayer":
        first, layers = layers[0], layers[1:]
        entry, shape = first.name, entry_shape(first) or shape
    elif layers:
        shape = entry_shape(layers[0]) or shape or (_first_shape(layers[0]) if layers[0].is_model else None)
    chained, last = [], Tensor(entry, 0)
    for layer in layers:
        chained.append(_with(layer, arguments=(last,)))
        last = Tensor(layer.name, 0)
    return Structure(model.name, tuple(chained), entry, shape, (last,))


def _first_shape(model: Layer, depth: int = 0) -> tuple[int | None, ...] | None:
    """What enters a model that is a Sequential model's first layer."""
    if depth >= MAX_NESTING:
        raise ModelImportError(f'the model "{model.name}" is nested deeper than {MAX_NESTING} models.')
    entries = model.config.get("layers")
    if not isinstance(entries, list) or not entries:
        return None
    first = _layer(entries[0], f"the first layer of {model.name}")
    return entry_shape(first) or (_first_shape(first, depth + 1) if first.is_model else None)


def entry_shape(layer: Layer) -> tuple[int | None, ...] | None:
    """The shape that a layer's settings say of its input, in the words of every version of Keras."""
    for key in ("batch_shape", "batch_input_shape"):
        if key in layer.config:
            return _batch_shape(layer.config[key])
    return None


def _batch_shape(value: object) -> tuple[int | None, ...] | None:
    """A shape with its batch axis, without it; None where it is no shape."""
    if not isinstance(value, list) or not value or any(not _is_size(size) for size in value):
        return None
    return tuple(value[1:])


def _is_size(value: object) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0)


# --- Functional -------------------------------------------------------------------------------------------------------
def _functional(model: Layer, layers: list[Layer], entries: list[Any]) -> Structure:
    entry_names = [tensor.layer for tensor in _references(model.config.get("input_layers"), model.name)]
    if len(entry_names) != 1:
        raise ModelImportError(
            f'the model "{model.name}" has {len(entry_names)} inputs ({", ".join(entry_names)[:200]}); networks have '
            "one. Import a model with one input."
        )
    outputs = _references(model.config.get("output_layers"), model.name)
    if not outputs:
        raise ModelImportError(f'the model "{model.name}" has no output.')
    called = [_called(layer, entry) for layer, entry in zip(layers, entries, strict=True)]
    known = {layer.name: layer for layer in called}
    for tensor in (*outputs, *(tensor for layer in called for tensor in layer.tensors()), Tensor(entry_names[0], 0)):
        if tensor.layer not in known:
            raise ModelImportError(f'the model "{model.name}" names a layer "{tensor.layer[:100]}", which it has not.')
    entry = known[entry_names[0]]
    inner = _in_order(model.name, called, {tensor.layer for tensor in outputs})
    return Structure(
        model.name, tuple(layer for layer in inner if layer is not entry), entry.name, entry_shape(entry), outputs
    )


def _in_order(model: str, layers: list[Layer], outputs: set[str]) -> list[Layer]:
    """The layers that the outputs need, each behind those that feed it and otherwise as they stood."""
    known = {layer.name: (place, layer) for place, layer in enumerate(layers)}
    needed: set[str] = set()
    waiting = list(outputs)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += [tensor.layer for tensor in known[name][1].tensors()]
    missing = {name: {tensor.layer for tensor in known[name][1].tensors()} for name in needed}
    feeds: dict[str, list[str]] = {name: [] for name in needed}
    for name, sources in missing.items():
        for source in sources:
            feeds[source].append(name)
    ready = [known[name][0] for name, sources in missing.items() if not sources]
    heapify(ready)
    ordered: list[Layer] = []
    while ready:
        layer = layers[heappop(ready)]
        ordered.append(layer)
        for name in feeds[layer.name]:
            missing[name].discard(layer.name)
            if not missing[name]:
                heappush(ready, known[name][0])
    if len(ordered) < len(needed):
        names = sorted(name for name, sources in missing.items() if sources)
        raise ModelImportError(f'the layers {", ".join(names)[:200]} of "{model}" feed each other in a circle.')
    return ordered


def _references(value: object, model: str) -> tuple[Tensor, ...]:
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
    return Tensor(item[0], item[2], _batch_shape(shape))


def _used_twice(name: str) -> ModelImportError:
    return ModelImportError(
        f'the layer "{name[:100]}" is used more than once, and blocks do not share weights. '
        "Give every place a layer of its own, and save the model again."
    )


# --- calls ------------------------------------------------------------------------------------------------------------
def _called(layer: Layer, entry: Any) -> Layer:
    """A layer with its one call."""
    calls = entry.get("inbound_nodes", [])
    if not isinstance(calls, list):
        raise ModelImportError(f'"{layer.name}" has no readable inputs.')
    if len(calls) > 1:
        raise _used_twice(layer.name)
    if not calls:
        return layer
    call = calls[0]
    if isinstance(call, dict):
        arguments, keywords = call.get("args", []), call.get("kwargs", {})
        if not isinstance(arguments, list) or not isinstance(keywords, dict):
            raise ModelImportError(f'"{layer.name}" has no readable inputs.')
        return _with(
            layer,
            arguments=tuple(_argument(item, layer.name, 0) for item in arguments),
            keywords=tuple((str(key), _argument(item, layer.name, 0)) for key, item in keywords.items()),
        )
    return _called_before_keras_3(layer, call)


def _called_before_keras_3(layer: Layer, call: object) -> Layer:
    if isinstance(call, list) and call and isinstance(call[0], str):
        call = [call]
    tensors: list[object] = []
    keywords: dict[str, object] = {}
    for item in call if isinstance(call, list) else [call]:
        if not isinstance(item, list) or not 3 <= len(item) <= 4:
            raise ModelImportError(f'"{layer.name}" takes an input from {short(item)}, which is no layer.')
        tensors.append(_reference(item, layer.name))
        if len(item) == 4 and isinstance(item[3], dict):
            keywords.update({str(key): _old_keyword(value, layer.name) for key, value in item[3].items()})
    argument = tuple(tensors) if len(tensors) > 1 else tensors[0] if tensors else ()
    return _with(layer, arguments=(argument,), keywords=tuple(keywords.items()))


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


def _tensors(value: object) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _tensors(item)
