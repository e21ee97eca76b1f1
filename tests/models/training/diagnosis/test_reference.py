"""The page of the documentation is what the rules say of themselves."""

from __future__ import annotations

from pathlib import Path

from models.training.diagnosis.reference import page

PAGE = Path(__file__).parents[4] / "docs" / "diagnosis.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "python -m models.training.diagnosis.reference > docs/diagnosis.md"
    )
