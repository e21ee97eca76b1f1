"""Opening a table as samples: which column is the class, which are values, and what shape a row has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from models.blocks import Shape, shape_text
from models.data.array_labels import classes_of
from models.data.csv_files import LABEL_NAMES, Layout, read_columns, sniff
from models.data.facts import DataError, DataFacts
from models.data.memory import physical_memory
from models.data.samples import ArraySamples, Samples, Values

if TYPE_CHECKING:
    from models.data.sources.base import Progress
    from models.data.sources.table import Table

NUMBERING = frozenset({"", "id", "index", "unnamed: 0"})
"""Columns of these names number the rows, as pandas writes them; they are no values."""

SHAPES: dict[int, Shape] = {784: (28, 28, 1)}
"""What so many columns are taken for: MNIST and its kin."""

_WHOLE = re.compile(r"[+-]?\d{1,18}(\.0*)?")


def open_table(source: Table, progress: Progress | None = None) -> Samples:
    """Open a table with a row for each sample. Raises DataError."""
    path = Path(source.path)
    layout = sniff(path)
    label, columns, shape = _parts(source, layout, path.name)
    size = path.stat().st_size

    def tick(done: int) -> None:
        if progress is not None:
            progress(min(done, size), size)

    blocks: list[Values] = []
    labels: list[str] = []
    lines: list[npt.NDArray[np.int64]] = []
    total = 0
    for numbers, texts, places in read_columns(path, layout, columns, label, tick):
        blocks.append(_compact(numbers) if len(shape) == 3 else numbers)
        labels += texts
        lines.append(places)
        total += blocks[-1].nbytes
        if total > physical_memory() // 4:  # joining the blocks takes as much again
            raise DataError(
                f"{path.name} fills more than a quarter of this machine's memory ({physical_memory() / 1e9:,.1f} GB). "
                "Save it as .npy files, which are read piece by piece."
            )
    values = np.concatenate(blocks).reshape(-1, *shape)
    classes = _classes(labels, np.concatenate(lines), f"{path.name}, {layout.column_text(label)}", path.name)
    white = _white(values)
    facts = DataFacts(path.stem, len(values), shape, classes[1], white=white)
    return ArraySamples(facts, values, classes[0])


def glance_at_table(source: Table) -> DataFacts:
    """The facts of a table: all labels are read, and the values of the first rows. Raises DataError."""
    path = Path(source.path)
    layout = sniff(path)
    label, columns, shape = _parts(source, layout, path.name)
    numbers = next(read_columns(path, layout, columns, label))[0]
    values = (_compact(numbers) if len(shape) == 3 else numbers).reshape(-1, *shape)
    labels: list[str] = []
    lines: list[npt.NDArray[np.int64]] = []
    for _nothing, texts, places in read_columns(path, layout, (), label):
        labels += texts
        lines.append(places)
    classes = _classes(labels, np.concatenate(lines), f"{path.name}, {layout.column_text(label)}", path.name)[1]
    return DataFacts(path.stem, len(labels), shape, classes, white=_white(values))


def _parts(source: Table, layout: Layout, file: str) -> tuple[int, list[int], Shape]:
    """The column with the classes, those with values, and the shape of a row. Raises DataError."""
    label = label_column(layout, source.label_column, file)
    columns = [column for column in range(layout.columns) if column != label and not _numbers_rows(layout, column)]
    return label, columns, _shape(source.shape, len(columns), file)


def label_column(layout: Layout, named: str, file: str) -> int:
    """The column with the classes: as named, or by its name, or by what it holds. Raises DataError."""
    if named:
        return _named_column(layout, named, file)
    names = [name.lower() for name in layout.header]
    for name in LABEL_NAMES:
        if name in names:
            return names.index(name)
    able = [column for column in range(layout.columns) if not _numbers_rows(layout, column)]
    if len(able) < 2:
        raise DataError(
            f"{file} has a single column, and at least two were expected: values and a class. Cells are divided by "
            "commas, semicolons, tabs, bars or blanks."
        )
    ends = (able[-1], able[0])
    cells = {column: [row[column] for row in layout.rows if len(row) == layout.columns] for column in ends}
    for column in ends:
        if any(not layout.is_number(text) for text in cells[column] if text):
            return column
    whole = [column for column in ends if all(_WHOLE.fullmatch(text) for text in cells[column])]
    if not whole:
        raise DataError(
            f"No column of {file} looks like classes: {layout.column_text(able[0])} and {layout.column_text(able[-1])} "
            "hold fractions. LayerLoom learns classes; name their column in label_column."
        )
    if len(able) - 1 in SHAPES and able[0] in whole:
        whole.reverse()  # MNIST's come first
    variety = {column: len(set(cells[column])) for column in whole}
    varied = [column for column in whole if variety[column] > 1]  # the first pixel is always black
    return min(varied, key=lambda column: variety[column]) if varied else whole[0]


def _named_column(layout: Layout, named: str, file: str) -> int:
    lower = [name.lower() for name in layout.header]
    if named in layout.header:
        return layout.header.index(named)
    if named.lower() in lower:
        return lower.index(named.lower())
    if named.isascii() and named.isdigit() and 1 <= int(named[:9]) <= layout.columns:
        return int(named) - 1
    names = ", ".join(layout.header[:8]) + (" …" if len(layout.header) > 8 else "")
    found = f"found {names}" if names else f"it has no header and {layout.columns:,} columns, numbered from 1"
    raise DataError(f'There is no column "{named}" in {file}: {found}. Name one of them in label_column.')


def _numbers_rows(layout: Layout, column: int) -> bool:
    return bool(layout.header) and layout.header[column].lower() in NUMBERING


def _shape(text: str, columns: int, file: str) -> Shape:
    """The shape of a row of so many values; what the user wrote, or what is known for their number."""
    if columns == 0:
        raise DataError(f"{file} has a class in each row and no values. Expected a column for each value.")
    if not text.strip():
        return SHAPES.get(columns, (columns,))
    parts = [part for part in re.split(r"[\s,;·×xX*]+", text.strip()) if part]
    shape = tuple(int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 8)
    sizes = len(shape) == len(parts)
    if not sizes or not 1 <= len(shape) <= 4 or prod(shape) != columns:
        found = f"{shape_text(shape)} is {prod(shape):,}" if sizes else "it is no list of sizes"
        raise DataError(
            f'The shape "{text}" does not fit {file}, whose rows have {columns:,} values: {found}. Expected sizes '
            "such as 28x28x1 that multiply to that number, or nothing for plain rows."
        )
    return shape


def _compact(numbers: npt.NDArray[np.float32]) -> Values:
    """Pixels that are whole numbers in 0 … 255 as bytes."""
    small = numbers.astype(np.uint8) if numbers.size and numbers.min() >= 0 and numbers.max() <= 255 else None
    return numbers if small is None or not np.array_equal(small, numbers) else small


def _white(values: Values) -> float:
    """255 for bytes; 1 for images within 0 … 1; 0 for rows and everything else, where no value is white."""
    if values.dtype == np.uint8:
        return 255.0
    return 1.0 if values.ndim == 4 and values.min() >= 0 and values.max() <= 1 else 0.0


def _classes(
    labels: Sequence[str], lines: npt.NDArray[np.int64], name: str, file: str
) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """The class of each row. Raises DataError with the line where labels measure something."""
    texts = np.array(labels)
    values = np.unique(texts)
    numbers = {text: _as_number(text) for text in values.tolist()}
    if all(number is not None for number in numbers.values()):
        broken = {text for text, number in numbers.items() if number is not None and number != round(number)}
        if broken:
            place = next(index for index, text in enumerate(labels) if text in broken)
            raise DataError(
                f'{file}, line {lines[place]:,}: the label is "{labels[place]}", a value to predict, as in regression. '
                "LayerLoom learns classes: name a column of whole numbers or names in label_column."
            )
    return classes_of(texts, name)


def _as_number(text: str) -> float | None:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    return number if np.isfinite(number) else None
