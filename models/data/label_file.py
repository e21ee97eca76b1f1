"""A CSV file of labels: read as text of any common kind, and its columns looked at."""

from __future__ import annotations

import codecs
import csv
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from models.data.facts import DataError
from models.data.folders import PARTS, is_image, listed
from models.files import FileError, check_regular

DELIMITERS = ",;\t"
MOST_CLASSES = 1_000
_MOST_LINES = 5
_SNIFFED_ROWS = 20
_TRIED_ROWS = 1_000
_NEARLY_ALL = 0.9
_FEW_ROWS = 20


@dataclass
class Lines:
    """Line numbers for a message: a few of them, and how many there are."""

    first: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, line: int | str) -> None:
        self.count += 1
        if len(self.first) < _MOST_LINES:
            self.first.append(str(line))

    @property
    def text(self) -> str:
        """`line 3`, `lines 3, 5 and 9 more`."""
        more = self.count - len(self.first)
        return f"line{'s' if self.count > 1 else ''} {', '.join(self.first)}" + (f" and {more:,} more" if more else "")


@dataclass
class Column:
    """What was seen in one column.

    Attributes:
        values: the different values, no more than one above MOST_CLASSES.
        empty: lines in which it is empty.
        is_number: whether every value is a number.
        fraction: a value that is no whole number.
        files: how many of the first rows name an image here.
        whole_names: how many of these name it with its suffix, so that it is hardly a number by accident.
    """

    name: str
    values: set[str] = field(default_factory=set)
    rows: int = 0
    empty: Lines = field(default_factory=Lines)
    is_number: bool = True
    fraction: str = ""
    files: int = 0
    whole_names: int = 0

    def add(self, value: str, line: int) -> None:
        self.rows += 1
        if not value:
            self.empty.add(line)
            return
        if len(self.values) <= MOST_CLASSES:
            self.values.add(value)
        if self.is_number and not (self.is_whole and value.isdecimal()):
            self._look_at_number(value)

    def _look_at_number(self, value: str) -> None:
        number = as_number(value)
        if number is None:
            self.is_number = False
        elif not number.is_integer():
            self.fraction = self.fraction or value

    @property
    def is_whole(self) -> bool:
        return self.is_number and not self.fraction

    @property
    def is_part(self) -> bool:
        """Whether every row says train, val or test."""
        return self.empty.count == 0 and bool(self.values) and {value.lower() for value in self.values} <= set(PARTS)

    def why_no_classes(self) -> str:
        """Why these values cannot be classes, as part of a sentence; empty where they can."""
        if self.is_number and self.fraction:
            return f"labels are numbers such as {self.fraction}, but LayerLoom expects classes"
        if len(self.values) > MOST_CLASSES:
            return f"there are more than {MOST_CLASSES:,} different labels, and LayerLoom takes them for no classes"
        if self.rows > _FEW_ROWS and len(self.values) > _NEARLY_ALL * self.rows:
            return f"there are {len(self.values):,} different labels in {self.rows:,} rows, hardly classes"
        return ""


def as_number(value: str) -> float | None:
    """A finite number, or None."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


class LabelFile:
    """A CSV file with a header line. Raises DataError where it is none.

    Attributes:
        header: the columns' names.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._encoding = _encoding(path)
        self._delimiter = self._sniff()
        self.header = self._header()

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The rows below the header, each with the number of its last line; blank lines are left out."""
        rows = self._read(self._delimiter)
        next(rows)
        return rows

    def survey(self, is_file: Callable[[str], bool], tick: Callable[[], None] | None = None) -> list[Column]:
        """Every column as it is, all rows read. Raises DataError where rows differ in length, or none are there.

        Args:
            is_file: whether a value names an image; asked for the first thousand rows.
            tick: called once for every thousand rows.
        """
        columns = [Column(name) for name in self.header]
        ragged = Lines()
        for number, (line, row) in enumerate(self.rows()):
            if tick is not None and number % _TRIED_ROWS == 0:
                tick()
            if len(row) != len(columns):
                ragged.add(f"{line} ({len(row)})")
                continue
            for column, value in zip(columns, row, strict=True):
                column.add(value, line)
                if number < _TRIED_ROWS and value and is_file(value):
                    column.files += 1
                    column.whole_names += is_image(value)
        if ragged.count:
            raise DataError(
                f"{self.path.name} has rows with another number of values than the {len(columns)} of its header, "
                f"in {ragged.text}. Give every row {len(columns)} values; those with a comma inside need quotes."
            )
        if not columns[0].rows:
            raise DataError(f"{self.path.name} has a header and no rows. Add a row for each image.")
        return columns

    def _read(self, delimiter: str) -> Iterator[tuple[int, list[str]]]:
        try:
            with self.path.open(encoding=self._encoding, newline="") as file:
                reader = csv.reader(file, delimiter=delimiter)
                for row in reader:
                    stripped = [value.strip() for value in row]
                    if any(stripped):
                        yield reader.line_num, stripped
        except csv.Error as error:
            raise DataError(
                f"{self.path.name}, line {reader.line_num}, cannot be read: {error}. "
                "Look for a quote that is not closed."
            ) from error
        except UnicodeError as error:
            raise DataError(f"{self.path.name} is no text: {error}. Save the table as CSV in UTF-8.") from error
        except OSError as error:
            raise _unreadable(self.path, error) from error

    def _sniff(self) -> str:
        """The delimiter that gives the header most columns, of those that give the first rows as many."""

        def merit(delimiter: str) -> tuple[bool, int]:
            counts = [len(row) for _, row in islice(self._read(delimiter), _SNIFFED_ROWS)]
            return len(set(counts)) == 1 and counts[0] > 1, counts[0] if counts else 0

        return max(DELIMITERS, key=merit)

    def _header(self) -> list[str]:
        first = next(self._read(self._delimiter), None)
        if first is None:
            raise DataError(
                f"{self.path.name} is empty. LayerLoom expects a header such as file,label and a row per image."
            )
        names = [name or f"column {number}" for number, name in enumerate(first[1], start=1)]
        if len(names) == 1:
            raise DataError(
                f"{self.path.name} has one column, {names[0][:100]}. LayerLoom expects one with file names and one "
                "with labels, with a comma, a semicolon or a tab between them."
            )
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise DataError(
                f"{self.path.name} has several columns called {listed(twice)}. Give each a name of its own."
            )
        return names


def _encoding(path: Path) -> str:
    """utf-16 or utf-8 where the file is that, otherwise latin-1. Raises DataError for what is no text."""
    try:
        check_regular(path)
        with path.open("rb") as file:
            if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                return "utf-16"
            file.seek(0)
            return _eight_bit_encoding(path, iter(lambda: file.read(1 << 20), b""))
    except FileError as error:  # a pipe, say
        raise DataError(str(error)) from error
    except OSError as error:
        raise _unreadable(path, error) from error


def _eight_bit_encoding(path: Path, chunks: Iterator[bytes]) -> str:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    is_utf8 = True
    lines = 1
    for chunk in chunks:
        if b"\0" in chunk:
            line = lines + chunk[: chunk.index(b"\0")].count(b"\n")
            raise DataError(f"{path.name} is no text: line {line} holds a zero byte. Save the table as CSV again.")
        lines += chunk.count(b"\n")
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError:
            is_utf8 = False
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        is_utf8 = False
    return "utf-8-sig" if is_utf8 else "latin-1"


def _unreadable(path: Path, error: OSError) -> DataError:
    return DataError(f"{path} cannot be read: {error.strerror or error}. Check the path and its permissions.")


def only_table(folder: Path, files: Sequence[str]) -> str:
    """The one CSV file among a folder's files. Raises DataError where there is none or a choice."""
    tables = [name for name in files if is_table(name)]
    if not tables:
        raise DataError(f"{folder} holds no CSV file with labels. Put one there, or choose one that lies elsewhere.")
    if len(tables) > 1:
        raise DataError(f"{folder} holds {len(tables)} CSV files: {listed(tables)}. Choose the one with the labels.")
    return tables[0]


def is_table(name: str) -> bool:
    return name.lower().endswith((".csv", ".tsv"))
