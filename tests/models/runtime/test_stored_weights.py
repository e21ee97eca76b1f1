"""An engine that starts from the weights a project names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.analysis import analyse, layers_with_weights
from models.blocks.composite import ENTRY, Group
from models.blocks.convolution import Conv2D, DepthwiseConv2D
from models.blocks.input import Input
from models.network.edits import insert_after
from models.network.graph import Network, Node, Source, stack
from models.network.grouping import group
from models.network.project import StoredWeights
from models.network.weights_file import store_weights
from models.training.commands import Build
from models.training.events import Built, Failed


@pytest.fixture
def stored(small: Network, tmp_path: Path) -> StoredWeights:
    """Weights for every layer of the small network, all of them 0.25."""
    return stored_for(small, tmp_path / "w.npz")


def stored_for(network: Network, path: Path) -> StoredWeights:
    layers = list(layers_with_weights(analyse(network)))
    values = {layer.layer_id: [np.full(w.shape, 0.25, np.float32) for w in layer.weights] for layer in layers}
    return store_weights(path, values, layers)


def taken(desk: Any) -> set[str]:
    """The layers of the engine's model that have the stored weights."""
    return {key for key, values in desk.engine._live.weights().items() if all((v == 0.25).all() for v in values)}


def test_a_fresh_model_takes_them_and_says_so(desk: Any, small: Network, stored: StoredWeights) -> None:
    built = desk.want(Build(small, fresh=True, weights=stored), Built)
    assert taken(desk) == {"conv2d", "dense"}
    assert {"conv2d", "dense"} <= built.kept


def test_what_was_edited_starts_afresh(desk: Any, small: Network, stored: StoredWeights) -> None:
    dense = small.node("dense")
    wider = Network(nodes=(*small.nodes[:-1], dense.with_block(dense.block.replace(units=11))))
    built = desk.want(Build(wider, fresh=True, weights=stored), Built)
    assert taken(desk) == {"conv2d"}
    assert "dense" not in built.kept


def test_weights_that_cannot_be_used_are_told_once_and_the_model_is_built(
    desk: Any, small: Network, stored: StoredWeights
) -> None:
    Path(stored.path).write_bytes(b"something else")
    first = desk.ask(Build(small, fresh=True, weights=stored))
    (failed,) = (event for event in first if isinstance(event, Failed))
    assert "its contents have changed" in failed.message
    assert any(isinstance(event, Built) for event in first)
    assert taken(desk) == set()
    again = desk.ask(Build(small, fresh=True, weights=stored))
    assert not any(isinstance(event, Failed) for event in again)


def test_another_project_has_none_of_them(desk: Any, small: Network, stored: StoredWeights) -> None:
    desk.want(Build(small, fresh=True, weights=stored), Built)
    built = desk.want(Build(small, fresh=True), Built)
    assert taken(desk) == set()
    assert not built.kept


def test_groups_within_groups_keep_them(desk: Any, small: Network, stored: StoredWeights) -> None:
    inner, inner_id = group(small, ["conv2d"], "inner")
    outer, outer_id = group(inner, [inner_id], "outer")
    built = desk.want(Build(outer, fresh=True, weights=stored), Built)
    assert taken(desk) == {f"{outer_id}__{inner_id}__conv2d", "dense"}
    assert outer_id in built.kept


def test_a_layer_of_the_same_id_inside_of_something_new_has_none(desk: Any, tmp_path: Path) -> None:
    conv = Conv2D(filters=4, padding="same")
    network = stack(Input(shape=(8, 8, 4)), conv)
    stored = stored_for(network, tmp_path / "w.npz")
    inside = Node(id="conv2d", block=conv, inputs=(Source(ENTRY),))
    grown, (unit,) = insert_after(network, None, [Group(name="unit", nodes=(inside,), output=Source("conv2d"))])
    built = desk.want(Build(grown, fresh=True, weights=stored), Built)
    assert taken(desk) == {"conv2d"}
    assert unit not in built.kept


def test_a_layer_of_another_type_has_none(desk: Any, tmp_path: Path) -> None:
    before = stack(Input(shape=(8, 8, 1)), Conv2D(filters=1))
    stored = stored_for(before, tmp_path / "w.npz")
    node = before.node("conv2d")
    after = Network(nodes=(before.nodes[0], node.with_block(DepthwiseConv2D())))
    assert [w.shape for w in analyse(after).nodes["conv2d"].weights] == [(3, 3, 1, 1), (1,)]
    built = desk.want(Build(after, fresh=True, weights=stored), Built)
    assert not built.kept
