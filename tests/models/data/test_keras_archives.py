"""Reading what Keras downloads, from a cache that the test makes in every format."""

from __future__ import annotations

import gzip
import hashlib
import pickle
import pickletools
import struct
import tarfile
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from models.data import keras_archives, keras_downloads
from models.data.facts import DataError
from models.data.keras_archives import read_batch
from models.data.keras_downloads import Download
from models.data.samples import TEST, TRAINING
from models.data.sources import Source
from models.data.sources.cifar10 import Cifar10
from models.data.sources.cifar100 import COARSE, FINE, Cifar100
from models.data.sources.fashion_mnist import FashionMnist
from models.data.sources.mnist import Mnist

Bytes = npt.NDArray[np.uint8]
RANDOM = np.random.default_rng(3)
GREY = RANDOM.integers(0, 256, (30, 28, 28), dtype=np.uint8)
COLOUR = RANDOM.integers(0, 256, (120, 32, 32, 3), dtype=np.uint8)
TEN = np.arange(30, dtype=np.uint8) % 10


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no network."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    for name in ("MNIST", "CIFAR10", "CIFAR100"):
        nowhere = replace(getattr(keras_downloads, name), address="http://127.0.0.1:9/" + name)
        monkeypatch.setattr(keras_downloads, name, nowhere)
    nowheres = tuple(replace(each, address="http://127.0.0.1:9/" + each.name) for each in keras_downloads.FASHION_MNIST)
    monkeypatch.setattr(keras_downloads, "FASHION_MNIST", nowheres)
    return tmp_path / "keras" / "datasets"


def put(download: Download, data: bytes, monkeypatch: pytest.MonkeyPatch, name: str = "") -> Path:
    """Place a file by hand, and have its hash expected."""
    download.path.parent.mkdir(parents=True, exist_ok=True)
    download.path.write_bytes(data)
    if name:
        monkeypatch.setattr(keras_downloads, name, replace(download, sha256=hashlib.sha256(data).hexdigest()))
    return download.path


# --- files as they are published, but small ---------------------------------------------------------------------------
def mnist_file(**changes: Any) -> bytes:
    arrays = {"x_train": GREY[:20], "y_train": TEN[:20], "x_test": GREY[20:], "y_test": TEN[20:], **changes}
    file = BytesIO()
    np.savez_compressed(file, **{name: array for name, array in arrays.items() if array is not None})
    return file.getvalue()


def one_array() -> bytes:
    file = BytesIO()
    np.save(file, GREY)
    return file.getvalue()


def idx(values: Bytes) -> bytes:
    head = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    return gzip.compress(head + values.tobytes())


def fashion_files() -> list[bytes]:
    return [idx(TEN[:20]), idx(GREY[:20]), idx(TEN[20:]), idx(GREY[20:])]


def batch(images: Bytes, **labels: list[int]) -> bytes:
    """A batch as Python 2 has pickled it: opcodes of protocol 2, texts as bytes, numpy's names of that time."""

    def text(value: bytes) -> bytes:
        return b"T" + struct.pack("<i", len(value)) + value

    def number(value: int) -> bytes:
        return b"J" + struct.pack("<i", value)

    rows = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    dtype = b"cnumpy\ndtype\n(" + text(b"u1") + number(0) + number(1) + b"tR("
    dtype += number(3) + text(b"|") + b"NNN" + number(-1) + number(-1) + number(0) + b"tb"
    array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(" + number(0) + b"t" + text(b"b") + b"tR("
    array += number(1) + b"(" + number(rows.shape[0]) + number(rows.shape[1]) + b"t" + dtype
    array += b"\x89" + text(rows.tobytes()) + b"tb"
    items = text(b"data") + array + text(b"batch_label") + text(b"a batch")
    for key, values in labels.items():
        items += text(key.encode()) + b"](" + b"".join(map(number, values)) + b"e"
    return b"\x80\x02}(" + items + b"u."


def archive(members: dict[str, bytes]) -> bytes:
    file = BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, BytesIO(data))
    return file.getvalue()


def cifar10_members() -> dict[str, bytes]:
    members = {"cifar-10-batches-py/readme.html": b"<html>", "cifar-10-batches-py/batches.meta": b"not read"}
    for number, start in ((5, 80), (4, 60), (3, 40), (2, 20), (1, 0)):  # in no order
        labels = [index % 10 for index in range(start, start + 20)]
        members[f"cifar-10-batches-py/data_batch_{number}"] = batch(COLOUR[start : start + 20], labels=labels)
    members["cifar-10-batches-py/test_batch"] = batch(COLOUR[100:], labels=[index % 10 for index in range(20)])
    return members


def cifar100_members() -> dict[str, bytes]:
    fine, coarse = list(range(100)), [index % 20 for index in range(100)]
    return {
        "cifar-100-python/train": batch(COLOUR[:100], fine_labels=fine, coarse_labels=coarse),
        "cifar-100-python/test": batch(COLOUR[100:], fine_labels=fine[:20], coarse_labels=coarse[:20]),
    }


def all_there(monkeypatch: pytest.MonkeyPatch) -> None:
    put(keras_downloads.MNIST, mnist_file(), monkeypatch, "MNIST")
    for download, data in zip(keras_downloads.FASHION_MNIST, fashion_files(), strict=True):
        put(download, data, monkeypatch)
    put(keras_downloads.CIFAR10, archive(cifar10_members()), monkeypatch, "CIFAR10")
    put(keras_downloads.CIFAR100, archive(cifar100_members()), monkeypatch, "CIFAR100")


# --- what goes well ---------------------------------------------------------------------------------------------------
SOURCES: list[Source] = [Mnist(), FashionMnist(), Cifar10(), Cifar100(), Cifar100(label_mode="coarse")]


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_samples_come_with_their_labels_and_parts(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    all_there(monkeypatch)
    samples = source.open()
    grey = source.glance().sample_shape == (28, 28, 1)
    images, training = (GREY[..., None], 20) if grey else (COLOUR, 100)
    assert samples.facts == replace(source.glance(), samples=len(images))
    assert samples.parts is not None
    assert samples.parts.tolist() == [TRAINING] * training + [TEST] * (len(images) - training)
    for index, image in enumerate(images):
        assert np.array_equal(samples.read(index), image)
        assert not samples.read(index).flags.writeable
    classes = source.glance().classes
    expected = [index % classes for index in range(training)] + [
        index % classes for index in (range(20, 30) if grey else range(20))
    ]
    assert samples.labels.tolist() == expected


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_a_data_set_in_use_is_read_once(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    all_there(monkeypatch)
    samples = source.open()
    assert source.open() is samples
    keras_downloads.MNIST.path.write_bytes(b"changed since")
    if isinstance(source, Mnist):
        with pytest.raises(DataError, match="not the file that Keras publishes"):
            source.open()


def test_the_glance_needs_no_file_and_names_the_classes() -> None:
    assert Mnist().glance().text == "MNIST · 70,000 images · 28×28×1 · 10 classes"
    assert FashionMnist().glance().class_names[0::9] == ("T-shirt/top", "Ankle boot")
    assert Cifar10().glance().class_names[3] == "cat"
    assert len(set(FINE)) == 100
    assert len(set(COARSE)) == 20
    assert sorted(FINE) == list(FINE), "labels follow the alphabet"
    assert sorted(COARSE) == list(COARSE)
    assert Cifar100(label_mode="coarse").glance().class_names == COARSE


def test_batches_of_newer_pythons_are_read_too() -> None:
    rows = COLOUR[:2].transpose(0, 3, 1, 2).reshape(2, -1)
    for protocol in (3, 4):
        read = read_batch(pickle.dumps({b"data": np.ascontiguousarray(rows), b"labels": [1, 2]}, protocol))
        assert np.array_equal(read["data"], rows)
        assert read["labels"] == [1, 2]


def test_the_tests_batches_are_like_those_that_python_2_wrote() -> None:
    data = cifar10_members()["cifar-10-batches-py/test_batch"]
    names = [argument for opcode, argument, _ in pickletools.genops(data) if opcode.name == "GLOBAL"]
    assert sorted(map(str, names)) == ["numpy dtype", "numpy ndarray", "numpy.core.multiarray _reconstruct"]
    assert pickle.loads(data.replace(b"numpy.core.", b"numpy._core."), encoding="bytes")[b"data"].dtype == np.uint8


def test_reading_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    all_there(monkeypatch)

    class StoppedError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        Cifar10().open(stop)
    assert len(Cifar10().open()) == 120


# --- what goes wrong --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("source", SOURCES[:4], ids=str)
def test_offline_the_file_and_its_place_are_named(source: Source, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    places = {
        "mnist": "mnist.npz", "fashion_mnist": "fashion-mnist/train-labels-idx1-ubyte.gz",
        "cifar10": "cifar-10-batches-py-target_archive", "cifar100": "cifar-100-python-target_archive",
    }  # fmt: skip
    with pytest.raises(DataError) as caught:
        source.open()
    assert "no connection to the server" in str(caught.value)
    assert str(cache / places[source.kind]) in str(caught.value)


Damage = Callable[[], bytes]
MNIST_DAMAGE: dict[str, Damage] = {
    "no archive": lambda: b"<html>",
    "cut off": lambda: mnist_file()[:-200],
    "one array": one_array,
    "an array missing": lambda: mnist_file(x_train=None),
    "images of objects": lambda: mnist_file(x_train=GREY[:20].astype(object)),
    "labels of objects": lambda: mnist_file(y_test=np.array([{}] * 10, dtype=object)),
    "floats": lambda: mnist_file(x_train=GREY[:20] / 255),
    "another size": lambda: mnist_file(x_test=GREY[20:, :20]),
    "too few labels": lambda: mnist_file(y_train=TEN[:19]),
    "a label too high": lambda: mnist_file(y_train=TEN[:20] + 1),
    "a label below zero": lambda: mnist_file(y_train=TEN[:20].astype(np.int64) - 1),
    "no samples": lambda: mnist_file(x_test=GREY[:0], y_test=TEN[:0]),
}


@pytest.mark.parametrize("damage", MNIST_DAMAGE.values(), ids=MNIST_DAMAGE)
def test_a_damaged_mnist(damage: Damage, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(keras_downloads.MNIST, damage(), monkeypatch, "MNIST")
    with pytest.raises(
        DataError, match=r"is not the MNIST that Keras publishes, or is damaged: .+ Delete it"
    ) as caught:
        Mnist().open()
    assert str(path) in str(caught.value)


IDX_DAMAGE: dict[str, Damage] = {
    "not compressed": lambda: b"\0\0\x08\3" + bytes(100),
    "cut off": lambda: idx(GREY[:20])[:-500],
    "labels in place of images": lambda: idx(TEN[:20]),
    "fewer values than it says": lambda: gzip.compress(gzip.decompress(idx(GREY[:20]))[:-1]),
    "a huge size": lambda: gzip.compress(struct.pack(">BBBB3I", 0, 0, 8, 3, *[2**32 - 1] * 3) + bytes(10)),
    "empty": lambda: b"",
    "a changed byte": lambda: idx(GREY[:20])[:3000] + b"\xff\0\xff" + idx(GREY[:20])[3003:],
}


@pytest.mark.parametrize("damage", IDX_DAMAGE.values(), ids=IDX_DAMAGE)
def test_a_damaged_fashion_mnist(damage: Damage, monkeypatch: pytest.MonkeyPatch) -> None:
    all_there(monkeypatch)
    put(keras_downloads.FASHION_MNIST[1], damage(), monkeypatch)
    with pytest.raises(DataError, match=r"fashion-mnist is not .*damaged: .*train-images-idx3-ubyte.gz .* Delete it"):
        FashionMnist().open()


class Harm:
    """What a pickle can do where it is trusted."""

    def __reduce__(self) -> Any:
        return (Path.touch, (Path("harm-was-done"),))


def with_test_batch(data: bytes) -> bytes:
    return archive({**cifar10_members(), "cifar-10-batches-py/test_batch": data})


def linked() -> bytes:
    file = BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, data in cifar10_members().items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            if name.endswith("test_batch"):
                info.type, info.linkname, info.size, data = tarfile.SYMTYPE, "/etc/passwd", 0, b""
            tar.addfile(info, BytesIO(data))
    return file.getvalue()


CIFAR_DAMAGE: dict[str, Damage] = {
    "no archive": lambda: b"<html>",
    "cut off": lambda: archive(cifar10_members())[:-20_000],
    "a batch missing": lambda: archive({"cifar-10-batches-py/data_batch_1": batch(COLOUR[:20], labels=[0] * 20)}),
    "a link": linked,
    "no pickle": lambda: with_test_batch(b"\xff\xff"),
    "half a pickle": lambda: with_test_batch(cifar10_members()["cifar-10-batches-py/test_batch"][:-100]),
    "harm": lambda: with_test_batch(pickle.dumps({b"data": Harm(), b"labels": [1]})),
    "a list": lambda: with_test_batch(pickle.dumps([1, 2, 3])),
    "other labels": lambda: with_test_batch(batch(COLOUR[100:], fine_labels=[0] * 20)),
    "labels of text": lambda: with_test_batch(
        pickle.dumps({b"data": COLOUR[:2].reshape(2, -1), b"labels": ["a", "b"]})
    ),
    "floats": lambda: with_test_batch(pickle.dumps({b"data": np.zeros((2, 3072)), b"labels": [1, 2]}, 3)),
    "objects": lambda: with_test_batch(pickle.dumps({b"data": np.array([{}, []], object), b"labels": [1, 2]}, 3)),
    "a label too high": lambda: with_test_batch(batch(COLOUR[100:], labels=[10] * 20)),
    "too few labels": lambda: with_test_batch(batch(COLOUR[100:], labels=[1] * 19)),
}


@pytest.mark.parametrize("damage", CIFAR_DAMAGE.values(), ids=CIFAR_DAMAGE)
def test_a_damaged_cifar(damage: Damage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    put(keras_downloads.CIFAR10, damage(), monkeypatch, "CIFAR10")
    with pytest.raises(DataError, match=r"is not the CIFAR-10 that Keras publishes, or is damaged: .+ Delete it"):
        Cifar10().open()
    assert not (tmp_path / "harm-was-done").exists()


def test_a_file_inside_that_is_far_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras_archives, "LARGEST", 10_000)
    put(keras_downloads.CIFAR10, archive(cifar10_members()), monkeypatch, "CIFAR10")
    with pytest.raises(DataError, match=r"would be [\d,]+ bytes large"):
        Cifar10().open()


@pytest.mark.parametrize("name", ["os.system", "builtins.eval", "numpy.load", "numpy.core.multiarray.scalar"])
def test_a_pickle_gets_no_other_function(name: str) -> None:
    module, function = name.rsplit(".", 1)
    data = f"c{module}\n{function}\n(S'harm'\ntR.".encode()
    with pytest.raises(ValueError, match=f"asks for {name}, which no image needs"):
        read_batch(data)
