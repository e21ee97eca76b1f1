"""Checks of the arguments that a layer of Keras is made with, where no block has fields for them.

A check gives the argument in its one form, lists as tuples, or raises ValueError that says what was expected. Nothing
passes that Keras would look up, load or run: numbers, words out of a list, and blocks of our own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isfinite
from reprlib import repr as short
from typing import Any, get_args

from models.blocks.base import Block, block_from_dict
from models.blocks.fields import MAX_SIZE, ActivationName, InitializerName

Check = Callable[[Any], Any]
MAX_NUMBERS = 10_000
LARGEST_NUMBER = 1e9


def _is_whole(value: object, least: int = 1) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= MAX_SIZE


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST_NUMBER


def flag(value: Any) -> bool:
    """True or False."""
    return bool(_checked(value, isinstance(value, bool), "true or false"))


def size(value: Any) -> int:
    """A whole number from 1."""
    return int(_checked(value, _is_whole(value), f"a whole number from 1 to {MAX_SIZE:,}"))


def number(value: Any) -> Any:
    """A finite number."""
    return _checked(value, _is_number(value) and isfinite(value), "a number")


def share(value: Any) -> Any:
    """A number from 0 to below 1."""
    return _checked(value, _is_number(value) and 0 <= value < 1, "a number from 0 to below 1")


def numbers(value: Any) -> Any:
    """A number or a list of some."""
    if isinstance(value, list | tuple) and len(value) <= MAX_NUMBERS:
        return tuple(number(item) for item in value)
    return number(value)


def spread(value: Any) -> Any:
    """A share or a list of two; one for as far to both sides, which Keras writes as a list but does not take so."""
    given = numbers(value)
    given = given[1] if isinstance(given, tuple) and len(given) == 2 and given[0] == -given[1] else given
    right = all(0 <= item <= 1 for item in (given if isinstance(given, tuple) else (given,)))
    return _checked(given, right, "numbers from 0 to 1")


def boundaries(value: Any) -> tuple[float, ...]:
    """A list of numbers that grow."""
    grow = isinstance(value, list | tuple) and bool(value) and list(numbers(value)) == sorted(set(numbers(value)))
    return tuple(_checked(value, grow, "a list of numbers, each larger than the one before"))


def sizes(axes: int) -> Check:
    """A whole number for each of so many axes; one number stands for all."""

    def check(value: Any) -> tuple[int, ...]:
        if _is_whole(value):
            return (value,) * axes
        right = isinstance(value, list | tuple) and len(value) == axes and all(map(_is_whole, value))
        return tuple(_checked(value, right, f"{axes} whole numbers from 1 to {MAX_SIZE:,}"))

    return check


def any_sizes(value: Any) -> tuple[int, ...]:
    """Whole numbers for up to eight axes; one number is a list of one."""
    given = [value] if _is_whole(value) else value
    right = isinstance(given, list | tuple) and 0 < len(given) <= 8 and all(map(_is_whole, given))
    return tuple(_checked(given, right, f"whole numbers from 1 to {MAX_SIZE:,}"))


def optional(check: Check) -> Check:
    """What the check takes, or nothing."""
    return lambda value: None if value is None else check(value)


def one_of(*words: str) -> Check:
    """One of these words."""
    return lambda value: _checked(value, isinstance(value, str) and value in words, f"one of {', '.join(words)}")


activation = one_of(*get_args(ActivationName))
initializer = one_of(*get_args(InitializerName))


def regularizer(value: Any) -> Any:
    """An L2 factor."""
    return _checked(value, _is_number(value) and 0 <= value <= 10, "an L2 factor from 0 to 10")


def equation(value: Any) -> str:
    """An Einstein summation over whole batches: `abc,cd->abd`."""
    found = re.fullmatch(r"(\w{2,8}),(\w{1,8})->(\w{2,8})", value) if isinstance(value, str) else None
    parts = found.groups() if found else ()
    right = (
        bool(parts)
        and all(len(set(part)) == len(part) and part.isascii() and part.isalpha() for part in parts)
        and parts[0][0] == parts[2][0]
        and parts[0][0] not in parts[1]
        and set(parts[1]) <= set(parts[0] + parts[2])
        and set(parts[2]) <= set(parts[0] + parts[1])
    )
    return str(_checked(value, right, "a summation such as abc,cd->abd that keeps the batch in front"))


def letters(value: Any) -> str:
    """A few letters, each once."""
    right = isinstance(value, str) and bool(re.fullmatch(r"[A-Za-z]{1,8}", value)) and len(set(value)) == len(value)
    return str(_checked(value, right, "letters of the equation"))


def inner_layer(*names: str) -> Check:
    """A layer block, of these classes or of any that stands for one layer of Keras with one input."""

    def check(value: Any) -> Block:
        block: Block = block_from_dict(value)
        right = block.type in names if names else block.wrappable and block.max_inputs == 1 and not block.custom
        if not right:
            raise ValueError(f"received {block.type}; expected {', '.join(names) or 'a layer of Keras with one input'}")
        return block

    return check


def _checked(value: Any, right: bool, expected: str) -> Any:
    if not right:
        raise ValueError(f"received {short(value)}; expected {expected}")
    return value
