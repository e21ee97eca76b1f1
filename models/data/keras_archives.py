"""Opens the data sets that Keras downloads: `.npz`, IDX and CIFAR's archives. Nothing is unpickled into objects."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO
from weakref import WeakValueDictionary

import numpy as np

from models.data import keras_downloads
from models.data.facts import DataError, DataFacts
from models.data.keras_downloads import Download
from models.data.samples import TEST, TRAINING, ArraySamples, Values
from models.data.sources.base import Progress

LARGEST = 1 << 28
"""Bytes of a file inside an archive above which it is not read; those of CIFAR-100 have 155 million."""

Half = tuple[Values, Values]
"""Images (samples, height, width, channels), and the label of each (samples,)."""

_opened: WeakValueDictionary[tuple[Any, ...], ArraySamples] = WeakValueDictionary()
"""Data sets that somebody still uses, by their files' identity: reading CIFAR takes seconds and much memory."""

_lock = Lock()


def mnist(facts: DataFacts, progress: Progress | None = None) -> ArraySamples:
    """MNIST: training and test as it comes. Raises DataError, as the others do."""
    return _open(facts, (keras_downloads.MNIST,), progress, lambda paths: _npz(paths[0]))


def fashion_mnist(facts: DataFacts, progress: Progress | None = None) -> ArraySamples:
    """Fashion-MNIST: labels and images for training, then those for test."""
    return _open(
        facts,
        keras_downloads.FASHION_MNIST,
        progress,
        lambda paths: (
            (_idx(paths[1], 3)[..., None], _idx(paths[0], 1)),
            (_idx(paths[3], 3)[..., None], _idx(paths[2], 1)),
        ),
    )


def cifar10(facts: DataFacts, progress: Progress | None = None) -> ArraySamples:
    """CIFAR-10: five batches for training, one for test."""
    batches = tuple(f"cifar-10-batches-py/data_batch_{number}" for number in range(1, 6))
    return _open(
        facts,
        (keras_downloads.CIFAR10,),
        progress,
        lambda paths: _cifar(paths[0], (batches, ("cifar-10-batches-py/test_batch",)), "labels", progress),
    )


def cifar100(facts: DataFacts, label_mode: str, progress: Progress | None = None) -> ArraySamples:
    """CIFAR-100, with "fine" or "coarse" labels."""
    halves = (("cifar-100-python/train",), ("cifar-100-python/test",))
    return _open(
        facts,
        (keras_downloads.CIFAR100,),
        progress,
        lambda paths: _cifar(paths[0], halves, f"{label_mode}_labels", progress),
    )


def _open(
    facts: DataFacts,
    downloads: tuple[Download, ...],
    progress: Progress | None,
    read: Callable[[tuple[Path, ...]], tuple[Half, Half]],
) -> ArraySamples:
    """Download what is missing, read it, and check that it is what the facts say."""
    from tarfile import TarError
    from zipfile import BadZipFile

    with _lock:
        there = _opened.get(_identity(facts, downloads))
    if there is not None:
        return there
    paths = keras_downloads.fetched(downloads, progress)
    try:
        halves = read(paths)
        for half in halves:
            _check(facts, *half)
    except (ValueError, KeyError, EOFError, OSError, zlib.error, BadZipFile, TarError) as error:
        place = paths[0] if len(paths) == 1 else paths[0].parent
        raise DataError(
            f"{place} is not the {facts.name} that Keras publishes, or is damaged: {error}. "
            "Delete it to have it downloaded anew."
        ) from error
    samples = _joined(facts, *halves)
    with _lock:
        _opened[_identity(facts, downloads)] = samples
    return samples


def _identity(facts: DataFacts, downloads: tuple[Download, ...]) -> tuple[Any, ...]:
    """What a data set read from these files is known by."""
    files = []
    for download in downloads:
        try:
            state = download.path.stat()
        except OSError:
            files.append((str(download.path), -1, -1))
        else:
            files.append((str(download.path), state.st_mtime_ns, state.st_size))
    return (facts, downloads, *files)


def _joined(facts: DataFacts, training: Half, test: Half) -> ArraySamples:
    values = np.concatenate([training[0], test[0]])
    labels = np.concatenate([training[1], test[1]]).astype(np.int64)
    parts = np.repeat(np.array([TRAINING, TEST], np.int8), [len(training[1]), len(test[1])])
    samples = ArraySamples(replace(facts, samples=len(labels)), values, labels, parts)
    for array in (samples.values, samples.labels, parts):
        array.setflags(write=False)  # everybody who opens the data set gets the same
    return samples


def _check(facts: DataFacts, images: Values, labels: Values) -> None:
    if images.dtype != np.uint8 or images.shape[1:] != facts.sample_shape:
        raise ValueError(f"bytes of {facts.sample_shape} were expected, {images.dtype} of {images.shape[1:]} found")
    if labels.dtype.kind not in "iu" or labels.shape != images.shape[:1] or not len(labels):
        raise ValueError(f"{len(images):,} whole numbers were expected as labels, {labels.shape} {labels.dtype} found")
    if labels.min() < 0 or labels.max() >= facts.classes:
        raise ValueError(f"labels of 0 … {facts.classes - 1} were expected, {labels.min()} … {labels.max()} found")


# --- the formats ------------------------------------------------------------------------------------------------------
def _npz(path: Path) -> tuple[Half, Half]:
    with path.open("rb") as file, _loaded(file) as archive:  # opened here: np.load forgets to close what is damaged
        x_train, y_train, x_test, y_test = (archive[name] for name in ("x_train", "y_train", "x_test", "y_test"))
    return (x_train[..., None], y_train), (x_test[..., None], y_test)


def _loaded(file: BinaryIO) -> Any:
    archive = np.load(file, allow_pickle=False)
    if isinstance(archive, np.ndarray):
        raise ValueError("it has one array, and four with names were expected")
    return archive


def _idx(path: Path, axes: int) -> Values:
    """An array of bytes in Yann LeCun's format IDX, compressed: a magic number, the size of each axis, the values."""
    import gzip

    try:
        with gzip.open(path, "rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path.name} cannot be unpacked ({error})") from error
    start = 4 + 4 * axes
    if len(data) < start or data[:4] != bytes([0, 0, 8, axes]):
        raise ValueError(f"{path.name} is no IDX file of {axes} axes")
    shape = tuple(np.frombuffer(data, ">u4", axes, offset=4).tolist())
    if len(data) - start != int(np.prod(shape, dtype=object)):
        raise ValueError(f"{path.name} says that it has {shape} values, and has {len(data) - start:,}")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def _cifar(
    path: Path, halves: tuple[tuple[str, ...], tuple[str, ...]], label_key: str, progress: Progress | None
) -> tuple[Half, Half]:
    """Batches of CIFAR, straight from the archive: each a dictionary of `data` (samples, 3072) and of labels."""
    import tarfile

    found: dict[str, Half] = {}
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            if progress is not None:
                progress(0, 0)  # how long it takes is not known, and it may be stopped
            if not member.isreg() or not any(member.name in half for half in halves):
                continue
            if member.size > LARGEST:
                raise ValueError(f"{member.name} in it would be {member.size:,} bytes large")
            file = archive.extractfile(member)
            assert file is not None  # it is a regular file
            batch = read_batch(file.read())
            data, labels = batch.get("data"), batch.get(label_key)
            if not isinstance(data, np.ndarray) or not isinstance(labels, list):
                raise ValueError(f"{member.name} in it has no data or no {label_key}")
            found[member.name] = data.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), np.array(labels)
    training, test = ([found[name] for name in half] for half in halves)
    return _stacked(training), _stacked(test)


def _stacked(batches: list[Half]) -> Half:
    images, labels = zip(*batches, strict=True)
    return np.concatenate(images), np.concatenate(labels)


# --- CIFAR's batches are pickles: programs in a small language, of which only the harmless part is followed -----------
def read_batch(data: bytes) -> dict[str, Any]:
    """The dictionary of a CIFAR batch. Raises ValueError where it holds anything but plain values and bytes' arrays.

    A pickle may name any function to be called; here it gets the three names below, which stand for recording and
    nothing else, and an error for all others.
    """
    try:
        batch = _Reader(BytesIO(data), encoding="bytes").load()
    except Exception as error:  # on damaged data the reader raises nearly anything
        raise ValueError(f"a batch cannot be read ({error})") from error
    if not isinstance(batch, dict):
        raise ValueError("a batch is no dictionary")
    return {_text(key): value.values if isinstance(value, _Array) else value for key, value in batch.items()}


def _text(key: Any) -> str:
    return key.decode("ascii", "replace") if isinstance(key, bytes) else str(key)


class _Dtype:
    """Records what a numpy dtype is made of."""

    def __init__(self, kind: Any, *flags: Any) -> None:
        self.kind = _text(kind)

    def __setstate__(self, state: Any) -> None:
        """Byte order and the like: bytes have none."""


class _Array:
    """Records what a numpy array of bytes is made of."""

    values: Values

    def __setstate__(self, state: Any) -> None:
        _version, shape, dtype, by_columns, data = state
        if not isinstance(dtype, _Dtype) or dtype.kind != "u1" or by_columns or not isinstance(data, bytes):
            raise ValueError("an array in it is not one of bytes")
        self.values = np.frombuffer(data, np.uint8).reshape(shape)


def _reconstruct(kind: Any, shape: Any, code: Any) -> _Array:
    return _Array()


class _Reader(pickle.Unpickler):
    _names = {  # noqa: RUF012 (nobody changes it)
        ("numpy", "ndarray"): _Array,
        ("numpy", "dtype"): _Dtype,
        ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
        ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    }

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self._names[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no image needs") from None
