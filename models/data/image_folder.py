"""A folder with one subfolder of images for each class: found, really decoded, and loaded."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import NoReturn

import numpy as np

from models.blocks import Shape, shape_text
from models.blocks.shapes import size_of
from models.data.decoding import BrokenImage, quiet_pillow, read_image
from models.data.facts import DataError, DataFacts
from models.data.images import Bytes, Floats, ImageSet, as_floats, fit_image, reduced
from models.data.memory import physical_memory
from models.data.sources.base import SUFFIXES

Progress = Callable[[int, int], None]
"""Called with the images done and the images in all; an exception raised in it ends the work."""

LAYOUT = "LayerLoom expects one subfolder of images for each class, such as cats/ and dogs/"


@dataclass(frozen=True)
class _File:
    path: Path
    label: int


@dataclass(frozen=True, eq=False)
class _Picture:
    """What became of one file: its pixels' shape and, when loading, the pixels; or why it is broken."""

    file: _File
    shape: Shape = ()
    pixels: Bytes | None = None
    broken: str = ""


# --- the four ways to look at a folder --------------------------------------------------------------------------------
def scan_folder(folder: Path, progress: Progress | None = None) -> DataFacts:
    """Decode every image and tell what there is. Raises DataError."""
    names, files = _listing(folder)
    return _facts(folder, names, list(_read_all(files, None, progress)))


def load_folder(folder: Path, shape: Shape, progress: Progress | None = None) -> ImageSet:
    """Every readable image fitted to `shape` (height, width, 1 or 3). Raises DataError, also for want of memory."""
    names, files = _listing(folder)
    _check_memory(len(files), shape)
    pictures = list(_read_all(files, shape, progress))
    facts = _facts(folder, names, pictures)
    readable = [picture for picture in pictures if picture.pixels is not None]
    images = np.stack([picture.pixels for picture in readable if picture.pixels is not None])
    labels = np.array([picture.file.label for picture in readable], dtype=np.int64)
    return ImageSet(facts, images, labels)


def glance_at_folder(folder: Path) -> DataFacts:
    """The facts as they look without decoding more than one image. Raises DataError."""
    names, files = _listing(folder)
    with quiet_pillow():
        shape = next((shape for file in files if (shape := _read(file, None).shape)), None)
    if shape is None:
        _refuse_bare(folder, names)
    return DataFacts(_name(folder), len(files), shape, names)


def folder_samples(folder: Path, count: int) -> tuple[list[Floats], list[int]]:
    """The first images of every class in turn, float32 (height, width, 1 or 3) in 0 … 1, and their labels.

    Raises DataError.
    """
    names, files = _listing(folder)
    classes = [[file for file in files if file.label == label] for label in range(len(names))]
    in_turn = [file for file in chain.from_iterable(zip_longest(*classes)) if file is not None]
    images: list[Floats] = []
    labels: list[int] = []
    with quiet_pillow():
        for file in in_turn:
            if len(images) == count:
                break
            try:
                images.append(reduced(read_image(file.path)))
                labels.append(file.label)
            except BrokenImage:
                continue  # the scan names it
    return images, labels


# --- finding ----------------------------------------------------------------------------------------------------------
def _listing(folder: Path) -> tuple[tuple[str, ...], list[_File]]:
    """The classes, and every file that looks like an image, class by class."""
    if not folder.exists():
        raise DataError(f"There is no folder {folder}. Check the path, or choose the image folder again.")
    if not folder.is_dir():
        raise DataError(f"{folder} is a file. Choose a folder; {LAYOUT}.")
    classes = [entry for entry in _entries(folder) if entry.is_dir() and entry.name != "__MACOSX"]
    if not classes:
        raise DataError(_why_no_classes(folder))
    images = [_images(entry) for entry in classes]
    _check_classes(folder, classes, images)
    files = [_File(path, label) for label, paths in enumerate(images) for path in paths]
    return tuple(entry.name for entry in classes), files


def _entries(folder: Path) -> list[Path]:
    """What a folder holds, sorted, without hidden files."""
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror}. Check its permissions.") from error


def _images(folder: Path) -> list[Path]:
    return [entry for entry in _entries(folder) if entry.suffix.lower() in SUFFIXES and entry.is_file()]


def _why_no_classes(folder: Path) -> str:
    loose = len(_images(folder))
    if loose:
        return f"{folder} holds images ({loose:,}) but no subfolders. {LAYOUT}: sort the images into subfolders."
    if next(iter(_entries(folder)), None) is None:
        return f"{folder} is empty. {LAYOUT}."
    return f"{folder} holds neither subfolders nor images. {LAYOUT}."


def _check_classes(folder: Path, classes: Sequence[Path], images: Sequence[Sequence[Path]]) -> None:
    bare = [entry for entry, found in zip(classes, images, strict=True) if not found]
    if len(bare) == len(classes) and any(
        _images(inner) for entry in bare for inner in _entries(entry) if inner.is_dir()
    ):
        raise DataError(
            f"The images in {folder} lie one level deeper, in subfolders of {_names(bare)}. "
            f"Choose one of these folders instead: {LAYOUT}."
        )
    if bare:
        _refuse_bare(folder, [entry.name for entry in bare])
    if len(classes) == 1:
        raise DataError(
            f"{folder} has one class, {classes[0].name}; telling images apart takes two or more. "
            f"Add a subfolder for another class, or choose the folder above if the classes are there."
        )


def _refuse_bare(folder: Path, names: Sequence[str]) -> NoReturn:
    kinds = ", ".join(sorted(suffix[1:] for suffix in SUFFIXES))
    raise DataError(
        f"{len(names)} of the class folders in {folder} hold no readable image: {_names(names)}. "
        f"Put images there ({kinds}), or remove these folders."
    )


def _names(entries: Iterable[Path | str]) -> str:
    names = [entry if isinstance(entry, str) else entry.name for entry in entries]
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")


# --- reading ----------------------------------------------------------------------------------------------------------
def _read_all(files: Sequence[_File], shape: Shape | None, progress: Progress | None) -> Iterator[_Picture]:
    """What became of each file, in order. Threads help: Pillow decodes outside the interpreter's lock."""
    pool = ThreadPoolExecutor(max_workers=os.cpu_count(), thread_name_prefix="decode")
    try:
        with quiet_pillow():
            for done, picture in enumerate(pool.map(lambda file: _read(file, shape), files), start=1):
                if progress is not None:
                    progress(done, len(files))
                yield picture
    finally:
        pool.shutdown(cancel_futures=True)


def _read(file: _File, shape: Shape | None) -> _Picture:
    try:
        pixels = read_image(file.path)
    except BrokenImage as error:
        return _Picture(file, broken=str(error))
    if shape is None:
        return _Picture(file, pixels.shape)
    return _Picture(file, pixels.shape, np.round(fit_image(as_floats(pixels), shape) * 255).astype(np.uint8))


def _facts(folder: Path, names: tuple[str, ...], pictures: Sequence[_Picture]) -> DataFacts:
    readable = [picture for picture in pictures if not picture.broken]
    found = {picture.file.label for picture in readable}
    bare = [name for label, name in enumerate(names) if label not in found]
    if bare:
        _refuse_bare(folder, bare)
    (height, width), _ = Counter(picture.shape[:2] for picture in readable).most_common(1)[0]
    channels = max(picture.shape[2] for picture in readable)
    broken = tuple(f"{p.file.path.relative_to(folder)}: {p.broken}" for p in pictures if p.broken)
    return DataFacts(_name(folder), len(readable), (height, width, channels), names, broken)


def _name(folder: Path) -> str:
    return folder.resolve().name or str(folder)


def _check_memory(count: int, shape: Shape) -> None:
    needed, there = count * size_of(shape), physical_memory()
    if needed > there / 2:
        raise DataError(
            f"{count:,} images of {shape_text(shape)} take {needed / 2**30:.1f} GB, more than half of this machine's "
            f"{there / 2**30:.1f} GB of memory. Make the Input block smaller, or use fewer images."
        )
