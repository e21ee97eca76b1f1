"""What the views of the network show for one another: composites, layers inside them, the summary and the notation."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPlainTextEdit, QPushButton
from scripted import ScriptedQuestions

from app.main_window import MainWindow
from app.network_presenter import connectable, source_text
from app.questions import Answer
from models.blocks.activation import ReLU
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.encoder_decoder import EncoderStage
from models.blocks.input import Input
from models.blocks.merge import Add
from models.blocks.pooling import GlobalAveragePooling2D
from models.blocks.residual import ResidualBlock
from models.network.expansion import expand
from models.network.graph import Network, Node, Source, stack
from models.network.notation import to_notation
from models.zoo import template
from widgets.facts_table import FactsTable

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)
RESIDUAL = stack(
    Input(shape=(8, 8, 1)), ResidualBlock(filters=8), GlobalAveragePooling2D(), Dense(units=10, activation="softmax")
)
MEMBERS = expand(RESIDUAL).members["residualblock"]


@pytest.fixture
def residual(window: MainWindow) -> MainWindow:
    window.document.edit_network("Residual", RESIDUAL)
    window.editor.select(("residualblock",))
    return window


def test_a_line_of_the_summary_selects_its_block_everywhere(residual: MainWindow) -> None:
    views = residual.views
    views.live.setCurrentWidget(views.summary)
    line = [row.key for row in views.summary.table.shown_rows].index("dense")
    views.summary.table.selectRow(line)
    assert residual.editor.selection == ("dense",)
    assert views.inspector.block_tab.form.model == RESIDUAL.node("dense").block
    residual.editor.select(("residualblock",))
    assert [row.key for row in views.summary.table.selected_rows] == ["residualblock"]


def test_a_layer_inside_is_opened_on_the_canvas_and_shown_read_only(residual: MainWindow) -> None:
    views = residual.views
    views.live.setCurrentWidget(views.summary)
    views.summary.inside.setChecked(True)
    line = [row.key for row in views.summary.table.shown_rows].index(MEMBERS[0])
    views.summary.table.selectRow(line)
    assert views.canvas.opened == ("residualblock",)
    assert views.canvas.inner == MEMBERS[0]
    form = views.inspector.block_tab.form
    assert form.model == expand(RESIDUAL).network.node(MEMBERS[0]).block
    assert not form.editor("filters").widget.isEnabled()
    residual.editor.select(("dense",))
    assert views.inspector.block_tab.form.editor("units").widget.isEnabled()


def test_the_inspectors_list_leads_inside(qtbot, residual: MainWindow) -> None:
    inspector = residual.views.inspector
    table = inspector.findChild(FactsTable, "insideTable")
    place = table.visualRect(table.model().index(2, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert residual.views.canvas.inner == MEMBERS[2]


def test_the_inspector_looks_inside_and_unpacks(qtbot, residual: MainWindow) -> None:
    inspector = residual.views.inspector
    qtbot.mouseClick(inspector.findChild(QPushButton, "lookInsideButton"), Qt.MouseButton.LeftButton)
    assert residual.views.canvas.opened == ("residualblock",)
    qtbot.mouseClick(inspector.findChild(QPushButton, "unpackButton"), Qt.MouseButton.LeftButton)
    assert {node.id for node in residual.document.network.nodes} >= set(MEMBERS)
    residual.document.undo_stack.undo()
    assert residual.document.network == RESIDUAL


def test_a_notation_replaces_the_network_undoably(qtbot, window: MainWindow) -> None:
    before = window.document.network
    inspector = window.views.inspector
    inspector.setCurrentWidget(inspector.network_tab)
    field = inspector.findChild(QPlainTextEdit)
    field.setPlainText("INPUT 8x8x1 -> flatten -> fc 10 softmax")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert [node.block.type for node in window.document.network.nodes] == ["Input", "Flatten", "Dense"]
    assert "flatten" in field.toPlainText()
    window.document.undo_stack.undo()
    assert window.document.network == before
    assert "conv" in field.toPlainText()


def test_every_output_of_a_block_can_be_connected_but_none_behind_it() -> None:
    network = Network(
        nodes=(
            Node(id="input", block=Input(shape=(8, 8, 4))),
            Node(id="encoder", block=EncoderStage(), inputs=(Source("input"),)),
            Node(id="conv", block=Conv2D(), inputs=(Source("encoder"),)),
            Node(id="add", block=Add(), inputs=(Source("conv"),)),
            Node(id="dense", block=Dense(), inputs=(Source("add"),)),
        )
    )
    offered = dict(connectable(network, "add"))
    assert set(offered) == {Source("input"), Source("encoder"), Source("encoder", 1)}
    names = network.node("encoder").block.output_names
    assert offered[Source("encoder", 1)] == f"EncoderStage (encoder), {names[1]}"
    assert source_text(network, Source("conv")) == "Conv2D (conv)"
    assert connectable(network, "conv") == ()


def test_another_project_is_shown_from_its_top_with_nothing_selected(window: MainWindow) -> None:
    canvas, summary = window.views.canvas, window.views.summary
    window.views.live.setCurrentWidget(summary)
    window.new_project("vgg16")
    canvas.set_zoom(0.3)
    canvas.ensure_visible(window.document.network.nodes[-1].id)
    summary.table.selectRow(3)
    window.new_project("lenet5")
    assert canvas.zoom == 1.0
    first = canvas.rect_of(window.document.network.nodes[0].id)
    assert canvas.visible_rect().contains(first)
    assert window.editor.selection == ()
    assert summary.table.selected_rows == ()


def test_the_keyboard_coming_to_the_summary_chooses_nothing(window: MainWindow) -> None:
    table = window.views.summary.table
    window.views.live.setCurrentWidget(window.views.summary)
    QApplication.sendEvent(table, QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.ActiveWindowFocusReason))
    assert window.editor.selection == ()


def test_an_architecture_of_the_palette_opens_as_a_project_of_its_own(
    window: MainWindow, questions: ScriptedQuestions
) -> None:
    window.editor.append(ReLU())
    questions.save = Answer.CANCEL
    window.views.palette.template_activated.emit("alexnet")
    assert window.document.project.name == "lenet5"
    questions.save = Answer.NO
    window.views.palette.template_activated.emit("alexnet")
    assert window.document.project.name == "alexnet"
    assert window.document.network == template("alexnet").network()
    assert not window.document.is_modified


def test_a_refusal_is_taken_back_once_an_edit_succeeds(window: MainWindow) -> None:
    window.editor.select([window.document.network.nodes[0].id])
    window.actions_["group"].trigger()
    assert window.views.messages.text
    window.editor.append(ReLU())
    assert not window.views.messages.text


def test_several_selected_blocks_are_counted_with_what_can_be_done(qtbot, window: MainWindow) -> None:
    ids = [node.id for node in window.document.network.nodes[2:5]]
    window.editor.select(ids)
    tab = window.views.inspector.block_tab
    assert tab.findChild(QLineEdit).text() == "3 blocks selected"
    buttons = {button.text(): button for button in tab.findChildren(QPushButton) if button.isVisible()}
    assert {"Group…", "Duplicate", "Delete"} <= set(buttons)
    qtbot.mouseClick(buttons["Delete"], Qt.MouseButton.LeftButton)
    assert not set(ids) & {node.id for node in window.document.network.nodes}
    assert tab.findChild(QLineEdit).text() != "3 blocks selected"


def test_the_button_that_looks_inside_closes_as_well(qtbot, residual: MainWindow) -> None:
    button = residual.views.inspector.findChild(QPushButton, "lookInsideButton")
    action = residual.actions_["look_inside"]
    assert button.text() == action.text() == "Look inside"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert button.text() == action.text() == "Close"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert button.text() == action.text() == "Look inside"


def test_enter_in_the_notation_shows_the_networks_own(qtbot, window: MainWindow) -> None:
    inspector, canvas = window.views.inspector, window.views.canvas
    inspector.setCurrentWidget(inspector.network_tab)
    canvas.set_zoom(0.3)
    field = inspector.findChild(QPlainTextEdit)
    field.setFocus()
    field.setPlainText("input 8x8x1 => CONV 3x3 4 => Relu => flatten => fc 10 softmax")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.toPlainText() == to_notation(window.document.network)
    assert canvas.visible_rect().contains(canvas.rect_of(window.document.network.nodes[0].id))


def test_copying_the_summary_says_how_much(window: MainWindow) -> None:
    summary = window.views.summary
    window.views.live.setCurrentWidget(summary)
    summary.copy_button.refresh()
    summary.copy_button.menu().actions()[0].trigger()
    count = len(window.document.network)
    assert window.views.messages.text == f"Copied {count} rows as Markdown"


def test_nothing_selected_asks_for_a_block_to_show_maps_of(window: MainWindow) -> None:
    window.editor.select([window.document.network.nodes[1].id])
    window.views.feature_maps.set_maps("Conv2D", np.zeros((4, 4, 2), np.float32))
    window.editor.select(())
    headings = [label.text() for label in window.views.feature_maps.findChildren(QLabel)]
    assert any(text.startswith("Select a block") for text in headings)


def test_another_project_takes_the_words_about_the_old_one_away(window: MainWindow) -> None:
    messages = window.views.messages
    messages.show_message("Stopped; the weights are kept.", "ok", [("Evaluate", lambda: None)])
    messages.show_message("Exported lenet5.keras", "ok")
    window.new_project("alexnet")
    assert messages.text == ""
