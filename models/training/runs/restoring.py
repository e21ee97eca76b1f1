"""A run's project as it was trained, with the weights that it came to, read without TensorFlow."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.analysis import analyse, layers_with_weights
from models.data.memory import physical_memory
from models.data.sources import resolve
from models.files import FileError, check_regular, reason
from models.network.project import Project, read_project
from models.network.weights_file import read_weights, store_weights
from models.training.runs.layout import BEST, CHECKPOINTS, PROJECT, checkpoints_of
from models.training.runs.summarizing import OLD_CHECKPOINT

ABOUT, FINAL, LAYERS = "about", "final/", "layers/"
"""Keys of a checkpoint: what it says of itself, the weights that the run ended with, and all variables of layers."""

Weights = dict[str, list[npt.NDArray[Any]]]


def restore_project(folder: Path, weights_file: Path) -> Project:
    """The project of a run; its weights, where there are some, go to a file by its absolute path.

    Raises ProjectError where the project cannot be read, and FileError for its weights.
    """
    project = read_project(folder / PROJECT)
    project = project.replace(data=resolve(project.data, folder))
    weights = run_weights(folder)
    if not weights:
        return project.replace(weights=None)
    layers = layers_with_weights(analyse(project.network))
    return project.replace(weights=store_weights(weights_file, weights, layers))


def run_weights(folder: Path) -> Weights:
    """The last weights of a run, by layer; none where it has no checkpoint.

    A damaged checkpoint is passed over for the one before. Raises FileError where none of them can be read.
    """
    best, old = folder / CHECKPOINTS / BEST, folder / OLD_CHECKPOINT
    damaged: FileError | None = None
    for path in (*checkpoints_of(folder), *(path for path in (best,) if path.is_file())):
        try:
            return _of_checkpoint(path)
        except FileError as error:
            damaged = damaged or error
    if damaged is not None:
        raise damaged
    return read_weights(old) if old.is_file() else {}


def _of_checkpoint(path: Path) -> Weights:
    check_regular(path)
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {entry.filename.removesuffix(".npy"): entry.file_size for entry in archive.infolist()}
        with np.load(path, allow_pickle=False) as archive:
            about = json.loads(archive[ABOUT].tobytes())
            names = _names(about["places"], list(archive.files))
            if sum(sizes[name] for found in names.values() for name in found) > physical_memory() // 2:
                raise FileError(f"{path} holds more weights than fit into half of this machine's memory.")
            return {layer: [archive[name] for name in found] for layer, found in names.items()}
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"{path} was not opened: {reason(error, reading=True)}") from error
    except Exception as error:  # what zipfile, zlib and numpy raise for damaged bytes has no common class
        first = next(iter(str(error).splitlines()), type(error).__name__)
        raise FileError(f"{path} is damaged ({first[:200]}). Choose another run, or train again.") from error


def _names(places: dict[str, list[int]], entries: list[str]) -> dict[str, list[str]]:
    """The entries that are a checkpoint's weights, by layer, in Keras's order."""
    final: dict[str, dict[int, str]] = {}
    for name in entries:
        if name.startswith(FINAL):
            layer, _, number = name.removeprefix(FINAL).rpartition("/")
            final.setdefault(layer, {})[int(number)] = name
    if final:
        return {layer: [found[number] for number in sorted(found)] for layer, found in final.items()}
    return {layer: [f"{LAYERS}{layer}/{number}" for number in numbers] for layer, numbers in places.items()}
