"""Checkpoints: one file each, with all that going on exactly needs, so written that a crash leaves the old or the new.

A checkpoint is a `.npz` without pickle. `layers/…` and `optimizer/…` are the variables as `training_state` names them,
`record/…` the curves, `final/<layer>/<number>` the weights that the run ended with where these are not the ones to go
on from, and `about` says the rest as JSON.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from models.data.memory import physical_memory
from models.files import FileError, check_regular, reason, replacing, sync_folder
from models.training.run_state import RunState
from models.training.runs.layout import BEST, CHECKPOINTS, checkpoints_of

Arrays = Mapping[str, npt.NDArray[Any]]
Weights = Mapping[str, Sequence[npt.NDArray[Any]]]

ABOUT, RECORD, FINAL, LAYERS = "about", "record/", "final/", "layers/"
FORMAT, VERSION = "layerloom-checkpoint", 1
KEPT = 2
"""The last checkpoints that are kept, so that one may be damaged."""

NUMBERS = "biufV"
"""Kinds of numpy dtypes that variables can have; V is how bfloat16 is stored."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A run between two steps.

    Attributes:
        state: where it is.
        variables: of model and optimizer, as `read_state` gives them.
        places: for each layer, which of its variables are its weights, in Keras's order.
        record: as `RunRecord.arrays` gives it.
        final: the weights that the run ended with, where these are not those in `variables`.
    """

    state: RunState
    variables: Arrays
    places: Mapping[str, Sequence[int]]
    record: Arrays = field(default_factory=dict)
    final: Weights | None = None

    @property
    def weights(self) -> dict[str, list[npt.NDArray[Any]]]:
        """The weights that the run has come to, by layer."""
        if self.final is not None:
            return {layer: list(values) for layer, values in self.final.items()}
        return {
            layer: [self.variables[f"{LAYERS}{layer}/{number}"] for number in numbers]
            for layer, numbers in self.places.items()
        }

    @property
    def is_finite(self) -> bool:
        """Whether every variable is a number."""
        floats = (value for value in self.variables.values() if value.dtype.kind == "f")
        return all(bool(np.isfinite(value).all()) for value in floats)


def weight_places(model: keras.Model) -> dict[str, tuple[int, ...]]:
    """For each layer with weights, which of its variables these are: others are seeds of random draws."""
    places = {}
    for layer in model.layers:
        numbers = {id(variable): number for number, variable in enumerate(layer.variables)}
        if layer.weights:
            places[layer.name] = tuple(numbers[id(weight)] for weight in layer.weights)
    return places


# --- one file ---------------------------------------------------------------------------------------------------------
def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write one, read it back, and only then move it into its place. Raises FileError; the old file is then intact."""
    about = {
        "format": FORMAT,
        "version": VERSION,
        "state": checkpoint.state.model_dump(mode="json"),
        "places": {layer: list(numbers) for layer, numbers in checkpoint.places.items()},
    }
    entries: dict[str, npt.NDArray[Any]] = {
        ABOUT: np.frombuffer(json.dumps(about).encode(), np.uint8),
        **checkpoint.variables,
        **{RECORD + name: values for name, values in checkpoint.record.items()},
    }
    for layer, values in (checkpoint.final or {}).items():
        entries |= {f"{FINAL}{layer}/{number}": value for number, value in enumerate(values)}
    with replacing(path, _check_whole) as file:
        np.savez(file, allow_pickle=False, **entries)


def _check_whole(path: Path) -> None:
    """Raise OSError unless every byte of an archive is as its sums say."""
    with zipfile.ZipFile(path) as archive:
        bad = archive.testzip()
    if bad is not None:
        raise FileError(f"{path.parent} does not keep what is written there: {bad} came back damaged. Check the disk.")


def read_checkpoint(path: Path) -> Checkpoint:
    """Read one. Raises FileError for a file that is damaged, or none."""
    check_regular(path)
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > physical_memory() // 2:
            raise FileError(f"{path} holds {size / 2**30:,.0f} GB, more than half of this machine's memory.")
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        return _checkpoint(arrays)
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"{path} was not opened: {reason(error, reading=True)}") from error
    except Exception as error:  # what zipfile, zlib, numpy and pydantic raise for damaged bytes has no common class
        first = next(iter(str(error).splitlines()), type(error).__name__)
        raise FileError(f"{path} is damaged ({first[:200]}). Choose another run, or train again.") from error


def _checkpoint(arrays: dict[str, npt.NDArray[Any]]) -> Checkpoint:
    about = json.loads(arrays.pop(ABOUT).tobytes())
    if about["format"] != FORMAT or about["version"] > VERSION:
        raise ValueError("a newer LayerLoom has written it")
    if any(values.dtype.kind not in NUMBERS for values in arrays.values()):
        raise ValueError("it holds something else than numbers")
    record = {name.removeprefix(RECORD): arrays.pop(name) for name in list(arrays) if name.startswith(RECORD)}
    final: dict[str, dict[int, npt.NDArray[Any]]] = {}
    for name in [name for name in arrays if name.startswith(FINAL)]:
        layer, _, number = name.removeprefix(FINAL).rpartition("/")
        final.setdefault(layer, {})[int(number)] = arrays.pop(name)
    weights = {layer: [values[number] for number in sorted(values)] for layer, values in final.items()}
    places = {layer: tuple(numbers) for layer, numbers in about["places"].items()}
    checkpoint = Checkpoint(RunState.model_validate(about["state"]), arrays, places, record, weights or None)
    _ = checkpoint.weights  # KeyError for one that is not there
    return checkpoint


# --- a run's ----------------------------------------------------------------------------------------------------------
class CheckpointFiles:
    """A run's checkpoints on the disk: the last ones and the best.

    Attributes:
        folder: the run's.
    """

    def __init__(self, folder: Path, known: Path | None = None) -> None:
        """`known`: the checkpoint that is gone on from. Others are of no use once there are new ones."""
        self.folder = folder
        self._kept = [known] if known is not None else []

    def write(self, checkpoint: Checkpoint) -> Path:
        """Write one, and let go of those before the last ones. Raises FileError."""
        path = self.folder / CHECKPOINTS / f"step-{checkpoint.state.steps:010d}.npz"
        write_checkpoint(path, checkpoint)
        self._kept = [*(kept for kept in self._kept if kept != path), path][-KEPT:]
        self._tidy()
        return path

    def write_best(self, checkpoint: Checkpoint) -> None:
        """Write the best one in place of the one before. Raises FileError."""
        write_checkpoint(self.folder / CHECKPOINTS / BEST, checkpoint)

    def _tidy(self) -> None:
        """Remove old checkpoints, and what a crash has left half written."""
        folder = self.folder / CHECKPOINTS
        with suppress(OSError):
            old = [*checkpoints_of(self.folder), *folder.glob(".*.part")]
            for path in old:
                if path not in self._kept:
                    path.unlink(missing_ok=True)
            sync_folder(folder)


@dataclass(frozen=True, eq=False)
class FoundCheckpoint:
    """The newest checkpoint that can be read.

    Attributes:
        path: its file.
        damaged: what is wrong with those after it.
    """

    path: Path
    checkpoint: Checkpoint
    damaged: tuple[str, ...] = ()


def newest_checkpoint(folder: Path) -> FoundCheckpoint:
    """The newest of a run's checkpoints that can be read. Raises FileError where there is none."""
    damaged: list[str] = []
    for path in checkpoints_of(folder):
        try:
            return FoundCheckpoint(path, read_checkpoint(path), tuple(damaged))
        except FileError as error:
            damaged.append(str(error))
    if damaged:
        raise FileError(f"No checkpoint of this run can be read: {' '.join(damaged)}")
    raise FileError(
        f"{folder} has no checkpoint: the run ended before its first one was written. Train its project again."
    )


def best_checkpoint(folder: Path) -> Checkpoint | None:
    """The best checkpoint of a run; None where there is none that can be read."""
    try:
        return read_checkpoint(folder / CHECKPOINTS / BEST)
    except FileError:
        return None
