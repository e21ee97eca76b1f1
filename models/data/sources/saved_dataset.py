"""A set that tf.data saved."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from models.data.samples import Samples
from models.data.sources.base import PathSource, Progress, SourceGroup


class SavedDataset(PathSource):
    """A folder that tf.data.Dataset.save wrote, of pairs (sample, label), in batches or not."""

    kind: ClassVar[str] = "saved_dataset"
    title: ClassVar[str] = "tf.data saved set"
    group: ClassVar[SourceGroup] = SourceGroup.FILES
    chooses: ClassVar[str] = "folder"

    def open(self, progress: Progress | None = None) -> Samples:
        """Read it as arrays, which the cache folder keeps from the first time on. Raises DataError."""
        from models.data.saved_datasets import open_saved

        return open_saved(Path(self.path), progress)
