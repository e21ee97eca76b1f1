"""What a model's JSON says, as values: layers with their settings and with where their inputs come from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any

from models.importing.calls import MAX_NESTING, Tensor, batch_shape, call, references, tensors_in
from models.importing.errors import ModelImportError
from models.network.graph import MAX_NODES

STORED_AS = {"Model": "Functional", "GroupQueryAttention": "GroupedQueryAttention"}
"""Classes whose weights are kept under another name than the one they are saved by."""

MODELS = ("Sequential", "Functional", "Model")
Config = Mapping[str, Any]


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
        """Whether it is a function of keras.ops and no layer.

        Files in the old format have no module: there a layer says its dtype or, before Keras 2.3, that it is trainable.
        """
        says_layer = self.is_model or not self.config.keys().isdisjoint(("dtype", "trainable"))
        return ".ops." in self.module or (not self.module and not says_layer)

    def tensors(self) -> tuple[Tensor, ...]:
        """Every tensor among its arguments, in order."""
        return tuple(tensors_in((self.arguments, tuple(value for _, value in self.keywords))))


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


def inner_layer(data: object, wrapper: str) -> Layer:
    """The layer inside of a layer that applies it. Raises ModelImportError."""
    return _layer(data, f'the layer inside of "{wrapper}"')


def _stored(layers: list[Layer]) -> list[Layer]:
    """The layers with the names under which a `.keras` file keeps their weights, which count each class from 0."""
    counts: dict[str, int] = {}
    named = []
    for layer in layers:
        storage = ""
        if not layer.is_operator:
            snake = _snake_case(STORED_AS.get(layer.class_name, layer.class_name))
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
    shape = batch_shape(model.config.get("build_input_shape"))
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
            return batch_shape(layer.config[key])
    return None


# --- Functional -------------------------------------------------------------------------------------------------------
def _functional(model: Layer, layers: list[Layer], entries: list[Any]) -> Structure:
    entry_names = [tensor.layer for tensor in references(model.config.get("input_layers"), model.name)]
    if len(entry_names) != 1:
        raise ModelImportError(
            f'the model "{model.name}" has {len(entry_names)} inputs ({", ".join(entry_names)[:200]}); networks have '
            "one. Import a model with one input."
        )
    outputs = references(model.config.get("output_layers"), model.name)
    if not outputs:
        raise ModelImportError(f'the model "{model.name}" has no output.')
    called = []
    for layer, described in zip(layers, entries, strict=True):
        arguments, keywords = call(layer.name, described.get("inbound_nodes", []))
        called.append(_with(layer, arguments=arguments, keywords=keywords))
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
