import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import networks

from models.analysis import analyse
from models.analysis.diagram import COLORS, DiagramError, diagram_svg
from models.analysis.diagram_page import FOLDED_ABOVE, page
from models.blocks.activation import ReLU
from models.blocks.input import Input
from models.blocks.merge import Add
from models.network.graph import Network, Node, Source
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
    assert_drawn_whole(network, ElementTree.fromstring(diagram_svg(network, analyse(network), theme)))


def assert_drawn_whole(network: Network, root: ElementTree.Element) -> None:
    """Every card once, inside the page and apart from the others; every connection once."""
    _, _, width, height = map(float, root.get("viewBox", "").split())
    boxes, places = layout(network).boxes, {}
    for column in root.iter(f"{SVG}g"):
        if column.get("transform"):
            x, y = map(float, column.get("transform", "").removeprefix("translate(").removesuffix(")").split())
            cards = [group for group in column.iter(f"{SVG}g") if group.get("id")]
            places.update(
                {card.get("id"): (boxes[card.get("id")].x + x, boxes[card.get("id")].y + y) for card in cards}
            )
    assert places.keys() == {node.id for node in network.nodes}
    assert sum(len(group) for group in root.iter(f"{SVG}g") if group.get("stroke")) == len(network.edges)
    for node_id, (x, y) in places.items():
        assert 0 <= x <= width - boxes[node_id].width
        assert 0 <= y <= height - boxes[node_id].height
    assert len({(round(x), round(y)) for x, y in places.values()}) == len(network)


@pytest.mark.parametrize("key", ["resnet152", "googlenet_auxiliary", "unet", "mobilenet_v1"])
def test_a_tall_network_is_folded_into_a_page(key: str) -> None:
    network = template(key).network()
    root = ElementTree.fromstring(diagram_svg(network, analyse(network)))
    assert_drawn_whole(network, root)
    stack = max(box.bottom for box in layout(network).boxes.values())
    assert stack < FOLDED_ABOVE or float(root.get("height", "")) < stack


def test_a_network_that_no_single_line_divides_stays_one_column() -> None:
    nodes = [Node(id="input", block=Input(shape=(8, 8, 3)))]
    nodes += [Node(id=f"relu{i}", block=ReLU(), inputs=(Source(f"relu{i - 1}" if i else "input"),)) for i in range(60)]
    nodes.append(Node(id="add", block=Add(), inputs=(Source("relu59"), Source("input"))))
    network = Network(nodes=tuple(nodes))
    assert len(page(layout(network)).columns) == 1


@given(st.text(max_size=200))
def test_any_name_is_text(name: str) -> None:
    network = template("lenet5").network()
    nodes = tuple(node.with_name(name) if node.id == "conv2d" else node for node in network.nodes)
    root = ElementTree.fromstring(diagram_svg(Network(nodes=nodes), analyse(network), title=name))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {
        "svg", "title", "desc", "rect", "g", "path", "text", *(["tspan"] if name else []),
    }  # fmt: skip


def test_a_card_says_what_the_canvas_says() -> None:
    network = template("lenet5").network()
    text = diagram_svg(network, analyse(network))
    for said in ("Conv2D", "6 · 5×5 · tanh", "156 params", "28×28×6"):
        assert f">{said}</text>" in text
    assert not re.search(r"nan|inf", text)
