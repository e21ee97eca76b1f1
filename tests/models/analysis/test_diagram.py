import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import networks

from models.analysis import analyse
from models.analysis.diagram import COLORS, DiagramError, diagram_svg
from models.network.graph import Network
from models.network.layout import layout
from models.zoo import template
from widgets.theme import THEMES

SVG = "{http://www.w3.org/2000/svg}"


def test_the_colours_are_the_windows_own() -> None:
    for name, colors in COLORS.items():
        theme = THEMES[name]
        assert colors.families == theme.families
        for token in ("background", "panel", "raised", "line", "text", "dim", "bad"):
            assert getattr(colors, token) == getattr(theme, token)


@settings(max_examples=40)
@given(networks(), st.sampled_from(["dark", "light"]))
def test_every_network_is_drawn_whole(network: Network, theme: str) -> None:
    if not network.nodes:
        with pytest.raises(DiagramError, match="empty"):
            diagram_svg(network, analyse(network))
        return
    root = ElementTree.fromstring(diagram_svg(network, analyse(network), theme))
    left, top, width, height = map(float, root.get("viewBox", "").split())
    cards = {group.get("id"): group for group in root.iter(f"{SVG}g") if group.get("id")}
    assert cards.keys() == {node.id for node in network.nodes}
    connections = next(group for group in root.iter(f"{SVG}g") if group.get("stroke"))
    assert len(connections) == len(network.edges)
    for node_id, box in layout(network).boxes.items():
        assert left <= box.x
        assert top <= box.y
        assert box.right <= left + width
        assert box.bottom <= top + height
        rectangle = next(cards[node_id].iter(f"{SVG}rect"))
        assert (float(rectangle.get("x", "")), float(rectangle.get("y", ""))) == pytest.approx((box.x, box.y), abs=0.1)


@given(st.text(max_size=200))
def test_any_name_is_text(name: str) -> None:
    network = template("lenet5").network()
    nodes = tuple(node.with_name(name) if node.id == "conv2d" else node for node in network.nodes)
    root = ElementTree.fromstring(diagram_svg(Network(nodes=nodes), analyse(network), title=name))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {
        "svg", "title", "desc", "rect", "g", "path", "text",
    }  # fmt: skip


def test_a_card_says_what_the_canvas_says() -> None:
    network = template("lenet5").network()
    text = diagram_svg(network, analyse(network))
    for said in ("Conv2D", "6 · 5×5 · tanh", "156 params", "28×28×6"):
        assert f">{said}</text>" in text
    assert not re.search(r"nan|inf", text)
