"""Arrays in files: found by name, axes put in order, labels made classes, and everything odd said in a sentence."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.data import array_files, array_samples
from models.data.array_axes import arranged, axes_text, detected_axes
from models.data.array_files import arrays_in
from models.data.array_labels import classes_of
from models.data.array_roles import NONE, guessed
from models.data.array_samples import StoredSamples, previewed
from models.data.facts import DataError
from models.data.samples import TEST, TRAINING, VALIDATION, ArraySamples, Samples
from models.data.sources.arrays import ArrayFile

RANDOM = np.random.default_rng(4)
IMAGES = RANDOM.integers(0, 256, (6, 9, 10, 3), dtype=np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2])


def _npz(folder: Path, **arrays: Any) -> ArrayFile:
    path = folder / "set.npz"
    np.savez_compressed(path, **arrays)
    return ArrayFile(path=str(path))


def _values(samples: Samples) -> np.ndarray:
    return np.stack([samples.read(index) for index in range(len(samples))])


# --- what just works --------------------------------------------------------------------------------------------------
def test_the_parts_of_an_archive_are_found(tmp_path: Path) -> None:
    more, few = IMAGES[:4], IMAGES[1:3]
    source = _npz(
        tmp_path, y_test=LABELS[:4], x_test=more, x_train=IMAGES, y_train=LABELS[:, None], x_val=few, y_val=LABELS[1:3]
    )
    samples = source.open()
    np.testing.assert_array_equal(_values(samples), np.concatenate([IMAGES, few, more]))
    assert samples.labels.tolist() == [0, 1, 2, 0, 1, 2, 1, 2, 0, 1, 2, 0]
    assert samples.parts is not None
    assert samples.parts.tolist() == [TRAINING] * 6 + [VALIDATION] * 2 + [TEST] * 4
    assert samples.facts.text == "set · 12 images · 9×10×3 · 3 classes"
    assert (samples.facts.white, samples.facts.has_parts, samples.facts.has_masks) == (255, True, False)
    alone = source.replace(test_values=NONE).open()
    assert alone.parts is not None
    assert TEST not in alone.parts


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ("x", "y"), ("X", "Y"), ("images", "labels"), ("data", "target"), ("train_images", "train_labels"),
        ("arr_0", "arr_1"), ("digits_images", "digits_labels"), ("X_train", "labels_train"), ("spectra", "kind"),
        ("trainx", "trainy"), ("flowers", "flowers_labels"),
    ],
)  # fmt: skip
def test_names_that_people_give_are_found(x: str, y: str, tmp_path: Path) -> None:
    samples = _npz(tmp_path, **{y: LABELS, x: IMAGES}).open()
    np.testing.assert_array_equal(_values(samples), IMAGES)
    np.testing.assert_array_equal(samples.labels, LABELS)


@pytest.mark.parametrize(
    ("x", "y"), [("x", "y"), ("images", "labels"), ("x_train", "y_train"), ("cats", "cats_labels")]
)
def test_npy_files_side_by_side_are_found(x: str, y: str, tmp_path: Path) -> None:
    for name, array in ((x, IMAGES), (y, LABELS), ("unrelated", np.zeros(3))):
        np.save(tmp_path / f"{name}.npy", array)
    (tmp_path / "damaged.npy").write_bytes(b"\x93NUMPY")
    source = ArrayFile(path=str(tmp_path / f"{x}.npy"))
    samples = source.open()
    assert isinstance(samples, ArraySamples)
    assert isinstance(samples.values.base, np.memmap)  # it stays on the disk
    np.testing.assert_array_equal(_values(samples), IMAGES)
    np.testing.assert_array_equal(samples.labels, LABELS)
    assert guessed(arrays_in(Path(source.path)), source).labels == f"{y}.npy"


def test_tests_stand_beside_npy_files_too(tmp_path: Path) -> None:
    for name, array in (("x_train", IMAGES), ("y_train", LABELS), ("x_test", IMAGES[:2]), ("y_test", LABELS[:2])):
        np.save(tmp_path / f"{name}.npy", array)
    samples = ArrayFile(path=str(tmp_path / "x_train.npy")).open()
    assert samples.parts is not None
    assert samples.parts.tolist() == [TRAINING] * 6 + [TEST] * 2
    np.testing.assert_array_equal(_values(samples), np.concatenate([IMAGES, IMAGES[:2]]))


def test_names_may_be_chosen(tmp_path: Path) -> None:
    source = _npz(tmp_path, x=IMAGES, y=LABELS, other=IMAGES[:3], kinds=LABELS[:3])
    samples = source.replace(values="other", labels="kinds").open()
    np.testing.assert_array_equal(_values(samples), IMAGES[:3])
    tested = source.replace(test_values="other", test_labels="kinds").open()
    assert len(tested) == 9
    full = guessed(arrays_in(Path(source.path)), source)
    assert (full.values, full.labels, full.test_values, full.axes) == ("x", "y", NONE, "nhwc")


# --- axes -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("shape", "labels", "axes"),
    [
        ((60000, 28, 28), 60000, "nhw"), ((10, 8, 8), 10, "nhw"), ((10, 3, 32, 32), 10, "nchw"),
        ((10, 32, 32, 3), 10, "nhwc"), ((10, 1, 28, 28), 10, "nchw"), ((10, 3, 32, 3), 10, "nhwc"),
        ((28, 28, 50), 50, "hwn"), ((32, 32, 3, 50), 50, "hwcn"), ((10, 784), 10, "nv"), ((4, 150), 150, "vn"),
        ((10, 128, 9), 10, "nsc"), ((10, 1, 40), 10, "ncs"), ((10, 40, 1), None, "nsc"), ((10, 16, 16, 16), 10, "ndhw"),
        ((10, 16, 16, 16, 1), 10, "ndhwc"), ((10, 1, 16, 16, 16), 10, "ncdhw"), ((10, 32, 32, 12), 10, "nhwc"),
    ],
)  # fmt: skip
def test_axes_are_detected(shape: tuple[int, ...], labels: int | None, axes: str) -> None:
    assert detected_axes(shape, labels) == axes


@given(data=st.data())
def test_any_order_of_axes_comes_out_in_ours(data: st.DataObject) -> None:
    order = data.draw(st.sampled_from(["nv", "nsc", "ns", "nhwc", "nhw", "ndhw", "ndhwc"]))
    axes = "".join(data.draw(st.permutations(order)))
    ordered = RANDOM.random(tuple(range(2, 2 + len(order))))
    stored = ordered.transpose([order.index(letter) for letter in axes])
    expected = ordered if order in ("nv", "nsc", "nhwc", "ndhwc") else ordered[..., None]
    np.testing.assert_array_equal(arranged(stored, axes), expected)


def test_channels_first_and_samples_last_are_turned(tmp_path: Path) -> None:
    first = _npz(tmp_path, x=np.moveaxis(IMAGES, -1, 1), y=LABELS).open()
    np.testing.assert_array_equal(_values(first), IMAGES)
    last = _npz(tmp_path, x=np.moveaxis(IMAGES, 0, -1), y=LABELS).open()
    np.testing.assert_array_equal(_values(last), IMAGES)
    fortran = _npz(tmp_path, x=np.asfortranarray(IMAGES), y=LABELS).open()
    np.testing.assert_array_equal(_values(fortran), IMAGES)
    told = _npz(tmp_path, x=IMAGES, y=np.arange(9) % 2).replace(axes="hnwc").open()
    np.testing.assert_array_equal(_values(told), IMAGES.swapaxes(0, 1))
    assert axes_text("nchw") == "samples × channels × height × width (channels first)"


# --- values -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("values", "dtype", "white"),
    [
        (IMAGES[..., 0] > 99, np.uint8, 255), (IMAGES[..., 0], np.uint8, 255),
        (IMAGES[..., 0].astype(np.uint16) * 257, np.float32, 65535), (IMAGES[..., 0].astype(np.int64), np.float32, 255),
        (IMAGES[..., 0].astype(np.float64), np.float32, 255), (IMAGES[..., 0] / 255, np.float32, 1),
        (IMAGES[..., 0] / 7, np.float32, 0), (IMAGES[..., 0] / 255 - 0.5, np.float32, 0),
        ((IMAGES[..., 0] / 255).astype(np.float16), np.float32, 1),
        ((IMAGES[..., 0] / 255).astype(">f4"), np.float32, 1),
        (np.full((6, 9, 10), np.nan), np.float32, 0), (np.full((6, 9, 10), 1e300), np.float32, 0),
    ],
)  # fmt: skip
def test_values_become_bytes_or_float32(values: np.ndarray, dtype: type, white: float, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", values)
    np.save(tmp_path / "y.npy", LABELS)
    for source in (_npz(tmp_path, x=values, y=LABELS), ArrayFile(path=str(tmp_path / "x.npy"))):
        samples = source.open()
        read = _values(samples)
        assert (read.dtype, samples.facts.white, samples.facts.sample_shape) == (dtype, white, (9, 10, 1))
        with np.errstate(over="ignore"):
            expected = values.astype(np.uint8) * np.uint8(255) if values.dtype == bool else values.astype(dtype)
        np.testing.assert_array_equal(read[..., 0], expected)


def test_signals_have_no_white(tmp_path: Path) -> None:
    samples = _npz(tmp_path, x=RANDOM.random((6, 40)).astype(np.float32), y=LABELS).replace(axes="ns").open()
    assert (samples.facts.white, samples.facts.sample_shape, samples.facts.unit) == (0, (40, 1), "signals")


def test_an_npy_larger_than_memory_is_read_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(array_samples, "physical_memory", lambda: 100)
    monkeypatch.setattr(array_files, "physical_memory", lambda: 100)
    for name, array in (("x_train", IMAGES), ("y_train", LABELS), ("x_test", IMAGES[:2]), ("y_test", LABELS[:2])):
        np.save(tmp_path / f"{name}.npy", array.astype(np.float64) if name[0] == "x" else array)
    samples = ArrayFile(path=str(tmp_path / "x_train.npy")).open()
    assert isinstance(samples, StoredSamples)
    assert samples.read(7).dtype == np.float32
    np.testing.assert_array_equal(_values(samples), np.concatenate([IMAGES, IMAGES[:2]]))
    with pytest.raises(DataError, match=r"more than half of this machine's memory .* Save (it|its arrays) as"):
        _npz(tmp_path, x=IMAGES, y=LABELS).open()


# --- labels -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("labels", "names", "classes"),
    [
        ([3, 5, 3], (), ([0, 1, 0], ("3", "5"))), ([-1, 1, 1], (), ([0, 1, 1], ("-1", "1"))),
        ([0.0, 2.0, 1.0], (), ([0, 2, 1], ("0", "1", "2"))), (["dog", "cat", "dog"], (), ([1, 0, 1], ("cat", "dog"))),
        ([b"dog", b"cat"], (), ([1, 0], ("cat", "dog"))), (["10", "9", "9"], (), ([1, 0, 0], ("9", "10"))),
        ([[0, 1, 0, 0], [1, 0, 0, 0]], (), ([1, 0], ("0", "1", "2", "3"))), ([[2], [7]], (), ([0, 1], ("2", "7"))),
        ([True, False], (), ([1, 0], ("0", "1"))), ([2, 0], ("a", "b", "c"), ([2, 0], ("a", "b", "c"))),
        ([5, 9], ("a", "b"), ([0, 1], ("a", "b"))), ([[0.0, 1.0], [1.0, 0.0]], ("a", "b"), ([1, 0], ("a", "b"))),
    ],
)  # fmt: skip
def test_labels_become_classes(labels: list[Any], names: tuple[str, ...], classes: tuple[list[int], tuple]) -> None:
    found, found_names = classes_of(np.array(labels), "y", names)
    assert (found.tolist(), found_names) == classes
    assert found.dtype == np.int64


@given(st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=40))
def test_every_integer_keeps_its_number_as_the_name(labels: list[int]) -> None:
    found, names = classes_of(np.array(labels), "y")
    assert [int(names[label]) for label in found] == labels
    assert list(map(int, names)) == sorted(set(labels))


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.array([0.5, 1.0]), "such as 0.5 (sample #0): values to predict, as in regression"),
        (np.array([0, np.nan]), "nan for sample #1: its class is missing"),
        (np.array(["a", " "]), "empty for 1 samples, the first one #1"),
        (np.array([[1, 1], [0, 1]]), "not one-hot"),
        (np.zeros((2, 2, 2)), "shape 2×2×2, and one class for each sample"),
        (np.arange(3000), "3,000 different values for 3,000 samples"),
        (np.array([1e300, 0]), "too large"),
        (np.array([1j, 2]), "type complex128"),
    ],
)
def test_labels_that_are_no_classes_are_refused(labels: np.ndarray, words: str) -> None:
    with pytest.raises(DataError) as caught:
        classes_of(labels, "y")
    assert words in str(caught.value)


def test_class_names_come_from_the_archive(tmp_path: Path) -> None:
    samples = _npz(tmp_path, x=IMAGES, y=LABELS, class_names=np.array(["cat", "dog", "emu"])).open()
    assert samples.facts.class_names == ("cat", "dog", "emu")


def test_the_classes_of_all_parts_are_counted_together(tmp_path: Path) -> None:
    samples = _npz(tmp_path, x_train=IMAGES, y_train=LABELS * 2, x_test=IMAGES[:2], y_test=np.array([1, 4])).open()
    assert samples.facts.class_names == ("0", "1", "2", "4")
    assert samples.labels.tolist() == [0, 2, 3, 0, 2, 3, 1, 3]


# --- masks ------------------------------------------------------------------------------------------------------------
def test_masks_are_learned_where_there_are_no_labels(tmp_path: Path) -> None:
    masks = RANDOM.choice(np.array([0, 255], np.int64), (6, 9, 10))
    masks[0, 0, :2] = 0, 255
    for arrays, named in (({"masks": masks}, ""), ({"m": masks[..., None]}, "m")):
        source = _npz(tmp_path, x=IMAGES, **arrays).replace(masks=named)
        samples = source.replace(labels=NONE).open()
        assert (samples.facts.target, samples.facts.has_masks) == ("mask", True)
        assert samples.facts.class_names == ("0", "255")
        assert set(samples.labels.tolist()) == {-1}
        for index in range(6):
            mask = samples.mask(index)
            assert mask is not None
            assert mask.dtype == np.uint8
            np.testing.assert_array_equal(mask * 255, masks[index])
    both = _npz(tmp_path, x=IMAGES, y=LABELS, masks=masks).replace(masks="masks").open()
    assert (both.facts.target, both.facts.has_masks, both.facts.classes) == ("class", True, 3)


def test_masks_of_another_size_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds 6×3×3 int64, and masks of 6×9×10 integers were expected"):
        _npz(tmp_path, x=IMAGES, masks=np.zeros((6, 3, 3), np.int64)).open()


# --- bad files --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"x": IMAGES, "y": LABELS[:5]}, '"x" in set.npz has 6 samples and "y" 5 labels'),
        ({"x": IMAGES}, "nothing that says their classes"),
        ({"x": IMAGES[:0], "y": LABELS[:0]}, '"x" in set.npz is empty: its shape is 0×9×10×3'),
        ({"x": np.float32(3), "y": LABELS}, "holds no samples"),
        ({"x": IMAGES, "y": np.int64(3)}, "a single label"),
        ({"y": LABELS}, "holds no samples: found y · 6 · int64"),
        ({"x": IMAGES.astype(np.complex64), "y": LABELS}, "values of type complex64"),
        ({"x": IMAGES.astype("datetime64[s]"), "y": LABELS}, "values of type datetime64"),
        ({"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES[:, 1:], "y_test": LABELS}, "should have one shape"),
        ({"x": np.zeros((6, 2, 2, 2, 2, 2)), "y": LABELS}, "holds no samples"),
        ({}, "an archive without arrays"),
    ],
)
def test_arrays_that_do_not_go_together_are_said(arrays: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        _npz(tmp_path, **arrays).open()
    assert words in str(caught.value)


def test_objects_are_told_before_labels_are_missed(tmp_path: Path) -> None:
    np.save(tmp_path / "alone.npy", np.array([{}, 2], object), allow_pickle=True)
    with pytest.raises(DataError, match=r"alone\.npy was not read: it holds Python objects, which are never unpickled"):
        ArrayFile(path=str(tmp_path / "alone.npy")).open()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"values": "z"}, 'no array "z" in set.npz, as values says; found x · 6×9×10×3 · uint8, y'),
        ({"axes": "nhw"}, 'axes "nhw" do not fit "x", whose shape is 6×9×10×3'),
        ({"axes": "nnnn"}, "Expected one letter for each of its 4 axes: nhwc"),
        ({"test_values": "x2"}, "as test_values says"),
        ({"masks": "x2"}, "as masks says"),
        ({"labels": "x"}, "shape 6×9×10×3, and one class for each sample was expected"),
    ],
)
def test_wrong_choices_are_said(changes: dict[str, str], words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        _npz(tmp_path, x=IMAGES, y=LABELS).replace(**changes).open()
    assert words in str(caught.value)


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (pytest.fail, ("unpickled",))

    np.save(tmp_path / "x.npy", np.array([Trap(), Trap()], dtype=object), allow_pickle=True)
    np.save(tmp_path / "y.npy", np.arange(2))
    with pytest.raises(DataError, match=r"Python objects, which are never unpickled.*Save it with dtype=float32"):
        ArrayFile(path=str(tmp_path / "x.npy")).open()
    with pytest.raises(DataError, match=r'"x" in set\.npz was not read: it holds Python objects'):
        _npz(tmp_path, x=np.array([Trap(), 1], dtype=object), y=np.arange(2)).open()
    (tmp_path / "x.npy").write_bytes(b"\x80\x04\x95")
    with pytest.raises(DataError, match="a Python pickle"):
        ArrayFile(path=str(tmp_path / "x.npy")).open()


def _npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "x.npy is empty"),
        (b"\x89PNG\r\n\x1a\n", "neither an .npy nor an .npz"),
        (_npy(IMAGES)[:-1], "x.npy is damaged"),
        (_npy(IMAGES)[:40], "x.npy is damaged"),
        (b"\x93NUMPY\x01\x00\x10\x00{'descr': 1/0}  \n", "x.npy is damaged"),
        (b"\x93NUMPY\x07\x00", "x.npy is damaged"),
        (b"PK\x03\x04nonsense", "x.npy is damaged"),
        (_npy(np.zeros(2, [("a", "f4")])), "x.npy was not read: it holds values of type"),
    ],
)
def test_damaged_files_are_said(data: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_bytes(data)
    np.save(tmp_path / "y.npy", LABELS)
    with pytest.raises(DataError, match=words):
        ArrayFile(path=str(tmp_path / "x.npy")).open()


@given(place=st.integers(0, 400), value=st.integers(0, 255))
def test_a_flipped_byte_is_read_or_refused(place: int, value: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("flipped")
    file = io.BytesIO()
    np.savez_compressed(file, x=IMAGES[:, :3, :3], y=LABELS)
    data = bytearray(file.getvalue())
    data[place % len(data)] = value
    (folder / "x.npz").write_bytes(data)
    try:
        samples = ArrayFile(path=str(folder / "x.npz")).open()
    except DataError:
        return
    assert len(samples) == 6


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (2**50, 8, 8)})
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w") as archive:
        archive.writestr("x.npy", header.getvalue())
        archive.writestr("y.npy", _npy(LABELS))
    with pytest.raises(DataError, match="should have 72,057,594,037,927,936 bytes of values and has 0"):
        ArrayFile(path=str(tmp_path / "bomb.npz")).open()
    monkeypatch.setattr(array_files, "physical_memory", lambda: 2**20)
    monkeypatch.setattr(array_samples, "physical_memory", lambda: 2**20)
    source = _npz(tmp_path, x=np.zeros((10, 1000, 1000), np.uint8), y=np.arange(10))
    assert Path(source.path).stat().st_size < 2**16
    assert arrays_in(Path(source.path))[0].shape == (10, 1000, 1000)
    with pytest.raises(DataError, match="more than half of this machine's memory"):
        source.open()


def test_missing_files_and_folders_are_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such file"):
        ArrayFile(path=str(tmp_path / "none.npz")).open()
    with pytest.raises(DataError, match="is a folder"):
        ArrayFile(path=str(tmp_path)).open()
    with pytest.raises(DataError, match="was not opened"):
        ArrayFile(path=f"{tmp_path}/\0").open()


def test_reading_can_be_cancelled(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    source = _npz(tmp_path, x=IMAGES, y=LABELS)
    source.open(lambda done, total: seen.append((done, total)))
    assert seen[-1][0] <= seen[-1][1]
    assert [done for done, _total in seen] == sorted(done for done, _total in seen)

    def cancel(done: int, total: int) -> None:
        raise RuntimeError("cancelled")

    with pytest.raises(RuntimeError, match="cancelled"):
        source.open(cancel)


# --- preview ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("shape", [(6, 5), (6, 12, 2), (6, 9, 10, 1), (6, 9, 10, 3), (6, 9, 10, 5), (6, 8, 9, 10, 1)])
def test_samples_are_previewed(shape: tuple[int, ...], tmp_path: Path) -> None:
    values = RANDOM.normal(size=shape)
    values.flat[0] = np.nan
    axes = {2: "nv", 3: "nsc", 4: "nhwc", 5: "ndhwc"}[len(shape)]
    images, names = previewed(_npz(tmp_path, x=values, y=LABELS).replace(axes=axes).open(), 4)
    assert names == ["0", "1", "0", "2"]
    assert all(image.dtype == np.float32 for image in images)
    if len(shape) >= 4:
        assert {image.shape for image in images} == {(9, 10, 1 if shape[-1] != 3 and shape[-1] < 3 else 3)}
        assert all(image.min() >= 0 and image.max() <= 1 for image in images)


def test_what_a_file_is_called_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "set.npy").write_bytes(Path(_npz(tmp_path, x=IMAGES, y=LABELS).path).read_bytes())
    (tmp_path / "x.npz").write_bytes(_npy(IMAGES))
    np.save(tmp_path / "y.npy", LABELS)
    for name in ("set.npy", "x.npz"):
        np.testing.assert_array_equal(_values(ArrayFile(path=str(tmp_path / name)).open()), IMAGES)
