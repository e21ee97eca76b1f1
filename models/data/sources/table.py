"""A table in a text file, with a row for each sample."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from models.data.facts import DataFacts
from models.data.samples import Samples
from models.data.sources.base import PathSource, Progress, SourceGroup


class Table(PathSource):
    """A table with a row for each sample: a column with its class, the others with its values."""

    kind: ClassVar[str] = "table"
    title: ClassVar[str] = "Table (.csv)"
    group: ClassVar[SourceGroup] = SourceGroup.FILES
    chooses: ClassVar[str] = "file"
    patterns: ClassVar[str] = "*.csv *.tsv *.txt"

    label_column: Annotated[str, Field(max_length=200)] = Field(
        "",
        description="Column with the classes, by its name in the header or its number from 1; empty to find it. "
        "Columns called id or index, or nothing at all, are no values.",
    )
    shape: Annotated[str, Field(max_length=40)] = Field(
        "",
        description="Shape of a row: 28x28x1 for images, 40x1 for signals; empty for plain rows. "
        "784 values are 28×28×1.",
    )

    def glance(self) -> DataFacts:
        from models.data.table_samples import glance_at_table

        return glance_at_table(self)

    def open(self, progress: Progress | None = None) -> Samples:
        from models.data.table_samples import open_table

        return open_table(self, progress)
