"""Arithmetic, comparisons and the few functions of Python's that model sources use, each with its limits."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from models.network.reader.values import NotUnderstood

MAX_NUMBER = 2**53
MAX_LENGTH = 10_000
"""Of lists and texts."""
LAYOUT = re.compile(r"(0?[1-9])?d?")
"""Of whole numbers in f-strings."""

ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.FloorDiv: operator.floordiv,
    ast.Div: operator.truediv, ast.Mod: operator.mod, ast.Pow: operator.pow,
}  # fmt: skip
COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not, ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "len": len, "enumerate": enumerate, "zip": zip, "reversed": reversed, "list": list, "tuple": tuple,
    "min": min, "max": max, "int": int, "float": float, "sum": sum, "str": str, "range": range,
}  # fmt: skip
OF_LISTS = frozenset({"len", "enumerate", "zip", "reversed", "list", "tuple", "min", "max", "sum"})
KEYWORDS: Mapping[str, str] = {"enumerate": "start", "zip": "strict", "sum": "start"}
"""The one argument that a function takes by name."""


def calculated(left: Any, op: ast.operator, right: Any) -> Any:
    """The result of an operator between numbers, or of joining lists or texts."""
    numbers = _is_number(left) and _is_number(right)
    lists = isinstance(op, ast.Add) and type(left) is type(right) and isinstance(left, list | tuple | str)
    if not (numbers or lists) or type(op) not in ARITHMETIC:
        raise NotUnderstood("an operator between values that are no numbers")
    if lists and len(left) + len(right) > MAX_LENGTH:
        raise NotUnderstood("a list that is too long")
    if isinstance(op, ast.Pow) and not (abs(left) <= 1024 and abs(right) <= 64):
        raise NotUnderstood("a power that is too large")
    try:
        result = ARITHMETIC[type(op)](left, right)
    except (ArithmeticError, ValueError) as error:
        raise NotUnderstood(f"{error}") from None
    if numbers and (isinstance(result, complex) or not abs(result) <= MAX_NUMBER):
        raise NotUnderstood("a number that is too large")
    return result


def compared(left: Any, op: ast.cmpop, right: Any) -> bool:
    """Whether a comparison holds: of plain values, of shapes, of a value with the members of a list."""
    if not (_is_flat(left) and _is_flat(right)):  # nested lists may be far larger than they look
        raise NotUnderstood("a comparison of something else than numbers, texts and shapes")
    try:
        return bool(COMPARISONS[type(op)](left, right))
    except TypeError:
        raise NotUnderstood("a comparison of values that cannot be compared") from None


def item_of(value: Any, position: Any) -> Any:
    """One item of a list or a shape, or a part of it."""
    try:
        if isinstance(value, list | tuple):
            return value[position]
    except (TypeError, IndexError, ValueError):
        pass
    raise NotUnderstood("an index that is not understood")


def called(name: str, arguments: list[Any], keywords: Mapping[str, Any]) -> Any:
    """What a function of Python's gives."""
    for keyword in keywords:
        if keyword != KEYWORDS.get(name):
            raise NotUnderstood(f"{name} with {keyword}=…, which is not understood; leave it out")
    given = [*arguments, *keywords.values()]
    if name in ("int", "float", "str", "range") and not all(map(_is_plain, given)):
        raise NotUnderstood(f"{name} of something that is no number or text")
    if name in ("min", "max", "sum") and not all(map(_is_numbers, given)):
        raise NotUnderstood(f"{name} of something else than numbers")
    if sum(len(part) for part in given if isinstance(part, list | tuple)) > MAX_LENGTH:
        raise NotUnderstood(f"{name} of more than {MAX_LENGTH:,} values")
    try:
        result = FUNCTIONS[name](*arguments, **keywords)
        if name == "range" and len(result) > MAX_LENGTH:
            raise NotUnderstood(f"a range of more than {MAX_LENGTH:,} numbers")
        result = list(result) if name in ("enumerate", "zip", "reversed", "range") else result
    except (TypeError, ValueError, OverflowError) as error:
        raise NotUnderstood(f"{name}: {error}") from None
    if isinstance(result, int) and abs(result) > MAX_NUMBER:
        raise NotUnderstood("a number that is too large")
    return result


def joined(left: Sequence[Any], right: Sequence[Any]) -> list[Any]:
    """Two lists as one."""
    if len(left) + len(right) > MAX_LENGTH:
        raise NotUnderstood(f"a list of more than {MAX_LENGTH:,} values")
    return [*left, *right]


def formatted(value: Any, layout: str, conversion: int) -> str:
    """A value in an f-string. `conversion` is what `!r` and the like stand for in the syntax tree, -1 without."""
    if isinstance(value, str) and len(value) > MAX_LENGTH:
        raise NotUnderstood(f"a text of more than {MAX_LENGTH:,} characters")
    if isinstance(value, int) and not isinstance(value, bool) and LAYOUT.fullmatch(layout) and conversion == -1:
        return format(value, layout)
    if layout or conversion != -1:
        raise NotUnderstood(
            "a format in an f-string; expected whole numbers, with leading zeros perhaps, as in {i:02d}"
        )
    if not isinstance(value, str | int):
        raise NotUnderstood("text made of something else than text and whole numbers")
    return str(value)


def several(value: Any) -> list[Any]:
    """The members of a list or a tuple."""
    if isinstance(value, list | tuple) and len(value) <= MAX_LENGTH:
        return list(value)
    raise NotUnderstood("expected a list or a tuple")


def is_true(value: Any) -> bool:
    """Whether a condition holds."""
    if _is_plain(value) or isinstance(value, list | tuple):
        return bool(value)
    raise NotUnderstood("a condition that depends on more than numbers and shapes")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _is_numbers(value: object) -> bool:
    return _is_number(value) or (isinstance(value, list | tuple) and all(map(_is_number, value)))


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def _is_flat(value: object) -> bool:
    return _is_plain(value) or (isinstance(value, list | tuple) and all(map(_is_plain, value)))
