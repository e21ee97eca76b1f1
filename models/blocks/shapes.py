"""Shapes, and the arithmetic of windows that slide over them.

A shape is a tuple of sizes without the batch axis, channels last: `(height, width, channels)` for an image tensor,
`(values,)` for a vector. The output-size formulas follow Dumoulin & Visin 2016, "A guide to convolution arithmetic".
"""

from __future__ import annotations

from math import prod
from typing import Literal

Shape = tuple[int, ...]
Padding = Literal["valid", "same"]

AXIS_NAMES = {1: ("steps",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def shape_text(shape: Shape) -> str:
    """`(28, 28, 6)` as people write it: `28×28×6`."""
    return "×".join(str(size) for size in shape)


def axes_text(sizes: Shape) -> str:
    """Sizes along the axes, one number where all are alike: `2`, `2×1`."""
    return str(sizes[0]) if len(set(sizes)) == 1 else shape_text(sizes)


def describe(shape: Shape) -> str:
    """A shape in words, for messages: `an image tensor 28×28×6`, `a vector of 84 values`."""
    if len(shape) == 1:
        return f"a vector of {shape[0]:,} values"
    names = {2: "a sequence", 3: "an image tensor", 4: "a volume"}
    return f"{names.get(len(shape), 'a tensor')} {shape_text(shape)}"


def describe_extent(sizes: Shape) -> str:
    """The spatial sizes in words, for messages: `an image of 28×28`."""
    if len(sizes) == 1:
        return f"a sequence of {sizes[0]:,} steps"
    return f"{'an image' if len(sizes) == 2 else 'a volume'} of {shape_text(sizes)}"


def size_of(shape: Shape) -> int:
    """Number of values in a tensor of this shape."""
    return prod(shape)


def effective_kernel(kernel: int, dilation: int) -> int:
    """Span of a dilated kernel: `dilation · (kernel − 1) + 1` positions."""
    return dilation * (kernel - 1) + 1


def window_output(size: int, kernel: int, stride: int, padding: Padding, dilation: int = 1) -> int:
    """Output positions of a window along one axis; zero or less when the window does not fit."""
    if padding == "same":
        return -(-size // stride)
    return (size - effective_kernel(kernel, dilation)) // stride + 1


def same_padding(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Zeros that "same" adds before and after one axis (TensorFlow's rule: the odd one goes behind)."""
    span = effective_kernel(kernel, dilation)
    total = max((window_output(size, kernel, stride, "same") - 1) * stride + span - size, 0)
    return total // 2, total - total // 2


def window_formula(size: int, kernel: int, stride: int, padding: Padding, dilation: int = 1) -> str:
    """The output-size formula along one axis with its numbers filled in."""
    result = window_output(size, kernel, stride, padding, dilation)
    if padding == "same":
        before, after = same_padding(size, kernel, stride, dilation)
        return f"⌈{size} / {stride}⌉ = {result}   (padding {before} before, {after} after)"
    span = str(kernel) if dilation == 1 else f"({dilation}·({kernel} − 1) + 1)"
    return f"⌊({size} + 2·0 − {span}) / {stride}⌋ + 1 = {result}"


def per_axis(lines: list[str], sizes: Shape) -> tuple[str, ...]:
    """One line where every axis has the same arithmetic, otherwise one named line per axis."""
    if len(set(lines)) == 1:
        return (lines[0],)
    names = AXIS_NAMES.get(len(sizes), tuple(f"axis {i}" for i in range(len(sizes))))
    return tuple(f"{name}: {line}" for name, line in zip(names, lines, strict=True))
