"""What the user says of a run: a star, tags and notes, kept in the run's own folder so that they travel with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from models.files import FileError, read_at_most, write_atomically
from models.training.runs.layout import NOTES

MAX_BYTES = 2 * 2**20

Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class RunNotes(BaseModel):
    """Star, tags and notes of one run."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    star: bool = False
    tags: Annotated[tuple[Tag, ...], Field(max_length=100)] = ()
    notes: Annotated[str, Field(max_length=1_000_000)] = ""

    def replace(self, **changes: object) -> RunNotes:
        """A copy with some fields changed, validated."""
        return RunNotes.model_validate({**dict(self), **changes})


def read_notes(run: Path) -> RunNotes:
    """What is said of a run; nothing where there is no file, or a damaged one."""
    try:
        return RunNotes.model_validate(json.loads(read_at_most(run / NOTES, MAX_BYTES)))
    except (FileError, ValueError, RecursionError):  # ValidationError is a ValueError
        return RunNotes()


def write_notes(run: Path, notes: RunNotes) -> None:
    """Keep what is said of a run. Raises FileError."""
    text = json.dumps(notes.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"
    write_atomically(run / NOTES, text.encode("utf-8", "replace"))
