"""Sets that tf.data saved become arrays: order, labels, and a sentence for everything that cannot be read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from models.data import saved_datasets
from models.data.facts import DataError
from models.data.samples import Samples
from models.data.saved_datasets import cache_folder
from models.data.sources.saved_dataset import SavedDataset
from models.runtime import saved_datasets as converter

RANDOM = np.random.default_rng(2)
IMAGES = RANDOM.integers(0, 256, (150, 6, 5, 3), dtype=np.uint8)
LABELS = RANDOM.integers(0, 4, 150)


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Convert here: to load TensorFlow again for each set takes too long."""

    def convert(path: Path, out: Path, progress: Any) -> None:
        converter.convert(path, out, progress)

    monkeypatch.setattr(saved_datasets, "_convert", convert)


def _saved(folder: Path, dataset: tf.data.Dataset, **arguments: Any) -> SavedDataset:
    dataset.save(str(folder / "flowers"), **arguments)
    return SavedDataset(path=str(folder / "flowers"))


def _pairs(x: Any = IMAGES, y: Any = LABELS) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices((x, y))


def _values(samples: Samples) -> np.ndarray:
    return np.stack([samples.read(index) for index in range(len(samples))])


def test_a_set_is_converted_by_a_process_of_its_own_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = _saved(tmp_path, _pairs())
    (tmp_path / "models").mkdir()  # a folder of that name where the user happens to work is not ours
    monkeypatch.chdir(tmp_path)
    seen: list[tuple[int, int]] = []
    samples = source.open(lambda done, total: seen.append((done, total)))
    np.testing.assert_array_equal(_values(samples), IMAGES)
    np.testing.assert_array_equal(samples.labels, LABELS)
    assert samples.facts.text == "flowers · 150 images · 6×5×3 · 4 classes"
    assert seen[0] == (0, 0)  # while TensorFlow loads
    assert seen[-1] == (150, 150)
    assert sorted(file.name for file in cache_folder(Path(source.path)).iterdir()) == ["labels.npy", "values.npy"]

    def never(*_arguments: object) -> None:
        pytest.fail("converted again")

    monkeypatch.setattr(saved_datasets, "_convert", never)
    np.testing.assert_array_equal(_values(source.open()), IMAGES)


def test_a_conversion_can_be_cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = _saved(tmp_path, _pairs())
    started: list[Any] = []
    popen = saved_datasets.subprocess.Popen
    monkeypatch.setattr(
        saved_datasets.subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1]
    )

    def cancel(done: int, total: int) -> None:
        raise KeyError("cancelled")

    with pytest.raises(KeyError, match="cancelled"):
        source.open(cancel)
    assert [process.poll() is not None for process in started] == [True]
    assert list(cache_folder(Path(source.path)).parent.iterdir()) == []


def test_a_process_that_dies_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = _saved(tmp_path, _pairs())
    monkeypatch.setattr(saved_datasets, "CONVERTER", "models.runtime.nowhere")
    with pytest.raises(DataError, match=r"flowers was not converted: .* ended too early .*No module named"):
        source.open()
    assert list(cache_folder(Path(source.path)).parent.iterdir()) == []


# --- what elements may be ---------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("compression", [None, "GZIP", "SNAPPY"])
@pytest.mark.parametrize(
    "dataset",
    [
        _pairs().batch(32), _pairs().batch(30, drop_remainder=True), _pairs(IMAGES, np.eye(4)[LABELS]).batch(64),
        _pairs(IMAGES, np.eye(4)[LABELS]), _pairs(IMAGES, LABELS[:, None]).batch(7),
        _pairs().map(lambda x, y: {"image": x, "label": y, "id": "a"}), _pairs().map(lambda x, y: (x, y, 1.0)),
        _pairs(IMAGES, LABELS.astype(str)),
    ],
    ids=["batches", "whole batches", "one-hot batches", "one-hot", "columns", "dicts", "weights", "text"],
)  # fmt: skip
def test_pairs_come_out_in_order(dataset: tf.data.Dataset, compression: str | None, tmp_path: Path) -> None:
    samples = _saved(tmp_path, dataset, compression=compression).open()
    np.testing.assert_array_equal(_values(samples), IMAGES)
    assert [int(samples.facts.class_names[label]) for label in samples.labels] == LABELS.tolist()


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(("dtype", "white"), [("float64", 1), ("bfloat16", 1), ("bool", 255), ("int32", 1)])
def test_types_are_read(dtype: str, white: float, tmp_path: Path) -> None:
    samples = _saved(tmp_path, _pairs(IMAGES > 99).map(lambda x, y: (tf.cast(x, dtype), y))).open()
    assert samples.facts.white == white
    np.testing.assert_array_equal(_values(samples) > 0, IMAGES > 99)


@pytest.mark.usefixtures("in_process")
def test_a_set_that_was_saved_again_is_read_again(tmp_path: Path) -> None:
    source = _saved(tmp_path, _pairs())
    source.open()
    assert len(_saved(tmp_path, _pairs(IMAGES[:9], LABELS[:9])).open()) == 9
    assert len(list(cache_folder(Path(source.path)).parent.iterdir())) == 1


# --- what is said -----------------------------------------------------------------------------------------------------
def _of_many_sizes() -> tf.data.Dataset:
    def elements() -> Iterator[tuple[np.ndarray, int]]:
        for size in (4, 5):
            yield np.zeros((size, 4, 1), np.float32), 0

    spec = (tf.TensorSpec((None, None, 1)), tf.TensorSpec((), tf.int64))
    return tf.data.Dataset.from_generator(elements, output_signature=spec)


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: tf.data.Dataset.from_tensor_slices(IMAGES), "flowers have no label: each is a single value"),
        (lambda: _pairs().map(lambda x, y: {"picture": x, "label": y}), "flowers have label, picture, and one called"),
        (_of_many_sizes, "samples of flowers differ in size"),
        (lambda: _of_many_sizes().batch(1), "differ in size: 4×4×1 and 5×4×1"),
        (lambda: _pairs().take(0), "flowers is empty"),
        (lambda: _pairs(LABELS.astype(str)), "of type string, and numbers were expected"),
        (lambda: _pairs(LABELS), "are single numbers"),
        (lambda: _pairs(tf.ragged.constant([[1.0], [2.0, 3.0]]), [0, 1]), "no plain tensors (RaggedTensor)"),
        (lambda: _pairs(IMAGES, RANDOM.random(150)), "The label of flowers holds numbers such as 0."),
    ],
)
def test_elements_that_are_no_pairs_are_said(make: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        _saved(tmp_path, make()).open()
    assert words in str(caught.value)


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("name", ["*.snapshot", "dataset_spec.pb"])
@pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
def test_damaged_sets_are_said(name: str, damage: str, tmp_path: Path) -> None:
    source = _saved(tmp_path, _pairs())
    file = next(Path(source.path).rglob(name))
    data = file.read_bytes()
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(data[: len(data) // 2] if damage == "cut" else bytes(reversed(data)))
    with pytest.raises(DataError, match="flowers"):
        source.open()
    assert not cache_folder(Path(source.path)).exists()


def test_a_crash_of_tensorflow_is_said(tmp_path: Path) -> None:
    source = _saved(tmp_path, _pairs())
    file = Path(source.path) / "snapshot.metadata"
    file.write_bytes(file.read_bytes()[:-8])
    with pytest.raises(DataError, match="flowers is damaged"):
        source.open()
    assert not cache_folder(Path(source.path)).exists()


@pytest.mark.usefixtures("in_process")
def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = _saved(tmp_path, _pairs())
    monkeypatch.setattr(converter, "DISK_RESERVE", 2**62)
    with pytest.raises(DataError, match="Free some space"):
        source.open()


def test_other_folders_are_said(tmp_path: Path) -> None:
    (tmp_path / "cats").mkdir()
    (tmp_path / "file.txt").write_text("")
    for name, words in (("", "has no dataset_spec.pb, but cats, file.txt"), ("cats", "but nothing"),
                        ("file.txt", "is a file"), ("none", "is not there"), ("\0", "not there|null")):  # fmt: skip
        with pytest.raises(DataError, match=words):
            SavedDataset(path=f"{tmp_path}/{name}").open()


def test_the_program_prints_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = _saved(tmp_path, _pairs())
    assert converter.main([source.path, str(tmp_path)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [{"done": done, "total": 150} for done in (64, 128, 150)] + [{"finished": True}]
    assert converter.main([str(tmp_path / "none"), str(tmp_path)]) == 1
    assert "none" in json.loads(capsys.readouterr().out)["error"]
