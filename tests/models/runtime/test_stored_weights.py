"""An engine that starts from the weights a project names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.analysis import analyse
from models.network.graph import Network
from models.network.project import StoredWeights
from models.network.weights_file import store_weights
from models.training.commands import Build
from models.training.events import Built, Failed


@pytest.fixture
def stored(small: Network, tmp_path: Path) -> StoredWeights:
    """Weights for every layer of the small network, all of them 0.25."""
    known = analyse(small).nodes.values()
    values = {
        node.node_id: [np.full(w.shape, 0.25, np.float32) for w in node.weights] for node in known if node.weights
    }
    return store_weights(tmp_path / "w.npz", values)


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
