"""A sheet of small pictures in rows, with a title for each row and a name below each picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from models.data.images import Bytes
from resources import resource

CELL = 112
GAP = 8
TITLE = 22
LINE = 14
PAPER, INK, FAINT = (250, 250, 250), (30, 30, 34), (110, 112, 120)


@dataclass(frozen=True, eq=False)
class Cell:
    """A picture, no side above CELL, with what stands below it."""

    picture: Bytes
    name: str


@dataclass(frozen=True, eq=False)
class Row:
    title: str
    cells: Sequence[Cell]


def sheet_png(rows: Sequence[Row]) -> bytes:
    """The bytes of a PNG file with all rows, one below the other."""
    columns = max((len(row.cells) for row in rows), default=1)
    size = (GAP + max(columns, 2) * (CELL + GAP), GAP + len(rows) * (TITLE + CELL + LINE + GAP))
    sheet = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(sheet)
    large, small = (ImageFont.truetype(resource("fonts/DejaVuSans.ttf"), points) for points in (13, 9))
    for number, row in enumerate(rows):
        top = GAP + number * (TITLE + CELL + LINE + GAP)
        draw.text((GAP, top), _fitting(row.title, large, size[0] - 2 * GAP), INK, large)
        for place, cell in enumerate(row.cells):
            left = GAP + place * (CELL + GAP)
            height, width = np.minimum(cell.picture.shape[:2], CELL)
            spot = (left + (CELL - int(width)) // 2, top + TITLE + (CELL - int(height)) // 2)
            sheet.paste(Image.fromarray(cell.picture[:CELL, :CELL]), spot)
            draw.text((left, top + TITLE + CELL + 1), _fitting(cell.name, small, CELL), FAINT, small)
    buffer = io.BytesIO()
    sheet.save(buffer, "png")
    return buffer.getvalue()


def _fitting(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """A text on one line, of a long one the end: that is where file names differ."""
    text = " ".join(text.encode("utf-8", "replace").decode().split())[-300:]
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"…{text}") > width:
        text = text[1:]
    return f"…{text}"
