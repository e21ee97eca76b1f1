"""A new block that fits where it is put: its settings are chosen so that a branch meets the one beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

from pydantic import ValidationError

from models.blocks import Block, BlockProblem, Shape

GEOMETRY = ("kernel_size", "pool_size", "strides", "padding", "dilation_rate")
"""Fields that decide the height and width, under the names that they have in every block."""
WINDOWS = ("kernel_size", "pool_size")
CHANNELS = ("filters", "units")
"""Fields that decide the channels."""

Changes = dict[str, object]


def fitted(
    block: Block, entering: Shape | None, beside: Block, target: Shape | None, joins: Callable[[Shape], bool]
) -> Block:
    """The block with as few settings changed as needed for its output to be joined; unchanged where none would do.

    Args:
        entering: what both blocks get.
        beside: the block that stands there, whose settings are tried.
        target: what leaves that block.
        joins: whether the merge behind takes this shape.
    """
    if entering is None or target is None:
        return block
    return next((fit for fit in _candidates(block, entering, beside, target) if _leaves(fit, entering, joins)), block)


def _candidates(block: Block, entering: Shape, beside: Block, target: Shape) -> Iterator[Block]:
    """The block, and others like it; those that change less first, and the channels only after all else."""
    own = type(block).model_fields
    strides = _strides(entering, target)
    copied = {name: getattr(beside, name) for name in GEOMETRY if name in own and name in type(beside).model_fields}
    window = _window(entering, target)
    windows = [Changes({name: window, "strides": 1, "padding": "valid"}) for name in WINDOWS]
    geometry: tuple[Changes, ...] = (
        {},
        {"padding": "same"},
        {"strides": strides},
        {"padding": "same", "strides": strides},
        copied,
        *windows,
    )
    channels: tuple[Changes, ...] = ({}, *[Changes({name: target[-1]}) for name in CHANNELS])
    for more, changes in product(channels, geometry):
        wanted = {**changes, **more}
        if wanted.keys() <= own.keys():
            try:
                yield block.replace(**wanted)
            except ValidationError:  # a value that this block does not take, such as strides of another rank
                continue


def _leaves(block: Block, entering: Shape, joins: Callable[[Shape], bool]) -> bool:
    try:
        return joins(block.output_shape((entering,)))
    except BlockProblem:
        return False


def _window(entering: Shape, target: Shape) -> tuple[int, ...]:
    """The window that takes one size to the other where it moves by one without padding."""
    return tuple(max(1, size - wanted + 1) for size, wanted in zip(entering[:-1], target[:-1], strict=False))


def _strides(entering: Shape, target: Shape) -> object:
    """Steps that take one size to the other: one number where all axes agree; 1 where the target is no smaller."""
    steps = [max(1, -(-size // wanted)) for size, wanted in zip(entering[:-1], target[:-1], strict=False)]
    return steps[0] if len(set(steps)) == 1 else tuple(steps) or 1
