"""Every data set that needs neither a file nor a network: what holds for all of them."""

from __future__ import annotations

import random

import numpy as np
import pytest

from models.data.facts import DataError
from models.data.generated import made
from models.data.samples import TEST, TRAINING, VALIDATION
from models.data.sources import SOURCES, Source, SourceGroup
from models.data.sources.base import source_from_dict, source_to_dict

GENERATED = [kind for kind, source in SOURCES.items() if source.group is SourceGroup.GENERATED]
OFFLINE = [kind for kind, source in SOURCES.items() if source.group in (SourceGroup.GENERATED, SourceGroup.BUNDLED)]
MEMORY_CHECKED = [
    kind for kind in GENERATED if kind not in ("mnist1d", "signals")
]  # those two are small at their largest


def small(kind: str) -> Source:
    """A data set of few samples, where it has a choice."""
    source = SOURCES[kind]()
    return source.replace(samples=120) if "samples" in SOURCES[kind].model_fields else source


def test_the_kinds_are_known() -> None:
    assert {"mnist1d", "shapes", "yellow_or_blue", "bars", "signals", "volumes"} == set(GENERATED)


@pytest.mark.parametrize("kind", OFFLINE)
def test_the_glance_is_exact(kind: str) -> None:
    source = small(kind)
    samples = source.open()
    assert samples.facts == source.glance()
    assert len(samples) == samples.facts.samples
    assert (samples.mask(0) is not None) == samples.facts.has_masks
    assert (samples.boxes(0) is not None) == samples.facts.has_boxes
    assert (samples.parts is not None) == samples.facts.has_parts


@pytest.mark.parametrize("kind", OFFLINE)
def test_samples_are_what_the_facts_say(kind: str) -> None:
    samples = small(kind).open()
    facts = samples.facts
    for index in range(0, len(samples), 7):
        sample = samples.read(index)
        assert sample.shape == facts.sample_shape
        assert sample.dtype in (np.uint8, np.float32)
        assert (sample.dtype == np.uint8) == (facts.white == 255)
        assert np.isfinite(sample).all()
        assert sample.std() > 0, "a sample of one value teaches nothing"


@pytest.mark.parametrize("kind", GENERATED)
def test_nobody_can_write_to_what_the_next_reader_gets(kind: str) -> None:
    samples = small(kind).open()
    arrays = [samples.read(0), samples.mask(0), samples.boxes(0)]
    assert not any(array.flags.writeable for array in arrays if array is not None)
    assert samples.parts is None or not samples.parts.flags.writeable


@pytest.mark.parametrize("kind", OFFLINE)
def test_every_class_is_there_and_no_other(kind: str) -> None:
    samples = small(kind).open()
    assert set(samples.labels.tolist()) == set(range(samples.facts.classes))


@pytest.mark.parametrize("kind", GENERATED)
def test_classes_are_even_and_in_no_order(kind: str) -> None:
    samples = small(kind).open()
    counts = np.bincount(samples.labels)
    spread = 1 if samples.parts is None else 3  # each part is even for itself
    assert counts.max() - counts.min() <= spread
    changes = np.count_nonzero(np.diff(samples.labels))
    assert changes > len(samples) / 4, "sorted labels make every batch one class"


@pytest.mark.parametrize("kind", GENERATED)
def test_parts_have_every_class(kind: str) -> None:
    samples = small(kind).open()
    if samples.parts is None:
        return
    assert set(samples.parts.tolist()) <= {TRAINING, VALIDATION, TEST}
    assert {TRAINING, TEST} <= set(samples.parts.tolist())
    for part in set(samples.parts.tolist()):
        assert set(samples.labels[samples.parts == part].tolist()) == set(range(samples.facts.classes))


@pytest.mark.parametrize("kind", GENERATED)
def test_the_same_settings_give_the_same_samples_and_another_seed_others(kind: str) -> None:
    source = small(kind)
    first = source.open()
    other = source.replace(seed=source.model_dump()["seed"] + 1).open()  # and what was kept is forgotten
    again = source.open()
    assert not np.shares_memory(first.read(0), again.read(0))
    assert np.array_equal(first.labels, again.labels)
    assert all(np.array_equal(first.read(index), again.read(index)) for index in range(len(first)))
    assert any(not np.array_equal(first.read(index), other.read(index)) for index in range(len(first)))
    for index in range(10 if first.facts.has_boxes else 0):
        assert np.array_equal(first.boxes(index), again.boxes(index))


@pytest.mark.parametrize("kind", GENERATED)
def test_what_was_made_is_kept(kind: str) -> None:
    source = small(kind)
    first, again = source.open(), small(kind).open()
    assert np.shares_memory(first.read(0), again.read(0))


@pytest.mark.parametrize("kind", GENERATED)
def test_random_numbers_of_others_go_on_as_if_nothing_had_happened(kind: str) -> None:
    random.seed(7)
    np.random.seed(7)
    expected = random.random(), np.random.rand()
    random.seed(7)
    np.random.seed(7)
    small(kind).replace(seed=99).open()
    assert (random.random(), np.random.rand()) == expected


@pytest.mark.parametrize("kind", GENERATED)
def test_an_exception_in_progress_ends_the_work_and_the_next_one_begins_anew(kind: str) -> None:
    class StoppedError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise StoppedError

    source = small(kind).replace(seed=5)
    with pytest.raises(StoppedError):
        source.open(stop)
    assert len(source.open()) == source.glance().samples


@pytest.mark.parametrize("kind", [kind for kind in GENERATED if kind != "mnist1d"])
def test_progress_rises_to_the_end(kind: str) -> None:
    told: list[tuple[int, int]] = []
    source = SOURCES[kind]().replace(samples=600, seed=6)
    source.open(lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert told[0] == (0, 600)
    assert told[-1] == (600, 600)


@pytest.mark.parametrize("kind", MEMORY_CHECKED)
def test_what_does_not_fit_into_memory_is_refused(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made, "physical_memory", lambda: 1000)
    with pytest.raises(DataError, match=r"more than half .* Ask for fewer or smaller samples"):
        small(kind).replace(seed=8).open()


@pytest.mark.parametrize("kind", OFFLINE)
def test_projects_keep_every_setting(kind: str) -> None:
    source = small(kind)
    assert source_from_dict(source_to_dict(source)) == source


@pytest.mark.parametrize("kind", sorted(SOURCES))
def test_kinds_and_fields_explain_themselves(kind: str) -> None:
    source = SOURCES[kind]
    assert source.title
    assert source.__doc__
    assert source.__doc__.strip().split("\n")[0].endswith((".", "?", "MB."))
    assert all(field.description for field in source.model_fields.values())
