"""A folder with one subfolder of images for each class."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from models.data.samples import Samples
from models.data.sources.base import PathSource, Progress, SourceGroup


class ImageFolder(PathSource):
    """A folder with one subfolder of images for each class, or train, val and test folders of such subfolders."""

    kind: ClassVar[str] = "image_folder"
    title: ClassVar[str] = "Image folder"
    group: ClassVar[SourceGroup] = SourceGroup.FILES
    chooses: ClassVar[str] = "folder"

    def open(self, progress: Progress | None = None) -> Samples:
        from models.data.class_folders import open_class_folders

        return open_class_folders(Path(self.path), progress)
