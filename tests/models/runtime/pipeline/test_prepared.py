"""Samples come as they were asked for, wherever they are kept, and what cannot be read is named."""

from __future__ import annotations

import gc
import shutil
import weakref
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from models.blocks import Shape
from models.data.decoding import BrokenImage
from models.data.facts import DataFacts
from models.data.samples import ArraySamples, FileSamples, Names, Samples
from models.data.steps import Step
from models.data.steps.preprocessing import CenterCrop, PerImageStandardize, Rescale, Resize
from models.runtime.pipeline import prepared as module
from models.runtime.pipeline import reading as reading_module
from models.runtime.pipeline.prepared import Prepared, bytes_text
from models.runtime.pipeline.store import Store
from models.runtime.preprocessing import Preprocessor
from models.training.commands import Storage

COUNT = 11
USED = np.array([0, 1, 2, 4, 5, 6, 7, 9, 10])
CHAIN = (Resize(), Rescale())
SIDE = (4, 3)
PLACES = ("memory", "disk", "stream")
Usage = namedtuple("Usage", "total used free")


def of_files(folder: Path) -> FileSamples:
    """Pictures of one grey each, which tells them apart: 20 · index; in colour and of several sizes."""
    names = [f"{index}.png" for index in range(COUNT)]
    for index, name in enumerate(names):
        Image.new("L", (3 + index % 3, 4), 20 * index).save(folder / name)
    facts = DataFacts("files", COUNT, (4, 3, 1), ("a", "b"), sizes_differ=True)
    return FileSamples(facts, folder, Names(names), np.arange(COUNT) % 2)


def of_arrays(kind: str = "uint8", white: float = 255) -> ArraySamples:
    values = np.broadcast_to(20 * np.arange(COUNT)[:, None, None, None], (COUNT, 4, 3, 1)).astype(kind)
    return ArraySamples(DataFacts("array", COUNT, (4, 3, 1), ("a", "b"), white=white), values, np.arange(COUNT) % 2)


def prepare(
    samples: Samples, storage: Storage | None = None, steps: tuple[Step, ...] = CHAIN, target: Shape = (*SIDE, 1)
) -> Prepared:
    preprocessor = Preprocessor(steps, samples.facts.white, samples.facts.sample_shape, target)
    return Prepared(samples, preprocessor, USED, storage or Storage())


def kept_in(place: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    if place == "stream":
        monkeypatch.setattr(module.shutil, "disk_usage", lambda path: Usage(2**40, 2**40 - 2**20, 2**20))
    return Storage(memory=10**9 if place == "memory" else 0, folder=str(folder))


def numbers(prepared: Prepared, order: np.ndarray, batch_size: int) -> tuple[list[int], list[int], list[int]]:
    """Indices and grey of what comes, and the sizes of the batches."""
    indices, greys, sizes = [], [], []
    for chosen, sized in prepared.stream(order, batch_size):
        assert sized.shape == (len(chosen), *SIDE, 1)
        indices += chosen.numpy().tolist()
        greys += sized.numpy()[:, 0, 0, 0].tolist()
        sizes.append(len(chosen))
    return indices, greys, sizes


@pytest.mark.parametrize("kind", ["files", "array"])
@pytest.mark.parametrize("place", PLACES)
def test_batches_come_in_the_order_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, kind: str
) -> None:
    (tmp_path / "data").mkdir()
    samples = of_files(tmp_path / "data") if kind == "files" else of_arrays()
    prepared = prepare(samples, kept_in(place, tmp_path / "cache", monkeypatch))
    assert prepared.plan.place == place
    assert prepared.plan.size == (0 if place == "stream" else len(USED) * 12)
    for order in (USED, np.array([9, 0, 9, 5]), USED[::-1]):
        indices, greys, sizes = numbers(prepared, order, 4)
        assert indices == order.tolist()
        assert greys == [20 * index for index in order]
        assert sizes == [4] * (len(order) // 4) + [len(order) % 4] * (len(order) % 4 > 0)
    assert prepared.has(USED) == (place != "stream")
    for indices, scaled in prepared.scaled(USED[::-1], 5):
        expected = [np.asarray(prepared.preprocessor.whole(samples.read(index)[None]))[0] for index in indices]
        np.testing.assert_allclose(scaled, expected, atol=1e-6)
    prepared.close()


@settings(max_examples=30)  # each makes pipelines
@given(
    order=st.lists(st.sampled_from(USED.tolist()), min_size=1, max_size=30),
    batch_size=st.integers(1, 12),
    kind=st.sampled_from(["uint8", "float32"]),
)
def test_any_order_comes_as_asked_for(order: list[int], batch_size: int, kind: str) -> None:
    indices, greys, sizes = numbers(prepare(of_arrays(kind)), np.array(order), batch_size)
    assert indices == order
    assert greys == [20 * index for index in order]
    assert max(sizes) <= batch_size


@pytest.mark.parametrize("place", ["memory", "disk"])
def test_what_is_kept_needs_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    (tmp_path / "data").mkdir()
    prepared = prepare(of_files(tmp_path / "data"), kept_in(place, tmp_path / "cache", monkeypatch))
    first = numbers(prepared, USED, 4)
    shutil.rmtree(tmp_path / "data")
    assert numbers(prepared, USED, 4) == first
    prepared.close()
    assert not list((tmp_path / "cache").glob("*"))


def test_bytes_stay_bytes_and_numbers_stay_numbers() -> None:
    def kind(samples: Samples, *steps: Step) -> str:
        ((_, sized),) = prepare(samples, steps=steps).stream(USED, 99)
        return str(sized.dtype.name)

    assert kind(of_arrays(), Resize(), Rescale()) == "uint8"
    assert kind(of_arrays(), Rescale(), Resize()) == "float32"
    assert kind(of_arrays("float32", 1.0), Resize(), Rescale()) == "float32"
    assert kind(of_arrays("float32", 0.0), PerImageStandardize()) == "float32"
    assert kind(of_arrays("float32", 255.0), Resize()) == "uint8"


def test_broken_files_are_passed_over_and_named(tmp_path: Path) -> None:
    samples = of_files(tmp_path)
    (tmp_path / "4.png").write_text("no picture")
    (tmp_path / "9.png").unlink()
    prepared = prepare(samples)
    indices, greys, sizes = numbers(prepared, USED, 4)
    assert indices == [index for index in USED if index not in (4, 9)]
    assert greys == [20 * index for index in indices]
    assert sizes == [4, 3]
    told = prepared.missed(np.setdiff1d(USED, indices))
    assert [line.split(":")[0] for line in told] == ["4.png", "9.png"]
    assert "none of PNG" in told[0]
    assert prepared.left(USED).tolist() == indices
    assert prepared.has(np.array(indices))
    assert not prepared.has(USED)


def test_files_that_were_gone_are_looked_for_again_and_broken_ones_are_not(tmp_path: Path) -> None:
    samples = of_files(tmp_path)
    (tmp_path / "4.png").write_text("no picture")
    content = (tmp_path / "9.png").read_bytes()
    (tmp_path / "9.png").unlink()
    prepared = prepare(samples)
    prepared.missed(np.array([4, 9]))
    (tmp_path / "9.png").write_bytes(content)
    assert 9 not in prepared.left(USED)
    prepared.look_again()
    assert prepared.left(USED).tolist() == [index for index in USED if index != 4]
    assert numbers(prepared, np.array([9]), 4)[1] == [180]


def test_many_lost_samples_do_not_cost_their_reasons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REASONS", 2)
    samples = of_files(tmp_path)
    shutil.rmtree(tmp_path)
    asked: list[int] = []
    monkeypatch.setattr(FileSamples, "read", reading(FileSamples.read, asked))
    prepared = prepare(samples)
    told = prepared.missed(USED)
    assert len(told) == len(USED)
    assert asked == USED[:2].tolist()
    assert not len(prepared.left(USED))


def reading(read: Callable[..., object], asked: list[int]) -> Callable[..., object]:
    def noted(self: FileSamples, index: int) -> object:
        asked.append(index)
        return read(self, index)

    return noted


def test_what_only_pillow_can_read_is_read_by_it_from_then_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = of_files(tmp_path)
    monkeypatch.setattr(reading_module, "_png", lambda data: tf.io.decode_png("no picture", dtype=tf.uint8))
    prepared = prepare(samples)
    assert numbers(prepared, USED, 4)[0] == []
    monkeypatch.setattr(module, "REASONS", 2)  # those beyond are not looked at one by one
    assert prepared.missed(USED) == ()
    assert numbers(prepared, USED, 4)[:2] == (USED.tolist(), [20 * index for index in USED])
    assert prepared.left(USED).tolist() == USED.tolist()


def test_grey_pictures_in_files_of_colour_have_one_channel_where_the_data_set_has(tmp_path: Path) -> None:
    samples = of_files(tmp_path)
    Image.new("RGB", (3, 4), (80, 80, 80)).save(tmp_path / "4.png")  # of three channels to TensorFlow, grey to Pillow
    prepared = prepare(samples, steps=(CenterCrop(), Rescale()))
    assert numbers(prepared, USED, 4)[:2] == (USED.tolist(), [20 * index for index in USED])


def test_what_does_not_fit_even_so_is_lost(tmp_path: Path) -> None:
    samples = of_files(tmp_path)
    chosen = np.array([0, 3, 4, 6])  # the third one is a pixel wider than the others
    prepared = prepare(samples, steps=(Rescale(),))
    assert numbers(prepared, chosen, 4)[0] == [0, 3, 6]
    assert prepared.missed(np.array([4])) == ()
    assert numbers(prepared, chosen, 4)[0] == [0, 3, 6]
    assert prepared.missed(np.array([4])) == ("4.png: it could not be prepared",)


def test_grey_pictures_of_a_data_set_in_colour_have_three_channels(tmp_path: Path) -> None:
    Image.new("RGB", (3, 4), (10, 20, 30)).save(tmp_path / "0.png")
    Image.new("L", (3, 4), 40).save(tmp_path / "1.bmp")
    facts = DataFacts("files", 2, (4, 3, 3), ("a", "b"))
    samples = FileSamples(facts, tmp_path, Names(["0.png", "1.bmp"]), np.zeros(2, np.int64))
    prepared = Prepared(samples, Preprocessor((Rescale(),), 255, (4, 3, 3), (4, 3, 3)), np.arange(2), Storage())
    ((indices, sized),) = prepared.stream(np.arange(2), 2)
    assert indices.numpy().tolist() == [0, 1]
    assert sized.numpy()[:, 0, 0].tolist() == [[10, 20, 30], [40, 40, 40]]


def test_a_full_disk_is_given_up_and_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = prepare(of_arrays(), kept_in("disk", tmp_path, monkeypatch))
    monkeypatch.setattr(Store, "put", lambda self, rows, values: setattr(self, "full", "No space left on device"))
    assert numbers(prepared, USED, 4)[0] == USED.tolist()
    assert prepared.settle()
    assert prepared.plan.place == "stream"
    assert prepared.plan.size == 0
    assert prepared.plan.text.endswith("could not be kept on the disk (No space left on device)")
    assert not prepared.settle()
    assert numbers(prepared, USED, 4)[0] == USED.tolist()
    assert not list(tmp_path.iterdir())
    monkeypatch.undo()
    prepared.look_again()  # before another run, when there may be room again
    assert prepared.plan.place == "disk"
    assert numbers(prepared, USED, 4)[0] == USED.tolist()
    assert prepared.has(USED)
    prepared.close()


def test_a_disk_without_room_at_all_means_streaming(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way of a folder")
    prepared = prepare(of_arrays(), Storage(memory=0, folder=str(tmp_path / "file" / "cache")))
    assert prepared.plan.place == "stream"
    assert "could not be kept on the disk" in prepared.plan.text
    assert numbers(prepared, USED, 4)[0] == USED.tolist()


def test_the_plan_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert prepare(of_arrays()).plan.text == "cached in memory, 0 kB"
    on_disk = prepare(of_arrays(), kept_in("disk", tmp_path, monkeypatch))
    assert on_disk.plan.text == "cached on disk, 0 kB"
    on_disk.close()
    streamed = prepare(of_arrays(), kept_in("stream", tmp_path, monkeypatch)).plan
    assert streamed.text == "prepared anew in every epoch: 0 kB neither fits into the memory budget nor on the disk"
    assert [bytes_text(size) for size in (312_000_000, 1_400_000_000, 9_000)] == ["312 MB", "1.4 GB", "9 kB"]


def test_filling_takes_breaths_and_can_be_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 4)
    breaths: list[tuple[int, int]] = []
    prepared = prepare(of_arrays())
    prepared.fill(lambda done, total: breaths.append((done, total)))
    assert breaths == [(4, 9), (8, 9), (9, 9)]
    prepared.fill(lambda done, total: breaths.append((done, total)))
    assert len(breaths) == 3

    def end(done: int, total: int) -> None:
        raise InterruptedError

    ended = prepare(of_arrays())
    with pytest.raises(InterruptedError):
        ended.fill(end)
    assert numbers(ended, USED, 4)[0] == USED.tolist()


def test_only_what_is_in_memory_is_filled_and_resides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for samples, place in ((of_arrays(), "disk"), (of_arrays(), "stream"), (of_files(tmp_path), "memory")):
        with monkeypatch.context() as patch:
            prepared = prepare(samples, kept_in(place, tmp_path / "cache", patch))
            prepared.fill(lambda done, total: pytest.fail("nothing is to be filled"))
            assert prepared.resident(USED, 0) is None
            prepared.close()


def test_residents_are_found_by_their_rows_sized_or_scaled() -> None:
    prepared = prepare(of_arrays())
    prepared.fill(lambda done, total: None)
    sized, rows, is_scaled = prepared.resident(USED, 0)
    assert (sized.dtype, is_scaled) == ("uint8", False)
    assert [int(sized[rows[index], 0, 0, 0]) for index in USED] == [20 * index for index in USED]
    scaled, rows, is_scaled = prepared.resident(USED, 10**6)
    assert (scaled.dtype, is_scaled) == ("float32", True)
    np.testing.assert_allclose([float(scaled[rows[index], 0, 0, 0]) for index in USED], USED * (20 / 255), rtol=1e-6)
    assert prepared.resident(USED, 10**6)[0] is scaled
    assert not prepared.resident(USED, 9 * 12 * 4 - 1)[2]
    assert numbers(prepared, USED[::-1], 4)[1] == [20 * index for index in USED[::-1]]


def test_samples_of_files_reside_on_a_gpu_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = prepare(of_files(tmp_path))
    numbers(prepared, USED, 4)
    monkeypatch.setattr(module, "has_gpu", lambda: False)
    assert prepared.resident(USED, 0) is None
    monkeypatch.setattr(module, "has_gpu", lambda: True)
    assert prepared.resident(USED, 0) is not None


def test_samples_that_are_not_resident_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "has_gpu", lambda: True)
    prepared = prepare(of_files(tmp_path))
    most, rest = USED[:6], USED[6:]
    numbers(prepared, most, 4)
    assert prepared.resident(most, 0) is not None
    assert not prepared.has(USED)
    assert prepared.resident(USED, 0) is None
    assert numbers(prepared, USED, 4)[1] == [20 * index for index in USED]
    prepared.make_room(most)
    assert prepared.resident(most, 0) is not None
    prepared.make_room(USED)
    assert prepared.has(most)
    numbers(prepared, rest, 4)
    shutil.rmtree(tmp_path)
    sized, rows, _ = prepared.resident(USED, 0)
    assert [int(sized[rows[index], 0, 0, 0]) for index in USED] == [20 * index for index in USED]


def test_what_is_let_go_is_free(tmp_path: Path) -> None:
    samples = of_files(tmp_path)
    prepared = prepare(samples)
    numbers(prepared, USED, 4)
    store, reader = weakref.ref(prepared._store), weakref.ref(samples)
    prepared.close()
    del prepared, samples
    gc.collect()
    assert store() is None
    assert reader() is None


def test_an_unreadable_sample_that_is_no_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = of_arrays()

    def refuse(index: int) -> None:
        raise BrokenImage("it is damaged")

    monkeypatch.setattr(samples, "read", refuse)
    assert prepare(samples).missed(np.array([4])) == ("#4: it is damaged",)
