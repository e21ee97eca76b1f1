"""The layout's promises, over random networks."""

from __future__ import annotations

from itertools import combinations, pairwise, product

from hypothesis import given
from hypothesis import strategies as st

from models.analysis import analyse, open_view
from models.blocks import Block
from models.blocks.activation import ReLU
from models.blocks.channels import ChannelSplit
from models.blocks.composite import ENTRY, CompositeBlock, Group
from models.blocks.input import Input
from models.blocks.merge import Add
from models.blocks.output import AuxiliaryOutput
from models.blocks.residual import ResidualBlock
from models.network import edits
from models.network.graph import Network, Node, Source
from models.network.layout import CARD_WIDTH, HEADER, Box, Route, layout


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


@st.composite
def framed(draw: st.DrawFn) -> tuple[Network, dict[str, tuple[str, ...]]]:
    """A network with composites opened, some of them inside others, and the members of every frame."""
    nodes = [Node(id="n0", block=Input(shape=(8, 8, 4)))]
    for index in range(1, draw(st.integers(2, 6))):
        sources = draw(st.lists(st.integers(0, index - 1), min_size=1, max_size=3, unique=True))
        block = Add() if len(sources) > 1 else draw(st.sampled_from([ReLU(), ResidualBlock(filters=4), WIDE, NESTED]))
        nodes.append(Node(id=f"n{index}", block=block, inputs=tuple(Source(f"n{s}") for s in sources)))
    network = Network(nodes=tuple(nodes))
    composites = [node.id for node in nodes if isinstance(node.block, CompositeBlock)]
    opened = draw(st.sets(st.sampled_from([*composites, *(f"{key}__one" for key in composites)]))) if composites else ()
    view = open_view(network, analyse(network), opened)
    return view.network, {frame.node_id: frame.members for frame in view.frames.values()}


def chain(*blocks: Block) -> tuple[Node, ...]:
    ids = ("one", "two", "three")
    sources = (ENTRY, *ids)
    return tuple(
        Node(id=own, block=block, inputs=(Source(source),))
        for own, source, block in zip(ids, sources, blocks, strict=False)
    )


NESTED = Group(name="nested", nodes=chain(ResidualBlock(filters=4), ReLU()), output=Source("two"))
WIDE = Group(
    name="wide",
    nodes=(
        Node(id="left", block=ReLU(), inputs=(Source(ENTRY),)),
        Node(id="right", block=ReLU(), inputs=(Source(ENTRY),)),
        Node(id="join", block=Add(), inputs=(Source("left"), Source("right"), Source(ENTRY))),
    ),
    output=Source("join"),
)


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


@given(framed())
def test_a_frame_holds_its_members_and_nothing_else(drawn: tuple[Network, dict[str, tuple[str, ...]]]) -> None:
    network, frames = drawn
    result = layout(network, frames)
    assert set(result.frames) == set(frames)
    for frame, members in frames.items():
        box = result.frames[frame]
        for node_id, card in result.boxes.items():
            if node_id in members:
                assert box.x < card.x
                assert card.right < box.right
                assert box.y + HEADER - 8 <= card.y  # beneath the title
                assert card.bottom < box.bottom
            else:
                assert not overlap(box, card)
    for (one, first), (other, second) in combinations(frames.items(), 2):
        nested = set(first) <= set(second) or set(second) <= set(first)
        assert nested or not overlap(result.frames[one], result.frames[other])


@given(framed())
def test_connections_keep_their_promises_between_frames(drawn: tuple[Network, dict[str, tuple[str, ...]]]) -> None:
    network, frames = drawn
    result = layout(network, frames)
    assert not any(overlap(a, b) for a, b in combinations(result.boxes.values(), 2))
    for edge, route in result.routes.items():
        foreign = [
            result.frames[frame] for frame, ids in frames.items() if not {edge.source.node, edge.target} & set(ids)
        ]
        for (x1, y1), (x2, y2) in pairwise(route.points):
            assert x1 == x2 or y1 == y2
            assert y1 <= y2
            line = Box(min(x1, x2), y1, abs(x2 - x1), y2 - y1)
            assert not any(overlap(line, box) for box in result.boxes.values())
            assert x1 != x2 or not any(overlap(line, box) for box in foreign)


@given(networks(), st.data())
def test_a_block_more_in_a_connection_stands_in_it_and_leaves_the_rows_above(
    network: Network, data: st.DataObject
) -> None:
    if not network.edges:
        return
    edge = data.draw(st.sampled_from(network.edges))
    before = layout(network)
    changed, (new,) = edits.insert_on_edge(network, edge, (ReLU(),))
    after = layout(changed)
    above = [node.id for node in network.nodes if before.rows[node.id] < before.rows[edge.source.node]]
    assert {node_id: after.rows[node_id] for node_id in above} == {node_id: before.rows[node_id] for node_id in above}
    assert after.rows[new] == before.rows[edge.source.node] + 1


@given(networks(), st.data())
def test_other_settings_move_nothing(network: Network, data: st.DataObject) -> None:
    node = data.draw(st.sampled_from(network.nodes))
    before = layout(network)
    after = layout(edits.rename(network, node.id, "another"), before=before)
    assert after.network.node(node.id).title == "another"
    assert (after.boxes, after.routes) == (before.boxes, before.routes)


def test_a_block_more_in_one_branch_leaves_the_columns_of_all_else() -> None:
    network = branched()
    changed, (new,) = edits.insert_after(network, "left", (ReLU(),))
    before, after = layout(network), layout(changed)
    assert {key: after.columns[key] for key in before.columns} == before.columns
    assert after.columns[new] == before.columns["left"]


def test_a_head_that_leads_nowhere_stands_aside_and_leaves_the_trunk_as_it_was() -> None:
    trunk = branched()
    headed = Network(
        nodes=(
            *trunk.nodes[:1],
            Node(id="head", block=ReLU(), inputs=(Source("a"),)),
            Node(id="head2", block=AuxiliaryOutput(), inputs=(Source("head"),)),
            *trunk.nodes[1:],
        )
    )
    plain, result = layout(trunk), layout(headed)
    assert {key: result.columns[key] for key in plain.columns} == plain.columns
    assert {key: result.rows[key] for key in plain.rows} == plain.rows
    assert result.columns["head"] == result.columns["head2"] == max(plain.columns.values()) + 1


def test_outputs_have_ports_of_their_own() -> None:
    split = Network(
        nodes=(
            Node(id="a", block=Input(shape=(8, 8, 4))),
            Node(id="s", block=ChannelSplit(), inputs=(Source("a"),)),
            Node(id="left", block=ReLU(), inputs=(Source("s", 0),)),
            Node(id="right", block=ReLU(), inputs=(Source("s", 1),)),
        )
    )
    result = layout(split)
    starts = [route.points[0] for edge, route in result.routes.items() if edge.source.node == "s"]
    assert starts == [result.port("s", 0), result.port("s", 1)]
    assert starts[0][0] < result.boxes["s"].center[0] < starts[1][0]


def branched() -> Network:
    return Network(
        nodes=(
            Node(id="a", block=Input()),
            Node(id="left", block=ReLU(), inputs=(Source("a"),)),
            Node(id="right", block=ReLU(), inputs=(Source("a"),)),
            Node(id="join", block=Add(), inputs=(Source("left"), Source("right"))),
            Node(id="end", block=ReLU(), inputs=(Source("join"),)),
        )
    )
