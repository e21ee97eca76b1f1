"""The toolbar's chips."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor

from models.data.sources import SOURCES, SourceGroup
from widgets.chips import DataChip, DeviceChip
from widgets.theme import DARK, LIGHT


def test_the_menu_offers_the_page_and_every_source(qtbot) -> None:
    chip = DataChip()
    qtbot.addWidget(chip)
    for _ in range(2):  # opening it again adds nothing
        chip.menu().aboutToShow.emit()
    page, *_rest = chip.menu().actions()
    with qtbot.waitSignal(chip.page_requested):
        page.trigger()
    sources = {action.data(): action for action in chip.menu().actions() if action.data()}
    assert list(sources) == [
        kind for group in SourceGroup for kind, source in SOURCES.items() if source.group is group
    ]  # fmt: skip
    for kind, action in sources.items():
        with qtbot.waitSignal(chip.source_requested) as told:
            action.trigger()
        assert told.args == [kind]
    chip.set_text("Digits · 1,797 images", "what it is")
    assert chip.accessibleName() == "Data set: Digits · 1,797 images"
    assert chip.toolTip() == "what it is"


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("state", ["ok", "warn", "bad"])
def test_the_dot_has_the_colour_of_the_state_and_the_words_say_it(qtbot, theme, state: str) -> None:
    chip = DeviceChip()
    qtbot.addWidget(chip)
    chip.set_theme(theme)
    chip.set_device("CPU · 2 cores", state, "no GPU was found")
    chip.resize(chip.sizeHint())
    dot = chip.grab().toImage().pixelColor(14, chip.height() // 2)
    assert dot == QColor(getattr(theme, state))
    assert chip.accessibleName() == "Device: CPU · 2 cores"
    assert chip.toolTip() == "no GPU was found"
