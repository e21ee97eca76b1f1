"""Freezing one block, or giving it a rate of its own; and how the canvas shows it."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from models.analysis import analyse
from models.training.plan import BlockRule
from models.zoo.lenet import lenet5
from widgets.canvas import CanvasView
from widgets.inspector.block_training import FROZEN, BlockTraining

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


@pytest.fixture
def part(qtbot) -> BlockTraining:
    part = BlockTraining()
    qtbot.addWidget(part)
    return part


def test_without_a_rule_it_is_not_there(part: BlockTraining) -> None:
    part.set_rule(BlockRule(node="conv2d"))
    assert not part.isHidden()
    part.set_rule(None)
    assert part.isHidden()


def test_freezing_is_told_and_makes_the_factor_meaningless(qtbot, part: BlockTraining) -> None:
    part.set_rule(BlockRule(node="conv2d", learning_rate_factor=0.1))
    assert part.form is not None
    factor = part.form.editor("learning_rate_factor").controls[0]
    assert factor.isEnabled()
    with qtbot.waitSignal(part.rule_changed) as caught:
        part.form.editor("trainable").controls[0].click()
    assert caught.args[0] == BlockRule(node="conv2d", trainable=False, learning_rate_factor=0.1)
    assert not factor.isEnabled()
    assert FROZEN in [message.text() for message in part.form.findChildren(type(part.form._rows["trainable"].message))]


def test_edits_of_two_blocks_are_told_apart(qtbot, part: BlockTraining) -> None:
    told: list[tuple[BlockRule, str]] = []
    part.rule_changed.connect(lambda rule, session: told.append((rule, session)))
    for node in ("conv2d", "dense"):
        part.set_rule(BlockRule(node=node))
        assert part.form is not None
        part.form.editor("learning_rate_factor").controls[0].setText("0.5")
    (first, one), (second, other) = told
    assert (first.node, second.node) == ("conv2d", "dense")
    assert one != other


def test_a_frozen_card_says_so_in_a_sign_and_in_words(qtbot, qapp: QApplication) -> None:
    canvas = CanvasView()
    qtbot.addWidget(canvas)
    canvas.resize(600, 500)
    network = lenet5()
    canvas.set_network(network, analyse(network))
    card = canvas.card("conv2d")
    before = canvas.grab().toImage()
    canvas.set_frozen(frozenset({"conv2d", "flatten"}))
    assert "frozen: training leaves its weights as they are" in card.toolTip()
    assert "frozen" in card.accessible_description()
    assert canvas.grab().toImage() != before
    assert "frozen" not in canvas.card("flatten").toolTip(), "it has no weights"
    canvas.set_frozen(frozenset())
    assert "frozen" not in card.toolTip()
