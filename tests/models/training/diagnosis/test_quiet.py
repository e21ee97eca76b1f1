"""Each rule says nothing of numbers that only look like those that it is for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from made_runs import (
    BIG,
    FALLING,
    HELD,
    NOISY,
    NOISY_RIGHT,
    SIGMOIDS,
    TANH,
    blocks,
    confused,
    dense,
    evaluated,
    gradients,
    plan,
    run,
)

from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.normalization import BatchNormalization, Dropout
from models.blocks.output import AuxiliaryOutput
from models.blocks.pooling import GlobalAveragePooling2D
from models.data.preparation import Preparation
from models.data.steps.mixing import MixUp
from models.data.steps.preprocessing import Resize, Standardize
from models.network.graph import Network, Node, Source, stack
from models.training.diagnosis import RULES, Evidence
from models.training.events import BlockMeasured, DataSpeed
from models.training.plan import BlockRule, TrainingPlan

LATE_BUMP = [*HELD[:13], HELD[12] * 1.4, HELD[12] * 1.1]
AUXILIARY = Network(
    nodes=(
        *stack(Input(shape=(8,)), Dense(), Dense(units=10)).nodes,
        Node(id="score", block=Dense(units=10), inputs=(Source("dense"),)),
        Node(id="aux", block=AuxiliaryOutput(loss_weight=1.0), inputs=(Source("score"),)),
    )
)
QUIET: list[tuple[str, Callable[[], Evidence]]] = [
    ("Overfitting", lambda: run(FALLING, (), HELD)),
    ("Overfitting", lambda: run(FALLING, (), LATE_BUMP)),  # a single measurement that is worse
    ("Overfitting", lambda: run(FALLING[:4], (), HELD[:4])),
    ("Overfitting", lambda: run([0.004] * 9, [1.0] * 9, [0.02, *[0.04] * 8], [0.99] * 9)),  # near 0 any change is large
    ("Overfitting", lambda: run([2.0, 1.5, 2.0, 2.2, 2.4], (), [2.0, 1.5, 2.0, 2.2, 2.4])),  # both rise
    ("Underfitting", lambda: run(FALLING)),
    ("Underfitting", lambda: run([2.3, 2.2], [0.1, 0.1])),  # too early to say
    ("Underfitting", lambda: run(np.geomspace(2.2, 0.9, 12).tolist())),  # high, and still falling
    ("Underfitting", lambda: run([1.5] * 12, [0.8] * 12, plan=plan(label_smoothing=0.2))),  # no lower one is possible
    ("Underfitting", lambda: run([1.5] * 12, [0.95] * 12)),
    (
        "Underfitting",
        lambda: run([1.5] * 12, [0.6] * 12, preparation=Preparation(augmentation=(MixUp(),))),
    ),
    ("NotDone", lambda: run(FALLING, (), HELD, ended="finished")),
    ("NotDone", lambda: run(np.geomspace(2.2, 0.5, 10).tolist(), ended="stopped")),
    ("NotDone", lambda: run(np.geomspace(2.2, 0.5, 10).tolist())),  # still going on
    ("LearningRateTooHigh", lambda: run(FALLING, noise=0.5)),  # small batches
    ("LearningRateTooHigh", lambda: run([6.0, 2.0, 1.5, 1.2])),  # large weights at the start
    ("LearningRateTooHigh", lambda: run([0.02, 0.01, 0.02, 0.01, 0.02, 0.01, 0.02])),  # swings near 0
    (
        "LearningRateTooHigh",
        lambda: run([6.0, 5.5, 5.0, 4.8], network=dense(Dense(kernel_regularizer=0.1))),
    ),  # a penalty
    (
        "LearningRateTooHigh",
        lambda: run([4.0] * 4, network=AUXILIARY),
    ),  # of two outputs
    ("LearningRateTooLow", lambda: run([2.3, 2.29, 2.28, 2.27], plan=plan(learning_rate=1e-3))),  # nothing says so
    ("LearningRateTooLow", lambda: run(FALLING, plan=plan(learning_rate=1e-5))),  # it is low and does well
    (
        "VanishingGradients",
        lambda: run(FALLING, network=SIGMOIDS, measured=gradients(0.01, 0.02, 0.1, 0.1, 0.2, 0.3, 0.5)),
    ),
    (
        "VanishingGradients",
        lambda: run(
            FALLING,
            network=SIGMOIDS,
            measured=gradients(0, 0, 0.1, 0.1, 0.2, 0.3, 0.5),
            plan=plan(blocks=(BlockRule(node="dense", trainable=False), BlockRule(node="dense_2", trainable=False))),
        ),
    ),  # frozen
    (
        "LearningRateTooLow",
        lambda: run(
            [2.3, 2.29, 2.28, 2.27], measured=blocks(dense=BlockMeasured(1.0, 0.1, 1e-6)), rates=[1e-3, 1e-5] * 2
        ),
    ),  # a schedule has made it so low
    ("VanishingGradients", lambda: run(FALLING, network=TANH, measured=gradients(1e-9, 0.1, 0.5))),  # not deep
    ("ExplodingGradients", lambda: run(FALLING)),
    (
        "ExplodingGradients",
        lambda: run(FALLING, gradient_norms=[1.0] * 200 + [0.01, 0.5, 0.01] * 48 + [0.1]),
    ),  # it is done
    ("ExplodingGradients", lambda: run(FALLING, gradient_norms=[1.0, 50.0, 1.0] * 115, plan=plan(clipping="clipnorm"))),
    ("DeadReLUs", lambda: run(FALLING, measured=blocks(dense=BlockMeasured(dead_share=0.3)))),
    ("DeadReLUs", lambda: run(FALLING, measured=[{"dense": BlockMeasured(dead_share=0.9)}])),  # one look is none
    ("SaturatedUnits", lambda: run(FALLING, network=TANH, measured=blocks(dense=BlockMeasured(saturated_share=0.2)))),
    ("SaturatedUnits", lambda: run(FALLING, measured=blocks(dense_3=BlockMeasured(saturated_share=0.9)))),  # the output
    ("ClassCollapse", lambda: run(FALLING, evaluated=confused(list(range(10))))),
    ("ClassCollapse", lambda: run(FALLING, evaluated=evaluated(np.diag([300.0, *[7.0] * 9])))),  # one class is large
    ("ClassCollapse", lambda: run([2.3] * 6, [0.1] * 6, [2.3] * 6, [0.1, 0.12, 0.1, 0.11, 0.1, 0.12])),  # it moves
    ("WrongLabels", lambda: run(FALLING, network=BIG)),
    ("WrongLabels", lambda: run(NOISY, NOISY_RIGHT, network=dense(Dense(units=8)))),  # too small to know all
    ("WrongLabels", lambda: run(NOISY, NOISY_RIGHT, network=dense(Dense(units=512), Dropout()))),
    ("DataBottleneck", lambda: run(FALLING, data_seconds=0.1)),
    ("DataBottleneck", lambda: run(FALLING, speed=DataSpeed("run", 9000, 1200))),
    ("DataBottleneck", lambda: run(FALLING[:1], data_seconds=0.9)),  # the first epoch fills the cache
    ("ValidationLeak", lambda: run(FALLING, (), HELD)),
    ("ValidationLeak", lambda: run([0.6] * 8, [0.8] * 8, [0.2] * 8, [0.97] * 8, network=dense(Dense(), Dropout()))),
    ("ValidationLeak", lambda: run([0.6] * 8, [0.80] * 8, [0.55] * 8, [0.82] * 8)),  # within chance
    ("FewHeldOut", lambda: run(FALLING)),
    ("FewHeldOut", lambda: run(FALLING[:1], held_out_images=20)),
    ("UnscaledInputs", lambda: run(FALLING)),
    ("UnscaledInputs", lambda: run(FALLING, preparation=Preparation(preprocessing=(Resize(), Standardize())))),
    (
        "UnscaledInputs",
        lambda: run(
            FALLING,
            preparation=Preparation(preprocessing=()),
            network=stack(
                Input(shape=(8, 8, 1)), BatchNormalization(), Conv2D(), GlobalAveragePooling2D(), Dense(units=10)
            ),
        ),
    ),
    ("SmallBatch", lambda: run(FALLING, network=dense(Dense(), BatchNormalization()), plan=plan(batch_size=32))),
    ("SmallBatch", lambda: run(FALLING, plan=plan(batch_size=2))),  # nothing to measure
    (
        "Overfitting",
        lambda: run(
            FALLING[:9], (), [0.5, *np.linspace(1, 3, 8).tolist()], network=dense(Dense(), BatchNormalization())
        ),
    ),  # likewise
    ("UnsettledAverages", lambda: run(FALLING, network=dense(Dense(), BatchNormalization()), ended="finished")),
    (
        "UnsettledAverages",
        lambda: run([0.5] * 30, (), [2.0] * 30, [0.4] * 30, network=dense(BatchNormalization()), ended="finished"),
    ),  # they have settled
    (
        "Overfitting",
        lambda: run([0.01] * 6, [1.0] * 6, [0.9] * 6, [0.7] * 6, network=dense(Dense(), BatchNormalization())),
    ),  # measured with moving averages that lag
    ("LargeBatch", lambda: run(FALLING)),
    ("LargeBatch", lambda: run(FALLING, steps=3, plan=TrainingPlan(epochs=500))),  # many epochs instead
    ("OutputMismatch", lambda: run(FALLING)),
    ("OutputMismatch", lambda: run(FALLING, network=stack(Input(shape=(8,)), Dense(units=10)))),
    (
        "OutputMismatch",
        lambda: run(
            FALLING, network=stack(Input(shape=(8,)), Dense(units=1, activation="sigmoid")), loss="binary_crossentropy"
        ),
    ),
    ("EqualWeights", lambda: run(FALLING)),
    (
        "EqualWeights",
        lambda: run(FALLING, network=stack(Input(shape=(8,)), Dense(units=10, kernel_initializer="zeros"))),
    ),
]


@pytest.mark.parametrize(("rule", "make"), QUIET, ids=[rule for rule, _ in QUIET])
def test_quiet(rule: str, make: Callable[[], Evidence]) -> None:
    assert RULES[rule]().find(make()) is None


def test_every_rule_is_quiet() -> None:
    assert {rule for rule, _ in QUIET} == set(RULES)
