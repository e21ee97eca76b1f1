"""A data pipeline reads files as Pillow does, whatever they hold."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
from image_files import bomb
from PIL import Image

from models.data.decoding import BrokenImage, quiet_pillow
from models.data.facts import DataFacts
from models.data.samples import ArraySamples, FileSamples, Names
from models.runtime.pipeline.reading import block_reader, sample_reader

Bytes = npt.NDArray[np.uint8]

JPEG_DIFFERENCE = 2
"""Between builds of libjpeg, which round in their own ways."""

GENERATOR = np.random.default_rng(7)
SMOOTH = np.stack(np.meshgrid(np.linspace(0, 255, 20), np.linspace(255, 0, 13)), -1).astype(np.uint8)
COLOUR = np.concatenate([SMOOTH, GENERATOR.integers(0, 256, (13, 20, 1), np.uint8)], -1)
ALPHA = np.concatenate([COLOUR, GENERATOR.integers(0, 256, (13, 20, 1), np.uint8)], -1)


def samples_of(folder: Path, names: Sequence[str]) -> FileSamples:
    facts = DataFacts("files", len(names), (13, 20, 3), ("a", "b"))
    return FileSamples(facts, folder, Names(names), np.zeros(len(names), np.int64))


def read(samples: FileSamples, by_pillow: Sequence[int] = ()) -> dict[int, Bytes]:
    """What a pipeline gives; files that cannot be read are missing."""
    reader = sample_reader(samples, by_pillow)
    pipeline = tf.data.Dataset.range(len(samples)).map(lambda index: (index, reader(index))).ignore_errors()
    return {int(index): image.numpy() for index, image in pipeline}


def by_pillow(samples: FileSamples, index: int, channels: int) -> Bytes:
    """What is expected; where Pillow finds that all pixels are grey, TensorFlow may still give three channels."""
    with quiet_pillow():
        image = samples.read(index)
    return np.broadcast_to(image, (*image.shape[:2], channels)) if image.shape[-1] == 1 else image


def exif(orientation: int) -> Image.Exif:
    found = Image.Exif()
    found[0x0112] = orientation
    return found


def interlaced(path: Path) -> None:
    """A PNG written in seven passes; Pillow writes none."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b""
    for top, left, down, right in (
        (0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1),
    ):  # fmt: skip
        part = COLOUR[top::down, left::right]
        rows += b"".join(b"\0" + row.tobytes() for row in part if row.size)
    header = struct.pack(">IIBBBBB", COLOUR.shape[1], COLOUR.shape[0], 8, 2, 0, 0, 1)
    content = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + content)


def exact_files(folder: Path) -> list[str]:
    """A file for each format and mode that is stored without loss."""
    colour, grey = Image.fromarray(COLOUR), Image.fromarray(SMOOTH[:, :, 0].copy())
    profile = GENERATOR.integers(0, 256, 9000, np.uint8).tobytes()
    images: dict[str, tuple[Image.Image, dict[str, object]]] = {
        "colour.png": (colour, {}),
        "grey.png": (grey, {}),
        "grey as colour.png": (grey.convert("RGB"), {}),
        "palette.png": (colour.quantize(16), {}),
        "palette with a hole.png": (colour.quantize(16), {"transparency": 3}),
        "alpha.png": (Image.fromarray(ALPHA), {}),
        "grey alpha.png": (Image.fromarray(ALPHA[:, :, 2:].copy(), "LA"), {}),
        "one colour is a hole.png": (colour, {"transparency": tuple(COLOUR[2, 3].tolist())}),
        "one grey is a hole.png": (grey, {"transparency": int(SMOOTH[2, 3, 0])}),
        "hole behind a profile.png": (grey, {"transparency": int(SMOOTH[2, 3, 0]), "icc_profile": profile}),
        "deep.png": (Image.fromarray(SMOOTH[:, :, 0].astype(np.uint16) * 257), {}),
        "bits.png": (grey.convert("1"), {}),
        "turned behind a profile.png": (colour, {"exif": exif(6), "icc_profile": profile}),
        "colour.bmp": (colour, {}),
        "grey.bmp": (grey, {}),
        "colour.gif": (colour.quantize(16), {}),
        "colour.webp": (colour, {"lossless": True}),
        "alpha.webp": (Image.fromarray(ALPHA), {"lossless": True}),
        "colour.tiff": (colour, {}),
        "grey.tif": (grey, {"compression": "tiff_deflate"}),
        "a ümlaut, 100 %d %s & 'more'.png": (colour, {}),
        "sub folder/#1;*?.bmp": (colour, {}),
    }
    if os.name == "nt":
        images = {name: image for name, image in images.items() if "?" not in name}
    for orientation in range(1, 9):
        images[f"turned {orientation}.png"] = (colour, {"exif": exif(orientation)})
    for name, (image, options) in images.items():
        (folder / name).parent.mkdir(exist_ok=True)
        image.save(folder / name, **options)
    interlaced(folder / "interlaced.png")
    return [*images, "interlaced.png"]


def jpeg_files(folder: Path) -> list[str]:
    colour, grey = Image.fromarray(COLOUR), Image.fromarray(SMOOTH[:, :, 0].copy())
    images: dict[str, tuple[Image.Image, dict[str, object]]] = {
        "colour.jpg": (colour, {}),
        "fine.jpg": (colour, {"quality": 98, "subsampling": 0}),
        "grey.jpg": (grey, {}),
        "inks.jpg": (colour.convert("CMYK"), {}),
        "progressive.jpg": (colour, {"progressive": True}),
        "with a profile.jpeg": (colour, {"icc_profile": b"\xff\xd8" * 5000}),
        "100 % größer.jpg": (colour, {}),
    }
    for orientation in range(1, 9):
        images[f"turned {orientation}.jpg"] = (colour, {"exif": exif(orientation)})
    for name, (image, options) in images.items():
        image.save(folder / name, "JPEG", **options)
    return list(images)


def late_mark(path: Path) -> None:
    """A photograph on its side, as some programs write them: a long comment comes before what says so."""
    buffer = io.BytesIO()
    Image.fromarray(COLOUR).save(buffer, "JPEG", exif=exif(6))
    data = buffer.getvalue()
    path.write_bytes(data[:2] + b"\xff\xfe" + struct.pack(">H", 60_002) + b"." * 60_000 + data[2:])


def test_files_stored_without_loss_are_read_to_the_last_value(tmp_path: Path) -> None:
    samples = samples_of(tmp_path, exact_files(tmp_path))
    found = read(samples)
    for index in range(len(samples)):
        assert index in found, samples.name(index)
        expected = by_pillow(samples, index, found[index].shape[-1])
        np.testing.assert_array_equal(found[index], expected, samples.name(index))


def test_photographs_are_read_but_for_rounding(tmp_path: Path) -> None:
    names = jpeg_files(tmp_path)
    late_mark(tmp_path / "late.jpg")
    samples = samples_of(tmp_path, [*names, "late.jpg"])
    found = read(samples)
    for index in range(len(samples)):
        assert index in found, samples.name(index)
        expected = by_pillow(samples, index, found[index].shape[-1]).astype(int)
        assert found[index].shape == expected.shape, samples.name(index)
        assert np.abs(found[index] - expected).max() <= JPEG_DIFFERENCE, samples.name(index)
    assert found[len(names)].shape == (20, 13, 3)


def test_all_can_be_read_by_pillow(tmp_path: Path) -> None:
    samples = samples_of(tmp_path, jpeg_files(tmp_path))
    for index, image in read(samples, range(len(samples))).items():
        np.testing.assert_array_equal(image, by_pillow(samples, index, image.shape[-1]))


def test_what_pillow_refuses_does_not_come_through(tmp_path: Path) -> None:
    Image.fromarray(COLOUR).save(tmp_path / "whole.png")
    whole = (tmp_path / "whole.png").read_bytes()
    contents = {
        "empty.png": b"",
        "text.jpg": b"hello",
        "cut.png": whole[:60],
        "head.png": whole[:8],
        "two.jpg": b"\xff",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    bomb(tmp_path / "bomb.png", 30_000)
    samples = samples_of(tmp_path, [*contents, "bomb.png", "not there.png", "whole.png"])
    assert list(read(samples)) == [len(samples) - 1]
    for index in range(len(samples) - 1):
        with quiet_pillow(), pytest.raises(BrokenImage):
            samples.read(index)


@pytest.mark.parametrize("kind", [np.uint8, np.float32, np.float64])
def test_arrays_are_read_one_by_one_and_in_blocks(kind: type) -> None:
    values = np.arange(60).reshape(5, 4, 3).astype(kind)
    samples = ArraySamples(DataFacts("array", 5, (4, 3), ("a", "b"), white=0.0), values, np.zeros(5, np.int64))
    expected = tf.uint8 if kind is np.uint8 else tf.float32
    one, several = sample_reader(samples)(tf.constant(3, tf.int64)), block_reader(samples)(tf.constant([4, 0, 4]))
    assert one.dtype == several.dtype == expected
    np.testing.assert_array_equal(one, values[3])
    np.testing.assert_array_equal(several, values[[4, 0, 4]])
