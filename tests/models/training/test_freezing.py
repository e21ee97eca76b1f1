"""Rules for blocks go with them: into groups, out of composites, and away when a block is deleted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from strategies import networks

from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.pooling import GlobalAveragePooling2D
from models.blocks.residual import ResidualBlock
from models.network import edits
from models.network.expansion import expand
from models.network.graph import Network, stack
from models.network.grouping import group, unpack
from models.training.freezing import carried
from models.training.plan import BlockRule

NETWORK = stack(
    Input(shape=(8, 8, 1)), Conv2D(filters=2), ResidualBlock(filters=2), GlobalAveragePooling2D(), Dense(units=2)
)
FROZEN = BlockRule(node="conv2d", trainable=False)
SLOW = BlockRule(node="residualblock", learning_rate_factor=0.1)


def test_the_rule_of_a_deleted_block_goes() -> None:
    assert carried((FROZEN, SLOW), NETWORK, edits.remove(NETWORK, {"conv2d"})) == (SLOW,)


def test_an_edit_that_keeps_the_blocks_keeps_the_rules() -> None:
    after = edits.replace_block(NETWORK, "dense", Dense(units=5))
    assert carried((FROZEN, SLOW), NETWORK, after) == (FROZEN, SLOW)
    after, _ids = edits.insert_after(NETWORK, "conv2d", [Conv2D(filters=3)])
    assert carried((FROZEN, SLOW), NETWORK, after) == (FROZEN, SLOW)


def test_a_rule_follows_its_block_into_a_group_and_out_again() -> None:
    grouped, group_id = group(NETWORK, ["conv2d", "residualblock"], "Stem")
    inside = carried((FROZEN, SLOW), NETWORK, grouped)
    assert [rule.node for rule in inside] == [f"{group_id}__conv2d", f"{group_id}__residualblock"]
    members = expand(grouped).members[group_id]
    assert inside[0].node in members, "the engine knows the layer by this id"
    assert [rule.trainable for rule in inside] == [False, True]
    again, placed = unpack(grouped, group_id, ((8, 8, 1),))
    out = carried(inside, grouped, again)
    assert {rule.node for rule in out} <= set(placed)
    assert [rule.learning_rate_factor for rule in out] == [1.0, 0.1]


def test_the_rule_of_a_composite_holds_for_its_blocks_once_it_is_unpacked() -> None:
    unpacked, placed = unpack(NETWORK, "residualblock", ((6, 6, 2),))
    rules = carried((SLOW,), NETWORK, unpacked)
    assert {rule.node for rule in rules} == set(placed)
    assert {rule.learning_rate_factor for rule in rules} == {0.1}


@given(network=networks(), data=st.data())
def test_no_rule_is_left_for_a_block_that_is_gone(network: Network, data: st.DataObject) -> None:
    ids = [node.id for node in network.nodes]
    rules = tuple(BlockRule(node=node_id, trainable=False) for node_id in ids)
    chosen = data.draw(st.sets(st.sampled_from(ids))) if ids else set()
    try:
        after = edits.remove(network, chosen)
    except edits.EditError:
        return
    assert {rule.node for rule in carried(rules, network, after)} == {node.id for node in after.nodes}
