"""What the canvas keeps from before an edit never shows: it displays what it would display from scratch."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from PySide6.QtWidgets import QApplication
from strategies import edits, networks

from models.analysis import Analysis, analyse
from models.blocks.composite import CompositeBlock
from models.network.edits import EditError
from models.network.graph import Network
from widgets.canvas.edge import EdgeItem
from widgets.canvas.scene import NetworkScene
from widgets.canvas.shown import show
from widgets.theme import DARK


def displayed(scene: NetworkScene) -> object:
    """All that can be seen, read from the items themselves."""
    cards = {key: (card.content, card.pos().toTuple()) for key, card in scene.cards.items()}
    lines = {edge: (line.route, line.pos().toTuple(), corners(line)) for edge, line in scene.edges.items()}
    frames = {
        key: (frame.content, frame.pos().toTuple(), frame.rect().getRect(), frame.field.boundingRect().getRect())
        for key, frame in scene.frames.items()
    }
    items = sorted(type(item).__name__ for item in scene.items())
    return cards, lines, frames, items, scene.sceneRect().getRect(), scene.cards_extent().getRect()


def corners(line: EdgeItem) -> list[tuple[float, float]]:
    path = line.path()
    return [(path.elementAt(index).x, path.elementAt(index).y) for index in range(path.elementCount())]


def composites(network: Network) -> list[str]:
    own = [node.id for node in network.nodes if isinstance(node.block, CompositeBlock)]
    return own + [f"{node_id}__unit" for node_id in own]


@given(st.data())
@settings(max_examples=60)
def test_edits_are_displayed_as_if_from_scratch(qapp: QApplication, data: st.DataObject) -> None:
    network, analysis = data.draw(networks()), Analysis()
    scene = NetworkScene(DARK)
    for _ in range(data.draw(st.integers(2, 5))):
        analysis = analyse(network, before=analysis)
        candidates = composites(network)
        opened = data.draw(st.lists(st.sampled_from(candidates), unique=True)) if candidates else []
        scene.set_shown(show(network, analysis, opened, scene.shown))
        fresh = NetworkScene(DARK)
        fresh.set_shown(show(network, analyse(network), opened))
        assert scene.shown.analysis == fresh.shown.analysis
        assert scene.shown.frames == fresh.shown.frames
        assert displayed(scene) == displayed(fresh)
        try:
            network = data.draw(edits(network)).apply(network)
        except (EditError, ValidationError):
            continue
