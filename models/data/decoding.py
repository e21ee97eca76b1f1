"""One image file → one array, whatever the file holds; anything that cannot be trusted is refused with a reason."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from models.data.images import Bytes

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF")
"""What is opened, whatever a file's name says: Pillow knows formats that call other programs."""

WHITE = {"I": 65_535, "I;16": 65_535, "I;16B": 65_535, "I;16L": 65_535, "I;16N": 65_535, "F": 1}
"""The value of white in Pillow's modes of more than 8 bits."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What brings an image upright, by the orientation in its EXIF data."""


class BrokenImage(ValueError):
    """A file that is no usable image; the text is the reason."""


@contextmanager
def quiet_pillow() -> Iterator[None]:
    """Turn the warning about decompression bombs into an error, and drop Pillow's others: the reader copes with those.

    Around all of the work rather than around each image, because Python's warning filters belong to the whole process:
    the first one to enter sets them, and the last one to leave, in whatever thread, sets them back.
    """
    _quiet.enter()
    try:
        yield
    finally:
        _quiet.leave()


class _Quiet:
    """Counts those who want warnings to be off."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._before = warnings.catch_warnings()

    def enter(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._before = warnings.catch_warnings()
                self._before.__enter__()
                warnings.simplefilter("ignore")
                warnings.simplefilter("error", Image.DecompressionBombWarning)

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._before.__exit__(None, None, None)


_quiet = _Quiet()


def read_image(path: Path) -> Bytes:
    """The pixels of a file: bytes (height, width, 1 or 3), one channel where all pixels are grey.

    Turned upright as its EXIF data says; transparency is laid on black; of an animation the first frame counts.
    Raises BrokenImage. Call it inside `quiet_pillow`.
    """
    with opened(path) as image:
        return _pixels(image)


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """A file's image, decoded and upright. Raises BrokenImage for whatever happens inside.

    Pillow gets the open file, not its path, and so does not map it into memory: a mapped file that is cut short in the
    meantime ends the process, and grey TIFF files that lie on their side come out of it scrambled.
    """
    with _reasons(path), path.open("rb") as file, Image.open(file, formats=FORMATS) as image:
        _check_size(image)
        image.load()
        turn = _TURNS.get(_orientation(image))
        yield image if turn is None else image.transpose(turn)


@contextmanager
def _reasons(path: Path) -> Iterator[None]:
    try:
        yield
    except BrokenImage:
        raise
    except Exception as error:  # on damaged files Pillow's decoders raise nearly anything
        raise BrokenImage(_reason(path, error)) from error


def _check_size(image: Image.Image) -> None:
    """Refuse a bomb where Pillow would only warn, and the warning may be off."""
    most = Image.MAX_IMAGE_PIXELS
    if most is not None and image.width * image.height > most:
        raise Image.DecompressionBombError


def _orientation(image: Image.Image) -> int:
    """What the EXIF data says, or 1: where the data is damaged, the pixels may still be whole."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # damaged EXIF data raises as many kinds of errors as damaged pixels
        return 1


def _pixels(image: Image.Image) -> Bytes:
    if image.mode in WHITE:
        values = np.nan_to_num(np.asarray(image, dtype=np.float32)) / WHITE[image.mode]
        return np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)[:, :, None]
    if image.has_transparency_data:
        black = Image.new("RGBA", image.size, (0, 0, 0, 255))
        image = Image.alpha_composite(black, image.convert("RGBA"))
    pixels = np.asarray(image.convert("L" if image.mode in ("1", "L") else "RGB"))
    if pixels.ndim == 2:
        return pixels[:, :, None]
    is_grey = np.array_equal(pixels[:, :, 0], pixels[:, :, 1]) and np.array_equal(pixels[:, :, 1], pixels[:, :, 2])
    return pixels[:, :, :1] if is_grey else pixels


def _reason(path: Path, error: Exception) -> str:
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return f"it would unpack to more than {Image.MAX_IMAGE_PIXELS:,} pixels"
    if isinstance(error, UnidentifiedImageError):
        return (
            f"it is none of {', '.join(FORMATS)}, or its beginning is damaged"
            if _has_bytes(path)
            else "the file is empty"
        )
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def _has_bytes(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:  # gone in the meantime
        return True
