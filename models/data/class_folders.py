"""A folder with one subfolder of images for each class, or train, val and test folders with such subfolders."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.data.facts import DataError, DataFacts
from models.data.folders import PARTS, Walk, bounded, first_shape, listed, name_of
from models.data.samples import TRAINING, FileSamples, Names, shown
from models.data.sources.base import SUFFIXES, Progress

LAYOUT = "LayerLoom expects one subfolder of images for each class, such as cats/ and dogs/"


@dataclass(frozen=True)
class ClassFolder:
    """One folder with images of one class, all of them for one part."""

    folder: str
    name: str
    part: int = TRAINING


def open_class_folders(folder: Path, progress: Progress | None = None) -> FileSamples:
    """The images of a folder, found and not decoded but for one. Raises DataError."""
    walk = Walk(folder, LAYOUT, progress)
    tops = walk.folders()
    if not tops:
        raise DataError(_why_no_classes(walk))
    part_folders = find_part_folders(walk, tops)
    classes = _classes_in_parts(walk, part_folders) if part_folders else [ClassFolder(top, top) for top in tops]
    class_names = tuple(sorted({entry.name for entry in classes}))
    names, labels, parts = _list_images(walk, classes, class_names)
    has_parts = len(set(parts)) > 1
    titles = tuple(map(shown, class_names))
    facts = DataFacts(name_of(folder), len(names), first_shape(folder, names), titles, has_parts=has_parts)
    samples = FileSamples(facts, folder, names, np.array(labels, np.int64))
    samples.parts = np.array(parts, np.int8) if has_parts else None
    samples.orphan_images = _loose(walk, part_folders)
    return samples


def find_part_folders(walk: Walk, tops: Sequence[str]) -> dict[str, int]:
    """The folders called train, val, test or alike, each with its part; empty where the data set is not laid out so.

    It is where one of them holds class folders and no other folder holds images.
    """
    parts = {top: PARTS[top.lower()] for top in tops if top.lower() in PARTS}
    inner = (f"{top}/{name}" for top in parts for name in walk.folders(top))
    if not any(walk.has_images(name) for name in inner):
        return {}
    return {} if any(walk.has_images(top) for top in tops if top not in parts) else parts


def _classes_in_parts(walk: Walk, part_folders: dict[str, int]) -> list[ClassFolder]:
    return [
        ClassFolder(f"{top}/{name}", name, part) for top, part in part_folders.items() for name in walk.folders(top)
    ]


def _list_images(
    walk: Walk, classes: Sequence[ClassFolder], class_names: Sequence[str]
) -> tuple[Names, array[int], array[int]]:
    """The images of all classes, with label and part of each; nothing larger than their names is kept."""
    label_of = {name: label for label, name in enumerate(class_names)}
    labels, parts = array("i"), array("b")
    has_direct: set[str] = set()

    def images() -> Iterator[str]:
        for entry in classes:
            for name in walk.images(entry.folder):
                if "/" not in name[len(entry.folder) + 1 :]:
                    has_direct.add(entry.name)
                labels.append(label_of[entry.name])
                parts.append(entry.part)
                yield name

    names = Names(images())
    filled = {class_names[label] for label in set(labels)}
    _check_classes(walk.folder, class_names, filled, has_direct)
    return names, labels, parts


def _check_classes(folder: Path, class_names: Sequence[str], filled: set[str], has_direct: set[str]) -> None:
    if filled and not has_direct:
        raise DataError(
            f"The images in {folder} lie one level deeper, in subfolders of {listed(sorted(filled))}. "
            f"Choose one of these folders instead: {LAYOUT}."
        )
    bare = [name for name in class_names if name not in filled]
    if bare:
        kinds = ", ".join(sorted(suffix[1:] for suffix in SUFFIXES))
        raise DataError(
            f"{len(bare)} of the class folders in {folder} hold no readable image: {listed(bare)}. "
            f"Put images there ({kinds}), or remove these folders."
        )
    if len(class_names) == 1:
        raise DataError(
            f"{folder} has one class, {class_names[0]}; telling images apart takes two or more. "
            f"Add a subfolder for another class, or choose the folder above if the classes are there."
        )


def _why_no_classes(walk: Walk) -> str:
    loose = len(walk.loose_images())
    if loose:
        return f"{walk.folder} holds images ({loose:,}) but no subfolders. {LAYOUT}: sort the images into subfolders."
    if not walk.files():
        return f"{walk.folder} is empty. {LAYOUT}."
    return f"{walk.folder} holds neither subfolders nor images. {LAYOUT}."


def _loose(walk: Walk, part_folders: dict[str, int]) -> tuple[str, ...]:
    """Images beside the class folders, which have no class."""
    within = (f"{top}/{name}" for top in part_folders for name in walk.loose_images(top))
    return bounded([*walk.loose_images(), *within])
