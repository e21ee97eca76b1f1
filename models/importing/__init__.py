"""Keras models from files, read as data: nothing of a file is ever run, and neither Keras nor TensorFlow is needed.

`read_model` is all that others call. What a file says is read as JSON and as HDF5 arrays under limits, classes are
looked up in a list of those that are known, and every size is checked against the network's own analysis.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from models.importing.errors import ModelImportError

if TYPE_CHECKING:
    from models.importing.reading import Imported

SUFFIXES = (".keras", ".h5", ".hdf5", ".json")
"""Files of whole Keras models: the present format, the two names of the older one, and the structure alone."""


def read_model(path: Path) -> Imported:
    """The network in a `.keras` file, a whole-model `.h5` file, or a model's JSON, with its weights if there are any.

    Raises ModelImportError or FileError with a readable text.
    """
    from models.importing import reading  # h5py takes a while to load, which nobody should wait for who opens none

    return reading.read_model(path)


__all__ = ["SUFFIXES", "ModelImportError", "read_model"]
