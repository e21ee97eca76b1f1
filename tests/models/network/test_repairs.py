"""Repairs: each one that a problem offers puts an end to that very problem."""

from __future__ import annotations

import pytest
from hypothesis import given
from strategies import networks

from models.analysis import Problem, analyse
from models.blocks import Block, InsertBefore, RemoveBlock, SetFields
from models.blocks.activation import ReLU
from models.blocks.composite import ENTRY, Group
from models.blocks.convolution import Conv2D, Conv2DTranspose, DepthwiseConv2D, SeparableConv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.merge import Add, Concatenate
from models.blocks.output import AuxiliaryOutput
from models.blocks.pooling import MaxPooling2D
from models.blocks.resizing import Cropping2D, UpSampling2D
from models.blocks.shaping import Flatten, Reshape
from models.blocks.unpooling import MaxPoolingWithIndices2D, MaxUnpooling2D
from models.network.edits import EditError
from models.network.graph import Network, Node, Source, stack
from models.network.repairs import apply_repair


@given(networks())
def test_every_repair_of_every_problem_repairs_it(network: Network) -> None:
    for problem in analyse(network).problems:
        for repair in problem.repairs:
            repaired = apply_repair(network, problem.node_id, repair)
            assert repaired != network, repair
            assert (problem.node_id, problem.received, problem.expected) not in {
                (other.node_id, other.received, other.expected) for other in analyse(repaired).problems
            }, repair


def problem_of(network: Network) -> Problem:
    (problem,) = analyse(network).problems
    return problem


def branches(merge: Block, *ends: Block) -> Network:
    """An Input of 8×8×4, one block on it for each branch, and the merge of them."""
    nodes = [Node(id="input", block=Input(shape=(8, 8, 4)))]
    nodes += [Node(id=f"end{i}", block=end, inputs=(Source("input"),)) for i, end in enumerate(ends)]
    sources = tuple(Source(node.id) for node in nodes[1:])
    return Network(nodes=(*nodes, Node(id="merge", block=merge, inputs=sources)))


@pytest.mark.parametrize(
    ("network", "received", "expected", "repairs"),
    [
        (
            stack(Input(), Dense()), "an image tensor 32×32×1", "a vector or a sequence steps×channels",
            ["Insert Flatten before Dense", "Insert GlobalAveragePooling2D before Dense"],
        ),
        (
            stack(Input(shape=(4, 4, 1)), Conv2D(kernel_size=(5, 5))), "an image of 4×4",
            "at least 5×5, the span of the kernel",
            ['Use padding "same"', "Shrink the kernel to 4×4", "Remove Conv2D"],
        ),
        (
            stack(Input(shape=(1, 8, 1)), MaxPooling2D()), "an image of 1×8",
            "at least 2×2, the pooling window; the output would reach zero",
            ["Remove MaxPooling2D", 'Use padding "same"'],
        ),
        (
            stack(Input(), Flatten(), Conv2D(kernel_size=(1, 1))), "a vector of 1,024 values",
            "an image tensor height×width×channels",
            ["Insert Reshape to 1×1×1024 before Conv2D", "Remove Conv2D"],
        ),
        (
            stack(Input(shape=(9, 3)), Conv2D(kernel_size=(1, 1))), "a sequence 9×3",
            "an image tensor height×width×channels",
            ["Insert Reshape to 1×9×3 before Conv2D", "Remove Conv2D"],
        ),
        (
            stack(Input(shape=(8, 8, 3)), Conv2D(filters=4, groups=2)),
            "3 input channels and 4 filters with groups 2", "both divisible by 2", ["Set groups to 1"],
        ),
        (
            stack(Input(), Conv2D(strides=(2, 2), dilation_rate=(2, 2))), "strides 2 with dilation_rate 2",
            "only one of the two above 1 (a rule of Keras)", ["Set strides to 1", "Set dilation_rate to 1"],
        ),
        (
            stack(Input(), DepthwiseConv2D(strides=(1, 2))), "strides 1×2",
            "the same stride down and right (a rule of TensorFlow for depthwise convolutions)", ["Set strides to 1×1"],
        ),
        (
            stack(Input(), Conv2DTranspose(strides=(2, 2), output_padding=(2, 0))),
            "output_padding 2×0 with strides 2×2", "an output_padding smaller than the strides",
            ["Let output_padding be automatic"],
        ),
        (
            stack(Input(shape=(2, 2, 1)), Cropping2D()), "an image of 2×2", "at least 3×3, so that something is left",
            ["Remove Cropping2D", "Crop nothing"],
        ),
        (
            stack(Input(shape=(2, 2, 1)), Reshape(target_shape=(3, -1))), "an image tensor 2×2×1 (4 values)",
            "a multiple of 3 values", ["Reshape to a vector", "Remove Reshape"],
        ),
        (
            branches(Add(), Conv2D(filters=6, padding="same"), ReLU()),
            "an image tensor 8×8×6 and an image tensor 8×8×4",
            "inputs of the same shape, or of size 1 along an axis",
            ["Match the channels of input 2 with a 1×1 convolution", "Remove Add"],
        ),
        (
            branches(Add(), Conv2D(filters=6, padding="same", strides=(2, 2)), ReLU()),
            "an image tensor 4×4×6 and an image tensor 8×8×4", "inputs of the same shape, or of size 1 along an axis",
            ["Match the shape of input 2 with a 1×1 convolution", "Remove Add"],
        ),
        (
            branches(Concatenate(), Conv2D(), ReLU()), "an image tensor 6×6×32 and an image tensor 8×8×4",
            "inputs that are alike but for the joined axis", ["Crop input 2 to 6×6", "Remove Concatenate"],
        ),
        (
            branches(Concatenate(axis=1), Conv2D(padding="same"), ReLU()),
            "an image tensor 8×8×32 and an image tensor 8×8×4", "inputs that are alike but for the joined axis",
            ["Join the channels (axis −1)", "Remove Concatenate"],
        ),
        (
            branches(Add(), Flatten(), ReLU()), "a vector of 256 values and an image tensor 8×8×4",
            "inputs of the same shape, or of size 1 along an axis",
            ["Insert Flatten on the image branch", "Remove Add"],
        ),
        (stack(Conv2D()), "no input", "one input", ["Add an Input block", "Remove Conv2D"]),
        (
            branches(Add(), ReLU()), "one input", "at least 2 inputs", ["Connect Input (input)", "Remove Add"],
        ),
    ],
)  # fmt: skip
def test_says_what_came_what_is_needed_and_what_helps(
    network: Network, received: str, expected: str, repairs: list[str]
) -> None:
    problem = problem_of(network)
    assert (problem.received, problem.expected) == (received, expected)
    assert [repair.text for repair in problem.repairs] == repairs
    assert problem.text == f"Received {received}; expected {expected}."
    assert analyse(apply_repair(network, problem.node_id, problem.repairs[0])).problems == ()


def test_a_merge_of_too_many_branches_says_how_many_it_takes() -> None:
    network = branches(Add(), *[ReLU()] * 65)
    assert (problem_of(network).received, problem_of(network).expected) == ("65 inputs", "at most 64 inputs")


def test_a_missing_input_may_come_from_any_output() -> None:
    """The indices of a pooling that nothing uses are the first thing that its unpooling is offered."""
    nodes = (
        Node(id="input", block=Input(shape=(8, 8, 4))),
        Node(id="pool", block=MaxPoolingWithIndices2D(), inputs=(Source("input"),)),
        Node(id="relu", block=ReLU(), inputs=(Source("pool"),)),
        Node(id="side", block=AuxiliaryOutput(), inputs=(Source("relu"),)),
        Node(id="unpool", block=MaxUnpooling2D(), inputs=(Source("relu"),)),
    )
    problem = problem_of(Network(nodes=nodes))
    assert problem.repairs[0].text == "Connect MaxPoolingWithIndices2D (pool), indices"
    assert "AuxiliaryOutput" not in " ".join(repair.text for repair in problem.repairs)
    mended = apply_repair(Network(nodes=nodes), "unpool", problem.repairs[0])
    assert mended.node("unpool").inputs == (Source("relu"), Source("pool", 1))
    assert analyse(mended).problems == ()


def test_a_loose_end_can_become_an_auxiliary_output() -> None:
    loose = Network(
        nodes=(
            Node(id="input", block=Input(shape=(8, 8, 4))),
            Node(id="side", block=Flatten(), inputs=(Source("input"),)),
            Node(id="main", block=ReLU(), inputs=(Source("input"),)),
        )
    )
    problem = problem_of(loose)
    assert [repair.text for repair in problem.repairs] == ["Remove Flatten", "Make it an auxiliary output"]
    mended = apply_repair(loose, "side", problem.repairs[1])
    assert [node.id for node in mended.outputs] == ["main", "auxiliaryoutput"]
    assert analyse(mended).problems == ()


def test_a_second_input_block_is_a_problem() -> None:
    network = Network(
        nodes=(
            Node(id="input", block=Input()),
            Node(id="input_2", block=Input()),
            Node(id="add", block=Add(), inputs=(Source("input"), Source("input_2"))),
        )
    )
    problem = problem_of(network)
    assert (problem.node_id, problem.received) == ("input_2", "a second Input block")
    assert [type(repair) for repair in problem.repairs] == [RemoveBlock]


def wide_sum() -> Network:
    """A sum of 4 channels and of more than a convolution may have filters."""
    network = branches(Add(), ReLU(), Conv2D(filters=1_000_000, kernel_size=(1, 1)))
    *nodes, add = network.nodes
    join = Node(id="join", block=Concatenate(), inputs=(Source("end1"), Source("end1")))
    return Network(nodes=(*nodes, join, add.with_inputs((Source("end0"), Source("join")))))


@pytest.mark.parametrize(
    "network",
    [
        stack(Input(shape=(4096, 4096, 3)), Flatten(), Conv2D()),
        stack(Input(shape=(65_536,)), Reshape(target_shape=(1, 1, 1, -1)), Conv2D()),
        branches(Concatenate(), UpSampling2D(size=(1_000_000, 1)), ReLU()),
        branches(Add(), Flatten(), SeparableConv2D(filters=1_000_000, kernel_size=(1, 1))),
        wide_sum(),
        stack(Input(), *[UpSampling2D(size=(1_000_000, 1_000_000))] * 60),
        stack(Input(shape=(4096, 4096, 3)), Reshape(target_shape=(7, 7, 7))),
    ],
    ids=["flat", "rank", "crop", "flatten", "channels", "astronomic", "reshape"],
)
def test_sizes_beyond_all_reason_are_problems_with_repairs_too(network: Network) -> None:
    for problem in analyse(network).problems:
        assert problem.repairs
        for repair in problem.repairs:
            assert apply_repair(network, problem.node_id, repair) != network


def test_no_tensor_larger_than_tensorflow_can_index() -> None:
    network = stack(Input(), UpSampling2D(size=(100_000, 100_000)))
    problem = problem_of(network)
    assert problem.received == "an output 3200000×3200000×1, 10,240,000,000,000 values"
    assert problem.expected == "at most 2,147,483,647 values for one sample"


def test_a_repair_whose_block_is_gone_says_so() -> None:
    with pytest.raises(EditError, match="That block is gone, and its problem with it"):
        apply_repair(stack(Input()), "dense", RemoveBlock("Remove Dense"))


def test_repairs_change_only_what_they_name() -> None:
    network = stack(Input(), Conv2D(), Dense())
    wider = apply_repair(network, "conv2d", SetFields("", (("filters", 5),)))
    assert wider.node("conv2d").block == Conv2D(filters=5)
    flat = apply_repair(network, "dense", InsertBefore("", (Flatten(),)))
    assert [node.block.type for node in flat.nodes] == ["Input", "Conv2D", "Flatten", "Dense"]


def test_a_group_is_removed_by_its_own_name() -> None:
    inner = Node(id="conv", block=Conv2D(kernel_size=9), inputs=(Source(ENTRY),))
    group = Group(name="Stage A", nodes=(inner,), output=Source("conv"))
    network = stack(Input(shape=(4, 4, 1)), group)
    (problem,) = analyse(network).problems
    assert "Remove Stage A" in [repair.text for repair in problem.repairs]
