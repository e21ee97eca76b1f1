"""The split is disjoint, complete, stratified and repeatable, by shares and by the data set's own parts."""

from __future__ import annotations

from itertools import chain

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from models.data.facts import DataFacts
from models.data.samples import TEST, TRAINING, VALIDATION, ArraySamples
from models.data.split import Split, divide

SHARES = st.floats(0.0, 0.45)
LABELS = st.lists(st.integers(0, 4), min_size=1, max_size=200)
SEEDS = st.integers(0, 1000)


def samples(labels: list[int], parts: list[int] | None = None) -> ArraySamples:
    facts = DataFacts("x", len(labels), (1, 1, 1), tuple("abcde"))
    given_parts = np.array(parts, np.int8) if parts is not None else None
    return ArraySamples(facts, np.zeros((len(labels), 1, 1, 1), np.uint8), np.array(labels, np.int64), given_parts)


def sides(split: Split, given_samples: ArraySamples, usable: list[int] | None = None) -> list[list[int]]:
    parts = divide(split, given_samples, np.array(usable, np.int64) if usable is not None else None)
    return [parts.training.tolist(), parts.validation.tolist(), parts.test.tolist()]


@given(LABELS, SHARES, SHARES, st.booleans(), SEEDS)
def test_every_sample_is_on_exactly_one_side(
    labels: list[int], validation: float, test: float, stratified: bool, seed: int
) -> None:
    split = Split(validation=validation, test=test, stratified=stratified, seed=seed)
    found = sides(split, samples(labels))
    assert sorted(chain.from_iterable(found)) == list(range(len(labels)))
    assert found == sides(split, samples(labels))
    assert all(side == sorted(side) for side in found)


@given(LABELS, SHARES, SHARES, SEEDS)
def test_stratified_every_class_gives_its_share(labels: list[int], validation: float, test: float, seed: int) -> None:
    found = sides(Split(validation=validation, test=test, seed=seed), samples(labels))
    for label in set(labels):
        members = labels.count(label)
        counts = [sum(labels[index] == label for index in side) for side in found]
        assert counts[TRAINING] >= 1
        for part, share in ((VALIDATION, validation), (TEST, test)):
            assert counts[part] == 0 if share == 0 else abs(counts[part] - members * share) <= 1 or members <= 3
            if share > 0 and members >= 3:
                assert counts[part] >= 1


@given(LABELS, SHARES, SEEDS, st.data())
def test_what_is_left_out_is_on_no_side(labels: list[int], share: float, seed: int, data: st.DataObject) -> None:
    usable = sorted(data.draw(st.sets(st.sampled_from(range(len(labels))), min_size=1)))
    found = sides(Split(validation=share, seed=seed), samples(labels), usable)
    assert sorted(chain.from_iterable(found)) == usable


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=100), SHARES)
def test_by_folders_the_data_set_says_who_is_where(rows: list[tuple[int, int]], share: float) -> None:
    labels, parts = [label for label, _ in rows], [part for _, part in rows]
    assume(VALIDATION in parts)
    found = sides(Split(by="folders", validation=share, test=share), samples(labels, parts))
    assert found == [[i for i, own in enumerate(parts) if own == part] for part in (TRAINING, VALIDATION, TEST)]


@given(LABELS, SHARES, SEEDS)
def test_a_data_set_with_no_validation_part_gives_some_of_its_training_samples(
    labels: list[int], share: float, seed: int
) -> None:
    parts = [TEST if index % 3 == 2 else TRAINING for index in range(len(labels))]
    found = sides(Split(by="folders", validation=share, seed=seed), samples(labels, parts))
    assert found[TEST] == [index for index, part in enumerate(parts) if part == TEST]
    assert sorted(found[TRAINING] + found[VALIDATION]) == [i for i, part in enumerate(parts) if part == TRAINING]
    assert bool(found[VALIDATION]) == (share > 0 and any(count > 1 for count in _counts(labels, parts)))


def _counts(labels: list[int], parts: list[int]) -> list[int]:
    kept = [label for label, part in zip(labels, parts, strict=True) if part == TRAINING]
    return [kept.count(label) for label in set(kept)]


@given(LABELS)
def test_without_parts_of_its_own_shares_count(labels: list[int]) -> None:
    assert sides(Split(by="folders"), samples(labels)) == sides(Split(), samples(labels))


@given(LABELS, SHARES, SHARES, SEEDS, st.data())
def test_leaving_out_a_sample_moves_no_other_one(
    labels: list[int], validation: float, test: float, seed: int, data: st.DataObject
) -> None:
    usable = sorted(data.draw(st.sets(st.sampled_from(range(len(labels))))))
    split = Split(validation=validation, test=test, seed=seed)
    whole, rest = sides(split, samples(labels)), sides(split, samples(labels), usable)
    assert rest == [[index for index in side if index in set(usable)] for side in whole]
