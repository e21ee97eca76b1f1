"""Training from files, arrays, memory, disk and streams; what happens when data break, vanish or are looked at."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.blocks.convolution import Conv1D, Conv2D, Conv3D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.normalization import Normalization
from models.blocks.pooling import GlobalAveragePooling1D, GlobalAveragePooling2D, GlobalAveragePooling3D
from models.blocks.shaping import Flatten
from models.data.preparation import Preparation
from models.data.sources import Digits, ImageFolder, Source
from models.data.sources.shapes import Shapes
from models.data.sources.signals import Signals
from models.data.sources.volumes import Volumes
from models.data.split import Split
from models.data.steps.geometric import RandomFlip
from models.data.steps.mixing import CutMix, MixUp
from models.data.steps.photometric import RandomBrightness
from models.data.steps.preprocessing import Rescale, Resize, Standardize
from models.network.graph import Network, stack
from models.runtime.augmentation import Augmenter, Batch
from models.runtime.pipeline import prepared as prepared_module
from models.runtime.pipeline.store import Store
from models.runtime.preprocessing import Preprocessor
from models.runtime.run.runs import load_run
from models.training.commands import Evaluate, Pause, PreviewBatch, Resume, Stop, Storage, Train
from models.training.events import (
    BatchesDone,
    BatchPreviewed,
    DataPlanned,
    DataSpeed,
    EpochDone,
    Evaluated,
    Event,
    Failed,
    Paused,
    SamplesLost,
    StatisticsMeasured,
    TrainingDone,
    TrainingStarted,
)
from models.training.plan import TrainingPlan

COUNT = 40
NETWORK = stack(Input(shape=(6, 6, 3)), Conv2D(filters=4), GlobalAveragePooling2D(), Dense(units=2))
PLAN = TrainingPlan(epochs=2, batch_size=8, learning_rate=0.01)
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Red and blue pictures, PNG and JPEG, of two sizes, with noise."""
    generator = np.random.default_rng(1)
    for index in range(COUNT):
        folder = tmp_path / "pictures" / ("red", "blue")[index % 2]
        folder.mkdir(parents=True, exist_ok=True)
        pixels = generator.integers(0, 90, (6 + index % 3, 7, 3), np.uint8)
        pixels[:, :, 0 if index % 2 == 0 else 2] += 150
        Image.fromarray(pixels).save(folder / f"{index}.{('png', 'jpg')[index % 4 // 2]}")
    return tmp_path / "pictures"


def train(source: Source, network: Network = NETWORK, plan: TrainingPlan = PLAN, **more: object) -> Train:
    return Train("run", network, source, plan, **more)


def of_kind(events: list[Event], kind: type) -> list[Event]:
    return [event for event in events if isinstance(event, kind)]


def losses(events: list[Event]) -> list[float]:
    assert not of_kind(events, Failed), of_kind(events, Failed)[0].details
    return [value for event in of_kind(events, BatchesDone) for value in event.losses.tolist()]


def put_on(place: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    if place == "stream":
        monkeypatch.setattr(prepared_module.shutil, "disk_usage", lambda path: Usage(2**40, 2**40 - 2**20, 2**20))
    return Storage(memory=2**30 if place == "memory" else 0, folder=str(folder))


# --- files ------------------------------------------------------------------------------------------------------------
def test_a_folder_is_learned_and_said_where_it_is_kept(desk, pictures):
    events = desk.ask(train(ImageFolder(path=str(pictures)), plan=PLAN.replace(epochs=20, learning_rate=0.05)))
    started, planned = events[:2]
    assert isinstance(started, TrainingStarted)
    assert (started.training_images, started.held_out_images, started.steps_per_epoch) == (32, 8, 4)
    assert isinstance(planned, DataPlanned)
    assert (planned.place, planned.size, planned.text) == ("memory", 40 * 108, "cached in memory, 4 kB")
    (speed,) = of_kind(events, DataSpeed)
    assert speed.data > 0
    assert speed.model > 0
    first, *_, last = of_kind(events, EpochDone)
    assert events.index(first) < events.index(speed) < events.index(last)  # once it comes from memory
    assert len(losses(events)) == 20 * 4
    assert events[-1].held_out_metric == 1.0
    assert not of_kind(events, SamplesLost)


def test_broken_files_are_named_once_and_training_goes_on(desk, pictures):
    for name in ("red/0.png", "blue/11.jpg", "blue/13.png"):
        (pictures / name).write_text("no picture")
    events = desk.ask(train(ImageFolder(path=str(pictures)), plan=PLAN.replace(epochs=3)))
    told = [line for event in of_kind(events, SamplesLost) for line in event.lost]
    assert sorted(line.split(":")[0] for line in told) == ["blue/11.jpg", "blue/13.png", "red/0.png"]
    assert all("none of PNG" in line for line in told)
    assert events[-1].reason == "finished"
    assert len(of_kind(events, DataSpeed)) == 1
    again = desk.ask(train(ImageFolder(path=str(pictures)), plan=PLAN.replace(epochs=1)))
    assert again[0].training_images + again[0].held_out_images == COUNT - 3
    assert not of_kind(again, SamplesLost)


@pytest.mark.parametrize("at", [BatchesDone, EpochDone])
def test_a_folder_that_vanishes_ends_a_streamed_run_in_a_sentence(desk, pictures, tmp_path, monkeypatch, at):
    storage = put_on("stream", tmp_path / "cache", monkeypatch)
    desk.react = lambda event: shutil.rmtree(pictures, ignore_errors=True) if isinstance(event, at) else None
    command = train(ImageFolder(path=str(pictures)), plan=PLAN.replace(epochs=9), storage=storage)
    events = desk.ask(command)
    done = events[-1]
    assert isinstance(done, TrainingDone), events[-1].details
    assert done.reason == "stopped"
    assert "No more samples of pictures can be read: was it moved" in done.message
    assert 1 <= done.epochs < 9
    assert not of_kind(events, Failed)
    assert desk.engine._live.has_finite_weights()
    assert desk.engine._live.trained


def test_data_that_come_back_are_trained_on_again(desk, pictures, tmp_path, monkeypatch):
    away = tmp_path / "away"

    def react(event: Event) -> None:
        if isinstance(event, EpochDone) and pictures.exists():
            pictures.rename(away)

    desk.react = react
    command = train(ImageFolder(path=str(pictures)), storage=put_on("stream", tmp_path / "cache", monkeypatch))
    assert desk.want(command, TrainingDone).reason == "stopped"
    away.rename(pictures)
    desk.react = lambda event: None
    assert desk.want(command, TrainingDone).reason == "finished"


def test_a_folder_may_vanish_when_all_of_it_is_in_memory(desk, pictures):
    def react(event: Event) -> None:
        if isinstance(event, EpochDone) and event.epoch == 0:
            shutil.rmtree(pictures)

    desk.react = react
    events = desk.ask(train(ImageFolder(path=str(pictures)), plan=PLAN.replace(epochs=3)))
    assert events[-1].reason == "finished"
    assert len(losses(events)) == 3 * 4
    assert desk.want(Evaluate(), Evaluated).images == 8


def test_stop_answers_in_the_first_streamed_epoch(desk, pictures):
    desk.react = lambda event: desk.engine.commands.put(Stop()) if isinstance(event, BatchesDone) else None
    events = desk.ask(train(ImageFolder(path=str(pictures)), plan=PLAN.replace(epochs=50, batch_size=1)))
    done = events[-1]
    assert (done.reason, done.epochs, done.message) == ("stopped", 0, "Stopped; the weights are kept.")
    assert len(losses(events)) < 32
    assert done.held_out_loss is not None


@pytest.mark.parametrize("by", ["shares", "folders"])
def test_the_test_part_is_measured_on_its_own_samples(desk, pictures, by):
    if by == "folders":
        for part in ("train", "test"):
            shutil.copytree(pictures, pictures.parent / "parts" / part)
        shutil.rmtree(pictures)
    source = ImageFolder(path=str(pictures if by == "shares" else pictures.parent / "parts"))
    preparation = Preparation(split=Split(by=by, test=0.2 if by == "shares" else 0.0))
    plan = PLAN.replace(epochs=12, learning_rate=0.05)
    desk.want(train(source, plan=plan, preparation=preparation), TrainingDone)
    evaluated = desk.want(Evaluate("test"), Evaluated)
    assert (evaluated.part, evaluated.images) == ("test", 8 if by == "shares" else 40)
    assert evaluated.metric == 1.0
    assert desk.want(Evaluate(), Evaluated).images == 8
    assert desk.want(Evaluate("test"), Evaluated).loss == pytest.approx(evaluated.loss, rel=1e-5)


def test_another_split_of_what_is_kept_trains_on_the_right_samples(desk, pictures):
    source = ImageFolder(path=str(pictures))
    desk.want(train(source, preparation=Preparation(split=Split(validation=0.2, test=0.4))), TrainingDone)
    changed = train(source, preparation=Preparation(split=Split(validation=0.2, test=0.0, seed=5)))
    found = losses(desk.ask(changed))
    fresh = type(desk)()
    assert found == pytest.approx(losses(fresh.ask(changed)), rel=1e-4)


def test_without_a_test_part_there_is_nothing_to_measure(desk, pictures):
    desk.ask(train(ImageFolder(path=str(pictures))))
    assert "Give the test part a share" in desk.want(Evaluate("test"), Failed).message


# --- the same, wherever it is kept ------------------------------------------------------------------------------------
CHAIN = (RandomFlip(), RandomBrightness(factor=0.3), MixUp())


@pytest.mark.parametrize("augmentation", [(), CHAIN], ids=["plain", "augmented"])
def test_the_same_seed_gives_the_same_losses_in_every_place(pictures, desk, tmp_path, monkeypatch, augmentation):
    preparation = Preparation(augmentation=augmentation)
    found = {}
    for place in ("memory", "disk", "stream"):
        with monkeypatch.context() as patch:
            storage = put_on(place, tmp_path / "cache", patch)
            command = train(ImageFolder(path=str(pictures)), preparation=preparation, storage=storage)
            events = desk.ask(command)
            assert of_kind(events, DataPlanned)[0].place == place
            found[place] = losses(events)
            desk.engine._desk.forget_prepared()
    assert np.isfinite(found["memory"]).all()
    np.testing.assert_allclose(found["disk"], found["memory"], rtol=1e-4)
    np.testing.assert_allclose(found["stream"], found["memory"], rtol=1e-4)
    other = desk.ask(train(ImageFolder(path=str(pictures)), plan=PLAN.replace(seed=2), preparation=preparation))
    assert losses(other) != pytest.approx(found["memory"], rel=1e-2)


def test_a_disk_that_becomes_full_makes_it_a_stream(desk, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(Store, "put", lambda self, rows, values: setattr(self, "full", "No space left on device"))
    storage = put_on("disk", tmp_path / "cache", monkeypatch)
    events = desk.ask(train(ImageFolder(path=str(pictures)), storage=storage))
    assert [event.place for event in of_kind(events, DataPlanned)] == ["disk", "stream"]
    assert events[-1].reason == "finished"
    assert len(losses(events)) == 8


# --- augmentation, balance, statistics --------------------------------------------------------------------------------
@pytest.mark.parametrize("loss", ["auto", "binary_crossentropy"])
def test_mixed_samples_are_learned_with_every_loss(desk, loss):
    network = stack(Input(shape=(8, 8, 1)), Flatten(), Dense(units=10, activation="softmax"))
    preparation = Preparation(augmentation=(RandomFlip(), MixUp(), CutMix()), balance="class_weight")
    plan = PLAN.replace(epochs=1, batch_size=64, loss=loss)
    found = losses(desk.ask(train(Digits(), network, plan, preparation=preparation)))
    assert np.isfinite(found).all()
    assert found[-1] < found[0]


def test_two_classes_and_one_output_value_can_be_mixed(desk, pictures):
    network = stack(Input(shape=(6, 6, 3)), GlobalAveragePooling2D(), Dense(units=1, activation="sigmoid"))
    preparation = Preparation(augmentation=(MixUp(),))
    plan = PLAN.replace(epochs=30, learning_rate=0.1)
    events = desk.ask(train(ImageFolder(path=str(pictures)), network, plan, preparation=preparation))
    assert np.isfinite(losses(events)).all()
    assert events[-1].held_out_metric == 1.0


@pytest.mark.parametrize("balance", ["class_weight", "oversample"])
def test_uneven_classes_can_be_balanced(desk, pictures, balance):
    for index in range(0, 32, 2):
        next((pictures / "red").glob(f"{index}.*")).unlink()
    source = ImageFolder(path=str(pictures))
    plain = desk.ask(train(source, plan=PLAN.replace(epochs=1)))
    events = desk.ask(train(source, plan=PLAN.replace(epochs=1), preparation=Preparation(balance=balance)))
    assert losses(events) != losses(plain)
    assert np.isfinite(losses(events)).all()
    assert events[0].steps_per_epoch == plain[0].steps_per_epoch


def test_statistics_are_measured_once_and_kept_with_the_run(desk, pictures, tmp_path):
    preparation = Preparation(preprocessing=(Resize(), Rescale(), Standardize()))
    source = ImageFolder(path=str(pictures))
    events = desk.ask(train(source, preparation=preparation, run_dir=str(tmp_path / "run")))
    (told,) = of_kind(events, StatisticsMeasured)
    assert told.before == preparation
    standardize = told.after.preprocessing[2]
    assert standardize.is_measured
    assert len(standardize.mean) == 3
    assert 0 < standardize.mean[1] < standardize.mean[0] < 1
    project, _weights = load_run(tmp_path / "run")
    assert project.preparation == told.after
    first = losses(events)
    again = desk.ask(train(source, preparation=told.after))
    assert not of_kind(again, StatisticsMeasured)
    assert losses(again) == pytest.approx(first, rel=1e-5)
    (pictures / "red" / "new.png").write_bytes((pictures / "red" / "0.png").read_bytes())
    assert of_kind(desk.ask(PreviewBatch(source, told.after, (6, 6, 3))), StatisticsMeasured)


def test_a_network_that_normalizes_adapts_to_files_and_can_be_stopped_meanwhile(desk, pictures):
    network = stack(Input(shape=(6, 6, 3)), Normalization(), GlobalAveragePooling2D(), Dense(units=2))
    desk.want(train(ImageFolder(path=str(pictures)), network), TrainingDone)
    mean = desk.engine._live.weights()["normalization"][0].ravel()
    assert mean[1] < mean[0] < 1
    desk.engine.commands.put(Stop())
    done = desk.want(train(ImageFolder(path=str(pictures)), network, keep_weights=False), TrainingDone)
    assert (done.reason, done.epochs) == ("stopped", 0)


# --- other samples ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("source", "network"),
    [
        (
            Signals(samples=120, steps=32),
            stack(Input(shape=(32, 1)), Conv1D(filters=4), GlobalAveragePooling1D(), Dense(units=6)),
        ),
        (
            Volumes(samples=40),
            stack(Input(shape=(16, 16, 16, 1)), Conv3D(filters=2), GlobalAveragePooling3D(), Dense(units=4)),
        ),
    ],
    ids=["signals", "volumes"],
)
def test_signals_and_volumes_are_trained_on(desk, source, network):
    preparation = Preparation(preprocessing=(Resize(), Standardize()))
    events = desk.ask(train(source, network, preparation=preparation))
    assert np.isfinite(losses(events)).all()
    assert events[-1].reason == "finished"
    assert of_kind(events, StatisticsMeasured)
    assert desk.want(Evaluate(), Evaluated).images == events[1].held_out_images or events[0]


def test_masks_are_refused_in_words(desk):
    failed = desk.want(train(Shapes(samples=50, size=32, target="mask")), Failed)
    assert "Shapes holds masks and no classes" in failed.message
    assert failed.run_id == "run"


@pytest.mark.parametrize(
    ("preparation", "text"),
    [
        (Preparation(left_out=tuple(f"#{index}" for index in range(1797))), "No sample of Digits is left to train on"),
        (Preparation(preprocessing=(Rescale(),)), "Add Resize to the preprocessing"),
    ],
)
def test_what_cannot_be_trained_on_is_said(desk, preparation, text):
    network = stack(Input(shape=(6, 6, 1)), Flatten(), Dense(units=10))
    assert text in desk.want(train(Digits(), network, preparation=preparation), Failed).message


# --- previews ---------------------------------------------------------------------------------------------------------
def test_a_preview_of_validation_samples_is_what_the_network_gets(desk, pictures):
    source = ImageFolder(path=str(pictures))
    command = PreviewBatch(source, Preparation(augmentation=CHAIN), (6, 6, 3), count=5, validation=True)
    shown = desk.want(command, BatchPreviewed)
    assert len(shown.inputs) == len(shown.names) == len(shown.originals) == 5
    samples = source.open()
    preprocessor = Preprocessor((Resize(), Rescale()), 255, samples.facts.sample_shape, (6, 6, 3))
    for index, name, original, made in zip(shown.indices, shown.names, shown.originals, shown.inputs, strict=True):
        assert name == samples.name(int(index))
        np.testing.assert_array_equal(original, samples.read(int(index)))
        rounded = np.round(np.asarray(preprocessor.size(original)))
        tolerance = 2.5 / 255 if name.endswith("jpg") else 1e-6
        np.testing.assert_allclose(made, rounded / 255, atol=tolerance)
    np.testing.assert_array_equal(shown.targets, np.eye(2)[samples.labels[shown.indices]])
    assert (shown.low, shown.high) == (0.0, 1.0)
    assert shown.class_names == ("blue", "red")
    desk.ask(train(source))
    data = desk.engine._data
    assert set(shown.indices) <= set(data.held_out)
    ((_, trained),) = data.prepared.scaled(shown.indices, 5)
    np.testing.assert_array_equal(shown.inputs, trained)


def test_a_preview_of_training_samples_is_augmented_as_training_is(desk):
    preparation = Preparation(augmentation=CHAIN)
    commands = [PreviewBatch(Digits(), preparation, (8, 8, 1), count=6, shuffle=number) for number in (0, 1, 0)]
    first, other, again = (desk.want(command, BatchPreviewed) for command in commands)
    np.testing.assert_array_equal(first.inputs, again.inputs)
    np.testing.assert_array_equal(first.indices, again.indices)
    assert first.indices.tolist() != other.indices.tolist()
    augmenter = Augmenter(CHAIN, (0.0, 16.0) if Digits().glance().white == 16 else (0.0, 255.0), (8, 8, 1), 1)
    samples = Digits().open()
    batch = Batch(np.stack([samples.read(int(index)) for index in first.indices]), np.eye(10)[first.targets.argmax(1)])
    expected = augmenter(batch._replace(targets=np.eye(10)[samples.labels[first.indices]]), 0, 0)
    np.testing.assert_allclose(first.inputs, np.asarray(expected.samples) / samples.facts.white, atol=1e-5)
    np.testing.assert_allclose(first.targets, expected.targets, atol=1e-6)
    np.testing.assert_allclose(first.targets.sum(1), 1, atol=1e-5)
    chosen = desk.want(PreviewBatch(Digits(), preparation, chosen=(5, 3)), BatchPreviewed)
    assert chosen.indices.tolist() == [5, 3]


def test_masks_and_boxes_are_shown_as_the_images_went(desk):
    source = Shapes(samples=50, size=32, objects=2)
    shown = desk.want(PreviewBatch(source, Preparation(), (16, 16, 1), count=4), BatchPreviewed)
    assert [mask.shape for mask in shown.original_masks] == [(32, 32)] * 4
    assert [mask.shape for mask in shown.masks] == [(16, 16)] * 4
    for original, boxes in zip(shown.original_boxes, shown.boxes, strict=True):
        assert len(original) == len(boxes) >= 1
        np.testing.assert_allclose(boxes[:, :4], original[:, :4] / 2, atol=1e-4)
        np.testing.assert_array_equal(boxes[:, 4], original[:, 4])
    flipped = Preparation(augmentation=(RandomFlip(),))
    shown = desk.want(PreviewBatch(source, flipped, (32, 32, 1), count=4), BatchPreviewed)
    for mask, boxes in zip(shown.masks, shown.boxes, strict=True):
        rows, columns = np.nonzero(mask)
        assert rows.min() == pytest.approx(boxes[:, 0].min(), abs=1.01)
        assert columns.max() + 1 == pytest.approx(boxes[:, 3].max(), abs=1.01)
    assert desk.want(PreviewBatch(Shapes(samples=50, size=32, target="mask"), Preparation()), BatchPreviewed).masks


def test_what_a_preview_cannot_read_is_named(desk, pictures):
    (pictures / "blue" / "1.png").write_text("no picture")
    samples = ImageFolder(path=str(pictures)).open()
    lost = next(index for index in range(COUNT) if samples.name(index) == "blue/1.png")
    command = PreviewBatch(ImageFolder(path=str(pictures)), Preparation(), (6, 6, 3), chosen=(lost, 2, 30))
    shown = desk.want(command, BatchPreviewed)
    assert shown.indices.tolist() == [2, 30]
    assert shown.lost[0].startswith("blue/1.png: it is none of PNG")
    alone = PreviewBatch(ImageFolder(path=str(pictures)), Preparation(), (6, 6, 3), chosen=(lost,))
    assert "None of these samples can be read: blue/1.png" in desk.want(alone, Failed).message


def test_an_empty_side_of_the_split_is_said(desk):
    nothing = Preparation(split=Split(validation=0.0), preprocessing=(Resize(), Standardize()))
    emptied = nothing.replace(left_out=tuple(f"#{index}" for index in range(1797)))
    for preparation, validation in ((nothing, True), (emptied, False)):
        failed = desk.ask(PreviewBatch(Digits(), preparation, (8, 8, 1), validation=validation))[-1]
        assert isinstance(failed, Failed)
        assert "no samples on this side of the split" in failed.message


@pytest.mark.parametrize("paused", [False, True])
def test_a_preview_beside_a_run_leaves_stop_to_it(desk, pictures, paused):
    preview = PreviewBatch(ImageFolder(path=str(pictures)), Preparation(), (6, 6, 3), count=3)

    def react(event: Event) -> None:
        if isinstance(event, BatchesDone) and not of_kind(desk.events, BatchPreviewed):
            for command in (Pause(), preview, Resume(), Stop()) if paused else (preview, Stop()):
                desk.engine.commands.put(command)

    desk.react = react
    events = desk.ask(train(Digits(), stack(Input(shape=(8, 8, 1)), Flatten(), Dense(units=10)),
                            PLAN.replace(epochs=500)))  # fmt: skip
    assert len(of_kind(events, BatchPreviewed)) >= 1
    assert bool(of_kind(events, Paused)) == paused
    assert not of_kind(events, Failed)
    assert events[-1].reason == "stopped"
    assert events[-1].epochs < 500


def test_stop_ends_the_reading_of_a_run_and_not_of_a_preview(desk):
    desk.engine.commands.put(Stop())
    desk.want(PreviewBatch(Digits(), Preparation(), (8, 8, 1), count=3), BatchPreviewed)
    assert not desk.engine.commands.empty()
    network = stack(Input(shape=(8, 8, 1)), Flatten(), Dense(units=10))
    done = desk.want(train(Digits(), network), TrainingDone)
    assert done.message == "Stopped while the samples were being read."
    assert desk.engine.commands.empty()
    assert desk.want(train(Digits(), network, PLAN.replace(epochs=1)), TrainingDone).reason == "finished"


def test_statistics_are_measured_again_when_the_steps_before_them_change(desk):
    chains = (Resize(), Rescale(), Standardize()), (Resize(), Standardize())
    first, second = (Preparation(preprocessing=chain) for chain in chains)
    measured = desk.want(PreviewBatch(Digits(), first, (8, 8, 1)), StatisticsMeasured).after
    resize, _rescale, filled = measured.preprocessing
    stale = second.replace(preprocessing=(resize, filled))
    events = desk.ask(PreviewBatch(Digits(), stale, (8, 8, 1), count=256))
    (again,) = of_kind(events, StatisticsMeasured)
    assert again.after.preprocessing[-1].mean[0] == pytest.approx(255 * filled.mean[0], rel=1e-3)
    (batch,) = of_kind(events, BatchPreviewed)
    assert abs(float(batch.inputs.mean())) < 0.1
    assert not of_kind(desk.ask(PreviewBatch(Digits(), again.after, (8, 8, 1))), StatisticsMeasured)
