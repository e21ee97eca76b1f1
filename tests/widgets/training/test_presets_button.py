"""The menu of presets: LayerLoom's, the user's own, keeping and removing them."""

from __future__ import annotations

import pytest

from models.training.plan import DEFAULT_PLAN
from models.training.presets import built_in_presets, preset_of
from widgets.training.presets_button import PresetsButton, tip_of

BUILT_IN = built_in_presets()
OWN = (preset_of("Mine & yours", DEFAULT_PLAN, "For the lecture."),)


@pytest.fixture
def button(qtbot) -> PresetsButton:
    button = PresetsButton()
    qtbot.addWidget(button)
    return button


def test_every_preset_is_offered_with_its_sentence_and_what_it_sets(qtbot, button: PresetsButton) -> None:
    button.set_presets(BUILT_IN, OWN)
    actions = {action.text(): action for action in button.menu().actions()}
    for preset in (*BUILT_IN, *OWN):
        action = actions[preset.name.replace("&", "&&")]
        assert preset.description in action.toolTip()
        with qtbot.waitSignal(button.preset_chosen) as caught:
            action.trigger()
        assert caught.args == [preset]
    assert button.menu().toolTipsVisible()


def test_what_a_preset_sets_is_named() -> None:
    preset = next(preset for preset in BUILT_IN if preset.freeze)
    assert tip_of(preset).endswith("restore_best_weights, blocks.")


def test_the_menu_asks_for_its_content_each_time(qtbot, button: PresetsButton) -> None:
    with qtbot.waitSignal(button.opening):
        button.menu().aboutToShow.emit()


def test_without_own_presets_there_is_none_to_remove(qtbot, button: PresetsButton) -> None:
    button.set_presets(BUILT_IN, ())
    texts = [action.text() for action in button.menu().actions()]
    assert "No presets of yours" in texts
    assert "Remove" not in texts
    with qtbot.waitSignal(button.save_requested):
        next(action for action in button.menu().actions() if action.text().startswith("Save")).trigger()


def test_own_presets_can_be_removed(qtbot, button: PresetsButton) -> None:
    for _ in range(2):  # filled anew, it holds each once
        button.set_presets(BUILT_IN, OWN)
    (remove,) = [action for action in button.menu().actions() if action.menu() is not None]
    with qtbot.waitSignal(button.removal_requested) as caught:
        remove.menu().actions()[0].trigger()
    assert caught.args == [OWN[0]]
