"""Lines of Python: values as text, names, statements broken where they are too long."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable
from itertools import pairwise
from keyword import iskeyword

from models.blocks.fields import KerasCall

LINE_LENGTH = 88
INDENT = "    "
BRACKETS = {"(": ")", "[": "]", "{": "}"}


def value_text(value: object) -> str:
    """A value as a person writes it, with double quotes around text."""
    if isinstance(value, KerasCall):
        keywords = (f"{name}={value_text(item)}" for name, item in value.keywords)
        return f"keras.{value.path}({', '.join([*map(value_text, value.arguments), *keywords])})"
    if isinstance(value, str):
        return double_quoted(repr(value))
    if isinstance(value, tuple | list):
        parts = ", ".join(map(value_text, value))
        if isinstance(value, list):
            return f"[{parts}]"
        return f"({parts},)" if len(value) == 1 else f"({parts})"
    return repr(value)


def double_quoted(literal: str) -> str:
    """A text literal, as `repr` writes it, in double quotes where its characters allow that."""
    plain = literal.startswith("'") and '"' not in literal and "\\" not in literal
    return f'"{literal[1:-1]}"' if plain else literal


def snake_case(name: str) -> str:
    """`InvertedResidual` as functions are called: `inverted_residual`."""
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", parts.lower()).strip("_")


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """The wanted name, lengthened until it is no word of Python's and not taken."""
    used = set(taken)
    while wanted in used or iskeyword(wanted) or hasattr(builtins, wanted):
        wanted += "_"
    return wanted


def wrapped(line: str, indent: str = "", comment: str = "") -> list[str]:
    """One statement as lines of at most 88 characters where that can be; the comment goes where there is room for it.

    A line too long is broken inside its longest brackets, the way the common formatters do it.
    """
    flat = f"{indent}{line}"
    if len(flat + comment) <= LINE_LENGTH:
        return [flat + comment]
    if len(flat) <= LINE_LENGTH:
        return [flat]
    span = _longest_brackets(line)
    if span is None:
        return [flat]
    start, end = span
    head, inner, tail = line[: start + 1], line[start + 1 : end], line[end:]
    parts = [part for part in _parts(inner) if part]
    together = f"{indent}{INDENT}{', '.join(parts)}"
    if len(together) <= LINE_LENGTH:
        body = [together]
    else:
        body = []
        for part in parts:
            lines = wrapped(part, indent + INDENT)
            body += [*lines[:-1], f"{lines[-1]},"]
    closing = f"{indent}{tail}"
    return [f"{indent}{head}", *body, closing + comment if len(closing + comment) <= LINE_LENGTH else closing]


def _longest_brackets(line: str) -> tuple[int, int] | None:
    """Where the longest brackets of the outermost level open and close; None without any."""
    best: tuple[int, int] | None = None
    start = 0
    for position, depth, character in _walk(line):
        if character in BRACKETS and depth == 1:
            start = position
        elif character in BRACKETS.values() and depth == 0 and (best is None or position - start > best[1] - best[0]):
            best = (start, position)
    return best if best is not None and best[1] - best[0] > 1 else None


def _parts(text: str) -> list[str]:
    """What stands between the commas of the outermost level."""
    cuts = [position for position, depth, character in _walk(text) if character == "," and depth == 0]
    bounds = [-1, *cuts, len(text)]
    return [text[first + 1 : last].strip() for first, last in pairwise(bounds)]


def _walk(text: str) -> Iterable[tuple[int, int, str]]:
    """Every character outside of literals with its place and the depth of brackets behind it."""
    depth, quote, escaped = 0, "", False
    for position, character in enumerate(text):
        if quote:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == quote:
                quote = ""
            continue
        if character in "\"'":
            quote = character
            continue
        depth += (character in BRACKETS) - (character in BRACKETS.values())
        yield position, depth, character
