"""A folder of many sound images with one of every fault that files can have, each under a name that says so."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 40
BROKEN = ("empty.jpg", "text.png", "bomb.png", "noise.gif", "cut.png", "cut.jpg", "cut.webp", "cut.bmp")
COPIES = {"copy.png": "0.png", "copy_of_copy.png": "0.png", "copy.bmp": "1.png"}
NEAR = {"recompressed.jpg": "2.png", "recompressed_more.jpg": "3.png", "enlarged.png": "4.png"}
CONSTANT = ("black.png", "red.png", "white.bmp")
ODD = ("huge.png", "narrow.png")
CONFLICT = "moved.png"


def picture(seed: int, width: int = SIDE, height: int = SIDE) -> Image.Image:
    """A soft pattern in colour, another one for each seed."""
    noise = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


def bomb() -> bytes:
    """A small PNG whose header promises 3.6 thousand million pixels."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    packed = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + packed


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def plant(folder: Path, sound: int) -> None:
    """Write `sound` images into the classes cats and dogs, and 20 faults into cats (one of them into dogs)."""
    for number in range(sound):
        place = folder / ("cats" if number % 2 == 0 else "dogs")
        place.mkdir(parents=True, exist_ok=True)
        picture(number).save(place / f"{number // 2}.png")
    cats = folder / "cats"
    large = picture(10**6, 200, 200)
    broken = (
        b"", b"no picture at all", bomb(), bytes(range(256)) * 20, encoded(large, "png")[:4000],
        encoded(large, "jpeg")[:2000], encoded(large, "webp")[:900], encoded(large, "bmp")[:5000],
    )  # fmt: skip
    for name, data in zip(BROKEN, broken, strict=True):
        (cats / name).write_bytes(data)
    for name in ("copy.png", "copy_of_copy.png"):
        (cats / name).write_bytes((cats / "0.png").read_bytes())
    picture(2).save(cats / "copy.bmp")
    picture(4).save(cats / "recompressed.jpg", quality=80)
    picture(6).save(cats / "recompressed_more.jpg", quality=50)
    picture(8, 100, 100).save(cats / "enlarged.png")
    for name, colour in zip(CONSTANT, ("black", "red", "white"), strict=True):
        Image.new("RGB", (SIDE, SIDE), colour).save(cats / name)
    picture(10**6 + 1, 12 * SIDE, 12 * SIDE).save(cats / "huge.png")
    picture(10**6 + 2, SIDE, 4).save(cats / "narrow.png")
    picture(10).save(folder / "dogs" / CONFLICT)  # cats/5.png
