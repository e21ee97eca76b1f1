"""`SampleDetails`: one sample and what is known of it, and the same in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.blocks import shape_text
from models.data.samples import Boxes, Values
from widgets.data.pixel_values import value_text


@dataclass(frozen=True, eq=False)
class SampleDetails:
    """A sample and what is known of it.

    Attributes:
        index: which sample.
        name: what it is called.
        values: as stored: (height, width, channels), (steps, channels), (depth, height, width, channels) or (values,).
        class_name: its class; empty where it has none.
        part: the side of the split, in words.
        findings: what was found about it, a sentence each.
        left_out: whether it is not used.
        white: the value that stands for white; 0 where there is none.
        mask: (height, width) the class of every pixel.
        boxes: (objects, 5) top, left, bottom, right, class.
        class_names: of all classes.
        has_folder: whether it is a file, whose folder can be opened.
        position: its number among those shown, from 1, and how many are shown; None where it is not among them.
        error: why it cannot be read; `values` do not count then.
    """

    index: int
    name: str
    values: Values
    class_name: str = ""
    part: str = ""
    findings: tuple[str, ...] = ()
    left_out: bool = False
    white: float = 255.0
    mask: Values | None = None
    boxes: Boxes | None = None
    class_names: tuple[str, ...] = ()
    has_folder: bool = False
    position: tuple[int, int] | None = None
    error: str = ""


def facts(sample: SampleDetails) -> dict[str, str]:
    """What there is to say of every sample, by name."""
    return {
        "Class": sample.class_name or "none",
        "Part": "left out" if sample.left_out else sample.part or "none",
        "Size": "unknown" if sample.error else shape_text(sample.values.shape),
        "Values": "unknown" if sample.error else _range_text(sample.values),
    }


def description(sample: SampleDetails) -> str:
    """All of it in one sentence, for assistive tools."""
    where = "{:,} of {:,}".format(*sample.position) if sample.position else ""
    said = [f"{name} {text}" for name, text in facts(sample).items()]
    return ", ".join(part for part in (*said, *sample.findings, sample.error, where) if part)


def class_name(sample: SampleDetails, label: int) -> str:
    """What a class is called in masks and boxes."""
    return sample.class_names[label] if 0 <= label < len(sample.class_names) else f"class {label}"


def _range_text(values: Values) -> str:
    if not values.size:
        return "none"
    finite = values if values.dtype.kind in "iu" else values[np.isfinite(values)]
    ends = f"{value_text(finite.min())} … {value_text(finite.max())}" if finite.size else "no numbers"
    lost = values.size - finite.size
    return f"{values.dtype}, {ends}" + (f", {lost:,} no numbers" if lost else "")
