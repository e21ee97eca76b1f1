"""Curves of several runs over one another: choices, the legend, reading values, and one look for each run."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QSlider
from pytestqt.qtbot import QtBot
from run_summaries import curves, summary

from widgets.runs.curve_data import AXES, QUANTITIES, RunCurves
from widgets.runs.curves_view import RunCurvesView
from widgets.runs.model import key_of
from widgets.runs.overlay_plot import values_at
from widgets.runs.styles import RunStyles
from widgets.theme import DARK, LIGHT

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)

RUNS = [summary("one"), summary("two", created=1_700_100_000.0)]
ONE, TWO = map(key_of, RUNS)


@pytest.fixture
def styles() -> RunStyles:
    styles = RunStyles()
    styles.show([ONE, TWO])
    return styles


@pytest.fixture
def view(qtbot: QtBot, styles: RunStyles) -> RunCurvesView:
    view = RunCurvesView(styles)
    qtbot.addWidget(view)
    view.resize(800, 320)
    view.set_theme(DARK)
    view.set_runs(RUNS)
    view.set_curves({ONE: curves(), TWO: curves(level=1.0)})
    view.show()
    return view


def choose(view: RunCurvesView, name: str, index: int) -> None:
    view.findChild(QComboBox, name).setCurrentIndex(index)


def set_smoothing(view: RunCurvesView, value: int) -> None:
    view.findChild(QSlider, "runSmoothing").setValue(value)


def test_without_runs_it_says_how_to_see_some(qtbot: QtBot) -> None:
    view = RunCurvesView(RunStyles())
    qtbot.addWidget(view)
    assert "Select runs" in view.notice
    view.set_runs([])
    assert "Select runs" in view.notice


def test_while_they_are_read_it_says_so(qtbot: QtBot, styles: RunStyles) -> None:
    view = RunCurvesView(styles)
    qtbot.addWidget(view)
    view.set_runs(RUNS)
    assert view.missing == [ONE, TWO]
    assert view.notice == "Reading the curves …"
    view.set_curves({ONE: RunCurves(), TWO: RunCurves()})
    assert view.notice == "There is no loss of these runs."
    view.set_curves({ONE: curves(), "/runs/another": curves()})
    assert view.notice == ""
    assert [drawn.key for drawn in view.drawn if len(drawn.main[0])] == [ONE]


@pytest.mark.parametrize("quantity", range(len(QUANTITIES)))
@pytest.mark.parametrize("axis", range(len(AXES)))
@pytest.mark.parametrize("logarithmic", [False, True])
def test_every_choice_draws_every_run(view: RunCurvesView, quantity: int, axis: int, logarithmic: bool) -> None:
    choose(view, "runQuantity", quantity)
    choose(view, "runAxis", axis)
    view.findChild(QCheckBox, "runLogarithmic").setChecked(logarithmic)
    view.grab()
    assert [drawn.key for drawn in view.drawn] == [ONE, TWO]
    left, right = view.plot.getPlotItem().getViewBox().viewRange()[0]
    for drawn in view.drawn:
        assert left <= drawn.main[0][0]
        assert drawn.main[0][-1] <= right


def test_smoothing_draws_the_values_behind(view: RunCurvesView) -> None:
    set_smoothing(view, 0)
    assert all(drawn.behind is None for drawn in view.drawn)
    set_smoothing(view, 90)
    assert all(drawn.behind is not None for drawn in view.drawn)
    falling = curves().series("loss", "step")[1]
    assert view.drawn[0].main[1][-1] > falling[-1]  # it lags behind what falls


def test_a_run_has_one_colour_everywhere(view: RunCurvesView, styles: RunStyles) -> None:
    set_smoothing(view, 0)
    for theme in (DARK, LIGHT):
        view.set_theme(theme)
        for key in (ONE, TWO):
            wanted = styles.of(key).color(theme)
            pixels = view.legend.grab().toImage()
            row = [entry.key for entry in view.legend._entries].index(key)
            assert pixels.pixelColor(17, 22 * row + 11).name() == wanted.name()
            assert QColor(view.plot._items[key]._main.opts["pen"].color()).name() == wanted.name()


def test_the_legend_tells_the_last_values(view: RunCurvesView) -> None:
    set_smoothing(view, 0)
    assert view.legend._values == {ONE: "1", TWO: "2"}
    choose(view, "runQuantity", QUANTITIES.index("held-out accuracy"))
    assert view.legend._values == {ONE: "60.0 %", TWO: "60.0 %"}


def test_the_values_under_the_mouse_are_read(view: RunCurvesView, qtbot: QtBot) -> None:
    set_smoothing(view, 0)
    plot = view.plot
    scene = plot.getPlotItem().getViewBox().mapViewToScene(QPointF(50.0, 2.0))
    at = QPointF(plot.mapFromScene(scene))
    buttons = Qt.MouseButton.NoButton
    event = QMouseEvent(
        QMouseEvent.Type.MouseMove, at, plot.mapToGlobal(at), buttons, buttons, Qt.KeyboardModifier.NoModifier
    )
    with qtbot.waitSignal(plot.place_hovered) as told:
        plot.mouseMoveEvent(event)
    assert told.args[0] == pytest.approx(50, abs=1)
    values = {key: float(text) for key, text in view.legend._values.items()}
    assert values[ONE] == pytest.approx(1.5, abs=0.02)
    assert values[TWO] == pytest.approx(2.5, abs=0.02)
    assert view._where.text() == "step 50"


def test_runs_that_do_not_reach_a_place_have_no_value_there(view: RunCurvesView) -> None:
    view.set_curves({ONE: curves(steps=50)})
    set_smoothing(view, 0)
    assert set(values_at(view.drawn, 80.0)) == {TWO}


def test_a_run_is_chosen_and_brought_forward_in_the_legend(view: RunCurvesView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.run_chosen) as told:
        qtbot.mouseClick(view.legend, Qt.MouseButton.LeftButton, pos=QPoint(60, 22 + 10))
    assert told.args == [TWO]
    view.legend.hovered.emit(TWO)
    assert view.plot._items[ONE]._main.opts["pen"].color().alpha() < 100
    assert view.plot._items[TWO]._main.opts["pen"].color().alpha() == 255
    view.legend.hovered.emit("")
    assert view.plot._items[ONE]._main.opts["pen"].color().alpha() == 255


def test_runs_of_one_name_are_told_apart(qtbot: QtBot) -> None:
    twins = [summary("a", name="same"), summary("b", name="same", created=1_700_900_000.0)]
    styles = RunStyles()
    styles.show([key_of(run) for run in twins])
    view = RunCurvesView(styles)
    qtbot.addWidget(view)
    view.set_runs(twins)
    texts = [entry.name for entry in view.legend._entries]
    assert len(set(texts)) == 2


def test_zooming_stays_until_a_double_click(view: RunCurvesView, qtbot: QtBot) -> None:
    box = view.plot.getPlotItem().getViewBox()
    before = box.viewRange()[0]
    box.setRange(xRange=(10, 20), padding=0)
    box.sigRangeChangedManually.emit([True, False])
    view.set_curves({ONE: curves(steps=110)})
    assert box.viewRange()[0] == pytest.approx([10, 20])
    qtbot.mouseDClick(view.plot.viewport(), Qt.MouseButton.LeftButton)
    assert box.viewRange()[0][1] >= before[1]


def test_a_closer_look_shows_every_value(view: RunCurvesView) -> None:
    random = np.random.default_rng(1)
    losses = random.random(200_000).astype(np.float32)
    view.set_curves({ONE: RunCurves(losses=losses), TWO: RunCurves(losses=losses)})
    set_smoothing(view, 0)
    assert len(view.drawn[0].main[0]) < 2000
    box = view.plot.getPlotItem().getViewBox()
    box.setRange(xRange=(100_000, 100_300), padding=0)
    box.sigRangeChangedManually.emit([True, False])
    steps, values = view.drawn[0].main
    assert {100_000.0, 100_150.0, 100_300.0} <= set(steps.tolist())
    np.testing.assert_array_equal(values, losses[steps.astype(int) - 1])


def test_values_of_epochs_are_not_smoothed(view: RunCurvesView) -> None:
    set_smoothing(view, 90)
    choose(view, "runQuantity", QUANTITIES.index("held-out accuracy"))
    assert not view.findChild(QSlider, "runSmoothing").isVisible()
    np.testing.assert_allclose(view.drawn[0].main[1], curves().held_out_metrics)
    assert view.legend._values[ONE] == "60.0 %"  # as in the table


def test_a_single_peak_does_not_flatten_the_rest(view: RunCurvesView) -> None:
    losses = np.ones(2000, np.float32)
    losses[3] = 1e9
    view.set_curves({ONE: RunCurves(losses=losses), TWO: curves()})
    set_smoothing(view, 0)
    assert view.plot.getPlotItem().getViewBox().viewRange()[1][1] < 10


def test_controls_have_names_for_assistive_tools(view: RunCurvesView) -> None:
    for control in (*view.findChildren(QComboBox), *view.findChildren(QSlider), *view.findChildren(QCheckBox)):
        assert control.accessibleName()
        assert control.toolTip()
