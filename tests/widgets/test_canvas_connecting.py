"""Connecting and disconnecting on the canvas by mouse and keyboard."""

from __future__ import annotations

import pytest
from canvas_driver import drop, enter, hover, let_go, middle_of, mouse, pull
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QLabel
from pytestqt.qtbot import QtBot

from models.analysis import analyse
from models.blocks.activation import ReLU
from models.blocks.channels import ChannelSplit
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.merge import Add
from models.network.graph import Edge, Network, Node, Source, stack
from widgets.canvas import CanvasView
from widgets.canvas.drag_items import Port
from widgets.mime import block_mime

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)

SKIP = Network(
    nodes=(
        Node(id="a", block=Input(shape=(8, 8, 4))),
        Node(id="b", block=ReLU(), inputs=(Source("a"),)),
        Node(id="c", block=ReLU(), inputs=(Source("b"),)),
        Node(id="d", block=Add(), inputs=(Source("c"), Source("a"))),
        Node(id="e", block=ReLU(), inputs=(Source("d"),)),
    )
)
LANE = Edge(Source("a"), "d", 1)
SPLIT = Network(
    nodes=(
        Node(id="a", block=Input(shape=(8, 8, 4))),
        Node(id="s", block=ChannelSplit(), inputs=(Source("a"),)),
        Node(id="b", block=ReLU(), inputs=(Source("s", 0),)),
        Node(id="c", block=ReLU(), inputs=(Source("s", 1),)),
        Node(id="d", block=Add(), inputs=(Source("b"), Source("c"))),
    )
)


@pytest.fixture
def canvas(qtbot: QtBot) -> CanvasView:
    view = CanvasView()
    qtbot.addWidget(view)
    view.resize(1100, 700)
    view.set_network(SKIP, analyse(SKIP))
    view.show()
    view.activateWindow()
    view.setFocus()
    return view


def at(canvas: CanvasView, point: QPointF) -> QPoint:
    return canvas.mapFromScene(point)


def ports_of(canvas: CanvasView, node_id: str) -> tuple[Port, ...]:
    mouse(canvas, QEvent.Type.MouseMove, middle_of(canvas, node_id), Qt.MouseButton.NoButton)
    return canvas.scene().ports.ports


def output_of(canvas: CanvasView, node_id: str, output: int = 0) -> QPoint:
    (port,) = [port for port in ports_of(canvas, node_id) if port.source == Source(node_id, output)]
    return at(canvas, port.point)


def on_lane(canvas: CanvasView) -> QPoint:
    """The middle of the lane's longest part."""
    points = canvas.scene().layout.routes[LANE].points
    return at(canvas, QPointF(points[1][0], (points[1][1] + points[2][1]) / 2))


def hint(canvas: CanvasView) -> str:
    label = canvas.findChild(QLabel, "connectionHint")
    return "" if label.isHidden() else label.text()


@pytest.mark.parametrize("target", ["c", "d", "e"])
def test_an_output_connects_to_a_block_further_down(qtbot: QtBot, canvas: CanvasView, target: str) -> None:
    start, end = output_of(canvas, "b"), middle_of(canvas, target)
    with qtbot.waitSignal(canvas.connection_dropped) as caught, qtbot.assertNotEmitted(canvas.blocks_moved):
        pull(canvas, start, start + QPoint(30, 30), end)
        assert canvas.scene().rubber_line.isVisible()
        assert hint(canvas) == ""
        let_go(canvas, end)
    assert caught.args == [Source("b"), target]
    assert not canvas.scene().rubber_line.isVisible()


@pytest.mark.parametrize(("target", "words"), [("a", "takes no input"), ("b", "cycle: ReLU depends on ReLU")])
def test_what_refuses_says_why_while_it_is_pointed_at(
    qtbot: QtBot, canvas: CanvasView, target: str, words: str
) -> None:
    start, end = output_of(canvas, "c"), middle_of(canvas, target)
    with qtbot.assertNotEmitted(canvas.connection_dropped):
        pull(canvas, start, start + QPoint(30, 30), end)
        assert words in hint(canvas)
        let_go(canvas, end)
    assert hint(canvas) == ""


def test_the_reason_may_come_from_outside(qtbot: QtBot, canvas: CanvasView) -> None:
    asked = []

    def refuse(source: Source, target: str) -> str:
        asked.append((source, target))
        return "shapes differ" if target == "d" else ""

    canvas.connection_refusal = refuse
    start, end = output_of(canvas, "b"), middle_of(canvas, "d")
    with qtbot.assertNotEmitted(canvas.connection_dropped):
        pull(canvas, start, start + QPoint(30, 30), end)
        assert hint(canvas) == "shapes differ"
        let_go(canvas, end)
    assert asked[-1] == (Source("b"), "d")


def test_nothing_comes_of_empty_space_home_or_escape(qtbot: QtBot, canvas: CanvasView) -> None:
    start = output_of(canvas, "b")
    with qtbot.assertNotEmitted(canvas.connection_dropped), qtbot.assertNotEmitted(canvas.edge_cut):
        for end in (QPoint(20, 400), middle_of(canvas, "b")):
            pull(canvas, output_of(canvas, "b"), start + QPoint(30, 30), end)
            let_go(canvas, end)
        pull(canvas, output_of(canvas, "b"), start + QPoint(30, 30), middle_of(canvas, "e"))
        qtbot.keyClick(canvas, Qt.Key.Key_Escape)
        assert not canvas.scene().rubber_line.isVisible()
        let_go(canvas, middle_of(canvas, "e"))


def test_every_output_has_its_own_port_and_line(qtbot: QtBot, canvas: CanvasView) -> None:
    canvas.set_network(SPLIT, analyse(SPLIT))
    outputs = [port for port in ports_of(canvas, "s") if port.source is not None]
    names = [port.text.split(". ")[0] for port in outputs]
    assert names == ["Output 1 of 2, first half", "Output 2 of 2, second half"]
    routes = canvas.scene().layout.routes
    starts = [routes[Edge(Source("s", index), target, 0)].points[0] for index, target in enumerate("bc")]
    assert [port.point.x() for port in outputs] == [x for x, _ in starts]
    assert starts[0][0] < starts[1][0]
    assert "output 2 of 2" in canvas.card("s").accessible_name()
    with qtbot.waitSignal(canvas.connection_dropped) as caught:
        start = output_of(canvas, "s", 1)
        pull(canvas, start, start + QPoint(20, 20), middle_of(canvas, "d"))
        let_go(canvas, middle_of(canvas, "d"))
    assert caught.args == [Source("s", 1), "d"]


def test_dragging_a_line_off_cuts_it(qtbot: QtBot, canvas: CanvasView) -> None:
    start = on_lane(canvas)
    with qtbot.waitSignal(canvas.edge_cut) as caught:
        pull(canvas, start, start + QPoint(60, 0), start + QPoint(120, 10))
        assert "disconnect" in hint(canvas)
        let_go(canvas, start + QPoint(120, 10))
    assert caught.args == [LANE]


def test_dragging_a_line_to_another_block_rewires_it(qtbot: QtBot, canvas: CanvasView) -> None:
    start, end = on_lane(canvas), middle_of(canvas, "e")
    with qtbot.waitSignal(canvas.edge_rewired) as caught, qtbot.assertNotEmitted(canvas.edge_cut):
        pull(canvas, start, start + QPoint(60, 0), end)
        let_go(canvas, end)
    assert caught.args == [LANE, "e"]


def test_dropping_a_line_where_it_was_does_nothing(qtbot: QtBot, canvas: CanvasView) -> None:
    start, end = on_lane(canvas), middle_of(canvas, "d")
    with qtbot.assertNotEmitted(canvas.edge_cut), qtbot.assertNotEmitted(canvas.edge_rewired):
        pull(canvas, start, start + QPoint(60, 0), end)
        let_go(canvas, end)


def test_an_input_lets_go_of_its_connection(qtbot: QtBot, canvas: CanvasView) -> None:
    (port,) = [port for port in ports_of(canvas, "e") if port.edge is not None]
    start = at(canvas, port.point)
    with qtbot.waitSignal(canvas.edge_cut) as caught:
        pull(canvas, start, start + QPoint(300, 20), start + QPoint(320, 20))
        let_go(canvas, start + QPoint(320, 20))
    assert caught.args == [Edge(Source("d"), "e", 0)]


@pytest.mark.parametrize("key", [Qt.Key.Key_Delete, Qt.Key.Key_Backspace])
def test_a_selected_line_is_deleted_by_key(qtbot: QtBot, canvas: CanvasView, key: Qt.Key) -> None:
    canvas.set_selection(("b",))
    with qtbot.waitSignals([canvas.edge_selected, canvas.selection_changed]):
        pull(canvas, on_lane(canvas))
        let_go(canvas, on_lane(canvas))
    assert canvas.selected_edge == LANE
    assert canvas.selected_ids() == ()
    override = QKeyEvent(QEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.NoModifier)
    override.ignore()
    QApplication.sendEvent(canvas, override)
    assert override.isAccepted()  # or the menu's Delete would take it
    with qtbot.waitSignal(canvas.edge_cut) as caught:
        qtbot.keyClick(canvas, key)
    assert caught.args == [LANE]
    pull(canvas, middle_of(canvas, "b"))
    let_go(canvas, middle_of(canvas, "b"))
    assert canvas.selected_edge is None


def test_a_line_under_the_pointer_can_be_told_from_the_others(canvas: CanvasView) -> None:
    item, place = canvas.scene().edges[LANE], on_lane(canvas)
    plain = item.pen().width()
    mouse(canvas, QEvent.Type.MouseMove, place, Qt.MouseButton.NoButton)
    assert item.pen().widthF() > plain
    assert canvas.viewport().cursor().shape() == Qt.CursorShape.PointingHandCursor
    assert "disconnect" in canvas.viewport().toolTip()
    mouse(canvas, QEvent.Type.MouseMove, QPoint(20, 500), Qt.MouseButton.NoButton)
    assert item.pen().width() == plain
    assert canvas.viewport().toolTip() == ""


def test_a_badge_that_tells_of_problems_goes_before_the_port_behind_it(canvas: CanvasView) -> None:
    broken = stack(Input(shape=(8, 8, 4)), Dense(units=3), ReLU())
    canvas.set_network(broken, analyse(broken))
    card = canvas.card("dense")
    (port,) = [port for port in ports_of(canvas, "dense") if port.source is not None]
    place = at(canvas, port.point - QPointF(0, 5))
    assert canvas.mapFromScene(card.mapRectToScene(card.pill_rect())).boundingRect().contains(place)
    pull(canvas, place)
    let_go(canvas, place)
    assert canvas.findChild(QFrame, "problemPopup").isVisible()


# --- branches -------------------------------------------------------------------------------------------------------
def beside(canvas: CanvasView, node_id: str, sign: int) -> QPoint:
    card = canvas.rect_of(node_id)
    return at(canvas, QPointF(card.center().x() + sign * (card.width() / 2 + 60), card.center().y()))


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_block_dropped_beside_another_is_a_branch(qtbot: QtBot, canvas: CanvasView, sign: int) -> None:
    data, place = block_mime(ReLU(max_value=6.0)), beside(canvas, "e", sign)
    enter(canvas, data)
    hover(canvas, data, place)
    ghost = canvas.scene().ghost
    assert ghost.isVisible()
    assert (ghost.x() - canvas.card("e").x()) * sign > canvas.card("e").rect().width()
    with qtbot.waitSignal(canvas.block_dropped_beside) as caught, qtbot.assertNotEmitted(canvas.block_dropped):
        drop(canvas, data, place)
    assert caught.args == [ReLU(max_value=6.0), "e"]


def test_cards_move_beside_another(qtbot: QtBot, canvas: CanvasView) -> None:
    start, end = middle_of(canvas, "e"), beside(canvas, "b", -1)
    with qtbot.waitSignal(canvas.blocks_moved_beside) as caught, qtbot.assertNotEmitted(canvas.blocks_moved):
        pull(canvas, start, start + QPoint(-40, -40), end)
        let_go(canvas, end)
    assert caught.args == [("e",), "b"]


def test_nothing_stands_beside_the_input_or_itself(qtbot: QtBot, canvas: CanvasView) -> None:
    with qtbot.waitSignal(canvas.block_dropped), qtbot.assertNotEmitted(canvas.block_dropped_beside):
        drop(canvas, block_mime(ReLU()), beside(canvas, "a", -1))
    start, end = middle_of(canvas, "b"), beside(canvas, "b", -1)
    with qtbot.assertNotEmitted(canvas.blocks_moved_beside), qtbot.assertNotEmitted(canvas.blocks_moved):
        pull(canvas, start, start + QPoint(-40, 0), end)
        let_go(canvas, end)


def test_the_row_of_a_card_is_the_place_beside_it(qtbot: QtBot, canvas: CanvasView) -> None:
    """Also where the row has no card: up to the middle of the gap to the next one."""
    rect = canvas.rect_of("e")
    for height in (-6, rect.height() / 2, rect.height() + 6):
        point = canvas.mapFromScene(rect.topRight() + QPointF(40, height))
        with qtbot.waitSignal(canvas.block_dropped_beside) as caught:
            drop(canvas, block_mime(ReLU()), point)
        assert caught.args[1] == "e"
