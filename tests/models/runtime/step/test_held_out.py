"""What is measured on held-out samples, against Keras's own metrics."""

from __future__ import annotations

import keras
import numpy as np
import prepared_data
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.shaping import Flatten
from models.network.graph import Network, stack
from models.runtime.live_model import LiveModel
from models.runtime.step.held_out import AUC_BINS, AUC_RANGE, Tally
from models.runtime.step.loop import CompiledLoop
from models.training.plan import Metric, TrainingPlan

METRICS: tuple[Metric, ...] = ("top_3_accuracy", "top_5_accuracy", "precision", "recall", "f1_score", "auc")


def network(activation: str) -> Network:
    return stack(Input(shape=(8, 8, 1)), Flatten(), Dense(units=10, activation=activation))


@pytest.mark.parametrize("activation", ["softmax", "linear", "sigmoid"])
@pytest.mark.parametrize("scale", [1.0, 6.0], ids=["unsure", "sure"])
def test_they_are_those_of_keras(activation: str, scale: float) -> None:
    live = LiveModel(network(activation), 3)
    live.set_weights({name: [value * scale for value in values] for name, values in live.weights().items()})
    data = prepared_data.run_data(live.network)
    tally = Tally(live, data, METRICS)
    samples = data.held_out
    for _ in CompiledLoop(live, data, TrainingPlan(batch_size=50)).measure(samples, tally):
        continue
    labels = data.labels[samples]
    scores, hot = live.probabilities(live.predict(prepared_data.inputs(data, samples))), np.eye(10)[labels]
    found = tally.metrics()
    assert list(found) == list(METRICS)
    assert tally.accuracy == pytest.approx((scores.argmax(1) == labels).mean())
    for places in (3, 5):
        expected = keras.metrics.TopKCategoricalAccuracy(places)(hot, scores)
        assert found[f"top_{places}_accuracy"] == pytest.approx(float(expected), abs=1e-6)
    taken = np.eye(10)[scores.argmax(1)]
    assert found["f1_score"] == pytest.approx(float(keras.metrics.F1Score(average="macro")(hot, taken)), abs=1e-5)
    for name, kind in (("precision", keras.metrics.Precision), ("recall", keras.metrics.Recall)):
        expected = np.mean([float(kind(class_id=one)(hot, taken)) for one in range(10)])
        assert found[name] == pytest.approx(expected, abs=1e-5), name
    assert found["auc"] == pytest.approx(exact_auc(scores, labels), abs=2e-3)
    theirs = keras.metrics.AUC(1000, multi_label=True, num_labels=10)(hot, scores)
    assert found["auc"] == pytest.approx(float(theirs), abs=0.02)  # Keras's own is coarser


def exact_auc(scores: np.ndarray, labels: np.ndarray) -> float:
    """By every pair of a sample of the class and one of another."""
    each = []
    for one in np.unique(labels):
        own, others = scores[labels == one, one][:, None], scores[labels != one, one][None]
        each.append(((own > others) + 0.5 * (own == others)).mean())
    return float(np.mean(each))


def share_in_a_bin(scores: np.ndarray, labels: np.ndarray) -> float:
    """By how much counting in bins may be off: half the pairs whose log odds differ by less than a bin's width."""
    odds = np.log(scores.astype(np.float64)) - np.log1p(-scores.astype(np.float64))
    each = []
    for one in np.unique(labels):
        own, others = odds[labels == one, one][:, None], odds[labels != one, one][None]
        each.append(0.5 * (np.abs(own - others) <= 2 * AUC_RANGE / AUC_BINS).mean())
    return float(np.mean(each))


class Given:
    """A model whose scores are given, on samples whose labels are."""

    def __init__(self, labels: np.ndarray, classes: int) -> None:
        self.labels = labels
        self.facts = self
        self.classes = classes

    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        return outputs


@settings(max_examples=60)
@given(st.data(), st.integers(2, 6), st.integers(1, 40))
def test_a_tally_is_the_same_in_one_batch_and_in_many(data: st.DataObject, classes: int, count: int) -> None:
    labels = np.array(data.draw(st.lists(st.integers(0, classes - 1), min_size=count, max_size=count)))
    scores = np.random.default_rng(data.draw(st.integers(0, 99))).dirichlet(np.ones(classes), count).astype(np.float32)
    cut = data.draw(st.integers(0, count))
    whole, parts = (Tally(Given(labels, classes), Given(labels, classes), METRICS) for _ in range(2))
    for tally, pieces in ((whole, [np.arange(count)]), (parts, [np.arange(cut), np.arange(cut, count)])):
        for piece in pieces:
            tally.add(piece, 1.5, scores[piece].argmax(1), lambda piece=piece: scores[piece])
    assert whole.metrics() == parts.metrics()
    assert whole.loss == parts.loss == pytest.approx(1.5)
    assert (whole.confusion == parts.confusion).all()
    assert all(0 <= value <= 1 for value in whole.metrics().values())
    if len(np.unique(labels)) == classes:
        assert whole.metrics()["auc"] == pytest.approx(
            exact_auc(scores, labels), abs=share_in_a_bin(scores, labels) + 1e-6
        )


def test_of_a_single_output_both_classes_count() -> None:
    labels = np.array([0, 0, 0, 1])
    scores = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6]], np.float32)
    tally = Tally(Given(labels, 2), Given(labels, 2), METRICS)
    tally.add(np.arange(4), 0.5, scores.argmax(1), lambda: scores)
    found = tally.metrics()
    assert found["precision"] == pytest.approx((1 + 1 / 2) / 2)
    assert found["recall"] == pytest.approx((2 / 3 + 1) / 2)
    assert found["auc"] == pytest.approx(2 / 3)
    assert found["top_3_accuracy"] == 1


def test_without_samples_there_is_nothing() -> None:
    tally = Tally(Given(np.zeros(0, int), 3), Given(np.zeros(0, int), 3), METRICS)
    assert (tally.loss, tally.accuracy, tally.count, tally.metrics()) == (None, None, 0, {})


def test_outputs_are_not_fetched_where_nobody_needs_them() -> None:
    def never() -> np.ndarray:
        raise AssertionError

    tally = Tally(Given(np.zeros(2, int), 3), Given(np.zeros(2, int), 3), ("precision", "recall", "f1_score"))
    tally.add(np.arange(2), 0.1, np.zeros(2, int), never)
    assert tally.metrics()["precision"] == 1
