"""`Prepared`: a data set as a network gets it: which samples, how they are sized, and where that is kept."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import prod
from pathlib import Path
from typing import Literal
from weakref import ref

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from models.data.decoding import BrokenImage, quiet_pillow
from models.data.memory import physical_memory
from models.data.samples import ArraySamples, Indices, Samples
from models.runtime.pipeline.reading import block_reader, sample_reader
from models.runtime.pipeline.store import Store
from models.runtime.preprocessing import Preprocessor
from models.runtime.steps.channels import with_channels
from models.training.commands import Storage

Floats = npt.NDArray[np.float32]
Place = Literal["memory", "disk", "stream"]
PipelineStep = Callable[..., tuple[tf.Tensor, tf.Tensor]]
"""From what a pipeline has so far to indices and samples."""

INDICES = tf.TensorSpec([None], tf.int64)

BLOCK = 256
"""Samples prepared at once where they are not asked for batch by batch."""

MEMORY_SHARE = 4
"""One part in so many of the machine's memory may hold prepared samples, unless a budget says otherwise."""

DISK_MARGIN = 2**30
"""Bytes that stay free on a disk with prepared samples."""

DEVICE_BYTES = 4 * 2**30
"""Samples above this size stay in the machine's memory instead of the GPU's."""

PICTURE_AXES, COLOURS = 3, 3

REASONS = 1000
"""Most lost samples whose reasons are looked for."""


@dataclass(frozen=True)
class DataPlan:
    """Where prepared samples are kept: `size` bytes there; `text` says it: `cached in memory, 312 MB`."""

    place: Place
    size: int
    text: str


@dataclass(frozen=True)
class Losses:
    """Samples that do not come through: `lost` with the reasons, those of them whose files are `gone`, and those that
    Pillow can read and TensorFlow cannot.
    """

    lost: Mapping[int, str] = field(default_factory=dict)
    gone: frozenset[int] = frozenset()
    by_pillow: frozenset[int] = frozenset()


@dataclass(eq=False)
class _Resident:
    """Sized samples where the model computes.

    Attributes:
        sized: (rows, …).
        rows: (samples,) the row of each sample.
        have: (rows,) which rows hold a sample.
        scaled: (rows, …) float32 as the network takes them, while that is asked for.
    """

    sized: tf.Tensor
    rows: tf.Tensor
    have: npt.NDArray[np.bool_]
    scaled: tf.Tensor | None = None


class Prepared:
    """The samples of a data set that are used, sized for a network.

    Sized means: through the preprocessing up to its last step that changes shapes. What follows is done batch by batch.

    Attributes:
        samples, preprocessor: as given.
        plan: where the sized samples are kept; it changes when a disk turns out to be full.
        lost: samples that could not be read, with the reasons.
    """

    def __init__(self, samples: Samples, preprocessor: Preprocessor, used: Indices, storage: Storage) -> None:
        self.samples = samples
        self.preprocessor = preprocessor
        self.lost: dict[int, str] = {}
        self._by_pillow: set[int] = set()
        self._row_of = np.full(len(samples), -1, np.int64)
        self._row_of[used] = np.arange(len(used))
        self._used = used
        self._storage = storage
        self._kind = np.uint8 if preprocessor.keeps_bytes else np.float32
        self._gone: set[int] = set()
        self._steps: dict[str, PipelineStep] = {}
        self._resident: _Resident | None = None
        self.plan = self._planned(storage)
        self._store = self._made_store(storage)

    # --- where it is kept -------------------------------------------------------------------------------------------
    def _planned(self, storage: Storage) -> DataPlan:
        size = len(self._used) * prod(self.preprocessor.sized_shape) * np.dtype(self._kind).itemsize
        budget = storage.memory if storage.memory is not None else physical_memory() // MEMORY_SHARE
        if size <= budget:
            return DataPlan("memory", size, f"cached in memory, {bytes_text(size)}")
        if size + DISK_MARGIN <= _free(storage_folder(storage)):
            return DataPlan("disk", size, f"cached on disk, {bytes_text(size)}")
        return _stream_plan(size, "neither fits into the memory budget nor on the disk")

    def _made_store(self, storage: Storage) -> Store | None:
        if self.plan.place == "stream":
            return None
        folder = storage_folder(storage) if self.plan.place == "disk" else None
        try:
            return Store(len(self._used), self.preprocessor.sized_shape, self._kind, folder)
        except OSError as error:
            self.plan = _stream_plan(self.plan.size, f"could not be kept on the disk ({error.strerror})")
            return None

    def settle(self) -> bool:
        """Give up a store that is full; the answer says whether that has just happened."""
        if self._store is None or not self._store.full:
            return False
        self.plan = _stream_plan(self.plan.size, f"could not be kept on the disk ({self._store.full})")
        self._let_go_of_store()
        return True

    def close(self) -> None:
        """Let go of everything that is kept."""
        self._resident = None
        self._let_go_of_store()
        self._steps.clear()

    def _let_go_of_store(self) -> None:
        """Close it, and forget the steps of pipelines that belong to it."""
        if self._store is not None:
            self._store.close()
        self._store = None
        for name in ("take", "keep"):
            self._steps.pop(name, None)

    def has(self, indices: Indices) -> bool:
        """Whether all of these samples are kept, so that no file is read for them."""
        rows = self._row_of[indices]
        if self._resident is not None:
            return bool(self._resident.have[rows].all())
        return self._store is not None and bool(self._store.have[rows].all())

    def fill(self, breath: Callable[[int, int], None]) -> None:
        """Prepare every sample of a data set that is in one array, where they are kept in memory: that is quick."""
        if self.plan.place != "memory" or not isinstance(self.samples, ArraySamples) or self.has(self._used):
            return
        done = 0
        for indices, _sized in self.stream(self._used, BLOCK):  # the pipeline keeps what goes through
            done += len(indices)
            breath(done, len(self._used))

    def resident(self, needed: Indices, scaled_bytes: int) -> tuple[tf.Tensor, tf.Tensor, bool] | None:
        """All sized samples as one tensor (rows, …), the row of each sample (samples,), and whether they are scaled.

        Only where they are kept in memory and all that are needed are there; None elsewhere. Up to `scaled_bytes` they
        are kept as the network takes them, so that nothing is left to do per batch. Samples that came from files stay
        where they are unless a GPU computes: a processor reads them as fast from there, and another copy and another
        compiled loop would cost more than an epoch gains.
        """
        if not self.has(needed) or not (isinstance(self.samples, ArraySamples) or has_gpu()):
            return None
        if self._resident is None:
            if self._store is None or self._store.values is None:
                return None
            self._resident = _Resident(_placed(self._store.values), tf.constant(self._row_of), self._store.have.copy())
            self._let_go_of_store()
        resident = self._resident
        if not scaled_bytes or len(self._used) * prod(self.preprocessor.output_shape) * 4 > scaled_bytes:
            resident.scaled = None
            return resident.sized, resident.rows, False
        if resident.scaled is None:
            scale = tf.function(self.preprocessor.scale, reduce_retracing=True)
            starts = range(0, len(self._used), BLOCK)
            resident.scaled = tf.concat([scale(resident.sized[first : first + BLOCK]) for first in starts], 0)
        return resident.scaled, resident.rows, True

    def make_room(self, needed: Indices) -> None:
        """Where more is needed than resides where the model computes, take all of it back, so that more can be kept."""
        if self._resident is None or self.has(needed):
            return
        self._store = Store(len(self._used), self.preprocessor.sized_shape, self._kind)
        there = np.flatnonzero(self._resident.have)
        for rows in np.split(there, range(BLOCK, len(there), BLOCK)):
            self._store.put(rows, tf.gather(self._resident.sized, rows).numpy())
        self._resident = None

    # --- reading ----------------------------------------------------------------------------------------------------
    def stream(self, indices: Indices, batch_size: int) -> tf.data.Dataset:
        """Batches of (indices (n,) int64, sized (n, …)) in this order; samples that cannot be read are passed over."""
        order = tf.data.Dataset.from_tensor_slices(indices.astype(np.int64))
        if self.has(indices):
            take = self._kept if self._resident is not None else self._compiled("take", self._from_store, [INDICES])
            batches = order.batch(batch_size).map(take)
        elif isinstance(self.samples, ArraySamples):
            block = self._compiled("block", self._block_reader, [INDICES])
            batches = order.batch(batch_size).map(block, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        else:
            sample = self._compiled("sample", self._sample_reader, [tf.TensorSpec([], tf.int64)])
            read = order.map(sample, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
            batches = read.ignore_errors().batch(batch_size)
        if self._store is not None and not self.has(indices):
            sized = tf.TensorSpec([None, *self.preprocessor.sized_shape], self._kind)
            batches = batches.map(self._compiled("keep", self._to_store, [INDICES, sized]))
        return batches.prefetch(tf.data.AUTOTUNE)

    def _compiled(self, name: str, make: Callable[[], PipelineStep], signature: list[tf.TensorSpec]) -> PipelineStep:
        """A step of a pipeline, traced once: every epoch has a pipeline of its own."""
        if name not in self._steps:
            self._steps[name] = tf.function(make(), input_signature=signature)
        return self._steps[name]

    def _sample_reader(self) -> PipelineStep:
        read, channels = sample_reader(self.samples, self._by_pillow), self._same_channels

        def sample(index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            stored = read(index)
            if channels is not None:
                stored = with_channels(stored, channels)  # of a data set in colour some may be grey, and the other way
            return index, self._sized(stored, self.preprocessor.sized_shape)

        return sample

    @property
    def _same_channels(self) -> int | None:
        """The channels that all images are given as they are read; None where the preprocessing sees to that.

        Images whose pixels are all grey have one channel when Pillow reads them, and three when TensorFlow does.
        """
        shape = self.samples.facts.sample_shape
        if len(shape) != PICTURE_AXES:
            return None
        if shape[-1] == COLOURS:
            return COLOURS
        return 1 if shape[-1] == self.preprocessor.sized_shape[-1] == 1 else None

    def _block_reader(self) -> PipelineStep:
        assert isinstance(self.samples, ArraySamples)
        read = block_reader(self.samples)
        return lambda indices: (indices, self._sized(read(indices), (None, *self.preprocessor.sized_shape)))

    def _sized(self, values: tf.Tensor, shape: tuple[int | None, ...]) -> tf.Tensor:
        sized = tf.ensure_shape(self.preprocessor.size(values), shape)
        if self._kind == np.uint8:
            return tf.cast(tf.round(tf.clip_by_value(sized, 0.0, 255.0)), tf.uint8)
        return sized

    def _to_store(self) -> PipelineStep:
        """The step of a pipeline that puts what goes through into the store there is now."""
        assert self._store is not None
        prepared, store = ref(self), ref(self._store)  # TensorFlow keeps the function for good

        def put(chosen: Indices, values: npt.NDArray[np.generic]) -> Indices:
            mine, its = prepared(), store()
            if mine is not None and its is not None:
                its.put(mine._row_of[chosen], values)
            return chosen

        def keep(indices: tf.Tensor, sized: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return tf.ensure_shape(tf.numpy_function(put, [indices, sized], tf.int64), [None]), sized

        return keep

    def _from_store(self) -> PipelineStep:
        """The step of a pipeline that takes samples from the store there is now."""
        assert self._store is not None
        prepared, store, shape, kind = ref(self), ref(self._store), self.preprocessor.sized_shape, self._kind

        def get(chosen: Indices) -> npt.NDArray[np.generic]:
            mine, its = prepared(), store()
            if mine is None or its is None:
                raise ReferenceError("The prepared samples have been let go.")
            return its.get(mine._row_of[chosen])

        def take(indices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return indices, tf.ensure_shape(tf.numpy_function(get, [indices], kind), [None, *shape])

        return take

    def _kept(self, indices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        assert self._resident is not None
        return indices, tf.gather(self._resident.sized, tf.gather(self._resident.rows, indices))

    def scaled(self, indices: Indices, batch_size: int = BLOCK) -> Iterator[tuple[Indices, Floats]]:
        """Batches as the network takes them, without augmentation: (indices, float32 (n, …))."""
        scale = tf.function(self.preprocessor.scale, reduce_retracing=True)
        for chosen, sized in self.stream(indices, batch_size):
            yield chosen.numpy(), scale(sized).numpy()

    # --- what was lost ----------------------------------------------------------------------------------------------
    def missed(self, indices: Indices) -> tuple[str, ...]:
        """Note that these samples did not come through; those that are lost by that, as `name: reason`.

        What Pillow can read and TensorFlow cannot is read by Pillow from now on, and is not lost.
        """
        told = []
        with quiet_pillow():
            for position, index in enumerate(indices.tolist()):
                gone = _is_gone(self.samples.path(index))
                if position < REASONS:
                    reason = _why_unreadable(partial(self.samples.read, index))
                else:  # not looked at one by one: those that are there are for Pillow in the next pass
                    reason = "it is no longer there" if gone else ""
                if reason or index in self._by_pillow:
                    self.lost[index] = reason or "it could not be prepared"
                    if gone:
                        self._gone.add(index)
                    told.append(f"{self.samples.name(index)}: {self.lost[index]}")
                else:
                    self._by_pillow.add(index)
                    self._steps.pop("sample", None)
        return tuple(told)

    @property
    def losses(self) -> Losses:
        """What is known of samples that do not come through, so that another process can go on alike."""
        return Losses(dict(self.lost), frozenset(self._gone), frozenset(self._by_pillow))

    def recall(self, losses: Losses) -> None:
        """Know again what was found out before; what was gone and is there by now can be read again."""
        back = {index for index in losses.gone if not _is_gone(self.samples.path(index))}
        self.lost.update({index: reason for index, reason in losses.lost.items() if index not in back})
        self._gone |= losses.gone - back
        self._by_pillow |= losses.by_pillow
        self._steps.pop("sample", None)

    def look_again(self) -> None:
        """Before another run: what was gone may be there by now, and a disk that was full may have room.

        Lost samples whose files were not there count as readable again.
        """
        for index in self._gone:
            self.lost.pop(index, None)
        self._gone.clear()
        if self.plan.place == "stream":
            self.plan = self._planned(self._storage)
            self._store = self._made_store(self._storage)

    def left(self, indices: Indices) -> Indices:
        """Those that are not lost."""
        return indices[~np.isin(indices, list(self.lost))] if self.lost else indices


def has_gpu() -> bool:
    """Whether a GPU computes."""
    return bool(tf.config.list_logical_devices("GPU"))


def storage_folder(storage: Storage) -> Path:
    """Where samples go that do not fit into memory."""
    return Path(storage.folder) if storage.folder is not None else Path(tempfile.gettempdir())


def bytes_text(size: int) -> str:
    """`312 MB`, `1.4 GB`."""
    if size >= 10**9:
        return f"{size / 10**9:,.1f} GB"
    return f"{size / 10**6:,.0f} MB" if size >= 10**6 else f"{size / 1000:,.0f} kB"


def _stream_plan(size: int, why: str) -> DataPlan:
    return DataPlan("stream", 0, f"prepared anew in every epoch: {bytes_text(size)} {why}")


def _free(folder: Path) -> int:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def _placed(values: npt.NDArray[np.generic]) -> tf.Tensor:
    """Samples where the model computes, unless they are larger than what a GPU can be expected to spare."""
    if values.nbytes <= DEVICE_BYTES:
        return tf.constant(values)
    with tf.device("/CPU:0"):
        return tf.constant(values)


def _is_gone(path: Path | None) -> bool:
    try:
        return path is not None and not path.exists()
    except OSError:
        return True


def _why_unreadable(read: Callable[[], object]) -> str:
    try:
        read()
    except BrokenImage as error:
        return str(error)
    return ""
