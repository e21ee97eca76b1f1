"""`Source`: where a data set is, as a value in the project; one class for each kind of data set."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from models.data.facts import DataFacts
from models.data.samples import Samples
from models.registry import Registry

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"})
"""Endings of the image files that are read."""

LARGEST_SIDE = 512
"""Pixels of the longer side of a picture to try or to pick a probe from; larger ones are reduced."""

Progress = Callable[[int, int], None]
"""Called with what is done and what there is in all (0: not known); an exception raised in it ends the work."""

FilePath = Annotated[str, Field(min_length=1, max_length=4096)]

SOURCES: Registry[Source] = Registry("models.data.sources")
"""Every kind of data set by its `kind`, in the order of the menu."""


class SourceGroup(Enum):
    """Where a kind of data set stands in the menu; the value is the menu's text."""

    BUNDLED = "Bundled"
    GENERATED = "Generated"
    DOWNLOADED = "Downloaded by Keras"
    FILES = "Your files"


class Source(BaseModel):
    """One kind of data set. Its fields are its settings, each with its constraint and help; the form is made of them.

    A subclass stands in a file of its own in this folder and is known everywhere once that exists. It gives `kind` (its
    name in project files), `title`, `group`, and `open`. What it needs to read files (Pillow, zipfile …) is imported
    when it opens, since the window starts without.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    kind: ClassVar[str] = ""
    title: ClassVar[str] = ""
    group: ClassVar[SourceGroup] = SourceGroup.FILES
    chooses: ClassVar[str] = ""
    """What the user picks in a dialog before anything else: "folder", "file" or nothing."""
    patterns: ClassVar[str] = ""
    """Files the dialog offers, as `*.npz *.npy`."""

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if cls.kind:
            SOURCES.add(cls.kind, cls)

    @property
    def summary(self) -> str:
        """One plain sentence about this kind of data set: the class's docstring."""
        return (type(self).__doc__ or "").strip().split("\n")[0]

    def located(self, base: Path) -> Self:
        """The source with relative paths read from `base`, the project file's folder."""
        return self

    def place(self) -> Path | None:
        """The file or folder it reads, where there is one."""
        return None

    def glance(self) -> DataFacts:
        """The facts as a quick look gives them, without reading every sample. Raises DataError."""
        return self.open().facts

    @abstractmethod
    def open(self, progress: Progress | None = None) -> Samples:
        """List the samples with their labels, so that each can be read. Raises DataError.

        Files are found and not decoded: the scan does that, and training leaves out what cannot be read.
        """

    def replace(self, **changes: object) -> Self:
        """A copy with some fields changed, validated."""
        return type(self).model_validate({**dict(self), **changes})


class PathSource(Source):
    """A source that reads one file or folder."""

    path: FilePath = Field(description="Where it is; relative to the project file, or absolute.")

    def located(self, base: Path) -> Self:
        return self.model_copy(update={"path": str(base / self.path)})

    def place(self) -> Path:
        return Path(self.path)


def source_from_dict(data: Any) -> Any:
    """A source from its JSON form `{"kind": "image_folder", "path": …}`; ValueError says what is wrong."""
    return SOURCES.value(data, "kind", "data set")


def source_to_dict(source: Source) -> dict[str, Any]:
    """The JSON form of a source: its kind and every field."""
    return {"kind": source.kind, **source.model_dump(mode="json")}


DataSource = Annotated[Source, BeforeValidator(source_from_dict), PlainSerializer(source_to_dict)]
"""Pydantic field type: any kind of data set, written with its kind."""


def resolve(source: Source, base: Path) -> Source:
    """The source with relative paths read from `base`, the project file's folder."""
    return source.located(base)
