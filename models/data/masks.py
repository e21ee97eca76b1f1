"""One mask file → the class of every pixel. Its numbers are read as they are stored, never as colours of a palette."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from models.data.decoding import BrokenImage, opened
from models.data.facts import DataError
from models.data.folders import listed

Bytes = npt.NDArray[np.uint8]
Codes = npt.NDArray[np.integer[Any]]

MOST_CLASSES = 256
"""Classes that masks can have: one byte for each pixel."""

_PLAIN_MODES = frozenset({"1", "L", "P", "I", "I;16", "I;16B", "I;16L", "I;16N"})
_BLACK_AND_WHITE = frozenset({0, 255})
_GAPS = 2


@dataclass(frozen=True)
class MaskClasses:
    """What the pixels of a data set's masks stand for.

    Attributes:
        codes: the code of each class: a number as stored, or red · 65,536 + green · 256 + blue.
        in_colour: whether codes are colours.
        names: one for each class.
    """

    codes: tuple[int, ...]
    in_colour: bool
    names: tuple[str, ...]

    def read(self, path: Path) -> Bytes:
        """(height, width) the class of every pixel. Raises BrokenImage, also for codes that are no class."""
        codes = read_codes(path, self.in_colour)
        starts = _starts(codes)
        firsts = codes.ravel()[starts].astype(np.int64)
        known = np.array(self.codes, np.int64)
        places = np.minimum(np.searchsorted(known, firsts), len(known) - 1)
        strange = known[places] != firsts
        if strange.any():
            found = [self._text(code) for code in np.unique(firsts[strange]).tolist()]
            raise BrokenImage(
                f"the mask has {listed(found, 3)}, which the other masks lack; known are "
                f"{listed([self._text(code) for code in self.codes], 8)}"
            )
        return np.repeat(places.astype(np.uint8), np.diff(starts, append=codes.size)).reshape(codes.shape)

    def _text(self, code: int) -> str:
        return f"#{code:06x}" if self.in_colour else str(code)


def find_classes(paths: Iterable[Path]) -> MaskClasses:
    """Which classes some masks have. Raises DataError where they are none, and for fewer than two or too many.

    Numbers stand for themselves, up to the largest one. Where most numbers up to it are missing, as with 0 and 255,
    those that occur are numbered in order; so are colours.
    """
    numbers: set[int] = set()
    colours: set[int] = set()
    broken: list[str] = []
    for path in paths:
        try:
            stored = _stored(path)
        except BrokenImage as error:
            broken.append(f"{path.name} ({error})")
            continue
        (numbers if stored.ndim == 2 else colours).update(_distinct(_packed(stored)))
        if len(colours) > MOST_CLASSES:
            raise DataError(
                f"{path.name} and the masks before it have more than {MOST_CLASSES} colours: photographs or masks with "
                "smoothed edges. LayerLoom expects one number or one plain colour for each class, saved as PNG."
            )
    if not numbers and not colours:
        raise DataError(f"None of the masks can be read: {listed(broken, 3)}. Check that the files are whole.")
    if colours:
        return _in_colour(colours | {_grey(number) for number in numbers if number < MOST_CLASSES})
    return _in_numbers(numbers)


def _in_colour(colours: set[int]) -> MaskClasses:
    if all(colour == _grey(colour & 255) for colour in colours):  # grey saved as RGB: numbers after all
        return _in_numbers({colour & 255 for colour in colours})
    codes = tuple(sorted(colours))
    _check_count(codes, "colour")
    return MaskClasses(codes, True, tuple(f"class {number}" for number in range(len(codes))))


def _in_numbers(numbers: set[int]) -> MaskClasses:
    codes = tuple(sorted(numbers))
    _check_count(codes, "number")
    if numbers <= _BLACK_AND_WHITE:
        return MaskClasses(codes, False, ("class 0", "class 1"))
    if codes[0] >= 0 and codes[-1] < min(_GAPS * len(codes), MOST_CLASSES):
        codes = tuple(range(codes[-1] + 1))
    return MaskClasses(codes, False, tuple(f"class {code}" for code in codes))


def _check_count(codes: tuple[int, ...], what: str) -> None:
    if len(codes) > MOST_CLASSES:
        raise DataError(
            f"The masks have more than {MOST_CLASSES} different {what}s. LayerLoom expects one {what} for each class."
        )
    if len(codes) < 2:
        raise DataError(
            f"All pixels of the masks have the same {what}, {codes[0]}. "
            "LayerLoom expects masks with two or more classes."
        )


def read_codes(path: Path, in_colour: bool) -> Codes:
    """(height, width) what is stored for every pixel. Raises BrokenImage where it is not of that kind."""
    stored = _stored(path)
    if in_colour:
        return _packed(stored if stored.ndim == 3 else np.repeat(stored[:, :, None], 3, axis=2))
    if stored.ndim == 3:
        if (stored != stored[:, :, :1]).any():
            raise BrokenImage("the mask is in colour, and the others hold numbers")
        stored = stored[:, :, 0]
    return stored


def _stored(path: Path) -> npt.NDArray[Any]:
    """(height, width) numbers, or (height, width, 3) colours."""
    with opened(path) as image:
        return _pixels(image)


def _pixels(image: Image.Image) -> npt.NDArray[Any]:
    if image.mode in _PLAIN_MODES:
        numbers = np.asarray(image)
        return numbers.astype(np.uint8) if image.mode == "1" else numbers
    if image.mode == "LA":
        return np.asarray(image)[:, :, 0]
    if image.mode in ("RGB", "RGBA"):
        return np.asarray(image)[:, :, :3]
    raise BrokenImage(f"the mask is of the kind {image.mode}; expected are grey, palette or RGB")


def _packed(stored: npt.NDArray[Any]) -> Codes:
    if stored.ndim == 2:
        return stored
    values = stored.astype(np.uint32)
    return values[:, :, 0] << 16 | values[:, :, 1] << 8 | values[:, :, 2]


def _distinct(codes: Codes) -> list[int]:
    """The codes that occur, in order."""
    found: list[int] = np.unique(codes.ravel()[_starts(codes)]).tolist()
    return found


def _starts(codes: Codes) -> npt.NDArray[np.int64]:
    """Where the code changes, in reading order. Masks are of few areas: only so many codes need to be looked up."""
    flat = codes.ravel()
    return np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])


def _grey(value: int) -> int:
    """The code of a grey colour."""
    return value << 16 | value << 8 | value
