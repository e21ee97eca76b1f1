"""Applying a repair, which a problem offers, to the network it belongs to."""

from __future__ import annotations

from functools import singledispatch

from models.blocks import AddInput, ConnectInput, InsertAfter, InsertBefore, RemoveBlock, Repair, SetFields
from models.network import edits
from models.network.graph import Network, Source


def apply_repair(network: Network, node_id: str, repair: Repair) -> Network:
    """The network after the repair. Raises EditError when the node has gone or the repair no longer fits."""
    if node_id not in network:
        raise edits.EditError("That block is gone, and its problem with it.")
    return _apply(repair, network, node_id)


@singledispatch
def _apply(repair: object, network: Network, node_id: str) -> Network:
    raise TypeError(f"not a repair: {repair!r}")


@_apply.register
def _(repair: SetFields, network: Network, node_id: str) -> Network:
    block = network.node(node_id).block.replace(**dict(repair.changes))
    return edits.replace_block(network, node_id, block)


@_apply.register
def _(repair: InsertBefore, network: Network, node_id: str) -> Network:
    return edits.insert_before(network, node_id, repair.blocks, repair.input_index)


@_apply.register
def _(repair: InsertAfter, network: Network, node_id: str) -> Network:
    return edits.insert_after(network, node_id, repair.blocks)[0]


@_apply.register
def _(repair: RemoveBlock, network: Network, node_id: str) -> Network:
    return edits.remove(network, (node_id,))


@_apply.register
def _(repair: ConnectInput, network: Network, node_id: str) -> Network:
    return edits.connect(network, Source(repair.source, repair.output), node_id)


@_apply.register
def _(repair: AddInput, network: Network, node_id: str) -> Network:
    return edits.add_input(network, node_id, repair.block)
