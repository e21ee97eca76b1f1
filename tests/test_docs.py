"""The docs name what there is."""

from __future__ import annotations

from pathlib import Path

from models.data.sources import SOURCES
from models.data.steps import STEPS

DOCS = Path(__file__).parent.parent / "docs"


def test_every_data_set_and_every_step_is_in_the_docs() -> None:
    text = (DOCS / "data.md").read_text(encoding="utf-8").casefold()
    titles = [source.title for source in SOURCES.values()] + [step.title for step in STEPS.values()]
    assert [title for title in titles if title.casefold() not in text] == []
