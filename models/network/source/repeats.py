"""Statements that repeat but for the numbers in their names, written as a loop."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from models.network.source.statements import Statement
from models.network.source.text import INDENT, wrapped

FEWEST = 3
"""A loop of fewer turns is longer than what it stands for."""

LONGEST_PATTERN = 12
"""Statements in one turn of a loop."""

NAME = re.compile(r'name="([A-Za-z]\w*?)(?:_(\d+))?"')


@dataclass(frozen=True)
class _Numbered:
    """A statement with the number of its name taken out: `text` has `{}` there."""

    text: str
    comment: str
    number: int


def with_repeats(statements: Sequence[Statement]) -> list[str]:
    """The statements' lines, runs of alike ones as `for index in range(…)`."""
    numbered = [_numbered(statement) for statement in statements]
    lines: list[str] = []
    start = 0
    while start < len(statements):
        period, turns = _run(numbered, start)
        if turns >= FEWEST:
            lines += _loop(numbered[start : start + period], turns)
            start += period * turns
        else:
            lines += wrapped(statements[start].text, INDENT, statements[start].comment)
            start += 1
    return lines


def _numbered(statement: Statement) -> _Numbered | None:
    """None for a statement that cannot stand in a loop: one that gives anything but the next statement's input."""
    found = NAME.findall(statement.text)
    targets, text = statement.text.split(" = ", 1)
    if targets != "x" or len(found) != 1 or not found[0][1] or "{" in text:
        return None
    stem, number = found[0]
    if str(int(number)) != number:
        return None
    return _Numbered(NAME.sub(lambda _: f'name="{stem}_{{}}"', statement.text), statement.comment, int(number))


def _run(numbered: Sequence[_Numbered | None], start: int) -> tuple[int, int]:
    """The loop that covers most from here: statements in a turn, and turns."""
    best = (1, 1)
    for period in range(1, LONGEST_PATTERN + 1):
        turns = 1
        while _follows(numbered, start, period, turns):
            turns += 1
        if turns >= FEWEST and period * turns > best[0] * best[1]:
            best = (period, turns)
    return best


def _follows(numbered: Sequence[_Numbered | None], start: int, period: int, turns: int) -> bool:
    """Whether the statements after so many turns are the first ones again, their numbers counted up by one a turn."""
    for offset in range(period):
        place = start + turns * period + offset
        first, other = numbered[start + offset], numbered[place] if place < len(numbered) else None
        if first is None or other is None or (first.text, first.comment) != (other.text, other.comment):
            return False
        if other.number != first.number + turns:
            return False
    return True


def _loop(pattern: Sequence[_Numbered | None], turns: int) -> list[str]:
    parts = [part for part in pattern if part is not None]
    first = parts[0].number
    lines = [f"{INDENT}for index in range({first}, {first + turns}):"]
    for part in parts:
        shift = part.number - first
        index = "{index}" if shift == 0 else f"{{index {'+' if shift > 0 else '-'} {abs(shift)}}}"
        text = re.sub(r'name="(\w+)_\{\}"', rf'name=f"\1_{index}"', part.text)
        lines += wrapped(text, INDENT * 2, part.comment)
    return lines
