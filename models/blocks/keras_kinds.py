"""The classes of `keras.layers` that a `KerasLayer` can be: arguments, and the rules that follow from them.

None of them runs code of the user's, opens a file or keeps a vocabulary. Left out for that, or since they take or give
several tensors: cells and `RNN`, lookups and hashing of texts, `Dot`, `SpectralNormalization`, spectrograms,
`ReversibleEmbedding`, `Equalization` (which Keras cannot place in a model), and what mixes samples of a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from models.blocks import keras_arguments as check
from models.blocks.base import Block, Weight
from models.blocks.keras_arguments import Check
from models.blocks.opaque import RecurrentBlock
from models.blocks.shapes import Shape, window_output

Arguments = dict[str, Any]
Weights = tuple[Weight, ...]


def _same(shape: Shape, given: Arguments) -> Shape:
    return shape


def _no_weights(shape: Shape, given: Arguments) -> Weights:
    return ()


@dataclass(frozen=True)
class Kind:
    """What is known of a class.

    Attributes:
        arguments: a check for each; `required` are those without a default in Keras.
        output: the output's shape; raises ValueError, which says what was expected of the input.
        weights: in Keras's order.
        ranks: of the inputs that it takes, any when empty.
        pointwise: whether an output position sees only itself outside of training.
        copies: how often it takes its one input; `as_list` in one list.
        folders: where a `.keras` file keeps its weights, in Keras's order.
        completed: the arguments with those worked out that follow from the input.
    """

    arguments: Mapping[str, Check]
    required: tuple[str, ...] = ()
    output: Callable[[Shape, Arguments], Shape] = _same
    weights: Callable[[Shape, Arguments], Weights] = _no_weights
    multiply_adds: Callable[[Shape, Arguments], int] = lambda shape, given: 0
    ranks: tuple[int, ...] = ()
    pointwise: bool = False
    copies: int = 1
    as_list: bool = False
    folders: Callable[[Arguments], tuple[str, ...]] = field(default=lambda given: ("",))
    completed: Callable[[Shape, Arguments], Arguments] = lambda shape, given: given


# --- attention of a sequence to itself --------------------------------------------------------------------------------
HEADS = {
    "dropout": check.share, "use_bias": check.flag, "kernel_initializer": check.initializer,
    "kernel_regularizer": check.regularizer,
}  # fmt: skip


def _projection(name: str, shape: Shape, kernel: Shape, given: Arguments) -> Weights:
    """A dense layer between parts of attention; its bias has the shape of its output."""
    bias = (Weight(f"{name}_bias", shape),) if given.get("use_bias", True) else ()
    return (Weight(f"{name}_kernel", kernel), *bias)


def _heads_output(shape: Shape, given: Arguments) -> Shape:
    axes = given.get("attention_axes")
    if axes is not None and any(axis >= len(shape) for axis in axes):
        raise ValueError(f"an input with the axes {', '.join(map(str, axes))} in front of its channels")
    return (*shape[:-1], *(given.get("output_shape") or shape[-1:]))


def _heads_weights(shape: Shape, given: Arguments) -> Weights:
    """Vaswani et al. 2017: three projections into the heads and one out of them."""
    inner = (given["num_heads"], given["key_dim"])
    values = (given["num_heads"], given.get("value_dim") or given["key_dim"])
    out = given.get("output_shape") or shape[-1:]
    return (
        *_projection("query", inner, (shape[-1], *inner), given),
        *_projection("key", inner, (shape[-1], *inner), given),
        *_projection("value", values, (shape[-1], *values), given),
        *_projection("attention_output", out, (*values, *out), given),
    )


def _grouped_output(shape: Shape, given: Arguments) -> Shape:
    if given["num_query_heads"] % given["num_key_value_heads"]:
        raise ValueError("num_query_heads that num_key_value_heads divides")
    return shape


def _grouped_weights(shape: Shape, given: Arguments) -> Weights:
    """Ainslie et al. 2023: several heads share their keys and values."""
    query = (given["num_query_heads"], given["head_dim"])
    shared = (given["num_key_value_heads"], given["head_dim"])
    return (
        *_projection("query", query, (shape[-1], *query), given),
        *_projection("key", shared, (shape[-1], *shared), given),
        *_projection("value", shared, (shape[-1], *shared), given),
        *_projection("attention_output", shape[-1:], (*query, shape[-1]), given),
    )


def _attention_weights(shape: Shape, given: Arguments) -> Weights:
    names = ("scale",) * given.get("use_scale", False)
    names += ("concat_score_weight",) * (given.get("score_mode") == "concat")
    return tuple(Weight(name, ()) for name in names)


def _additive_weights(shape: Shape, given: Arguments) -> Weights:
    return (Weight("scale", shape[-1:]),) if given.get("use_scale", True) else ()


DENSE_PARTS = ("query_dense", "key_dense", "value_dense", "output_dense")

ATTENTION = {
    "MultiHeadAttention": Kind(
        {
            "num_heads": check.size, "key_dim": check.size, "value_dim": check.optional(check.size),
            "output_shape": check.optional(check.any_sizes), "attention_axes": check.optional(check.any_sizes), **HEADS,
        },
        ("num_heads", "key_dim"), _heads_output, _heads_weights,
        ranks=(2, 3, 4), copies=2, folders=lambda given: DENSE_PARTS,
    ),
    "GroupQueryAttention": Kind(
        {"head_dim": check.size, "num_query_heads": check.size, "num_key_value_heads": check.size, **HEADS},
        ("head_dim", "num_query_heads", "num_key_value_heads"), _grouped_output, _grouped_weights,
        ranks=(2,), copies=2, folders=lambda given: DENSE_PARTS,
    ),
    "Attention": Kind(
        {"use_scale": check.flag, "score_mode": check.one_of("dot", "concat"), "dropout": check.share},
        weights=_attention_weights, ranks=(2,), copies=2, as_list=True,
    ),
    "AdditiveAttention": Kind(
        {"use_scale": check.flag, "dropout": check.share},
        weights=_additive_weights, ranks=(2,), copies=2, as_list=True,
    ),
}  # fmt: skip


# --- sums over any axes -----------------------------------------------------------------------------------------------
def _letters(given: Arguments) -> tuple[str, str, str]:
    left, _, output = given["equation"].partition("->")
    entering, _, kernel = left.partition(",")
    return entering, kernel, output


def _summed_sizes(shape: Shape, given: Arguments) -> dict[str, int]:
    """The size that every letter of the equation stands for, but for the batch's."""
    entering, _, output = _letters(given)
    told = given["output_shape"]
    if len(entering) != len(shape) + 1 or len(output) != len(told) + 1:
        raise ValueError(f"as many axes as the equation {given['equation']} has")
    known = dict(zip(entering[1:], shape, strict=True))
    for letter, length in zip(output[1:], told, strict=True):
        if length is not None and known.setdefault(letter, length) != length:
            raise ValueError(f"{length} for the axis {letter} of {given['equation']}")
    return known


def _summed_output(shape: Shape, given: Arguments) -> Shape:
    known = _summed_sizes(shape, given)
    _, kernel, output = _letters(given)
    if not set(kernel + output[1:]) <= known.keys() or not set(given.get("bias_axes") or "") <= set(output[1:]):
        raise ValueError("an output_shape that says every axis which does not come from the input")
    return tuple(known[letter] for letter in output[1:])


def _summed_weights(shape: Shape, given: Arguments) -> Weights:
    known = _summed_sizes(shape, given)
    _, kernel, output = _letters(given)
    weight = Weight("kernel", tuple(known[letter] for letter in kernel))
    axes = given.get("bias_axes")
    if not axes:
        return (weight,)
    behind = output[min(map(output.index, axes)) :]
    return weight, Weight("bias", tuple(known[letter] if letter in axes else 1 for letter in behind))


def _with_whole_shape(shape: Shape, given: Arguments) -> Arguments:
    """Where Keras was told no size it leaves one open, and nothing behind it would know its own."""
    try:
        return {**given, "output_shape": _summed_output(shape, given)}
    except (ValueError, KeyError, TypeError, AttributeError):
        return given  # a layer of these arguments is refused


def _open_sizes(value: Any) -> tuple[int | None, ...]:
    return tuple(None if item is None else check.size(item) for item in (value if type(value) is list else [value]))


SUMS = {
    "EinsumDense": Kind(
        {
            "equation": check.equation, "output_shape": _open_sizes, "activation": check.activation,
            "bias_axes": check.optional(check.letters), "kernel_initializer": check.initializer,
            "kernel_regularizer": check.regularizer,
        },
        ("equation", "output_shape"), _summed_output, _summed_weights, completed=_with_whole_shape,
    ),
}  # fmt: skip


# --- images over time -------------------------------------------------------------------------------------------------
def _frames_output(shape: Shape, given: Arguments) -> Shape:
    steps, *spatial, _ = shape
    axes = len(spatial)
    kernel, ones = given["kernel_size"], (1,) * axes
    strides, dilation = given.get("strides", ones), given.get("dilation_rate", ones)
    if set(strides) != {1} and set(dilation) != {1}:
        raise ValueError("strides or a dilation_rate of 1")
    padding = given.get("padding", "valid")
    sizes = tuple(
        window_output(length, size, stride, padding, gap)
        for length, size, stride, gap in zip(spatial, kernel, strides, dilation, strict=True)
    )
    if min(sizes) < 1:
        raise ValueError("images that are as large as the kernel")
    return (*((steps,) if given.get("return_sequences") else ()), *sizes, given["filters"])


def _frames_weights(shape: Shape, given: Arguments) -> Weights:
    """Shi et al. 2015: an LSTM's four gates, each a convolution."""
    kernel, width = given["kernel_size"], 4 * given["filters"]
    bias = (Weight("bias", (width,)),) if given.get("use_bias", True) else ()
    recurrent = Weight("recurrent_kernel", (*kernel, given["filters"], width))
    return (Weight("kernel", (*kernel, shape[-1], width)), recurrent, *bias)


def _convolutional_lstm(axes: int) -> Kind:
    arguments = {
        "filters": check.size, "kernel_size": check.sizes(axes), "strides": check.sizes(axes),
        "padding": check.one_of("valid", "same"), "dilation_rate": check.sizes(axes),
        "activation": check.activation, "recurrent_activation": check.activation, "use_bias": check.flag,
        "kernel_initializer": check.initializer, "recurrent_initializer": check.initializer,
        "unit_forget_bias": check.flag, "kernel_regularizer": check.regularizer, "dropout": check.share,
        "recurrent_dropout": check.share, "return_sequences": check.flag, "go_backwards": check.flag,
    }  # fmt: skip
    required = ("filters", "kernel_size")
    return Kind(
        arguments, required, _frames_output, _frames_weights, ranks=(axes + 2,), folders=lambda given: ("cell",)
    )


# --- layers around layers ---------------------------------------------------------------------------------------------
def _inner(given: Arguments) -> Block:
    return cast(Block, given["layer"])


def _both_ways_output(shape: Shape, given: Arguments) -> Shape:
    inner = cast(RecurrentBlock, given["layer"])
    if inner.go_backwards:
        raise ValueError("a layer that goes forwards, whose mirror image goes backwards")
    *steps, units = inner.output_shape((shape,))
    return (*steps, units * 2 if given.get("merge_mode", "concat") == "concat" else units)


def _both_ways_weights(shape: Shape, given: Arguments) -> Weights:
    inner = _inner(given).weight_shapes((shape,))
    return tuple(Weight(f"{way}_{weight.name}", weight.shape) for way in ("forward", "backward") for weight in inner)


def _at_each_step(shape: Shape, given: Arguments) -> Shape:
    return (shape[0], *_inner(given).output_shape((shape[1:],)))


WRAPPERS = {
    "Bidirectional": Kind(
        {
            "layer": check.inner_layer("LSTM", "GRU", "SimpleRNN"),
            "merge_mode": check.one_of("concat", "sum", "mul", "ave"),
        },
        ("layer",), _both_ways_output, _both_ways_weights,
        ranks=(2,), folders=lambda given: ("forward_layer/cell", "backward_layer/cell"),
    ),
    "TimeDistributed": Kind(
        {"layer": check.inner_layer()},
        ("layer",), _at_each_step, lambda shape, given: _inner(given).weight_shapes((shape[1:],)),
        lambda shape, given: shape[0] * _inner(given).multiply_adds((shape[1:],)),
        ranks=(2, 3, 4), folders=lambda given: ("layer",),
    ),
}  # fmt: skip


# --- images and values ------------------------------------------------------------------------------------------------
def _encoded(shape: Shape, given: Arguments) -> Shape:
    return (given["num_tokens"],)


def _pooled(shape: Shape, given: Arguments) -> Shape:
    wanted: Shape = given["output_size"]
    if any(length < target for length, target in zip(shape, wanted, strict=False)):
        raise ValueError(f"an input that is at least as large as the output_size {wanted}")
    return (*wanted, shape[-1])


def _cropped(shape: Shape, given: Arguments) -> Shape:
    return (given["height"], given["width"], shape[-1])


FACTOR, VALUES = {"factor": check.numbers}, {"value_range": check.numbers}
BETWEEN = {"interpolation": check.one_of("nearest", "bilinear"), "fill_value": check.number}
OUTSIDE = {"fill_mode": check.one_of("constant", "nearest", "reflect", "wrap")}


def _augmenting(arguments: Mapping[str, Check], *required: str, pointwise: bool = True) -> Kind:
    return Kind(arguments, required, ranks=(3,), pointwise=pointwise)


IMAGES = {
    **{
        name: _augmenting({**FACTOR, **VALUES}, "factor")
        for name in (
            "RandomContrast", "RandomBrightness", "RandomHue", "RandomSaturation", "RandomColorDegeneration",
            "RandomPosterization", "RandomSharpness",
        )
    },
    "RandomInvert": _augmenting({**FACTOR, **VALUES}),
    "RandomGrayscale": _augmenting(FACTOR),
    "RandomColorJitter": _augmenting(
        {f"{name}_factor": check.optional(check.numbers) for name in ("brightness", "contrast", "saturation", "hue")}
        | VALUES
    ),
    "RandomShear": _augmenting({"x_factor": check.spread, "y_factor": check.spread, **BETWEEN, **OUTSIDE}),
    "RandomPerspective": _augmenting({**FACTOR, "scale": check.numbers, **BETWEEN}),
    "RandomElasticTransform": _augmenting({**FACTOR, "scale": check.numbers, **BETWEEN, **OUTSIDE, **VALUES}),
    "RandomErasing": _augmenting(
        {**FACTOR, "scale": check.numbers, "fill_value": check.optional(check.numbers), **VALUES}
    ),
    "RandomGaussianBlur": _augmenting(
        {**FACTOR, "kernel_size": check.sizes(2), "sigma": check.numbers, **VALUES}
    ),
    "RandomCrop": Kind({"height": check.size, "width": check.size}, ("height", "width"), _cropped, ranks=(3,)),
    "Solarization": _augmenting({"addition_factor": check.numbers, "threshold_factor": check.numbers, **VALUES}),
    "AutoContrast": _augmenting(VALUES, pointwise=False),
}  # fmt: skip

VALUE_LAYERS = {
    "Masking": Kind({"mask_value": check.number}, pointwise=True),
    "ActivityRegularization": Kind({"l1": check.number, "l2": check.number}, pointwise=True),
    "RMSNormalization": Kind(
        {"epsilon": check.number}, weights=lambda shape, given: (Weight("scale", shape[-1:]),), pointwise=True
    ),
    "Discretization": Kind(
        {"bin_boundaries": check.boundaries, "epsilon": check.number, "output_mode": check.one_of("int")},
        ("bin_boundaries",), pointwise=True,
    ),
    "CategoryEncoding": Kind(
        {"num_tokens": check.size, "output_mode": check.one_of("multi_hot", "count")},
        ("num_tokens",), _encoded, ranks=(1,),
    ),
}  # fmt: skip

KINDS: Mapping[str, Kind] = {
    **ATTENTION,
    **SUMS,
    **{f"ConvLSTM{axes}D": _convolutional_lstm(axes) for axes in (1, 2)},
    **WRAPPERS,
    **IMAGES,
    **VALUE_LAYERS,
    **{
        f"Adaptive{how}Pooling{axes}D": Kind(
            {"output_size": check.sizes(axes)}, ("output_size",), _pooled, ranks=(axes + 1,)
        )
        for how in ("Average", "Max")
        for axes in (1, 2, 3)
    },
}
"""Every class by its name in `keras.layers`."""
