"""The notation field: it shows a stack's own notation, reads what is typed, and says where it goes wrong."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QPushButton
from strategies import networks

from models.analysis import analyse
from models.blocks.activation import ReLU
from models.blocks.convolution import Conv2D
from models.blocks.input import Input
from models.blocks.merge import Add
from models.network.graph import Network, Node, Source, stack
from models.network.notation import to_notation
from models.zoo.lenet import lenet5
from widgets.notation_field import NotationField
from widgets.theme import LIGHT

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)
NETWORK = lenet5()
BRANCHED = Network(
    nodes=(
        Node(id="input", block=Input(shape=(8, 8, 4))),
        Node(id="relu", block=ReLU(), inputs=(Source("input"),)),
        Node(id="add", block=Add(), inputs=(Source("input"), Source("relu"))),
    )
)


@pytest.fixture
def field(qtbot) -> NotationField:
    field = NotationField()
    qtbot.addWidget(field)
    field.resize(280, 300)
    field.set_theme(LIGHT)
    field.show()
    field.set_network(NETWORK, analyse(NETWORK))
    return field


def _edit(field: NotationField) -> QPlainTextEdit:
    return field.findChild(QPlainTextEdit)


def test_a_stack_shows_its_notation_to_copy(qtbot, field: NotationField) -> None:
    assert field.text == to_notation(NETWORK)
    copy = next(button for button in field.findChildren(QPushButton) if button.text() == "Copy")
    qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == field.text


def test_what_is_typed_is_reported_by_enter(qtbot, field: NotationField) -> None:
    _edit(field).setPlainText("INPUT 8x8x1 -> flatten -> fc 3")
    assert "3 blocks, 195 parameters" in field.message
    with qtbot.waitSignal(field.network_described) as caught:
        qtbot.keyClick(_edit(field), Qt.Key.Key_Return)
    (network,) = caught.args
    assert analyse(network).parameters == 195
    assert "\n" not in field.text


def test_sizes_that_are_not_said_are_those_of_the_present_network(qtbot, field: NotationField) -> None:
    _edit(field).setPlainText("INPUT -> flatten -> fc")
    with qtbot.waitSignal(field.network_described) as caught:
        qtbot.keyClick(_edit(field), Qt.Key.Key_Return)
    analysis = analyse(caught.args[0])
    assert (analysis.input_shape, analysis.output_shape) == ((32, 32, 1), (10,))


def test_a_mistake_is_underlined_and_said_with_its_column(qtbot, field: NotationField) -> None:
    _edit(field).setPlainText("INPUT 8x8x1 -> flaten -> fc 3")
    assert field.message.startswith("⚠ Column 16:")
    (mark,) = _edit(field).extraSelections()
    assert mark.cursor.selectedText() == "flaten"
    with qtbot.assertNotEmitted(field.network_described):
        qtbot.keyClick(_edit(field), Qt.Key.Key_Return)
    assert field.text == "INPUT 8x8x1 -> flaten -> fc 3"


def test_escape_brings_the_networks_own_notation_back(qtbot, field: NotationField) -> None:
    _edit(field).setPlainText("nonsense")
    qtbot.keyClick(_edit(field), Qt.Key.Key_Escape)
    assert field.text == to_notation(NETWORK)
    assert not _edit(field).extraSelections()


def test_the_networks_own_notation_is_not_reported_again(qtbot, field: NotationField) -> None:
    with qtbot.assertNotEmitted(field.network_described):
        qtbot.keyClick(_edit(field), Qt.Key.Key_Return)


def test_a_network_with_branches_says_why_it_has_none(field: NotationField) -> None:
    field.set_network(BRANCHED, analyse(BRANCHED))
    assert field.text == ""
    assert "branches at Add" in field.message
    field.set_network(NETWORK, analyse(NETWORK))
    assert field.text == to_notation(NETWORK)


def test_what_is_being_typed_survives_an_edit_elsewhere(qtbot, field: NotationField) -> None:
    field.activateWindow()
    _edit(field).setFocus()
    qtbot.waitUntil(_edit(field).hasFocus)
    _edit(field).setPlainText("INPUT -> conv")
    other = stack(Input(shape=(9, 9, 1)), Conv2D())
    field.set_network(other, analyse(other))
    assert field.text == "INPUT -> conv"


def test_far_too_long_a_text_is_refused_in_words(field: NotationField) -> None:
    _edit(field).setPlainText("INPUT 8x8x1 " + "-> relu " * 5_000)
    assert "at most 20,000" in field.message


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60))
def test_any_text_is_read_or_refused(field: NotationField, text: str) -> None:
    _edit(field).setPlainText(text)
    assert field.message


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(network=networks())
def test_any_network_is_shown_or_says_why_not(field: NotationField, network: Network) -> None:
    field.set_network(network, analyse(network))
    assert field.text or field.message
    assert not field.is_edited
