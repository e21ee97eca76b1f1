"""Image folders as people have them: right, broken, empty and wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.data import image_folder
from models.data.loading import glance, load, samples, scan
from models.data.pictures import read_picture
from models.data.sources import LARGEST_SIDE, DataError, Digits, ImageFolder, resolve


def picture(path: Path, size: tuple[int, int] = (6, 4), colour: tuple[int, int, int] = (250, 10, 10)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Two classes of three images, one of them of another size."""
    for number in range(3):
        picture(tmp_path / "pets" / "dogs" / f"{number}.png")
        picture(tmp_path / "pets" / "cats" / f"{number}.JPG", (6, 4) if number else (9, 9), (0, 0, 200))
    return tmp_path / "pets"


def source(folder: Path) -> ImageFolder:
    return ImageFolder(path=str(folder))


def test_scan_tells_classes_size_and_count(pets: Path) -> None:
    facts = scan(source(pets))
    assert facts.text == "pets · 6 images · 4×6×3 · 2 classes"
    assert facts.class_names == ("cats", "dogs")
    assert facts.broken == ()


def test_channels_are_one_when_every_image_is_grey(pets: Path) -> None:
    for path in pets.rglob("*.*"):
        Image.new("RGB", (5, 5), (9, 9, 9)).save(path)
    assert scan(source(pets)).sample_shape == (5, 5, 1)


def test_broken_images_are_named_and_left_out(pets: Path) -> None:
    (pets / "dogs" / "1.png").write_bytes(b"")
    (pets / "cats" / "notes.txt").write_text("not an image, and not called one")
    facts = scan(source(pets))
    assert facts.samples == 5
    assert facts.broken == (str(Path("dogs/1.png")) + ": the file is empty",)
    data = load(source(pets), (4, 6, 3))
    assert data.facts == facts
    assert data.labels.tolist() == [0, 0, 0, 1, 1]


def test_hidden_files_and_folders_are_no_classes(pets: Path) -> None:
    picture(pets / ".thumbnails" / "0.png")
    (pets / "__MACOSX").mkdir()
    (pets / "dogs" / "._0.png").write_bytes(b"resource fork")
    assert scan(source(pets)).text == "pets · 6 images · 4×6×3 · 2 classes"


def test_load_fits_every_image_and_reports_progress(pets: Path) -> None:
    seen: list[tuple[int, int]] = []
    data = load(source(pets), (8, 8, 3), lambda done, total: seen.append((done, total)))
    assert data.images.shape == (6, 8, 8, 3)
    assert data.images.dtype == np.uint8
    assert data.images[-1, 4, 4].tolist() == [250, 10, 10]
    assert seen == [(done, 6) for done in range(1, 7)]


def test_load_turns_colour_into_grey(pets: Path) -> None:
    data = load(source(pets), (4, 6, 1))
    assert data.images[-1, 0, 0].tolist() == [round(0.299 * 250 + 0.701 * 10)]


def test_an_exception_in_progress_ends_the_work(pets: Path) -> None:
    class Cancelled(Exception):
        pass

    def cancel(done: int, total: int) -> None:
        if done == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        scan(source(pets), cancel)


def test_samples_come_from_every_class_in_turn(pets: Path) -> None:
    (pets / "cats" / "0.JPG").write_bytes(b"")
    images, labels = samples(source(pets), 3)
    assert labels == [1, 0, 1]
    assert images[0].shape == (4, 6, 3)
    assert images[0].dtype == np.float32
    assert images[0].max() == pytest.approx(250 / 255)


def test_samples_of_photographs_are_reduced(pets: Path) -> None:
    photograph = pets / "cats" / "0.JPG"
    picture(photograph, (1024, 256))
    assert samples(source(pets), 1)[0][0].shape == (LARGEST_SIDE // 4, LARGEST_SIDE, 3)
    np.testing.assert_array_equal(samples(source(pets), 1)[0][0], read_picture(photograph))


def test_samples_of_the_digits_begin_with_one_of_each() -> None:
    images, labels = samples(Digits(), 12)
    assert labels == [*range(10), 0, 1]
    assert {image.shape for image in images} == {(8, 8, 1)}
    assert max(image.max() for image in images) == 1.0


def test_a_glance_agrees_with_the_scan_of_a_sound_folder(pets: Path) -> None:
    picture(pets / "cats" / "0.JPG")
    assert glance(source(pets)) == scan(source(pets))


def test_memory_is_checked_before_anything_is_loaded(pets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_folder, "physical_memory", lambda: 2**30)
    with pytest.raises(
        DataError, match=r"6 images of 20000×20000×3 take 6\.7 GB, more than half of this machine's 1\.0"
    ):
        load(source(pets), (20_000, 20_000, 3))


def test_a_relative_path_starts_at_the_project(pets: Path) -> None:
    relative = ImageFolder(path="pets")
    assert scan(resolve(relative, pets.parent)).samples == 6
    assert resolve(source(pets), Path("elsewhere")) == source(pets)
    assert resolve(Digits(), Path("elsewhere")) == Digits()


# --- what cannot be used ----------------------------------------------------------------------------------------------
def refused(folder: Path) -> str:
    with pytest.raises(DataError) as loading:
        load(source(folder), (4, 4, 3))
    with pytest.raises(DataError) as glancing:
        glance(source(folder))
    with pytest.raises(DataError) as scanning:
        scan(source(folder))
    assert str(loading.value) == str(scanning.value) == str(glancing.value)
    return str(scanning.value)


def test_no_such_folder(tmp_path: Path) -> None:
    assert refused(tmp_path / "gone").startswith(f"There is no folder {tmp_path / 'gone'}.")


def test_a_file_instead_of_a_folder(tmp_path: Path) -> None:
    picture(tmp_path / "one.png")
    assert "is a file. Choose a folder" in refused(tmp_path / "one.png")


def test_an_empty_folder(tmp_path: Path) -> None:
    assert "is empty. LayerLoom expects one subfolder of images for each class" in refused(tmp_path)


def test_loose_images(tmp_path: Path) -> None:
    picture(tmp_path / "one.png")
    assert "holds images (1) but no subfolders" in refused(tmp_path)


def test_neither_images_nor_subfolders(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    assert "neither subfolders nor images" in refused(tmp_path)


def test_one_class(tmp_path: Path) -> None:
    picture(tmp_path / "cats" / "0.png")
    assert "has one class, cats" in refused(tmp_path)


def test_a_class_without_images_is_named(pets: Path) -> None:
    (pets / "birds").mkdir()
    assert "1 of the class folders" in (text := refused(pets))
    assert "hold no readable image: birds." in text


def test_a_class_of_broken_images_is_named(pets: Path) -> None:
    for path in (pets / "cats").iterdir():
        path.write_bytes(b"")
    for use in (scan, lambda folder: load(folder, (4, 4, 3))):
        with pytest.raises(DataError, match="hold no readable image: cats"):
            use(source(pets))


def test_images_one_level_deeper(pets: Path) -> None:
    text = refused(pets.parent)
    assert "lie one level deeper, in subfolders of pets" in text


def test_a_folder_that_may_not_be_read(pets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", deny)
    assert refused(pets).endswith("cannot be read: Permission denied. Check its permissions.")
