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


def blocks_by_family() -> dict[Family, tuple[type[Block], ...]]:
    """Every block class under its palette category, in the order of definition."""
    return {family: tuple(kind for kind in REGISTRY.values() if kind.family is family) for family in Family}


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
