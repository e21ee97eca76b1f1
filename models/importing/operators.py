"""Operators of a functional model, `x + y` and the like, as the blocks that compute the same."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from reprlib import repr as short

from models.blocks import REGISTRY, Shape, Shapes
from models.importing.calls import Slice, Tensor
from models.importing.errors import ModelImportError
from models.importing.settings import refused
from models.importing.structure import Layer

LAMBDAS = ("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer")
"""How operators are called in files of Keras 2."""

OLD_NAMES = {
    "__operators__.add": "Add", "math.add": "Add", "math.subtract": "Subtract", "math.multiply": "Multiply",
    "math.truediv": "Divide", "math.divide": "Divide", "math.maximum": "Maximum", "math.minimum": "Minimum",
    "math.negative": "Negative", "nn.relu": "Relu", "nn.relu6": "Relu6", "nn.softmax": "Softmax", "nn.silu": "Silu",
    "math.sigmoid": "Sigmoid", "math.tanh": "Tanh", "math.reduce_mean": "Mean", "math.reduce_max": "Max",
    "concat": "Concatenate", "reshape": "Reshape", "compat.v1.transpose": "Transpose", "identity": "Identity",
    "__operators__.getitem": "GetItem", "_operators_.getitem": "GetItem",
}  # fmt: skip
"""Keras 2's names of functions by Keras 3's names of operators."""

ACTIVATIONS = {
    "Relu": "relu", "Relu6": "relu6", "Sigmoid": "sigmoid", "Silu": "silu", "Softplus": "softplus",
    "Softsign": "softsign", "Tanh": "tanh",
    "Selu": "selu", "HardSigmoid": "hard_sigmoid", "HardSilu": "hard_silu", "Exp": "exponential",
    "Softmax": "softmax", "Mish": "mish", "Elu": "elu", "Gelu": "gelu", "Identity": "linear",
}  # fmt: skip

Fields = dict[str, object]
Operator = tuple[str, Fields]
"""The type of a block and its fields."""


def is_operator(layer: Layer) -> bool:
    """Whether a layer of the file is a function that was called on tensors."""
    return layer.is_operator or layer.class_name in LAMBDAS


def operator(layer: Layer, shapes: Shapes) -> Operator:
    """The block of an operator on inputs of these shapes. Raises ModelImportError where there is none."""
    name = layer.class_name
    if name in LAMBDAS:
        function = layer.config.get("function")
        name = OLD_NAMES.get(function, "") if isinstance(function, str) else ""
    found = _activation(name, layer) or (RULES[name](layer, shapes) if name in RULES else None)
    if found is None or found[0] not in REGISTRY:
        what = layer.config.get("function", layer.class_name)
        raise ModelImportError(
            f'the operator {short(what)} "{layer.name[:200]}" has no block. Use a layer of Keras in its place, and '
            "save the model again."
        )
    return found


def _operands(layer: Layer) -> tuple[object, ...]:
    """What is computed with: tensors and plain values, in order."""
    named = tuple(value for key, value in layer.keywords if key in ("y", "x2") and value is not None)
    return (*layer.arguments, *named)


def _setting(layer: Layer, *names: str) -> object:
    """A setting, which Keras 3 keeps in the operator and Keras 2 in its call."""
    keywords = dict(layer.keywords)
    for name in names:
        value = layer.config.get(name, keywords.get(name))
        if value is not None:
            return tuple(value) if isinstance(value, list) else value
    return None


def _merging(
    block: str, constant: Callable[[float, bool], Fields | None]
) -> Callable[[Layer, Shapes], Operator | None]:
    """The rule of an operator on two tensors, or on one and a number: `constant` gets that, and whether it is first."""

    def rule(layer: Layer, shapes: Shapes) -> Operator | None:
        operands = _operands(layer)
        if len(operands) != 2:
            return None
        numbers = [value for value in operands if not isinstance(value, Tensor)]
        if not numbers:
            return block, {}
        number = numbers[0]
        if len(numbers) > 1 or not isinstance(number, int | float):
            return None
        fields = constant(float(number), operands[0] is number)
        return None if fields is None else ("Rescaling", fields)

    return rule


def _scaled(factor: float, offset: float) -> Fields:
    return {"scale": factor, "offset": offset}


def _pooling(kind: str) -> Callable[[Layer, Shapes], Operator | None]:
    """The rule of a mean or a maximum over all positions."""

    def rule(layer: Layer, shapes: Shapes) -> Operator | None:
        spatial = len(shapes[0]) - 1
        axes = _integers(_setting(layer, "axis"))
        found = sorted(axis + spatial + 2 if axis < 0 else axis for axis in axes)
        if found != list(range(1, spatial + 1)) or not spatial:
            return None
        return f"Global{kind}Pooling{spatial}D", {"keepdims": _setting(layer, "keepdims") is True}

    return rule


def _integers(value: object) -> tuple[int, ...]:
    """One integer or several; none where it is anything else."""
    items = value if isinstance(value, tuple) else (value,)
    found = tuple(item for item in items if isinstance(item, int) and not isinstance(item, bool))
    return found if len(found) == len(items) else ()


def _reshape(layer: Layer, shapes: Shapes) -> Operator | None:
    target = _setting(layer, "newshape", "shape")
    if not isinstance(target, tuple) or target[:1] not in ((-1,), (None,)):
        return None
    sizes = _integers(target[1:])
    if not sizes or prod(sizes) != prod(shapes[0]):  # otherwise samples would be mixed
        return None
    return "Reshape", {"target_shape": sizes}


def _transpose(layer: Layer, shapes: Shapes) -> Operator | None:
    axes = _integers(_setting(layer, "axes", "perm"))
    return ("Permute", {"dims": axes[1:]}) if axes[:1] == (0,) else None


def _concatenate(layer: Layer, shapes: Shapes) -> Operator:
    axis = _setting(layer, "axis")
    rank = len(shapes[0])
    if isinstance(axis, int) and axis < 0:
        axis += rank + 1
    return "Concatenate", {"axis": -1 if axis in (None, rank) else axis}


def _leaky(layer: Layer, shapes: Shapes) -> Operator:
    return "LeakyReLU", {"negative_slope": _setting(layer, "negative_slope") or 0.0}


def _slice(layer: Layer, shapes: Shapes) -> Operator | None:
    """Channels cut out, or rows and columns cut off."""
    spec = next(
        (value for value in (*layer.arguments[1:], *dict(layer.keywords).values()) if isinstance(value, tuple)), ()
    )
    slices = [item for item in spec if isinstance(item, Slice)]
    if len(slices) != len(spec) or any(item.step not in (None, 1) for item in slices):
        return None
    shape = shapes[0]
    ranges = _ranges(slices, shape)
    if ranges is None:
        return None
    spatial, (start, stop) = list(zip(ranges[:-1], shape[:-1], strict=True)), ranges[-1]
    if all(cut == (0, size) for cut, size in spatial):
        return "ChannelSlice", {"start": start, "stop": stop}
    if (start, stop) != (0, shape[-1]):
        return None
    sides: object = tuple((first, size - last) for (first, last), size in spatial)
    return f"Cropping{len(spatial)}D", {"cropping": sides if len(spatial) > 1 else sides[0]}  # type: ignore[index]


def _ranges(slices: list[Slice], shape: Shape) -> list[tuple[int, int]] | None:
    """For every axis but the batch the first place and the one behind the last; None where that cannot be said."""
    dots = [place for place, item in enumerate(slices) if item.ellipsis]
    if len(dots) > 1:
        return None
    if dots:
        filled = [Slice()] * (len(shape) + 2 - len(slices))
        slices = [*slices[: dots[0]], *filled, *slices[dots[0] + 1 :]]
    slices = [*slices, *([Slice()] * (len(shape) + 1 - len(slices)))]
    if len(slices) != len(shape) + 1 or slices[0] != Slice():
        return None
    ranges = []
    for item, size in zip(slices[1:], shape, strict=True):
        if any(bound is not None and not isinstance(bound, int) for bound in (item.start, item.stop)):
            return None
        first, last, _ = slice(item.start, item.stop).indices(size)
        if first >= last:
            return None
        ranges.append((first, last))
    return ranges


def _activation(name: str, layer: Layer) -> Operator | None:
    if name not in ACTIVATIONS:
        return None
    if name == "Softmax" and _setting(layer, "axis") not in (None, -1):
        raise refused(layer, "works along another axis than the last one. Use a Softmax layer over the channels")
    if name == "Elu" and _setting(layer, "alpha") not in (None, 1, 1.0):
        raise refused(layer, "has an alpha other than 1. Use an ELU layer in its place")
    if name == "Gelu" and _setting(layer, "approximate") is not False:
        raise refused(layer, "is the approximate kind. Use Activation('gelu') or approximate=False in its place")
    return "Activation", {"activation": ACTIVATIONS[name]}


def _over(number: float, first: bool) -> Fields | None:
    return None if first or not number else _scaled(1.0 / number, 0.0)


RULES: dict[str, Callable[[Layer, Shapes], Operator | None]] = {
    "Add": _merging("Add", lambda number, first: _scaled(1.0, number)),
    "Subtract": _merging("Subtract", lambda number, first: _scaled(-1.0, number) if first else _scaled(1.0, -number)),
    "Multiply": _merging("Multiply", lambda number, first: _scaled(number, 0.0)),
    "Divide": _merging("Divide", _over),
    "TrueDivide": _merging("Divide", _over),
    "Maximum": _merging("Maximum", lambda number, first: None),
    "Minimum": _merging("Minimum", lambda number, first: None),
    "Negative": lambda layer, shapes: ("Rescaling", _scaled(-1.0, 0.0)),
    "Concatenate": _concatenate,
    "Mean": _pooling("Average"),
    "Max": _pooling("Max"),
    "Reshape": _reshape,
    "Transpose": _transpose,
    "GetItem": _slice,
    "LeakyRelu": _leaky,
}
