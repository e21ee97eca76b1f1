"""Data sets as networks get them, for tests that train or compare with Keras alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.blocks import Shape
from models.data.preparation import Preparation
from models.data.sources import Digits, Source
from models.network.graph import Network
from models.runtime.data_desk import DataDesk
from models.runtime.step.run_data import RunData
from models.training.commands import Storage
from models.training.plan import LossName, TrainingPlan

Floats = npt.NDArray[np.float32]


def run_data(
    network: Network,
    source: Source | None = None,
    preparation: Preparation | None = None,
    loss: LossName = "auto",
    storage: Storage | None = None,
) -> RunData:
    """What the engine would train a network on; the bundled digits, unless another data set is given."""
    desk, plan = DataDesk(lambda event: None, lambda done, total: None), TrainingPlan(loss=loss)
    return desk.run_data(network, source or Digits(), preparation or Preparation(), plan, storage or Storage())


def inputs(data: RunData, indices: npt.NDArray[np.int64]) -> Floats:
    """Samples as the network gets them, in this order."""
    return np.concatenate([batch for _, batch in data.prepared.scaled(indices)])


def unrounded(shape: Shape, data: RunData, indices: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Samples of equal size as they are stored, and as the preprocessing makes them when it rounds nothing."""
    raw = np.stack([data.prepared.samples.read(int(index)) for index in indices]).astype(np.float32)
    prepared = np.asarray(data.prepared.preprocessor.whole(raw))
    assert prepared.shape[1:] == shape
    return raw, prepared
