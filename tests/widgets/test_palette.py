"""The palette: search, activation, and what a drag carries."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QWidget
from pytestqt.qtbot import QtBot
from strategies import PICKABLE

from models.blocks import REGISTRY, Block, Family
from models.blocks.activation import ReLU
from models.blocks.composite import ENTRY as ENTERING
from models.blocks.composite import Group
from models.blocks.convolution import Conv2D
from models.network.graph import Node, Source
from widgets import mime
from widgets.block_entries import Entry
from widgets.block_list import BlockList
from widgets.block_rows import ENTRY, Heading, More
from widgets.palette import BlockPalette, QuickAdd, TemplateRow
from widgets.theme import LIGHT

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


@pytest.fixture
def palette(qtbot: QtBot) -> BlockPalette:
    widget = BlockPalette()
    qtbot.addWidget(widget)
    widget.set_templates([TemplateRow("lenet5", "LeNet-5", "LeCun's network for digits.")])
    widget.resize(220, 700)
    widget.show()
    return widget


def search_of(palette: QWidget, name: str = "paletteSearch") -> QLineEdit:
    return palette.findChild(QLineEdit, name)


def list_of(palette: QWidget, name: str = "paletteList") -> BlockList:
    rows = palette.findChild(QListWidget, name)
    assert isinstance(rows, BlockList)
    return rows


def row_of(rows: BlockList, title: str) -> int:
    named = (i for i in range(rows.count()) if rows.item(i).text() == title)
    return next(i for i in named if isinstance(rows.item(i).data(ENTRY), Entry))


def items_of(rows: BlockList, kind: type) -> list[QListWidgetItem]:
    items = (rows.item(i) for i in range(rows.count()))
    return [item for item in items if isinstance(item.data(ENTRY), kind)]


def place_of(rows: BlockList, item: QListWidgetItem) -> QPoint:
    rows.scrollToItem(item)
    return rows.visualItemRect(item).center()


def unfold_all(rows: BlockList) -> None:
    for item in items_of(rows, More):
        rows.unfold_more(item.data(ENTRY).section, True)


def test_every_block_and_template_is_offered_with_its_summary(palette: BlockPalette) -> None:
    rows = list_of(palette)
    unfold_all(rows)
    assert sorted(rows.shown_titles()) == sorted([*(kind.__name__ for kind in PICKABLE), "LeNet-5"])
    for kind in PICKABLE:
        assert rows.item(row_of(rows, kind.__name__)).toolTip() == kind.summary()


def test_sequences_volumes_and_rare_blocks_are_tucked_away_until_asked_for(qtbot: QtBot, palette: BlockPalette) -> None:
    rows = list_of(palette)
    assert {"Conv2D", "Dense", "Add", "MaxPooling2D"} <= set(rows.shown_titles())
    assert not {"Conv1D", "Conv3D", "MaxPooling1D"} & set(rows.shown_titles())
    more = next(item for item in items_of(rows, More) if item.data(ENTRY).section == "Convolution")
    assert "more · 1-D, 3-D" in more.text()
    qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place_of(rows, more))
    assert {"Conv1D", "Conv3D"} <= set(rows.shown_titles())
    qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place_of(rows, more))
    assert "Conv1D" not in rows.shown_titles()
    qtbot.keyClicks(search_of(palette), "conv3d")
    assert rows.shown_titles()[0] == "Conv3D"


def test_a_category_folds_by_a_click_and_by_keys(qtbot: QtBot, palette: BlockPalette) -> None:
    rows = list_of(palette)
    heading = next(item for item in items_of(rows, Heading) if item.text() == "Convolution")
    qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place_of(rows, heading))
    assert "Conv2D" not in rows.shown_titles()
    assert not heading.isHidden()
    qtbot.keyClicks(search_of(palette), "conv2d")
    assert "Conv2D" in rows.shown_titles(), "a search looks into what is folded"
    search_of(palette).clear()
    assert "Conv2D" not in rows.shown_titles()
    rows.setCurrentItem(heading)
    qtbot.keyClick(rows, Qt.Key.Key_Right)
    assert "Conv2D" in rows.shown_titles()
    assert rows.currentItem().text() == "Conv2D"
    qtbot.keyClick(rows, Qt.Key.Key_Left)
    assert rows.currentItem() is heading
    qtbot.keyClick(rows, Qt.Key.Key_Return)
    assert "Conv2D" in rows.shown_titles()


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("add", "Add"),
        ("dense", "Dense"),
        ("fc", "Dense"),
        ("lrn", "LocalResponseNormalization"),
        ("crop", "Cropping2D"),
        ("gap", "GlobalAveragePooling2D"),
        ("bn", "BatchNormalization"),
        ("deconv", "Conv2DTranspose"),
        ("skip", "Add"),
        ("relu", "ReLU"),
    ],
)
def test_enter_takes_what_is_meant(qtbot: QtBot, palette: BlockPalette, words: str, first: str) -> None:
    qtbot.keyClicks(search_of(palette), words)
    rows = list_of(palette)
    assert first in rows.shown_titles()
    if words != "skip":
        assert rows.currentItem().text() == first


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("conv2dtr", ["Conv2DTranspose"]),
        ("LECUN digits", ["LeNet-5"]),
        ("learned bias conv2d slides adds", ["Conv2D"]),
        ("nothing at all", []),
    ],
)
def test_search_looks_at_names_and_explanations(
    qtbot: QtBot, palette: BlockPalette, words: str, expected: list[str]
) -> None:
    qtbot.keyClicks(search_of(palette), words)
    assert list_of(palette).shown_titles() == expected


def test_enter_in_the_search_appends_the_best_match(qtbot: QtBot, palette: BlockPalette) -> None:
    qtbot.keyClicks(search_of(palette), "globalmax")
    with qtbot.waitSignal(palette.block_activated) as caught:
        qtbot.keyClick(search_of(palette), Qt.Key.Key_Return)
    assert caught.args == [REGISTRY["GlobalMaxPooling2D"]()]


def test_enter_with_an_empty_search_does_nothing(qtbot: QtBot, palette: BlockPalette) -> None:
    with qtbot.assertNotEmitted(palette.block_activated):
        qtbot.keyClick(search_of(palette), Qt.Key.Key_Return)


def test_down_enters_the_list_and_walks_over_headings(qtbot: QtBot, palette: BlockPalette) -> None:
    palette.focus_search()
    rows = list_of(palette)
    qtbot.keyClick(search_of(palette), Qt.Key.Key_Down)
    assert rows.hasFocus()
    assert rows.currentItem().text() == "Input"
    while rows.currentItem().data(ENTRY).family is Family.INPUT:
        qtbot.keyClick(rows, Qt.Key.Key_Down)
    with qtbot.waitSignal(palette.block_activated) as caught:
        qtbot.keyClick(rows, Qt.Key.Key_Return)
    assert caught.args == [Conv2D()]


def test_double_click_activates_blocks_and_templates(qtbot: QtBot, palette: BlockPalette) -> None:
    rows = list_of(palette)
    for title, signal, expected in (
        ("Dense", palette.block_activated, REGISTRY["Dense"]()),
        ("LeNet-5", palette.template_activated, "lenet5"),
    ):
        item = rows.item(row_of(rows, title))
        rows.scrollToItem(item)
        place = rows.visualItemRect(item).center()
        qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
        with qtbot.waitSignal(signal) as caught:
            qtbot.mouseDClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert caught.args == [expected]


def test_new_templates_keep_the_search(qtbot: QtBot, palette: BlockPalette) -> None:
    qtbot.keyClicks(search_of(palette), "residual")
    palette.set_templates([TemplateRow("resnet", "ResNet", "Residual learning.")])
    assert "ResNet" in list_of(palette).shown_titles()
    assert "Conv2D" not in list_of(palette).shown_titles()


STEM = Group(
    name="my stem",
    nodes=(
        Node(id="conv", block=Conv2D(), inputs=(Source(ENTERING),)),
        Node(id="relu", block=ReLU(), inputs=(Source("conv"),)),
    ),
    output=Source("relu"),
)


def test_the_users_own_composites_are_offered_carried_and_removed(qtbot: QtBot, palette: BlockPalette) -> None:
    palette.set_composites((STEM,))
    rows = list_of(palette)
    assert rows.shown_titles()[0] == "my stem"
    item = rows.item(row_of(rows, "my stem"))
    assert mime.block_in(item.data(ENTRY).mime()) == STEM
    qtbot.keyClicks(search_of(palette), "stem")
    with qtbot.waitSignal(palette.block_activated) as caught:
        qtbot.keyClick(search_of(palette), Qt.Key.Key_Return)
    assert caught.args == [STEM]
    with qtbot.waitSignal(palette.composite_removed) as caught:
        qtbot.keyClick(rows, Qt.Key.Key_Delete)
    assert caught.args == ["my stem"]
    palette.set_composites(())
    assert "my stem" not in rows.shown_titles()
    rows.setCurrentRow(row_of(rows, "Conv2D"))
    with qtbot.assertNotEmitted(palette.composite_removed):
        qtbot.keyClick(rows, Qt.Key.Key_Delete)


def test_an_architectures_sizes_come_later_and_move_nothing(palette: BlockPalette) -> None:
    rows = list_of(palette)
    item = rows.item(row_of(rows, "LeNet-5"))
    before = rows.row_pixmap(item).toImage()
    palette.set_template(TemplateRow("lenet5", "LeNet-5", "LeCun's network.", "1998", "61,706 parameters"))
    assert rows.item(row_of(rows, "LeNet-5")) is item
    after = rows.row_pixmap(item).toImage()
    assert after != before
    assert after.size() == before.size()
    palette.set_composites((STEM,))
    assert rows.row_pixmap(rows.item(row_of(rows, "LeNet-5"))).toImage() == after


def test_rows_carry_blocks_and_templates_and_a_picture(palette: BlockPalette) -> None:
    rows = list_of(palette)
    block, template = rows.item(row_of(rows, "Conv2D")), rows.item(row_of(rows, "LeNet-5"))
    assert mime.block_in(block.data(ENTRY).mime()) == Conv2D()
    assert mime.template_in(template.data(ENTRY).mime()) == "lenet5"
    assert rows.row_pixmap(block).toImage() != rows.row_pixmap(template).toImage()


def test_the_theme_changes_the_picture(palette: BlockPalette) -> None:
    rows = list_of(palette)
    before = rows.row_pixmap(rows.item(1)).toImage()
    palette.set_theme(LIGHT)
    assert rows.row_pixmap(rows.item(1)).toImage() != before


@pytest.mark.parametrize("kind", PICKABLE)
def test_every_block_survives_the_drag(kind: type[Block]) -> None:
    assert mime.block_in(mime.block_mime(kind())) == kind()


@pytest.mark.parametrize(
    "garbage", [b"", b"{", b"[]", b"null", b'{"type": "Nope"}', b'{"type": "Conv2D", "filters": -1}', b"\xff\xfe"]
)
def test_garbage_is_no_block(garbage: bytes) -> None:
    data = QMimeData()
    data.setData(mime.BLOCK, garbage)
    assert mime.block_in(data) is None


@pytest.mark.parametrize("garbage", [b"", b"\xff\xfe"])
def test_garbage_is_no_template(garbage: bytes) -> None:
    data = QMimeData()
    data.setData(mime.TEMPLATE, garbage)
    assert mime.template_in(data) is None
    assert mime.template_in(QMimeData()) is None


@pytest.fixture
def quick_add(qtbot: QtBot) -> QuickAdd:
    window = QWidget()
    qtbot.addWidget(window)
    QLineEdit(window)  # gives the focus somewhere to go
    window.resize(600, 500)
    window.show()
    qtbot.waitActive(window)
    return QuickAdd(window)


def test_quick_add_opens_inside_the_window_and_chooses_by_enter(qtbot: QtBot, quick_add: QuickAdd) -> None:
    window = quick_add.parentWidget()
    quick_add.open_at(window.mapToGlobal(QPoint(590, 490)))
    assert window.rect().contains(quick_add.geometry())
    search = search_of(quick_add, "quickAddSearch")
    qtbot.waitUntil(search.hasFocus)
    qtbot.keyClicks(search, "flatten")
    with qtbot.waitSignal(quick_add.block_chosen) as caught:
        qtbot.keyClick(search, Qt.Key.Key_Return)
    assert caught.args == [REGISTRY["Flatten"]()]
    assert quick_add.isHidden()


def test_quick_add_closes_by_escape_and_when_left(qtbot: QtBot, quick_add: QuickAdd) -> None:
    window = quick_add.parentWidget()
    search = search_of(quick_add, "quickAddSearch")
    quick_add.open_at(window.mapToGlobal(QPoint(0, 0)))
    qtbot.keyClick(search, Qt.Key.Key_Escape)
    assert quick_add.isHidden()
    quick_add.open_at(window.mapToGlobal(QPoint(0, 0)))
    qtbot.waitUntil(search.hasFocus)
    window.findChild(QLineEdit, "", Qt.FindChildOption.FindDirectChildrenOnly).setFocus()
    qtbot.waitUntil(quick_add.isHidden)
