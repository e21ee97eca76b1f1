"""A scan names what is wrong with a data set, and nothing else."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import planted_faults
import pytest
from PIL import Image

from models.data.facts import DataFacts
from models.data.findings import Finding, FindingKind, ScanReport, leakage
from models.data.samples import ArraySamples, FileSamples, Names, Samples, Values
from models.data.scan import scan_samples
from models.data.sources import Digits, ImageFolder
from models.data.split import Parts, Split, divide

FACTS = DataFacts("set", 0, (4, 4, 1), ("a", "b"))
RNG = np.random.default_rng(1)


def found(report: ScanReport, kind: FindingKind) -> Finding:
    return next(finding for finding in report.findings if finding.kind is kind)


def kinds(report: ScanReport) -> set[FindingKind]:
    return {finding.kind for finding in report.findings}


def names(report: ScanReport, indices: np.ndarray) -> set[str]:
    return {report.samples.name(int(index)) for index in indices}


def arrays(values: Values, labels: list[int] | None = None, **more: object) -> ArraySamples:
    facts = replace(FACTS, samples=len(values), sample_shape=values.shape[1:])
    given = np.arange(len(values)) % 2 if labels is None else np.array(labels)
    return ArraySamples(facts, values, given, **more)


# --- a thousand images with twenty faults -----------------------------------------------------------------------------
@pytest.fixture(scope="module")
def thousand(tmp_path_factory: pytest.TempPathFactory) -> ScanReport:
    folder = tmp_path_factory.mktemp("planted") / "pets"
    planted_faults.plant(folder, 980)
    return scan_samples(ImageFolder(path=str(folder)).open())


def in_cats(planted: object) -> set[str]:
    return {f"cats/{name}" for name in planted}


def test_every_planted_fault_is_named(thousand: ScanReport) -> None:
    assert len(thousand.samples) == 1000
    broken = found(thousand, FindingKind.BROKEN)
    assert names(thousand, broken.samples) == in_cats(planted_faults.BROKEN)
    assert set(broken.details) == set(broken.samples.tolist())
    assert all(broken.details.values())
    copies = found(thousand, FindingKind.DUPLICATE)
    assert names(thousand, copies.samples) == in_cats({**planted_faults.COPIES, "0.png": "", "1.png": ""})
    assert names(thousand, copies.leave_out) == in_cats(planted_faults.COPIES)
    near = found(thousand, FindingKind.NEAR_DUPLICATE)
    assert names(thousand, near.samples) == in_cats({*planted_faults.NEAR, *planted_faults.NEAR.values()})
    assert len(thousand.look_alikes) == len(planted_faults.NEAR)
    conflict = found(thousand, FindingKind.CONFLICT)
    assert names(thousand, conflict.samples) == {"cats/5.png", f"dogs/{planted_faults.CONFLICT}"}
    assert conflict.leave_out.tolist() == conflict.samples.tolist()
    assert names(thousand, found(thousand, FindingKind.CONSTANT).samples) == in_cats(planted_faults.CONSTANT)
    assert names(thousand, found(thousand, FindingKind.ODD_SIZE).samples) == in_cats(planted_faults.ODD)


def test_nothing_else_is_found(thousand: ScanReport) -> None:
    assert kinds(thousand) == {
        FindingKind.BROKEN, FindingKind.CONFLICT, FindingKind.DUPLICATE, FindingKind.NEAR_DUPLICATE,
        FindingKind.CONSTANT, FindingKind.ODD_SIZE, FindingKind.SIZES, FindingKind.CHANNELS,
    }  # fmt: skip
    bad = [finding for finding in thousand.findings if finding.severity == "bad"]
    assert {finding.kind for finding in bad} == {FindingKind.BROKEN, FindingKind.CONFLICT}
    assert thousand.findings[: len(bad)] == tuple(bad)


def test_facts_are_those_of_what_can_be_read(thousand: ScanReport) -> None:
    assert thousand.facts.samples == len(thousand.usable) == thousand.counts.sum() == 992
    assert thousand.facts.sample_shape == (planted_faults.SIDE, planted_faults.SIDE, 3)
    assert thousand.facts.sizes_differ
    assert len(thousand.facts.broken) == len(planted_faults.BROKEN)
    assert any(line.startswith("cats/empty.jpg: ") and line.endswith("empty") for line in thousand.facts.broken)
    assert thousand.value_range == (0, 255)
    assert sum(count for _, count in thousand.shapes) == 992
    assert thousand.shapes[0][0] == (planted_faults.SIDE, planted_faults.SIDE, 3)


def test_copies_on_both_sides_of_the_split_are_told(thousand: ScanReport) -> None:
    parts = divide(Split(validation=0.5, stratified=False), thousand.samples, thousand.usable)
    spread = leakage(thousand, parts)
    assert spread is not None
    groups = [set(group.tolist()) for group in (*thousand.copies, *thousand.look_alikes)]
    assert set(spread.samples.tolist()) <= set.union(*groups)
    left = np.setdiff1d(thousand.usable, spread.leave_out)
    assert leakage(thousand, divide(Split(validation=0.0), thousand.samples, left)) is None
    assert set(spread.leave_out.tolist()) <= set(parts.validation.tolist())


def test_copies_across_the_split_spoil_and_look_alikes_deserve_a_look(thousand: ScanReport) -> None:
    everything = thousand.usable
    for groups, severity in ((thousand.copies, "bad"), (thousand.look_alikes, "warn")):
        one, other = groups[0][:2]
        rest = np.setdiff1d(everything, [one, other])[:0]
        parts = Parts(np.array([one]), np.array([other]), rest)
        spread = leakage(thousand, parts)
        assert spread is not None
        assert (spread.severity, spread.samples.tolist(), spread.leave_out.tolist()) == (
            severity,
            [one, other],
            [other],
        )
        assert leakage(thousand, Parts(np.array([one, other]), rest, rest)) is None


# --- arrays -----------------------------------------------------------------------------------------------------------
def test_the_digits_are_fine() -> None:
    report = scan_samples(Digits().open())
    assert report.findings == ()
    assert report.counts.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert report.facts == report.samples.facts


def test_values_that_are_no_numbers_are_not_usable() -> None:
    values = RNG.random((60, 5, 1), dtype=np.float32)
    values[7, 2] = np.nan
    values[9, 0] = np.inf
    report = scan_samples(arrays(values))
    assert found(report, FindingKind.NOT_FINITE).samples.tolist() == [7, 9]
    assert report.usable.tolist() == [index for index in range(60) if index not in (7, 9)]
    assert np.isfinite(report.value_range).all()


def test_blocks_and_single_samples_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    values = RNG.integers(0, 256, (70, 20, 20, 3), dtype=np.uint8)
    values[3], values[5] = values[4], 9
    samples = arrays(values)

    class OneByOne(Samples):
        facts, labels = samples.facts, samples.labels

        def read(self, index: int) -> Values:
            return values[index]

    whole, single = scan_samples(samples), scan_samples(OneByOne())
    monkeypatch.setattr("models.data.scan.looking.BLOCK", 5000)
    blocks = scan_samples(samples)
    for report in (single, blocks):
        assert [finding.text for finding in report.findings] == [finding.text for finding in whole.findings]
        assert [group.tolist() for group in report.copies] == [group.tolist() for group in whole.copies] == [[3, 4]]
        assert report.value_range == whole.value_range


def test_digits_of_eight_pixels_are_not_called_alike() -> None:
    values = RNG.integers(0, 256, (60, 8, 8, 1), dtype=np.uint8)
    values[1] = values[0]
    values[1, 0, 0] ^= 1
    assert FindingKind.NEAR_DUPLICATE not in kinds(scan_samples(arrays(values)))


def test_one_colour_is_constant_and_one_pixel_of_another_is_not() -> None:
    values = RNG.integers(0, 256, (60, 30, 20, 3), dtype=np.uint8)
    values[4] = values[5] = values[6] = (200, 10, 30)
    values[5, 17, 11, 1] = 11
    values[6] = (1, 2, 3)
    assert found(scan_samples(arrays(values)), FindingKind.CONSTANT).samples.tolist() == [4, 6]


def test_the_same_grey_in_other_colours_is_not_alike() -> None:
    steps = np.linspace(40, 90, 32).astype(np.uint8)
    red, green = np.zeros((2, 32, 32, 3), np.uint8)
    red[..., 0] = np.round(steps / 0.299 * 0.8)
    green[..., 1] = np.round(steps / 0.587 * 0.8)
    values = np.concatenate([RNG.integers(0, 256, (60, 32, 32, 3), dtype=np.uint8), [red, green]])
    assert FindingKind.NEAR_DUPLICATE not in kinds(scan_samples(arrays(values)))


def test_masks_are_compared_with_their_images(tmp_path: Path) -> None:
    for number, seed in enumerate((1, 2, 2, 3)):
        pixels = np.random.default_rng(seed).integers(0, 256, (6, 9, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    masks = [np.zeros((6, 9)), np.ones((6, 9)), np.zeros((6, 9)), np.zeros((9, 6))]

    def read_mask(path: Path) -> Values:
        return masks[int(path.stem)].astype(np.uint8)

    facts = replace(FACTS, samples=4, sample_shape=(6, 9, 3), target="mask", has_masks=True)
    files = Names(f"{number}.png" for number in range(4))
    samples = FileSamples(facts, tmp_path, files, np.full(4, -1), mask_names=files, read_mask=read_mask)
    samples.orphan_masks = ("lonely.png", "and 1,234 more")
    report = scan_samples(samples)
    assert report.usable.tolist() == [0, 1, 2]
    assert report.counts.tolist() == [0, 0]
    odd = found(report, FindingKind.MASK_SIZE)
    assert odd.samples.tolist() == odd.leave_out.tolist() == [3]
    assert "6×9" in odd.details[3]
    assert "9×6" in odd.details[3]
    assert found(report, FindingKind.CONFLICT).samples.tolist() == [1, 2]  # one picture with two masks
    assert "1,235 files" in found(report, FindingKind.ORPHAN_MASK).text
    assert "1,234 more" in found(report, FindingKind.ORPHAN_MASK).text
    assert not {FindingKind.TINY_CLASS, FindingKind.ONE_CLASS, FindingKind.UNEVEN} & kinds(report)


# --- classes ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([0] * 30 + [1] * 30, set()),
        ([0] * 60 + [1] * 12, {FindingKind.UNEVEN}),
        ([0] * 60, {FindingKind.ONE_CLASS, FindingKind.TINY_CLASS}),
        ([0] * 9 + [1] * 20, {FindingKind.TINY_CLASS, FindingKind.TINY_SET}),
        ([], {FindingKind.TINY_SET}),
    ],
    ids=["fine", "uneven", "one class", "tiny", "nothing"],
)
def test_classes(labels: list[int], expected: set[FindingKind]) -> None:
    values = RNG.integers(0, 256, (len(labels), 12, 12, 1), dtype=np.uint8)
    assert kinds(scan_samples(arrays(values, labels))) == expected


def test_an_uneven_set_names_its_classes_and_the_remedy() -> None:
    labels = [0] * 60 + [1] * 12
    values = RNG.integers(0, 256, (len(labels), 12, 12, 1), dtype=np.uint8)
    finding = found(scan_samples(arrays(values, labels)), FindingKind.UNEVEN)
    assert finding.files == ("a", "b")
    assert "class weights or balanced sampling" in finding.text
    assert "5.0 times" in finding.text


def test_equal_rows_are_worth_a_note_and_rows_of_one_value_nothing() -> None:
    values = RNG.random((60, 4), dtype=np.float32)
    values[2] = values[0]
    values[5] = 0
    report = scan_samples(arrays(values))
    assert [(finding.kind, finding.severity) for finding in report.findings] == [(FindingKind.DUPLICATE, "note")]


# --- ending early, memory ---------------------------------------------------------------------------------------------
class Counting(Samples):
    """Samples that count how often they are read."""

    def __init__(self, count: int) -> None:
        self.facts = replace(FACTS, samples=count, sample_shape=(4,))
        self.labels = np.arange(count) % 2
        self.reads = 0

    def read(self, index: int) -> Values:
        self.reads += 1
        return np.array([index & 255, index >> 8 & 255, index >> 16, 7], np.uint8)


def test_progress_is_told_now_and_then_and_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    scan_samples(Counting(1000), lambda done, total: told.append((done, total)))
    assert told[-1] == (1000, 1000)
    assert told == sorted(told)
    assert len(told) <= 1000 / 50 + 1 or len({done for done, _ in told}) <= 1000 / 50 + 1


def test_an_exception_in_progress_ends_the_scan() -> None:
    class Enough(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Enough

    samples = Counting(100_000)
    with pytest.raises(Enough):
        scan_samples(samples, stop)
    assert samples.reads < 5000


def test_an_exception_in_progress_ends_comparing_too(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    values = np.stack([picture] * 200)
    values[:, 0, 0, 0] = np.arange(200)  # 200 that look the same
    samples = arrays(values)
    comparing = []

    def stop(done: int, total: int) -> None:
        if comparing:
            raise InterruptedError

    def small(values: Values, side: int) -> Values:
        comparing.append(side)
        return np.zeros((3, side, side), np.float32)

    monkeypatch.setattr("models.data.scan.copies.small_picture", small)
    with pytest.raises(InterruptedError):
        scan_samples(samples, stop)


@pytest.mark.parametrize("count", [5_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_memory_is_bounded_by_a_few_bytes_for_each_sample(count: int) -> None:
    samples = Counting(count)
    tracemalloc.start()
    try:
        report = scan_samples(samples)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(report.usable) == count
    assert peak / count < 400
