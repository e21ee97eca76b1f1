"""The layout's promises, over random networks."""

from __future__ import annotations

from itertools import combinations, pairwise, product

from hypothesis import given
from hypothesis import strategies as st

from models.blocks.activation import ReLU
from models.blocks.input import Input
from models.blocks.merge import Add
from models.network.graph import Network, Node, Source
from models.network.layout import CARD_WIDTH, Box, Route, layout


@st.composite
def networks(draw: st.DrawFn, largest: int = 14) -> Network:
    nodes = [Node(id="n0", block=Input())]
    for index in range(1, draw(st.integers(1, largest))):
        sources = draw(st.lists(st.integers(0, index - 1), max_size=3))
        block = Add() if len(sources) > 1 else ReLU()
        nodes.append(Node(id=f"n{index}", block=block, inputs=tuple(Source(f"n{s}") for s in sources)))
    return Network(nodes=tuple(nodes))


def overlap(a: Box, b: Box) -> bool:
    return a.x < b.right and b.x < a.right and a.y < b.bottom and b.y < a.bottom


def residual() -> Network:
    return Network(
        nodes=(
            Node(id="a", block=Input()),
            Node(id="b", block=ReLU(), inputs=(Source("a"),)),
            Node(id="c", block=ReLU(), inputs=(Source("b"),)),
            Node(id="d", block=Add(), inputs=(Source("c"), Source("a"))),
        )
    )


@given(networks())
def test_cards_never_overlap_and_edges_go_down(network: Network) -> None:
    result = layout(network)
    assert set(result.boxes) == {node.id for node in network.nodes}
    assert not any(overlap(a, b) for a, b in combinations(result.boxes.values(), 2))
    assert set(result.routes) == set(network.edges)
    for edge, route in result.routes.items():
        assert result.rows[edge.source.node] < result.rows[edge.target]
        assert all(y1 <= y2 for (_, y1), (_, y2) in pairwise(route.points))


@given(networks())
def test_connections_run_along_axes_and_through_no_card(network: Network) -> None:
    result = layout(network)
    for route in result.routes.values():
        for (x1, y1), (x2, y2) in pairwise(route.points):
            assert x1 == x2 or y1 == y2
            line = Box(min(x1, x2), y1, abs(x2 - x1), y2 - y1)
            assert not any(overlap(line, box) for box in result.boxes.values())


def parts(route: Route, vertical: bool) -> list[tuple[float, float, float]]:
    """The vertical (horizontal) parts: where they run, from and to."""
    pairs = [(a, b) for a, b in pairwise(route.points) if a != b and (a[0] == b[0]) == vertical]
    axis = 0 if vertical else 1
    return [(a[axis], *sorted((a[1 - axis], b[1 - axis]))) for a, b in pairs]


@given(networks())
def test_connections_that_have_nothing_in_common_never_run_on_one_another(network: Network) -> None:
    routes = layout(network).routes
    for (one, first), (other, second) in combinations(routes.items(), 2):
        if one.source == other.source or one.target == other.target:
            continue
        for vertical in (True, False):
            for (x, a, b), (y, c, d) in product(parts(first, vertical), parts(second, vertical)):
                assert abs(x - y) > 5 or b <= c or d <= a


@given(networks())
def test_lanes_are_shared_by_nobody(network: Network) -> None:
    laned = [route for route in layout(network).routes.values() if route.lane is not None]
    for first, second in combinations(laned, 2):
        (x, a, b), (y, c, d) = (
            max(parts(route, True), key=lambda part: part[2] - part[1]) for route in (first, second)
        )
        assert abs(x - y) > 5 or b <= c or d <= a


@given(networks())
def test_the_slot_of_every_edge_is_free_once_its_row_is_open(network: Network) -> None:
    result = layout(network)
    for edge in (*network.edges, None):
        slot = result.slot(edge)
        assert not any(overlap(slot.box, box) for box in result.with_gap(slot.row).boxes.values())


@given(networks())
def test_the_same_network_gives_the_same_layout(network: Network) -> None:
    copy = Network.model_validate(network.model_dump())
    assert layout(copy).boxes == layout(network).boxes
    assert layout(copy).routes == layout(network).routes


def test_a_stack_is_one_column() -> None:
    nodes = [Node(id="n0", block=Input())]
    nodes += [Node(id=f"n{i}", block=ReLU(), inputs=(Source(f"n{i - 1}"),)) for i in range(1, 500)]
    result = layout(Network(nodes=tuple(nodes)))
    assert {box.x for box in result.boxes.values()} == {-CARD_WIDTH / 2}
    assert list(result.rows.values()) == list(range(500))
    assert all(len(route.points) == 2 for route in result.routes.values())


def test_a_loose_block_stays_in_the_stack() -> None:
    network = Network(nodes=(Node(id="a", block=Input()), Node(id="b", block=ReLU())))
    assert layout(network).rows == {"a": 0, "b": 1}


def test_a_shortcut_runs_in_a_lane_beside_the_cards_it_passes() -> None:
    result = layout(residual())
    assert set(result.columns.values()) == {0.0}
    assert [route.lane for route in result.routes.values()] == [None, None, None, 0]


def test_branches_stand_side_by_side_and_their_join_in_the_middle() -> None:
    network = Network(
        nodes=(
            Node(id="a", block=Input()),
            Node(id="left", block=ReLU(), inputs=(Source("a"),)),
            Node(id="left2", block=ReLU(), inputs=(Source("left"),)),
            Node(id="right", block=ReLU(), inputs=(Source("a"),)),
            Node(id="join", block=Add(), inputs=(Source("left2"), Source("right"))),
            Node(id="end", block=ReLU(), inputs=(Source("join"),)),
        )
    )
    result = layout(network)
    assert result.columns == {"a": 0, "left": -0.5, "left2": -0.5, "right": 0.5, "join": 0, "end": 0}
    assert all(route.lane is None for route in result.routes.values())
