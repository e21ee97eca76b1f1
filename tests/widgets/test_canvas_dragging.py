"""Rewiring the canvas by real drag and mouse events."""

from __future__ import annotations

from pathlib import Path

import pytest
from canvas_driver import behind, between, drop, enter, hover, leave, let_go, middle_of, pull
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from pytestqt.qtbot import QtBot

from models.analysis import analyse
from models.blocks.activation import ReLU
from models.network.graph import Network
from models.zoo import template
from widgets.canvas import CanvasView
from widgets.mime import block_mime, template_mime

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)

LENET = template("lenet5").network()
IDS = [node.id for node in LENET.nodes]


@pytest.fixture
def canvas(qtbot: QtBot) -> CanvasView:
    view = CanvasView()
    qtbot.addWidget(view)
    view.resize(900, 900)
    view.set_network(LENET, analyse(LENET))
    view.show()
    return view


def tops(canvas: CanvasView) -> list[float]:
    return [canvas.card(node_id).y() for node_id in IDS]


def ghost_shown(canvas: CanvasView) -> bool:
    return canvas.scene().ghost.isVisible()


@pytest.mark.parametrize("edge", LENET.edges, ids=lambda edge: f"{edge.source.node}-{edge.target}")
def test_a_block_drops_between_every_pair(qtbot: QtBot, canvas: CanvasView, edge: object) -> None:
    data = block_mime(ReLU(max_value=6.0))
    with qtbot.waitSignal(canvas.block_dropped) as caught:
        drop(canvas, data, between(canvas, edge))
    assert caught.args == [ReLU(max_value=6.0), edge]
    assert not ghost_shown(canvas)


def test_below_the_last_card_appends(qtbot: QtBot, canvas: CanvasView) -> None:
    with qtbot.waitSignal(canvas.block_dropped) as caught:
        drop(canvas, block_mime(ReLU()), behind(canvas, IDS[-1]))
    assert caught.args == [ReLU(), None]


def test_above_the_first_card_is_the_first_connection(qtbot: QtBot, canvas: CanvasView) -> None:
    with qtbot.waitSignal(canvas.block_dropped) as caught:
        drop(canvas, block_mime(ReLU()), middle_of(canvas, IDS[0]) - QPoint(0, 40))
    assert caught.args == [ReLU(), LENET.edges[0]]


def test_an_empty_canvas_takes_blocks_and_templates(qtbot: QtBot, canvas: CanvasView) -> None:
    canvas.set_network(Network(), analyse(Network()))
    with qtbot.waitSignal(canvas.block_dropped) as caught:
        drop(canvas, block_mime(ReLU()), QPoint(300, 300))
    assert caught.args == [ReLU(), None]
    with qtbot.waitSignal(canvas.template_dropped) as caught:
        drop(canvas, template_mime("lenet5", "LeNet-5"), QPoint(300, 300))
    assert caught.args == ["lenet5", None]


def test_the_gap_opens_under_the_pointer_and_stays_while_it_rests(canvas: CanvasView) -> None:
    data, before, edge = block_mime(ReLU()), tops(canvas), LENET.edges[3]
    position = between(canvas, edge)
    enter(canvas, data)
    for _ in range(3):
        hover(canvas, data, position)
        moved = [after - top for after, top in zip(tops(canvas), before, strict=True)]
        assert moved == [0.0] * 4 + [84.0] * (len(IDS) - 4)
        assert ghost_shown(canvas)
        assert canvas.scene().ghost.name == "ReLU"
        position += QPoint(0, 25)


def test_escape_or_leaving_closes_the_gap(qtbot: QtBot, canvas: CanvasView) -> None:
    data, before = block_mime(ReLU()), tops(canvas)
    position = between(canvas, LENET.edges[2])
    enter(canvas, data)
    hover(canvas, data, position)
    assert tops(canvas) != before
    with qtbot.assertNotEmitted(canvas.block_dropped):
        leave(canvas)
    assert tops(canvas) == before
    assert not ghost_shown(canvas)


def test_what_is_no_block_is_refused(canvas: CanvasView) -> None:
    data = QMimeData()
    data.setText("a sentence")
    assert not enter(canvas, data)


def test_files_are_handed_on(qtbot: QtBot, canvas: CanvasView, tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "a.loom")), QUrl("https://example.org/b.loom")])
    with qtbot.waitSignal(canvas.files_dropped) as caught:
        drop(canvas, data, QPoint(200, 200))
    assert caught.args == [[tmp_path / "a.loom"]]
    assert not ghost_shown(canvas)


@pytest.mark.parametrize("edge", LENET.edges[3:], ids=lambda edge: f"{edge.source.node}-{edge.target}")
def test_a_card_moves_to_another_connection_by_mouse(qtbot: QtBot, canvas: CanvasView, edge: object) -> None:
    start, end = middle_of(canvas, IDS[1]), between(canvas, edge)
    with qtbot.waitSignal(canvas.blocks_moved) as caught:
        pull(canvas, start, start + QPoint(0, 30), end)
        let_go(canvas, end)
    assert caught.args == [(IDS[1],), edge]
    assert canvas.selected_ids() == (IDS[1],)


def test_the_selection_moves_together_and_without_the_input(qtbot: QtBot, canvas: CanvasView) -> None:
    canvas.set_selection((IDS[0], IDS[2], IDS[1]))
    start, end = middle_of(canvas, IDS[2]), behind(canvas, IDS[-1])
    with qtbot.waitSignal(canvas.blocks_moved) as caught:
        pull(canvas, start, end)
        assert canvas.card(IDS[1]).opacity() < 1
        let_go(canvas, end)
    assert caught.args == [(IDS[1], IDS[2]), None]
    assert canvas.card(IDS[1]).opacity() == 1


def test_dropping_a_card_where_it_is_does_nothing(qtbot: QtBot, canvas: CanvasView) -> None:
    for node_id, target in ((IDS[3], between(canvas, LENET.edges[2])), (IDS[-1], behind(canvas, IDS[-1]))):
        start = middle_of(canvas, node_id)
        with qtbot.assertNotEmitted(canvas.blocks_moved):
            pull(canvas, start, target)
            assert not ghost_shown(canvas)
            let_go(canvas, target)


def test_escape_cancels_the_move(qtbot: QtBot, canvas: CanvasView) -> None:
    before, start, end = tops(canvas), middle_of(canvas, IDS[1]), between(canvas, LENET.edges[5])
    with qtbot.assertNotEmitted(canvas.blocks_moved):
        pull(canvas, start, end)
        assert tops(canvas) != before
        qtbot.keyClick(canvas, Qt.Key.Key_Escape)
        assert tops(canvas) == before
        let_go(canvas, end)


def test_the_input_does_not_move_and_a_twitch_is_a_click(qtbot: QtBot, canvas: CanvasView) -> None:
    with qtbot.assertNotEmitted(canvas.blocks_moved):
        pull(canvas, middle_of(canvas, IDS[0]), between(canvas, LENET.edges[4]))
        let_go(canvas, between(canvas, LENET.edges[4]))
        start = middle_of(canvas, IDS[4])
        pull(canvas, start, start + QPoint(2, 2))
        let_go(canvas, start + QPoint(2, 2))
    assert canvas.selected_ids() == (IDS[4],)


def test_an_edit_during_a_drag_ends_it(qtbot: QtBot, canvas: CanvasView) -> None:
    data = block_mime(ReLU())
    enter(canvas, data)
    hover(canvas, data, between(canvas, LENET.edges[2]))
    shorter = Network(nodes=LENET.nodes[:3])
    canvas.set_network(shorter, analyse(shorter))
    assert not ghost_shown(canvas)


def test_a_drag_at_the_rim_scrolls(qtbot: QtBot, canvas: CanvasView) -> None:
    canvas.resize(900, 300)
    data = block_mime(ReLU())
    enter(canvas, data)
    hover(canvas, data, QPoint(450, 290))
    bar = canvas.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.value() == bar.maximum())
    hover(canvas, data, QPoint(450, 5))
    qtbot.waitUntil(lambda: bar.value() == bar.minimum())
    leave(canvas)
