"""Taking in a run folder from elsewhere: a copy of what belongs to a run, under a free name."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from itertools import count
from pathlib import Path

from models.files import FileError, is_there, reason
from models.training.runs.errors import RunError
from models.training.runs.layout import (
    ALIVE,
    CHECKPOINTS,
    DESCRIPTION,
    ENVIRONMENT,
    METRICS,
    MODEL,
    NOTES,
    PROJECT,
    SNAPSHOTS,
    TENSORBOARD,
)
from models.training.runs.summarizing import OLD_CHECKPOINT, OLD_METRICS, is_alive, is_run, summarize

PARTS = (
    DESCRIPTION, PROJECT, ENVIRONMENT, METRICS, NOTES, MODEL, OLD_METRICS, OLD_CHECKPOINT, CHECKPOINTS, SNAPSHOTS,
    TENSORBOARD,
)  # fmt: skip
"""What is taken over; whatever else lies in the folder stays behind."""


def import_run(folder: Path, runs: Path, progress: Callable[[int, int], None] | None = None) -> Path:
    """Copy a run's folder among the runs in `runs`; returns the new folder.

    It is copied beside its place and moved there when it is whole. Links and devices are not followed. Raises
    RunError or FileError; an exception that `progress` (files done, files in all) raises leaves nothing behind.
    """
    folder, runs = folder.absolute(), runs.absolute()
    if not is_run(folder) or summarize(folder) is None:
        raise RunError(
            f"{folder} is no run: expected a folder with {DESCRIPTION} or {PROJECT} that LayerLoom wrote. "
            "Choose the folder of one run."
        )
    if folder.parent == runs:
        raise RunError(f"{folder} is among the runs already.")
    if is_alive(folder):
        raise RunError(f"{folder} is still being trained. Follow its folder instead, or import it once it has ended.")
    target = _free(runs / folder.name)
    part = runs / f".{target.name}.part"
    try:
        runs.mkdir(parents=True, exist_ok=True)
        _copy(folder, part, progress)
        os.replace(part, target)
    except OSError as error:
        raise FileError(f"{folder} was not imported: {reason(error)}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target


def _copy(folder: Path, part: Path, progress: Callable[[int, int], None] | None) -> None:
    files = [path for name in PARTS for path in _files(folder / name)]
    for number, path in enumerate(files):
        place = part / path.relative_to(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place, follow_symlinks=False)
        if progress is not None:
            progress(number + 1, len(files))


def _files(path: Path) -> list[Path]:
    """The regular files at or below a path; links lead anywhere, and pipes never end."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return []
    if stat.S_ISREG(mode):
        return [] if path.name == ALIVE else [path]
    if not stat.S_ISDIR(mode):
        return []
    return [file for entry in sorted(path.iterdir()) for file in _files(entry)]


def _free(path: Path) -> Path:
    if not is_there(path):
        return path
    return next(other for n in count(2) if not is_there(other := path.with_name(f"{path.name}_{n}")))
