"""One sample in full: any kind of sample is shown, its values are told, and keys do everything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QSlider, QToolButton
from pytestqt.qtbot import QtBot

from widgets.data.picture_canvas import PictureCanvas
from widgets.data.picture_pixels import to_levels
from widgets.data.pixel_values import NO_BREAK
from widgets.data.sample_details import SampleDetails
from widgets.data.sample_view import SampleView
from widgets.theme import DARK, LIGHT

pytestmark = [pytest.mark.usefixtures("qapp"), pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)]
KEY = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier
COLOR = np.arange(6 * 5 * 3, dtype=np.uint8).reshape(6, 5, 3)
CAT = SampleDetails(7, "cats/7.png", COLOR, "cat", "training", class_names=("ground", "cat", "dog"), position=(2, 3))
MASK = np.zeros((6, 5), np.uint8)
MASK[3:, :] = 2


@pytest.fixture
def view(qtbot: QtBot) -> SampleView:
    widget = SampleView()
    qtbot.addWidget(widget)
    widget.resize(536, 306)
    widget.set_sample(CAT)
    widget.show()
    return widget


def _tell(view: SampleView) -> str:
    return view.pointed_text.replace(NO_BREAK, " ")


@settings(max_examples=50)
@given(
    values=st.one_of(
        hnp.arrays(np.uint8, hnp.array_shapes(min_dims=1, max_dims=4, max_side=6)),
        hnp.arrays(
            np.float32,
            hnp.array_shapes(min_dims=1, max_dims=4, max_side=6),
            elements=st.floats(-1e6, 1e6, width=32) | st.just(float("nan")) | st.just(float("inf")),
        ),
    ),
    white=st.sampled_from([255.0, 1.0, 0.0]),
)
def test_any_sample_is_shown(values: np.ndarray, white: float) -> None:
    view = SampleView()
    view.resize(560, 330)
    for theme in (DARK, LIGHT):
        view.set_theme(theme)
        view.set_sample(SampleDetails(0, "any", values, white=white))
        assert not view.grab().isNull()
    if values.ndim > 2:
        view.canvas.set_scale(64)
        view.canvas.point_to(0, 0)
        assert _tell(view).startswith("row 0, column 0:")
        assert not view.grab().isNull()
    else:
        view.plot.point_to(len(values) - 1)
        assert f" {len(values) - 1}:" in _tell(view)
    assert view.facts.text("Size") == "×".join(map(str, values.shape))


def test_the_pointer_and_shift_with_arrows_tell_values(view: SampleView) -> None:
    view.set_sample(replace(CAT, mask=MASK))
    spot = view.canvas.pixel_rect(4, 1).center().toPoint()
    QTest.mouseMove(view.canvas, spot)
    assert _tell(view) == "row 4, column 1:  R 63  G 64  B 65  ·  dog"
    QTest.keyClick(view, KEY.Key_Up, SHIFT)
    QTest.keyClick(view, KEY.Key_Up, SHIFT)
    QTest.keyClick(view, KEY.Key_Right, SHIFT)
    assert _tell(view) == "row 2, column 2:  R 36  G 37  B 38  ·  ground"
    for _ in range(9):
        QTest.keyClick(view, KEY.Key_Left, SHIFT)
    assert _tell(view).startswith("row 2, column 0:")


def test_small_pictures_show_all_their_values_at_once(view: SampleView) -> None:
    digit = SampleDetails(0, "digit", np.zeros((8, 8, 1), np.uint8))
    view.set_sample(digit)
    assert view.canvas.shows_values
    view.set_sample(replace(digit, values=np.zeros((64, 64, 1), np.uint8)))
    assert not view.canvas.shows_values
    for _ in range(12):
        QTest.keyClick(view, KEY.Key_Plus)
    assert view.canvas.shows_values
    QTest.keyClick(view, KEY.Key_1)
    assert view.canvas.scale == 1
    scale = view.findChild(QToolButton, "sampleScale")
    assert scale is not None
    assert scale.text() == "100 %"
    QTest.keyClick(view, KEY.Key_0)
    assert view.canvas.scale > 1


def test_keys_and_buttons_go_on_and_back(view: SampleView) -> None:
    told: list[str] = []
    for name in ("closed", "previous_requested", "next_requested"):
        getattr(view, name).connect(lambda name=name: told.append(name))
    for key in (KEY.Key_Left, KEY.Key_Right, KEY.Key_PageUp, KEY.Key_PageDown, KEY.Key_Escape):
        QTest.keyClick(view, key)
    assert told == ["previous_requested", "next_requested"] * 2 + ["closed"]
    told.clear()
    for text in ("←  Back", "‹", "›"):
        next(button for button in view.findChildren(QToolButton) if button.text() == text).click()
    assert told == ["closed", "previous_requested", "next_requested"]
    told.clear()
    view.set_sample(replace(CAT, position=(1, 1)))
    QTest.keyClick(view, KEY.Key_Left)
    QTest.keyClick(view, KEY.Key_Right)
    assert told == []


def test_samples_are_left_out_and_used_again(view: SampleView, qtbot: QtBot) -> None:
    assert view.facts.leave_out.text() == "Leave out"
    with qtbot.waitSignal(view.leave_out_toggled) as toggled:
        view.facts.leave_out.click()
    assert toggled.args == [7]
    view.canvas.set_scale(20)
    view.set_sample(replace(CAT, left_out=True))
    assert view.canvas.scale == 20  # the same picture stays where it is
    assert view.facts.leave_out.text() == "Use again"
    assert view.facts.text("Part") == "left out"
    assert not view.facts.folder.isVisible()
    view.set_sample(replace(CAT, has_folder=True))
    with qtbot.waitSignal(view.folder_requested) as requested:
        view.facts.folder.click()
    assert requested.args == [7]


def test_masks_and_boxes_are_switched_and_named(view: SampleView) -> None:
    boxes = np.array([[0, 0, 3, 3, 1]], np.float32)
    view.set_sample(replace(CAT, values=np.zeros((6, 5, 3), np.uint8), mask=MASK, boxes=boxes))
    below = view.canvas.pixel_rect(4, 2).topLeft().toPoint() + QPoint(4, 4)  # beside its values
    edge = view.canvas.pixel_rect(3, 1).topLeft().toPoint() + QPoint(3, 0)

    def colors() -> tuple[int, int]:
        picture = view.canvas.grab().toImage()
        return picture.pixel(below) & 0xFFFFFF, picture.pixel(edge) & 0xFFFFFF

    assert colors()[0] != 0
    QTest.keyClick(view, KEY.Key_M)
    assert colors()[0] == 0
    boxed = colors()[1]
    QTest.keyClick(view, KEY.Key_B)
    assert colors()[1] != boxed
    assert any("dog" in label.text() and "cat" in label.text() for label in view.facts.findChildren(QLabel))
    view.set_sample(CAT)
    assert not view.facts.shows_mask.isVisible()


def test_volumes_have_slices(view: SampleView) -> None:
    volume = np.arange(4 * 3 * 3, dtype=np.float32).reshape(4, 3, 3, 1)
    view.set_sample(replace(CAT, values=volume, white=0))
    slider = view.findChildren(QSlider)[0]
    assert slider.isVisible()
    view.canvas.point_to(0, 0)
    assert _tell(view).endswith(":  9")
    view.canvas.set_scale(30)
    slider.setValue(3)
    assert view.canvas.scale == 30
    view.canvas.point_to(0, 1)
    assert _tell(view).endswith(":  28")
    view.set_sample(CAT)
    assert not slider.isVisible()


def test_unusual_channels_are_seen_one_by_one(view: SampleView) -> None:
    values = np.zeros((4, 4, 2), np.uint8)
    values[..., 1] = 255
    view.set_sample(replace(CAT, values=values))
    spot = view.canvas.pixel_rect(1, 1).topLeft().toPoint() + QPoint(3, 3)
    before = view.canvas.grab().toImage().pixel(spot)
    view.findChildren(QSlider)[1].setValue(1)
    assert view.canvas.grab().toImage().pixel(spot) != before


def test_a_sample_that_cannot_be_read_says_why(view: SampleView) -> None:
    view.set_sample(replace(CAT, values=np.zeros(0, np.uint8), error="The file <b>ends</b> too early."))
    labels = [label.text() for label in view.findChildren(QLabel) if label.isVisible()]
    assert "✕  cats/7.png cannot be read:\nThe file <b>ends</b> too early." in labels
    assert view.facts.text("Size") == "unknown"
    assert "ends" in view.accessibleDescription()
    view.set_sample(CAT)
    assert view.canvas.isVisible()


def test_facts_are_said(view: SampleView) -> None:
    view.set_sample(replace(CAT, findings=("Exact copies: also cats/9.png",)))
    assert view.accessibleName() == "Sample cats/7.png"
    for text in ("Class cat", "Part training", "Size 6×5×3", "uint8, 0 … 89", "also cats/9.png", "2 of 3"):
        assert text in view.accessibleDescription()
    assert view.minimumSizeHint().width() <= 536
    assert view.minimumSizeHint().height() <= 306


@given(height=st.integers(1, 300), width=st.integers(1, 300), scale=st.floats(0.05, 128), data=st.data())
def test_pixels_and_positions_answer_each_other(height: int, width: int, scale: float, data: st.DataObject) -> None:
    canvas = PictureCanvas()
    canvas.resize(300, 200)
    canvas.set_picture(np.zeros((height, width, 1), np.uint8), 255)
    canvas.set_scale(scale)
    row, column = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    assert canvas.pixel_at(canvas.pixel_rect(row, column).center()) == (row, column)
    canvas.point_to(row, column)
    centre = canvas.pixel_rect(row, column).center()
    assert QPointF(0, 0).x() <= centre.x() <= 300
    assert 0 <= centre.y() <= 200


def test_zooming_keeps_what_is_under_the_pointer() -> None:
    canvas = PictureCanvas()
    canvas.resize(300, 200)
    canvas.set_picture(np.zeros((400, 600, 3), np.uint8), 255)
    canvas.set_scale(2)
    anchor = QPointF(120, 90)
    before = canvas.pixel_at(anchor)
    for direction in (1, 1, -1, 1, -1, -1):
        canvas.zoom(direction, anchor)
        assert canvas.pixel_at(anchor) == before


@given(hnp.arrays(np.float32, (3, 4, 1), elements=st.floats(width=32)), st.sampled_from([0.0, 1.0, 255.0]))
def test_any_numbers_become_levels(values: np.ndarray, white: float) -> None:
    levels = to_levels(values, white)
    assert levels.dtype == np.uint8
    assert levels.shape == values.shape
