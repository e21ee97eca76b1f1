"""Networks with auxiliary outputs: what is minimized, what is measured, what a saved model goes on with."""

from dataclasses import replace

import keras
import numpy as np
import numpy.typing as npt
import prepared_data
import pytest

from models.analysis import analyse
from models.blocks import Block
from models.blocks.activation import Softmax
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.output import AuxiliaryOutput
from models.blocks.pooling import GlobalAveragePooling2D
from models.blocks.residual import ResidualBlock
from models.blocks.shaping import Flatten
from models.data.sources import Digits
from models.data.sources.digits import DIGITS_FACTS
from models.data.split import Parts
from models.network.graph import Network, Node, Source
from models.network.repairs import apply_repair
from models.runtime.exporters import save_keras
from models.runtime.live_model import LiveModel
from models.runtime.step.loop import CompiledLoop
from models.runtime.step.objective import ObjectiveError, objectives
from models.runtime.step.run_data import RunData
from models.training.commands import Evaluate, Predict, Train, Watch
from models.training.events import Evaluated, Failed, Predicted, Probed, TrainingDone, TrainingStarted
from models.training.optimizers import SGD, AdamW
from models.training.plan import TrainingPlan

BATCH = np.arange(48)
FIRST, SECOND = "auxiliaryoutput", "auxiliaryoutput_2"


def chain(nodes: list[Node], source: str, *blocks: Block) -> str:
    """Blocks behind a node, each fed by the one before; the last one's id."""
    for block in blocks:
        node_id = Network(nodes=tuple(nodes)).new_id(block)
        nodes.append(Node(id=node_id, block=block, inputs=(Source(source),) if source else ()))
        source = node_id
    return source


def inception_like(weights: tuple[float, float] = (0.3, 0.5), last: Block | None = None) -> Network:
    """A trunk with two heads on its way, as in GoogLeNet: one gives scores, the other probabilities."""
    nodes: list[Node] = []
    early = chain(nodes, "", Input(shape=(8, 8, 1)), Conv2D(filters=4))
    chain(nodes, early, GlobalAveragePooling2D(), Dense(units=10), AuxiliaryOutput(loss_weight=weights[0]))
    later = chain(nodes, early, ResidualBlock(filters=4))
    chain(nodes, later, Flatten(), Dense(units=10), Softmax(), AuxiliaryOutput(loss_weight=weights[1]))
    chain(nodes, later, Flatten(), last or Dense(units=10, activation="softmax"))
    return Network(nodes=tuple(nodes))


def run_data(network: Network) -> RunData:
    """The digits, of which BATCH is trained on and measured."""
    return replace(prepared_data.run_data(network), parts=Parts(BATCH, BATCH, BATCH[:0]))


def one_epoch(live: LiveModel, plan: TrainingPlan) -> npt.NDArray[np.float32]:
    """The losses of the steps of an epoch on BATCH, in its order."""
    data = run_data(live.network)
    loop = CompiledLoop(live, data, plan, live.optimizer(plan, data.objectives))
    loop.begin(BATCH, 0)
    return loop.train(np.full(len(BATCH) // plan.batch_size, plan.learning_rate, np.float32)).losses


def sgd_step(network: Network) -> tuple[LiveModel, float]:
    """A model after one step of plain gradient descent on BATCH, and the loss before it."""
    live = LiveModel(network, 1)
    plan = TrainingPlan(optimizer=SGD(momentum=0), learning_rate=0.5, batch_size=len(BATCH))
    return live, float(one_epoch(live, plan)[0])


def test_the_main_output_comes_first_and_each_output_has_its_own_form() -> None:
    found = objectives(inception_like(), 10, TrainingPlan())
    assert [one.weight for one in found] == [1.0, 0.3, 0.5]
    assert [one.from_logits for one in found] == [False, True, False]


@pytest.mark.parametrize("weights", [(0.3, 0.5), (0.0, 2.0)])
def test_loss_and_step_are_those_of_keras_own_fit(weights: tuple[float, float]) -> None:
    network = inception_like(weights)
    ours, loss = sgd_step(network)
    theirs, data = LiveModel(network, 1), run_data(network)
    plan = TrainingPlan(optimizer=SGD(momentum=0), learning_rate=0.5)
    theirs.optimizer(plan, data.objectives)
    labels = data.labels[BATCH].astype(np.int32)
    fitted = theirs.model.fit(
        prepared_data.inputs(data, BATCH), [labels] * 3, batch_size=len(BATCH), epochs=1, shuffle=False, verbose=0
    )
    assert loss == pytest.approx(fitted.history["loss"][0], rel=1e-5)
    for name, values in theirs.weights().items():
        for expected, value in zip(values, ours.weights()[name], strict=True):
            np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-5)


def test_an_output_of_weight_zero_changes_nothing() -> None:
    network = inception_like((0.0, 0.0))
    heads = {FIRST, SECOND, "globalaveragepooling2d", "dense", "flatten", "dense_2", "softmax"}
    plain = Network(nodes=tuple(node for node in network.nodes if node.id not in heads))
    with_heads, alone = LiveModel(network, 1), LiveModel(plain, 2)
    alone.set_weights({key: values for key, values in with_heads.weights().items() if key not in heads})
    untouched = with_heads.weights()["dense"][0]
    plan = TrainingPlan(optimizer=AdamW(), learning_rate=0.01, batch_size=16)
    losses = [one_epoch(live, plan) for live in (with_heads, alone)]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)
    for name, values in alone.weights().items():
        for expected, value in zip(values, with_heads.weights()[name], strict=True):
            np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(with_heads.weights()["dense"][0], untouched, rtol=1e-3)  # AdamW's decay alone


def test_such_a_network_trains_and_its_main_output_is_what_counts(desk) -> None:
    network = inception_like()
    events = desk.ask(Train("run", network, Digits(), TrainingPlan(epochs=8, learning_rate=0.01)))
    started, done = events[0], events[-1]
    assert isinstance(started, TrainingStarted)
    assert started.loss == "sparse_categorical_crossentropy"
    assert isinstance(done, TrainingDone)
    assert done.held_out_metric > 0.9
    evaluated = desk.want(Evaluate(), Evaluated)
    assert evaluated.metric == pytest.approx(done.held_out_metric)
    assert evaluated.loss == pytest.approx(done.held_out_loss, rel=1e-3)
    image = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8, 1)
    expected = desk.engine._live.predict_all(image[None])[0][0]
    predicted = desk.want(Predict(image), Predicted)
    np.testing.assert_allclose(predicted.probabilities, expected, atol=1e-5)
    probed = desk.want(Watch(image, (FIRST, "dense_3"), SECOND), Probed)
    np.testing.assert_allclose(probed.prediction, expected, atol=1e-5)
    assert set(probed.strips) == {FIRST, "dense_3"}
    assert probed.maps.sum() == pytest.approx(1, abs=1e-5)  # the second head gives probabilities


def test_a_saved_model_goes_on_with_the_same_losses(tmp_path) -> None:
    live, loss = sgd_step(inception_like())
    live.set_weights(LiveModel(live.network, 1).weights())
    save_keras(live, tmp_path / "model.keras", "net")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    data = run_data(live.network)
    labels = data.labels[BATCH].astype(np.int32)
    found = loaded.evaluate(prepared_data.inputs(data, BATCH), [labels] * 3, verbose=0, return_dict=True)
    ((_, weighted, _),) = CompiledLoop(live, data, TrainingPlan(batch_size=len(BATCH))).measure(BATCH)
    assert found["loss"] == pytest.approx(weighted, rel=1e-5)
    assert weighted != pytest.approx(loss, rel=1e-5)  # batch normalization: training's statistics are the batch's


def test_a_head_that_does_not_classify_is_a_problem_with_repairs(desk) -> None:
    nodes: list[Node] = []
    early = chain(nodes, "", Input(shape=(8, 8, 1)), Conv2D(filters=4))
    chain(nodes, early, AuxiliaryOutput())
    chain(nodes, early, Flatten(), Dense(units=7), AuxiliaryOutput())
    chain(nodes, early, Flatten(), Dense(units=10))
    network = Network(nodes=tuple(nodes))
    problems = analyse(network, DIGITS_FACTS).problems
    assert [problem.node_id for problem in problems] == [FIRST, "dense"]
    assert "at the output; expected 10 values" in problems[0].text
    failed = desk.want(Train("run", network, Digits(), TrainingPlan()), Failed)
    assert problems[0].text in failed.message
    for problem in problems:
        for repair in problem.repairs:
            mended = apply_repair(network, problem.node_id, repair)
            left = {other.node_id for other in analyse(mended, DIGITS_FACTS).problems}
            assert left == {other.node_id for other in problems} - {problem.node_id}, repair


def test_a_loss_that_one_output_cannot_have_names_that_output() -> None:
    network = inception_like(last=Dense(units=1))
    with pytest.raises(ObjectiveError, match=r"Dense \(dense_3\) has one value"):
        objectives(network, 2, TrainingPlan(loss="sparse_categorical_crossentropy"))
