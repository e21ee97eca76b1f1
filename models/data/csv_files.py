"""Tables in text files: encoding, delimiter and header found, and numbers read fast with every error at its line."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np
import numpy.typing as npt

from models.data.facts import DataError
from models.data.opening import opened_file

DELIMITERS = ("\t", ";", "|", ",", " ")
"""What stands between cells; commas and blanks come last, since they also stand in numbers and texts."""

SAMPLED_LINES = 1_000
"""So many lines, and at most SAMPLED_CHARACTERS, say what the delimiter is, and what the columns hold."""

SAMPLED_CHARACTERS = 2**23
LONGEST_LINE = 2**24
"""Characters; a file with a longer one is no table."""

BLOCK_LINES = 4_096
LARGEST = float(np.finfo(np.float32).max)
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-"})
"""What stands in cells whose value is missing."""

_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")

Tick = Callable[[int], None]
"""Called with the bytes that were read in all; an exception raised in it ends the reading."""


@dataclass(frozen=True)
class Layout:
    """How a table is written.

    Attributes:
        encoding: of the file.
        delimiter: between cells; a blank stands for any number of blanks.
        header: the columns' names; empty where the first line is a row.
        columns: how many there are.
        decimal_comma: whether numbers are written as 3,14.
        rows: cells of the first rows.
    """

    encoding: str
    delimiter: str
    header: tuple[str, ...]
    columns: int
    decimal_comma: bool
    rows: tuple[tuple[str, ...], ...]

    def column_text(self, column: int) -> str:
        """`column "petal length"`, or `column 3` where columns have no names."""
        return f'column "{self.header[column]}"' if self.header and self.header[column] else f"column {column + 1}"

    def number(self, text: str) -> float:
        """A cell as a number. Raises ValueError."""
        return float(text.replace(",", ".") if self.decimal_comma else text)

    def is_number(self, text: str) -> bool:
        """Whether a cell is a number that float32 can hold."""
        if not text.isascii() or "_" in text:  # Python takes more for numbers than tables do
            return False
        try:
            return abs(self.number(text)) <= LARGEST
        except ValueError:
            return False


def sniff(path: Path) -> Layout:
    """How a table is written, from its first lines. Raises DataError for what is no table, or one without rows."""
    encoding = _encoding(path)
    lines: list[str] = []
    with opened(path, encoding) as file:
        room = SAMPLED_CHARACTERS
        for _number, line in numbered(file, path.name):
            if lines and (len(lines) == SAMPLED_LINES or len(line) > room):
                break
            room -= len(line)
            lines.append(line)
    if not lines:
        raise DataError(f"{path.name} is empty. Expected a table with a row for each sample.")
    delimiter = _delimiter(lines)
    cells = [tuple(row) for row in split_lines(lines, delimiter)]
    first = cells[0]
    decimal_comma = delimiter in ";\t| " and any(_COMMA.fullmatch(cell) for row in cells[1:3] for cell in row)
    layout = Layout(encoding, delimiter, (), len(first), decimal_comma, tuple(cells))
    if not _is_header(layout):
        return layout
    if len(cells) == 1:
        raise DataError(
            f"{path.name} has only a header ({', '.join(first)[:100]}) and no rows below. "
            "Expected a row for each sample."
        )
    return Layout(encoding, delimiter, first, len(first), decimal_comma, tuple(cells[1:]))


def read_columns(
    path: Path, layout: Layout, columns: Sequence[int], text_column: int, tick: Tick | None = None
) -> Iterator[tuple[npt.NDArray[np.float32], list[str], npt.NDArray[np.int64]]]:
    """A table in blocks of rows: numbers (rows, columns), the texts of one column, and the rows' line numbers.

    Without columns only the texts are read, which is much faster.

    Raises DataError with the line for rows of another length, missing values, and text where numbers are expected.
    """
    with opened(path, layout.encoding) as file:
        lines = numbered(file, path.name)
        if layout.header:
            next(lines)
        read = 0
        while block := list(islice(lines, BLOCK_LINES)):
            numbers, texts = _block(block, layout, columns, text_column, path.name)
            yield numbers, texts, np.array([number for number, _line in block])
            read += sum(len(line) + 1 for _number, line in block)
            if tick is not None:
                tick(read)


@contextmanager
def opened(path: Path, encoding: str) -> Iterator[TextIO]:
    """A text file; bytes that are no text become replacement characters. Raises DataError."""
    with opened_file(path, "a table in a text file") as file:
        yield TextIOWrapper(file, encoding=encoding, errors="replace", newline=None)


def numbered(file: TextIO, name: str) -> Iterator[tuple[int, str]]:
    """Lines that are not blank, with their numbers from 1. Raises DataError for what is no text."""
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise DataError(f"{name} is no table: line {number:,} has more than {LONGEST_LINE:,} characters.")
        if "\0" in line:
            raise DataError(
                f"{name} is no text: line {number:,} holds NUL bytes. It is damaged, or a "
                "spreadsheet: save that as CSV."
            )
        line = line.rstrip("\n")
        if line.strip():
            yield number, line


def split_lines(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """The cells of each line, without blanks around them and without quotes."""
    if delimiter == " ":
        return [line.split() for line in lines]
    if not any('"' in line for line in lines):
        return [[cell.strip() for cell in line.split(delimiter)] for line in lines]
    try:
        rows = (next(csv.reader([line], delimiter=delimiter, skipinitialspace=True)) for line in lines)
        return [[cell.strip() for cell in row] for row in rows]
    except csv.Error as error:
        raise DataError(f"The table is damaged: {error}. Save it again as CSV.") from error


# --- how it is written ------------------------------------------------------------------------------------------------
def _encoding(path: Path) -> str:
    try:
        if not path.is_file():
            return "utf-8"  # opening it tells what is wrong
        with path.open("rb") as file:
            start = file.read(2**16)
    except (OSError, ValueError):
        return "utf-8"
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        start[: start.rfind(b"\n") + 1].decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"  # what spreadsheets write in Western Europe
    return "utf-8-sig"


def _delimiter(lines: Sequence[str]) -> str:
    """What stands between cells: what gives most of the first lines the same number of cells, and more than one."""
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        counts = [len(row) for row in split_lines(lines[:50], delimiter)]
        common = max(set(counts), key=counts.count)
        score = counts.count(common) / len(counts)
        if common > 1 and score > best_score:
            best, best_score = delimiter, score
    return best


def _is_header(layout: Layout) -> bool:
    """Whether the first row has names: fewer numbers than the one below, or 0, 1, 2, … as pandas writes."""
    first = layout.rows[0]
    numbers = [layout.is_number(cell) for cell in first]
    if len(layout.rows) == 1:
        return not any(numbers)
    below = [layout.is_number(cell) for cell in layout.rows[1]]
    named = [cell.lower() not in MISSING and not number for cell, number in zip(first, numbers, strict=True)]
    if any(name and number for name, number in zip(named, below, strict=False)):
        return True
    if not any(numbers) and not any(below):  # text only: a header where a name says so
        return any(cell.lower() in LABEL_NAMES for cell in first)
    counting = [cell for cell in first if cell]
    return len(counting) > 2 and counting in (
        [str(n) for n in range(len(counting))],
        [str(n + 1) for n in range(len(counting))],
    )


LABEL_NAMES = ("label", "labels", "class", "target", "y", "species", "category", "classes", "targets")
"""What the column with the classes is called, the likeliest first."""


# --- a block of lines -------------------------------------------------------------------------------------------------
def _block(
    block: Sequence[tuple[int, str]], layout: Layout, columns: Sequence[int], text_column: int, name: str
) -> tuple[npt.NDArray[np.float32], list[str]]:
    lines = [line for _number, line in block]
    quoted = any('"' in line for line in lines)
    if quoted or layout.delimiter == " ":
        rows = split_lines(lines, layout.delimiter)
        _check_lengths([len(row) for row in rows], block, layout, name)
        texts = [row[text_column] for row in rows]
        lines = ["\t".join(row) for row in rows]
        delimiter = "\t"
    else:
        delimiter = layout.delimiter
        _check_lengths([line.count(delimiter) + 1 for line in lines], block, layout, name)
        texts = [_cell(line, delimiter, text_column, layout.columns) for line in lines]
    if layout.decimal_comma:
        lines = [line.replace(",", ".") for line in lines]
    for (number, _line), text in zip(block, texts, strict=True):
        if text.lower() in MISSING:
            raise DataError(
                f"{name}, line {number:,}: the label is missing in {layout.column_text(text_column)}. Every sample "
                "needs a class: fill it in, or remove the line."
            )
    if not columns:
        return np.zeros((len(texts), 0), np.float32), texts
    try:
        numbers = np.loadtxt(
            lines, dtype=np.float32, delimiter=delimiter, usecols=list(columns), comments=None, ndmin=2
        )
    except ValueError as error:
        _explain(block, layout, columns, name)
        raise DataError(f"{name}, from line {block[0][0]:,} on: {error}. Replace what is no number.") from error
    if not np.isfinite(numbers).all():
        _explain(block, layout, columns, name)
    return numbers, texts


def _cell(line: str, delimiter: str, column: int, columns: int) -> str:
    """One cell, found from the nearer end of the line."""
    if column * 2 < columns:
        return line.split(delimiter, column + 1)[column].strip()
    return line.rsplit(delimiter, columns - column)[column - columns].strip()


def _check_lengths(lengths: Sequence[int], block: Sequence[tuple[int, str]], layout: Layout, name: str) -> None:
    for (number, _line), length in zip(block, lengths, strict=True):
        if length != layout.columns:
            raise DataError(
                f"{name}, line {number:,} has {length:,} cells, and {layout.columns:,} were expected, as in the "
                "first line. Complete or remove the line."
            )


def _explain(block: Sequence[tuple[int, str]], layout: Layout, columns: Sequence[int], name: str) -> None:
    """Raise DataError for the first cell that is no number."""
    for number, line in block:
        row = split_lines([line], layout.delimiter)[0]
        for column in columns:
            text = row[column]
            if layout.is_number(text):
                continue
            where = f"{name}, line {number:,}, {layout.column_text(column)}"
            if text.lower() in MISSING:
                raise DataError(f"{where}: the value is missing. Fill it in, or remove the line.")
            raise DataError(
                f'{where}: "{text[:40]}" is no number that can be used. Only the label may be text: name its column in '
                "label_column, or replace the text by a number."
            )
