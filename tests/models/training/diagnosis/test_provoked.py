"""Each rule is provoked by the numbers that it is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from made_runs import (
    BIG,
    FALLING,
    NOISY,
    NOISY_RIGHT,
    RISING,
    SIGMOIDS,
    STUCK,
    TANH,
    blocks,
    confused,
    dense,
    gradients,
    plan,
    run,
)

from models.blocks.activation import ReLU, Softmax
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.normalization import BatchNormalization
from models.blocks.pooling import GlobalAveragePooling2D
from models.data.findings import Finding as DataFinding
from models.data.findings import FindingKind
from models.data.preparation import Preparation
from models.data.steps.preprocessing import Resize
from models.network.graph import stack
from models.training.diagnosis import RULES, Evidence, Severity
from models.training.events import BlockMeasured, DataSpeed, LearningRateChanged


@dataclass(frozen=True)
class Case:
    """A run, and what a rule has to say of it: with which severity, naming which words; None is nothing."""

    rule: str
    make: Callable[[], Evidence]
    severity: Severity | None = None
    words: tuple[str, ...] = ()
    node: str | None = None
    remedies: tuple[str, ...] = field(default=())


PROVOKED = [
    Case(
        "Overfitting",
        lambda: run(FALLING, (), RISING),
        "bad",
        ("rose from", "to 0.90 (epoch 15)", "fell to"),
        remedies=("Stop early", "Augment", "Dropout 0.3 before Dense (dense_3)", "Weight decay"),
    ),
    Case("Overfitting", lambda: run(FALLING, [0.99] * 15, RISING, [0.95] * 15), "warn", ("rose from",)),
    Case("Overfitting", lambda: run([0.01] * 6, [1.0] * 6, [0.9] * 6, [0.7] * 6), "warn", ("99.7 %", "70.0 %", "359")),
    Case("Underfitting", lambda: run(STUCK, [0.11] * 12), "bad", ("11.", "guessing gives 10.0 %")),
    Case(
        "Underfitting",
        lambda: run(np.linspace(2, 1.5, 4).tolist() + [1.45] * 12),
        "warn",
        ("1.45",),
        remedies=("BatchNormalization behind 2 blocks", "Twice the width in 2 blocks", "32 epochs"),
    ),
    Case(
        "NotDone",
        lambda: run(np.geomspace(2.2, 0.5, 10).tolist(), ended="finished"),
        "note",
        ("the best so far",),
        remedies=("Keep training", "20 epochs"),
    ),
    Case(
        "LearningRateTooHigh",
        lambda: run([80.0, 60.0, 70.0, 75.0], plan=plan(learning_rate=10)),
        "bad",
        ("guessing gives 2.30", "the learning rate is 10"),
        remedies=("Learning rate 0.001", "Clip gradients at 1"),
    ),
    Case("LearningRateTooHigh", lambda: run([2.0, 1.0, 0.5, 0.4, 0.4, 1.2, 2.0, 2.2]), "bad", ("rose from 0.4",)),
    Case("LearningRateTooHigh", lambda: run([2.0, 1.4, 1.9, 1.3, 1.8, 1.2, 1.7]), "warn", ("went up 3 times",)),
    Case(
        "LearningRateTooHigh",
        lambda: run([2.0], ended="diverged"),
        "bad",
        ("no number any more",),
        remedies=("Learning rate 0.0001, train anew", "Clip gradients at 1"),
    ),
    Case(
        "Overfitting",
        lambda: run([0.3] * 6, [0.95] * 6, [2.4] * 6, [0.11] * 6),  # as with labels at random
        "bad",
        ("11.0 % of the 359",),
    ),
    Case(
        "LearningRateTooLow",
        lambda: run([2.3, 2.29, 2.28, 2.27, 2.26], plan=plan(learning_rate=1e-5)),
        "warn",
        ("in 4 of 4 epochs", "1e-05", "Adam starts with 0.001"),
        remedies=("Learning rate 0.0001", "Learning rate 0.001"),
    ),
    Case(
        "LearningRateTooLow",
        lambda: run(
            [2.3, 2.29, 2.28, 2.27, 2.26],
            plan=plan(learning_rate=1e-4),
            measured=blocks(dense=BlockMeasured(1.0, 0.1, 1e-5)),
        ),
        "warn",
        ("0.001 % of their size",),
    ),
    Case(
        "LearningRateTooLow",
        lambda: run(
            [2.3, 2.29, 2.28, 2.27, 2.26], rates=[1e-5] * 5, rate_changes=[LearningRateChanged("run", 0, 1e-5)]
        ),
        "warn",
        ("the learning rate is 1e-05",),
    ),
    Case(
        "VanishingGradients",
        lambda: run(FALLING, network=SIGMOIDS, measured=gradients(1e-9, 1e-8, 1e-6, 1e-4, 1e-2, 0.1, 0.5)),
        "warn",
        ("1e-09 in Dense (dense)", "0.5 in Dense (dense_7)"),
        "dense",
        ("ReLU in 6 blocks", "BatchNormalization behind 6 blocks", "He's initial weights in 6 blocks"),
    ),
    Case(
        "VanishingGradients",
        lambda: run(STUCK, network=SIGMOIDS, measured=gradients(0, 0, 0, 1e-4, 1e-2, 0.1, 0.5)),
        "bad",
        ("no gradient at all arrives",),
        "dense",
    ),
    Case(
        "ExplodingGradients",
        lambda: run(FALLING, gradient_norms=[1.0] * 200 + [1.0, 50.0, 1.0] * 48 + [1.0]),
        "warn",
        ("spikes", "as high as 50"),
        remedies=("Clip gradients at 1", "Learning rate 0.0003", "BatchNormalization"),
    ),
    Case(
        "ExplodingGradients",
        lambda: run(FALLING, gradient_norms=np.geomspace(0.1, 1e4, 345).tolist()),
        "bad",
        ("grew",),
    ),
    Case(
        "DeadReLUs",
        lambda: run(
            FALLING, measured=blocks(dense=BlockMeasured(dead_share=0.1), dense_2=BlockMeasured(dead_share=0.6))
        ),
        "warn",
        ("60.0 %", "Dense (dense_2)"),
        "dense_2",
        ("Leaky ReLU in Dense (dense_2)", "Learning rate 0.0001", "He's"),
    ),
    Case(
        "DeadReLUs",
        lambda: run(
            FALLING, measured=blocks(dense=BlockMeasured(dead_share=1.0), dense_2=BlockMeasured(dead_share=0.6))
        ),
        "bad",
        ("100.0 %", "1 further block"),
        "dense",
    ),
    Case(
        "SaturatedUnits",
        lambda: run(FALLING, network=TANH, measured=blocks(dense=BlockMeasured(saturated_share=0.7))),
        "warn",
        ("70.0 %",),
        "dense",
        ("ReLU in Dense (dense)",),
    ),
    Case("ClassCollapse", lambda: run(FALLING, evaluated=confused([3] * 10)), "bad", ("“3”", "100.0 % of 360")),
    Case(
        "ClassCollapse",
        lambda: run(FALLING, evaluated=confused([0, 0, 2, 2, 4, 4, 6, 6, 8, 9])),
        "warn",
        ("4 of 10 classes", "“1”"),
    ),
    Case("ClassCollapse", lambda: run([2.31] * 6, [0.1] * 6, [2.3] * 6, [0.1] * 6), "bad", ("10.0 % in each",)),
    Case("WrongLabels", lambda: run(NOISY, NOISY_RIGHT, network=BIG), "note", ("18.0 %", "each costs 4.44", "1,438")),
    Case(
        "WrongLabels",
        lambda: run(
            FALLING, data_findings=(DataFinding(FindingKind.CONFLICT, "bad", "3 copies stand in two classes."),)
        ),
        "warn",
        ("3 copies", "found by the scan"),
        remedies=("Label smoothing 0.1",),
    ),
    Case("DataBottleneck", lambda: run(FALLING, data_seconds=0.6), "warn", ("60.0 % of the time",)),
    Case(
        "DataBottleneck",
        lambda: run(FALLING, data_seconds=0.3, speed=DataSpeed("run", 900, 1200)),
        "note",
        ("900 samples a second",),
    ),
    Case(
        "DataBottleneck",
        lambda: run(FALLING, speed=DataSpeed("run", 100, 1200), place="stream"),
        "warn",
        ("anew in every epoch",),
    ),
    Case(
        "ValidationLeak",
        lambda: run([0.6] * 8, [0.8] * 8, [0.2] * 8, [0.97] * 8),
        "warn",
        ("97.0 % of the held-out", "79.9 %"),
    ),
    Case(
        "ValidationLeak",
        lambda: run(
            FALLING,
            leaked=("a", "b"),
            data_findings=(
                DataFinding(FindingKind.LEAKAGE, "bad", "2 held-out images also stand among those trained on."),
            ),
        ),
        "bad",
        ("2 held-out images",),
        remedies=("Leave 2 samples out",),
    ),
    Case(
        "FewHeldOut",
        lambda: run(FALLING, held_out_images=20),
        "note",
        ("20 samples held out",),
        remedies=("Hold out 40",),
    ),
    Case("FewHeldOut", lambda: run(FALLING, held_out_images=0), "note", ("nothing is held out",)),
    Case(
        "UnscaledInputs",
        lambda: run(FALLING, preparation=Preparation(preprocessing=(Resize(),))),
        "warn",
        ("up to 255",),
        remedies=("Rescale to 0 … 1",),
    ),
    Case(
        "SmallBatch",
        lambda: run(FALLING, network=dense(Dense(), BatchNormalization()), plan=plan(batch_size=4)),
        "warn",
        ("4 samples in a batch",),
        "batchnormalization",
        ("Batch size 32", "GroupNormalization instead"),
    ),
    Case(
        "SmallBatch",
        lambda: run(FALLING, network=dense(Dense(), BatchNormalization()), plan=plan(batch_size=1)),
        "bad",
        ("1 sample ",),
    ),
    Case(
        "LargeBatch",
        lambda: run(FALLING, steps=2, plan=plan(batch_size=1024)),
        "note",
        ("2 steps in an epoch",),
        remedies=("Batch size 32",),
    ),
    Case(
        "OutputMismatch",
        lambda: run(
            FALLING, network=stack(Input(shape=(8, 8, 1)), Conv2D(filters=10), GlobalAveragePooling2D(), ReLU())
        ),
        "bad",
        ("relu",),
    ),
    Case(
        "OutputMismatch",
        lambda: run(FALLING, network=stack(Input(shape=(8,)), Dense(units=10, activation="tanh"))),
        "bad",
        ("tanh",),
        "dense",
        ("softmax in Dense (dense)",),
    ),
    Case(
        "OutputMismatch",
        lambda: run(FALLING, network=stack(Input(shape=(8,)), Dense(units=1), Softmax())),
        "bad",
        ("always 1",),
    ),
    Case(
        "OutputMismatch", lambda: run(FALLING, loss="binary_crossentropy"), "bad", ("sum to 1",), remedies=("sigmoid",)
    ),
    Case(
        "EqualWeights",
        lambda: run(FALLING, network=dense(Dense(kernel_initializer="zeros"))),
        "bad",
        ("zeros",),
        "dense",
        ("Glorot's initial weights in Dense (dense)",),
    ),
    Case(
        "DeadReLUs",
        lambda: run(FALLING, measured=[{"dense": BlockMeasured(dead_share=0.9)}], ended="finished"),
        "bad",
        ("90.0 %",),
    ),
    Case(
        "UnsettledAverages",
        lambda: run(
            FALLING[:9], (), [2.0] * 9, [0.4] * 9, network=dense(Dense(), BatchNormalization()), ended="finished"
        ),
        "note",
        ("207 steps taken", "need 500", "40.0 %"),
        "batchnormalization",
        ("Momentum 0.9 in BatchNormalization (batchnormalization)",),
    ),
]


@pytest.mark.parametrize("case", PROVOKED, ids=lambda case: case.rule)
def test_provoked(case: Case) -> None:
    found = RULES[case.rule]().find(case.make())
    assert found is not None
    assert found.severity == case.severity, found
    assert [words for words in case.words if words not in found.evidence] == [], found.evidence
    assert case.node is None or found.node == case.node
    told = [remedy.text for remedy in found.remedies]
    assert [words for words in case.remedies if not any(text.startswith(words) for text in told)] == [], told


def test_every_rule_is_provoked() -> None:
    assert {case.rule for case in PROVOKED} == set(RULES)
