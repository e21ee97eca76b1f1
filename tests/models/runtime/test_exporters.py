import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from models.blocks.convolution import Conv2D
from models.blocks.deformable import DeformableConv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.normalization import Normalization
from models.blocks.output import AuxiliaryOutput
from models.blocks.pooling import GlobalAveragePooling2D
from models.blocks.shaping import Flatten
from models.blocks.unpooling import MaxPoolingWithIndices2D, MaxUnpooling2D
from models.data.preparation import Preparation
from models.data.sources import Digits, ImageFolder
from models.data.steps.preprocessing import (
    CenterCrop,
    GreyWorld,
    PerImageStandardize,
    Rescale,
    Resize,
    Standardize,
    ToGray,
)
from models.network.graph import Network, Node, Source, stack
from models.runtime import exporters
from models.runtime.run.runs import load_run
from models.training.commands import Build, Export, Train
from models.training.events import Exported, Failed, TrainingDone
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


# --- with the preprocessing inside ------------------------------------------------------------------------------------
COUNT = 24


@pytest.fixture
def pictures(tmp_path):
    """Red and blue pictures of three sizes, with noise."""
    generator = np.random.default_rng(1)
    for index in range(COUNT):
        folder = tmp_path / "pictures" / ("red", "blue")[index % 2]
        folder.mkdir(parents=True, exist_ok=True)
        pixels = generator.integers(0, 90, (7 + index % 3, 11 - index % 3, 3), np.uint8)
        pixels[:, :, 0 if index % 2 == 0 else 2] += 150
        Image.fromarray(pixels).save(folder / f"{index}.png")
    return ImageFolder(path=str(tmp_path / "pictures"))


def network_of(*blocks, shape=(6, 6, 3)):
    return stack(Input(shape=shape), *blocks, GlobalAveragePooling2D(), Dense(units=2))


def stored(source):
    """Samples as they are stored, and as the live model gets them, one by one."""
    samples = source.open()
    return [samples.read(index)[None].astype(np.float32) for index in range(COUNT)]


def expected_of(desk, raw):
    data, live = desk.engine._data, desk.engine._live
    return live.predict_all(np.asarray(data.prepared.preprocessor.whole(raw)))


def predictions(format, path):
    """What a written model gives, loaded without any of our code."""
    if format == "keras":
        model = keras.models.load_model(path)
        return lambda raw: [np.asarray(one) for one in listed(model(raw, training=False))]
    loaded = tf.saved_model.load(str(path))
    return lambda raw: [np.asarray(one) for one in listed(loaded.serve(raw))]


def listed(outputs):
    return outputs if isinstance(outputs, list | tuple) else [outputs]


CHAINS = {
    "usual": (Resize(), Rescale()),
    "standardized": (Resize(fit="crop"), Rescale(), Standardize()),
    "smooth": (Resize(fit="fit", interpolation="bicubic", antialias=True), GreyWorld(), Rescale(), Standardize()),
    "cropped": (CenterCrop(), GreyWorld(), PerImageStandardize(per_channel=True)),
    "grey first": (GreyWorld(), ToGray(), Resize(), Rescale(scale=1 / 127.5, offset=-1)),
}


@pytest.mark.parametrize("format", ["keras", "saved_model"])
@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(steps, id=name, marks=() if name in ("usual", "standardized") else pytest.mark.slow)
        for name, steps in CHAINS.items()
    ],
)
def test_samples_go_in_as_they_are_stored(desk, pictures, tmp_path, steps, format):
    preparation = Preparation(preprocessing=steps)
    desk.want(Train("run", network_of(), pictures, TrainingPlan(epochs=1), preparation=preparation), TrainingDone)
    exported = desk.want(Export(format, str(tmp_path / FORMATS[format]), "net"), Exported)
    assert exported.preprocessing
    assert exported.images == len(desk.engine._data.held_out)
    predict = predictions(format, tmp_path / FORMATS[format])
    for raw in stored(pictures)[:4]:  # of three sizes
        np.testing.assert_allclose(predict(raw)[0], expected_of(desk, raw)[0], atol=1e-4)
    first, *others = stored(pictures)
    several = np.concatenate([first, *(raw for raw in others if raw.shape == first.shape)])
    np.testing.assert_allclose(predict(several)[0], expected_of(desk, several)[0], atol=1e-4)


def test_without_the_preprocessing_prepared_samples_go_in(desk, pictures, tmp_path):
    desk.ask(Train("run", network_of(), pictures, TrainingPlan(epochs=1)))
    exported = desk.want(Export("keras", str(tmp_path / "model.keras"), preprocessing=False), Exported)
    assert not exported.preprocessing
    data = desk.engine._data
    ((_, prepared),) = data.prepared.scaled(data.held_out)
    found = predictions("keras", tmp_path / "model.keras")(prepared)[0]
    np.testing.assert_allclose(found, desk.engine._live.predict(prepared), atol=1e-6)
    assert not desk.want(Export("python", str(tmp_path / "model.py")), Exported).preprocessing


@pytest.mark.parametrize("format", ["keras", "saved_model"])
def test_auxiliary_outputs_and_our_layers_get_prepared_samples_too(desk, with_our_layers, tmp_path, format):
    desk.ask(Train("run", with_our_layers, Digits(), TrainingPlan(epochs=1)))
    exported = desk.want(Export(format, str(tmp_path / FORMATS[format]), "net"), Exported)
    assert exported.preprocessing
    samples = Digits().open()
    raw = np.stack([samples.read(index) for index in range(5)]).astype(np.float32)
    expected = expected_of(desk, raw)
    assert len(expected) == 2
    if format == "saved_model":  # the .keras file needs the source beside it, as another test shows
        for ours, theirs in zip(expected, predictions(format, tmp_path / FORMATS[format])(raw), strict=True):
            np.testing.assert_allclose(theirs, ours, atol=1e-5)


def test_training_can_go_on_elsewhere(desk, pictures, tmp_path):
    desk.ask(Train("run", network_of(Conv2D(filters=4)), pictures, TrainingPlan(epochs=3, batch_size=8)))
    desk.want(Export("keras", str(tmp_path / "model.keras")), Exported)
    model, live = keras.models.load_model(tmp_path / "model.keras"), desk.engine._live
    assert int(model.optimizer.iterations) == int(live.model.optimizer.iterations) == 9
    for theirs, ours in zip(model.optimizer.variables, live.model.optimizer.variables, strict=True):
        np.testing.assert_allclose(theirs, ours)
    labels = pictures.open().labels[:3]
    raw = np.concatenate([image[:, :6, :6] for image in stored(pictures)[:3]])
    prepared = np.asarray(desk.engine._data.prepared.preprocessor.whole(raw))
    ours = live.model.fit(prepared, labels, verbose=0, shuffle=False).history
    theirs = model.fit(raw, labels, verbose=0, shuffle=False).history
    assert theirs["loss"] == pytest.approx(ours["loss"], rel=1e-4)
    assert set(theirs) == set(ours)


def test_blocks_may_be_called_like_what_is_put_before_them(desk, pictures, tmp_path):
    names = ["raw_input", "resizing", "rescaling", "preprocessing_resizing", "mean", "divide", "raw_input_"]
    nodes = [Node(id="input", block=Input(shape=(6, 6, 3)))]
    for name in names:
        block = Conv2D(filters=3, kernel_size=1)
        nodes.append(Node(id=name, block=block, inputs=(Source(nodes[-1].id),)))
    nodes.append(Node(id="flatten", block=Flatten(), inputs=(Source(nodes[-1].id),)))
    nodes.append(Node(id="normalization", block=Dense(units=2), inputs=(Source("flatten"),)))
    steps = (Resize(), GreyWorld(), Rescale(), Standardize())
    network, plan = Network(nodes=tuple(nodes)), TrainingPlan(epochs=1)
    desk.want(Train("run", network, pictures, plan, preparation=Preparation(preprocessing=steps)), TrainingDone)
    for format in ("keras", "saved_model"):
        assert desk.want(Export(format, str(tmp_path / FORMATS[format])), Exported).preprocessing
    model = keras.models.load_model(tmp_path / "model.keras")
    for name in names:
        np.testing.assert_array_equal(model.get_layer(name).kernel, desk.engine._live.model.get_layer(name).kernel)


def test_a_network_that_normalizes_itself(desk, pictures, tmp_path):
    network = network_of(Normalization(), Conv2D(filters=2))
    desk.want(Train("run", network, pictures, TrainingPlan(epochs=1)), TrainingDone)
    for format in ("keras", "saved_model"):
        desk.want(Export(format, str(tmp_path / FORMATS[format])), Exported)
        (raw, *_) = stored(pictures)
        found = predictions(format, tmp_path / FORMATS[format])(raw)[0]
        np.testing.assert_allclose(found, expected_of(desk, raw)[0], atol=1e-5)


def test_a_model_that_was_never_trained_takes_what_its_input_takes(desk, tmp_path):
    desk.ask(Build(network_of()))
    assert not desk.want(Export("keras", str(tmp_path / "model.keras")), Exported).preprocessing
    prepared = np.random.default_rng(1).random((2, 6, 6, 3), np.float32)
    found = predictions("keras", tmp_path / "model.keras")(prepared)[0]
    np.testing.assert_allclose(found, desk.engine._live.predict(prepared), atol=1e-6)


def test_a_run_that_was_taken_up_again_takes_stored_samples_even_when_these_are_gone(desk, pictures, tmp_path):
    desk.ask(Train("run", network_of(), pictures, TrainingPlan(epochs=1), run_dir=str(tmp_path / "run")))
    raw = stored(pictures)[0]
    expected = expected_of(desk, raw)[0]
    shutil.rmtree(pictures.path)
    desk.engine.restore(*load_run(tmp_path / "run"))
    assert desk.want(Export("keras", str(tmp_path / "model.keras")), Exported).preprocessing
    np.testing.assert_allclose(predictions("keras", tmp_path / "model.keras")(raw)[0], expected, atol=1e-5)


def test_samples_that_a_file_format_cannot_take_are_not_compared(desk, pictures, tmp_path):
    """Grey pictures among colour ones have three equal channels; where nothing resizes, other sizes are no inputs."""
    folder = Path(pictures.path)
    for index in range(COUNT):
        name = folder / ("red", "blue")[index % 2] / f"{index}.png"
        if index % 3 != 1:
            Image.open(name).convert("L").save(name)
    desk.ask(Train("run", network_of(), pictures, TrainingPlan(epochs=1)))
    assert desk.want(Export("keras", str(tmp_path / "model.keras")), Exported).images == 4
    network = network_of(shape=pictures.open().facts.sample_shape)
    preparation = Preparation(preprocessing=(Rescale(),))
    desk.want(Train("run", network, pictures, TrainingPlan(epochs=1), preparation=preparation), TrainingDone)
    assert desk.want(Export("keras", str(tmp_path / "model.keras")), Exported).preprocessing


def raising(error):
    def fail(*_):
        raise error

    return fail


def contents(path: Path) -> dict[str, bytes]:
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    return {str(file): file.read_bytes() for file in files}
