"""The order of an epoch, and how much the samples of each class count."""

from __future__ import annotations

from typing import Literal

import numpy as np
import prepared_data
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.shaping import Flatten
from models.data.facts import DataFacts
from models.data.preparation import Preparation
from models.data.samples import ArraySamples
from models.data.sources import Digits
from models.data.split import Parts, Split
from models.network.graph import stack
from models.runtime.pipeline.prepared import Prepared
from models.runtime.preprocessing import Preprocessor
from models.runtime.step.run_data import RunData
from models.training.commands import Storage

some_labels = st.lists(st.integers(0, 3), min_size=1, max_size=40)
seeds = st.integers(0, 2**31 - 1)


def of(labels: list[int], balance: Literal["none", "class_weight", "oversample"] = "none") -> RunData:
    """All but every fifth sample is trained on; the others are held out."""
    count = len(labels)
    facts = DataFacts("rows", count, (2,), ("a", "b", "c", "d"))
    samples = ArraySamples(facts, np.zeros((count, 2), np.uint8), np.array(labels))
    indices = np.arange(count)
    prepared = Prepared(samples, Preprocessor((), 255, (2,), (2,)), indices, Storage())
    parts = Parts(indices[indices % 5 != 4], indices[indices % 5 == 4], indices[:0])
    return RunData(facts, prepared, parts, (), "auto", Preparation(balance=balance))


@given(some_labels, seeds, st.integers(0, 1000))
def test_an_epoch_is_a_permutation_of_its_own_and_the_same_for_a_seed(labels: list[int], seed: int, epoch: int) -> None:
    data = of(labels)
    order = data.order(seed, epoch)
    np.testing.assert_array_equal(np.sort(order), data.training)
    np.testing.assert_array_equal(order, of(labels).order(seed, epoch))


def test_epochs_and_seeds_differ() -> None:
    data = of([0, 1] * 50)
    orders = {tuple(data.order(seed, epoch)) for seed in range(5) for epoch in range(5)}
    assert len(orders) == 25


@given(some_labels, seeds, st.integers(0, 1000))
def test_oversampling_shows_every_class_equally_often(labels: list[int], seed: int, epoch: int) -> None:
    data = of(labels, "oversample")
    order = data.order(seed, epoch)
    assert len(order) == len(data.training)
    assert set(order) <= set(data.training)
    there = np.unique(data.labels[data.training])
    counts = [np.count_nonzero(data.labels[order] == label) for label in there]
    assert max(counts) - min(counts) <= 1
    for label in there:  # in turn: no sample of a class comes twice more often than another
        members = data.training[data.labels[data.training] == label]
        shown = [np.count_nonzero(order == member) for member in members]
        assert max(shown) - min(shown) <= 1
    np.testing.assert_array_equal(order, of(labels, "oversample").order(seed, epoch))


@given(some_labels)
def test_class_weights_are_balanced(labels: list[int]) -> None:
    data = of(labels, "class_weight")
    weights, training = data.class_weights(), data.labels[data.training]
    assert weights.shape == (4,)
    there, counts = np.unique(training, return_counts=True)
    np.testing.assert_allclose(weights[there], len(training) / (len(there) * counts), rtol=1e-6)
    np.testing.assert_allclose(weights[training].mean(), 1, rtol=1e-5)  # the loss keeps its scale
    assert np.isfinite(weights).all()


def test_without_balance_all_count_the_same() -> None:
    assert of([0, 1, 1]).class_weights() is None
    assert of([0, 1, 1], "oversample").class_weights() is None


def test_what_is_lost_is_neither_trained_on_nor_counted() -> None:
    data = of([0, 0, 0, 1, 1, 1, 1, 1], "class_weight")
    data.prepared.lost.update({0: "broken", 4: "broken"})
    assert data.training.tolist() == [1, 2, 3, 5, 6, 7]
    assert data.held_out.tolist() == []
    assert data.measured.tolist() == data.training.tolist()
    np.testing.assert_allclose(data.class_weights()[:2], [6 / (2 * 2), 6 / (2 * 4)])


def test_a_split_is_kept_and_what_is_left_out_is_nowhere() -> None:
    small = stack(Input(shape=(8, 8, 1)), Flatten(), Dense(units=10))
    preparation = Preparation(split=Split(validation=0.25, test=0.125), left_out=("#0", "#7"))
    data = prepared_data.run_data(small, Digits(), preparation)
    sides = [data.training, data.held_out, data.parts.test]
    everything = np.concatenate(sides)
    assert len(np.unique(everything)) == len(everything) == 1797 - 2
    assert not {0, 7} & set(everything.tolist())
    assert [len(side) / 1797 for side in sides] == pytest.approx([0.625, 0.25, 0.125], abs=0.01)
