"""`analyse`: never raises, answers from the cache as from scratch, and fits networks to data sets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from strategies import edits, networks

from models.analysis import analyse, still_trained
from models.analysis.data_fit import classifies
from models.analysis.network_analysis import block_facts
from models.blocks import BlockProblem, InsertAfter, RemoveBlock, SetFields, Shape
from models.blocks.activation import ReLU
from models.blocks.composite import CompositeBlock
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.normalization import BatchNormalization
from models.blocks.output import AuxiliaryOutput
from models.blocks.pooling import MaxPooling2D
from models.blocks.shapes import size_of
from models.blocks.shaping import Flatten
from models.data.sources import DataFacts
from models.network.edits import EditError, insert_after, remove, replace_block
from models.network.graph import Network, Node, Source, stack
from models.network.repairs import apply_repair
from models.zoo.lenet import lenet5


def facts(classes: int = 10, shape: Shape = (8, 8, 1)) -> DataFacts:
    return DataFacts("Leaves", 100, shape, tuple(f"class {i}" for i in range(classes)))


VGG16_TABLE = [
    ("Conv2D", (224, 224, 64), 1_792), ("Conv2D", (224, 224, 64), 36_928), ("MaxPooling2D", (112, 112, 64), 0),
    ("Conv2D", (112, 112, 128), 73_856), ("Conv2D", (112, 112, 128), 147_584), ("MaxPooling2D", (56, 56, 128), 0),
    ("Conv2D", (56, 56, 256), 295_168), ("Conv2D", (56, 56, 256), 590_080), ("Conv2D", (56, 56, 256), 590_080),
    ("MaxPooling2D", (28, 28, 256), 0),
    ("Conv2D", (28, 28, 512), 1_180_160), ("Conv2D", (28, 28, 512), 2_359_808), ("Conv2D", (28, 28, 512), 2_359_808),
    ("MaxPooling2D", (14, 14, 512), 0),
    ("Conv2D", (14, 14, 512), 2_359_808), ("Conv2D", (14, 14, 512), 2_359_808), ("Conv2D", (14, 14, 512), 2_359_808),
    ("MaxPooling2D", (7, 7, 512), 0),
    ("Dense", (4096,), 102_764_544), ("Dense", (4096,), 16_781_312), ("Dense", (1000,), 4_097_000),
]  # fmt: skip
"""Simonyan & Zisserman 2015, configuration D."""


def vgg16() -> Network:
    blocks = [Input(shape=(224, 224, 3))]
    for filters, repeats in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        blocks += [Conv2D(filters=filters, padding="same", activation="relu")] * repeats + [MaxPooling2D()]
    return stack(*blocks, Flatten(), Dense(units=4096), Dense(units=4096), Dense(units=1000))


def test_vgg16_layer_by_layer() -> None:
    network = vgg16()
    found = analyse(network)
    rows = [
        (node.block.type, found.nodes[node.id].output_shape, found.nodes[node.id].parameters)
        for node in network.nodes
        if node.block.type not in ("Input", "Flatten")
    ]
    assert rows == VGG16_TABLE
    assert found.parameters == found.trainable == 138_357_544


def test_alexnets_first_filters() -> None:
    found = analyse(stack(Input(shape=(227, 227, 3)), Conv2D(filters=96, kernel_size=(11, 11), strides=(4, 4))))
    assert found.output_shape == (55, 55, 96)
    assert found.nodes["conv2d"].weights[0].size == 34_848
    assert found.parameters == 34_944


@given(networks())
def test_answers_for_every_network_and_adds_up(network: Network) -> None:
    found = analyse(network, facts())
    assert list(found.nodes) == [node.id for node in network.nodes]
    assert found.parameters == sum(node.parameters for node in found.nodes.values()) >= found.trainable
    assert found.problems == tuple(problem for node in found.nodes.values() for problem in node.problems)
    for node in found.nodes.values():
        assert all(problem.node_id == node.node_id for problem in node.problems)
        if node.output_shape is not None:
            values = 4 * sum(map(size_of, node.output_shapes))
            inside = isinstance(network.node(node.node_id).block, CompositeBlock)  # counts all that it computes
            assert node.activation_bytes >= values if inside else node.activation_bytes == values


@given(networks(valid=True), st.integers(1, 256))
def test_training_takes_more_memory_with_larger_batches(network: Network, batch_size: int) -> None:
    found = analyse(network)
    assert found.problems == ()
    assert found.training_bytes(batch_size + 1) - found.training_bytes(batch_size) == 2 * found.activation_bytes
    assert found.training_bytes(batch_size) >= 16 * found.parameters


@given(st.data())
def test_answers_after_an_edit_as_from_scratch(data: st.DataObject) -> None:
    network = data.draw(networks())
    analyse(network)
    try:
        edited = data.draw(edits(network)).apply(network)
    except EditError:
        return
    quick = analyse(edited)
    block_facts.cache_clear()
    assert analyse(edited) == quick


def test_a_remembered_problem_keeps_no_frames_alive() -> None:
    problem = block_facts(Conv2D(kernel_size=(9, 9)), ((4, 4, 1),))
    assert isinstance(problem, BlockProblem)
    assert problem.__traceback__ is None


def test_blocks_behind_a_problem_wait() -> None:
    found = analyse(stack(Input(shape=(2, 2, 1)), Conv2D(), MaxPooling2D(), Flatten()))
    assert [problem.node_id for problem in found.problems] == ["conv2d"]
    assert found.nodes["flatten"].output_shape is None
    assert found.output_shape is None


def test_an_output_that_nothing_uses_is_a_problem() -> None:
    side = Node(id="side", block=ReLU(), inputs=(Source("input"),))
    first, *rest = lenet5().nodes
    (problem,) = analyse(Network(nodes=(first, side, *rest))).problems
    assert problem.text == "Received an output that nothing uses; expected one output, that of Dense."
    auxiliary = InsertAfter("Make it an auxiliary output", (AuxiliaryOutput(),))
    assert problem.repairs == (RemoveBlock("Remove ReLU"), auxiliary)


@given(networks(valid=True), st.integers(0, 12), st.sampled_from([(8, 8, 1), (300, 200, 3)]))
def test_every_repair_of_a_misfit_with_the_data_repairs_it(network: Network, classes: int, shape: Shape) -> None:
    known = facts(classes, shape)
    for problem in analyse(network, known).problems:
        for repair in problem.repairs:
            left = analyse(apply_repair(network, problem.node_id, repair), known).problems
            assert (problem.node_id, problem.received) not in {(other.node_id, other.received) for other in left}
            if not isinstance(repair, SetFields):
                assert isinstance(repair, InsertAfter)
                assert [other for other in left if other.expected == problem.expected] == []


@pytest.mark.parametrize("classes", [2, 3, 10, 1000])
def test_lenet_is_fitted_to_any_number_of_classes(classes: int) -> None:
    network = lenet5()
    for problem in analyse(network, facts(classes)).problems:
        network = apply_repair(network, problem.node_id, problem.repairs[0])
    assert analyse(network, facts(classes)).problems == ()
    assert network.node("dense_2").block == Dense(units=classes, activation="softmax")


@pytest.mark.parametrize(
    ("shape", "classes", "fits"),
    [((10,), 10, True), ((1,), 2, True), ((2,), 2, True), ((1,), 3, False), ((1, 10), 10, False), ((9,), 10, False)],
)
def test_an_output_classifies_with_a_value_for_each_class(shape: Shape, classes: int, fits: bool) -> None:
    assert classifies(shape, classes) is fits


def test_data_problems_say_what_came_and_what_is_needed() -> None:
    (entry, output) = analyse(stack(Input(shape=(8, 8, 2)), Conv2D()), facts(5)).problems
    assert entry.text == (
        "Received an Input of an image tensor 8×8×2; "
        "expected height × width × 1 or 3 channels, for the images of Leaves."
    )
    assert output.text == (
        "Received an image tensor 6×6×32 at the output; expected 5 values, one for each class of Leaves."
    )
    assert [repair.text for repair in output.repairs] == [
        "Add Flatten and Dense(5, softmax)",
        "Add global average pooling and Dense(5, softmax)",
    ]


def test_an_empty_network_has_nothing_to_say() -> None:
    found = analyse(Network(), facts())
    assert (found.output_shape, found.parameters, found.problems, dict(found.nodes)) == (None, 0, (), {})


# --- what stays trained ---------------------------------------------------------------------------------------------
def kept(before: Network, after: Network) -> frozenset[str]:
    return still_trained(analyse(before), analyse(after))


def test_unchanged_weights_stay_trained() -> None:
    network = lenet5()
    trained = {"conv2d", "conv2d_2", "conv2d_3", "dense", "dense_2"}
    assert kept(network, network) == trained
    assert kept(network, remove(network, ["dense"])) == trained - {"dense", "dense_2"}
    assert kept(network, replace_block(network, "conv2d_2", Conv2D(filters=17, kernel_size=(5, 5)))) == trained - {
        "conv2d_2", "conv2d_3",
    }  # fmt: skip
    assert kept(network, replace_block(network, "conv2d", Conv2D(filters=6, kernel_size=(5, 5)))) == trained
    grown, _ = insert_after(network, "conv2d", [BatchNormalization()])
    assert kept(network, grown) == trained


@given(networks(), networks())
def test_only_weights_of_the_same_shapes_stay_trained(before: Network, after: Network) -> None:
    old, new = analyse(before), analyse(after)
    for node_id in kept(before, after) & new.nodes.keys():
        assert new.nodes[node_id].weights == old.nodes[node_id].weights != ()


@given(st.data())
def test_an_edit_is_analysed_from_what_was_known_before_as_if_from_scratch(data: st.DataObject) -> None:
    network = data.draw(networks())
    known = facts(3, (8, 8, 1)) if data.draw(st.booleans()) else None
    analysis = analyse(network, known)
    for _ in range(data.draw(st.integers(1, 4))):
        edit = data.draw(edits(network))
        try:
            network = edit.apply(network)
        except (EditError, ValidationError):
            continue
        analysis = analyse(network, known, analysis)
        assert analysis == analyse(network, known)


def test_an_edit_works_out_only_what_is_behind_it() -> None:
    network = lenet5()
    before = analyse(network)
    after = analyse(replace_block(network, "dense", Dense(units=80)), None, before)
    kept = [node_id for node_id in after.nodes if after.nodes[node_id] is before.nodes[node_id]]
    assert kept == [node_id for node_id in before.nodes if node_id not in ("dense", "dense_2")]


def test_what_an_edit_leaves_the_same_ends_the_work() -> None:
    network = stack(Input(), Conv2D(padding="same"), Conv2D(), Conv2D())
    before = analyse(network)
    wider = network.node("conv2d").block.replace(filters=7)
    after = analyse(replace_block(network, "conv2d", wider), None, before)
    kept = [node_id for node_id in after.nodes if after.nodes[node_id] is before.nodes[node_id]]
    assert kept == ["input", "conv2d_3"]
