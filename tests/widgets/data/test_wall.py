"""The thumbnail wall: keys, clicks, pictures on demand, and a million samples at the price of those in view."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from widgets.data.wall import LARGEST_TILE, SMALLEST_TILE, ThumbnailWall
from widgets.data.wall_items import WallItems
from widgets.data.wall_tiles import PictureCache, to_pixmap
from widgets.theme import DARK, LIGHT

KEY = Qt.Key
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton
RED = np.full((8, 8, 3), (255, 0, 0), np.uint8)


@pytest.fixture
def wall(qtbot: QtBot) -> ThumbnailWall:
    view = ThumbnailWall()
    qtbot.addWidget(view)
    view.resize(500, 320)
    view.set_items(np.arange(100, 200), lambda index: f"cat\ncats/{index}.png", lambda index: index % 3)
    view.show()
    qtbot.waitExposed(view)
    return view


def _click(wall: ThumbnailWall, index: int, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    rect = wall.tile_rect(index)
    assert rect is not None
    QTest.mouseClick(wall.viewport(), LEFT, modifiers, rect.center())


def test_pictures_in_view_are_asked_for_once_it_stands_still(wall: ThumbnailWall, qtbot: QtBot) -> None:
    asked: list[list[int]] = []
    wall.thumbnails_wanted.connect(asked.append)
    wall.forget()
    qtbot.waitUntil(lambda: len(asked) == 1)
    first = asked[0]
    assert first == list(range(100, 100 + len(first)))
    assert 8 <= len(first) < 100
    for index in first[1:]:
        wall.set_thumbnail(index, RED)
    wall.forget()
    for index in first[1:]:
        wall.set_thumbnail(index, RED)
    qtbot.waitUntil(lambda: len(asked) == 2)
    assert asked[1] == first[:1]


def test_after_scrolling_only_the_last_place_is_asked_for(wall: ThumbnailWall, qtbot: QtBot) -> None:
    qtbot.waitSignal(wall.thumbnails_wanted)
    with qtbot.waitSignal(wall.thumbnails_wanted) as wanted:
        for position in range(0, wall.verticalScrollBar().maximum() + 1, 3):
            wall.verticalScrollBar().setValue(position)
        wall.verticalScrollBar().setValue(wall.verticalScrollBar().maximum())
    assert wanted.args is not None
    assert wanted.args[0][-1] == 199
    assert 100 not in wanted.args[0]


def test_a_hidden_wall_asks_for_nothing(qtbot: QtBot) -> None:
    wall = ThumbnailWall()
    qtbot.addWidget(wall)
    wall.set_items(np.arange(10), str)
    with qtbot.assertNotEmitted(wall.thumbnails_wanted, wait=100):
        wall.forget()


def test_a_picture_stands_in_its_tile(wall: ThumbnailWall) -> None:
    rect = wall.tile_rect(101)
    assert rect is not None
    spot = QPoint(rect.center().x(), rect.top() + wall.tile_size // 2)
    red = 0xFFFF0000
    assert wall.viewport().grab().toImage().pixel(spot) != red
    wall.set_thumbnail(101, RED)
    assert wall.viewport().grab().toImage().pixel(spot) == red
    wall.set_left_out(np.array([101]))
    assert wall.viewport().grab().toImage().pixel(spot) != red
    wall.set_thumbnail(101, None)
    assert wall.viewport().grab().toImage().pixel(spot) != red


def test_keys_walk(wall: ThumbnailWall) -> None:
    columns = 4
    rects = [wall.tile_rect(100 + place) for place in range(columns + 1)]
    assert rects[columns].top() > rects[columns - 1].top()  # four columns stand in 500 pixels
    for key, index in (
        (KEY.Key_Right, 101), (KEY.Key_Down, 105), (KEY.Key_Left, 104), (KEY.Key_Up, 100), (KEY.Key_Up, 100),
        (KEY.Key_Left, 100), (KEY.Key_End, 199), (KEY.Key_Right, 199), (KEY.Key_Down, 199), (KEY.Key_Home, 100),
        (KEY.Key_PageDown, 108), (KEY.Key_PageUp, 100),
    ):  # fmt: skip
        QTest.keyClick(wall, key)
        assert wall.current_index == index, key
        assert wall.tile_rect(index) is not None
        assert wall.selected.tolist() == [index]


def test_enter_and_a_click_open_a_sample_once(wall: ThumbnailWall) -> None:
    opened: list[int] = []
    wall.sample_opened.connect(opened.append)
    QTest.keyClick(wall, KEY.Key_Right)
    QTest.keyClick(wall, KEY.Key_Return)
    assert opened == [101]
    _click(wall, 103)
    assert opened == [101, 103]
    for index, expected in ((103, 2), (102, 3)):  # the second half of a double click opens what the first has not
        rect = wall.tile_rect(index)
        assert rect is not None
        QTest.mouseDClick(wall.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, rect.center())
        assert len(opened) == expected
    QTest.mouseClick(wall.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, QPoint(1, 1))
    assert opened == [101, 103, 102]


def test_ctrl_and_shift_select_several(wall: ThumbnailWall) -> None:
    opened, selections = [], []
    wall.sample_opened.connect(opened.append)
    wall.selection_changed.connect(lambda indices: selections.append(indices.tolist()))
    _click(wall, 101, CTRL)
    _click(wall, 103, CTRL)
    assert selections[-1] == [101, 103]
    _click(wall, 106, SHIFT)
    assert selections[-1] == [103, 104, 105, 106]
    QTest.keyClick(wall, KEY.Key_Left, SHIFT)
    assert selections[-1] == [103, 104, 105]
    QTest.keyClick(wall, KEY.Key_Right, CTRL)
    assert wall.current_index == 106
    assert selections[-1] == [103, 104, 105]
    QTest.keyClick(wall, KEY.Key_Space)
    assert selections[-1] == [103, 104, 105, 106]
    QTest.keyClick(wall, KEY.Key_A, CTRL)
    assert len(selections[-1]) == 100
    assert opened == []


def test_select_all_is_not_taken_by_the_window(wall: ThumbnailWall) -> None:
    press = QKeyEvent(QKeyEvent.Type.ShortcutOverride, KEY.Key_A, CTRL)
    press.ignore()
    QApplication.sendEvent(wall, press)
    assert press.isAccepted()


def test_the_context_menu_is_for_the_selection_or_the_tile_below(wall: ThumbnailWall) -> None:
    menus: list[list[int]] = []
    wall.menu_requested.connect(lambda position, indices: menus.append(indices.tolist()))
    _click(wall, 101, CTRL)
    _click(wall, 102, CTRL)
    for index in (102, 104):
        rect = wall.tile_rect(index)
        assert rect is not None
        where = rect.center()
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, where, wall.mapToGlobal(where))
        QApplication.sendEvent(wall.viewport(), event)
    assert menus == [[101, 102], [104]]
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(0, 0), QPoint(0, 0))
    QApplication.sendEvent(wall.viewport(), event)
    assert menus[-1] == [104]


def test_other_items_keep_the_current_sample_where_it_is_among_them(wall: ThumbnailWall) -> None:
    wall.set_current(150)
    wall.set_items(np.array([7, 150, 3]), str)
    assert wall.current_index == 150
    assert wall.neighbour(150, 1) == 3
    assert wall.neighbour(150, -1) == 7
    assert wall.neighbour(3, 1) is None
    assert wall.neighbour(99, 1) is None
    wall.set_items(np.array([8, 9]), str)
    assert wall.current_index == 8
    wall.set_items(np.zeros(0, np.int64), str)
    assert wall.current_index is None
    QTest.keyClick(wall, KEY.Key_Return)  # nothing to open
    assert wall.accessibleName() == "Thumbnails: no samples"


def test_tiles_grow_and_shrink_and_the_current_one_stays_in_view(wall: ThumbnailWall) -> None:
    sizes: list[int] = []
    wall.tile_size_changed.connect(sizes.append)
    QTest.keyClick(wall, KEY.Key_End)
    for key, bound in ((KEY.Key_Minus, SMALLEST_TILE), (KEY.Key_Plus, LARGEST_TILE)):
        for _ in range(12):
            QTest.keyClick(wall, key)
            assert wall.tile_rect(199) is not None
        assert wall.tile_size == sizes[-1] == bound
    wall.resize(300, 260)
    assert wall.tile_rect(199) is not None


def test_the_current_tile_is_said(wall: ThumbnailWall) -> None:
    wall.set_marks({101: "Exact copies: also cats/7.png"})
    QTest.keyClick(wall, KEY.Key_Right)
    said = wall.accessibleDescription()
    assert "cat, cats/101.png" in said
    assert "Exact copies: also cats/7.png" in said
    assert "2 of 100, selected" in said
    wall.set_left_out(np.array([5, 101]))
    assert "left out" in wall.accessibleDescription()
    assert wall.accessibleName() == "Thumbnails of 100 samples"


def test_a_million_samples_cost_what_is_in_view(qtbot: QtBot) -> None:
    described: list[int] = []

    def describe(index: int) -> str:
        described.append(index)
        return str(index)

    wall = ThumbnailWall()
    qtbot.addWidget(wall)
    wall.resize(500, 320)
    wall.set_items(np.arange(1_000_000), describe)
    wall.grab()
    described.clear()
    gc.collect()
    before = len(gc.get_objects())
    for theme, position in ((DARK, 0), (LIGHT, 1000), (DARK, wall.verticalScrollBar().maximum())):
        wall.set_theme(theme)
        wall.verticalScrollBar().setValue(position)
        wall.grab()
    assert 0 < len(described) < 100
    assert max(described) == 999_999
    described.clear()
    gc.collect()
    assert len(gc.get_objects()) - before < 200
    assert len(wall.children()) < 20


def test_kept_pictures_stay_within_their_bytes_and_those_in_view_stay() -> None:
    cache = PictureCache(10 * 8 * 8 * 4)
    for index in range(30):
        cache.put(index, to_pixmap(RED, 64), keep=(0, 1))
        assert cache.get(0) is not None
    assert 0 in cache
    assert 29 in cache
    assert 5 not in cache
    assert cache.bytes <= 10 * 8 * 8 * 4
    cache.put(29, None)
    assert cache.bytes == 9 * 8 * 8 * 4
    cache.clear()
    assert (len(cache), cache.bytes) == (0, 0)


def test_the_longest_unused_picture_goes_first() -> None:
    cache = PictureCache(3 * 8 * 8 * 4)
    for index in (1, 2, 3):
        cache.put(index, to_pixmap(RED, 64))
    cache.get(1)
    cache.put(4, to_pixmap(RED, 64))
    assert (1 in cache, 2 in cache, 3 in cache, 4 in cache) == (True, False, True, True)


def test_thumbnails_are_reduced_and_must_be_colour_bytes(qapp: QApplication) -> None:
    assert to_pixmap(np.zeros((400, 200, 3), np.uint8), 64).size().toTuple() == (32, 64)
    for wrong in (np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)):
        with pytest.raises(ValueError, match=r"uint8 \(height, width, 3\)"):
            to_pixmap(wrong, 64)


def test_items_know_nothing_of_samples_that_are_not_there() -> None:
    items = WallItems()
    assert items.current_index is None
    assert items.place_of(3) is None
    assert items.spoken() == ""
