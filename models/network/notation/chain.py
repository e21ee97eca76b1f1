"""Items of a notation to a network: a chain that grows, with the defaults that depend on the place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, get_args

from pydantic import ValidationError

from models.blocks import REGISTRY, Block, Family, Shape, shape_text
from models.blocks.fields import ActivationName, first_mistake
from models.network.graph import Network, Node, Source
from models.network.notation.scanner import Item, NotationError, Setting
from models.network.notation.settings import assigned
from models.network.notation.words import (
    SYNONYMS,
    WORDS,
    answering_function,
    can_be_written,
    find_word,
    shape_behind,
    spatial_axes,
    stands_in_chains,
    suggestion,
    types,
)

SIZED = re.compile(r"([A-Za-z]+)(\d{1,6})")
FIRST_FILTERS = 32
MOST_FILTERS = 512
"""A CONV without a number of filters has 32; behind each pooling twice as many, up to 512."""

USUAL_CLASSES = 10
"""Units of a last FC that says none, where no number of classes was asked for."""


def build(items: Sequence[Item], input_shape: Shape | None, classes: int | None) -> Network:
    """The stack of the items, Input in front. Raises NotationError."""
    answers = [index for index, item in enumerate(items) if _has(item, "units")]
    stack = _Stack(input_shape, classes)
    if not _enters(items[0]):
        stack.add(Item("input", (), items[0].column))
    for index, item in enumerate(items):
        stack.add(item, answers=index in answers[-1:], last=index == len(items) - 1)
    if classes is not None and not answers:
        stack.add(Item("gap", (), items[-1].column))
        stack.add(Item("fc", (), items[-1].column), answers=True, last=True)
    return Network(nodes=tuple(stack.nodes))


def _has(item: Item, name: str) -> bool:
    word = find_word(item.word, 2)
    return word is not None and word.type in REGISTRY and name in REGISTRY[word.type].model_fields


def _enters(item: Item) -> bool:
    word = find_word(item.word, 2)
    return word is not None and word.type in REGISTRY and REGISTRY[word.type].max_inputs == 0


class _Stack:
    """A chain that grows, with what the defaults of later items depend on."""

    def __init__(self, input_shape: Shape | None, classes: int | None) -> None:
        self.input_shape = input_shape
        self.classes = classes
        self.nodes: list[Node] = []
        self.shape: Shape | None = None
        self.filters = FIRST_FILTERS
        self._counts: dict[str, int] = {}

    def add(self, item: Item, answers: bool = False, last: bool = False) -> None:
        """One more item, and Flatten before it where its word asks for that.

        `answers` marks the last FC, `last` the last item of all.
        """
        item = _as_sized(_as_filters(item), spatial_axes(self.shape))
        word = find_word(item.word, spatial_axes(self.shape))
        if word is None or word.type not in REGISTRY:
            self._unknown(item)
        kind = REGISTRY[word.type]
        self._check_place(kind, item)
        if word.flattens and self.shape is not None and len(self.shape) > 1:
            self._append(REGISTRY["Flatten"]())
        values = assigned(kind, item)
        defaults = dict(word.defaults)
        if kind.max_inputs == 0:
            defaults |= self._input_defaults(values, item)
        if "filters" in kind.model_fields and item.word.lower() != word.type.lower():
            defaults["filters"] = self.filters
        if answers:
            defaults |= self._answer_defaults(values, item)
        if last and word.flattens:
            defaults["activation"] = answering_function({**defaults, **values}.get("units"))
        try:
            block = kind.model_validate({**defaults, **values})
        except ValidationError as error:  # a rule between fields
            raise NotationError(f"{kind.__name__} cannot be made so: {first_mistake(error)}", item.column) from error
        self._append(block)

    def _append(self, block: Block) -> None:
        stem = Network().new_id(block)
        count = self._counts[stem] = self._counts.get(stem, 0) + 1
        inputs = (Source(self.nodes[-1].id),) if self.nodes else ()
        self.nodes.append(Node(id=stem if count == 1 else f"{stem}_{count}", block=block, inputs=inputs))
        self.shape = shape_behind(block, self.shape)
        if block.family is Family.POOLING:
            self.filters = min(2 * self.filters, MOST_FILTERS)

    def _input_defaults(self, values: Mapping[str, Any], item: Item) -> dict[str, object]:
        if self.input_shape is None:
            return {}
        given = values.get("shape", self.input_shape)
        if tuple(given) != tuple(self.input_shape):
            asked = shape_text(self.input_shape)
            raise NotationError(f"INPUT says {shape_text(given)}, and {asked} was asked for", item.column)
        return {"shape": self.input_shape}

    def _answer_defaults(self, values: Mapping[str, Any], item: Item) -> dict[str, object]:
        if self.classes is None:
            return {"units": USUAL_CLASSES}
        units = values.get("units", self.classes)
        if units != self.classes:
            raise NotationError(
                f"the last FC has {units} units, and {self.classes} classes were asked for", item.column
            )
        return {"units": units}

    def _check_place(self, kind: type[Block], item: Item) -> None:
        if kind.max_inputs == 0 and self.nodes:
            raise NotationError(f"{kind.__name__} can only stand at the beginning", item.column)
        if not stands_in_chains(kind) and kind.max_inputs > 0:
            raise NotationError(
                f"{kind.__name__} belongs to a network with branches, and a notation is a single chain; "
                "use a composite block, such as residual, or draw the branches on the canvas",
                item.column,
            )
        if not can_be_written(kind):
            raise NotationError(f"{kind.__name__} cannot be written in a notation", item.column)

    def _unknown(self, item: Item) -> NoReturn:
        known = [*WORDS, *SYNONYMS, *types(), *get_args(ActivationName)]
        raise NotationError(f'there is no block "{item.word}"{suggestion(item.word, known)}', item.column)


def _as_sized(item: Item, axes: int) -> Item:
    """`conv3` as papers have it: a word with the size of its window."""
    match = SIZED.fullmatch(item.word)
    if match is None or find_word(item.word, axes) is not None or find_word(match[1], axes) is None:
        return item
    size = Setting("size", (int(match[2]),) * axes, item.column)
    return Item(match[1], (size, *item.settings), item.column)


def _as_filters(item: Item) -> Item:
    """A number in place of a word: a 3×3 convolution with that many filters and ReLU."""
    if item.word:
        return item
    functions = get_args(ActivationName)
    told = any(s.key == "activation" or (s.kind == "word" and str(s.value).lower() in functions) for s in item.settings)
    relu = () if told else (Setting("word", "relu", item.column),)
    return Item("conv", (*item.settings, *relu), item.column)
