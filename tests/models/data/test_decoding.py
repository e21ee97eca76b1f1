"""Every kind of file that people keep images in, and files that only pretend."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.data.decoding import BrokenImage, quiet_pillow, read_image
from models.data.images import Bytes


def read(path: Path) -> Bytes:
    with quiet_pillow():
        return read_image(path)


def save(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


RED = Image.new("RGB", (4, 3), (255, 0, 0))
GREY = Image.new("L", (4, 3), 100)


@pytest.mark.parametrize("suffix", ["png", "bmp", "gif", "webp", "tif", "jpg", "jpeg"])
def test_reads_each_format_as_rows_columns_channels(tmp_path: Path, suffix: str) -> None:
    pixels = read(save(tmp_path / f"red.{suffix}", RED))
    assert pixels.shape == (3, 4, 3)
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - (255, 0, 0)).max() <= 3


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "LA", "RGBA"])
def test_grey_pixels_give_one_channel_whatever_the_mode(tmp_path: Path, mode: str) -> None:
    white = Image.new("L", (4, 3), 255)
    pixels = read(save(tmp_path / "white.png", white.convert("RGB").convert(mode)))
    assert pixels.shape == (3, 4, 1)
    assert (pixels == 255).all()


def test_transparency_is_laid_on_black(tmp_path: Path) -> None:
    image = Image.new("RGBA", (2, 1), (200, 100, 50, 255))
    image.putpixel((1, 0), (200, 100, 50, 0))
    assert read(save(tmp_path / "a.png", image)).tolist() == [[[200, 100, 50], [0, 0, 0]]]


def test_a_palette_with_transparency_does_not_warn(tmp_path: Path) -> None:
    image = RED.convert("P")
    path = save(tmp_path / "p.png", image, transparency=bytes([0] * 256))
    assert (read(path) == 0).all()


def test_cmyk_becomes_colour(tmp_path: Path) -> None:
    pixels = read(save(tmp_path / "ink.tif", Image.new("CMYK", (4, 3), (0, 255, 255, 0))))
    assert pixels[0, 0].tolist() == [255, 0, 0]


def test_sixteen_bits_are_scaled_not_clipped(tmp_path: Path) -> None:
    values = np.array([[0, 32_768, 65_535]], dtype=np.uint16)
    path = save(tmp_path / "deep.png", Image.fromarray(values))
    assert read(path)[0, :, 0].tolist() == [0, 128, 255]


def test_floating_point_takes_one_as_white_and_survives_nan(tmp_path: Path) -> None:
    values = np.array([[0.0, 0.5, 7.0, np.nan]], dtype=np.float32)
    path = save(tmp_path / "float.tif", Image.fromarray(values))
    assert read(path)[0, :, 0].tolist() == [0, 128, 255, 0]


def test_turns_upright_as_exif_says(tmp_path: Path) -> None:
    image = Image.new("RGB", (4, 2))
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    assert read(save(tmp_path / "phone.jpg", image, exif=exif)).shape[:2] == (4, 2)


def test_of_an_animation_the_first_frame_counts(tmp_path: Path) -> None:
    path = save(tmp_path / "two.gif", RED, save_all=True, append_images=[Image.new("RGB", (4, 3), (0, 0, 255))])
    assert read(path)[0, 0].tolist() == [255, 0, 0]


def test_names_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.png"
    path.touch()
    with pytest.raises(BrokenImage, match="the file is empty"):
        read(path)


def test_names_a_file_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "text.png"
    path.write_text("%!PS-Adobe-3.0 EPSF-3.0\n")
    with pytest.raises(BrokenImage, match="none of PNG, JPEG"):
        read(path)


def test_a_truncated_file_is_broken(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    path = save(tmp_path / "cut.png", Image.fromarray(noise))
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(BrokenImage, match="truncated"):
        read(path)


@pytest.mark.parametrize("side", [10_000, 60_000])
def test_refuses_a_decompression_bomb(tmp_path: Path, side: int) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")))
    with pytest.raises(BrokenImage, match="unpack to more than"):
        read(path)
