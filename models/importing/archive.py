"""The files that Keras models are kept in: a `.keras` archive, a whole-model HDF5 file, or JSON."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import h5py

from models.data.memory import physical_memory
from models.files import FileError, check_regular, reason
from models.importing import hdf5
from models.importing.errors import ModelImportError

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
MAX_CONFIG_BYTES = 32 * 1024 * 1024
"""ResNet-152's structure is a fiftieth of that."""

MAX_ENTRIES = 10_000
MAX_RATIO = 100
"""Keras stores its entries as they are; weights do not shrink to a hundredth."""

ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError)
"""What Python's zipfile raises for archives that are cut off, forged, encrypted or packed in unknown ways."""


@dataclass(frozen=True, eq=False)
class Opened:
    """A model file while it is open.

    Attributes:
        config: what the file says of the model's structure.
        weights: the HDF5 group that holds the weights, None for JSON.
        by_order: whether the weights are stored under class names in order (`.keras`) or under layer names (`.h5`).
    """

    config: Any
    weights: h5py.Group | None
    by_order: bool


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Open a model file, by what is in it and not by its suffix. Raises ModelImportError or FileError."""
    check_regular(path)
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("rb"))
            start = file.read(8)
            file.seek(0)
        except OSError as error:
            raise FileError(f"{path} was not opened: {reason(error, reading=True)}") from error
        if start[:4] == b"PK\x03\x04":
            yield _archive(file, path.name, stack)
        elif start == b"\x89HDF\r\n\x1a\n":
            yield _whole_model(stack.enter_context(hdf5.opened(file)), path.name)
        else:
            yield Opened(parse(_limited(file, path.name), path.name), None, False)


def parse(data: bytes | str, name: str) -> Any:
    """A model's structure from its JSON. Raises ModelImportError."""
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
        return json.loads(text)
    except RecursionError as error:
        raise ModelImportError(f"{name} is nested deeper than any model's structure. Choose another file.") from error
    except ValueError as error:  # UnicodeDecodeError is one, too
        raise ModelImportError(
            f"{name} is damaged or no Keras model: it is neither an archive nor HDF5 nor JSON ({str(error)[:100]}). "
            "Choose a .keras, .h5 or .json file that Keras wrote."
        ) from error


def _limited(file: BinaryIO, name: str) -> bytes:
    data = file.read(MAX_CONFIG_BYTES + 1)
    if len(data) > MAX_CONFIG_BYTES:
        raise ModelImportError(f"{name} is larger than any model's structure ({MAX_CONFIG_BYTES // 2**20} MB of JSON).")
    return data


def _archive(file: BinaryIO, name: str, stack: ExitStack) -> Opened:
    try:
        archive = stack.enter_context(zipfile.ZipFile(file))
        if len(archive.infolist()) > MAX_ENTRIES:
            raise ModelImportError(f"{name} has {len(archive.infolist()):,} entries, and a Keras model has a handful.")
        config = parse(_entry(archive, CONFIG, MAX_CONFIG_BYTES, name), f"{name} ({CONFIG})")
        if WEIGHTS not in archive.namelist():
            return Opened(config, None, True)
        weights = io.BytesIO(_entry(archive, WEIGHTS, physical_memory() // 2, name))
    except ZIP_ERRORS as error:
        if isinstance(error, ModelImportError):
            raise
        raise ModelImportError(
            f"{name} is damaged ({str(error)[:100]}). Save the model again, or take another copy."
        ) from error
    return Opened(config, stack.enter_context(hdf5.opened(weights)), True)


def _entry(archive: zipfile.ZipFile, entry: str, limit: int, name: str) -> bytes:
    """What is in an entry, which is not trusted in what it says of its own size."""
    try:
        info = archive.getinfo(entry)
    except KeyError as error:
        raise ModelImportError(
            f"{name} is no Keras model: it has no {entry}. Choose a file that Keras wrote."
        ) from error
    if info.file_size > limit or info.file_size > MAX_RATIO * max(info.compress_size, 10_000):
        raise ModelImportError(
            f"{entry} in {name} would unpack from {info.compress_size:,} to {info.file_size:,} bytes, "
            "which is no Keras model. Choose another file."
        )
    with archive.open(info) as opened_entry:
        data = opened_entry.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise ModelImportError(f"{entry} in {name} is cut off. Take another copy of the file.")
    return data


def _whole_model(file: h5py.File, name: str) -> Opened:
    config = hdf5.text(file, "model_config")
    if config is None:
        raise ModelImportError(
            f"{name} holds weights without the model's structure. Save the whole model (model.save), and open that."
        )
    if len(config) > MAX_CONFIG_BYTES:
        raise ModelImportError(f"the structure in {name} is larger than any model's ({MAX_CONFIG_BYTES // 2**20} MB).")
    weights = hdf5.group(file, "model_weights") if hdf5.has(file, "model_weights") else None
    return Opened(parse(config, name), weights, False)
