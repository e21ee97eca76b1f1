"""`Snapshots`: writes a network's filters and feature maps into the run's folder, epoch after epoch."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from models.files import FileError, reason
from models.runtime.live_model import LiveModel
from models.runtime.probes import as_maps, filters
from models.training.snapshots import FILTERS, LEVELS, MAPS, MOST_BYTES, RANGE, snapshot_path, snapshots_of

Floats = npt.NDArray[np.float32]
Entries = dict[str, npt.NDArray[Any]]

MOST_SNAPSHOTS = 200
"""Beyond that every second one goes."""

MOST_LAYERS = 96
"""Layers that are looked at: those with filters first, then the network's other blocks."""

MOST_FILTERS, MOST_INPUTS, MOST_CHANNELS = 64, 16, 16
MOST_VALUES = 1024
"""Of a vector."""

LARGEST_MAP = 64
"""Height and width of a map, at most."""

LIMIT = 1e38
"""Of values in maps: between the lowest and the highest one float32 still has numbers."""

ENTRY_BYTES = 400
"""What an entry takes besides its values."""

GAP_PER_COST = 100
"""A snapshot is followed by this many times its cost without one: at most 1 % of the time."""


class Snapshots:
    """Takes snapshots of a model in training.

    Attributes:
        folder: the run's folder.
    """

    def __init__(self, folder: Path, live: LiveModel) -> None:
        self.folder = folder
        self._live = live
        self._next = 0.0
        self._begun = False

    def take(self, epochs: int, image: Floats | None, *, always: bool = False) -> float:
        """Write what the network is like after so many epochs, and say how many seconds that took.

        `image` has the input's shape; without one there are filters and no maps. While epochs are short some are left
        out, unless `always` is asked for, as after the last one. Raises FileError.
        """
        began = time.perf_counter()
        if began < self._next and not always:
            return 0.0
        if not self._begun:
            self._begun = True
            self._forget_behind(epochs)
        if image is not None:
            self._live.warm_up(image)  # compiling belongs to no single snapshot
            began = time.perf_counter()
        self._write(epochs, self._entries(image))
        self._thin()
        ended = time.perf_counter()
        self._next = ended + GAP_PER_COST * (ended - began)
        return ended - began

    # --- what is in it ----------------------------------------------------------------------------------------------
    def _entries(self, image: Floats | None) -> Entries:
        """Filters and maps, each with its share of the bytes that are left."""
        expansion = self._live.expansion
        with_filters = [node.id for node in expansion.network.nodes if node.block.has_filters][:MOST_LAYERS]
        watched = list(dict.fromkeys([*with_filters, *(node.id for node in self._live.network.nodes)]))[:MOST_LAYERS]
        outputs = self._live.node_outputs(image, watched) if image is not None else {}
        entries: Entries = {}
        room, left = float(MOST_BYTES), len(with_filters) + len(outputs)
        for made in (*self._filters(with_filters), *((MAPS, node_id, output) for node_id, output in outputs.items())):
            kind, node_id, values = made
            share = int(room / max(left, 1)) - ENTRY_BYTES
            added = _kernel_entry(node_id, values, share) if kind == FILTERS else _map_entries(node_id, values, share)
            entries |= added
            room -= sum(entry.nbytes + ENTRY_BYTES for entry in added.values())
            left -= 1
        return entries

    def _filters(self, node_ids: Sequence[str]) -> Iterator[tuple[str, str, Floats]]:
        for node_id in node_ids:
            kernel = filters(self._live, node_id)
            if kernel is not None and kernel.ndim == 4:
                yield FILTERS, node_id, kernel

    # --- the folder -------------------------------------------------------------------------------------------------
    def _write(self, epochs: int, entries: Entries) -> None:
        """Beside its place, then moved there. It is not forced to the disk: one that a power cut damages is no loss."""
        path = snapshot_path(self.folder, epochs)
        packed = BytesIO()
        np.savez(packed, allow_pickle=False, **entries)
        temporary = path.with_name(f".{uuid4().hex}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(packed.getbuffer())
            os.replace(temporary, path)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise FileError(f"{path} was not written: {reason(error)}") from error

    def _forget_behind(self, epochs: int) -> None:
        """Remove what an interrupted run looked like later than where it goes on from."""
        for later, path in snapshots_of(self.folder).items():
            if later > epochs:
                _remove(path)

    def _thin(self) -> None:
        kept = list(snapshots_of(self.folder).values())
        if len(kept) > MOST_SNAPSHOTS:
            for path in kept[1:-1:2]:
                _remove(path)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _kernel_entry(node_id: str, kernel: Floats, share: int) -> Entries:
    """A kernel's first channels, as many as `share` bytes hold, one at least."""
    window = 2 * kernel.shape[0] * kernel.shape[1]
    count = min(kernel.shape[3], MOST_FILTERS, max(share // window, 1))
    channels = min(kernel.shape[2], MOST_INPUTS, max(share // (window * count), 1))
    first = np.nan_to_num(kernel[:, :, :channels, :count], posinf=0.0, neginf=0.0)
    limit = float(np.finfo(np.float16).max)
    return {f"{FILTERS}/{node_id}": np.ascontiguousarray(first.clip(-limit, limit).astype(np.float16))}


def _map_entries(node_id: str, output: Floats, share: int) -> Entries:
    """An output's first channels as numbers from 0 to 255, made smaller by averaging, and the range they stand for."""
    maps = as_maps(output)[:, :, :MOST_CHANNELS]
    limits = (MOST_VALUES, MOST_VALUES) if output.ndim == 1 else (LARGEST_MAP, LARGEST_MAP)
    rows, columns = (-(-size // limit) for size, limit in zip(maps.shape[:2], limits, strict=True))
    height, width = maps.shape[0] // rows, maps.shape[1] // columns
    channels = max(min(maps.shape[2], share // (height * width)), 1)
    tiles = maps[: height * rows, : width * columns, :channels].reshape(height, rows, width, columns, channels)
    means = np.nan_to_num(tiles.mean(axis=(1, 3), dtype=np.float32), posinf=0.0, neginf=0.0).clip(-LIMIT, LIMIT)
    low, high = float(means.min()), float(means.max())
    levels = np.rint((means - low) * (LEVELS / (high - low) if high > low else 0.0))
    return {
        f"{MAPS}/{node_id}": np.ascontiguousarray(levels.astype(np.uint8)),
        f"{RANGE}/{node_id}": np.array([low, high], np.float32),
    }
