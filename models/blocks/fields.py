"""Field types that several blocks share, with the vocabulary of Keras."""

from __future__ import annotations

from dataclasses import dataclass
from reprlib import repr as short
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, NonNegativeInt, PositiveInt, ValidationError

ActivationName = Literal[
    "linear", "relu", "tanh", "sigmoid", "softmax", "elu", "selu", "gelu", "silu", "leaky_relu", "relu6",
    "softplus", "softsign", "exponential", "mish", "hard_sigmoid", "hard_silu",
]  # fmt: skip
InitializerName = Literal[
    "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal",
    "orthogonal", "random_normal", "random_uniform", "truncated_normal", "zeros", "ones",
]  # fmt: skip

MAX_SIZE = 1_000_000
"""No kernel, filter count or unit count above this: a slip of the keyboard, not a network."""

MAX_VALUES = 2**31 - 1
"""No tensor of one sample has more: TensorFlow's kernels count in 32 bits."""

Size = Annotated[PositiveInt, Field(le=MAX_SIZE)]
NonNegativeSize = Annotated[NonNegativeInt, Field(le=MAX_SIZE)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def for_axes(axes: int) -> BeforeValidator:
    """One number stands for every axis, as in Keras."""
    return BeforeValidator(lambda value: (value,) * axes if _is_number(value) else value)


def _for_sides(axes: int) -> BeforeValidator:
    """One number, or one per axis, or (before, after) per axis: always the last, as Keras reads it."""

    def sides(value: Any) -> Any:
        entries = (value,) * axes if _is_number(value) else value
        if not isinstance(entries, tuple | list):
            return entries
        if axes == 1 and len(entries) == 2 and all(_is_number(entry) for entry in entries):
            return (tuple(entries),)  # with one axis Keras takes (before, after) itself
        return tuple((entry, entry) if _is_number(entry) else entry for entry in entries)

    return BeforeValidator(sides)


Single = Annotated[tuple[Size], for_axes(1)]
"""One number for the one spatial axis, the steps of a sequence."""

Pair = Annotated[tuple[Size, Size], for_axes(2)]
"""One number per spatial axis (height, width); a single number stands for both."""

Triple = Annotated[tuple[Size, Size, Size], for_axes(3)]
"""One number per spatial axis (depth, height, width); a single number stands for all."""

OptionalSingle = Annotated[tuple[Size] | None, for_axes(1)]
OptionalPair = Annotated[tuple[Size, Size] | None, for_axes(2)]
OptionalTriple = Annotated[tuple[Size, Size, Size] | None, for_axes(3)]

Axes = tuple[Size, ...]
"""What `Single`, `Pair` and `Triple` have in common, for code that works on any number of axes."""

_Side = tuple[NonNegativeSize, NonNegativeSize]

SingleSides = Annotated[tuple[_Side], _for_sides(1)]
"""((before, after),) along the steps of a sequence."""

Sides = Annotated[tuple[_Side, _Side], _for_sides(2)]
"""((top, bottom), (left, right))."""

TripleSides = Annotated[tuple[_Side, _Side, _Side], _for_sides(3)]
"""((front, back), (top, bottom), (left, right))."""

AxesSides = tuple[_Side, ...]

L2Factor = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]
Rate = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]
Epsilon = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Finite = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]


@dataclass(frozen=True)
class KerasCall:
    """An argument that is itself made by Keras: `keras.<path>(*arguments, **keywords)`."""

    path: str
    arguments: tuple[float, ...]
    keywords: tuple[tuple[str, object], ...] = ()


def l2_argument(factor: float) -> KerasCall | None:
    """The regularizer argument for an L2 factor; None for zero."""
    return KerasCall("regularizers.L2", (factor,)) if factor else None


def first_mistake(error: ValidationError) -> str:
    """The first thing that validation refused, in one line: where it is, what it should be and what it was."""
    first = error.errors(include_url=False, include_context=False)[0]
    place = " → ".join(str(part) for part in first["loc"])
    if first["type"] == "value_error":  # a rule of ours, in its own words
        said = first["msg"].removeprefix("Value error, ")
    else:
        said = f"{first['msg'][:1].lower()}{first['msg'][1:]}"
        if isinstance(first["input"], str | int | float | None):
            said += f", received {short(first['input'])}"
    return f"{place}: {said}" if place else said
