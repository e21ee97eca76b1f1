"""A folder of images and a CSV file that says the label of each."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from models.data.facts import DataError, DataFacts
from models.data.file_index import ABSENT, AMBIGUOUS, FileIndex, last_part, last_stem, without_suffix
from models.data.folders import MOST_NAMES, PARTS, Walk, bounded, first_shape, is_image, listed, name_of
from models.data.label_file import Column, LabelFile, Lines, as_number, only_table
from models.data.samples import FileSamples, Names
from models.data.sources.base import Progress

LAYOUT = "LayerLoom expects a folder with images and a CSV file with a row for each, such as file,label"

LABEL_NAMES = ("label", "labels", "class", "classes", "class_name", "category", "target", "diagnosis", "species")
"""What a column of classes is called where there are several to choose from, in small letters."""

_REPORT_EVERY = 1_000
_MOST_ALIKE = 100


class ImageFinder:
    """Finds the image that a value in a table means: with or without suffix, with more or fewer folders before it."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def find(self, value: str) -> int:
        """The index of the image; ABSENT or AMBIGUOUS."""
        wanted = value.replace("\\", "/").removeprefix("./")
        for index in (self._by_name, self._by_stem):
            found = index.find(wanted)
            if found != ABSENT:
                return found
        return self._by_last_part(wanted)

    def _by_last_part(self, wanted: str) -> int:
        last = last_part(wanted)
        keys = {last, last_stem(last)} if is_image(last) else {last}
        found = {
            index
            for key in keys
            for index in self._by_last_stem.find_all(key, _MOST_ALIKE)
            if _is_same_path(wanted, self.names[index])
        }
        return AMBIGUOUS if len(found) > 1 else found.pop() if found else ABSENT

    @cached_property
    def _by_name(self) -> FileIndex:
        return FileIndex(self.names)

    @cached_property
    def _by_stem(self) -> FileIndex:
        return FileIndex(self.names, without_suffix)

    @cached_property
    def _by_last_stem(self) -> FileIndex:
        return FileIndex(self.names, last_stem)


def _is_same_path(wanted: str, name: str) -> bool:
    """Whether one is the other with further folders before it; the suffix may be missing."""
    paths = (f"/{name}", f"/{without_suffix(name)}")
    return any(f"/{wanted}".endswith(path) or path.endswith(f"/{wanted}") for path in paths)


def open_labelled_folder(
    folder: Path, labels: str = "", file_column: str = "", label_column: str = "", progress: Progress | None = None
) -> FileSamples:
    """The images that a table gives a label, found and not decoded but for one. Raises DataError.

    Args:
        labels: the CSV file, absolute or below the folder; "" for the only one there.
        file_column: the column with the images' names; "" for the one that names most images.
        label_column: the column with the classes; "" for the other one, or the one that is called so.
        progress: called with the images found and 0.
    """
    walk = Walk(folder, LAYOUT, progress)
    table = LabelFile(folder / (labels or only_table(folder, walk.files())))
    names = Names(walk.images())
    if not len(names):
        raise DataError(f"{folder} holds no images. {LAYOUT}.")
    finder = ImageFinder(names)
    columns = table.survey(
        lambda value: finder.find(value) != ABSENT, None if progress is None else partial(progress, len(names), 0)
    )
    files = _file_column(table, columns, file_column, finder, folder)
    part = _part_column(columns, files, label_column)
    classes = _label_column(table, columns, label_column, files, part)
    reading = _Reading(table, finder, columns, files, classes, part)
    reading.read(progress)
    return reading.samples(folder)


# --- which column is which --------------------------------------------------------------------------------------------
def _chosen(table: LabelFile, name: str) -> int:
    if name not in table.header:
        raise DataError(
            f"{table.path.name} has no column called {name}; it has {listed(table.header)}. Choose one of these."
        )
    return table.header.index(name)


def _file_column(table: LabelFile, columns: Sequence[Column], name: str, finder: ImageFinder, folder: Path) -> int:
    best = max(range(len(columns)), key=lambda at: _merit(columns[at]))
    found = _chosen(table, name) if name else best
    if finder.find(table.header[found]) != ABSENT:
        raise DataError(
            f"{table.path.name} has no header: its first line, {', '.join(table.header)[:200]}, names an image. "
            "Put a line such as file,label before it."
        )
    if not name and not columns[best].files:
        _, first = next(table.rows())
        raise DataError(
            f"No column of {table.path.name} names an image in {folder}; its first row is {', '.join(first)[:200]}. "
            "One column must have file names, with or without their suffix."
        )
    return found


def _merit(column: Column) -> tuple[int, int, int]:
    return column.whole_names, column.files, len(column.values)


def _part_column(columns: Sequence[Column], files: int, label_column: str) -> int | None:
    taken = {columns[files].name, label_column}
    return next((at for at, column in enumerate(columns) if column.is_part and column.name not in taken), None)


def _label_column(table: LabelFile, columns: Sequence[Column], name: str, files: int, part: int | None) -> int:
    others = [at for at in range(len(columns)) if at not in (files, part)]
    if name:
        found = _chosen(table, name)
    elif not others:
        raise DataError(f"{table.path.name} has no column with labels beside {listed(table.header)}. Add one.")
    else:
        found = _likely_label(table, columns, others)
    why = columns[found].why_no_classes()
    if why:
        raise DataError(f"{table.path.name}, column {columns[found].name}: {why}. Choose another column.")
    if columns[found].empty.count:
        raise DataError(
            f"{table.path.name} has no label in column {columns[found].name} in {columns[found].empty.text}. "
            "Fill them in, or remove these rows."
        )
    return found


def _likely_label(table: LabelFile, columns: Sequence[Column], others: Sequence[int]) -> int:
    """The only column left, the one that is called label or alike, or the only one that can be classes."""
    called = [at for word in LABEL_NAMES for at in others if columns[at].name.lower() == word]
    possible = [at for at in others if not columns[at].why_no_classes() and len(columns[at].values) > 1]
    if len(others) == 1 or called:
        return (called or list(others))[0]
    if len(possible) == 1:
        return possible[0]
    raise DataError(
        f"{table.path.name} has several columns that could be labels: {listed([columns[at].name for at in others])}. "
        "Choose the one with the classes."
    )


# --- the rows ---------------------------------------------------------------------------------------------------------
class _Reading:
    """The table's second reading: what it says of each image."""

    def __init__(
        self,
        table: LabelFile,
        finder: ImageFinder,
        columns: Sequence[Column],
        files: int,
        classes: int,
        part: int | None,
    ) -> None:
        self._table = table
        self._finder = finder
        self._files, self._classes, self._part = files, classes, part
        self._is_whole = columns[classes].is_whole
        self._ids: dict[str, int] = {}
        count = len(finder.names)
        self._labels = array("i", [-1]) * count
        self._lines = array("q", [0]) * count
        self._parts = array("b", [0]) * count
        self._orphans: list[str] = []
        self._more_orphans = 0

    def read(self, progress: Progress | None) -> None:
        nameless = Lines()
        for number, (line, row) in enumerate(self._table.rows()):
            if progress is not None and number % _REPORT_EVERY == 0:
                progress(len(self._finder.names), 0)
            if not row[self._files]:
                nameless.add(line)
                continue
            self._take(line, row)
        if nameless.count:
            raise DataError(
                f"{self._table.path.name} has no file name in {nameless.text}. Fill them in, or remove these rows."
            )

    def _take(self, line: int, row: list[str]) -> None:
        file, label = row[self._files], self._class_name(row[self._classes])
        found = self._finder.find(file)
        if found == AMBIGUOUS:
            raise DataError(
                f"{self._table.path.name}, line {line}: {file[:200]} fits several images. "
                "Give its folder or its suffix, too."
            )
        if found == ABSENT:
            if len(self._orphans) < MOST_NAMES:
                self._orphans.append(file)
            else:
                self._more_orphans += 1
            return
        class_id = self._ids.setdefault(label, len(self._ids))
        if self._labels[found] not in (-1, class_id):
            raise DataError(
                f"{self._table.path.name} gives {file[:200]} different labels in lines {self._lines[found]} and {line}"
                ". LayerLoom takes one label for each image: remove one of these rows."
            )
        self._labels[found], self._lines[found] = class_id, line
        if self._part is not None:
            self._parts[found] = PARTS[row[self._part].lower()]

    def _class_name(self, value: str) -> str:
        number = as_number(value) if self._is_whole else None
        return value if number is None else str(int(number))

    def samples(self, folder: Path) -> FileSamples:
        """What has been read, in the order of the files; the classes by number or by letters."""
        labels = np.frombuffer(self._labels, np.int32).astype(np.int64)
        kept = np.flatnonzero(labels >= 0)
        class_names = sorted(self._ids, key=int) if self._is_whole else sorted(self._ids)
        self._check(folder, class_names)
        order = np.argsort(np.array([self._ids[name] for name in class_names]))
        all_names = self._finder.names
        names = Names(all_names[int(index)] for index in kept)
        parts = np.frombuffer(self._parts, np.int8)[kept].copy()
        has_parts = len(np.unique(parts)) > 1
        shape = first_shape(folder, names)
        facts = DataFacts(name_of(folder), len(names), shape, tuple(class_names), has_parts=has_parts)
        samples = FileSamples(facts, folder, names, order[labels[kept]], parts if has_parts else None)
        samples.orphan_images = bounded(all_names[int(index)] for index in np.flatnonzero(labels < 0))
        more = (f"and {self._more_orphans:,} more",) if self._more_orphans else ()
        samples.orphan_labels = (*self._orphans, *more)
        return samples

    def _check(self, folder: Path, class_names: Sequence[str]) -> None:
        table, column = self._table.path.name, self._table.header[self._files]
        if not class_names:
            raise DataError(
                f"None of the files in column {column} of {table}, such as {listed(self._orphans, 3)}, is in {folder}. "
                "Choose the folder with the images, or another column."
            )
        if len(class_names) == 1:
            raise DataError(
                f"{table} labels every image {class_names[0]}; telling images apart takes two or more "
                f"classes. Choose another column than {self._table.header[self._classes]}, or add other images."
            )
