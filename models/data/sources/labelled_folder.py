"""A folder of images and a CSV file with their labels."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from models.data.samples import Samples
from models.data.sources.base import PathSource, Progress, SourceGroup


class LabelledFolder(PathSource):
    """A folder of images and a CSV file that says the label of each."""

    kind: ClassVar[str] = "labelled_folder"
    title: ClassVar[str] = "Folder with a CSV of labels"
    group: ClassVar[SourceGroup] = SourceGroup.FILES
    chooses: ClassVar[str] = "folder"

    labels: str = Field(
        "", max_length=4096, description="The CSV file, by its place in the folder; empty for the only one there."
    )
    file_column: str = Field(
        "", max_length=1000, description="Column with the images' file names; empty to find it by the files it names."
    )
    label_column: str = Field(
        "",
        max_length=1000,
        description="Column with the classes; empty for the only one left, or the one called label.",
    )

    def open(self, progress: Progress | None = None) -> Samples:
        from models.data.labelled import open_labelled_folder

        return open_labelled_folder(Path(self.path), self.labels, self.file_column, self.label_column, progress)
