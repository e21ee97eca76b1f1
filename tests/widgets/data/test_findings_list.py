"""The list of findings: words, actions, and a scan that goes on, fails or is stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton
from pytestqt.qtbot import QtBot

from models.data.facts import DataFacts
from models.data.findings import Finding, FindingKind, ScanReport
from models.data.samples import ArraySamples
from widgets.data.findings_list import MOST_CARDS, FindingCard, FindingsList
from widgets.theme import DARK, LIGHT

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


class Files(ArraySamples):
    def name(self, index: int) -> str:
        return f"cats/{index}.png"

    def path(self, index: int) -> Path | None:
        return Path("pictures") / self.name(index)


COPIES = Finding(
    FindingKind.DUPLICATE, "warn", "3 images are copies.", np.array([4, 5, 6, 7]), leave_out=np.array([5, 6, 7])
)
BROKEN = Finding(
    FindingKind.BROKEN, "bad", "1 file cannot be read.", np.array([9]), details={9: "<b>cut off</b>"},
    leave_out=np.array([9]),
)  # fmt: skip
ORPHANS = Finding(FindingKind.ORPHAN_LABEL, "warn", "5 labels have no image.", files=tuple("abcde"))
UNEVEN = Finding(FindingKind.UNEVEN, "note", "“cat” is frequent.", files=("cat",))
FACTS = DataFacts("cats", 10, (2, 2, 1), ("cat", "dog"))


def _report(*findings: Finding, kind: type[ArraySamples] = Files) -> ScanReport:
    samples = kind(FACTS, np.zeros((10, 2, 2, 1), np.uint8), np.zeros(10))
    return ScanReport(samples, FACTS, np.arange(9), np.array([9, 0]), (), (0, 255), findings, seconds=1.25)


@pytest.fixture
def view(qtbot: QtBot) -> FindingsList:
    widget = FindingsList()
    widget.resize(536, 306)
    qtbot.addWidget(widget)
    widget.show()
    return widget


def _shown(card: FindingCard) -> list[str]:
    return [button.text() for button in card.findChildren(QPushButton) if button.isVisibleTo(card)]


def _words(card: FindingCard) -> str:
    return "\n".join(label.text() for label in card.findChildren(QLabel))


def test_each_finding_says_how_bad_it_is_and_what_can_be_done(view: FindingsList) -> None:
    view.set_report(_report(BROKEN, COPIES, ORPHANS, UNEVEN))
    broken, copies, orphans, uneven = view.cards
    assert _shown(broken) == ["Show", "Leave out 1", "Open folder"]
    assert _shown(copies) == ["Show", "Leave out 3", "Open folder"]
    assert _shown(orphans) == ["Open folder"]
    assert _shown(uneven) == []
    assert "Spoils training" in _words(broken)
    assert "cats/9.png: <b>cut off</b>" in _words(broken)
    assert "cats/4.png, cats/5.png" in _words(copies)
    assert "a\nb\nc\nand 2 more" in _words(orphans)
    assert copies.accessibleName() == "Deserves a look: Exact copies"
    assert view.status == "10 images looked at in 1.2 s. 4 findings."


def test_without_files_there_is_no_folder(view: FindingsList) -> None:
    view.set_report(_report(COPIES, kind=ArraySamples))
    assert _shown(view.cards[0]) == ["Show", "Leave out 3"]


def test_actions_are_reported(view: FindingsList) -> None:
    told: list[tuple[str, Finding]] = []
    view.finding_chosen.connect(lambda finding: told.append(("show", finding)))
    view.leave_out_requested.connect(lambda finding: told.append(("leave out", finding)))
    view.use_again_requested.connect(lambda finding: told.append(("use again", finding)))
    view.folder_requested.connect(lambda finding: told.append(("folder", finding)))
    view.set_report(_report(BROKEN, COPIES))
    card = view.cards[1]
    card.show_button.click()
    card.leave_button.click()
    view.set_report(_report(BROKEN, COPIES), left_out=np.array([7, 6, 5, 1]))
    assert view.cards[1] is card  # the same findings: the keyboard's place in the list is not lost
    assert _shown(card) == ["Show", "Use 3 again", "Open folder"]
    assert _shown(view.cards[0])[1] == "Leave out 1"
    card.again_button.click()
    card.folder_button.click()
    assert told == [("show", COPIES), ("leave out", COPIES), ("use again", COPIES), ("folder", COPIES)]
    view.set_report(_report(BROKEN, COPIES), left_out=[5, 6])
    assert "Leave out 3" in _shown(card)


def test_leakage_comes_first(view: FindingsList) -> None:
    leak = Finding(FindingKind.LEAKAGE, "bad", "2 held-out images …", np.array([1, 2]))
    view.set_report(_report(COPIES), more=(leak,))
    assert [card.finding for card in view.cards] == [leak, COPIES]


def test_a_scan_in_progress_can_be_cancelled(view: FindingsList, qtbot: QtBot) -> None:
    cancel, rescan = (
        next(b for b in view.findChildren(QPushButton) if b.text() == t) for t in ("Cancel", "Scan again")
    )
    bar = view.findChild(QProgressBar)
    assert bar is not None
    assert (cancel.isVisible(), rescan.isVisible(), bar.isVisible()) == (False, True, False)
    view.set_progress(250, 1000)
    assert (cancel.isVisible(), rescan.isVisible(), bar.isVisible()) == (True, False, True)
    assert (bar.value(), bar.maximum()) == (250, 1000)
    view.set_left_out([1, 2])
    assert bar.isVisible()
    assert view.status == "Looking at 250 of 1,000 samples …"
    with qtbot.waitSignal(view.cancel_requested):
        cancel.click()
    view.set_cancelled()
    assert rescan.isVisible()
    with qtbot.waitSignal(view.rescan_requested):
        rescan.click()
    view.set_progress(0, 0)
    assert view.status == "Looking for samples …"


def test_errors_stand_in_place_and_findings_stay(view: FindingsList) -> None:
    view.set_report(_report(COPIES))
    view.set_error("The folder was removed. Put it back.")
    assert view.status == "⚠ The folder was removed. Put it back."
    assert len(view.cards) == 1
    view.set_report(_report())
    assert view.status.startswith("✓ 10 images looked at")
    assert view.cards == ()
    view.set_report(None)
    assert view.status == "Not scanned yet."


def test_many_findings_are_bounded_and_fit_a_small_page(view: FindingsList) -> None:
    view.set_report(_report(*[replace(COPIES) for _ in range(MOST_CARDS + 5)]))
    assert len(view.cards) == MOST_CARDS
    assert any(label.text() == "… and 5 more findings" for label in view.findChildren(QLabel))
    assert view.minimumSizeHint().width() <= 536
    for theme in (DARK, LIGHT):
        view.set_theme(theme)
        view.grab()
