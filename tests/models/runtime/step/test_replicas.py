"""Several devices compute what one does: here two, made of this machine's processor, in a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

Runs = dict[str, dict[str, Any]]
PLANS = (
    "adam", "clipped, gathered, averaged", "half precision", "one sample left over", "mixed samples",
    "whatever XLA does",
)  # fmt: skip

SCRIPT = """
import json, os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
from pathlib import Path
from tempfile import TemporaryDirectory
import numpy as np
import tensorflow as tf

halves = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], halves)

from models.blocks.activation import ReLU
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.normalization import BatchNormalization, Dropout
from models.blocks.shaping import Flatten
from models.data.preparation import Preparation
from models.data.sources import Digits
from models.data.steps.mixing import MixUp
from models.network.graph import stack
from models.runtime.step import replicas
from models.runtime.engine import Engine
from models.training.commands import Evaluate, Export, Train, Watch
from models.training.events import BatchesDone, Evaluated, Exported, Failed, TrainingDone
from models.training.optimizers import SGD, AdamW
from models.training.plan import TrainingPlan

SGD_PLAN = TrainingPlan(epochs=1, optimizer=SGD(momentum=0.9), learning_rate=0.01)
PLANS = {
    "adam": TrainingPlan(epochs=2),
    "momentum": SGD_PLAN,
    "clipped, gathered, averaged": TrainingPlan(
        epochs=1, optimizer=AdamW(), clipping="global_clipnorm", clip=0.5, gradient_accumulation_steps=2, use_ema=True
    ),
    "half precision": TrainingPlan(epochs=1, dtype_policy="mixed_float16"),
    "one sample left over": SGD_PLAN.replace(batch_size=1437),
    "mixed samples": SGD_PLAN,
    "whatever XLA does": SGD_PLAN.replace(jit_compile=True),
    "random": TrainingPlan(epochs=6, learning_rate=0.01),
}
CHAINS = {"mixed samples": Preparation(augmentation=(MixUp(),))}
plain = stack(
    Input(shape=(8, 8, 1)), Conv2D(filters=4, kernel_regularizer=0.01), ReLU(), Flatten(),
    Dense(units=10, activation="softmax"),
)
random = stack(
    Input(shape=(8, 8, 1)), Conv2D(filters=4), BatchNormalization(), ReLU(), Flatten(), Dropout(rate=0.2),
    Dense(units=10, activation="softmax"),
)

def trained(devices, network, plan, chain, folder):
    events = []
    engine = Engine(events.append)
    replicas.divide_among(devices)
    engine.handle(Watch(np.zeros((8, 8, 1), np.float32)))
    engine.handle(Train("run", network, Digits(), plan, preparation=chain))
    engine.handle(Evaluate())
    if network is random:
        engine.handle(Export("keras", str(Path(folder) / "m.keras"), preprocessing=False))
        engine.handle(Export("saved_model", str(Path(folder) / "m"), preprocessing=False))
    failed = [f"{event.message} {event.details}" for event in events if isinstance(event, Failed)]
    if failed:
        sys.exit(f"{plan} on {devices}: {failed}")
    def of(kind):
        return [event for event in events if isinstance(event, kind)]
    return {
        "losses": np.concatenate([event.losses for event in of(BatchesDone)]).tolist(),
        "metrics": np.concatenate([event.metrics for event in of(BatchesDone)]).tolist(),
        "norms": np.concatenate([event.gradient_norms for event in of(BatchesDone)]).tolist(),
        "end": of(TrainingDone)[0].held_out_loss,
        "evaluated": of(Evaluated)[0].loss,
        "exported": [event.largest_difference for event in of(Exported)],
    }

told = []
for devices in (["/CPU:0"], ["/CPU:0", "/CPU:1"]):
    runs = {}
    for name in json.loads(sys.argv[1]):
        with TemporaryDirectory() as folder:
            chain = CHAINS.get(name, Preparation())
            runs[name] = trained(devices, random if name == "random" else plain, PLANS[name], chain, folder)
    told.append(runs)
print(json.dumps(told))
"""


def told_by_one_and_two(*plans: str) -> tuple[Runs, Runs]:
    """What came of runs by these plans, on one device and on two."""
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, json.dumps(plans)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    one, two = json.loads(done.stdout.strip().splitlines()[-1])
    return one, two


def compare(one: Runs, two: Runs) -> None:
    for name, runs in one.items():
        rounding = 5e-3 if name == "half precision" else 1e-4
        for what in ("losses", "metrics", "norms", "end", "evaluated"):
            assert two[name][what] == pytest.approx(runs[what], rel=rounding, abs=rounding / 10), (name, what)


@pytest.mark.slow
def test_two_devices_give_the_numbers_of_one() -> None:
    one, two = told_by_one_and_two("momentum")
    compare(one, two)
    assert len(two["momentum"]["losses"]) > 10


@pytest.mark.slow  # it trains by many plans
def test_two_devices_give_the_numbers_of_one_by_whatever_plan() -> None:
    compare(*told_by_one_and_two(*PLANS))


@pytest.mark.slow  # it trains for some epochs
def test_layers_that_differ_by_device_learn_as_well_and_models_are_exported_whole() -> None:
    for runs in told_by_one_and_two("random"):
        assert runs["random"]["metrics"][-1] > 0.8
        assert len(runs["random"]["exported"]) == 2
        assert max(runs["random"]["exported"]) < 1e-4
