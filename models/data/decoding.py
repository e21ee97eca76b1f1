"""One image file → one array, whatever the file holds; anything that cannot be trusted is refused with a reason."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from models.data.images import Bytes

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF")
"""What is opened, whatever a file's name says: Pillow knows formats that call other programs."""

WHITE = {"I": 65_535, "I;16": 65_535, "I;16B": 65_535, "I;16L": 65_535, "I;16N": 65_535, "F": 1}
"""The value of white in Pillow's modes of more than 8 bits."""


class BrokenImage(ValueError):
    """A file that is no usable image; the text is the reason."""


@contextmanager
def quiet_pillow() -> Iterator[None]:
    """Turn the warning about decompression bombs into an error, and drop Pillow's others: the reader copes with those.

    Around all of the work rather than around each image, because Python's warning filters belong to the whole process.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def read_image(path: Path) -> Bytes:
    """The pixels of a file: bytes (height, width, 1 or 3), one channel where all pixels are grey.

    Turned upright as its EXIF data says; transparency is laid on black; of an animation the first frame counts.
    Raises BrokenImage. Call it inside `quiet_pillow`.
    """
    try:
        with Image.open(path, formats=FORMATS) as image:
            return _pixels(ImageOps.exif_transpose(image))
    except Exception as error:  # on damaged files Pillow's decoders raise nearly anything
        raise BrokenImage(_reason(path, error)) from error


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
        empty = path.stat().st_size == 0
        return "the file is empty" if empty else f"it is none of {', '.join(FORMATS)}, or its beginning is damaged"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
