"""What a folder holds: its subfolders and images, found in order and in little memory however many there are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from models.blocks import Shape
from models.data.facts import DataError
from models.data.samples import TEST, TRAINING, VALIDATION, Names, shown
from models.data.sources.base import SUFFIXES, Progress

if TYPE_CHECKING:
    from models.data.images import Bytes

PARTS = {
    **dict.fromkeys(("train", "training"), TRAINING),
    **dict.fromkeys(("val", "valid", "validation"), VALIDATION),
    **dict.fromkeys(("test", "testing"), TEST),
}
"""What people call the parts of a data set, in small letters."""

MOST_NAMES = 10_000
"""Of files without partner so many are named; the others are counted."""

_REPORT_EVERY = 1_000
_MOST_TRIES = 1_000
_COMPARED = 8
"""Images looked at for colour."""


def is_image(name: str) -> bool:
    """Whether a file's name ends as those of images do."""
    return name[name.rfind(".") :].lower() in SUFFIXES


def is_visible(name: str) -> bool:
    """Whether a file or folder is the user's: neither hidden nor what macOS leaves in archives."""
    return not name.startswith(".") and name != "__MACOSX"


class Walk:
    """A walk through one folder. Names are relative to it, with `/` between folders; hidden ones are left out.

    Args:
        folder: where it starts. Raises DataError where there is none.
        expected: what LayerLoom expects there, for the error.
        progress: called with the images found and 0, at least once for every thousand files.

    Attributes:
        found: images found until now.
    """

    def __init__(self, folder: Path, expected: str = "", progress: Progress | None = None) -> None:
        if not exists(folder):
            raise DataError(f"There is no folder {folder}. Check the path, or choose the folder again.")
        if not folder.is_dir():
            raise DataError(f"{folder} is a file. Choose a folder" + (f"; {expected}." if expected else "."))
        self.folder = folder
        self.found = 0
        self._seen = 0
        self._progress = progress

    def folders(self, below: str = "") -> list[str]:
        """The names of the subfolders, sorted."""
        return self._entries(below)[0]

    def files(self, below: str = "") -> list[str]:
        """The names of the files, sorted."""
        return self._entries(below)[1]

    def loose_images(self, below: str = "") -> list[str]:
        """The names of the images that lie in a folder itself, sorted."""
        return [name for name in self.files(below) if is_image(name)]

    def images(self, below: str = "") -> Iterator[str]:
        """Every image in a folder and its subfolders, each folder's own ones first.

        Linked folders are followed, but no folder is entered twice: links that lead back do no harm.
        """
        waiting = [below]
        entered: set[tuple[int, int]] = set()
        while waiting:
            current = waiting.pop()
            if not self._is_new(current, entered):
                continue
            folders, files = self._entries(current)
            prefix = current + "/" if current else ""
            for name in files:
                if is_image(name):
                    self.found += 1
                    yield prefix + name
            waiting.extend(prefix + name for name in reversed(folders))

    def has_images(self, below: str) -> bool:
        """Whether there is an image in a folder or below it; ends with the first one."""
        waiting = [below]
        entered: set[tuple[int, int]] = set()
        while waiting:
            current = waiting.pop()
            for name, is_folder in self._visible(current) if self._is_new(current, entered) else ():
                if is_folder:
                    waiting.append(f"{current}/{name}" if current else name)
                elif is_image(name):
                    return True
        return False

    def _is_new(self, below: str, entered: set[tuple[int, int]]) -> bool:
        try:
            status = (self.folder / below).stat()
        except OSError as error:
            raise _unreadable(self.folder / below, error) from error
        identity = (status.st_dev, status.st_ino)
        if identity in entered:
            return False
        entered.add(identity)
        return True

    def _entries(self, below: str) -> tuple[list[str], list[str]]:
        folders: list[str] = []
        files: list[str] = []
        for name, is_folder in self._visible(below):
            (folders if is_folder else files).append(name)
        return sorted(folders), sorted(files)

    def _visible(self, below: str) -> Iterator[tuple[str, bool]]:
        """Names, and whether each is a folder's. What is neither file nor folder is left out: a pipe, a dead link."""
        try:
            with os.scandir(self.folder / below) as entries:
                for entry in entries:
                    self._step()
                    is_folder = _is_folder(entry) if is_visible(entry.name) else None
                    if is_folder is not None:
                        yield entry.name, is_folder
        except OSError as error:
            raise _unreadable(self.folder / below, error) from error

    def _step(self) -> None:
        self._seen += 1
        if self._progress is not None and self._seen % _REPORT_EVERY == 0:
            self._progress(self.found, 0)


def _is_folder(entry: os.DirEntry[str]) -> bool | None:
    """None for what is neither folder nor file."""
    try:
        return True if entry.is_dir() else False if entry.is_file() else None
    except OSError:  # a link to itself
        return None


def exists(path: Path) -> bool:
    """Whether there is such a file or folder, and it may be seen."""
    try:
        return path.exists()
    except OSError:  # a folder above it may not be entered
        return False


def _unreadable(folder: Path, error: OSError) -> DataError:
    return DataError(f"{folder} cannot be read: {error.strerror or error}. Check its permissions.")


def name_of(folder: Path) -> str:
    """What a data set in this folder is called."""
    return shown(folder.resolve().name or str(folder))


def listed(names: Sequence[str], most: int = 10) -> str:
    """`cats, dogs and 3 more`."""
    return ", ".join(map(shown, names[:most])) + (f" and {len(names) - most:,} more" if len(names) > most else "")


def bounded(names: Iterable[str]) -> tuple[str, ...]:
    """The first MOST_NAMES names; where there are more, the last entry tells how many: `and 1,234 more`."""
    kept: list[str] = []
    more = 0
    for name in names:
        if len(kept) < MOST_NAMES:
            kept.append(shown(name))
        else:
            more += 1
    return (*kept, f"and {more:,} more") if more else tuple(kept)


def first_shape(folder: Path, names: Names) -> Shape:
    """(height, width, channels) of the first image that can be read. Raises DataError where none can.

    Where it is grey, some others are looked at: among colour images it counts as one of them.
    """
    height, width, channels = _first_shape(folder, (names[index] for index in range(len(names))))
    if channels == 1 and any(image.shape[-1] > 1 for image in _some_images(folder, names)):
        channels = 3
    return height, width, channels


def _some_images(folder: Path, names: Names) -> Iterator[Bytes]:
    """A few images spread over all of them."""
    from models.data.decoding import BrokenImage, quiet_pillow, read_image  # with Pillow

    with quiet_pillow():
        for index in range(0, len(names), -(-len(names) // _COMPARED)):
            with suppress(BrokenImage):
                yield read_image(folder / names[index])


def _first_shape(folder: Path, names: Iterable[str]) -> Shape:
    from models.data.decoding import BrokenImage, quiet_pillow, read_image  # with Pillow

    broken: list[str] = []
    with quiet_pillow():
        for name in names:
            try:
                return read_image(folder / name).shape
            except BrokenImage as error:
                broken.append(f"{name} ({error})")
            if len(broken) == _MOST_TRIES:
                break
    raise DataError(
        f"None of the images in {folder} can be read: {listed(broken, 3)}. "
        "Check that the files are whole and really images."
    )
