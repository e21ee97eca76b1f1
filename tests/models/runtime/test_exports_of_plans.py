"""What a plan makes of a model can be exported: with frozen blocks, half precision, and optimizers of every state."""

from __future__ import annotations

import keras
import numpy as np
import prepared_data
import pytest
from keras_by_hand import BATCH, NETWORK, SAMPLES, trained

from models.data.preparation import Preparation
from models.data.steps.preprocessing import Rescale
from models.runtime.evaluation import comparison_inputs, raw_inputs
from models.runtime.exporters import export
from models.training.commands import ExportFormat
from models.training.optimizers import SGD
from models.training.plan import BlockRule, TrainingPlan

PLANS = {
    "frozen": TrainingPlan(blocks=(BlockRule(node="dense", trainable=False),)),
    "factor": TrainingPlan(blocks=(BlockRule(node="dense", learning_rate_factor=0.1),)),
    "averaged and accumulated": TrainingPlan(use_ema=True, gradient_accumulation_steps=2, clipping="clipnorm"),
    "float16": TrainingPlan(optimizer=SGD(), dtype_policy="mixed_float16"),
    "bfloat16": TrainingPlan(optimizer=SGD(), dtype_policy="mixed_bfloat16"),
}


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
@pytest.mark.parametrize("format", ["keras", "saved_model", "python"])
def test_it_is_written_and_predicts_the_same(tmp_path, plan: TrainingPlan, format: ExportFormat) -> None:
    found = trained(NETWORK, plan)
    found.live.end_averaging()
    path = tmp_path / {"keras": "model.keras", "saved_model": "model", "python": "model.py"}[format]
    exported = export(found.live, format, path, "net", comparison_inputs(found.live, found.data))
    assert exported.images == 64


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_it_is_written_with_its_preprocessing_inside_and_can_be_trained_on(tmp_path, plan: TrainingPlan) -> None:
    chain = Preparation(preprocessing=(Rescale(),))
    found = trained(NETWORK, plan)
    raw = raw_inputs(found.live, found.data, chain, found.data.facts.white)
    export(found.live, "keras", tmp_path / "model.keras", "net", comparison_inputs(found.live, found.data), raw)
    loaded = keras.models.load_model(tmp_path / "model.keras")
    before = {layer.name: [np.array(value) for value in layer.get_weights()] for layer in loaded.layers}
    x, y = prepared_data.inputs(found.data, SAMPLES), found.data.labels[SAMPLES]
    for first in range(0, len(SAMPLES), BATCH):
        loaded.train_on_batch(x[first : first + BATCH] * 16, y[first : first + BATCH])
    frozen = plan is PLANS["frozen"]
    assert (before["dense"][0] == loaded.get_layer("dense").get_weights()[0]).all() == frozen
    assert (before["dense_2"][0] != loaded.get_layer("dense_2").get_weights()[0]).any()
