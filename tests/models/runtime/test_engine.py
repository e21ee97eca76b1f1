import numpy as np
import pytest
import tensorflow as tf

from models.blocks.convolution import Conv2D, Conv2DTranspose, DepthwiseConv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.pooling import GlobalAveragePooling2D
from models.blocks.shaping import Flatten
from models.data.preparation import Preparation
from models.data.sources import Digits, ImageFolder
from models.data.split import Split
from models.network import edits
from models.network.graph import Network, stack
from models.runtime.probes import Prober
from models.runtime.step.loop import CompiledLoop
from models.training.commands import Build, Evaluate, Pause, Predict, Resume, Shutdown, Stop, Train, Watch
from models.training.events import (
    BatchesDone,
    Built,
    EpochDone,
    Evaluated,
    Failed,
    Paused,
    Predicted,
    Probed,
    Resumed,
    TrainingDone,
    TrainingStarted,
)
from models.training.optimizers import SGD
from models.training.plan import TrainingPlan
from models.zoo import template

PICTURE = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8, 1)


def train(network: Network, **changes: object) -> Train:
    keep = bool(changes.pop("keep_weights", False))
    preparation = Preparation(split=Split(validation=changes.pop("validation", 0.2)))
    plan = TrainingPlan(**{"epochs": 2, **changes})
    return Train("run", network, Digits(), plan, keep_weights=keep, preparation=preparation)


def test_lenet_learns_the_digits(desk):
    events = desk.ask(train(template("lenet5").network(), epochs=15))
    started, done = events[0], events[-1]
    assert isinstance(started, TrainingStarted)
    assert (started.training_images + started.held_out_images, started.steps_per_epoch) == (1797, 23)
    assert isinstance(done, TrainingDone)
    assert (done.reason, done.epochs) == ("finished", 15)
    assert done.held_out_metric >= 0.97
    steps = [event for event in events if isinstance(event, BatchesDone)]
    assert sum(len(event.losses) for event in steps) == sum(len(event.metrics) for event in steps) == 15 * 23
    assert [event.epoch for event in events if isinstance(event, EpochDone)] == list(range(15))

    evaluated = desk.want(Evaluate(), Evaluated)
    assert evaluated.images == started.held_out_images == evaluated.confusion.sum()
    assert evaluated.metric == pytest.approx(done.held_out_metric)
    assert evaluated.loss == pytest.approx(done.held_out_loss, rel=1e-3)
    predicted = desk.want(Predict(PICTURE), Predicted)
    assert predicted.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert predicted.class_names == tuple("0123456789")


def test_the_same_seed_gives_the_same_run_and_another_seed_another(desk, small):
    def losses(seed: int) -> list[float]:
        return [
            value
            for event in desk.ask(train(small, seed=seed, epochs=1))
            if isinstance(event, BatchesDone)
            for value in event.losses.tolist()
        ]

    assert losses(3) == losses(3)
    assert losses(3) != losses(4)


def test_going_on_keeps_weights_epochs_and_the_optimizer(desk, small):
    first = desk.want(train(small, epochs=3), TrainingDone)
    optimizer = desk.engine._live._optimizer
    events = desk.ask(train(small, epochs=2, learning_rate=1e-4, keep_weights=True))
    assert events[0].first_epoch == 3
    assert [event.epoch for event in events if isinstance(event, EpochDone)] == [3, 4]
    assert events[-1].epochs == 2
    first_epoch = next(event for event in events if isinstance(event, EpochDone))
    assert first_epoch.held_out_loss < first.held_out_loss * 1.1
    assert desk.engine._live._optimizer is optimizer
    assert float(optimizer.learning_rate.numpy()) == pytest.approx(1e-4)
    assert desk.ask(train(small, epochs=1))[0].first_epoch == 0


def test_stop_keeps_the_weights_and_measures_them(desk, small):
    desk.react = lambda event: desk.engine.commands.put(Stop()) if isinstance(event, EpochDone) else None
    events = desk.ask(train(small, epochs=50))
    done = events[-1]
    assert isinstance(done, TrainingDone)
    assert (done.reason, done.epochs) == ("stopped", 1)
    assert done.held_out_loss == pytest.approx(desk.want(Evaluate(), Evaluated).loss, rel=1e-3)
    assert desk.want(Build(small), Built).kept == {"conv2d", "dense"}


def test_pause_holds_still_answers_and_goes_on(desk, small):
    def react(event):
        if isinstance(event, EpochDone) and event.epoch == 0:
            for command in (Pause(), Predict(PICTURE), Evaluate(), Build(small), Watch(PICTURE, ("conv2d",)), Resume()):
                desk.engine.commands.put(command)

    desk.react = react
    events = desk.ask(train(small, epochs=2))
    kinds = [type(event) for event in events]
    paused, resumed = kinds.index(Paused), kinds.index(Resumed)
    assert kinds[paused : resumed + 1] == [Paused, Predicted, Evaluated, Failed, Probed, Resumed]
    assert "Stop it first" in events[paused + 3].message
    assert [event.reason for event in events if isinstance(event, TrainingDone)] == ["finished"]


def test_shutdown_while_paused_ends_the_loop(desk, small):
    for command in (train(small, epochs=1000), Pause(), Shutdown(), Stop()):
        desk.engine.commands.put(command)
    desk.engine.run()
    done = desk.events[-1]
    assert isinstance(done, TrainingDone)
    assert (done.reason, done.held_out_loss) == ("stopped", None)


def test_a_diverging_run_ends_with_finite_weights_and_says_what_to_do(desk):
    network = stack(Input(shape=(8, 8, 1)), Conv2D(filters=4), Conv2D(filters=4), Flatten(), Dense(units=10))
    done = desk.want(train(network, optimizer=SGD(), learning_rate=1e5, epochs=5), TrainingDone)
    assert done.reason == "diverged"
    assert "epoch 1" in done.message
    assert "try 0.01" in done.message  # a tenth of it would be as bad: the optimizer's own
    assert desk.engine._live.has_finite_weights()
    assert desk.want(train(network, optimizer=SGD(), learning_rate=1e-3), TrainingDone).reason == "finished"


def test_edits_keep_what_still_fits(desk, small):
    desk.ask(train(small))
    before = desk.engine._live.weights()
    wider = edits.replace_block(small, "dense", small.node("dense").block.replace(activation="linear"))
    assert desk.want(Build(wider), Built).kept == {"conv2d", "dense"}
    other = edits.replace_block(wider, "conv2d", Conv2D(filters=6))
    assert desk.want(Build(other), Built).kept == frozenset()
    assert desk.want(Build(small, fresh=True), Built).kept == frozenset()
    desk.ask(train(small))
    grown, (new,) = edits.insert_after(small, "relu", [Conv2D(filters=4, padding="same")])
    built = desk.want(Build(grown), Built)
    assert built.kept == {"conv2d", "dense"}
    assert new not in built.kept
    np.testing.assert_array_equal(before["conv2d"][0], desk.engine._live.weights()["conv2d"][0])


def test_what_is_asked_after_stop_waits_for_the_end(desk, small):
    def react(event):
        if isinstance(event, EpochDone):
            for command in (Stop(), Build(small), Pause(), Evaluate(), Shutdown()):
                desk.engine.commands.put(command)

    desk.react = react
    desk.engine.commands.put(train(small, epochs=50, validation=0.0))
    desk.engine.run()
    assert [type(event) for event in desk.events[-3:]] == [TrainingDone, Built, Evaluated]


def test_what_comes_after_the_end_is_not_meant_for_the_run(desk, small):
    def react(event):
        if isinstance(event, TrainingDone):
            for command in (Pause(), Resume(), Build(small), Shutdown()):
                desk.engine.commands.put(command)

    desk.react = react
    desk.engine.commands.put(train(small, epochs=1))
    desk.engine.run()
    assert [type(event) for event in desk.events[-2:]] == [TrainingDone, Built]


def test_a_node_that_was_deleted_and_put_back_has_its_weights_again(desk, small):
    desk.ask(train(small))
    before = desk.engine._live.weights()
    shorter = stack(*(node.block for node in small.nodes[:-1]))
    assert desk.want(Build(shorter), Built).kept == {"conv2d"}
    assert desk.want(Build(small), Built).kept == {"conv2d", "dense"}
    np.testing.assert_array_equal(before["dense"][0], desk.engine._live.weights()["dense"][0])
    desk.ask(Build(shorter))
    assert desk.ask(train(small, epochs=1, keep_weights=True))[0].first_epoch == 2


def test_a_run_without_a_step_teaches_nothing(desk, small):
    desk.react = lambda event: desk.engine.commands.put(Stop()) if isinstance(event, TrainingStarted) else None
    assert desk.want(train(small), TrainingDone).reason == "stopped"
    assert desk.want(Build(small), Built).kept == frozenset()
    assert "not been trained yet" in desk.want(Evaluate(), Failed).message


def test_a_run_that_fails_leaves_what_was_learned_before(desk, small, monkeypatch):
    desk.ask(train(small))
    before = desk.want(Evaluate(), Evaluated)
    training, calls = CompiledLoop.train, []

    def fail_later(*arguments):
        calls.append(arguments)
        if len(calls) > 2:
            raise RuntimeError("broken")
        return training(*arguments)

    monkeypatch.setattr(CompiledLoop, "train", fail_later)
    for keep in (True, False):
        calls.clear()
        assert any(isinstance(event, Failed) for event in desk.ask(train(small, seed=7, keep_weights=keep)))
        assert desk.want(Evaluate(), Evaluated).loss == pytest.approx(before.loss)
        assert desk.want(Build(small), Built).kept == {"conv2d", "dense"}


def test_starting_anew_forgets(desk, small):
    desk.ask(train(small))
    assert desk.want(Build(small, fresh=True), Built).kept == frozenset()
    assert desk.want(Build(small), Built).kept == frozenset()
    assert "not been trained yet" in desk.want(Evaluate(), Failed).message


def test_evaluation_measures_the_network_as_it_is_now(desk, small):
    desk.ask(train(small))
    before = desk.want(Evaluate(), Evaluated)
    scores = edits.replace_block(small, "dense", small.node("dense").block.replace(activation="linear"))
    desk.ask(Build(scores))
    after = desk.want(Evaluate(), Evaluated)
    assert after.loss == pytest.approx(before.loss, rel=1e-3)  # the loss takes the softmax itself now
    desk.ask(Build(edits.replace_block(small, "input", Input(shape=(12, 12, 1)))))
    assert "input's size has changed" in desk.want(Evaluate(), Failed).message


@pytest.mark.parametrize("error", [RuntimeError("no algorithm"), tf.errors.ResourceExhaustedError(None, None, "OOM")])
def test_a_probe_that_fails_ends_neither_the_run_nor_later_watching(desk, small, monkeypatch, error):
    probing = Prober.probe

    def fail(prober, *arguments):
        if prober.watch.image is not None:
            raise error
        return probing(prober, *arguments)

    desk.engine._prober.watch = Watch(PICTURE)
    with monkeypatch.context() as patch:
        patch.setattr(Prober, "probe", fail)
        events = desk.ask(train(small))
    assert [event.what for event in events if isinstance(event, Failed)] == ["Watching"]
    assert (events[-1].reason, events[-1].epochs) == ("finished", 2)
    assert desk.ask(Build(small))[1:] == []
    desk.want(Watch(PICTURE), Probed)


def test_stop_ends_the_reading_of_samples_and_loses_no_command(desk, small):
    for command in (train(small), Build(small), Evaluate(), Stop(), Shutdown()):
        desk.engine.commands.put(command)
    desk.engine.run()
    assert [type(event) for event in desk.events[1:]] == [TrainingDone, Built, Failed]
    done = desk.events[1]
    assert (done.run_id, done.reason, done.epochs) == ("run", "stopped", 0)


def test_shutdown_ends_the_reading_of_samples(desk, small):
    for command in (train(small), Shutdown()):
        desk.engine.commands.put(command)
    desk.engine.run()
    assert [type(event) for event in desk.events[1:]] == [TrainingDone]


def test_probes_have_every_channel_and_small_strips(desk):
    network = stack(
        Input(shape=(40, 70, 3)),
        Conv2D(filters=12, padding="same"),
        DepthwiseConv2D(depth_multiplier=2),
        Conv2DTranspose(filters=5),
        GlobalAveragePooling2D(),
        Dense(units=3),
    )
    ids = tuple(node.id for node in network.nodes)
    assert desk.ask(Watch(PICTURE, ids, "conv2d")) == []
    built, probed = desk.ask(Build(network))
    assert (built.parameters, built.kept) == (desk.engine._live.analysis.parameters, frozenset())
    assert {key: value.shape for key, value in probed.strips.items()} == {
        "input": (20, 23, 3), "conv2d": (20, 23, 8), "depthwiseconv2d": (19, 22, 8), "conv2dtranspose": (20, 23, 5),
        "globalaveragepooling2d": (1, 5, 1), "dense": (1, 3, 1),
    }  # fmt: skip
    assert (probed.maps.shape, probed.filters.shape) == ((40, 70, 12), (3, 3, 3, 12))
    assert probed.prediction.sum() == pytest.approx(1, abs=1e-5)
    assert desk.want(Watch(PICTURE, (), "depthwiseconv2d"), Probed).filters.shape == (3, 3, 1, 24)
    assert desk.want(Watch(PICTURE, (), "conv2dtranspose"), Probed).filters.shape == (3, 3, 24, 5)
    vector = desk.want(Watch(PICTURE, ("gone",), "dense"), Probed)
    assert (vector.maps.shape, vector.filters, vector.strips) == ((1, 3, 1), None, {})


@pytest.mark.parametrize(
    ("activation", "loss", "expected"),
    [
        ("linear", "auto", "sparse_categorical_crossentropy"),
        ("softmax", "mean_squared_error", "mean_squared_error"),
        ("sigmoid", "binary_crossentropy", "binary_crossentropy"),
    ],
)
def test_losses_suit_the_output(desk, activation, loss, expected):
    network = stack(Input(shape=(8, 8, 1)), Flatten(), Dense(units=10, activation=activation))
    events = desk.ask(train(network, loss=loss, epochs=3, learning_rate=0.01))
    assert events[0].loss == expected
    assert events[-1].held_out_metric > 0.8
    assert desk.want(Predict(PICTURE), Predicted).probabilities.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (Build(Network()), "empty"),
        (Build(stack(Input(), Dense())), "expected a vector"),
        (Train("run", stack(Input(), Flatten(), Dense(units=3)), Digits(), TrainingPlan()), "10 values"),
        (Train("run", stack(Input(), Flatten()), Digits(), TrainingPlan()), "nothing to learn"),
        (Train("run", stack(Dense(units=10)), Digits(), TrainingPlan()), "no Input block"),
        (Train("run", stack(Input(shape=(40, 1)), Flatten(), Dense()), Digits(), TrainingPlan()), "a sequence 40×1"),
        (Train("run", stack(Input(shape=(8, 8, 8, 1)), Flatten(), Dense()), Digits(), TrainingPlan()), "a volume"),
        (Train("run", stack(Input(shape=(8, 8, 2)), Flatten(), Dense()), Digits(), TrainingPlan()), "8×8×2"),
        (Train("run", template("lenet5").network(), ImageFolder(path="/no/such"), TrainingPlan()), "/no/such"),
        (Evaluate(), "no model yet"),
        (Predict(PICTURE), "no model yet"),
        (Build(stack(Input(), Flatten(), Dense(units=999_999), Dense(units=999_999))), "GB"),
    ],
)
def test_what_cannot_be_is_said(desk, command, text):
    failed = desk.want(command, Failed)
    assert text in failed.message
    assert (failed.run_id == "run") == isinstance(command, Train)


def test_running_out_of_memory_names_a_smaller_batch(desk, small, monkeypatch):
    def exhausted(*_):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    monkeypatch.setattr(CompiledLoop, "train", exhausted)
    failed = next(event for event in desk.ask(train(small, batch_size=512)) if isinstance(event, Failed))
    assert "batch size 512" in failed.message
    assert "Try batch size 256" in failed.message
    assert failed.run_id == "run"


def test_a_batch_that_cannot_fit_is_refused_before_it_is_tried(desk):
    network = stack(Input(shape=(2000, 2000, 1)), Conv2D(filters=512), GlobalAveragePooling2D(), Dense(units=10))
    failed = desk.want(train(network, batch_size=4096), Failed)
    assert "batch size 4,096" in failed.message
    assert failed.details
