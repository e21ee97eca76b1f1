"""The catalogue of blocks: one file per family, one class per block.

Every module of this package is imported here, so a new block is known everywhere as soon as its file exists.
"""

from importlib import import_module
from pkgutil import iter_modules

from models.blocks.base import REGISTRY, AnyBlock, Block, Family, Shapes, Weight, Window, block_from_dict, block_to_dict
from models.blocks.problems import (
    AddInput,
    BlockProblem,
    ConnectInput,
    InsertAfter,
    InsertBefore,
    RemoveBlock,
    Repair,
    SetFields,
)
from models.blocks.shapes import Shape, describe, shape_text

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")


PALETTE_STARTS = (
    "Conv2D", "SeparableConv2D", "DepthwiseConv2D", "Conv2DTranspose", "Dense", "Flatten", "Reshape",
    "VGGBlock", "ResidualBlock", "BottleneckBlock", "InceptionModule", "InvertedResidual",
)  # fmt: skip
"""Blocks that come first in their category, in this order; the others follow as they are defined."""

IMAGE_RANK = 3
LATER_RANKS = {2: 1, 4: 2}
"""Blocks for sequences, then those for volumes, come behind all the others of their category."""


def blocks_by_family() -> dict[Family, tuple[type[Block], ...]]:
    """Every block class under its palette category, in the palette's order."""

    def place(kind: type[Block]) -> tuple[int, int]:
        name = kind.__name__
        rank = kind.input_ranks[0] if kind.input_ranks else IMAGE_RANK
        start = PALETTE_STARTS.index(name) if name in PALETTE_STARTS else len(PALETTE_STARTS)
        return LATER_RANKS.get(rank, 0), start

    kinds = sorted(REGISTRY.values(), key=place)
    return {family: tuple(kind for kind in kinds if kind.family is family and kind.in_palette) for family in Family}


__all__ = [
    "REGISTRY",
    "AddInput",
    "AnyBlock",
    "Block",
    "BlockProblem",
    "ConnectInput",
    "Family",
    "InsertAfter",
    "InsertBefore",
    "RemoveBlock",
    "Repair",
    "SetFields",
    "Shape",
    "Shapes",
    "Weight",
    "Window",
    "block_from_dict",
    "block_to_dict",
    "blocks_by_family",
    "describe",
    "shape_text",
]  # fmt: skip
