"""The vocabulary of the notation.

A block is called by its Keras name, which then has Keras's defaults, or by a short word of the field with the defaults
below. Everything else is read from the blocks' own fields; nothing here knows a block.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from models.blocks import REGISTRY, Block, BlockProblem, Shape
from models.blocks.composite import CompositeBlock
from models.blocks.fields import ActivationName

COMPOSITE_ENDINGS = ("Block", "Module", "Layer", "Unit", "Stage")
"""What a composite's name may leave out: `residual` for ResidualBlock."""


@dataclass(frozen=True)
class Word:
    """A short word for a block.

    Attributes:
        type: the block's type; `{n}` stands for the number of spatial axes of what arrives.
        defaults: fields that have other defaults under this word than in Keras.
        flattens: whether Flatten is put before it where an image arrives.
    """

    type: str
    defaults: tuple[tuple[str, object], ...] = ()
    flattens: bool = False


SAME = (("padding", "same"),)

WORDS: dict[str, Word] = {
    "input": Word("Input"),
    "conv": Word("Conv{n}D", SAME),
    "deconv": Word("Conv{n}DTranspose", SAME),
    "dwconv": Word("DepthwiseConv{n}D", SAME),
    "sepconv": Word("SeparableConv{n}D", SAME),
    "pool": Word("MaxPooling{n}D"),
    "avgpool": Word("AveragePooling{n}D"),
    "gap": Word("GlobalAveragePooling{n}D"),
    "gmp": Word("GlobalMaxPooling{n}D"),
    "up": Word("UpSampling{n}D"),
    "pad": Word("ZeroPadding{n}D"),
    "crop": Word("Cropping{n}D"),
    "fc": Word("Dense", flattens=True),
    "flatten": Word("Flatten"),
    "relu": Word("ReLU"),
    "softmax": Word("Softmax"),
    "bn": Word("BatchNormalization"),
    "ln": Word("LayerNormalization"),
    "lrn": Word("LocalResponseNormalization"),
    "drop": Word("Dropout"),
    "se": Word("SqueezeExcitation"),
}
"""The first word of a block's type is also the one that a stack is written with."""

SYNONYMS = {
    "in": "input", "convolution": "conv", "convtranspose": "deconv", "upconv": "deconv", "depthwise": "dwconv",
    "separable": "sepconv", "maxpool": "pool", "maxpooling": "pool", "m": "pool", "averagepool": "avgpool",
    "averagepooling": "avgpool", "globalaveragepooling": "gap", "globalavgpool": "gap", "globalmaxpooling": "gmp",
    "globalmaxpool": "gmp", "upsample": "up", "upsampling": "up", "zeropad": "pad", "cropping": "crop",
    "flat": "flatten",
    "batchnorm": "bn", "layernorm": "ln", "fullyconnected": "fc",
}  # fmt: skip


# --- the vocabulary ---------------------------------------------------------------------------------------------------
def find_word(name: str, axes: int) -> Word | None:
    """What a name stands for where something with this many spatial axes arrives; None for an unknown one."""
    key = name.lower().replace("_", "")
    short = WORDS.get(SYNONYMS.get(key, key))
    if short is not None:
        return Word(short.type.format(n=axes), short.defaults, short.flattens)
    if key in types():
        return Word(types()[key])
    if key in get_args(ActivationName):
        return Word("Activation", (("activation", key),))
    return None


@lru_cache(maxsize=1)
def types() -> dict[str, str]:
    """Every block's type by its name in small letters, composites also without their last word."""
    short = {
        name.removesuffix(ending).lower(): name
        for name, kind in REGISTRY.items()
        for ending in COMPOSITE_ENDINGS
        if issubclass(kind, CompositeBlock) and name.endswith(ending)
    }
    return {**short, **{name.lower(): name for name in REGISTRY}}


def spatial_axes(shape: Shape | None) -> int:
    """How many axes `{n}` counts: height and width, unless a sequence or a volume arrives."""
    return len(shape) - 1 if shape is not None and len(shape) in (2, 4) else 2


@lru_cache(maxsize=4096)
def options(kind: type[Block], name: str) -> tuple[object, ...]:
    """The words that a field allows; empty where it takes other values."""
    return _options(kind.model_fields[name].annotation)


def _options(annotation: Any) -> tuple[object, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(option for part in get_args(annotation) if part is not NoneType for option in _options(part))


def field_of_word(kind: type[Block], word: str) -> str | None:
    """The field that a bare word sets: the first one that allows it, or a switch of this name."""
    for name in kind.field_names():
        if word in options(kind, name):
            return name
    return word if word in kind.model_fields and kind.model_fields[word].annotation is bool else None


def is_size(kind: type[Block], name: str) -> bool:
    """Whether a size such as `5x5` may stand for this field."""
    return name != "strides" and isinstance(kind.model_fields[name].default, tuple)


def stands_in_chains(kind: type[Block]) -> bool:
    """Whether a block can stand in a chain: it takes one input, and its output goes on."""
    return kind.min_inputs == 1 and not kind.auxiliary


def can_be_written(kind: type[Block]) -> bool:
    """Whether a block can be made from a few settings: one that must be given its inside cannot."""
    return not any(info.is_required() for info in kind.model_fields.values())


def answering_function(units: object) -> str:
    """What an FC at the very end applies unless it says otherwise: probabilities of the classes, or of one."""
    return "sigmoid" if units == 1 else "softmax"


def shape_behind(block: Block, shape: Shape | None) -> Shape | None:
    """The shape behind a block of a chain; None where a problem stands before it or in it."""
    if shape is None and block.max_inputs > 0:
        return None
    try:
        return block.output_shapes((shape,) if shape is not None and block.max_inputs > 0 else ())[0]
    except BlockProblem:
        return None


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean conv?` for a word that is nearly a known one, else nothing."""
    close = get_close_matches(word.lower(), sorted(set(known)), n=1)
    return f"; did you mean {close[0]}?" if close else ""
