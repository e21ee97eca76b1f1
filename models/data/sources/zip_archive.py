"""A zip archive of any data set that is read from files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from models.data.facts import DataError
from models.data.samples import Samples
from models.data.sources.base import PathSource, Progress, SourceGroup


class ZipArchive(PathSource):
    """A zip archive of images or arrays, unpacked once into the cache."""

    kind: ClassVar[str] = "zip"
    title: ClassVar[str] = "Zip archive"
    group: ClassVar[SourceGroup] = SourceGroup.FILES
    chooses: ClassVar[str] = "file"
    patterns: ClassVar[str] = "*.zip"

    def open(self, progress: Progress | None = None) -> Samples:
        """Unpacks the archive unless it was before; `progress` gets bytes, then what the source inside counts."""
        from models.data.archive import unpacked
        from models.data.recognition import content, recognise

        archive = Path(self.path)
        folder = unpacked(archive, progress)
        try:
            inside = recognise(content(folder))
            if inside.kind == self.kind:
                raise DataError(f"{folder} holds another archive. Unpack it yourself and choose what is inside.")
            samples = inside.open(progress)
        except DataError as error:
            raise DataError(str(error).replace(str(folder), archive.name)) from error
        samples.facts = replace(samples.facts, name=archive.stem)
        return samples
