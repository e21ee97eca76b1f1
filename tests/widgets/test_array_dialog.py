"""The dialog for arrays: what fits a role is offered, and only what was looked at can be taken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QComboBox, QPushButton

from models.data.array_files import ArrayInfo
from models.data.array_roles import NONE, guessed
from models.data.array_samples import previewed
from models.data.sources.arrays import ArrayFile
from widgets.array_dialog import ArrayDialog
from widgets.theme import LIGHT

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)
UINT8, INT64, FLOAT = np.dtype(np.uint8), np.dtype(np.int64), np.dtype(np.float32)
INFOS = (
    ArrayInfo("x_train", (60, 3, 8, 8), UINT8), ArrayInfo("y_train", (60,), INT64),
    ArrayInfo("x_test", (20, 3, 8, 8), UINT8), ArrayInfo("y_test", (20,), INT64),
    ArrayInfo("signals", (60, 40), FLOAT), ArrayInfo("signals_labels", (60,), INT64),
    ArrayInfo("masks", (60, 8, 8), UINT8), ArrayInfo("evil", (), np.dtype(object), "it holds Python objects"),
)  # fmt: skip
SOURCE = ArrayFile(path="folder/set.npz")
IMAGES = [np.full((8, 8, 3), n / 12, np.float32) for n in range(12)]


@pytest.fixture
def dialog(qtbot) -> ArrayDialog:
    dialog = ArrayDialog()
    qtbot.addWidget(dialog)
    dialog.set_arrays(INFOS, guessed(INFOS, SOURCE))
    dialog.show()
    return dialog


def _accept(dialog: ArrayDialog) -> QPushButton:
    return next(button for button in dialog.findChildren(QPushButton) if button.text() == "Use these arrays")


def _offered(dialog: ArrayDialog, field: str) -> list[str]:
    box = dialog.box(field)
    return [box.itemData(index) for index in range(box.count())]


def _pick(dialog: ArrayDialog, field: str, value: str) -> None:
    box = dialog.box(field)
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def test_each_role_is_offered_what_can_have_it(dialog: ArrayDialog) -> None:
    assert _offered(dialog, "values") == ["x_train", "x_test", "signals", "masks"]
    assert _offered(dialog, "labels") == [NONE, "y_train", "y_test", "signals", "signals_labels"]
    assert _offered(dialog, "masks") == ["", "masks"]
    assert _offered(dialog, "axes") == ["nhwc", "nchw", "hwcn", "ndhw"]
    assert dialog.box("axes").currentText() == "samples × channels × height × width (channels first)"
    assert dialog.box("values").currentText() == "x_train · 60×3×8×8 · uint8"
    assert "evil: it holds Python objects." in dialog._refused.text()
    assert dialog.source == SOURCE.replace(
        values="x_train", labels="y_train", test_values="x_test", test_labels="y_test", axes="nchw"
    )


def test_only_what_was_looked_at_can_be_taken(dialog: ArrayDialog) -> None:
    assert not _accept(dialog).isEnabled()
    dialog.set_preview(IMAGES, ["cat"] * 12, "60 images · 8×8×3 · 2 classes")
    assert _accept(dialog).isEnabled()
    assert dialog.verdict == "60 images · 8×8×3 · 2 classes"
    assert dialog.preview.names == ("cat",) * 12
    assert dialog.preview.isVisible()
    _pick(dialog, "axes", "nhwc")
    assert not _accept(dialog).isEnabled()
    dialog.set_preview((), (), "", "These axes do not fit.")
    assert not _accept(dialog).isEnabled()
    assert (dialog.verdict, dialog._verdict.property("role")) == ("These axes do not fit.", "bad")
    assert not dialog.preview.isVisible()


def test_a_choice_is_reported(qtbot, dialog: ArrayDialog) -> None:
    with qtbot.waitSignal(dialog.choice_changed) as caught:
        _pick(dialog, "axes", "nhwc")
    assert caught.args == [dialog.source]
    assert dialog.source.axes == "nhwc"
    with qtbot.assertNotEmitted(dialog.choice_changed):
        _pick(dialog, "axes", "nhwc")
    with qtbot.waitSignal(dialog.choice_changed):
        _pick(dialog, "test_values", NONE)
    assert (dialog.source.test_values, dialog.source.axes) == (NONE, "nhwc")
    assert not dialog.box("test_labels").isEnabled()
    with qtbot.waitSignal(dialog.choice_changed):
        _pick(dialog, "test_values", "x_test")
    assert dialog.source.test_labels == "y_test"


def test_other_samples_bring_their_own_labels_and_axes(qtbot, dialog: ArrayDialog) -> None:
    with qtbot.waitSignal(dialog.choice_changed):
        _pick(dialog, "values", "signals")
    assert (dialog.source.values, dialog.source.labels, dialog.source.axes) == ("signals", "signals_labels", "nv")
    assert dialog.source.test_values == NONE
    assert _offered(dialog, "axes") == ["nv", "vn", "ns"]


def test_an_npy_is_its_own_samples(qtbot) -> None:
    infos = (ArrayInfo("x.npy", (9, 8, 8), UINT8), ArrayInfo("y.npy", (9,), INT64))
    dialog = ArrayDialog()
    qtbot.addWidget(dialog)
    dialog.set_arrays(infos, guessed(infos, ArrayFile(path="x.npy")))
    assert not dialog.box("values").isEnabled()
    assert dialog.box("values").currentData() == "x.npy"
    assert (dialog.source.values, dialog.source.labels, dialog.source.axes) == ("", "y.npy", "nhw")


def test_what_the_project_names_and_the_file_lacks_leaves_a_box_empty(dialog: ArrayDialog) -> None:
    dialog.set_arrays(INFOS, SOURCE.replace(values="gone", axes="qqqq"))
    assert dialog.box("values").currentIndex() == -1
    assert dialog.box("axes").currentData() == "qqqq"
    assert dialog.source.values == "gone"
    dialog.set_arrays((), SOURCE)
    assert dialog.box("values").count() == 0


def test_names_are_text_and_never_markup(qtbot, dialog: ArrayDialog) -> None:
    dialog.set_arrays(INFOS, SOURCE.replace(path="<b>bold.npz"))
    dialog.set_preview((), (), "<i>text")
    assert dialog._title.text() == "<b>bold.npz"
    for label in (dialog._title, dialog._verdict, dialog._refused):
        assert label.textFormat() == label.textFormat().PlainText


@pytest.mark.parametrize("shape", [(6, 9, 10, 3), (6, 9, 10), (6, 12, 2), (6, 5), (6, 1), (6, 1, 1)])
@pytest.mark.parametrize("width", [60, 580])
def test_samples_of_every_rank_are_painted(shape: tuple[int, ...], width: int, qtbot, tmp_path: Path) -> None:
    values = np.random.default_rng(1).random(shape)
    values.flat[0] = np.nan
    np.savez(tmp_path / "set.npz", x=values, y=np.arange(6) % 2)
    dialog = ArrayDialog()
    qtbot.addWidget(dialog)
    dialog.set_theme(LIGHT)
    dialog.set_preview(*previewed(ArrayFile(path=str(tmp_path / "set.npz")).open()), "text")
    dialog.resize(width, 300)
    dialog.show()
    picture = dialog.preview.grab().toImage()
    raised = LIGHT.color("raised").rgb()
    tile = dialog.preview.tile_rect(1)
    inside = {picture.pixel(x, y) for x in range(tile.left() + 4, tile.right() - 4) for y in (20, 30, 39, 40, 50)}
    assert inside - {raised}  # something was drawn on the tile's ground
    assert dialog.preview.heightForWidth(1000) < dialog.preview.heightForWidth(100)


def test_every_control_has_a_name(dialog: ArrayDialog) -> None:
    for box in dialog.findChildren(QComboBox):
        assert box.accessibleName()
        assert box.accessibleDescription()
