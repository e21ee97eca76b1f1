"""`Samples`: an opened data set, from which one sample at a time can be read."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.data.facts import DataFacts

Indices = npt.NDArray[np.int64]
Values = npt.NDArray[Any]
"""A sample: uint8 or float32, of a shape that DataFacts.sample_shape names."""
Boxes = npt.NDArray[np.float32]
"""Boxes around objects: (objects, 5), each top, left, bottom, right in pixels and the class."""

TRAINING, VALIDATION, TEST = 0, 1, 2
"""What a sample is for."""


CHECKED_SAMPLES = 500
"""Most samples by whose values a data set is known again."""

_NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def shown(name: str) -> str:
    """A file's name as text that lists, terminals and project files can hold.

    Line breaks, control characters and bytes that are no UTF-8 are written as `\\n`, `\\x1b` and `\\xe9`.
    """
    return _NO_TEXT.sub(_written_out, name)


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    is_byte = 0xDC80 <= code <= 0xDCFF  # so Python keeps a byte that is no text
    return f"\\x{code - 0xDC00:02x}" if is_byte else found[0].encode("unicode_escape").decode("ascii")


class Samples(ABC):
    """An opened data set. Its methods may be called from several threads at once.

    Attributes:
        facts: what is known of it without reading every sample.
        labels: (samples,) the class of each; −1 where a sample has none (as with masks).
        parts: (samples,) TRAINING, VALIDATION or TEST as the data set itself says; None where it says nothing.
    """

    facts: DataFacts
    labels: Indices
    parts: npt.NDArray[np.int8] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def name(self, index: int) -> str:
        """What a sample is called in lists: its path below the data set's folder, or its number."""
        return f"#{index}"

    def path(self, index: int) -> Path | None:
        """The file of a sample, where each has its own."""
        return None

    def fingerprint(self) -> str:
        """A word that is the same as long as the data set is: by it prepared samples and statistics are known again."""
        digest = blake2b(self.labels.tobytes(), digest_size=16)
        digest.update(b"" if self.parts is None else self.parts.tobytes())
        digest.update(repr(self.facts).encode("utf-8", "surrogateescape"))
        self._add_contents(digest)
        return digest.hexdigest()

    def _add_contents(self, digest: blake2b) -> None:
        """Samples spread over the whole set stand for all of them."""
        for index in np.linspace(0, len(self) - 1, min(len(self), CHECKED_SAMPLES)).astype(int).tolist():
            digest.update(np.ascontiguousarray(self.read(index)).tobytes())

    @abstractmethod
    def read(self, index: int) -> Values:
        """One sample as it is stored. Raises models.data.decoding.BrokenImage with the reason."""

    def mask(self, index: int) -> Values | None:
        """(height, width) the class of every pixel, uint8; None where there are no masks. Raises BrokenImage."""
        return None

    def boxes(self, index: int) -> Boxes | None:
        """Boxes around the objects; None where there are none."""
        return None


WHOLE_BYTES = 2**28
"""Arrays up to this size are known again by all of their values."""


class ArraySamples(Samples):
    """A data set in one array, in memory or mapped from a file: (samples, …) uint8 or float32."""

    def __init__(
        self,
        facts: DataFacts,
        values: Values,
        labels: Indices,
        parts: npt.NDArray[np.int8] | None = None,
        masks: Values | None = None,
        boxes: Sequence[Boxes] | None = None,
    ) -> None:
        self.facts = facts
        self.values = values
        self.labels = labels.astype(np.int64)
        self.parts = parts
        self.masks = masks
        self._boxes = boxes

    def read(self, index: int) -> Values:
        return np.asarray(self.values[index])

    def _add_contents(self, digest: blake2b) -> None:
        """All values where that is quick, else some of them; and when the file they are mapped from was changed."""
        if self.values.nbytes <= WHOLE_BYTES:
            for start in range(0, len(self), CHECKED_SAMPLES):
                digest.update(np.ascontiguousarray(self.values[start : start + CHECKED_SAMPLES]).data)
        else:
            super()._add_contents(digest)
        if isinstance(self.values, np.memmap) and self.values.filename is not None:
            found = Path(self.values.filename).stat()
            digest.update(b"%d %d;" % (found.st_size, found.st_mtime_ns))

    def mask(self, index: int) -> Values | None:
        return None if self.masks is None else np.asarray(self.masks[index])

    def boxes(self, index: int) -> Boxes | None:
        return None if self._boxes is None else self._boxes[index]


class Names:
    """Many file names in little memory: one run of bytes and where each name begins."""

    def __init__(self, names: Iterable[str]) -> None:
        text = bytearray()
        starts = [0]
        for name in names:
            text += name.encode("utf-8", "surrogateescape")
            starts.append(len(text))
        self._text = bytes(text)
        self._starts = np.array(starts, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, index: int) -> str:
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self.encoded(index).decode("utf-8", "surrogateescape")

    @property
    def text(self) -> bytes:
        """All names, one behind the other."""
        return self._text

    def encoded(self, index: int) -> bytes:
        """A name as the file system's bytes."""
        return self._text[self._starts[index] : self._starts[index + 1]]


class FileSamples(Samples):
    """A data set of image files below one folder.

    Args:
        folder: the names are relative to it, with `/` between folders.
        mask_names: the file with the mask of each image; pixels are classes.
        read_mask: how a mask's file is read; given with `mask_names`.

    Attributes:
        orphan_labels: what labels are given for although there is no such file.
        orphan_images: images that have no label.
        orphan_masks: images without a mask and masks without an image.
            Of each the first 10,000 by name; then the last entry says how many more there are: `and 1,234 more`.
    """

    orphan_labels: tuple[str, ...] = ()
    orphan_images: tuple[str, ...] = ()
    orphan_masks: tuple[str, ...] = ()

    def __init__(
        self,
        facts: DataFacts,
        folder: Path,
        names: Names,
        labels: Indices,
        parts: npt.NDArray[np.int8] | None = None,
        mask_names: Names | None = None,
        read_mask: Callable[[Path], Values] | None = None,
    ) -> None:
        self.facts = facts
        self.folder = folder
        self.names = names
        self.labels = labels
        self.parts = parts
        self.mask_names = mask_names
        self._read_mask = read_mask

    def name(self, index: int) -> str:
        return shown(self.names[index])

    def path(self, index: int) -> Path:
        return self.folder / self.names[index]

    def read(self, index: int) -> Values:
        from models.data.decoding import read_image  # with Pillow, which the first paint need not wait for

        return read_image(self.path(index))

    def mask(self, index: int) -> Values | None:
        if self.mask_names is None or self._read_mask is None:
            return None
        return self._read_mask(self.folder / self.mask_names[index])

    def _add_contents(self, digest: blake2b) -> None:
        """Every file, masks among them, by its name, its size and when it was changed."""
        for names in (self.names, self.mask_names):
            if names is None:
                continue
            digest.update(names.text)
            for index in range(len(names)):
                try:
                    found = (self.folder / names[index]).stat()
                except OSError:
                    continue  # one that is gone differs from one that is there
                digest.update(b"%d %d;" % (found.st_size, found.st_mtime_ns))
