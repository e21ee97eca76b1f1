"""Reading a notation: characters to items, with brackets and repeats resolved and every place remembered."""

from __future__ import annotations

import re
from ast import literal_eval
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

MAX_CHARACTERS = 100_000
MAX_ITEMS = 5_000
MAX_DEPTH = 50
MAX_LITERAL = 2_000
"""Characters of one bracketed value, such as `padding=((1, 1), (2, 2))`."""

SizeText = r"[-−]?\d+(?:[x×X][-−]?\d+)+(?![\w.])"
ARROW = re.compile(r"[-–—=]*>|[→⇒⟶,;\n]")
WORD = re.compile(r"[A-Za-z_]\w*")
KEY = re.compile(r"([A-Za-z_]\w*)[ \t]*=(?![=>])[ \t]*")
STRIDE = re.compile(r"/[ \t]*(\d+(?:[x×X]\d+)*)(?![\w.])")
SIZE = re.compile(SizeText)
NUMBER = re.compile(r"[-−+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])")
DASHED = re.compile(r"-(\d{1,9})(?![\w.])")
TIMES = re.compile(r"[ \t]*[*×][ \t]*(\d*)")
QUOTED = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'")
CLOSING = {"[": "]", "(": ")"}


class NotationError(ValueError):
    """A notation that cannot be read.

    Attributes:
        text: what is wrong and what is expected, without the place.
        column: index of the first character that is wrong, counted from 0 over the whole text.
    """

    def __init__(self, text: str, column: int) -> None:
        super().__init__(f"column {column + 1}: {text}")
        self.text = text
        self.column = column

    def caret(self, notation: str) -> str:
        """The line of the notation that is wrong, and below it a caret under the place."""
        start = notation.rfind("\n", 0, self.column) + 1
        line = notation[start:].split("\n", 1)[0].replace("\t", " ")
        return f"{line}\n{' ' * (self.column - start)}^"


@dataclass(frozen=True)
class Setting:
    """One setting of an item: a number, a size `5x5`, a stride `/2`, a bare word, or `key=value`."""

    kind: Literal["number", "size", "stride", "word", "key"]
    value: Any
    column: int
    key: str = ""


@dataclass(frozen=True)
class Item:
    """One block as written. `word` is empty for the number of filters that the list form has instead of a word."""

    word: str
    settings: tuple[Setting, ...]
    column: int


def scan(text: str) -> tuple[Item, ...]:
    """The items of a notation in order, repeats written out. Raises NotationError."""
    if len(text) > MAX_CHARACTERS:
        raise NotationError(f"{len(text):,} characters are too many; at most {MAX_CHARACTERS:,}", MAX_CHARACTERS)
    scanner = _Scanner(text, 0, len(text))
    items = scanner.sequence("", 0)
    if not items:
        raise NotationError("there is nothing here; write for example INPUT -> CONV -> POOL -> FC 10", 0)
    return tuple(items)


class _Scanner:
    """A place in a text, moved on by reading."""

    def __init__(self, text: str, position: int, end: int) -> None:
        self.text = text
        self.position = position
        self.end = end

    # --- structure ----------------------------------------------------------------------------------------------------
    def sequence(self, closing: str, depth: int) -> list[Item]:
        """Items between arrows, up to the closing bracket, which is left to the caller, or the end."""
        items: list[Item] = []
        self._skip(" \t\n")
        while self._peek() not in ("", "]", ")"):
            items += self._item(depth)
            if len(items) > MAX_ITEMS:
                self._fail(f"more than {MAX_ITEMS:,} blocks")
            if not self._separator():
                break
        if self._peek() not in ("", closing):
            expected = f'"{closing}" or an arrow (->)' if closing else "an arrow (->)"
            self._fail(f'"{self._peek()}" was not expected here; expected {expected}')
        return items

    def _separator(self) -> bool:
        """Move behind the arrow, comma or line break here, of which several line breaks count as one."""
        strong = None
        found = False
        while True:
            self._skip(" \t")
            match = self._match(ARROW)
            if match is None:
                break
            found = True
            if match[0] != "\n":
                if strong is not None:
                    self._fail("there is no block between the two arrows", match.start())
                strong = match
        if strong is not None and strong[0] not in (",", ";") and self._peek() in ("", "]", ")"):
            self._fail("a block is missing behind the arrow", strong.start())
        return found

    def _item(self, depth: int) -> list[Item]:
        """One block, or a bracket, with its repeats."""
        start, first = self.position, self._peek()
        if first in CLOSING:
            items = self._bracket(first, depth)
        elif first in "\"'":
            items = self._quoted(depth)
        else:
            items = [self._block()]
        times = self._times(after_bracket=first in CLOSING)
        if len(items) * times > MAX_ITEMS:
            self._fail(f"{len(items) * times:,} blocks are too many; at most {MAX_ITEMS:,}", start)
        return items * times

    def _bracket(self, opening: str, depth: int) -> list[Item]:
        start = self.position
        if depth >= MAX_DEPTH:
            self._fail(f"brackets are nested more than {MAX_DEPTH} deep")
        self.position += 1
        items = self.sequence(CLOSING[opening], depth + 1)
        if self._peek() == "":
            self._fail(f'this "{opening}" is never closed; expected "{CLOSING[opening]}"', start)
        if not items:
            self._fail("the brackets are empty", start)
        self.position += 1
        return items

    def _quoted(self, depth: int) -> list[Item]:
        """A block in quotes, as the list form has it."""
        match = self._match(QUOTED)
        if match is None:
            self._fail("the quote is never closed")
        if depth >= MAX_DEPTH:
            self._fail(f"quotes are nested more than {MAX_DEPTH} deep", match.start())
        inner = _Scanner(self.text, match.start() + 1, match.end() - 1)
        items = inner.sequence("", depth + 1)
        if not items:
            self._fail("the quotes are empty", match.start())
        return items

    def _times(self, after_bracket: bool) -> int:
        match = self._match(re.compile(r"[ \t]*[xX×*][ \t]*(\d*)") if after_bracket else TIMES)
        if match is None:
            return 1
        if not match[1] or not 1 <= int(match[1][:9]) <= MAX_ITEMS:
            self._fail(f"expected how many times, 1 to {MAX_ITEMS:,}", match.start(1))
        return int(match[1])

    # --- one block ----------------------------------------------------------------------------------------------------
    def _block(self) -> Item:
        start = self.position
        if self._sees(NUMBER) or self._sees(SIZE):
            return Item("", self._settings(), start)
        word = self._match(WORD)
        if word is None:
            self._fail(f'"{self._peek()}" was not expected here; expected a block, such as CONV, POOL or FC')
        if self._peek() != "(":
            return Item(word[0], (*self._dashed(), *self._settings()), start)
        self.position += 1
        settings = self._settings(separators=" \t\n,")
        if self._peek() != ")":
            self._fail('expected ")" or a setting')
        self.position += 1
        return Item(word[0], settings, start)

    def _dashed(self) -> tuple[Setting, ...]:
        """The number behind a dash right at the word, as papers have it: `conv3-64`, `FC-4096`."""
        start = self.position
        match = self._match(DASHED)
        return () if match is None else (Setting("number", int(match[1]), start + 1),)

    def _settings(self, separators: str = " \t") -> tuple[Setting, ...]:
        settings: list[Setting] = []
        while True:
            self._skip(separators)
            setting = self._setting()
            if setting is None:
                return tuple(settings)
            settings.append(setting)

    def _setting(self) -> Setting | None:
        start = self.position
        if match := self._match(KEY):
            return Setting("key", self._value(), start, match[1])
        if match := self._match(STRIDE):
            return Setting("stride", _size(match[1]), start)
        if match := self._match(SIZE):
            return Setting("size", _size(match[0]), start)
        if match := self._match(NUMBER):
            return Setting("number", self._number(match), start)
        if match := self._match(WORD):
            return Setting("word", match[0], start)
        if self._peek() in ("'", '"') and self._sees(QUOTED):
            return Setting("word", self._literal(QUOTED), start)
        return None

    def _value(self) -> Any:
        """What stands behind `key=`."""
        if self._peek() in ("(", "["):
            return self._tuple()
        if self._peek() in ("'", '"') and self._sees(QUOTED):
            return self._literal(QUOTED)
        if match := self._match(SIZE):
            return _size(match[0])
        if match := self._match(NUMBER):
            return self._number(match)
        if match := self._match(WORD):
            return {"true": True, "false": False, "none": None}.get(match[0].lower(), match[0])
        return self._fail("expected a value behind the =")

    def _tuple(self) -> Any:
        start, depth = self.position, 0
        while self.position < self.end and self.position - start <= MAX_LITERAL:
            depth += (self._peek() in "([") - (self._peek() in ")]")
            self.position += 1
            if depth == 0:
                return self._evaluated(self.text[start : self.position], start)
        return self._fail("this bracket is never closed", start)

    def _literal(self, pattern: re.Pattern[str]) -> Any:
        match = self._match(pattern)
        assert match is not None
        return self._evaluated(match[0], match.start())

    def _evaluated(self, literal: str, start: int) -> Any:
        try:
            return literal_eval(literal)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            self._fail(f"{literal[:40]} is no value; expected numbers, true, false, text in quotes or a list", start)

    def _number(self, match: re.Match[str]) -> int | float:
        text = match[0].replace("−", "-")
        if len(text) > 40:
            self._fail("this number is too long", match.start())
        return int(text) if re.fullmatch(r"[-+]?\d+", text) else float(text)

    # --- characters ---------------------------------------------------------------------------------------------------
    def _peek(self) -> str:
        return self.text[self.position] if self.position < self.end else ""

    def _skip(self, characters: str) -> None:
        while self.position < self.end and self.text[self.position] in characters + "\r\xa0":
            self.position += 1

    def _sees(self, pattern: re.Pattern[str]) -> bool:
        return pattern.match(self.text, self.position, self.end) is not None

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self.text, self.position, self.end)
        if match is not None:
            self.position = match.end()
        return match

    def _fail(self, text: str, column: int | None = None) -> NoReturn:
        raise NotationError(text, self.position if column is None else column)


def _size(text: str) -> tuple[int, ...] | int:
    """`5x5` as a tuple, a single number as itself. Sizes of more digits than any field allows stay what they are."""
    sizes = tuple(int(part[:12]) for part in re.split("[x×X]", text.replace("−", "-")))
    return sizes if len(sizes) > 1 else sizes[0]
