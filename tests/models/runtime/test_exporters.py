import errno
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from models.blocks.deformable import DeformableConv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.output import AuxiliaryOutput
from models.blocks.shaping import Flatten
from models.blocks.unpooling import MaxPoolingWithIndices2D, MaxUnpooling2D
from models.data.sources import Digits
from models.network.graph import Network, Node, Source
from models.runtime import exporters
from models.training.commands import Build, Export, Train
from models.training.events import Exported, Failed
from models.training.plan import TrainingPlan

FORMATS = {"keras": "model.keras", "saved_model": "saved_model", "python": "model.py"}


@pytest.mark.parametrize("format", FORMATS)
def test_an_export_loads_elsewhere_and_replaces_an_older_one(desk, small, tmp_path, format):
    desk.ask(Train("run", small, Digits(), TrainingPlan(epochs=1)))
    path = tmp_path / "new folder" / FORMATS[format]
    for _ in range(2):
        exported = desk.want(Export(format, str(path), 'My "net"\n'), Exported)
        assert (exported.path, exported.images) == (str(path), 64)
        assert exported.largest_difference <= 1e-5
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    assert len(list(tmp_path.iterdir())) == 1


def test_the_keras_file_and_the_saved_model_predict_like_the_live_model(desk, small, tmp_path):
    desk.ask(Build(small))
    for format, name in FORMATS.items():
        desk.want(Export(format, str(tmp_path / name), "net", preprocessing=False), Exported)
    images = np.random.default_rng(1).random((3, 8, 8, 1), np.float32)
    expected = desk.engine._live.predict(images)
    model = keras.models.load_model(tmp_path / "model.keras")
    assert model.name == "net"
    np.testing.assert_allclose(model(images), expected, atol=1e-6)
    loaded = tf.saved_model.load(str(tmp_path / "saved_model"))
    np.testing.assert_allclose(loaded.serve(images), expected, atol=1e-6)


@pytest.mark.parametrize("format", FORMATS)
def test_a_failed_export_leaves_the_old_one_and_no_litter(desk, small, tmp_path, format, monkeypatch):
    desk.ask(Build(small))
    path = tmp_path / FORMATS[format]
    desk.want(Export(format, str(path), "net"), Exported)
    before = contents(path)
    desk.ask(Build(small, seed=9, fresh=True))  # other weights: what is written now differs
    for error, text in (
        (OSError(errno.ENOSPC, "full"), "disk is full"),
        (OSError(errno.EACCES, "no"), "may not write"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(exporters, "_flush", raising(error))
            assert text in desk.want(Export(format, str(path), "net"), Failed).message
        with monkeypatch.context() as patch:
            replace, calls = os.replace, []

            def last_replace_fails(source, target, replace=replace, calls=calls, error=error):
                calls.append(target)
                if Path(source).name.startswith("model"):
                    raise error
                replace(source, target)

            patch.setattr(os, "replace", last_replace_fails)
            assert text in desk.want(Export(format, str(path), "net"), Failed).message
    assert contents(path) == before
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.skipif(os.name == "nt", reason="folders cannot be flushed there")
def test_a_folder_that_cannot_be_flushed_is_no_failure(desk, small, tmp_path, monkeypatch):
    desk.ask(Build(small))
    opening = os.open

    def refuse_the_folder(path, *arguments, **options):
        if path == tmp_path:
            raise OSError(errno.EINVAL, "Invalid argument")
        return opening(path, *arguments, **options)

    monkeypatch.setattr(os, "open", refuse_the_folder)
    desk.want(Export("python", str(tmp_path / "model.py"), "net"), Exported)
    assert "build_model" in (tmp_path / "model.py").read_text()


def test_a_model_that_differs_is_refused(desk, small, tmp_path, monkeypatch):
    desk.ask(Build(small))
    monkeypatch.setattr(exporters, "LARGEST_DIFFERENCE", -1.0)
    assert "differs" in desk.want(Export("keras", str(tmp_path / "m.keras"), "net"), Failed).message
    assert list(tmp_path.iterdir()) == []


def test_nothing_else_is_overwritten(desk, small, tmp_path):
    desk.ask(Build(small))
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("keep me")
    for format in FORMATS:
        assert "Choose" in desk.want(Export(format, str(tmp_path / "letters"), "net"), Failed).message
    file = tmp_path / "letters" / "dear.txt"
    assert "SavedModel is a folder" in desk.want(Export("saved_model", str(file), "net"), Failed).message
    assert file.read_text() == "keep me"


@pytest.fixture
def with_our_layers() -> Network:
    """Layers that Keras lacks, one with two outputs, and an auxiliary output."""
    return Network(
        nodes=(
            Node(id="input", block=Input(shape=(8, 8, 1))),
            Node(id="conv", block=DeformableConv2D(filters=4, padding="same"), inputs=(Source("input"),)),
            Node(id="pool", block=MaxPoolingWithIndices2D(), inputs=(Source("conv"),)),
            Node(id="aux_flatten", block=Flatten(), inputs=(Source("pool"),)),
            Node(id="aux_dense", block=Dense(units=10, activation="softmax"), inputs=(Source("aux_flatten"),)),
            Node(id="aux", block=AuxiliaryOutput(), inputs=(Source("aux_dense"),)),
            Node(id="unpool", block=MaxUnpooling2D(), inputs=(Source("pool"), Source("pool", 1))),
            Node(id="flatten", block=Flatten(), inputs=(Source("unpool"),)),
            Node(id="dense", block=Dense(units=10, activation="softmax"), inputs=(Source("flatten"),)),
        )
    )


@pytest.mark.parametrize("format", FORMATS)
def test_all_outputs_are_compared_and_our_layers_go_along(desk, with_our_layers, tmp_path, format):
    desk.ask(Build(with_our_layers))
    path = tmp_path / FORMATS[format]
    exported = desk.want(Export(format, str(path), "net"), Exported)
    assert exported.largest_difference <= 1e-5
    beside = {"keras": ["model_layers.py"], "saved_model": ["saved_model_layers.py"], "python": []}[format]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted([path.name, *beside])


PLAIN_KERAS = """
import sys
import numpy as np
import keras
import model_layers

model = keras.models.load_model("model.keras")
assert not [name for name in sys.modules if name.split(".")[0] in ("models", "app", "widgets")]
for index, output in enumerate(model(np.load("images.npy"))):
    np.save(f"output_{index}.npy", output)
"""


def test_a_keras_file_loads_in_plain_keras_with_the_source_beside_it(desk, with_our_layers, tmp_path):
    desk.ask(Build(with_our_layers))
    desk.want(Export("keras", str(tmp_path / "model.keras"), "net", preprocessing=False), Exported)
    images = np.random.default_rng(1).random((3, 8, 8, 1), np.float32)
    np.save(tmp_path / "images.npy", images)
    (tmp_path / "load.py").write_text(PLAIN_KERAS)
    subprocess.run([sys.executable, "load.py"], cwd=tmp_path, check=True, capture_output=True, timeout=300)
    for index, expected in enumerate(desk.engine._live.predict_all(images)):
        np.testing.assert_allclose(np.load(tmp_path / f"output_{index}.npy"), expected, atol=1e-6)


def test_a_file_of_another_kind_is_not_overwritten_by_our_layers(desk, with_our_layers, tmp_path):
    desk.ask(Build(with_our_layers))
    mine = tmp_path / "model_layers.py"
    mine.write_text("print('mine')")
    failed = desk.want(Export("keras", str(tmp_path / "model.keras"), "net"), Failed)
    assert "model_layers.py" in failed.message
    assert mine.read_text() == "print('mine')"
    assert [entry.name for entry in tmp_path.iterdir()] == ["model_layers.py"]


def raising(error):
    def fail(*_):
        raise error

    return fail


def contents(path: Path) -> dict[str, bytes]:
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    return {str(file): file.read_bytes() for file in files}
