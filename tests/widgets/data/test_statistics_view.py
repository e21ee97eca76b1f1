"""Averages and histograms of pictures, signals and rows."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from models.data.facts import DataFacts
from models.data.samples import ArraySamples
from models.data.statistics import PictureStatistics, measure
from widgets.data.histogram import Histogram
from widgets.data.statistics_view import StatisticsView, curve_pixels, numbers_text, shown_pixels
from widgets.theme import DARK, LIGHT

pytestmark = [pytest.mark.usefixtures("qapp"), pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)]
NAMES = ("cat", "<b>dog</b>", "bird")


def _measured(values: np.ndarray, white: float) -> PictureStatistics:
    facts = DataFacts("x", len(values), values.shape[1:], NAMES, white=white)
    samples = ArraySamples(facts, values, np.arange(len(values)) % 2)
    return measure(samples, np.arange(len(values)))


@pytest.fixture
def view(qtbot: QtBot) -> StatisticsView:
    widget = StatisticsView()
    qtbot.addWidget(widget)
    widget.resize(536, 306)
    widget.show()
    return widget


def _numbers(view: StatisticsView) -> str:
    label = view.findChild(QLabel, "channelNumbers")
    assert label is not None
    return label.text()


def test_pictures_have_averages_and_letters(view: StatisticsView, qtbot: QtBot) -> None:
    values = np.zeros((6, 8, 8, 3), np.uint8)
    values[..., 0], values[::2, ..., 2] = 255, 100
    view.set_statistics(_measured(values, 255), NAMES)
    assert (view.mean.isVisible(), view.deviation.isVisible(), view.curve.isVisible()) == (True, True, False)
    assert _numbers(view).endswith("R 255 ± 0     G 0 ± 0     B 50 ± 50")
    assert view.mean.grab().toImage().pixel(60, 60) & 0xFFFFFF == 0xFF0032
    assert view.class_wall.accessibleName() == "Thumbnails of 2 classes' averages"  # birds were not measured
    with qtbot.waitSignal(view.class_wall.thumbnails_wanted):
        view.class_wall.forget()
    with qtbot.waitSignal(view.class_chosen) as chosen:
        rect = view.class_wall.tile_rect(1)
        assert rect is not None
        QTest.mouseClick(view.class_wall.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert chosen.args == [1]


@pytest.mark.parametrize("shape", [(20, 2), (20,)])
def test_signals_and_rows_have_curves(view: StatisticsView, shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(1).normal(size=(9, *shape)).astype(np.float32)
    view.set_statistics(_measured(values, 0), NAMES)
    assert (view.mean.isVisible(), view.deviation.isVisible(), view.curve.isVisible()) == (False, False, True)
    for theme in (LIGHT, DARK):
        view.set_theme(theme)
        assert not view.grab().isNull()


def test_without_statistics_it_says_why(view: StatisticsView) -> None:
    assert not view.mean.isVisible()
    view.set_message("Measuring 200 of 1,000 …")
    assert any(label.text() == "Measuring 200 of 1,000 …" for label in view.findChildren(QLabel) if label.isVisible())
    view.set_statistics(_measured(np.zeros((2, 4, 4, 1), np.uint8), 255))
    assert view.mean.isVisible()
    assert _numbers(view).endswith("0 ± 0")


def test_a_bin_is_told() -> None:
    histogram = Histogram()
    histogram.resize(276, 158)
    counts = np.array([[5, 1], [0, 6], [2, 1234]])
    histogram.set_counts(counts, np.array([0, 128, 256], np.float32))
    assert histogram.bin_text(QPointF(20, 60)) == "0 … 128: R 5, G 0, B 2 values"
    assert histogram.bin_text(QPointF(260, 60)) == "128 … 256: R 1, G 6, B 1,234 values"
    assert histogram.bin_text(QPointF(20, 2)) == ""
    assert histogram.accessibleDescription() == "R most often near 64, G most often near 192, B most often near 192"
    for theme in (DARK, LIGHT):
        histogram.set_theme(theme)
        assert not histogram.grab().isNull()


def test_averages_are_shown_between_black_and_white() -> None:
    mean = np.array([[[-1.0], [0.0], [1.0], [9.0]]], np.float32)
    assert shown_pixels(mean, (-1.0, 1.0))[0, :, 0].tolist() == [0, 128, 255, 255]


def test_curves_are_drawn_within_their_span() -> None:
    low, high = curve_pixels(np.zeros(9, np.float32), (0, 1), DARK), curve_pixels(np.ones(9, np.float32), (0, 1), DARK)
    empty = np.array([0x14, 0x17, 0x1C])
    assert (low[:80] == empty).all()
    assert (high[80:] == empty).all()
    assert (low != high).any()


def test_many_channels_are_cut() -> None:
    assert numbers_text(np.zeros(30, np.float32), np.zeros(30, np.float32)).count("±") == 13
