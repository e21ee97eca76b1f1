"""The inspector: it shows what it is given and reports each thing that a user can do there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QToolButton
from strategies import networks

from models.analysis import analyse
from models.analysis.memory import Device
from models.blocks import Block
from models.blocks.activation import ReLU
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.merge import Add
from models.blocks.mobile import InvertedResidual
from models.blocks.residual import ResidualBlock
from models.network.expansion import expand
from models.network.graph import Network, Node, Source, stack
from models.training.optimizers import SGD
from models.training.plan import TrainingPlan
from models.zoo.lenet import lenet5
from widgets.facts_table import FactsTable
from widgets.inspector import Inspector
from widgets.theme import LIGHT

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)
NETWORK = lenet5()
ANALYSIS = analyse(NETWORK)


@pytest.fixture
def inspector(qtbot) -> Inspector:
    inspector = Inspector()
    qtbot.addWidget(inspector)
    inspector.resize(304, 700)
    inspector.show()
    return inspector


def _select(inspector: Inspector, node_id: str) -> None:
    inspector.set_node(NETWORK.node(node_id), ANALYSIS.nodes[node_id])


def _texts(inspector: Inspector) -> str:
    labels = (label for label in inspector.currentWidget().findChildren(QLabel) if label.isVisible())
    return "\n".join(label.text() for label in labels)


def test_a_block_is_explained_with_its_numbers(inspector: Inspector) -> None:
    _select(inspector, "conv2d_2")
    text = _texts(inspector)
    assert "⌊(14 + 2·0 − 5) / 1⌋ + 1 = 10" in text
    assert "(5·5·6 + 1) · 16 = 2,416" in text
    assert "receptive field 14×14 · 240,000 multiply-adds" in text
    assert Conv2D.summary() in text


def test_nothing_selected_says_how_to_begin(inspector: Inspector) -> None:
    inspector.set_node(None, None)
    assert "Click a block on the canvas" in _texts(inspector)
    assert "WHY" not in _texts(inspector)
    assert inspector.block_tab.form is None


def test_edits_are_reported_with_their_node_and_session(inspector: Inspector) -> None:
    _select(inspector, "conv2d")
    edits: list[tuple[object, ...]] = []
    inspector.field_changed.connect(lambda *edit: edits.append(edit))
    spin = inspector.block_tab.form.editor("filters").controls[0]
    spin.stepUp()
    spin.stepUp()
    _select(inspector, "conv2d_2")
    inspector.block_tab.form.editor("filters").controls[0].stepUp()
    first, second, other = edits
    assert first[:3] == ("conv2d", "filters", 7)
    assert second[:3] == ("conv2d", "filters", 8)
    assert first[3] == second[3]
    assert other[:3] == ("conv2d_2", "filters", 17)
    assert other[3] != first[3]


def test_showing_the_edited_node_keeps_the_form(inspector: Inspector) -> None:
    _select(inspector, "conv2d")
    form = inspector.block_tab.form
    node = NETWORK.node("conv2d")
    inspector.set_node(node.with_block(node.block.replace(filters=9)), ANALYSIS.nodes["conv2d"])
    assert inspector.block_tab.form is form
    assert form.editor("filters").read() == 9


def test_a_block_is_renamed_and_gets_its_own_name_back(qtbot, inspector: Inspector) -> None:
    _select(inspector, "conv2d")
    inspector.focus_name()
    title = inspector.block_tab.findChild(QLineEdit)
    with qtbot.waitSignal(inspector.renamed) as caught:
        title.setText("  edges ")
        qtbot.keyClick(title, Qt.Key.Key_Return)
    assert caught.args == ["conv2d", "edges"]
    named = NETWORK.node("conv2d").with_name("edges")
    inspector.set_node(named, ANALYSIS.nodes["conv2d"])
    with qtbot.waitSignal(inspector.renamed) as caught:
        title.setText("")
        qtbot.keyClick(title, Qt.Key.Key_Return)
    assert caught.args == ["conv2d", ""]
    inspector.set_node(named.with_name(""), ANALYSIS.nodes["conv2d"])
    with qtbot.assertNotEmitted(inspector.renamed):
        qtbot.keyClick(title, Qt.Key.Key_Return)


def test_problems_say_what_is_wrong_and_offer_repairs(qtbot, inspector: Inspector) -> None:
    network = stack(Input(shape=(4, 4, 1)), Conv2D(kernel_size=(5, 5)))
    analysis = analyse(network)
    inspector.set_node(network.node("conv2d"), analysis.nodes["conv2d"])
    qtbot.waitUntil(lambda: "Received an image of 4×4; expected at least 5×5" in _texts(inspector))
    assert "known once the problem above is solved" in _texts(inspector)
    buttons = [button for button in inspector.block_tab.findChildren(QPushButton) if button.isVisible()]
    assert buttons[0].text() == 'Use padding "same"'
    with qtbot.waitSignal(inspector.repair_chosen) as caught:
        qtbot.mouseClick(buttons[0], Qt.MouseButton.LeftButton)
    assert caught.args == ["conv2d", analysis.nodes["conv2d"].problems[0].repairs[0]]
    fixed = stack(Input(shape=(4, 4, 1)), Conv2D(kernel_size=(5, 5), padding="same"))
    inspector.set_node(fixed.node("conv2d"), analyse(fixed).nodes["conv2d"])
    assert "Received" not in _texts(inspector)


def test_inputs_of_a_merge_block_are_connected_and_disconnected(qtbot, inspector: Inspector) -> None:
    add = Node(id="add", block=Add(), inputs=(Source("input"), Source("conv")))
    network = Network(
        nodes=(
            Node(id="input", block=Input()),
            Node(id="conv", block=Conv2D(padding="same"), inputs=(Source("input"),)),
            add,
        )
    )
    inspector.set_node(add, analyse(network).nodes["add"], [(Source("other", 1), "Other, skip")])
    assert "INPUTS" in _texts(inspector)
    buttons = inspector.block_tab.findChildren(QToolButton)
    buttons = [button for button in buttons if button.accessibleName().startswith("Disconnect")]
    with qtbot.waitSignal(inspector.disconnect_requested) as caught:
        qtbot.mouseClick(buttons[1], Qt.MouseButton.LeftButton)
    assert caught.args == ["add", 1]
    chooser = next(box for box in inspector.block_tab.findChildren(QComboBox) if box.findText("Other, skip") > 0)
    with qtbot.waitSignal(inspector.connect_requested) as caught:
        chooser.setFocus()
        qtbot.keyClick(chooser, Qt.Key.Key_Down)
    assert caught.args == ["add", Source("other", 1)]
    _select(inspector, "conv2d")
    assert "INPUTS" not in _texts(inspector)


def test_filters_or_a_note_are_shown(inspector: Inspector) -> None:
    _select(inspector, "conv2d")
    inspector.set_filters(None, "Filters appear when training starts.")
    assert "Filters appear when training starts." in _texts(inspector)
    inspector.set_filters(np.ones((5, 5, 1, 6), dtype=np.float32))
    assert "FILTERS (learned, live)" in _texts(inspector)
    inspector.set_filters(None)
    assert "FILTERS" not in _texts(inspector)


def test_the_network_tab_shows_totals_and_whether_they_fit(inspector: Inspector) -> None:
    inspector.set_network(NETWORK, ANALYSIS, 64)
    inspector.setCurrentWidget(inspector.network_tab)
    text = _texts(inspector)
    assert "61,706" in text
    assert "≈5.7 MB, batch 64" in text
    assert "fit" not in text.lower()
    inspector.set_device(Device("this machine", 8 * 10**9))
    assert "✓  Training fits: 5.7 MB at batch 64 of the 8.0 GB of this machine." in _texts(inspector)
    inspector.set_device(Device("a tiny card", 5_000_000))
    assert "⚠  5.7 MB at batch 64 do not fit the 5.0 MB of a tiny card: batch 32 would." in _texts(inspector)


def test_frozen_blocks_are_not_among_the_trainable_weights(inspector: Inspector) -> None:
    first = next(node_id for node_id, known in ANALYSIS.nodes.items() if known.parameters == 156)
    inspector.set_network(NETWORK, ANALYSIS, 64, {first, "gone"})
    inspector.setCurrentWidget(inspector.network_tab)
    assert {"61,706", "61,550"} <= set(_texts(inspector).split("\n"))


def test_a_network_written_as_text_is_reported(qtbot, inspector: Inspector) -> None:
    inspector.set_network(NETWORK, ANALYSIS, 64)
    inspector.setCurrentWidget(inspector.network_tab)
    field = inspector.network_tab.findChild(QPlainTextEdit)
    field.setPlainText("INPUT 8x8x1 -> flatten -> fc 3")
    with qtbot.waitSignal(inspector.network_described) as caught:
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert [node.block.type for node in caught.args[0].nodes] == ["Input", "Flatten", "Dense"]


RESIDUAL = stack(Input(shape=(16, 16, 3)), ResidualBlock(filters=8), ReLU())


def test_a_composite_lists_what_is_inside(qtbot, inspector: Inspector) -> None:
    analysis = analyse(RESIDUAL)
    inspector.set_node(RESIDUAL.node("residualblock"), analysis.nodes["residualblock"])
    inside = expand(RESIDUAL).members["residualblock"]
    table = inspector.block_tab.findChild(FactsTable)
    assert tuple(row.key for row in table.shown_rows) == inside
    assert sum(row.values[2] for row in table.shown_rows) == analysis.nodes["residualblock"].parameters
    with qtbot.waitSignal(inspector.inner_chosen) as caught:
        place = table.visualRect(table.model().index(1, 0)).center()
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert caught.args == [inside[1]]
    for name, signal in (
        ("lookInsideButton", inspector.look_inside_requested),
        ("unpackButton", inspector.unpack_requested),
    ):
        with qtbot.waitSignal(signal) as caught:
            qtbot.mouseClick(inspector.findChild(QPushButton, name), Qt.MouseButton.LeftButton)
        assert caught.args == ["residualblock"]
    inspector.set_node(RESIDUAL.node("relu"), analysis.nodes["relu"])
    assert not table.isVisible()


def test_what_stands_inside_is_shown_but_not_edited(qtbot, inspector: Inspector) -> None:
    flat = expand(RESIDUAL).network
    inner = next(node for node in flat.nodes if isinstance(node.block, Conv2D))
    inspector.set_node(inner, analyse(flat).nodes[inner.id], read_only=True)
    assert "Unpack the composite to edit this block" in _texts(inspector)
    assert "WHY THIS MANY PARAMETERS" in _texts(inspector)
    form = inspector.block_tab.form
    assert not any(form.editor(name).widget.isEnabled() for name in inner.block.form_fields())
    assert inspector.block_tab.findChild(QLineEdit).isReadOnly()
    inspector.set_node(RESIDUAL.node("relu"), analyse(RESIDUAL).nodes["relu"])
    assert "Unpack the composite" not in _texts(inspector)
    assert not inspector.block_tab.findChild(QLineEdit).isReadOnly()


def test_a_convolution_is_compared_with_a_dense_layer(inspector: Inspector) -> None:
    _select(inspector, "conv2d")
    text = _texts(inspector)
    assert "WHAT IF THIS WERE DENSE" in text
    assert "dense, 32×32×1 → 28×28×6: (32·32·1 + 1) · 28·28·6 = 4,821,600" in text
    _select(inspector, "flatten")
    assert "WHAT IF THIS WERE DENSE" not in _texts(inspector)


def test_the_training_tab_explains_loss_and_memory(qtbot, inspector: Inspector) -> None:
    inspector.set_network(NETWORK, ANALYSIS, 64)
    inspector.set_plan(TrainingPlan(optimizer=SGD()), "sparse categorical cross-entropy (10 classes)")
    inspector.setCurrentWidget(inspector.training_tab)
    form = inspector.training_tab.form
    form.sections["Loss and metrics"].set_open(True)
    assert "auto → sparse categorical cross-entropy (10 classes)" in _texts(inspector)
    assert "≈ 5.7 MB to train" in _texts(inspector)
    with qtbot.waitSignal(inspector.plan_changed) as caught:
        form.form_of("early_stopping").editor("early_stopping").controls[0].click()
    assert caught.args[:2] == ["early_stopping", True]
    assert inspector.training_tab.plan.early_stopping


def test_the_keyboard_goes_to_the_first_field(qtbot, inspector: Inspector) -> None:
    inspector.activateWindow()
    inspector.setCurrentWidget(inspector.training_tab)
    _select(inspector, "conv2d")
    inspector.focus_first_field()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is inspector.block_tab.form.editor("filters").controls[0])
    _select(inspector, "flatten")
    inspector.focus_first_field()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is inspector.block_tab.findChild(QLineEdit))


@given(network=networks())
def test_any_network_can_be_shown(network: Network) -> None:
    inspector = Inspector()
    inspector.set_theme(LIGHT)
    analysis = analyse(network)
    inspector.set_network(network, analysis, 32)
    for node in network.nodes:
        inspector.set_node(node, analysis.nodes[node.id])
        assert inspector.block_tab.form.model == node.block
    inspector.deleteLater()


@pytest.mark.parametrize("block", [Dense(), Conv2D()], ids=lambda block: block.type)
def test_a_block_that_waits_for_those_before_it_says_so(inspector: Inspector, block: Block) -> None:
    network = stack(Input(shape=(4, 4, 1)), Conv2D(kernel_size=(5, 5)), block)
    node = network.nodes[-1]
    inspector.set_node(node, analyse(network).nodes[node.id])
    assert "once the blocks before this one have no problem" in _texts(inspector)


@pytest.mark.parametrize("width", [280, 300, 420])
def test_no_column_of_what_is_inside_is_cut(qtbot, inspector: Inspector, width: int) -> None:
    network = stack(Input(shape=(16, 16, 8)), InvertedResidual(filters=8))
    analysis = analyse(network)
    inspector.set_network(network, analysis, 32)
    node = network.nodes[1]
    inspector.set_node(node, analysis.nodes[node.id])
    inspector.resize(width, 900)
    inspector.show()
    table = inspector.findChild(FactsTable, "insideTable")
    qtbot.waitUntil(lambda: table.isVisible() and table.viewport().width() > 100)
    last = len(table.columns) - 1
    kind = table.columnViewportPosition(last) + table.columnWidth(last)
    assert kind <= table.viewport().width()
    widths = [table.columnWidth(index) for index in range(last + 1)]
    assert sum(widths) <= table.viewport().width(), widths
    assert table.columnWidth(last) >= min(table.sizeHintForColumn(last), 72)
