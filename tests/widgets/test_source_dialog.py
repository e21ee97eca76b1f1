"""The dialog for any kind of data set: its fields as a form, and a verdict on what they lead to."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QPushButton

from models.data.sources import SOURCES, Source
from models.data.sources.table import Table
from widgets.source_dialog import SourceDialog

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


def _accept(dialog: SourceDialog) -> QPushButton:
    return next(button for button in dialog.findChildren(QPushButton) if button.text() == "Use this data")


@pytest.mark.parametrize("kind", SOURCES.values(), ids=SOURCES.keys())
def test_every_kind_of_data_set_has_its_dialog(kind: type[Source], qtbot) -> None:
    needed = {name: "somewhere" for name, field in kind.model_fields.items() if field.is_required()}
    source = kind.model_validate(needed)
    dialog = SourceDialog(source)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.source == source
    assert dialog.windowTitle() == source.title
    assert dialog._summary.text() == source.summary
    for name in kind.model_fields:
        assert all(control.accessibleName() for control in dialog.form.editor(name).controls)


def test_an_edit_is_reported_and_has_to_be_looked_at(qtbot) -> None:
    dialog = SourceDialog(Table(path="a.csv"))
    qtbot.addWidget(dialog)
    assert not _accept(dialog).isEnabled()
    dialog.set_facts("a · 3 rows · 4 · 3 classes")
    assert _accept(dialog).isEnabled()
    with qtbot.waitSignal(dialog.choice_changed) as caught:
        dialog.form.editor("shape").controls[0].setText("2x2x1")
    assert caught.args == [Table(path="a.csv", shape="2x2x1")]
    assert not _accept(dialog).isEnabled()
    dialog.set_error("The shape does not fit <b>.")
    assert not _accept(dialog).isEnabled()
    assert (dialog.verdict, dialog._verdict.property("role")) == ("The shape does not fit <b>.", "bad")
    assert dialog._verdict.textFormat() == dialog._verdict.textFormat().PlainText


def test_another_source_is_shown(qtbot) -> None:
    dialog = SourceDialog(Table(path="a.csv"))
    qtbot.addWidget(dialog)
    dialog.set_facts("fine")
    with qtbot.assertNotEmitted(dialog.choice_changed):
        dialog.set_source(Table(path="b.csv"))
    assert dialog.source == Table(path="b.csv")
    assert not _accept(dialog).isEnabled()


def test_the_buttons_accept_and_reject(qtbot) -> None:
    dialog = SourceDialog(Table(path="a.csv"))
    qtbot.addWidget(dialog)
    dialog.set_facts("fine")
    with qtbot.waitSignal(dialog.accepted):
        _accept(dialog).click()
    cancel = next(button for button in dialog.findChildren(QPushButton) if button.text() == "Cancel")
    with qtbot.waitSignal(dialog.rejected):
        cancel.click()
