"""Classes from labels as people store them: integers, text, one-hot rows, whole numbers as floats."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.blocks import shape_text
from models.data.facts import DataError
from models.data.samples import Indices, Values

FEW_CLASSES = 1_000
"""More classes than this, with fewer than two samples for each, are an error: such labels number the samples."""

_WHOLE = re.compile(r"[+-]?\d{1,18}(\.0*)?")


def classes_of(labels: Values, name: str, class_names: Sequence[str] = ()) -> tuple[Indices, tuple[str, ...]]:
    """The class of each sample, counted from 0, and the names of the classes.

    Integers become classes in their order, named by the number; text is sorted; one-hot rows count by place. Given
    `class_names`, integers that are indices of it stay as they are.

    Args:
        labels: (samples,), (samples, 1) or one-hot (samples, classes), of integers, booleans, whole floats or text.
        name: what the labels are called in errors.

    Raises DataError.
    """
    flat = _one_axis(labels, name)
    if flat.dtype.kind in "US":
        return _text_classes(flat, name)
    numbers = _whole_numbers(flat, name)
    values, places = np.unique(numbers, return_inverse=True)
    one_hot = labels.shape[-1] if labels.ndim == 2 and labels.shape[1] > 1 else 0
    if class_names and len(values) and values[0] >= 0 and values[-1] < len(class_names):
        return numbers, tuple(class_names)
    if one_hot:
        return numbers, tuple(str(place) for place in range(one_hot))
    _check_count(len(values), len(flat), name)
    names = class_names if len(class_names) == len(values) else [str(value) for value in values.tolist()]
    return places.reshape(-1).astype(np.int64), tuple(names)


def _one_axis(labels: Values, name: str) -> Values:
    """Labels (samples,), from (samples, 1) or from one-hot rows."""
    squeezed = labels.reshape(len(labels)) if labels.ndim > 1 and labels.size == len(labels) else labels
    if squeezed.ndim == 1:
        return squeezed
    if squeezed.ndim != 2 or squeezed.dtype.kind not in "buif":
        raise DataError(
            f"{name} has the shape {shape_text(labels.shape)}, and one class for each sample was expected: a column of "
            "classes, or one-hot rows. Name another array in labels."
        )
    hot = squeezed.astype(bool)
    if (hot.sum(axis=1) != 1).any() or (squeezed[hot] != 1).any():
        raise DataError(
            f"{name} has rows of {squeezed.shape[1]} numbers that are not one-hot (a single 1 and else 0). LayerLoom "
            "learns one class for each sample. Save the classes as integers."
        )
    places: Indices = hot.argmax(axis=1)
    return places


def _text_classes(labels: npt.NDArray[Any], name: str) -> tuple[Indices, tuple[str, ...]]:
    if labels.dtype.kind == "S":
        try:
            labels = np.char.decode(labels, "utf-8")
        except UnicodeDecodeError:
            labels = np.char.decode(labels, "latin-1")
    texts = np.char.strip(labels)
    missing = np.flatnonzero(texts == "")
    if len(missing):
        raise DataError(
            f"{name} is empty for {len(missing):,} samples, the first one #{missing[0]}. Every sample needs a class: "
            "fill them in, or leave these samples out."
        )
    values, places = np.unique(texts, return_inverse=True)
    names = values.tolist()
    _check_count(len(names), len(texts), name)
    if all(_WHOLE.fullmatch(text) for text in names):  # "10" stands behind "9"
        numbers = np.array([int(text.partition(".")[0]) for text in names], dtype=np.int64)
        return classes_of(numbers[places.reshape(-1)], name)
    return places.reshape(-1).astype(np.int64), tuple(names)


def _whole_numbers(labels: npt.NDArray[Any], name: str) -> Indices:
    if labels.dtype.kind not in "buif":
        raise DataError(f"{name} holds values of type {labels.dtype}, and classes as integers or text were expected.")
    if labels.dtype.kind == "f":
        if not np.isfinite(labels).all():
            first = int(np.flatnonzero(~np.isfinite(labels))[0])
            raise DataError(
                f"{name} is {labels[first]} for sample #{first}: its class is missing. Every sample needs a class: "
                "fill it in, or leave the sample out."
            )
        broken = np.flatnonzero(labels != np.round(labels))
        if len(broken):
            raise DataError(
                f"{name} holds numbers such as {float(labels[broken[0]]):.6g} (sample #{broken[0]}): values to "
                "predict, as in regression. LayerLoom learns classes and expects whole numbers or names."
            )
    if len(labels) and np.abs(labels.astype(np.float64)).max() >= 2**62:
        raise DataError(f"{name} holds numbers too large for classes. Number the classes from 0.")
    return labels.astype(np.int64)


def _check_count(classes: int, samples: int, name: str) -> None:
    if classes > FEW_CLASSES and classes * 2 > samples:
        raise DataError(
            f"{name} holds {classes:,} different values for {samples:,} samples, so they are no classes but number the "
            "samples or measure something. Name other labels."
        )
