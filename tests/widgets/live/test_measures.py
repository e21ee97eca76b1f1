"""Numbers of layers: tables over time, verdicts, histograms on other edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.training.events import BlockMeasured, BlocksMeasured, Histogram
from models.training.history import History
from widgets.live.measures import MEASURES, UPDATE_RATIO, Table, moments, rebinned, with_values

counts = st.lists(st.integers(0, 1000), min_size=1, max_size=40)
edges = st.tuples(st.floats(-100, 100), st.floats(0.01, 50))


def _event(step: int, **ratios: float | None) -> BlocksMeasured:
    return BlocksMeasured("r", step, step // 10, {n: BlockMeasured(update_ratio=ratio) for n, ratio in ratios.items()})


def test_a_table_has_a_row_for_each_layer_that_has_the_measure() -> None:
    table = Table(UPDATE_RATIO)
    assert table.follow([_event(5, conv=1e-3, pool=None, dense=2e-3), _event(9, conv=None, pool=None, dense=4e-3)])
    assert table.layers == ("conv", "dense")
    np.testing.assert_array_equal(table.values, [[1e-3, np.nan], [2e-3, 4e-3]])
    assert table.steps.tolist() == [5, 9]
    assert table.epoch(1) == 0


@given(st.lists(st.dictionaries(st.sampled_from("abcd"), st.floats(1e-6, 1)), max_size=12), st.data())
def test_a_table_that_grew_is_the_one_made_at_once(told: list[dict[str, float]], data: st.DataObject) -> None:
    events = [_event(step, **ratios) for step, ratios in enumerate(told)]
    grown, whole = Table(UPDATE_RATIO), Table(UPDATE_RATIO)
    for end in sorted(data.draw(st.lists(st.integers(0, len(events)), max_size=5))):
        grown.follow(events[:end])
    grown.follow(events)
    whole.follow(events)
    assert grown.steps.tolist() == whole.steps.tolist() == list(range(len(events)))
    assert grown.layers == whole.layers
    np.testing.assert_array_equal(grown.values, whole.values)
    assert not grown.follow(events)


def test_what_a_history_thins_out_leaves_the_table() -> None:
    history, table = History(), Table(UPDATE_RATIO)
    for step in range(600):
        history.add_measured(_event(step, conv=1e-3))
        table.follow(history.measured)
    assert table.steps.tolist() == [event.step for event in history.measured]
    assert len(table._columns) == len(history.measured)


@pytest.mark.parametrize(
    ("ratio", "word"), [(1e-3, "healthy"), (1e-5, "low"), (0.1, "high"), (1e-4, "healthy"), (float("nan"), "")]
)
def test_words_for_an_update(ratio: float, word: str) -> None:
    assert UPDATE_RATIO.verdict(ratio) == word


def test_every_measure_is_a_field_and_scales_what_it_gets() -> None:
    values = np.array([0.0, 1e-9, 0.5, 1.0, np.nan])
    for measure in MEASURES:
        assert measure.of(BlockMeasured(**{measure.field: 0.25})) == 0.25
        assert measure.of(BlockMeasured()) is None
        scaled = measure.scaled(values)
        low, high = measure.levels(scaled)
        assert low < high
        assert not np.isinf(scaled).any()
        assert all(measure.text(value) for value in values)


@given(edges, counts, edges, st.integers(1, 60))
def test_other_edges_hold_the_same_values(
    own: tuple[float, float], counted: list[int], other: tuple[float, float], bins: int
) -> None:
    histogram = Histogram(own[0], own[0] + own[1], np.array(counted, np.float32))
    low, high = min(own[0], other[0]), max(own[0] + own[1], other[0] + other[1])
    shares = rebinned([histogram], np.linspace(low - 1, high + 1, bins + 1))[0]
    assert (shares >= -1e-12).all()
    assert shares.sum() == pytest.approx(1.0 if sum(counted) else 0.0, abs=1e-9)


@given(edges, counts)
def test_the_same_edges_give_the_counts(own: tuple[float, float], counted: list[int]) -> None:
    histogram = Histogram(own[0], own[0] + own[1], np.array(counted, np.float32))
    shares = rebinned([histogram], np.linspace(histogram.low, histogram.high, len(counted) + 1))[0]
    np.testing.assert_allclose(shares * max(sum(counted), 1), counted, atol=1e-6 * max(sum(counted), 1))


def test_moments_are_those_of_the_values() -> None:
    values = np.random.default_rng(0).normal(3, 2, 50_000)
    counted, places = np.histogram(values, 200)
    mean, deviation = moments(Histogram(float(places[0]), float(places[-1]), counted.astype(np.float32)))
    assert mean == pytest.approx(values.mean(), abs=0.02)
    assert deviation == pytest.approx(values.std(), abs=0.02)
    assert np.isnan(moments(Histogram(0, 1, np.zeros(4, np.float32)))).all()


def test_a_single_value_stands_where_it_is() -> None:
    shares = rebinned([Histogram(0.5, 0.5, np.array([7], np.float32))], np.linspace(0, 1, 5))[0]
    assert shares.tolist() == [0, 0, 1, 0]


def test_layers_with_a_histogram() -> None:
    histogram = Histogram(0, 1, np.ones(2, np.float32))
    blocks = {"a": BlockMeasured(), "b": BlockMeasured(weights=histogram), "c": BlockMeasured(activations=histogram)}
    assert with_values(blocks) == ("b", "c")


@given(st.lists(st.tuples(edges, counts), max_size=8), st.integers(1, 20))
def test_many_histograms_at_once_are_each_as_alone(
    told: list[tuple[tuple[float, float], list[int]]], bins: int
) -> None:
    many = [Histogram(low, low + width, np.array(counted, np.float32)) for (low, width), counted in told]
    places = np.linspace(-120, 120, bins + 1)
    together = rebinned(many, places)
    assert together.shape == (len(many), bins)
    for one, histogram in zip(together, many, strict=True):
        total = max(float(histogram.counts.sum()), 1.0)
        own = np.linspace(histogram.low, histogram.high, len(histogram.counts) + 1)
        naive = np.diff(np.interp(places, own, np.concatenate([[0.0], np.cumsum(histogram.counts)]))) / total
        np.testing.assert_allclose(one, naive, atol=1e-9)
