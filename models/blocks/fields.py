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


def _as_pair(value: Any) -> Any:
    return (value, value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_sides(value: Any) -> Any:
    """One number, or one per axis, or (before, after) per axis: always the last, as Keras reads it."""
    pair = _as_pair(value)
    return tuple(_as_pair(side) for side in pair) if isinstance(pair, tuple | list) else pair


Pair = Annotated[tuple[Size, Size], BeforeValidator(_as_pair)]
"""One number per spatial axis (height, width); a single number stands for both."""

OptionalPair = Annotated[tuple[Size, Size] | None, BeforeValidator(_as_pair)]

Sides = Annotated[
    tuple[tuple[NonNegativeSize, NonNegativeSize], tuple[NonNegativeSize, NonNegativeSize]],
    BeforeValidator(_as_sides),
]
"""((top, bottom), (left, right))."""

L2Factor = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]
Rate = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]
Epsilon = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Finite = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]


@dataclass(frozen=True)
class KerasCall:
    """An argument that is itself made by Keras: `keras.<path>(*arguments)`."""

    path: str
    arguments: tuple[float, ...]


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
