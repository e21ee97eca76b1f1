"""The Data page: its sections, its states, and that nothing is cut off where windows are small."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu, QWidgetAction
from pytestqt.qtbot import QtBot

from models.data.sources import SOURCES, SourceGroup
from widgets.data.page import SECTIONS, DataPage
from widgets.data.source_menu import build_source_menu
from widgets.theme import DARK, LIGHT, style_sheet

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(qtbot: QtBot) -> DataPage:
    made = DataPage()
    qtbot.addWidget(made)
    made.resize(560, 440)
    made.set_facts("Digits", "1,797 images · 8×8×1 · 10 classes")
    made.set_ready()
    made.show()
    qtbot.waitExposed(made)
    return made


# --- the menu of sources --------------------------------------------------------------------------------------------
def test_the_menu_has_every_source_in_its_group(qtbot: QtBot) -> None:
    menu = QMenu()
    qtbot.addWidget(menu)
    chosen: list[str] = []
    build_source_menu(menu, chosen.append)
    groups: dict[str, list[str]] = {}
    for action in menu.actions():
        if isinstance(action, QWidgetAction):
            groups[action.text()] = []
        elif not action.isSeparator():
            groups[list(groups)[-1]].append(action.data())
            action.trigger()
            assert action.toolTip()
            assert action.text().endswith("…") is bool(SOURCES[action.data()].chooses)
    wanted = {group.value: [s.kind for s in SOURCES.values() if s.group is group] for group in SourceGroup}
    assert groups == {group: kinds for group, kinds in wanted.items() if kinds}
    assert sorted(chosen) == sorted(SOURCES)
    assert not any(action.isEnabled() for action in menu.actions() if isinstance(action, QWidgetAction))


# --- sections -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", SECTIONS)
def test_each_section_has_its_views(qtbot: QtBot, page: DataPage, name: str) -> None:
    views = {
        "Look": (page.wall, page.filters), "Classes": (page.class_chart,), "Statistics": (page.statistics,),
        "Findings": (page.findings,), "Split": (page.split_editor,),
        "Preparation": (page.preprocessing, page.augmentation, page.preview, page.pipeline),
    }  # fmt: skip
    page.show_section(SECTIONS[SECTIONS.index(name) - 1])  # type: ignore[arg-type]
    with qtbot.waitSignal(page.section_shown) as told:
        page.show_section(name)  # type: ignore[arg-type]
    assert told.args == [name]
    assert page.section == name
    for section, parts in views.items():
        assert all(part.isVisible() is (section == name) for part in parts)


def test_tabs_are_walked_by_keys(page: DataPage) -> None:
    page.tabs.setFocus()
    QTest.keyClick(page.tabs, Qt.Key.Key_Right)
    assert page.section == "Classes"
    page.set_finding_count(3)
    assert page.tabs.tabText(3) == "Findings (3)"
    page.set_finding_count(0)
    assert page.tabs.tabText(3) == "Findings"


def test_a_sample_takes_the_place_of_the_wall_until_it_is_closed(page: DataPage) -> None:
    page.show_section("Split")
    page.show_sample()
    assert page.section == "Look"
    assert page.sample_view.isVisible()
    assert page.sample_view.hasFocus()
    QTest.keyClick(page.sample_view, Qt.Key.Key_Escape)
    assert page.wall.isVisible()
    assert page.wall.hasFocus()


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("size", [(560, 330), (870, 560), (1400, 900)])
def test_tabs_and_buttons_have_room_for_their_words(page: DataPage, size: tuple[int, int], theme) -> None:
    page.setStyleSheet(style_sheet(theme))
    page.set_theme(theme)
    page.resize(*size)
    for name in SECTIONS:
        page.show_section(name)
        QApplication.processEvents()
        assert (page.width(), page.height()) == size  # nothing in it asks for more
        last = page.tabs.tabRect(len(SECTIONS) - 1)
        assert page.tabs.mapTo(page, last.bottomRight()).x() <= page.width()
        for button in page.findChildren(QAbstractButton):
            if button.isVisible() and button.text():
                room = button.fontMetrics().horizontalAdvance(button.text())
                assert button.width() >= room, button.text()
                assert button.accessibleName() or button.text()


# --- states ---------------------------------------------------------------------------------------------------------
def test_without_a_data_set_one_can_be_chosen(qtbot: QtBot, page: DataPage) -> None:
    page.set_empty()
    notice = page._notice
    assert notice.isVisible()
    assert "No data set is chosen" in notice.text
    assert not page.tabs.isEnabled()
    kinds = [action for action in notice.menu.actions() if action.data() == "digits"]
    with qtbot.waitSignal(page.source_requested) as told:
        kinds[0].trigger()
    assert told.args == ["digits"]
    assert not page.scan_button.isVisible()


def test_a_scan_can_be_cancelled_and_what_is_known_stays(qtbot: QtBot, page: DataPage) -> None:
    page.set_scanning(1200, 12480)
    assert page.wall.isVisible()
    assert page._progress_text.text() == "1,200 of 12,480"
    assert not page.scan_button.isVisible()
    with qtbot.waitSignal(page.cancel_requested):
        QTest.mouseClick(page.cancel_button, LEFT)
    page.set_ready()
    assert not page.cancel_button.isVisible()
    with qtbot.waitSignal(page.scan_requested):
        QTest.mouseClick(page.scan_button, LEFT)


def test_the_first_scan_says_what_happens(page: DataPage) -> None:
    page.set_empty()
    page.set_scanning(0, 0)
    assert page._notice.text == "Looking for samples …"
    page.set_scanning(10, 2000)
    assert page._notice.text == "Looking at 10 of 2,000 samples …"
    assert page.cancel_button.isVisible()
    page.set_ready()
    assert page.wall.isVisible()


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ((0, 0), "Opening …"),
        ((12_000, 0), "Opening: 12,000 found"),
        ((1_234_567, 11_000_000), "Opening: 11 %"),
        ((10, 2_500, "Downloading"), "Downloading: 0 %"),
        ((30, 20, "Downloading"), "Downloading: 100 %"),
    ],
)
def test_while_a_data_set_is_opened_nothing_of_another_one_is_shown(
    page: DataPage, told: tuple[object, ...], words: str
) -> None:
    assert page.wall.isVisible()
    page.set_opening(*told)  # type: ignore[arg-type]
    assert (page._notice.text, page._progress_text.text()) == (words, words)
    assert page._notice.isVisible()
    assert page.cancel_button.isVisible()
    assert not page.tabs.isEnabled()


def test_an_opening_that_was_cancelled_can_be_tried_again(qtbot: QtBot, page: DataPage) -> None:
    page.set_opening(1, 2)
    page.set_cancelled()
    assert "cancelled" in page._notice.text
    assert not page.cancel_button.isVisible()
    assert page._notice.choose_button.isVisible()
    with qtbot.waitSignal(page.scan_requested):
        QTest.mouseClick(page._notice.scan_button, LEFT)


def test_a_scan_that_was_cancelled_leaves_what_is_known(page: DataPage) -> None:
    page.set_scanning(1, 2)
    page.set_cancelled()
    assert page.wall.isVisible()
    assert "cancelled" in page.findings.status
    assert page.scan_button.isVisible()


def test_on_small_screens_the_wall_gets_the_lines_that_others_have_too(page: DataPage) -> None:
    before = page.wall.height()
    page.resize(560, 330)
    QApplication.processEvents()
    assert page.wall.height() > before - 110 + 30
    assert not page.scan_button.isVisible()
    page.set_scanning(3, 10)
    assert page.cancel_button.isVisible()  # nothing else on this section can end the scan
    page.set_ready()
    page.set_error("The folder is gone.")
    assert page.source_button.isVisible()
    page.set_ready()
    page.resize(560, 440)
    assert page.scan_button.isVisible()


def test_an_error_says_why_and_offers_ways_out(qtbot: QtBot, page: DataPage) -> None:
    page.set_error("The folder has no subfolders; expected one for each class.")
    notice = page._notice
    assert "expected one for each class" in notice.text
    assert notice.choose_button.isVisible()
    with qtbot.waitSignal(page.scan_requested):
        QTest.mouseClick(notice.scan_button, LEFT)
    page.set_ready()
    assert not notice.isVisible()


def test_the_findings_have_their_own_buttons(qtbot: QtBot, page: DataPage) -> None:
    page.show_section("Findings")
    assert not page.scan_button.isVisible()
    with qtbot.waitSignal(page.scan_requested):
        page.findings.rescan_requested.emit()
    page.show_section("Look")
    assert page.scan_button.isVisible()
