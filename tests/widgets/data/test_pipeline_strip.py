"""The line about where prepared samples are kept and how fast they come."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from models.training.events import DataPlanned, DataSpeed
from widgets.data.pipeline_strip import UNKNOWN, PipelineStrip

PLAN = DataPlanned("run", "memory", 312, "cached in memory, 312 MB")


def test_the_line_in_words(qtbot: QtBot) -> None:
    strip = PipelineStrip()
    qtbot.addWidget(strip)
    assert strip.text == UNKNOWN
    strip.set_plan(PLAN)
    strip.set_speed(DataSpeed("run", 9100, 4300))
    assert strip.text == "cached in memory, 312 MB · data 9,100/s, model 4,300/s: data is not the bottleneck"
    assert strip.line.property("role") == "dim"
    assert strip.accessibleName() == strip.text


def test_a_bottleneck_is_said_first_with_icon_and_help(qtbot: QtBot) -> None:
    strip = PipelineStrip()
    qtbot.addWidget(strip)
    strip.set_plan(PLAN)
    strip.set_speed(DataSpeed("run", 3000, 4300))
    assert strip.text == "⚠  data 3,000/s, model 4,300/s: data is the bottleneck · cached in memory, 312 MB"
    assert strip.line.property("role") == "warn"
    assert "waits for samples" in strip.accessibleDescription()
    strip.set_speed(None)
    strip.set_plan(None)
    assert strip.text == UNKNOWN
