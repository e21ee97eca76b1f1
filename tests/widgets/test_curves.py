"""Curves: any history can be drawn, long ones are thinned without losing their peaks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QCheckBox, QWidget

from models.training.events import BatchesDone, EpochDone
from models.training.history import GrowingArray, History
from widgets.curves import CurvesView
from widgets.plot import POINTS, SHORTEST_AXIS, Plot, downsample
from widgets.theme import DARK, LIGHT

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


def _history(values: list[float], epochs: int = 0, held_out: float | None = 0.5) -> History:
    history = History()
    if values:
        chunk = np.array(values, dtype=np.float32)
        history.add_batches(BatchesDone("run", 0, len(values), chunk, chunk, 100.0))
    for epoch in range(epochs):
        history.add_epoch(EpochDone("run", epoch, 1.0, 0.5, held_out, held_out, 1.0))
    return history


@pytest.fixture
def view(qtbot) -> CurvesView:
    view = CurvesView()
    qtbot.addWidget(view)
    view.resize(800, 260)
    view.show()
    return view


@pytest.mark.parametrize(
    "values", [[], [1.0], [float("nan")], [float("inf"), float("nan")], [0.0, -1.0], [3.0] * 5, [1e-30, 1e30, 2.0]]
)
@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize("held_out", [None, 0.5, float("nan")])
def test_any_values_are_drawn(view: CurvesView, values: list[float], logarithmic: bool, held_out: float | None) -> None:
    view.findChild(QCheckBox).setChecked(logarithmic)
    view.set_history(_history(values, epochs=2, held_out=held_out))
    assert not view.grab().isNull()


@settings(max_examples=80, deadline=None)
@given(values=st.lists(st.floats(width=32), max_size=300), points=st.integers(2, 100))
def test_thinning_keeps_lowest_and_highest(values: list[float], points: int) -> None:
    array = np.array(values, dtype=np.float32)
    steps, thinned = downsample(array, points)
    assert len(steps) == len(thinned)
    assert len(steps) <= points
    assert (np.diff(steps) >= 0).all()
    finite = array[~np.isnan(array)]
    if len(finite):
        assert np.nanmin(thinned) == finite.min()
        assert np.nanmax(thinned) == finite.max()


def test_a_long_run_is_thinned() -> None:
    steps, values = downsample(np.random.default_rng(0).random(1_000_000, dtype=np.float32))
    assert len(values) <= POINTS
    assert steps[0] == 1
    assert steps[-1] == 1_000_000


def test_it_draws_when_it_is_seen_and_when_something_is_new(qtbot) -> None:
    view = CurvesView()
    qtbot.addWidget(view)
    history = _history([1.0, 2.0])
    view.set_history(history)
    curve = view.loss_plot._raw
    assert curve.getData()[0] is None
    view.show()
    np.testing.assert_array_equal(curve.getData()[1], [1.0, 2.0])
    with qtbot.assertNotEmitted(curve.sigPlotChanged):
        view.refresh()
    history.add_batches(BatchesDone("run", 0, 3, np.array([4], dtype=np.float32), np.array([4], dtype=np.float32), 1))
    with qtbot.waitSignal(curve.sigPlotChanged):
        view.refresh()


def test_the_pointer_reads_the_values(view: CurvesView) -> None:
    view.set_metric_name("sparse_categorical_accuracy")
    view.set_history(_history([0.5, 0.25, 0.125], epochs=1, held_out=0.75))
    box = view.loss_plot.getPlotItem().getViewBox()
    view._hover(view.loss_plot, box.mapViewToScene(QPointF(1, 0.5)))
    text = view._readout.text()
    assert text.startswith("step 1 · epoch 1   loss 0.5   sparse categorical accuracy 0.5")
    assert "held out 0.75" in text
    view._hover(view.loss_plot, QPointF(-100, -100))
    assert view._readout.text() == ""


def test_epochs_are_marked_without_crowding(view: CurvesView) -> None:
    view.set_history(_history([1.0] * 20, epochs=95))
    ticks = view.loss_plot.getPlotItem().getAxis("bottom")._tickLevels[0]
    assert ticks[0][1] == "epoch 10"
    assert len(ticks) <= 10


def test_it_says_how_to_begin(view: CurvesView) -> None:
    page = view.layout().currentWidget()
    assert "Press Train" in page.text()
    view.set_history(_history([1.0]))
    assert view.layout().currentWidget() is not page


def test_names_that_others_rely_on(view: CurvesView) -> None:
    assert view.findChild(QWidget, "lossPlot") is view.loss_plot
    assert view.findChild(QWidget, "metricPlot") is view.metric_plot
    assert "loss" in view.loss_plot.accessibleName()


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_the_curves_become_a_picture(view: CurvesView, tmp_path: Path, theme) -> None:
    view.set_theme(theme)
    view.set_history(_history([2.0, 1.0, 0.5], epochs=1))
    path = tmp_path / "curves.png"
    view.export_png(path)
    picture = QImage(str(path))
    assert picture.width() == 1280
    assert picture.pixelColor(2, 2) == theme.color("panel")
    with pytest.raises(OSError, match="Choose a folder that exists"):
        view.export_png(tmp_path / "missing" / "curves.png")


@given(planned=st.integers(1, 200_000), chunks=st.lists(st.integers(1, 3000), max_size=30))
@settings(max_examples=40, deadline=None)
def test_the_axis_holds_the_curve_and_moves_seldom(qapp, planned: int, chunks: list[int]) -> None:
    plot, raw, reaches = Plot("plot"), GrowingArray(), set()
    for chunk in chunks:
        raw.extend([0.5] * min(chunk, max(planned - len(raw), 0)))
        plot.show_values(raw, raw, [], [], planned)
        right = plot.getPlotItem().getViewBox().viewRange()[0][1]
        if len(raw):
            assert len(raw) <= right
            assert right <= max(planned, SHORTEST_AXIS) + 1
            reaches.add(round(right))
    assert len(reaches) <= 2 + np.log2(max(planned / SHORTEST_AXIS, 1))  # it doubles
    plot.close()
