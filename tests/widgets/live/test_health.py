"""Layers over time: rows that can be read, chosen and reached by keys; nothing is done while nobody looks."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtWidgets import QWidget

from models.training.events import BlockMeasured, BlocksMeasured, Histogram
from models.training.history import History
from widgets.live.axis import frame_of
from widgets.live.health import HealthView
from widgets.live.histogram_map import COLUMN, HistogramMap, Spread
from widgets.live.histograms import HistogramsView
from widgets.live.layer_heat import LOWEST, LayerHeat
from widgets.live.trend import TrendPlot
from widgets.theme import DARK, LIGHT

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


def _histogram(low: float = -1.0, high: float = 1.0) -> Histogram:
    return Histogram(low, high, np.array([1, 2, 3, 2], np.float32))


def _history(layers: int = 3, count: int = 5) -> History:
    history = History()
    for number in range(1, count + 1):
        blocks = {
            f"block__conv{layer}": BlockMeasured(
                weight_norm=1.0 + layer, gradient_norm=10.0**-layer, update_ratio=1e-3 * 10**layer,
                dead_share=0.2 * layer if layer else None, weights=_histogram(),
                activations=_histogram(0.0, float(number)) if layer != 1 else None,
            )
            for layer in range(layers)
        }  # fmt: skip
        history.add_measured(BlocksMeasured("r", 100 * number, number - 1, blocks))
    return history


def _shown(qtbot, view: QWidget, width: int = 700, height: int = 240):
    qtbot.addWidget(view)
    view.resize(width, height)
    view.show()
    return view


def _visible_text(view: QWidget) -> str:
    page = view.layout().currentWidget()
    return page.layout().itemAt(0).widget().text() if view.layout().currentIndex() == 0 else ""


@pytest.mark.parametrize("kind", [HealthView, HistogramsView])
def test_it_says_how_to_get_it(qtbot, kind: type[QWidget]) -> None:
    view = _shown(qtbot, kind())
    assert "Press Train" in _visible_text(view)
    view.set_history(_history())
    assert _visible_text(view) == ""


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("kind", [HealthView, HistogramsView])
def test_it_is_painted_in_either_theme(qtbot, kind: type[QWidget], theme) -> None:
    view = kind()
    view.set_theme(theme)
    view.set_history(_history())
    view.set_selected(["block__conv1", "block__conv2"])
    _shown(qtbot, view)
    assert not view.grab().isNull()


def test_rows_say_their_numbers(qtbot) -> None:
    view = _shown(qtbot, HealthView())
    view.set_history(_history())
    heat = view.findChild(LayerHeat)
    strip = heat._strip()
    at = QPoint(strip.left() + strip.width() // 2, heat.row_rect(2).center().y())
    assert heat.text_at(at) == "block › conv2 · step 300, epoch 3: update-to-weight ratio 1.0e-01, high"
    assert heat.text_at(QPoint(strip.right() + 20, heat.row_rect(0).center().y())).endswith("1.0e-03, healthy")
    assert heat.text_at(QPoint(strip.left() + 5, 10_000)) == ""


def test_a_row_is_chosen_by_pointer_and_keys(qtbot) -> None:
    view = _shown(qtbot, HealthView())
    view.set_history(_history())
    heat = view.findChild(LayerHeat)
    with qtbot.waitSignal(view.layer_chosen) as chosen:
        qtbot.mouseClick(heat, Qt.MouseButton.LeftButton, pos=heat.row_rect(1).center())
    assert chosen.args == ["block__conv1"]
    view.set_selected(["block__conv1"])
    assert heat.accessibleDescription().endswith("step 500, epoch 5: update-to-weight ratio 1.0e-02, healthy")
    assert view.findChild(TrendPlot).accessibleDescription() == "block › conv1: 1.0e-02"
    for key, expected in ((Qt.Key.Key_Down, "block__conv2"), (Qt.Key.Key_Up, "block__conv0")):
        with qtbot.waitSignal(view.layer_chosen) as chosen:
            qtbot.keyClick(heat, key)
        assert chosen.args == [expected]


def test_the_selected_layers_stand_beside_as_lines(qtbot) -> None:
    view = _shown(qtbot, HealthView())
    view.set_history(_history())
    trend = view.findChild(TrendPlot)
    assert trend._spans() is None
    view.set_selected(["block__conv1"])
    frame = frame_of(QRectF(trend.rect()))
    assert trend.text_at(QPointF(frame.right() - 1, frame.center().y())) == "block › conv1, step 500: 1.0e-02"
    view.set_selected(["block__conv0", "block__conv2", "pool"])
    assert len(trend._trends) == 2
    low, high = trend._spans()[1].low, trend._spans()[1].high
    assert low < -4 < -2 < high  # the healthy band is always in sight


def test_other_measures_and_what_no_layer_has(qtbot) -> None:
    view = _shown(qtbot, HealthView())
    view.set_history(_history())
    heat = view.findChild(LayerHeat)
    view._chooser._choose("dead units")
    assert heat._table.layers == ("block__conv1", "block__conv2")
    assert heat.levels == (0.0, 1.0)
    view._chooser._choose("saturated units")
    assert not heat.isVisible()
    assert view._none.text() == "No layer of this network has a tanh or a sigmoid."


def test_a_hundred_layers_scroll_to_the_selected_one(qtbot) -> None:
    view = _shown(qtbot, HealthView(), height=200)
    view.set_history(_history(layers=100, count=3))
    heat = view.findChild(LayerHeat)
    qtbot.waitUntil(lambda: heat.height() >= 100 * LOWEST)
    view.set_selected(["block__conv90"])
    area = view._area
    top = area.verticalScrollBar().value()
    assert top <= heat.row_rect(90).top()
    assert heat.row_rect(90).bottom() <= top + area.viewport().height()


@pytest.mark.parametrize("kind", [HealthView, HistogramsView])
def test_nothing_is_done_while_it_is_not_seen(qtbot, kind: type[QWidget], monkeypatch) -> None:
    view = kind()
    qtbot.addWidget(view)
    shown = []
    monkeypatch.setattr(view, "_show", lambda *_: shown.append(1))
    history = _history()
    view.set_history(history)
    view.set_selected(["block__conv0"])
    view.refresh()
    assert shown == []
    view.show()
    first = len(shown)
    assert first == 1 or kind is HealthView
    if kind is HistogramsView:
        view.refresh()
        assert len(shown) == first  # nothing new


def test_histograms_are_of_the_selected_layer(qtbot) -> None:
    view = _shown(qtbot, HistogramsView())
    view.set_history(_history())
    assert view._chooser.choices == ("block › conv0", "block › conv1", "block › conv2")  # nothing selected: all
    view.set_selected(["flatten"])
    assert view._layer is None
    assert view._maps["activations"]._empty == "The selected block has none that are measured."
    view.set_selected(["input", "block__conv0", "block__conv1"])
    assert view._chooser.choices == ("block › conv0", "block › conv1")
    assert [spread.step for spread in view._maps["activations"]._spreads] == [100, 200, 300, 400, 500]
    view._chooser._choose("block › conv1")
    assert view._maps["activations"]._spreads == ()
    assert view._maps["weights"]._spreads
    history = view._history
    history.add_measured(BlocksMeasured("r", 600, 5, history.measured[-1].blocks))
    view.refresh()
    assert view._layer == "block__conv1"
    assert view._maps["weights"]._spreads[-1].step == 600


def test_a_map_of_histograms_says_shares_and_moments(qtbot) -> None:
    view = HistogramMap("weights")
    qtbot.addWidget(view)
    view.resize(300, 160)
    view.set_spreads([Spread(50, 0, _histogram()), Spread(100, 1, _histogram(-2.0, 2.0))])
    assert not view.grab().isNull()
    text = view.text_at(QPointF(280, 70))
    assert text.startswith("step 100, epoch 2: ")
    assert "of the weights between" in text
    assert "from −2 to 2" in text
    assert view.text_at(QPointF(2, 70)) == ""
    assert "deviation" in view.summary


def test_a_column_shows_the_first_measurement_from_there_on(qtbot) -> None:
    view = HistogramMap("activations")
    qtbot.addWidget(view)
    view.set_spreads([Spread(step, 0, _histogram()) for step in (50, 60, 100)])
    assert view._columns(10).tolist() == [0, 0, 0, 0, 0, 1, 2, 2, 2, 2]
    assert COLUMN >= 1
