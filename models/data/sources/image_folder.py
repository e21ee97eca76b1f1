"""A folder with one subfolder of images for each class."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from models.data.facts import DataFacts
from models.data.samples import Samples
from models.data.sources.base import PathSource, Progress, SourceGroup


class ImageFolder(PathSource):
    """A folder with one subfolder of images for each class."""

    kind: ClassVar[str] = "image_folder"
    title: ClassVar[str] = "Image folder"
    group: ClassVar[SourceGroup] = SourceGroup.FILES
    chooses: ClassVar[str] = "folder"

    def glance(self) -> DataFacts:
        from models.data.image_folder import glance_at_folder

        return glance_at_folder(Path(self.path))

    def open(self, progress: Progress | None = None) -> Samples:
        from models.data.image_folder import open_folder

        return open_folder(Path(self.path))
