"""Writing a stack as a notation that reads back as the same blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from models.blocks import Block, Shape
from models.network.graph import Network, Node, Source
from models.network.notation.words import (
    COMPOSITE_ENDINGS,
    WORDS,
    Word,
    answering_function,
    can_be_written,
    field_of_word,
    find_word,
    is_size,
    options,
    shape_behind,
    spatial_axes,
    stands_in_chains,
)

ARROW = " -> "
ALWAYS = ("shape", "filters", "units")
"""Fields that are written even where they have their default, since their default depends on the place."""

BARE = re.compile(r"[A-Za-z_]\w*")


def to_notation(network: Network) -> str | None:
    """The notation of a stack; None where there is none (`why_no_notation` says why). Names are not part of it."""
    if why_no_notation(network):
        return None
    items: list[str] = []
    shape: Shape | None = None
    for node in network.nodes:
        items.append(_item(node.block, shape, last=node is network.nodes[-1]))
        shape = shape_behind(node.block, shape)
    return ARROW.join(_folded(items))


def why_no_notation(network: Network) -> str:
    """Why a network cannot be written as a notation, in one sentence; empty where it can."""
    if not network.nodes:
        return "The network is empty."
    if network.nodes[0].block.max_inputs > 0:
        return f"It does not begin with an Input block but with {network.nodes[0].title}."
    for before, node in zip(network.nodes, network.nodes[1:], strict=False):
        reason = _why_not(node, before)
        if reason:
            return reason
    return ""


def _why_not(node: Node, before: Node) -> str:
    if not stands_in_chains(type(node.block)) or node.inputs != (Source(before.id),):
        return f"It branches at {node.title}, and a notation is a single chain of blocks."
    if not can_be_written(type(node.block)):
        return f"{node.title} has an inside of its own, which a notation cannot say."
    return ""


# --- one block --------------------------------------------------------------------------------------------------------
def _item(block: Block, shape: Shape | None, last: bool) -> str:
    """A block with the settings that differ from what its word means by itself."""
    name, word = _named(block, shape)
    defaults = {field: info.default for field, info in type(block).model_fields.items()} | dict(word.defaults)
    if last and word.flattens:
        defaults["activation"] = answering_function(getattr(block, "units", None))
    values = {field: getattr(block, field) for field in block.field_names()}
    kept = {field for field in values if values[field] != defaults[field] or field in ALWAYS}
    return " ".join([name, *_settings(block, values, kept)])


def _named(block: Block, shape: Shape | None) -> tuple[str, Word]:
    """What to call a block where this shape arrives: a short word if it means this block there."""
    axes = spatial_axes(shape)
    for name in _names(block, shape):
        word = find_word(name, axes)
        if word is not None and word.type == block.type:
            return name, word
    return block.type, Word(block.type)


def _names(block: Block, shape: Shape | None) -> Iterator[str]:
    for name, word in WORDS.items():
        if not word.flattens or (shape is not None and len(shape) == 1):
            yield name
    yield getattr(block, "activation", "") if block.spelled_out == ("activation",) else ""
    for ending in COMPOSITE_ENDINGS:
        if block.type.endswith(ending):
            yield block.type.removesuffix(ending).lower()


def _settings(block: Block, values: dict[str, object], kept: set[str]) -> list[str]:
    """The settings as text: size, numbers, stride, words, then the others by name."""
    kind = type(block)
    numbers = _leading_numbers(block, values, kept)
    size = next((field for field in values if is_size(kind, field)), None)
    sizes, strides, words, keys = list[str](), list[str](), list[str](), list[str]()
    for field, value in values.items():
        if field not in kept or field in numbers:
            continue
        several = isinstance(value, tuple) and len(value) > 1
        if field == size and _is_sizes(value) and (several or field == next(iter(values))):
            sizes.append(_times(value))
        elif field == "strides" and value is not None:
            strides.append(f"/{_strides(value)}")
        elif isinstance(value, str) and field_of_word(kind, value) == field:
            words.append(value)
        else:
            keys.append(f"{field}={_value(value)}")
    return [*sizes, *(_value(values[field]) for field in numbers), *strides, *words, *keys]


def _leading_numbers(block: Block, values: dict[str, object], kept: set[str]) -> list[str]:
    """The block's first fields as far as they are plain numbers and one of them is told."""
    run: list[str] = []
    for field, value in values.items():
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        if field == "strides" or not plain or options(type(block), field):
            break
        run.append(field)
    told = [index for index, field in enumerate(run) if field in kept or (index == 0 and block.spelled_out)]
    return run[: told[-1] + 1] if told else []


def _is_sizes(value: object) -> bool:
    return isinstance(value, tuple) and all(type(part) is int for part in value)


def _times(value: object) -> str:
    """`5x5`."""
    return "x".join(str(part) for part in value) if isinstance(value, tuple) else str(value)


def _strides(value: object) -> str:
    """`2`, and `2x1` where they differ."""
    return str(value[0]) if isinstance(value, tuple) and len(set(value)) == 1 else _times(value)


def _value(value: object) -> str:
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        plain = BARE.fullmatch(value) and value.lower() not in ("true", "false", "none")
        return value if plain else repr(value)
    if _is_sizes(value) and value:
        return _times(value)
    return repr(value)


# --- repeats ----------------------------------------------------------------------------------------------------------
def _folded(items: list[str]) -> list[str]:
    """The items with repeats in brackets, where that makes the text shorter: `[conv 64 -> relu]*2`."""
    folded: list[str] = []
    start = 0
    while start < len(items):
        period, times = _repeat(items, start)
        if times > 1:
            inner = ARROW.join(_folded(items[start : start + period]))
            folded.append(f"[{inner}]*{times}")
            start += period * times
        else:
            folded.append(items[start])
            start += 1
    return folded


def _repeat(items: list[str], start: int) -> tuple[int, int]:
    """The repeat that begins here and saves most: how many items, how often; (1, 1) where none saves anything."""
    best, saved = (1, 1), 0
    for period in range(1, (len(items) - start) // 2 + 1):
        times = 1 + _alike(items, start, period) // period
        if times > 1:
            written = len(ARROW.join(items[start : start + period]))
            saving = (times - 1) * (written + len(ARROW)) - len(f"[]*{times}")
            if saving > saved:
                best, saved = (period, times), saving
    return best


def _alike(items: list[str], start: int, period: int) -> int:
    """How many items from the start on are the same one period later."""
    end = start
    while end + period < len(items) and items[end] == items[end + period]:
        end += 1
    return end - start
