"""The curve of the learning rate: it is the schedule, is read by pointer and keys, and shows where a run is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans import plans
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from models.training.plan import DEFAULT_PLAN, TrainingPlan
from models.training.schedules import Length
from models.training.schedules.curves import Cosine, StepDecay
from widgets.training.axes import decades, frame_of, nice_marks, rate_text
from widgets.training.schedule_plot import SchedulePlot, length_of

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


@pytest.fixture
def plot(qtbot) -> SchedulePlot:
    plot = SchedulePlot()
    qtbot.addWidget(plot)
    plot.resize(280, 128)
    plot.show()
    return plot


@settings(max_examples=40)
@given(plan=plans(), steps=st.integers(1, 5000))
def test_any_plan_is_drawn_and_read(qapp: QApplication, plan: TrainingPlan, steps: int) -> None:
    plot = SchedulePlot()
    plot.resize(280, 128)
    plot.set_plan(plan, steps)
    plot.set_progress(0.5, plan.learning_rate)
    assert not plot.grab().isNull()
    length = length_of(plan, steps)
    for epoch in (0.0, plot.last_epoch / 2, plot.last_epoch):
        step = min(int(epoch * steps), length.steps - 1)
        expected = plan.learning_rate * plan.schedule.factors(np.array([step], np.int64), length)[0]
        assert plot.rate_at(epoch) == expected
    plot.deleteLater()


def test_a_run_ends_with_its_epochs_or_its_steps() -> None:
    assert length_of(DEFAULT_PLAN, 10) == Length(150, 10)
    assert length_of(DEFAULT_PLAN.replace(max_steps=7), 10) == Length(7, 10)
    assert length_of(DEFAULT_PLAN.replace(max_steps=10**6), 10) == Length(150, 10)


def test_the_pointer_reads_epoch_and_rate(qtbot, plot: SchedulePlot) -> None:
    plot.set_plan(DEFAULT_PLAN.replace(schedule=StepDecay(every=5), epochs=10), 20)
    assert plot.reading == ""
    frame = plot._frame()
    move(plot, frame.point(2.5, 0.0005))
    assert plot.reading == "epoch 2.5 · 0.001"
    move(plot, frame.point(7.5, 0.0005))
    assert plot.reading == "epoch 7.5 · 1e-4"
    move(plot, QPointF(1, 1))
    assert plot.reading == ""


def move(plot: SchedulePlot, position: QPointF) -> None:
    nothing = Qt.MouseButton.NoButton
    event = QMouseEvent(
        QMouseEvent.Type.MouseMove, position, plot.mapToGlobal(position), nothing, nothing,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(plot, event)


def test_the_arrow_keys_read_it_too(qtbot, plot: SchedulePlot) -> None:
    plot.activateWindow()
    plot.setFocus()
    for _ in range(60):
        qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert plot.reading == "epoch 15.0 · 0.001"
    assert plot.accessibleDescription() == plot.reading
    qtbot.keyClick(plot, Qt.Key.Key_Left)
    assert plot.reading.startswith("epoch 14.7")
    plot.clearFocus()
    assert plot.reading == ""


def test_the_curve_is_told_in_words(plot: SchedulePlot) -> None:
    plot.set_plan(DEFAULT_PLAN.replace(schedule=Cosine(warmup=0), epochs=10), 100)
    assert plot.spoken.startswith("0.001 at first, 5")
    assert "e-9 at the end, at most 0.001" in plot.spoken
    assert plot.accessibleDescription() == plot.spoken


def test_where_a_run_is_is_marked(plot: SchedulePlot) -> None:
    before = plot.grab().toImage()
    plot.set_progress(7.0)
    marked = plot.grab().toImage()
    assert marked != before
    plot.set_progress(7.0, 0.0005)
    assert plot.grab().toImage() != marked
    plot.set_progress(None)
    assert plot.grab().toImage() == before


@given(low=st.floats(-1e6, 1e6), size=st.floats(1e-6, 1e6), most=st.integers(1, 10))
def test_marks_are_round_and_few(low: float, size: float, most: int) -> None:
    marks = nice_marks(low, low + size, most)
    assert len(marks) <= most + 1
    assert all(low - size * 1e-6 <= mark <= low + size * (1 + 1e-6) for mark in marks)
    assert marks == sorted(marks)


def test_whole_numbers_of_epochs() -> None:
    assert nice_marks(0, 3, 6, whole=True) == [0, 1, 2, 3]
    assert nice_marks(0, 90, 6, whole=True) == [0, 20, 40, 60, 80]
    assert decades(-7, 1) == [-7, -6, -5, -4, -3, -2, -1, 0, 1]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.001, "0.001"), (3e-4, "3e-4"), (0.0, "0"), (1.0, "1"), (0.0123, "0.0123"), (1e-7, "1e-7"), (2.5e-5, "2.5e-5")],
)
def test_rates_as_people_write_them(value: float, text: str) -> None:
    assert rate_text(value) == text


@given(st.floats(1e-9, 1e3))
def test_a_rate_in_words_is_that_rate(rate: float) -> None:
    assert float(rate_text(rate)) == pytest.approx(rate, rel=6e-3)


@given(value=st.floats(0, 30))
def test_a_pixel_leads_back_to_its_value(value: float) -> None:
    frame = frame_of(280, 128, (0, 30), (0, 1))
    assert frame.value_at(frame.x(value)) == pytest.approx(value, abs=1e-6)
