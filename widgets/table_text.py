"""Tables as text: CSV for spreadsheets, Markdown for documents."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

CSV, MARKDOWN = "CSV", "Markdown"
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+")


def markdown_text(columns: Sequence[tuple[str, bool]], rows: Sequence[Sequence[str]]) -> str:
    """Rows below their headings; `columns` are titles, and whether they hold numbers, which stand at the right."""
    ruler = ["---:" if number else "---" for _title, number in columns]
    texts = [[text.replace("|", "\\|") for text in row] for row in rows]
    lines = [[title for title, _number in columns], ruler, *texts]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def csv_text(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows below their headings; numbers lose their separators."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(titles)
    for texts in rows:
        writer.writerow([text.replace(",", "") if _GROUPED.fullmatch(text) else text for text in texts])
    return out.getvalue()
