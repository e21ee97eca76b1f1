"""Which data set a project uses, and what is known of one before its images are loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from models.blocks import Shape, shape_text

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"})
"""Endings of the image files that are read."""

LARGEST_SIDE = 512
"""Pixels of the longer side of a picture to try or to pick a probe from; larger ones are reduced."""


class Digits(BaseModel):
    """The bundled set of handwritten digits: 1,797 scans of 8×8 pixels in 10 classes (UCI, Alpaydin & Kaynak 1998)."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
    kind: Literal["digits"] = "digits"


class ImageFolder(BaseModel):
    """A folder with one subfolder of images for each class."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
    kind: Literal["image_folder"] = "image_folder"
    path: Annotated[str, Field(min_length=1, max_length=4096)]


DataSource = Annotated[Digits | ImageFolder, Field(discriminator="kind")]


def resolve(source: DataSource, base: Path) -> DataSource:
    """The source with a relative path read from `base`, the project file's folder."""
    return ImageFolder(path=str(base / source.path)) if isinstance(source, ImageFolder) else source


class DataError(ValueError):
    """A data set that cannot be used; the text says what was found, what was expected and what to do."""


@dataclass(frozen=True)
class DataFacts:
    """What the editor needs to know of a data set.

    Attributes:
        name: what the chip shows.
        samples: number of usable images.
        image_shape: height, width, channels as stored; the most common one where they differ.
        class_names: one name per class, in label order.
        broken: files that could not be read, with the reason, as `path: reason`.
    """

    name: str
    samples: int
    image_shape: Shape
    class_names: tuple[str, ...]
    broken: tuple[str, ...] = ()

    @property
    def classes(self) -> int:
        return len(self.class_names)

    @property
    def text(self) -> str:
        """`Digits · 1,797 images · 8×8×1 · 10 classes`."""
        return f"{self.name} · {self.samples:,} images · {shape_text(self.image_shape)} · {self.classes} classes"
