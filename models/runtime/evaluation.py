"""Measuring a model on held-out samples, and the samples on which an exported model is compared with the live one."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.data.facts import DataError
from models.data.preparation import Preparation
from models.data.split import Parts
from models.runtime.data_desk import check_suits
from models.runtime.exporters import RawInputs
from models.runtime.failures import RequestError
from models.runtime.live_model import LiveModel
from models.runtime.preprocessing import Preprocessor
from models.runtime.previews import read_raw
from models.runtime.step.held_out import Tally
from models.runtime.step.loop import CompiledLoop
from models.runtime.step.objective import objectives
from models.runtime.step.run_data import RunData
from models.training.events import Evaluated

Floats = npt.NDArray[np.float32]

COMPARED_SAMPLES = 64
"""Most samples on which an export is compared, and those of one batch when measuring."""


def evaluated(live: LiveModel, data: RunData, part: Literal["validation", "test"]) -> Evaluated:
    """Loss, accuracy and confusion on one part of a run's data set. Raises RequestError, NetworkError or DataError."""
    if live.analysis.input_shape != data.prepared.preprocessor.output_shape:
        raise RequestError("The input's size has changed since the last run. Train, then evaluate.")
    facts = data.facts
    check_suits(live.network, facts)
    indices = data.prepared.left(data.parts.test) if part == "test" else data.measured
    if not len(indices):
        raise RequestError("The split keeps no samples for testing. Give the test part a share, then train.")
    plan = data.plan.replace(batch_size=COMPARED_SAMPLES)
    parts = Parts(data.parts.training, indices, data.parts.test)
    data = replace(data, objectives=objectives(live.network, facts.classes, plan), parts=parts)
    tally = Tally(live, data)
    for _ in CompiledLoop(live, data, plan).measure(indices, tally):
        continue
    if tally.loss is None or tally.accuracy is None:
        raise DataError(f"No sample of {facts.name} can be read any more. Bring the data back, then evaluate.")
    return Evaluated(tally.loss, tally.accuracy, tally.count, tally.confusion, facts.class_names, part)


def comparison_inputs(live: LiveModel, data: RunData | None) -> Floats:
    """Held-out samples as the network takes them; random values where there are none of its input's shape."""
    shape = tuple(live.model.input_shape[1:])
    if data is not None and data.prepared.preprocessor.output_shape == shape:
        batches = [batch for _, batch in data.prepared.scaled(data.measured[:COMPARED_SAMPLES])]
        if batches:
            return np.concatenate(batches)
    return np.random.default_rng(0).random((COMPARED_SAMPLES, *shape), np.float32)


def raw_inputs(live: LiveModel, data: RunData | None, chain: Preparation, white: float) -> RawInputs:
    """The preprocessing, and samples as they are stored to compare on: held-out ones, or random ones."""
    target = tuple(live.model.input_shape[1:])
    raw = read_raw(data.prepared.samples, data.measured[:COMPARED_SAMPLES]) if data is not None else []
    if not raw:
        values = np.random.default_rng(0).random((COMPARED_SAMPLES, *target), np.float32)
        raw = list(values * np.float32(white or 1.0))
    shape = data.facts.sample_shape if data is not None else tuple(raw[0].shape)
    return RawInputs(Preprocessor(chain.preprocessing, white, shape, target), chain.preprocessing, shape, raw)
