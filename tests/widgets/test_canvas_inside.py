"""Looking inside composite blocks on the canvas."""

from __future__ import annotations

import numpy as np
import pytest
from canvas_driver import drop, enter, hover, let_go, middle_of, mouse, pull
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtWidgets import QToolTip
from pytestqt.qtbot import QtBot

from models.analysis import analyse
from models.blocks.activation import ReLU
from models.blocks.composite import ENTRY, Group
from models.blocks.input import Input
from models.blocks.residual import ResidualBlock
from models.network import edits
from models.network.graph import Edge, Network, Node, Source, stack
from widgets.canvas import CanvasView
from widgets.mime import block_mime
from widgets.theme import LIGHT

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)

FIRST, SECOND = "residualblock", "residualblock_2"
NETWORK = stack(Input(shape=(16, 16, 3)), ResidualBlock(filters=4), ResidualBlock(filters=4), ReLU())
INNER = f"{FIRST}__conv1"
NESTED = stack(
    Input(shape=(16, 16, 4)),
    Group(
        name="pair",
        nodes=(
            Node(id="one", block=ResidualBlock(filters=4), inputs=(Source(ENTRY),)),
            Node(id="two", block=ReLU(), inputs=(Source("one"),)),
        ),
        output=Source("two"),
    ),
    ReLU(),
)


@pytest.fixture
def canvas(qtbot: QtBot) -> CanvasView:
    view = CanvasView()
    qtbot.addWidget(view)
    view.resize(1200, 900)
    view.set_network(NETWORK, analyse(NETWORK))
    view.show()
    view.activateWindow()
    view.setFocus()
    return view


def click(canvas: CanvasView, position: QPoint) -> None:
    pull(canvas, position)
    let_go(canvas, position)


def chevron(canvas: CanvasView, node_id: str) -> QPoint:
    canvas.ensure_visible(node_id)
    scene = canvas.scene()
    item = scene.cards.get(node_id) or scene.frames[node_id]
    return canvas.mapFromScene(item.mapToScene(item.chevron_rect().center()))


def header(canvas: CanvasView, node_id: str) -> QPoint:
    return canvas.mapFromScene(canvas.rect_of(node_id).center())


def inside(canvas: CanvasView, node_id: str) -> set[str]:
    """The cards that stand in a frame."""
    box = canvas.scene().layout.frames[node_id]
    cards = canvas.scene().layout.boxes.items()
    return {key for key, card in cards if box.x < card.x and card.right < box.right and box.y < card.y < box.bottom}


def test_the_arrow_opens_and_closes_in_place(qtbot: QtBot, canvas: CanvasView) -> None:
    kept = canvas.card("relu")
    with qtbot.waitSignal(canvas.opened_changed):
        click(canvas, chevron(canvas, FIRST))
    assert canvas.opened == (FIRST,)
    assert FIRST not in canvas.scene().cards
    assert inside(canvas, FIRST) == {node_id for node_id in canvas.scene().cards if node_id.startswith(f"{FIRST}__")}
    assert "ResidualBlock" in canvas.scene().frames[FIRST].accessible_name()
    assert canvas.card("relu") is kept
    with qtbot.waitSignal(canvas.opened_changed):
        click(canvas, chevron(canvas, FIRST))
    assert canvas.opened == ()
    assert set(canvas.scene().cards) == {node.id for node in NETWORK.nodes}
    assert not canvas.scene().frames


def test_double_click_and_key_open_as_well(qtbot: QtBot, canvas: CanvasView) -> None:
    with qtbot.assertNotEmitted(canvas.edit_requested):
        mouse(canvas, QEvent.Type.MouseButtonDblClick, middle_of(canvas, FIRST))
    assert canvas.opened == (FIRST,)
    mouse(canvas, QEvent.Type.MouseButtonDblClick, header(canvas, FIRST))
    assert canvas.opened == ()
    canvas.set_selection((SECOND,))
    qtbot.keyClick(canvas, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    assert canvas.opened == (SECOND,)
    assert canvas.accessibleName() == canvas.scene().frames[SECOND].accessible_name()
    qtbot.keyClick(canvas, Qt.Key.Key_Down)  # into it
    assert canvas.inner is not None
    qtbot.keyClick(canvas, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)  # closes what is around
    assert (canvas.opened, canvas.selected_ids(), canvas.inner) == ((), (SECOND,), None)


def test_frames_nest(canvas: CanvasView) -> None:
    canvas.set_network(NESTED, analyse(NESTED))
    canvas.set_open(("group",))
    inner = "group__one"
    click(canvas, chevron(canvas, inner))
    assert canvas.opened == ("group", inner)
    outer_box, inner_box = (canvas.scene().layout.frames[key] for key in ("group", inner))
    assert outer_box.x < inner_box.x
    assert inner_box.right < outer_box.right
    assert outer_box.y < inner_box.y
    assert inner_box.bottom < outer_box.bottom
    click(canvas, chevron(canvas, "group"))  # closes both
    assert canvas.opened == ()
    canvas.set_open(("group",))
    assert canvas.opened == ("group",)


def test_what_is_inside_is_looked_at_and_no_part_of_the_selection(qtbot: QtBot, canvas: CanvasView) -> None:
    canvas.set_selection(("relu",))
    canvas.set_open((FIRST,))
    with qtbot.waitSignal(canvas.selection_changed) as chosen, qtbot.waitSignal(canvas.inner_selected) as looked:
        click(canvas, middle_of(canvas, INNER))
    assert (chosen.args, looked.args, canvas.inner) == ([()], [INNER], INNER)
    assert canvas.accessibleName().startswith("conv1, Conv2D")
    canvas.set_selection(())  # as the document's selection is now
    assert canvas.selected_ids() == (INNER,)
    with qtbot.waitSignal(canvas.inner_selected) as told:
        click(canvas, middle_of(canvas, "relu"))
    assert told.args == [""]
    assert (canvas.inner, canvas.selected_ids()) == (None, ("relu",))


def test_what_is_inside_does_not_move_and_says_why(
    qtbot: QtBot, canvas: CanvasView, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []
    monkeypatch.setattr(QToolTip, "showText", lambda _place, text, *_: said.append(text))
    canvas.set_open((FIRST,))
    start = middle_of(canvas, INNER)
    with qtbot.assertNotEmitted(canvas.blocks_moved):
        pull(canvas, start, start + QPoint(0, 200))
        let_go(canvas, start + QPoint(0, 200))
    assert said == ["Unpack ResidualBlock to edit what is inside"]
    assert "Unpack" in canvas.card(INNER).toolTip()


def test_blocks_drop_around_an_open_composite_and_never_into_it(qtbot: QtBot, canvas: CanvasView) -> None:
    canvas.set_open((FIRST,))
    for place in (middle_of(canvas, INNER), header(canvas, FIRST), middle_of(canvas, f"{FIRST}__relu2")):
        with qtbot.waitSignal(canvas.block_dropped) as caught:
            drop(canvas, block_mime(ReLU()), place)
        assert caught.args[1] in NETWORK.edges
    frame = canvas.scene().layout.frames[FIRST]
    data, above = block_mime(ReLU()), canvas.mapFromScene(QPointF(frame.center[0], frame.y - 6))
    enter(canvas, data)
    hover(canvas, data, above)
    ghost, moved = canvas.scene().ghost, canvas.scene().frames[FIRST]
    assert ghost.y() + 64 <= moved.y()
    with qtbot.waitSignal(canvas.block_dropped) as caught:
        drop(canvas, data, above)
    assert caught.args == [ReLU(), Edge(Source("input"), FIRST, 0)]


def test_an_open_composite_connects_as_a_closed_one_does(qtbot: QtBot, canvas: CanvasView) -> None:
    canvas.set_open((FIRST,))
    canvas.fit()  # both ends are in view, so that nothing scrolls
    last = canvas.shown.outputs[FIRST][0].node
    mouse(canvas, QEvent.Type.MouseMove, middle_of(canvas, last), Qt.MouseButton.NoButton)
    (port,) = [port for port in canvas.scene().ports.ports if port.source is not None]
    start = canvas.mapFromScene(port.point)
    with qtbot.waitSignal(canvas.connection_dropped) as caught:
        pull(canvas, start, start + QPoint(20, 20), middle_of(canvas, "relu"))
        let_go(canvas, middle_of(canvas, "relu"))
    assert caught.args == [Source(FIRST), "relu"]
    mouse(canvas, QEvent.Type.MouseMove, middle_of(canvas, INNER), Qt.MouseButton.NoButton)
    assert all(port.source is None for port in canvas.scene().ports.ports)  # what goes on inside stays inside


def test_edits_keep_composites_open_and_another_network_closes_them(canvas: CanvasView) -> None:
    canvas.set_open((FIRST, SECOND))
    changed, _ = edits.insert_after(NETWORK, FIRST, (ReLU(),))
    canvas.set_network(changed, analyse(changed))
    assert canvas.opened == (FIRST, SECOND)
    without = edits.remove(NETWORK, (SECOND,))
    canvas.set_network(without, analyse(without))
    assert canvas.opened == (FIRST,)
    canvas.set_network(NETWORK, analyse(NETWORK))  # undone
    assert canvas.opened == (FIRST, SECOND)
    other = stack(Input(shape=(8, 8, 1)))
    canvas.set_network(Network(), analyse(Network()))
    canvas.set_network(other, analyse(other))
    canvas.set_network(NETWORK, analyse(NETWORK))
    assert canvas.opened == ()


def test_inner_cards_show_their_maps(canvas: CanvasView) -> None:
    canvas.set_open((FIRST,))
    assert INNER in canvas.visible_ids()
    area = canvas.mapFromScene(canvas.card(INNER).sceneBoundingRect()).boundingRect()
    plain = canvas.grab(area).toImage()
    canvas.set_strips({INNER: np.random.default_rng(0).random((16, 16, 4), dtype=np.float32)})
    assert canvas.grab(area).toImage() != plain


def test_both_themes_paint_frames(canvas: CanvasView) -> None:
    canvas.set_open((FIRST, SECOND))
    dark = canvas.grab().toImage()
    canvas.set_theme(LIGHT)
    assert canvas.grab().toImage() != dark


def test_what_has_no_shapes_yet_cannot_be_opened(canvas: CanvasView) -> None:
    loose = Network(nodes=(Node(id="a", block=ResidualBlock()),))
    canvas.set_network(loose, analyse(loose))
    canvas.set_selection(("a",))
    canvas.toggle_open()
    assert canvas.opened == ()
    assert not canvas.can_open("a")


@pytest.mark.parametrize("node_id", [FIRST, SECOND])
@pytest.mark.parametrize("zoom", [0.5, 1.0, 1.6])
def test_the_arrow_stays_under_the_pointer(canvas: CanvasView, node_id: str, zoom: float) -> None:
    canvas.resize(900, 400)
    canvas.set_zoom(zoom)
    place = chevron(canvas, node_id)
    for _ in range(3):
        click(canvas, place)
        assert (handle(canvas, node_id) - place).manhattanLength() <= 2


def handle(canvas: CanvasView, node_id: str) -> QPoint:
    """The arrow's place, without going there."""
    item = canvas.scene().cards.get(node_id) or canvas.scene().frames[node_id]
    return canvas.mapFromScene(item.mapToScene(item.chevron_rect().center()))


def test_the_title_of_a_frame_stays_in_view(canvas: CanvasView) -> None:
    canvas.set_open((FIRST,))
    canvas.resize(300, 400)
    canvas.set_zoom(2.0)
    bar = canvas.horizontalScrollBar()
    for value in (bar.minimum(), (bar.minimum() + bar.maximum()) // 2):
        bar.setValue(value)
        header_left = canvas.mapFromScene(canvas.rect_of(FIRST).topLeft()).x()
        place = handle(canvas, FIRST)
        assert place.x() >= max(0, header_left)
        assert place.x() <= max(0, header_left) + 60


def test_making_room_ends_with_fitting(canvas: CanvasView) -> None:
    canvas.resize(900, 400)
    whole = canvas.sceneRect()
    place = chevron(canvas, FIRST)
    click(canvas, place)
    click(canvas, place)
    canvas.fit()
    assert canvas.sceneRect() == whole
