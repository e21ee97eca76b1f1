"""Groups of copies and look-alikes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.data.scan.copies import (
    FAR,
    MOST_COMPARED,
    candidates,
    exact_groups,
    groups_of,
    look_the_same,
    small_picture,
)
from models.data.scan.records import RECORD, WHOLE_LINES, Records, describe, shrunk

PAIRS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).filter(lambda pair: pair[0] != pair[1]))
HASHES = st.lists(st.integers(1, 2**64 - 1), min_size=1, max_size=20)


def records_with(hashes: list[int]) -> Records:
    records = np.zeros(len(hashes), RECORD)
    records["hash"] = np.array(hashes, np.uint64)
    records["shape"][:, :2] = 32
    records["mean"] = 100
    return records


@given(PAIRS)
def test_groups_are_disjoint_and_hold_every_pair(pairs: list[tuple[int, int]]) -> None:
    groups = [group.tolist() for group in groups_of(pairs)]
    members = [index for group in groups for index in group]
    assert len(members) == len(set(members))
    assert set(members) == {index for pair in pairs for index in pair}
    assert all(group == sorted(group) and len(group) > 1 for group in groups)
    for one, other in pairs:
        assert any({one, other} <= set(group) for group in groups)


@given(PAIRS, st.randoms(use_true_random=False))
def test_groups_depend_on_no_order(pairs: list[tuple[int, int]], random: object) -> None:
    turned = [pair[::-1] for pair in pairs]
    random.shuffle(turned)  # type: ignore[attr-defined]
    assert [group.tolist() for group in groups_of(pairs)] == [group.tolist() for group in groups_of(turned)]


@given(st.lists(st.integers(0, 5), max_size=40))
def test_exact_groups_are_those_of_equal_digests(digests: list[int]) -> None:
    records = np.zeros(len(digests), RECORD)
    records["digest"][:, 1] = digests
    groups = [group.tolist() for group in exact_groups(records, np.arange(len(digests)))]
    expected = [[i for i, digest in enumerate(digests) if digest == value] for value in dict.fromkeys(digests)]
    assert groups == [group for group in expected if len(group) > 1]


@given(HASHES, st.data())
def test_close_hashes_are_candidates_and_far_ones_are_not(hashes: list[int], data: st.DataObject) -> None:
    changed = data.draw(st.sampled_from(hashes))
    for bit in data.draw(st.sets(st.integers(0, 63), max_size=3)):
        changed ^= 1 << bit
    hashes = [*hashes, changed]
    pairs = {tuple(pair) for pair in candidates(records_with(hashes), np.arange(len(hashes)), 255).tolist()}
    distances = {
        (one, other): (hashes[one] ^ hashes[other]).bit_count()
        for other in range(len(hashes))
        for one in range(other)
        if hashes[one] and hashes[other]
    }
    assert {pair for pair, distance in distances.items() if distance <= 3} <= pairs
    assert pairs <= {pair for pair, distance in distances.items() if distance <= FAR}


@given(HASHES, st.randoms(use_true_random=False))
def test_candidates_are_symmetric(hashes: list[int], random: object) -> None:
    order = list(range(len(hashes)))
    random.shuffle(order)  # type: ignore[attr-defined]
    pairs = {frozenset(pair) for pair in candidates(records_with(hashes), np.arange(len(hashes)), 255).tolist()}
    shuffled = candidates(records_with([hashes[place] for place in order]), np.arange(len(hashes)), 255)
    assert pairs == {frozenset((order[one], order[other])) for one, other in shuffled.tolist()}


def test_very_many_that_share_a_hash_give_few_candidates() -> None:
    pairs = candidates(records_with([5] * 20_000), np.arange(20_000), 255)
    assert len(pairs) == MOST_COMPARED


@given(arrays(np.uint8, (2, 20, 24, 3)))
def test_looking_the_same_is_symmetric(pictures: np.ndarray) -> None:
    one, other = (small_picture(picture, 32) for picture in pictures)
    assert look_the_same(one, other, 255) == look_the_same(other, one, 255)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 12), st.integers(1, 12))
def test_shrinking_keeps_the_mean(height: int, width: int, rows: int, columns: int) -> None:
    plane = np.random.default_rng(height * 41 + width).random((height, width), dtype=np.float32)
    small = shrunk(plane[None, :, :, None], rows, columns)
    assert small.shape == (1, rows, columns, 1)
    if height < WHOLE_LINES * rows or height % rows == 0:
        np.testing.assert_allclose(small.mean(), plane.mean(), rtol=1e-4)


def test_shrinking_by_a_whole_number_gives_means_of_blocks() -> None:
    for rows in (2, 24):
        plane = np.random.default_rng(rows).integers(0, 256, (48, 8), dtype=np.uint8)
        expected = plane.reshape(rows, 48 // rows, 2, 4).mean((1, 3))
        np.testing.assert_allclose(shrunk(plane[None, :, :, None], rows, 2)[0, :, :, 0], expected, rtol=1e-5)


def test_a_record_is_small() -> None:
    assert RECORD.itemsize <= 64
    assert describe(np.ones((3, 4, 4, 1), np.uint8), 255).nbytes == 3 * RECORD.itemsize


def test_hardly_any_contrast_gives_no_hash() -> None:
    flat = np.random.default_rng(0).integers(100, 104, (5, 32, 32, 1), dtype=np.uint8)
    assert (describe(flat, 255)["hash"] == 0).all()
