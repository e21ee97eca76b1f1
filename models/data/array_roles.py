"""Which array of a file has the samples, which the labels: as the user says, or found by the names people give."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import PurePath
from typing import TYPE_CHECKING

from models.data.array_axes import AXES, detected_axes
from models.data.array_files import ArrayInfo, check_readable
from models.data.facts import DataError
from models.data.samples import TEST, TRAINING, VALIDATION

if TYPE_CHECKING:
    from models.data.sources.arrays import ArrayFile

NONE = "-"
"""Stands in a name's place where the array is not to be used, though there is one."""

X = ("x", "images", "image", "data", "samples", "inputs", "features", "signals", "volumes", "values")
Y = ("y", "labels", "label", "targets", "target", "classes", "class")
MASKS = ("masks", "mask", "segmentations", "segmentation")
CLASS_NAMES = ("classnames", "labelnames", "targetnames")
PART_WORDS = {TRAINING: ("train", "training", "tr"), VALIDATION: ("val", "valid", "validation", "dev"),
              TEST: ("test", "testing", "te")}  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """The arrays of one part of a data set; `labels` or `masks` may be missing."""

    part: int
    values: ArrayInfo
    labels: ArrayInfo | None
    masks: ArrayInfo | None


@dataclass(frozen=True)
class Roles:
    """What each array is for."""

    pairs: tuple[Pair, ...]
    class_names: ArrayInfo | None


def find_roles(infos: Sequence[ArrayInfo], source: ArrayFile) -> Roles:
    """What each array of a file is for. Raises DataError where that cannot be told."""
    file = PurePath(source.path).name
    values = _named(infos, source.values, "values", file) if not is_npy(infos, source) else infos[0]
    values = values or _first_values(infos, file)
    labels = _labels(infos, source, values, file)
    masks = _named(infos, source.masks, "masks", file)
    if labels is None and masks is None and not source.masks:
        masks = _partner(infos, values, MASKS)
    if labels is None and masks is None:
        check_readable(values, file)  # what is wrong with the samples comes first
        raise DataError(
            f'{file} has samples ("{values.name}") and nothing that says their classes: found {_list(infos)}. Expected '
            "an array of labels called y or labels. Name it in labels, or add it."
        )
    pairs = [Pair(TRAINING, values, labels, masks)]
    for part in (VALIDATION, TEST):
        pair = _other_part(infos, source, pairs[0], part, file)
        if pair is not None:
            pairs.append(pair)
    texts = [info for info in infos if info.dtype.kind in "US"]
    return Roles(tuple(pairs), _first(texts, CLASS_NAMES))


def guessed(infos: Sequence[ArrayInfo], source: ArrayFile) -> ArrayFile:
    """The source with every name and the axes filled in, as they are found; as it is where nothing is."""
    try:
        roles = find_roles(infos, source)
        first = roles.pairs[0]
        test = next((pair for pair in roles.pairs if pair.part == TEST), None)
        count = first.labels.shape[0] if first.labels is not None and first.labels.shape else None
        return source.replace(
            values="" if is_npy(infos, source) else first.values.name,
            labels=first.labels.name if first.labels else NONE,
            test_values=test.values.name if test else NONE,
            test_labels=test.labels.name if test and test.labels else NONE,
            masks=first.masks.name if first.masks else "",
            axes=source.axes or detected_axes(first.values.shape, count),
        )
    except DataError:
        return source


def is_npy(infos: Sequence[ArrayInfo], source: ArrayFile) -> bool:
    """Whether the source's file is itself the array with the samples: an .npy, whatever its name says."""
    return bool(infos) and infos[0].name == PurePath(source.path).name


def _named(infos: Sequence[ArrayInfo], name: str, field: str, file: str) -> ArrayInfo | None:
    """The array that the user named; None where none is named."""
    if name in ("", NONE):
        return None
    for info in infos:
        if info.name == name:
            return info
    raise DataError(f'There is no array "{name}" in {file}, as {field} says; found {_list(infos)}.')


def _labels(infos: Sequence[ArrayInfo], source: ArrayFile, values: ArrayInfo, file: str) -> ArrayInfo | None:
    if source.labels == NONE:
        return None
    named = _named(infos, source.labels, "labels", file)
    if named is not None:
        return named
    others = [info for info in infos if info != values]
    if (
        not is_npy(infos, source)
        and len(others) == 1
        and len(others[0].shape) in (1, 2)
        and _key(others[0]) not in MASKS
    ):
        return others[0]  # numpy.savez(file, a, b) calls them arr_0 and arr_1
    return _partner(infos, values, Y)


def _first_values(infos: Sequence[ArrayInfo], file: str) -> ArrayInfo:
    """The training samples: by name, or else the largest array that can hold samples."""
    able = [info for info in infos if _holds_samples(info)]
    named = _first(able, [*_part_names(X, TRAINING), *X])
    if named is not None:
        return named
    others = [info for info in able if _key(info) not in {*Y, *MASKS}]
    if others:
        return max(others, key=lambda info: prod(info.shape))
    problem = next((info for info in infos if info.problem), None)
    if problem is not None:
        check_readable(problem, file)
    raise DataError(
        f"{file} holds no samples: found {_list(infos)}. Expected an array of numbers with 2 to 5 axes, "
        "one of which counts the samples."
    )


def _holds_samples(info: ArrayInfo) -> bool:
    return not info.problem and len(info.shape) in AXES and info.dtype.kind in "buif"


def _other_part(infos: Sequence[ArrayInfo], source: ArrayFile, training: Pair, part: int, file: str) -> Pair | None:
    """The samples of validation or test; None where there are none."""
    asked = source.test_values if part == TEST else ""
    if asked == NONE:
        return None
    values = _named(infos, asked, "test_values", file) or _part_values(infos, training.values, part)
    if values is None or values == training.values or not _holds_samples(values):
        return None
    if not asked and len(values.shape) != len(training.values.shape):
        return None  # samples of something else
    labels = masks = None
    if training.labels is not None:
        named = source.test_labels if part == TEST else ""
        labels = _named(infos, named, "test_labels", file) or _partner(infos, values, Y)
    if training.masks is not None:
        masks = _partner(infos, values, MASKS)
    complete = (labels is None) == (training.labels is None) and (masks is None) == (training.masks is None)
    if complete:
        return Pair(part, values, labels, masks)
    if asked:
        raise DataError(
            f'The test samples "{values.name}" in {file} have no {"labels" if labels is None else "masks"}: found '
            f"{_list(infos)}. Name them in test_labels."
        )
    return None


def _partner(infos: Sequence[ArrayInfo], values: ArrayInfo, names: tuple[str, ...]) -> ArrayInfo | None:
    """The labels or masks of some samples by the names people give, as like the samples' name as can be.

    Beside `x_train` that is `y_train`, beside `digits_images` it is `digits_labels`, beside `x` it is `y`.
    """
    words = _words(values)
    parts = [word for word in words if any(word in of_part for of_part in PART_WORDS.values())]
    candidates = ["".join((*words, name)) for name in names]
    for place, word in enumerate(words):
        if word in X:
            rest = [words[:place], words[place + 1 :]]
            candidates += ["".join((*rest[0], name, *rest[1])) for name in names]
    candidates += [text for name in names for word in parts for text in (name + word, word + name)]
    if not parts:
        candidates += [*names, *_part_names(names, TRAINING)]
    return _first([info for info in infos if info != values], candidates)


def _part_values(infos: Sequence[ArrayInfo], training: ArrayInfo, part: int) -> ArrayInfo | None:
    """The samples of another part: beside `x_train` that is `x_test`."""
    words = _words(training)
    places = [place for place, word in enumerate(words) if word in PART_WORDS[TRAINING]]
    candidates = [
        "".join((*words[:place], other, *words[place + 1 :])) for place in places for other in PART_WORDS[part]
    ]
    if not places:
        candidates = [text for other in PART_WORDS[part] for text in ("".join(words) + other, other + "".join(words))]
    return _first(infos, candidates + _part_names(X, part))


def _first(infos: Sequence[ArrayInfo], candidates: Iterable[str]) -> ArrayInfo | None:
    by_key = {_key(info): info for info in reversed(infos)}
    return next((by_key[candidate] for candidate in candidates if candidate in by_key), None)


def _part_names(names: Iterable[str], part: int) -> list[str]:
    """`xtrain`, `trainx`, …"""
    return [text for name in names for word in PART_WORDS[part] for text in (name + word, word + name)]


def _words(info: ArrayInfo) -> list[str]:
    """`X_train.npy` as x, train."""
    return re.findall(r"[a-z0-9]+", info.name.removesuffix(".npy").lower())


def _key(info: ArrayInfo) -> str:
    return "".join(_words(info))


def _list(infos: Sequence[ArrayInfo]) -> str:
    shown = ", ".join(info.text for info in infos[:8])
    return shown + (f" and {len(infos) - 8:,} more" if len(infos) > 8 else "")
