"""Curves: any history can be drawn, long ones are thinned without losing their peaks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtWidgets import QCheckBox, QWidget

from models.data.sources import DataFacts
from models.network.graph import Network
from models.training.events import BatchesDone, EpochDone, LearningRateChanged, TrainingStarted
from models.training.history import History
from widgets.curves import OVER, CurvesView
from widgets.live.quantities import GRADIENT_NORM, LEARNING_RATE
from widgets.plot import POINTS, SHORTEST_AXIS, Plot
from widgets.theme import DARK, LIGHT

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)

FACTS = DataFacts("Leaves", 100, (8, 8, 1), ("a", "b"))


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


def test_a_long_run_is_drawn_from_few_points(view: CurvesView) -> None:
    values = np.random.default_rng(0).random(300_000, dtype=np.float32)
    values[123_456], values[7] = 9.0, -9.0
    history = History()
    history.add_batches(BatchesDone("run", 0, len(values), values, values, 100.0))
    view.set_history(history)
    steps, drawn = view.loss_plot._raw.getData()
    assert len(drawn) <= POINTS
    assert (steps[0], steps[-1]) == (1, 300_000)
    assert (drawn.min(), drawn.max()) == (-9.0, 9.0)


def test_zooming_in_shows_every_step(view: CurvesView) -> None:
    values = np.arange(100_000, dtype=np.float32)
    history = History()
    history.add_batches(BatchesDone("run", 0, len(values), values, values, 100.0))
    view.set_history(history)
    box = view.loss_plot.getPlotItem().getViewBox()
    box.setXRange(50_000, 50_100, padding=0)
    box.sigRangeChangedManually.emit([True, False])
    steps, drawn = view.loss_plot._raw.getData()
    np.testing.assert_array_equal(steps, np.arange(steps[0], steps[-1] + 1))
    np.testing.assert_array_equal(drawn, steps - 1)
    assert steps[0] <= 50_000
    assert steps[-1] >= 50_100
    low, high = box.viewRange()[1]
    assert 49_000 < low < 50_000
    assert 50_100 < high < 51_000
    view.loss_plot.mouseDoubleClickEvent(QMouseEvent(
        QMouseEvent.Type.MouseButtonDblClick, QPointF(9, 9), QPointF(9, 9), Qt.MouseButton.LeftButton,
        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    ))  # fmt: skip
    assert box.viewRange()[0] == [0, 100_000]


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
    view.resize(1500, 300)
    view.set_history(_history([1.0] * 20, epochs=95))
    ticks = view.loss_plot.getPlotItem().getAxis("bottom")._tickLevels[0]
    assert ticks[0][1] == "epoch 10"
    assert len(ticks) <= 10
    view.resize(600, 300)
    view._drawn.clear()
    view.refresh()
    fewer = view.loss_plot.getPlotItem().getAxis("bottom")._tickLevels[0]
    assert 1 <= len(fewer) < len(ticks)


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
    plot, history, reaches = Plot("plot"), History(), set()
    history.start(TrainingStarted("run", Network(), FACTS, 1, planned, planned, 0, "loss", "accuracy"))
    for chunk in chunks:
        values = np.full(min(chunk, max(planned - history.steps, 0)), 0.5, np.float32)
        history.add_batches(BatchesDone("run", 0, history.steps + len(values), values, values, 1.0))
        plot.show_history(history)
        right = plot.getPlotItem().getViewBox().viewRange()[0][1]
        if history.steps:
            assert history.steps <= right
            assert right <= max(planned, SHORTEST_AXIS) + 1
            reaches.add(round(right))
    assert len(reaches) <= 2 + np.log2(max(planned / SHORTEST_AXIS, 1))  # it doubles
    plot.close()


def _eventful() -> History:
    history = _history([float(value) for value in np.linspace(2, 1, 40)])
    history.epochs, history.epoch_steps = [], []
    for epoch, (steps, best) in enumerate(((20, True), (40, False))):
        metrics = {"top_5_accuracy": 0.8 + epoch / 10}
        done = EpochDone("run", epoch, 1.0, 0.5, 0.7, 0.6 - epoch / 10, 10.0, metrics=metrics, is_best=best)
        history.epochs.append(done)
        history.epoch_steps.append(steps)
    history.add_rate_change(LearningRateChanged("run", 10, 0.01))
    history.add_rate_change(LearningRateChanged("run", 30, 0.001, "plateau"))
    history.resumes.append(25)
    return history


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (10, "learning rate 0.01 from step 10 on, by you"),
        (30, "learning rate 0.001 from step 30 on, since it was no longer getting better"),
        (25, "taken up again after step 25"),
        (20, "best epoch so far: 1 (held out: loss 0.7, metric 0.6)"),
        (16, None),
    ],
)
@pytest.mark.parametrize("over", OVER)
def test_what_happened_is_marked_and_said(view: CurvesView, step: int, words: str | None, over: str) -> None:
    view.set_over(over)
    view.set_history(_eventful())
    plot = view.loss_plot
    place = float(plot._placed(np.array([step], np.float64))[0])
    mark = plot.mark_at(plot.getPlotItem().getViewBox().mapViewToScene(QPointF(place, 1.5)))
    assert (mark.text if mark is not None else None) == words


def test_marks_differ_in_their_lines_and_not_in_colours_alone(view: CurvesView) -> None:
    view.set_history(_eventful())
    styles = {mark.kind: line.pen.style() for line, (mark, _) in zip(
        view.loss_plot._marks._lines, view.loss_plot._marks.placed, strict=True
    )}  # fmt: skip
    assert styles["rate"] != styles["resumed"]


def test_time_is_that_of_training(view: CurvesView) -> None:
    view.set_over("over time")
    view.set_history(_eventful())
    assert view.loss_plot._raw.getData()[0][-1] == pytest.approx(20.0)
    ticks = view.loss_plot.getPlotItem().getAxis("bottom").tickStrings([0, 5, 90, 7500], 1, 1)
    assert ticks == ["0 s", "5 s", "1:30 min", "2:05 h"]


def test_further_metrics_and_the_rate_can_be_chosen(view: CurvesView) -> None:
    view.resize(600, 260)
    view.set_history(_eventful())
    assert view._metric_title.choices == ("accuracy", "top_5_accuracy", "learning rate", "gradient norm")
    view._metric_title._choose("top_5_accuracy")
    assert view.metric_plot._held.getData()[1].tolist() == pytest.approx([0.8, 0.9])
    assert view.metric_plot._raw.getData()[0] is None or not len(view.metric_plot._raw.getData()[0])
    view._metric_title._choose("learning rate")
    assert view.metric_plot.quantity == LEARNING_RATE
    view.resize(1000, 260)  # now it has a plot of its own
    assert view._metric_title.choices == ("accuracy", "top_5_accuracy")
    assert view.metric_plot.quantity.title == "accuracy"
    assert view.rate_plot.isVisible()
    view._rate_title._choose("gradient norm")
    assert view.rate_plot.quantity == GRADIENT_NORM


def test_shares_have_no_logarithmic_scale(view: CurvesView) -> None:
    view.findChild(QCheckBox).setChecked(True)
    view.set_history(_eventful())
    assert view.loss_plot._is_logarithmic
    assert not view.metric_plot._is_logarithmic


def test_each_plot_has_its_turn(view: CurvesView) -> None:
    view.resize(1000, 260)
    history = _history([1.0, 2.0])
    view._history = history
    for _ in range(3):
        view.refresh_one()
    assert all(len(view._drawn[plot]) for plot in view.all_plots)
