"""Groups in groups: as deep as allowed everything works, and what is deeper, larger or longer is refused in words."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.blocks import Block
from models.blocks.activation import Activation
from models.blocks.composite import ENTRY, MAX_DEPTH, Group
from models.blocks.convolution import Conv2D
from models.blocks.input import Input
from models.blocks.residual import ResidualBlock
from models.blocks.wiring import MAX_ID, Node, Source
from models.network.edits import EditError
from models.network.expansion import expand
from models.network.graph import Network, stack
from models.network.grouping import group, unpack
from models.network.project import Project, ProjectError, project_from_json, project_to_json
from models.network.python_reader import read_python
from models.network.python_source import python_source

IDS = st.sampled_from(["a", "a" * 80, "a" * MAX_ID, "a" * (MAX_ID - 1) + "b", "a" * (MAX_ID - 1), "a_"])


def wrapped(block: Block, node_id: str = "a", times: int = 1) -> Group:
    """A group of so many blocks of one kind, one behind the other."""
    nodes = [Node(id=node_id, block=block, inputs=(Source(ENTRY),))]
    for number in range(1, times):
        nodes.append(Node(id=f"n{number}", block=block, inputs=(Source(nodes[-1].id),)))
    return Group(name="g", nodes=tuple(nodes), output=Source(nodes[-1].id))


def nested(depth: int, node_id: str = "a") -> Group:
    """Groups in groups around a convolution."""
    block: Block = Conv2D(filters=2, padding="same")
    for _ in range(depth):
        block = wrapped(block, node_id)
    assert isinstance(block, Group)
    return block


def text_of(depth: int, times: int = 1) -> str:
    """A project file with nested groups, of which each holds the one inside it so many times."""
    block: dict[str, object] = {"type": "ReLU"}
    for _ in range(depth):
        nodes = [{"id": f"n{k}", "block": block, "inputs": [[f"n{k - 1}" if k else ENTRY, 0]]} for k in range(times)]
        block = {"type": "Group", "name": "g", "nodes": nodes, "output": [f"n{times - 1}", 0]}
    nodes = [{"id": "input", "block": {"type": "Input"}}, {"id": "g", "block": block, "inputs": [["input", 0]]}]
    return json.dumps({"format": "layerloom-project", "version": 2, "network": {"nodes": nodes}})


@pytest.mark.parametrize("depth", [1, 2, MAX_DEPTH])
def test_what_is_allowed_goes_through_file_and_source(depth: int) -> None:
    network = stack(Input(shape=(4, 4, 1)), nested(depth))
    assert project_from_json(project_to_json(Project(network=network))).network == network
    again = read_python(python_source(network, "n"))
    assert again.nodes[1].block.group_depth == depth
    assert [node.block for node in expand(again).network.nodes] == [
        node.block for node in expand(network).network.nodes
    ]


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 81, 190])
def test_deeper_groups_are_refused(depth: int) -> None:
    with pytest.raises(ProjectError, match=r"groups are nested|nested deeper"):
        project_from_json(text_of(depth))


def test_grouping_stops_where_files_stop() -> None:
    network = stack(Input(shape=(4, 4, 1)), nested(MAX_DEPTH), Activation())
    with pytest.raises(EditError, match=f"{MAX_DEPTH} deep"):
        group(network, [network.nodes[1].id, network.nodes[2].id], "one more")


def test_doubled_groups_are_counted_before_they_are_taken_apart() -> None:
    with pytest.raises(ProjectError, match="20,000 are the most"):
        project_from_json(text_of(3, 30))
    block: Block = Conv2D(filters=1)
    for _ in range(14):
        block = wrapped(block, times=2)
    assert block.block_count == 2**14
    with pytest.raises(ValueError, match="32,768 blocks"):
        wrapped(block, times=2)
    with pytest.raises(ValueError, match="32,769 blocks, with those inside of groups"):
        stack(Input(shape=(4, 4, 1)), block, block)


@settings(max_examples=40, deadline=None)
@given(depth=st.integers(1, 4), inner=IDS, outer=IDS, siblings=st.integers(1, 3))
def test_ids_of_any_length_expand_and_unpack(depth: int, inner: str, outer: str, siblings: int) -> None:
    block = nested(depth, inner)
    nodes = [Node(id="input", block=Input(shape=(4, 4, 1)))]
    for number in range(siblings):
        node_id = f"{outer[: MAX_ID - 1]}{number}"
        nodes.append(Node(id=node_id, block=block, inputs=(Source(nodes[-1].id),)))
    network = Network(nodes=tuple(nodes))
    expansion = expand(network)
    assert len(expansion.network) == 1 + siblings
    assert expand(network).network == expansion.network
    unpacked, ids = unpack(network, nodes[1].id, ((4, 4, 1),))
    assert all(node_id in unpacked for node_id in ids)
    assert [node.id for node in expand(unpacked).network.nodes] == [node.id for node in expansion.network.nodes]
    again = read_python(python_source(network, "n"))
    assert len(expand(again).network) == len(expansion.network)


def test_more_layers_than_a_network_may_have_are_refused_when_it_is_taken_apart() -> None:
    network = stack(Input(shape=(4, 4, 2)), *[ResidualBlock(filters=2)] * 4000)
    with pytest.raises(ProjectError, match="more than 20,000 layers"):
        expand(network)
