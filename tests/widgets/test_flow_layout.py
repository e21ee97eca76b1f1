"""Widgets in lines."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtWidgets import QWidget

from widgets.flow_layout import FlowLayout

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(widths=st.lists(st.integers(10, 400), max_size=12), width=st.integers(100, 900))
def test_nothing_overlaps_or_leaves_the_width(qtbot, widths: list[int], width: int) -> None:
    holder, flow = QWidget(), FlowLayout(spacing=8)
    qtbot.addWidget(holder)
    holder.setLayout(flow)
    children = [QWidget() for _ in widths]
    for child, wide in zip(children, widths, strict=True):
        child.setFixedHeight(20)
        child.setMinimumWidth(min(wide, width))
        flow.addWidget(child)
    height = flow.heightForWidth(width)
    holder.resize(width, max(height, 1))
    flow.activate()
    places = [child.geometry() for child in children]
    assert all(place.left() >= 0 and place.right() < width and place.bottom() < height for place in places)
    for place, following in pairwise(places):
        assert following.top() > place.bottom() or following.left() == place.right() + 1 + 8
        assert not place.intersects(following)


def test_a_line_is_filled_before_the_next_one_begins(qtbot) -> None:
    holder, flow = QWidget(), FlowLayout(spacing=10)
    qtbot.addWidget(holder)
    holder.setLayout(flow)
    for _ in range(5):
        child = QWidget()
        child.setFixedSize(50, 20)
        flow.addWidget(child)
    assert flow.heightForWidth(170) == 20 + 10 + 20  # three and two
    assert flow.heightForWidth(290) == 20
    assert flow.heightForWidth(40) == 5 * 20 + 4 * 10
    first = flow.itemAt(0).widget()
    flow.removeWidget(first)
    assert flow.count() == 4
    assert flow.itemAt(4) is None
