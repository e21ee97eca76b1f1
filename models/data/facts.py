"""What is known of a data set before its samples are loaded, and the error that says why one cannot be used."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from models.blocks import Shape, shape_text

Target = Literal["class", "mask"]
"""What there is to learn of each sample: its class, or the class of each of its pixels."""

UNITS = {1: "rows", 2: "signals", 3: "images", 4: "volumes"}
"""What samples are called, by the axes of one."""


class DataError(ValueError):
    """A data set that cannot be used; the text says what was found, what was expected and what to do."""


@dataclass(frozen=True)
class DataFacts:
    """What the editor needs to know of a data set.

    Attributes:
        name: what the chip shows.
        samples: number of usable samples.
        sample_shape: (height, width, channels) of images as stored, the most common one where they differ; (steps,
            channels) of signals, (depth, height, width, channels) of volumes, (values,) of rows.
        class_names: one name per class, in label order.
        broken: files that could not be read, with the reason, as `path: reason`.
        white: the largest value that samples can have: 255 for bytes, 1 for floats in 0 … 1; 0 where there is no such
            value, as for signals.
        target: what is learned.
        has_masks: whether samples come with masks.
        has_boxes: whether samples come with boxes around objects.
        has_parts: whether the data set itself says which samples are for training, validation and test.
        sizes_differ: whether not all samples have `sample_shape`.
    """

    name: str
    samples: int
    sample_shape: Shape
    class_names: tuple[str, ...]
    broken: tuple[str, ...] = ()
    white: float = 255.0
    target: Target = "class"
    has_masks: bool = False
    has_boxes: bool = False
    has_parts: bool = False
    sizes_differ: bool = False

    @property
    def classes(self) -> int:
        return len(self.class_names)

    @property
    def unit(self) -> str:
        """What samples are called: images, signals, volumes, rows."""
        return UNITS.get(len(self.sample_shape), "samples")

    @property
    def text(self) -> str:
        """`Digits · 1,797 images · 8×8×1 · 10 classes`."""
        return f"{self.name} · {self.samples:,} {self.unit} · {shape_text(self.sample_shape)} · {self.classes} classes"

    def named(self, class_names: tuple[str, ...]) -> DataFacts:
        """The facts with classes as the user calls them; names for another number of classes change nothing."""
        return replace(self, class_names=class_names) if len(class_names) == self.classes else self
