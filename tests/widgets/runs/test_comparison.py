"""Two runs side by side."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot
from run_summaries import summary

from models.network.edits import remove
from models.network.project import Project
from models.training.runs.comparing import compare
from models.zoo import template
from widgets.runs.comparison import SELECT_TWO, RunsComparison
from widgets.theme import DARK, LIGHT

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)

PAIR = (summary("one", held_out_metric=0.9), summary("two", held_out_metric=0.95, status="stopped"))


@pytest.fixture
def view(qtbot: QtBot) -> RunsComparison:
    view = RunsComparison()
    qtbot.addWidget(view)
    view.show()
    return view


def test_it_asks_for_two_runs(view: RunsComparison) -> None:
    assert view.notice == SELECT_TWO
    view.set_runs(PAIR, ())
    assert view.notice == ""
    view.set_runs(None, None)
    assert view.notice == SELECT_TWO
    view.set_runs(PAIR, None, reason="The file is gone.")
    assert view.notice == "The file is gone."


def test_results_stand_side_by_side_while_the_rest_is_read(view: RunsComparison) -> None:
    view.set_runs(PAIR, None)
    results = {line.what: line for line in view.lines["Results"]}
    assert results["accuracy, held out"][1:] == ("90.0 %", "95.0 %")
    assert results["loss"].kind == "same"
    texts = [view.tree.topLevelItem(number).text(0) for number in range(view.tree.topLevelItemCount())]
    assert "Architecture: being read …" in texts


def test_what_was_added_removed_and_changed_is_told_by_a_sign(view: RunsComparison) -> None:
    first = Project(network=template("lenet5").network())
    nodes = first.network.nodes
    network = remove(first.network, [nodes[2].id])
    second = first.replace(network=network, plan=first.plan.replace(batch_size=8))
    view.set_runs(PAIR, compare(first, second))
    kinds = {line.what: line.kind for line in view.lines["Architecture"]}
    assert any(what.startswith(nodes[2].id) and kind == "only first" for what, kind in kinds.items())
    (batch,) = view.lines["Training plan"]
    assert batch == ("batch_size", "64", "8")
    assert batch.kind == "changed"
    sections = [view.tree.topLevelItem(number) for number in range(view.tree.topLevelItemCount())]
    plan = next(section for section in sections if section.text(0).startswith("Training plan"))
    assert plan.text(0) == "Training plan: 1 difference"
    assert plan.child(0).text(0).startswith("≠")
    assert "batch_size\t64\t8" in view.as_text()


def test_it_follows_the_theme(view: RunsComparison) -> None:
    view.set_runs(PAIR, ())
    for theme in (LIGHT, DARK):
        view.set_theme(theme)
        assert view.tree.topLevelItemCount() == 5
    view.set_runs(PAIR, None, reason="Gone.")
    view.set_theme(LIGHT)
    assert view.notice == "Gone."
