"""Images with masks, for segmentation."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from models.data.samples import Samples
from models.data.sources.base import PathSource, Progress, SourceGroup


class MaskFolder(PathSource):
    """Images with masks that give the class of every pixel."""

    kind: ClassVar[str] = "mask_folder"
    title: ClassVar[str] = "Images with masks"
    group: ClassVar[SourceGroup] = SourceGroup.FILES
    chooses: ClassVar[str] = "folder"

    images: str = Field("images", max_length=4096, description="The folder of the images, inside the data set's.")
    masks: str = Field(
        "masks", max_length=4096, description="The folder of the masks: a file for each image, called like it."
    )

    def open(self, progress: Progress | None = None) -> Samples:
        from models.data.mask_pairs import open_mask_folder

        return open_mask_folder(Path(self.path), self.images, self.masks, progress)
