"""Reading samples inside a tf.data pipeline: by TensorFlow what it decodes as Pillow does, by Pillow all else."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar
from weakref import ref

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from PIL import Image

from models.data.samples import ArraySamples, FileSamples, Samples

AnySamples = TypeVar("AnySamples", bound=Samples)

Reader = Callable[[tf.Tensor], tf.Tensor]
"""From a sample's index () int64 to the sample as it is stored; one that cannot be read is an error of the pipeline."""

JPEG_MARKS, PNG_MARKS = r"\C*Exif\C*", r"\C*(eXIf|tRNS)\C*"
"""Files that may say they are to be turned, or have transparency: Pillow reads these. `\\C` is any byte.

All of a file is looked through, which costs little beside decoding it: a colour profile before the mark may be long.
"""

PNG_GREY, PNG_COLOUR, PNG_COLOUR_TYPE, PNG_DEPTH = 0, 2, 25, 24
INK_CHANNELS = 4


def sample_reader(samples: Samples, by_pillow: Collection[int] = ()) -> Reader:
    """How one sample of a data set is read; uint8 or float32.

    The samples `by_pillow` are those that TensorFlow cannot decode, as has turned out.
    """
    if isinstance(samples, FileSamples):
        return _file_reader(samples, by_pillow)
    kind = tf.uint8 if isinstance(samples, ArraySamples) and samples.values.dtype == np.uint8 else tf.float32
    rank, known = len(samples.facts.sample_shape), ref(samples)

    def one(index: np.int64) -> npt.NDArray[np.generic]:
        return _there(known).read(int(index)).astype(kind.as_numpy_dtype)

    def read(index: tf.Tensor) -> tf.Tensor:
        return tf.ensure_shape(tf.numpy_function(one, [index], kind), [None] * rank)

    return read


def block_reader(samples: ArraySamples) -> Reader:
    """How many samples of an array are read at once: from indices (n,) to (n, …)."""
    kind = tf.uint8 if samples.values.dtype == np.uint8 else tf.float32
    shape, known = [None, *samples.values.shape[1:]], ref(samples)

    def block(indices: npt.NDArray[np.int64]) -> npt.NDArray[np.generic]:
        return np.asarray(_there(known).values[indices]).astype(kind.as_numpy_dtype)

    def read(indices: tf.Tensor) -> tf.Tensor:
        return tf.ensure_shape(tf.numpy_function(block, [indices], kind), shape)

    return read


def _there(known: ref[AnySamples]) -> AnySamples:
    """The samples, where they are still wanted: TensorFlow keeps Python functions of pipelines for good."""
    samples = known()
    if samples is None:
        raise ReferenceError("The data set has been let go.")
    return samples


def _file_reader(samples: FileSamples, by_pillow: Collection[int]) -> Reader:
    """Files are decoded by TensorFlow where that gives what Pillow gives."""
    odd = tf.constant(sorted(by_pillow), tf.int64)
    folder = str(samples.folder).encode("utf-8", "surrogateescape")
    names = tf.constant([samples.names.encoded(index) for index in range(len(samples.names))], tf.string)

    known = ref(samples)

    def pillow(index: np.int64) -> npt.NDArray[np.uint8]:
        return _there(known).read(int(index)).astype(np.uint8)

    def read(index: tf.Tensor) -> tf.Tensor:
        data = tf.io.read_file(tf.strings.join([folder, names[index]], "/"))
        usual = ~tf.reduce_any(odd == index) if by_pillow else tf.constant(True)
        image = tf.case(
            [
                (usual & _is_plain_jpeg(data), lambda: _jpeg(data)),
                (usual & _is_plain_png(data), lambda: _png(data)),
            ],
            default=lambda: _pixels(tf.numpy_function(pillow, [index], tf.uint8)),
        )
        return _pixels(image)

    return read


def _pixels(image: tf.Tensor) -> tf.Tensor:
    return tf.ensure_shape(image, [None, None, None])


def _jpeg(data: tf.Tensor) -> tf.Tensor:
    return _pixels(tf.io.decode_jpeg(data, dct_method="INTEGER_ACCURATE"))


def _png(data: tf.Tensor) -> tf.Tensor:
    return _pixels(tf.io.decode_png(data))


def _is_plain_jpeg(data: tf.Tensor) -> tf.Tensor:
    """Grey or colour, and not to be turned."""

    def is_plain() -> tf.Tensor:
        shape = tf.io.extract_jpeg_shape(data)
        marked = tf.strings.regex_full_match(data, JPEG_MARKS)
        return (shape[2] < INK_CHANNELS) & _is_small(shape) & ~marked

    return tf.cond(tf.equal(tf.strings.substr(data, 0, 3), b"\xff\xd8\xff"), is_plain, lambda: False)


def _is_plain_png(data: tf.Tensor) -> tf.Tensor:
    """Eight bits, grey or colour, no transparency."""
    begins = tf.equal(tf.strings.substr(data, 0, 8), b"\x89PNG\r\n\x1a\n") & (tf.strings.length(data) > PNG_COLOUR_TYPE)

    def is_plain() -> tf.Tensor:
        header = tf.cast(tf.io.decode_raw(tf.strings.substr(data, 0, PNG_COLOUR_TYPE + 1), tf.uint8), tf.int64)
        width, height = (tf.reduce_sum(header[at : at + 4] * [2**24, 2**16, 2**8, 1]) for at in (16, 20))
        colours = header[PNG_COLOUR_TYPE]
        plain = (header[PNG_DEPTH] == 8) & ((colours == PNG_GREY) | (colours == PNG_COLOUR))
        marked = tf.strings.regex_full_match(data, PNG_MARKS)
        return plain & _is_small(tf.stack([height, width])) & ~marked

    return tf.cond(begins, is_plain, lambda: False)


def _is_small(shape: tf.Tensor) -> tf.Tensor:
    """Whether an image stays below what Pillow takes for a decompression bomb; larger ones are left to its refusal."""
    limit = Image.MAX_IMAGE_PIXELS or 2**31
    return tf.reduce_prod(tf.cast(shape[:2], tf.int64)) <= limit
