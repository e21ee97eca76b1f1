"""Every kind of file that people keep images in, and files that only pretend."""

from __future__ import annotations

import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_files import bomb
from PIL import Image, UnidentifiedImageError

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


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, [[10, 60, 110], [160, 210, 250]]),
        (2, [[110, 60, 10], [250, 210, 160]]),
        (3, [[250, 210, 160], [110, 60, 10]]),
        (4, [[160, 210, 250], [10, 60, 110]]),
        (5, [[10, 160], [60, 210], [110, 250]]),
        (6, [[160, 10], [210, 60], [250, 110]]),
        (7, [[250, 110], [210, 60], [160, 10]]),
        (8, [[110, 250], [60, 210], [10, 160]]),
        (9, [[10, 60, 110], [160, 210, 250]]),  # there is no such orientation
    ],
)
def test_turns_upright_as_exif_says(tmp_path: Path, suffix: str, orientation: int, expected: list[list[int]]) -> None:
    blocks = np.kron(np.array([[10, 60, 110], [160, 210, 250]], np.uint8), np.ones((16, 16), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if suffix == "webp" else {}
    pixels = read(save(tmp_path / f"phone.{suffix}", Image.fromarray(blocks), exif=exif, **options))
    assert np.abs(pixels[8::16, 8::16, 0].astype(int) - expected).max() <= 2


def test_damaged_exif_data_does_not_spoil_the_pixels(tmp_path: Path) -> None:
    path = save(tmp_path / "phone.jpg", RED, exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\x01\x12")
    assert read(path).shape == (3, 4, 3)


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
    with pytest.raises(BrokenImage, match=r"none of PNG, JPEG"):
        read(path)


def test_a_truncated_file_is_broken(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    path = save(tmp_path / "cut.png", Image.fromarray(noise))
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(BrokenImage, match="truncated"):
        read(path)


@given(cut=st.integers(0, 700), suffix=st.sampled_from(["png", "jpg", "bmp", "gif", "webp", "tif"]))
def test_a_file_cut_anywhere_is_broken_with_a_reason(
    tmp_path_factory: pytest.TempPathFactory, cut: int, suffix: str
) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (16, 16, 3), dtype=np.uint8)
    path = save(tmp_path_factory.mktemp("cut") / f"x.{suffix}", Image.fromarray(noise))
    path.write_bytes(path.read_bytes()[: min(cut, path.stat().st_size * 3 // 4)])
    with pytest.raises(BrokenImage, match=r"."):
        read(path)


@pytest.mark.parametrize("side", [10_000, 50_000, 2_000_000_000])
@pytest.mark.parametrize("is_quiet", [True, False])
def test_refuses_a_decompression_bomb_without_unpacking_it(tmp_path: Path, side: int, is_quiet: bool) -> None:
    path = bomb(tmp_path / "bomb.png", side)
    tracemalloc.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # another thread can do so at any time
            with pytest.raises(BrokenImage, match="unpack to more than"):
                read(path) if is_quiet else read_image(path)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 5_000_000


@pytest.mark.parametrize("transparency", [(255, 0, 0), 100])
def test_a_transparent_colour_is_laid_on_black(tmp_path: Path, transparency: object) -> None:
    image = GREY if transparency == 100 else RED
    assert (read(save(tmp_path / "key.png", image, transparency=transparency)) == 0).all()


def test_a_palette_is_read_as_its_colours(tmp_path: Path) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([9, 20, 30, 200, 100, 50])
    image.putpixel((1, 0), 1)
    for suffix in ("png", "gif", "bmp", "tif"):
        assert read(save(tmp_path / f"p.{suffix}", image)).tolist() == [[[9, 20, 30], [200, 100, 50]]]


def test_ink_in_a_jpeg_becomes_colour(tmp_path: Path) -> None:
    pixels = read(save(tmp_path / "ink.jpg", Image.new("CMYK", (16, 16), (0, 255, 255, 0)), quality=95))
    assert np.abs(pixels[8, 8].astype(int) - (255, 0, 0)).max() <= 6


@pytest.mark.parametrize("name", ["big", "little"])
def test_sixteen_bits_in_either_order_of_bytes(tmp_path: Path, name: str) -> None:
    order = ">u2" if name == "big" else "<u2"
    image = Image.frombytes(
        "I;16B" if name == "big" else "I;16", (3, 1), np.array([0, 32_768, 65_535], order).tobytes()
    )
    assert read(save(tmp_path / "deep.tif", image))[0, :, 0].tolist() == [0, 128, 255]


def test_the_suffix_does_not_matter(tmp_path: Path) -> None:
    path = save(tmp_path / "really.png", RED).rename(tmp_path / "really.jpg")
    assert read(path)[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("suffix", ["ppm", "ico", "eps", "pcx", "tga", "psd"])
def test_other_formats_are_refused_whatever_they_are_called(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "other.png"
    path.write_bytes(b"8BPS\0\1") if suffix == "psd" else RED.save(path, format={"tga": "TGA"}.get(suffix, suffix))
    with pytest.raises(BrokenImage, match=r"none of PNG, JPEG"):
        read(path)


def test_a_folder_called_like_an_image(tmp_path: Path) -> None:
    (tmp_path / "x.png").mkdir()
    with pytest.raises(BrokenImage, match=r"Is a directory|Permission denied"):
        read(tmp_path / "x.png")


def test_a_file_that_vanished_or_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BrokenImage, match="No such file or directory"):
        read(tmp_path / "gone.png")

    def deny(*arguments: object, **more: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = save(tmp_path / "secret.png", RED)
    monkeypatch.setattr(Path, "open", deny)
    with pytest.raises(BrokenImage, match=r"^Permission denied$"):
        read(path)


def test_a_file_that_vanishes_while_it_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "short.png", RED)

    def vanish(*arguments: object, **more: object) -> None:
        path.unlink()
        raise UnidentifiedImageError

    monkeypatch.setattr(Image, "open", vanish)
    with pytest.raises(BrokenImage, match="none of PNG"):
        read(path)
