"""Which kind of data set a file or folder is, by a quick look at it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from models.data.class_folders import find_part_folders
from models.data.facts import DataError
from models.data.folders import Walk, exists, is_image, listed
from models.data.label_file import LabelFile, is_table
from models.data.mask_pairs import find_layouts
from models.data.samples import shown
from models.data.sources.base import SOURCES, SUFFIXES, Source

EXPECTED = (
    "LayerLoom reads a folder with a subfolder of images for each class, images with a CSV of labels or with masks, "
    ".npz and .npy arrays, a CSV with a row for each sample, a tf.data data set, or a zip archive of these"
)

FILE_KINDS = {".zip": "zip", ".npz": "arrays", ".npy": "arrays", ".csv": "table", ".tsv": "table"}
"""The kind of source for a file's ending."""

SAVED_DATASET = "dataset_spec.pb"
"""The file by which a folder is one that tf.data saved."""

_ROWS = 20
_FOLDERS = 50
_LONGEST_NAME = 200


def recognise(path: Path) -> Source:
    """The source that reads this file or folder. Raises DataError, which says what was found."""
    if not exists(path):
        raise DataError(f"There is no file or folder {path}. Check the path.")
    check_name(path)
    if path.is_dir():
        return _recognise_folder(path)
    suffix = path.suffix.lower()
    if is_table(path.name) and _names_images(path, path.parent, ()):
        return _source("labelled_folder", path.parent, labels=path.name)
    if suffix in FILE_KINDS:
        return _source(FILE_KINDS[suffix], path)
    what = "one image" if is_image(path.name) else f"a file ending in {suffix}" if suffix else "a file without ending"
    raise DataError(f"{path} is {what}. {EXPECTED}.")


def check_name(path: Path) -> None:
    """Raise DataError for a path that a project file, which is text, could not name."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise DataError(
            f"{shown(str(path))} has bytes in its name that are no text, and a project could not name it. Rename it."
        ) from error


def content(folder: Path) -> Path:
    """A folder, or what it holds alone: one file, or one folder, whose content counts then."""
    while True:
        walk = Walk(folder)
        folders, files = walk.folders(), walk.files()
        if len(files) == 1 and not folders and Path(files[0]).suffix.lower() in FILE_KINDS:
            return folder / files[0]
        if files or len(folders) != 1:
            return folder
        folder = folder / folders[0]


def _source(kind: str, path: Path, **settings: str) -> Source:
    return SOURCES[kind].model_validate({"path": str(path), **settings})


def _recognise_folder(folder: Path) -> Source:
    walk = Walk(folder)
    folders, files = walk.folders(), walk.files()
    if SAVED_DATASET in files:
        return _source("saved_dataset", folder)
    if find_layouts(walk):
        return _source("mask_folder", folder)
    tables = [name for name in files if is_table(name)]
    labels = next((name for name in tables if _names_images(folder / name, folder, folders)), "")
    loose = any(is_image(name) for name in files)
    if labels or (loose and len(tables) == 1):
        return _source("labelled_folder", folder, labels=labels if len(tables) > 1 else "")
    if find_part_folders(walk, folders) or any(walk.has_images(name) for name in folders):
        return _source("image_folder", folder)
    alone = _only_data_file(folder, files)
    if alone is not None and not loose:
        return _source(FILE_KINDS[alone.suffix.lower()], alone)
    raise DataError(f"{folder} {_what_there_is(folders, files)}. {EXPECTED}.")


def _only_data_file(folder: Path, files: Sequence[str]) -> Path | None:
    """The one file of a folder that is a data set by itself; of .npy files, which go together, the largest."""
    data = [folder / name for name in files if Path(name).suffix.lower() in FILE_KINDS]
    archives = [path for path in data if path.suffix.lower() == ".npz"]
    arrays = [path for path in data if path.suffix.lower() == ".npy"]
    if arrays and not archives:
        return max(arrays, key=lambda path: path.stat().st_size)
    return next((few[0] for few in (archives, data) if len(few) == 1), None)


def _names_images(table: Path, folder: Path, folders: Sequence[str]) -> bool:
    """Whether the first rows of a table name images in a folder or in its subfolders."""
    try:
        rows = [row for _, row in islice(LabelFile(table).rows(), _ROWS)]
    except DataError:  # opening it will tell
        return False
    values = {value for row in rows for value in row if value and len(value) <= _LONGEST_NAME}
    return any(_is_image_file(path) for value in values for path in _possible(value, folder, folders))


def _possible(value: str, folder: Path, folders: Sequence[str]) -> Iterator[Path]:
    name = value.replace("\\", "/")
    endings = ("",) if is_image(name) else sorted(SUFFIXES)
    for below in ("", *folders[:_FOLDERS]):
        yield from (folder / below / (name + ending) for ending in endings)


def _is_image_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _what_there_is(folders: Sequence[str], files: Sequence[str]) -> str:
    """`holds 3 folders without images, 2 .txt files`."""
    if not folders and not files:
        return "is empty"
    endings = Counter(Path(name).suffix.lower() or "other" for name in files)
    found = [f"{count:,} {ending} file{'s' if count > 1 else ''}" for ending, count in endings.most_common()]
    if folders:
        found.insert(0, f"{len(folders):,} folder{'s' if len(folders) > 1 else ''} without images")
    images = any(is_image(name) for name in files)
    return f"holds {listed(found, 5)}" + (", and nothing says which class an image has" if images else "")
