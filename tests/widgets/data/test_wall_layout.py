"""Where tiles stand: rectangles and places answer each other, and what is in view is exactly what can be seen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QRect

from widgets.data.wall_layout import GAP, STEPS, WallLayout

COUNTS = st.one_of(st.integers(0, 500), st.integers(10**6, 10**10))


@st.composite
def walls(draw: st.DrawFn, least: int = 0) -> tuple[WallLayout, int]:
    """A wall and a position of its scroll bar."""
    count = max(draw(COUNTS), least)
    layout = WallLayout(count, draw(st.integers(1, 3000)), draw(st.integers(1, 2000)), draw(st.integers(48, 192)))
    return layout, draw(st.integers(0, layout.scroll_end))


@given(walls())
def test_what_is_in_view_is_exactly_what_can_be_seen(wall: tuple[WallLayout, int]) -> None:
    layout, scroll = wall
    seen = layout.visible(scroll)
    window = range(layout.height)
    beside = 2 * layout.columns
    for place in range(max(seen.start - beside, 0), min(seen.stop + beside, layout.count)):
        rect = layout.tile_rect(place, scroll)
        is_seen = rect.top() < window.stop and rect.top() + rect.height() > 0
        assert (place in seen) is is_seen


@given(walls(least=1), st.data())
def test_a_place_and_its_rectangle_answer_each_other(wall: tuple[WallLayout, int], data: st.DataObject) -> None:
    layout, scroll = wall
    seen = layout.visible(scroll)
    if not seen:
        return
    place = data.draw(st.sampled_from(seen))
    rect = layout.tile_rect(place, scroll)
    for corner in (rect.topLeft(), rect.bottomRight(), rect.center()):
        assert layout.place_at(corner, scroll) == place
    for beside in (rect.topLeft() - QPoint(1, 0), rect.bottomRight() + QPoint(1, 0), rect.bottomRight() + QPoint(0, 1)):
        assert layout.place_at(beside, scroll) is None


@given(walls(least=1))
def test_no_tiles_overlap(wall: tuple[WallLayout, int]) -> None:
    layout, scroll = wall
    first = layout.visible(scroll).start
    places = range(first, min(first + layout.columns + 2, layout.count))
    rects = [layout.tile_rect(place, scroll) for place in places]
    assert not any(a.intersects(b) for number, a in enumerate(rects) for b in rects[:number])


@given(walls(least=1), st.data())
def test_any_tile_comes_into_view_and_one_in_view_stays(wall: tuple[WallLayout, int], data: st.DataObject) -> None:
    layout, scroll = wall
    place = data.draw(st.integers(0, layout.count - 1))
    target = layout.scroll_to(place, scroll)
    assert 0 <= target <= layout.scroll_end
    assert layout.scroll_to(place, target) == target
    rect = layout.tile_rect(place, target)
    assert rect.top() >= 0
    if layout.height >= layout.tile_height + 2 * GAP + layout.row_height // STEPS:
        assert QRect(0, 0, 10**6, layout.height).contains(rect)


@given(walls(least=1))
def test_both_ends_can_be_reached(wall: tuple[WallLayout, int]) -> None:
    layout, _scroll = wall
    assert layout.tile_rect(0, 0).topLeft() == QPoint(GAP, GAP)
    last = layout.tile_rect(layout.count - 1, layout.scroll_end)
    assert last.bottom() < layout.height


def test_a_billion_samples_fit_the_scroll_bar() -> None:
    layout = WallLayout(10**9, 560, 330, 80)
    assert layout.rows * layout.row_height > 2**31  # pixels would not
    assert layout.scroll_end < 2**31
