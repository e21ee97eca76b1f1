"""The preview of a batch: layouts that fit, values under the pointer, captions, and its states."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from models.training.events import BatchPreviewed
from widgets.data.preview import BatchPreview
from widgets.data.preview_grid import GAP, LARGEST, SMALLEST, best_cells
from widgets.data.preview_pictures import (
    Painting,
    Shown,
    fitted_caption,
    shown_inputs,
    summary_text,
    target_text,
    thinned,
    to_levels,
)
from widgets.theme import DARK, LIGHT, interface_font

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)

LEFT = Qt.MouseButton.LeftButton
NAMES = ("cat", "dog", "horse")


def batch_of(originals: list[np.ndarray], inputs: np.ndarray, **more: object) -> BatchPreviewed:
    count = len(originals)
    targets = np.zeros((count, 3), np.float32)
    targets[:, 0], targets[:, 1] = 0.7, 0.3
    fields = {
        "indices": np.arange(count), "names": tuple(f"cats/{n}.png" for n in range(count)),
        "originals": tuple(originals), "inputs": inputs.astype(np.float32), "targets": targets, "class_names": NAMES,
        "low": -1.0, "high": 1.0,
    }  # fmt: skip
    return BatchPreviewed(**{**fields, **more})  # type: ignore[arg-type]


def pictures(count: int = 4) -> BatchPreviewed:
    """Black and white halves as stored; inputs in −1 … 1."""
    stored = np.zeros((8, 8, 1), np.uint8)
    stored[:, 4:] = 255
    return batch_of([stored] * count, np.stack([stored[:, ::-1] / 127.5 - 1.0] * count))


def point(preview: BatchPreview, place: QPoint) -> None:
    """Move the pointer there from elsewhere: where it is already, nothing would be told."""
    for goal in (QPoint(0, 0), place):
        QTest.mouseMove(preview.grid.viewport(), goal)


@pytest.fixture
def preview(qtbot: QtBot) -> BatchPreview:
    made = BatchPreview()
    qtbot.addWidget(made)
    made.resize(520, 400)
    made.show()
    qtbot.waitExposed(made)
    made.set_batch(pictures())
    return made


# --- layout ---------------------------------------------------------------------------------------------------------
@given(st.integers(1, 40), st.integers(140, 2000), st.integers(60, 2000), st.booleans(), st.floats(0.5, 2.0),
       st.integers(1, 2))  # fmt: skip
def test_cells_never_overlap_nor_leave_the_width(
    count: int, width: int, height: int, paired: bool, aspect: float, lines: int
) -> None:
    cells = best_cells(count, width, height, paired, aspect, lines)
    assert min(cells.width, cells.height) >= SMALLEST
    assert min(cells.width, cells.height) <= LARGEST
    rects = [cells.cell(place) for place in range(count)]
    assert cells.columns * (cells.cell_width + GAP) - GAP <= width or cells.columns == 1
    assert not any(one.intersects(other) for one, other in pairwise(rects))
    assert max(rect.bottom() for rect in rects) == cells.content_height(count)
    for place, rect in enumerate(rects):
        assert all(rect.contains(room) for room in cells.rooms(place))
        assert len(cells.rooms(place)) == (2 if paired else 1)


def test_results_alone_are_larger(preview: BatchPreview) -> None:
    before = preview.grid.cells
    assert before.paired
    QTest.mouseClick(preview.paired_button, LEFT)
    assert not preview.grid.cells.paired
    assert preview.grid.cells.width > before.width


def test_many_samples_scroll_into_view_by_keys(preview: BatchPreview) -> None:
    preview.set_batch(pictures(64))
    grid = preview.grid
    grid.setFocus()
    QTest.keyClick(grid, Qt.Key.Key_End)
    assert grid.verticalScrollBar().value() == grid.verticalScrollBar().maximum() > 0
    assert "cats/63.png" in preview.pointed_line.text()
    QTest.keyClick(grid, Qt.Key.Key_Home)
    assert grid.verticalScrollBar().value() == 0
    assert "cats/0.png" in grid.accessibleDescription()


# --- what is painted ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("after", [False, True])
def test_values_are_painted_between_low_and_high(preview: BatchPreview, after: bool) -> None:
    image = preview.grid.viewport().grab().toImage()
    room = preview.grid.room(0, after)
    area = preview.grid._pairs[0][1 if after else 0].area(room)
    y = round(area.center().y())
    left, right = (image.pixelColor(round(area.left() + area.width() * share), y) for share in (0.25, 0.75))
    dark, bright = QColor(0, 0, 0), QColor(255, 255, 255)
    assert (left, right) == ((bright, dark) if after else (dark, bright))


@given(hnp.arrays(np.float32, (3, 4, 3), elements=st.floats(width=32)), st.floats(-10, 10), st.floats(-10, 10))
def test_any_numbers_become_levels(values: np.ndarray, low: float, high: float) -> None:
    levels = to_levels(values, low, high)
    assert levels.dtype == np.uint8
    assert levels.shape == (3, 4, 3)


@given(hnp.arrays(np.float32, (2, 2, 1), elements=st.floats(-5, 5, width=32)))
def test_without_a_known_range_the_batch_gives_it(values: np.ndarray) -> None:
    batch = batch_of([np.zeros((2, 2, 1), np.uint8)], values[None], low=0.0, high=0.0)
    (shown,) = shown_inputs(batch)
    assert shown.low == values.min()
    assert shown.high == values.max()


@given(hnp.arrays(np.float64, st.integers(1, 900), elements=st.floats(-5, 5)), st.integers(2, 60))
def test_a_thinned_curve_keeps_its_extremes_and_its_order(values: np.ndarray, most: int) -> None:
    steps, kept = thinned(values, most)
    assert len(steps) <= max(2 * most, 1)
    assert (np.diff(steps) >= 0).all()
    assert kept.min() == values.min()
    assert kept.max() == values.max()


KINDS = {
    "colour": (np.zeros((6, 9, 3), np.uint8), np.zeros((5, 5, 3))),
    "grey": (np.zeros((6, 9, 1), np.float32), np.zeros((5, 5, 1))),
    "see-through": (np.zeros((6, 9, 4), np.uint8), np.zeros((5, 5, 4))),
    "two channels": (np.zeros((6, 9, 2), np.float32), np.zeros((5, 5, 2))),
    "signal": (np.zeros((40, 2), np.float32), np.linspace(-1, 1, 80).reshape(40, 2)),
    "volume": (np.zeros((4, 6, 6, 1), np.uint8), np.zeros((4, 6, 6, 1))),
    "row": (np.zeros(900, np.float32), np.linspace(-1, 1, 900)),
    "broken": (np.full((4, 4, 1), np.nan, np.float32), np.full((4, 4, 1), np.nan)),
}


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_sample_is_painted_and_read(preview: BatchPreview, kind: str, theme) -> None:
    original, values = KINDS[kind]
    preview.set_theme(theme)
    preview.set_batch(batch_of([original] * 3, np.stack([values] * 3)))
    image = preview.grid.viewport().grab().toImage()
    room = preview.grid.room(1, True)
    inside = {image.pixelColor(x, round(room.center().y())).name()
              for x in range(round(room.left()), round(room.right()))}  # fmt: skip
    assert inside != {theme.color("panel").name()}
    point(preview, room.center().toPoint())
    assert "cats/1.png · input" in preview.pointed_line.text()


def test_masks_and_boxes_can_be_hidden(preview: BatchPreview) -> None:
    box = np.array([[1, 1, 7, 7, 2]], np.float32)
    masks = tuple(np.eye(8, dtype=np.uint8) for _ in range(4))
    both = {"masks": masks, "original_masks": masks, "boxes": (box,) * 4, "original_boxes": (box,) * 4}
    plain = preview.grid.viewport().grab().toImage()
    assert not preview.annotations.isVisible()
    batch = pictures()
    preview.set_batch(batch_of(list(batch.originals), batch.inputs, **both))
    assert preview.annotations.isVisible()
    painted = preview.grid.viewport().grab().toImage()
    QTest.mouseClick(preview.annotations, LEFT)
    assert painted != plain
    assert preview.grid.viewport().grab().toImage() == plain


@given(st.integers(1, 9), st.integers(1, 9), st.integers(20, 200), st.data())
def test_every_pixel_is_found_where_it_is_painted(height: int, width: int, side: int, data: st.DataObject) -> None:
    from PySide6.QtCore import QPointF, QRectF

    painting = Painting(Shown(np.zeros((height, width, 1), np.uint8), 0, 255))
    room = QRectF(3, 5, side, side)
    area = painting.area(room)
    row, column = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    middle = QPointF(
        area.left() + (column + 0.5) * area.width() / width, area.top() + (row + 0.5) * area.height() / height
    )
    assert painting.pixel_at(room, middle) == (row, column)


# --- words ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("shares", "text"),
    [
        ((1, 0, 0), "cat"),
        ((0.7, 0.3, 0), "cat 70 % · dog 30 %"),
        ((0.3, 0, 0.7), "horse 70 % · cat 30 %"),
        ((0, 0.999, 0.001), "dog"),
        ((0, 0, 0), ""),
    ],
)
def test_targets_in_words(shares: tuple[float, ...], text: str) -> None:
    assert target_text(np.array(shares, np.float32), NAMES) == text


def test_where_masks_are_learned_captions_name_what_is_in_them(preview: BatchPreview) -> None:
    mask = np.zeros((8, 8), np.uint8)
    mask[0, :3], mask[1] = 1, 2
    batch = pictures(2)
    preview.set_batch(batch_of(list(batch.originals), batch.inputs, masks=(mask, np.zeros_like(mask))))
    assert preview.grid.caption(0) == "cat 70 % · dog 30 %"
    preview.set_target("mask")
    assert [preview.grid.caption(place) for place in (0, 1)] == ["horse · dog", "background only"]


@given(st.floats(0, 1), st.integers(60, 300), st.integers(1, 2))
def test_captions_fit_and_keep_their_shares(qapp: QApplication, share: float, room: int, lines: int) -> None:
    metrics = QFontMetrics(interface_font(11))
    caption = target_text(np.array([share, 1 - share], np.float32), ("a rather long class name", "another class name"))
    fitted = fitted_caption(caption, lines, room, metrics)
    assert len(fitted.split("\n")) <= lines
    if lines == 2:
        assert all(metrics.horizontalAdvance(line) <= room for line in fitted.split("\n"))
        assert fitted.count("%") == caption.count("%")


def test_the_range_in_words(preview: BatchPreview) -> None:
    values = np.array([-1.2, 2.31, -1.02], np.float32)
    assert summary_text(values) == "values −1.20 … 2.31, mean 0.03"
    assert preview.range_line.text() == "values −1.00 … 1.00, mean 0.00"
    assert "1 are no finite numbers" in summary_text(np.array([np.nan, 1], np.float32))


def test_the_pointer_reads_values_before_and_after(preview: BatchPreview) -> None:
    grid = preview.grid
    for after, words in ((False, "stored, row 0, column 0:  0"), (True, "input, row 0, column 0:  1")):
        area = grid._pairs[2][1 if after else 0].area(grid.room(2, after))
        point(preview, area.topLeft().toPoint() + QPoint(2, 2))
        assert preview.pointed_line.text() == f"cats/2.png · {words}"


# --- states ---------------------------------------------------------------------------------------------------------
def test_waiting_keeps_the_batch_and_an_error_replaces_it(preview: BatchPreview) -> None:
    preview.set_busy("Loading TensorFlow …")
    assert preview.message.text() == "Loading TensorFlow …"
    assert preview.grid.isVisible()
    preview.set_error("None of these samples can be read.")
    assert "None of these samples can be read." in preview.message.text()
    assert not preview.grid.isVisible()
    preview.set_batch(pictures())
    assert preview.grid.isVisible()
    assert not preview.message.isVisible()
    preview.set_batch(None)
    assert preview.message.isVisible()
    assert preview.range_line.text() == ""


def test_lost_samples_are_named(preview: BatchPreview) -> None:
    batch = pictures()
    preview.set_batch(batch_of(list(batch.originals), batch.inputs, lost=("a.png: cut off", "b.png: empty")))
    assert preview.lost.text() == (
        "⚠  2 samples of this batch cannot be read and are left out: a.png: cut off, b.png: empty"
    )
    preview.set_batch(batch)
    assert not preview.lost.isVisible()


def test_buttons_report(qtbot: QtBot, preview: BatchPreview) -> None:
    with qtbot.waitSignal(preview.shuffle_requested):
        QTest.mouseClick(preview.shuffle_button, LEFT)
    with qtbot.waitSignal(preview.part_chosen) as chosen:
        QTest.mouseClick(preview.part_buttons["validation"], LEFT)
    assert chosen.args == ["validation"]
    assert preview.part == "validation"
    with qtbot.assertNotEmitted(preview.part_chosen):
        preview.set_part("training")
    assert preview.part == "training"


def test_a_narrow_preview_says_less_and_means_the_same(preview: BatchPreview) -> None:
    wide = preview.shuffle_button.text()
    preview.resize(300, 300)
    QApplication.processEvents()
    assert len(preview.shuffle_button.text()) < len(wide)
    assert preview.shuffle_button.accessibleName() == "Shuffle again"
    assert preview.paired_button.accessibleName() == "Side by side"
