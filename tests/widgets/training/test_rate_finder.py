"""The search for a learning rate: the curve grows, a rate is suggested or clicked, and taken when the user says so."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from models.training.events import LearningRatesTried
from widgets.theme import DARK, LIGHT
from widgets.training.rate_curve import RateCurve, smoothed
from widgets.training.rate_finder import RateFinderDialog

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints|raise|grabbing the keyboard", extend=True)
RATES = np.geomspace(1e-7, 10, 100).astype(np.float32)
LOSSES = (2 - 1 / (1 + np.exp(-(np.log10(RATES) + 3) * 3)) + np.exp((np.log10(RATES) + 0.5) * 5)).astype(np.float32)


@pytest.fixture
def dialog(qtbot) -> RateFinderDialog:
    dialog = RateFinderDialog(1e-7, 10)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def tried(count: int = 100, suggestion: float | None = 0.003, done: bool = True) -> LearningRatesTried:
    return LearningRatesTried(RATES[:count], LOSSES[:count], suggestion, done, "The loss fell fastest near 0.003.")


def test_it_begins_with_nothing_to_take(dialog: RateFinderDialog) -> None:
    assert dialog.rate is None
    assert not dialog.use_button.isEnabled()
    assert dialog.stop_button.text() == "Stop"
    assert "copy of the network" in dialog.text


def test_the_curve_grows_and_a_rate_is_suggested_at_the_end(qtbot, dialog: RateFinderDialog) -> None:
    dialog.set_tried(tried(30, None, done=False))
    assert "30 done" in dialog.text
    assert dialog.is_looking
    assert not dialog.use_button.isEnabled()
    dialog.set_tried(tried())
    assert dialog.text.startswith("The loss fell fastest near 0.003.")
    assert dialog.use_button.text() == "Use 0.003"
    assert dialog.stop_button.text() == "Try again"
    with qtbot.waitSignal(dialog.rate_taken) as caught:
        qtbot.mouseClick(dialog.use_button, Qt.MouseButton.LeftButton)
    assert caught.args == [0.003]
    assert not dialog.isVisible()


def test_a_suggestion_is_taken_in_two_digits(qtbot, dialog: RateFinderDialog) -> None:
    dialog.set_tried(tried(suggestion=0.0023137775))
    assert dialog.use_button.text() == "Use 0.0023"
    assert dialog.rate == 0.0023


def test_a_curve_that_shows_no_rate_suggests_none(dialog: RateFinderDialog) -> None:
    dialog.set_tried(LearningRatesTried(RATES, np.ones(100, np.float32), None, True, "The loss never fell."))
    assert not dialog.use_button.isEnabled()
    assert dialog.text == "The loss never fell."


def test_a_click_on_the_curve_chooses_another_rate_and_keeps_it(qtbot, dialog: RateFinderDialog) -> None:
    dialog.set_tried(tried(60, None, done=False))
    frame = dialog.curve._frame()
    place = QPoint(round(frame.x(-4)), round(frame.rect.center().y()))
    qtbot.mouseClick(dialog.curve, Qt.MouseButton.LeftButton, pos=place)
    assert dialog.rate == pytest.approx(1e-4, rel=0.05)
    dialog.set_tried(tried())
    assert dialog.rate == pytest.approx(1e-4, rel=0.05), "what the user chose is not taken back by the suggestion"


def test_the_arrow_keys_choose_as_well(qtbot, dialog: RateFinderDialog) -> None:
    dialog.set_tried(tried())
    dialog.activateWindow()
    dialog.curve.setFocus()
    qtbot.keyClick(dialog.curve, Qt.Key.Key_Right)
    assert dialog.rate is not None
    assert 0.003 < dialog.rate < 0.004
    assert "is chosen" in dialog.curve.accessibleDescription()


def test_nothing_can_be_chosen_of_an_empty_curve(qtbot, dialog: RateFinderDialog) -> None:
    qtbot.mouseClick(dialog.curve, Qt.MouseButton.LeftButton)
    assert dialog.rate is None


def test_it_can_be_stopped_and_begun_anew(qtbot, dialog: RateFinderDialog) -> None:
    with qtbot.waitSignal(dialog.stop_requested):
        dialog.stop_button.click()
    dialog.set_tried(LearningRatesTried(RATES[:20], LOSSES[:20], None, True))
    assert "Stopped" in dialog.text
    with qtbot.waitSignal(dialog.again_requested):
        dialog.stop_button.click()
    assert dialog.is_looking
    assert dialog.rate is None


def test_closing_it_ends_the_search(qtbot, dialog: RateFinderDialog) -> None:
    with qtbot.waitSignal(dialog.stop_requested):
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_closing_it_after_the_end_asks_for_nothing(qtbot, dialog: RateFinderDialog) -> None:
    dialog.set_tried(tried())
    with qtbot.assertNotEmitted(dialog.stop_requested):
        dialog.close()


def test_a_failure_is_said(dialog: RateFinderDialog) -> None:
    dialog.set_failed("The data set is gone.")
    assert dialog.text == "The data set is gone."
    assert dialog.stop_button.text() == "Try again"


values = st.floats(width=32, allow_nan=True, allow_infinity=True)


@given(losses=st.lists(values, max_size=50), theme=st.sampled_from([DARK, LIGHT]))
def test_any_losses_can_be_drawn(qapp: QApplication, losses: list[float], theme) -> None:
    curve = RateCurve(1e-7, 10)
    curve.set_theme(theme)
    curve.resize(400, 250)
    rates = np.geomspace(1e-7, 10, max(len(losses), 1)).astype(np.float32)[: len(losses)]
    curve.set_values(rates, np.array(losses, np.float32))
    curve.set_chosen(0.01)
    assert not curve.grab().isNull()
    curve.deleteLater()


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=50))
def test_smoothing_stays_between_the_values_and_begins_with_the_first(losses: list[float]) -> None:
    smooth = smoothed(np.array(losses))
    assert smooth[0] == pytest.approx(losses[0])
    assert np.all(smooth >= min(losses) - 1e-6)
    assert np.all(smooth <= max(losses) + 1e-6)
