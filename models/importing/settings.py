"""A Keras layer's settings as the fields of a block, and what cannot be taken over said in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from reprlib import repr as short
from typing import Any, get_args

from pydantic import ValidationError

from models.blocks import Block, Shape
from models.blocks.fields import ActivationName, InitializerName, first_mistake
from models.blocks.keras_kinds import KINDS
from models.blocks.keras_layer import KerasLayer
from models.importing.errors import ModelImportError
from models.importing.structure import Config, Layer, inner_layer

ACTIVATIONS = {
    **{name: name for name in get_args(ActivationName)},
    "swish": "silu", "hard_swish": "hard_silu", "leakyrelu": "leaky_relu",
}  # fmt: skip
INITIALIZERS = {
    **{name.replace("_", ""): name for name in get_args(InitializerName)},
    "orthogonalinitializer": "orthogonal", "zero": "zeros", "one": "ones", "normal": "random_normal",
    "uniform": "random_uniform", "henormalv2": "he_normal",
}  # fmt: skip
USUAL_START = {
    "random_normal": {"mean": 0.0, "stddev": 0.05},
    "truncated_normal": {"mean": 0.0, "stddev": 0.05},
    "random_uniform": {"minval": -0.05, "maxval": 0.05},
    "orthogonal": {"gain": 1.0},
}
"""The settings of initializers that are meant by their names alone."""

RENAMED = {"LeakyReLU": {"alpha": "negative_slope"}}
"""Settings as Keras 2 called them."""

KERAS_NAMES = {"GroupedQueryAttention": "GroupQueryAttention"}
"""Names in `keras.layers` of classes that call themselves otherwise."""

SET_BY_KERAS = ("zero_output_for_mask",)
"""Settings that Bidirectional makes by itself in the layers inside of it."""

SKIPPED = {
    "name", "trainable", "dtype", "batch_shape", "batch_input_shape", "build_config", "seed", "synchronized",
    "quantization_config", "fused", "virtual_batch_size", "adjustment", "renorm_clipping", "renorm_momentum",
    "implementation", "_saved_model_inputs_spec", "data_format", "input_dim", "input_length",
    "autocast",
}  # fmt: skip
"""Settings that say nothing of what the layer computes, or that are looked at elsewhere."""

NEUTRAL = {"groups": 1, "fill_mode": "constant", "depth_multiplier": 1}
"""Settings that say no more than what the block does anyway, with those values."""


@dataclass
class Notes:
    """What was taken over in another way than it stands in the file, each with the layers that it was said of."""

    layers: dict[str, list[str]] = field(default_factory=dict)

    def add(self, text: str, layer: str) -> None:
        """Note something about a layer."""
        self.layers.setdefault(text, []).append(layer)

    def texts(self) -> tuple[str, ...]:
        """One sentence for each thing noted, with the layers' names or their number."""
        return tuple(f"{_who(names)}: {text}" for text, names in self.layers.items())


def _who(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{names[0]} and {len(names) - 1} other layers"


def block_of(kind: type[Block], layer: Layer, axes: int, notes: Notes) -> Block:
    """The block of this class with a layer's settings. `axes` counts the input's, the batch's included.

    Raises ModelImportError where the layer computes something that the block cannot.
    """
    fields: dict[str, object] = {}
    for name, value in layer.config.items():
        name = RENAMED.get(layer.class_name, {}).get(name, name)
        if name in kind.model_fields:
            fields[name] = _field(name, value, layer, axes, notes)
        elif name not in SKIPPED:
            _look_at(name, value, layer, axes, notes)
    _look_at_common(layer, notes)
    return validated(kind, layer, fields)


def keras_layer_of(layer: Layer, shape: Shape, inner: Callable[[Layer], Block], notes: Notes) -> Block:
    """A layer that no block class stands for, by the list of those that may be kept with their arguments.

    `inner` makes the block of a layer inside of it. Raises ModelImportError.
    """
    class_name = KERAS_NAMES.get(layer.class_name, layer.class_name)
    kind = KINDS[class_name]
    given: dict[str, object] = {}
    backward: Block | None = None
    for name, value in layer.config.items():
        if name == "layer":
            given[name] = inner(_mirrored_alike(inner_layer(value, layer.name), "backward_layer" in layer.config))
        elif name == "backward_layer":
            backward = inner(_mirrored_alike(inner_layer(value, layer.name), True)) if value is not None else None
        elif name in kind.arguments:
            taken = _field(name, value, layer, len(shape) + 1, notes)
            if taken != 0.0 or not name.endswith("_regularizer"):
                given[name] = taken
        elif name not in SKIPPED:
            _look_at(name, value, layer, len(shape) + 1, notes)
    if backward is not None:
        _check_mirrored(given.get("layer"), backward, layer)
    _look_at_common(layer, notes)
    return validated(KerasLayer, layer, {"class_name": class_name, "config": kind.completed(shape, given)})


def _mirrored_alike(inner: Layer, mirrored: bool) -> Layer:
    """A layer inside; of one that Keras mirrors, without what Keras sets in it by itself."""
    if not mirrored:
        return inner
    config = {name: value for name, value in inner.config.items() if name not in SET_BY_KERAS}
    return replace(inner, config=config)


def _check_mirrored(forward: Any, backward: Block, layer: Layer) -> None:
    """Keras writes both directions' layers; one that is not the other's mirror image is not taken over."""
    alike = isinstance(forward, Block) and backward.type == forward.type
    if not alike or {**dict(backward), "go_backwards": False} != dict(forward):
        raise refused(layer, "has a backward_layer other than its layer, which blocks do not know. Use two layers")


def validated(kind: type[Block], layer: Layer, fields: dict[str, object]) -> Block:
    """The block; a ModelImportError that names the layer where its class refuses a field."""
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise ModelImportError(
            f'{layer.class_name} "{layer.name}" cannot be taken over: {first_mistake(error)}.'
        ) from error


def _look_at_common(layer: Layer, notes: Notes) -> None:
    if layer.config.get("data_format") == "channels_first":
        raise refused(layer, "has its channels first, and LayerLoom's images have them last. Convert the model first")
    if layer.config.get("trainable") is False:
        notes.add("frozen in the model; training changes it here.", layer.name)
    policy = _dtype(layer.config.get("dtype"))
    if policy not in ("float32", ""):
        notes.add(f"computed in {policy} in the model; here in float32.", layer.name)


def _dtype(value: object) -> str:
    """The name of a dtype or of a dtype policy."""
    if isinstance(value, dict) and isinstance(value.get("config"), dict):
        value = value["config"].get("name")
    return value[:50] if isinstance(value, str) else ""


def refused(layer: Layer, why: str) -> ModelImportError:
    """The error of a layer that cannot be taken over; `why` goes on after its name and ends without a full stop."""
    return ModelImportError(f'{layer.class_name[:100]} "{layer.name[:200]}" {why}.')


# --- values -----------------------------------------------------------------------------------------------------------
def _field(name: str, value: Any, layer: Layer, axes: int, notes: Notes) -> object:
    """The value of a field that the block has under Keras's own name."""
    if name == "axis":
        return _axis(value, axes)
    if name.endswith("activation"):
        return activation(value, layer)
    if name.endswith("_initializer"):
        return initializer(name, value, layer, notes)
    if name.endswith("_regularizer"):
        return regularizer(name, value, layer, notes)
    return _plain(value)


def _plain(value: Any) -> Any:
    """Lists as they are, numbers as Keras meant them: it writes some of them as 0-dimensional arrays."""
    if (
        isinstance(value, dict)
        and value.get("class_name") in ("__numpy__", "__tensor__")
        and isinstance(value.get("config"), dict)
    ):
        return value["config"].get("value")
    if isinstance(value, dict) and value.get("type") == "ndarray":
        return value.get("value")
    return value


def _axis(value: Any, axes: int) -> object:
    """An axis counted from the front, or −1 for the last; of a list of one, that one."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, int) and not isinstance(value, bool):
        return -1 if value in (-1, axes - 1) else value + axes if value < 0 else value
    return value


def activation(value: object, layer: Layer) -> str:
    """The name of an activation. Raises ModelImportError for any that blocks do not have, and for functions."""
    if value is None:
        return "linear"
    if isinstance(value, dict):
        raise refused(
            layer, f"has the activation {_object(value)}, an object of its own. Use an Activation layer instead"
        )
    if not isinstance(value, str) or value not in ACTIVATIONS:
        raise refused(
            layer, f"has the activation {short(value)}, which blocks do not have: {', '.join(get_args(ActivationName))}"
        )
    return str(ACTIVATIONS[value])


def initializer(name: str, value: object, layer: Layer, notes: Notes) -> str:
    """The name of an initializer, or of the nearest that blocks have, with a note."""
    kind, config = _named(value)
    found = INITIALIZERS.get(kind.lower().replace("_", ""))
    if found is None and kind == "VarianceScaling":
        found, alike = _scaled(config)
        if not alike:
            notes.add(
                f"{name} {_object(value)} became {found}, the nearest; it only matters for training afresh.", layer.name
            )
    elif found is None:
        found = "glorot_uniform"
        notes.add(f"{name} {_object(value)} became {found}; it only matters for training afresh.", layer.name)
    elif any(config.get(key, usual) != usual for key, usual in USUAL_START.get(found, {}).items()):
        notes.add(f"{name} {_object(value)} became a plain {found}; it only matters for training afresh.", layer.name)
    return found


def _scaled(config: Config) -> tuple[str, bool]:
    """The named initializer nearest to a VarianceScaling one (Glorot 2010, He 2015, LeCun 1998); whether it is that."""
    scale, mode, spread = config.get("scale", 1.0), config.get("mode", "fan_in"), config.get("distribution", "")
    shape = "uniform" if spread == "uniform" else "normal"
    for start, factor, fans in (("glorot", 1.0, "fan_avg"), ("he", 2.0, "fan_in"), ("lecun", 1.0, "fan_in")):
        if scale == factor and mode == fans:
            return f"{start}_{shape}", spread != "untruncated_normal"
    large = isinstance(scale, int | float) and scale > 1.5
    return f"{'he' if large else 'glorot'}_{shape}", False


def regularizer(name: str, value: object, layer: Layer, notes: Notes) -> float:
    """The factor of an L2 regularizer; any other one is left out, with a note."""
    if value is None:
        return 0.0
    kind, config = _named(value)
    l1, l2 = config.get("l1", 0.0), config.get("l2", 0.01 if kind.lower() == "l2" else 0.0)
    if kind.lower() not in ("l2", "l1l2", "l1_l2") or l1 or not isinstance(l2, int | float):
        notes.add(
            f"{name} {_object(value)} was left out: blocks have L2 factors alone. It only matters for training.",
            layer.name,
        )
        return 0.0
    return float(l2)


def _named(value: object) -> tuple[str, Config]:
    """The class name and the settings of an object, which may be given by its name alone."""
    if isinstance(value, dict):
        name, config = value.get("class_name"), value.get("config")
        return name if isinstance(name, str) else "", config if isinstance(config, dict) else {}
    return value if isinstance(value, str) else "", {}


def _object(value: object) -> str:
    """An object of Keras in a few words: its class and the settings that are not empty."""
    name, config = _named(value)
    settings = ", ".join(f"{key} {short(item)}" for key, item in list(config.items())[:4] if item is not None)
    return f"{name[:60] or short(value)} ({settings})" if settings else name[:60] or short(value)


# --- settings that blocks do not have ---------------------------------------------------------------------------------
def _look_at(name: str, value: Any, layer: Layer, axes: int, notes: Notes) -> None:
    """A setting that the block has no field for: of no account, worth a note, or the end of the import."""
    if name == "axis":
        if _axis(value, axes) != -1:
            raise refused(layer, f"works along axis {short(value)}; the block does along the last one, the channels")
    elif name.endswith("_initializer"):
        kind, _ = _named(value)
        if kind.lower() not in ("zeros", "ones", "zero", "one", "") or (
            name == "bias_initializer" and "one" in kind.lower()
        ):
            notes.add(f"{name} {_object(value)} was left out; it only matters for training afresh.", layer.name)
    elif name.endswith(("_regularizer", "_constraint")):
        if value is not None:
            notes.add(f"{name} {_object(value)} was left out; it only matters for training.", layer.name)
    elif name == "noise_shape":
        if value is not None:
            notes.add("noise_shape was left out: single values are dropped in training, not whole groups.", layer.name)
    elif name in NEUTRAL and value == NEUTRAL[name]:
        return
    elif value not in (None, False, [], {}, ""):
        raise refused(layer, f"has the setting {name[:100]} = {short(value)}, which the block does not have")
