"""Where the time goes, how fast a run is, and what the machine does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF

from models.training.events import BatchesDone, DataSpeed, EpochDone
from models.training.history import History
from widgets.live.axis import Span, round_places
from widgets.live.machine import READINGS, MachineLoad, MachineView, size_text
from widgets.live.speed import SpeedView
from widgets.live.time_split import TimeSplit, splits_of
from widgets.live.trend import Trend, TrendPlot
from widgets.theme import DARK, LIGHT

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


def _epoch(number: int, seconds: float, data: float = 0.0, looking: float = 0.0) -> EpochDone:
    return EpochDone("r", number, 1, 0.5, None, None, seconds, data_seconds=data, probe_seconds=looking)


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 1), st.floats(0, 1)), max_size=200), st.integers(1, 60))
def test_all_the_time_is_told_and_none_twice(epochs: list[tuple[float, float, float]], most: int) -> None:
    events = [_epoch(n, s, s * data / 2, s * looking / 2) for n, (s, data, looking) in enumerate(epochs)]
    splits = splits_of(events, most)
    assert len(splits) <= most
    assert sum(split.total for split in splits) == pytest.approx(sum(event.seconds for event in events))
    for split in splits:
        assert all(0 <= share <= 1 for share in split.shares)
        assert sum(split.shares) == pytest.approx(1 if split.total else 0)


def test_a_split_in_words(qtbot) -> None:
    view = TimeSplit()
    qtbot.addWidget(view)
    view.resize(200, 160)
    view.set_epochs([_epoch(0, 2.0, 1.0, 0.0), _epoch(1, 4.0, 0.4, 0.2)])
    told = "epoch 2, 4 s: training 85%, waiting for data 10%, looking inside 5%"
    assert told in view.accessibleName()
    assert view.text_at(QPoint(190, 10)) == told
    assert view.text_at(view._bar(0).center().toPoint()).startswith("epoch 1, 2 s: training 50%")


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_the_view_is_painted_before_and_during_a_run(qtbot, theme) -> None:
    view = SpeedView()
    qtbot.addWidget(view)
    view.set_theme(theme)
    view.resize(640, 200)
    view.show()
    assert not view.grab().isNull()
    history = History()
    values = np.ones(50, np.float32)
    history.add_batches(BatchesDone("r", 0, 50, values, values, 1234.0))
    history.add_epoch(_epoch(0, 2.0, 1.0))
    view.set_history(history)
    view.add_load(MachineLoad(0.5, 10**9, 8 * 10**9, 0.9, 10**9, 15 * 10**9, "Tesla T4"))
    assert view._now.text() == "1,234 images/s"
    assert not view.grab().isNull()
    view.set_data_speed(DataSpeed("r", 9100.0, 4300.0))
    assert view._data.text() == "data 9,100/s, model 4,300/s: data is not the bottleneck"
    view.set_data_speed(None)
    assert view._data.text() == ""


def test_the_machine_is_read_while_it_is_seen(qtbot) -> None:
    view = SpeedView()
    qtbot.addWidget(view)
    told: list[bool] = []
    view.watched.connect(told.append)
    view.show()
    view.hide()
    assert told == [True, False]


def test_the_machine_in_words(qtbot) -> None:
    view = MachineView()
    qtbot.addWidget(view)
    for number in range(READINGS + 10):
        view.add(MachineLoad(number / 200, 640_000_000, 8_000_000_000))
    assert view.accessibleName() == "Load of this machine: CPU 50%, memory 640 MB of 8.0 GB"
    view.add(MachineLoad(0.1, 640_000_000, 8_000_000_000, 0.87, 2_000_000_000, 15_000_000_000, "Tesla T4"))
    assert "GPU 87%, GPU memory 2.0 GB of 15.0 GB" in view.accessibleName()
    assert "Tesla T4" in view.toolTip()
    assert len(view._loads) == READINGS


@pytest.mark.parametrize(("size", "text"), [(0, "0 MB"), (640e6, "640 MB"), (1e9, "1.0 GB"), (25.3e9, "25.3 GB")])
def test_sizes(size: float, text: str) -> None:
    assert size_text(size) == text


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(1, 12))
def test_places_of_an_axis_are_round_and_within(low: float, width: float, most: int) -> None:
    span = Span(low, low + width)
    places = round_places(span, most)
    assert len(places) <= 1.5 * most + 2
    room = width * 1e-6 + abs(low) * 1e-12
    assert all(span.low - room <= place <= span.high + room for place in places)


@pytest.mark.parametrize("values", [[], [np.nan] * 3, [1.0], [1.0, np.nan, 2.0], [0.0, 0.0], [-3.0, 1e30]])
@pytest.mark.parametrize("logarithmic", [False, True])
def test_any_trend_is_painted(qtbot, values: list[float], logarithmic: bool) -> None:
    plot = TrendPlot("values")
    qtbot.addWidget(plot)
    plot.resize(240, 140)
    steps = np.arange(len(values), dtype=np.float64)
    shown = np.clip(values, -38, 38) if logarithmic else np.array(values)
    plot.set_trends([Trend("a", steps, shown)], logarithmic=logarithmic, band=(0.1, 1.0), empty="none")
    assert not plot.grab().isNull()
    text = plot.text_at(QPointF(120, 60))
    assert (text != "") == bool(np.isfinite(values).any())
