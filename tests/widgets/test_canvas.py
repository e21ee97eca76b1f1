"""What the canvas shows and what it reports, but for dragging."""

from __future__ import annotations

import numpy as np
import pytest
from canvas_driver import let_go, middle_of, mouse, pull
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot
from strategies import PICKABLE, networks

from models.analysis import analyse
from models.blocks.activation import ReLU
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.merge import Add
from models.network import edits
from models.network.graph import Network, Node, Source, stack
from models.zoo import template
from widgets.canvas import CanvasView
from widgets.theme import DARK, LIGHT, Theme

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)

LENET = template("lenet5").network()
IDS = [node.id for node in LENET.nodes]
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
BRANCHED = Network(
    nodes=(
        Node(id="a", block=Input()),
        Node(id="left", block=ReLU(), inputs=(Source("a"),)),
        Node(id="right", block=ReLU(), inputs=(Source("a"),)),
        Node(id="join", block=Add(), inputs=(Source("left"), Source("right"))),
    )
)
BROKEN = stack(Input(), Dense(units=10))


@pytest.fixture
def canvas(qtbot: QtBot) -> CanvasView:
    view = CanvasView()
    qtbot.addWidget(view)
    view.resize(1000, 900)
    show(view, LENET)
    view.show()
    view.activateWindow()
    view.setFocus()
    return view


def show(canvas: CanvasView, network: Network) -> None:
    canvas.set_network(network, analyse(network))


def press(canvas: CanvasView, node_id: str, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    pull(canvas, middle_of(canvas, node_id), modifiers=modifiers)
    let_go(canvas, middle_of(canvas, node_id), modifiers=modifiers)


def picture(canvas: CanvasView, node_id: str) -> QImage:
    card = canvas.card(node_id)
    return canvas.grab(canvas.mapFromScene(card.sceneBoundingRect()).boundingRect()).toImage()


# --- what it shows --------------------------------------------------------------------------------------------------
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(networks(), min_size=1, max_size=4))
def test_cards_and_lines_equal_the_network(canvas: CanvasView, sequence: list[Network]) -> None:
    for network in sequence:
        show(canvas, network)
        scene = canvas.scene()
        assert set(scene.cards) == {node.id for node in network.nodes}
        assert set(scene.edges) == set(network.edges)
        assert len(scene.items()) == len(network.nodes) + len(network.edges) + 3  # ghost, rubber line, ports
        analysis = analyse(network)
        for node in network.nodes:
            content = scene.cards[node.id].content
            assert (content.title, content.settings) == (node.title, node.block.settings_text())
            assert content.problems == analysis.nodes[node.id].problems


def test_an_edit_touches_only_the_cards_it_changes(canvas: CanvasView) -> None:
    kept = {node_id: canvas.card(node_id) for node_id in IDS}
    contents = {node_id: card.content for node_id, card in kept.items()}
    show(canvas, edits.replace_block(LENET, IDS[1], LENET.nodes[1].block.replace(activation="relu")))
    assert all(canvas.card(node_id) is card for node_id, card in kept.items())
    assert [node_id for node_id in IDS if canvas.card(node_id).content is not contents[node_id]] == [IDS[1]]


def test_a_card_says_what_it_is(canvas: CanvasView) -> None:
    card = canvas.card("conv2d_2")
    assert card.accessible_name() == "Conv2D, 16 filters, output 10×10×16"
    assert card.objectName() == "conv2d_2"
    assert card.toolTip() == card.accessible_name()
    assert (card.content.parameters, card.content.shape) == ("2,416 params", "10×10×16")
    canvas.set_selection(("conv2d_2",))
    assert canvas.accessibleName() == card.accessible_name()
    canvas.set_selection(())
    assert canvas.accessibleName() == "Network"


def test_a_renamed_block_keeps_its_type_beside_the_name(canvas: CanvasView) -> None:
    show(canvas, edits.rename(LENET, "conv2d", "edges"))
    content = canvas.card("conv2d").content
    assert (content.title, content.kind) == ("edges", "Conv2D")
    assert content.spoken == "edges, Conv2D, 6 filters, output 28×28×6"


def test_the_empty_canvas_says_how_to_begin(canvas: CanvasView) -> None:
    hint = canvas.findChild(QLabel, "emptyHint")
    assert hint.isHidden()
    show(canvas, Network())
    assert hint.isVisible()
    assert "Drag a block here" in hint.text()


def test_trained_marks_have_words(canvas: CanvasView) -> None:
    plain = picture(canvas, "conv2d")
    canvas.set_trained(frozenset({"conv2d"}), frozenset({"conv2d_2"}))
    assert picture(canvas, "conv2d") != plain
    assert canvas.card("conv2d").accessible_description() == "trained"
    assert "start afresh" in canvas.card("conv2d_2").toolTip()
    assert canvas.card("flatten").accessible_description() == ""  # it has no weights
    canvas.set_trained(None, frozenset())
    assert picture(canvas, "conv2d") == plain


@pytest.mark.parametrize("shape", [(28, 28, 6), (28, 28, 1), (4, 40, 3), (40, 2, 3), (1, 84, 1), (1, 1, 8)])
def test_strips_show_maps_and_vectors(canvas: CanvasView, shape: tuple[int, int, int]) -> None:
    plain = picture(canvas, "conv2d")
    rng = np.random.default_rng(0)
    first, second = (rng.random(shape, dtype=np.float32) for _ in range(2))
    canvas.set_strips({"conv2d": first, "gone": first})
    shown = picture(canvas, "conv2d")
    canvas.set_strips({"conv2d": second})
    assert plain != shown != picture(canvas, "conv2d")


def test_a_strip_goes_when_its_shape_no_longer_holds(canvas: CanvasView) -> None:
    plain = picture(canvas, "conv2d")
    canvas.set_strips({"conv2d": np.zeros((28, 28, 6), dtype=np.float32)})
    wider = edits.replace_block(LENET, "conv2d", LENET.node("conv2d").block.replace(filters=7))
    show(canvas, wider)
    show(canvas, LENET)
    assert picture(canvas, "conv2d") == plain


def test_strips_of_nonsense_do_no_harm(canvas: CanvasView) -> None:
    canvas.set_strips({"conv2d": np.full((4, 4, 2), np.nan, np.float32), "dense": np.zeros((1, 0, 1), np.float32)})
    assert not canvas.grab().isNull()


def test_both_themes_and_every_block_paint(canvas: CanvasView) -> None:
    show(canvas, Network(nodes=tuple(Node(id=f"n{i}", block=kind()) for i, kind in enumerate(PICKABLE))))
    QApplication.processEvents()  # the scroll bar takes its room
    dark = canvas.grab().toImage()
    canvas.set_theme(LIGHT)
    light = canvas.grab().toImage()
    assert light != dark
    canvas.set_theme(DARK)
    assert canvas.grab().toImage() == dark


@pytest.mark.parametrize(("zoom", "named"), [(1.0, True), (0.3, True), (0.2, False), (0.05, False)])
def test_from_far_away_cards_keep_their_names_while_those_can_be_read(
    canvas: CanvasView, zoom: float, named: bool
) -> None:
    many = Network(nodes=tuple(Node(id=f"n{i}", block=ReLU()) for i in range(300)))  # such may be shown that small
    show(canvas, many)
    canvas.set_zoom(zoom)
    plain = picture(canvas, "n1")
    show(canvas, edits.rename(many, "n1", "MMMM"))
    assert (picture(canvas, "n1") != plain) is named


# --- selecting ------------------------------------------------------------------------------------------------------
def test_clicks_select(qtbot: QtBot, canvas: CanvasView) -> None:
    with qtbot.waitSignal(canvas.selection_changed) as caught:
        press(canvas, IDS[1])
    assert caught.args == [(IDS[1],)]
    press(canvas, IDS[3], CONTROL)
    press(canvas, IDS[2], SHIFT)
    assert canvas.selected_ids() == (IDS[1], IDS[3], IDS[2])
    press(canvas, IDS[3], CONTROL)
    assert canvas.selected_ids() == (IDS[1], IDS[2])
    press(canvas, IDS[2])
    assert canvas.selected_ids() == (IDS[2],)
    pull(canvas, QPoint(20, 300))
    let_go(canvas, QPoint(20, 300))
    assert canvas.selected_ids() == ()


def test_setting_the_selection_says_nothing(qtbot: QtBot, canvas: CanvasView) -> None:
    with qtbot.assertNotEmitted(canvas.selection_changed):
        canvas.set_selection((IDS[1], "gone"))
    assert canvas.selected_ids() == (IDS[1],)
    shorter = edits.remove(LENET, (IDS[1],))
    show(canvas, shorter)
    assert canvas.selected_ids() == ()


def test_a_rubber_band_selects_what_it_touches(canvas: CanvasView) -> None:
    start, end = middle_of(canvas, IDS[1]) - QPoint(300, 0), middle_of(canvas, IDS[3]) - QPoint(100, 0)
    pull(canvas, start, end)
    let_go(canvas, end)
    assert canvas.selected_ids() == tuple(IDS[1:4])
    start, end = middle_of(canvas, IDS[5]) - QPoint(300, 0), middle_of(canvas, IDS[5])
    pull(canvas, start, end, modifiers=CONTROL)
    let_go(canvas, end, modifiers=CONTROL)
    assert canvas.selected_ids() == (*IDS[1:4], IDS[5])


def test_arrows_walk_and_enter_edits(qtbot: QtBot, canvas: CanvasView) -> None:
    show(canvas, BRANCHED)
    up, down, right = Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Right
    keys = (down, down, right, right, down, down, up, up)
    for key, expected in zip(keys, ["a", "left", "right", "right", "join", "join", "left", "a"], strict=True):
        qtbot.keyClick(canvas, key)
        assert canvas.selected_ids() == (expected,)
    qtbot.keyClick(canvas, down, SHIFT)
    assert canvas.selected_ids() == ("a", "left")
    with qtbot.waitSignal(canvas.edit_requested) as caught:
        qtbot.keyClick(canvas, Qt.Key.Key_Return)
    assert caught.args == ["left"]


def test_arrows_cross_missing_connections_and_scroll(qtbot: QtBot, canvas: CanvasView) -> None:
    canvas.resize(600, 200)
    show(canvas, Network(nodes=tuple(Node(id=f"n{i}", block=ReLU()) for i in range(9))))
    for _ in range(9):
        qtbot.keyClick(canvas, Qt.Key.Key_Down)
    assert canvas.selected_ids() == ("n8",)
    assert "n8" in canvas.visible_ids()
    qtbot.keyClick(canvas, Qt.Key.Key_Up)
    assert canvas.selected_ids() == ("n7",)


def test_double_clicks_ask(qtbot: QtBot, canvas: CanvasView) -> None:
    with qtbot.waitSignal(canvas.edit_requested) as caught:
        mouse(canvas, QEvent.Type.MouseButtonDblClick, middle_of(canvas, IDS[2]))
    assert caught.args == [IDS[2]]
    with qtbot.waitSignal(canvas.quick_add_requested):
        mouse(canvas, QEvent.Type.MouseButtonDblClick, QPoint(20, 300))


def test_the_context_menu_is_about_the_card_under_it(qtbot: QtBot, canvas: CanvasView) -> None:
    for reason, expected in ((QContextMenuEvent.Reason.Mouse, IDS[2]), (QContextMenuEvent.Reason.Keyboard, IDS[1])):
        canvas.set_selection((IDS[1],))
        position = middle_of(canvas, IDS[2])
        event = QContextMenuEvent(reason, position, canvas.viewport().mapToGlobal(position))
        with qtbot.waitSignal(canvas.context_menu_requested) as caught:
            QApplication.sendEvent(canvas.viewport(), event)
        place = canvas.viewport().mapFromGlobal(caught.args[1])
        assert caught.args[0] == (expected,)
        assert canvas.card_at(place) is canvas.card(expected)


# --- problems -------------------------------------------------------------------------------------------------------
def badge_of(canvas: CanvasView, node_id: str) -> QPoint:
    card = canvas.card(node_id)
    return canvas.mapFromScene(card.mapToScene(card.pill_rect().center()))


def popup_of(canvas: CanvasView) -> QFrame:
    return canvas.findChild(QFrame, "problemPopup")


@pytest.mark.parametrize("pinned", [False, True])
def test_the_badge_offers_every_repair(qtbot: QtBot, canvas: CanvasView, pinned: bool) -> None:
    show(canvas, BROKEN)
    (problem,) = analyse(BROKEN).problems
    place = badge_of(canvas, "dense")
    if pinned:
        pull(canvas, place)
        let_go(canvas, place)
    else:
        mouse(canvas, QEvent.Type.MouseMove, place, Qt.MouseButton.NoButton)
    popup = popup_of(canvas)
    assert popup.isVisible()
    assert problem.text in [label.text() for label in popup.findChildren(QLabel)]
    for index, repair in enumerate(problem.repairs):
        mouse(canvas, QEvent.Type.MouseMove, place, Qt.MouseButton.NoButton)
        button = [b for b in popup.findChildren(QPushButton) if not b.isHidden()][index]
        assert button.text() == repair.text
        with qtbot.waitSignal(canvas.repair_chosen) as caught:
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert caught.args == ["dense", repair]
        assert popup.isHidden()


def test_hovering_lets_go_and_a_click_does_not(qtbot: QtBot, canvas: CanvasView) -> None:
    show(canvas, BROKEN)
    place, popup = badge_of(canvas, "dense"), popup_of(canvas)
    mouse(canvas, QEvent.Type.MouseMove, place, Qt.MouseButton.NoButton)
    mouse(canvas, QEvent.Type.MouseMove, QPoint(20, 500), Qt.MouseButton.NoButton)
    assert popup.isHidden()
    pull(canvas, place)
    let_go(canvas, place)
    mouse(canvas, QEvent.Type.MouseMove, QPoint(20, 500), Qt.MouseButton.NoButton)
    assert popup.isVisible()
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert popup.isHidden()


def test_a_problem_is_on_the_card_in_words(canvas: CanvasView) -> None:
    before = picture(canvas, IDS[1])
    show(canvas, BROKEN)
    card = canvas.card("dense")
    assert card.pill_text().startswith("⚠ expected a vector")
    assert card.accessible_description().startswith("Received an image tensor 32×32×1; expected a vector")
    assert before != picture(canvas, "dense")


# --- zoom and pan ---------------------------------------------------------------------------------------------------
def test_the_zoom_control_zooms(qtbot: QtBot, canvas: CanvasView) -> None:
    out, percent, larger, fit = canvas.zoom_control.findChildren(QToolButton)
    for button, expected in ((larger, "120 %"), (out, "100 %"), (out, "83 %"), (percent, "100 %")):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        assert percent.text() == expected
    canvas.resize(500, 400)
    qtbot.mouseClick(fit, Qt.MouseButton.LeftButton)
    assert canvas.visible_ids() == tuple(IDS)
    for _ in range(30):
        canvas.zoom_in()
    assert canvas.zoom == 3.0
    for _ in range(30):
        canvas.zoom_out()
    assert canvas.zoom == pytest.approx(0.2)
    assert not canvas.grab().isNull()
    assert canvas.visible_ids() == ()  # too small to show any maps
    qtbot.keyClick(canvas, Qt.Key.Key_F)
    assert canvas.visible_ids() == tuple(IDS)


def test_control_and_wheel_zoom_at_the_pointer(canvas: CanvasView) -> None:
    canvas.resize(500, 400)
    at = QPoint(150, 120)
    for delta in (120, 120, 240):
        before = canvas.mapToScene(at)
        event = QWheelEvent(
            QPointF(at), QPointF(at), QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton, CONTROL,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(canvas.viewport(), event)
        moved = canvas.mapToScene(at) - before
        assert moved.manhattanLength() < 4
    assert canvas.zoom > 1.9


def test_middle_drag_and_space_drag_pan(qtbot: QtBot, canvas: CanvasView) -> None:
    canvas.resize(500, 400)
    start = canvas.visible_rect().top()
    pull(canvas, QPoint(250, 300), QPoint(250, 200), button=Qt.MouseButton.MiddleButton)
    let_go(canvas, QPoint(250, 200), button=Qt.MouseButton.MiddleButton)
    assert canvas.visible_rect().top() == start + 100
    qtbot.keyPress(canvas, Qt.Key.Key_Space)
    pull(canvas, QPoint(250, 200), QPoint(250, 250))
    let_go(canvas, QPoint(250, 250))
    qtbot.keyRelease(canvas, Qt.Key.Key_Space)
    assert canvas.visible_rect().top() == start + 50
    assert canvas.selected_ids() == ()


def test_the_minimap_pans_and_hides_when_there_is_nothing_to_find(qtbot: QtBot, canvas: CanvasView) -> None:
    assert canvas.minimap.isHidden()
    canvas.resize(800, 400)
    assert canvas.minimap.isVisible()
    with qtbot.waitSignal(canvas.visible_changed):
        qtbot.mouseClick(canvas.minimap, Qt.MouseButton.LeftButton, pos=QPoint(60, 95))
    assert IDS[-1] in canvas.visible_ids()
    assert IDS[0] not in canvas.visible_ids()
    canvas.resize(500, 400)  # too narrow to stand beside the stack, which a scroll bar moves as well
    assert canvas.minimap.isHidden()


def test_another_network_starts_at_its_top_in_the_middle(canvas: CanvasView) -> None:
    canvas.resize(400, 300)
    canvas.ensure_visible(IDS[-1])
    show(canvas, BRANCHED)
    canvas.resize(500, 300)
    visible = canvas.visible_rect()
    assert visible.top() == canvas.sceneRect().top()
    assert abs(visible.center().x()) < 2


def test_visible_cards_are_told_only_when_they_change(qtbot: QtBot, canvas: CanvasView) -> None:
    canvas.resize(500, 200)
    assert canvas.visible_ids() == tuple(IDS[:3])
    with qtbot.assertNotEmitted(canvas.visible_changed):
        canvas.verticalScrollBar().setValue(canvas.verticalScrollBar().value() + 1)
    with qtbot.waitSignal(canvas.visible_changed):
        canvas.ensure_visible(IDS[-1])
    assert IDS[-1] in canvas.visible_ids()


@pytest.mark.parametrize("zoom", [1.0, 0.5, 0.25, 0.12, 0.05])
def test_lines_are_seen_at_every_zoom(canvas: CanvasView, zoom: float) -> None:
    canvas.set_zoom(zoom)
    for item in canvas.scene().edges.values():
        assert item.pen().widthF() * canvas.zoom >= 1.2 - 1e-9
        assert item.pen().widthF() * canvas.zoom <= 1.7


@pytest.mark.parametrize("theme", [DARK, LIGHT])
@pytest.mark.parametrize("zoom", [0.25, 0.2, 0.13])
def test_a_card_without_words_has_its_familys_colour(canvas: CanvasView, theme: Theme, zoom: float) -> None:
    canvas.set_theme(theme)
    canvas.set_zoom(zoom)
    node = canvas.shown.network.nodes[1]
    middle = canvas.mapFromScene(canvas.rect_of(node.id).center())
    picture = canvas.viewport().grab().toImage()
    assert picture.pixelColor(middle * picture.devicePixelRatio()) == theme.family(node.block.family)


def test_a_narrow_canvas_keeps_its_cards_free_of_the_overview(canvas: CanvasView) -> None:
    show(canvas, BRANCHED)
    canvas.resize(360, 400)
    assert canvas.horizontalScrollBar().maximum() > canvas.horizontalScrollBar().minimum()
    assert canvas.minimap.isHidden()
