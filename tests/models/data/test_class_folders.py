"""Folders of classes as people have them: right, broken, empty and wrong."""

from __future__ import annotations

import os
import sys
import tracemalloc
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_files import bomb, picture

from models.data import folders
from models.data.decoding import BrokenImage, quiet_pillow
from models.data.folders import Walk, bounded
from models.data.preparation import Preparation
from models.data.samples import TEST, TRAINING, VALIDATION, FileSamples, shown
from models.data.sources import DataError, ImageFolder
from models.network.graph import Network
from models.network.project import Project, read_project, write_project


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Two classes of three images."""
    for number in range(3):
        picture(tmp_path / "pets" / "dogs" / f"{number}.png")
        picture(tmp_path / "pets" / "cats" / f"{number}.JPG", (6, 4), (0, 0, 200))
    return tmp_path / "pets"


def opened(folder: Path) -> FileSamples:
    samples = ImageFolder(path=str(folder)).open()
    assert isinstance(samples, FileSamples)
    return samples


def names(samples: FileSamples) -> list[str]:
    return [samples.name(index) for index in range(len(samples))]


def test_classes_are_the_subfolders_and_samples_come_in_order(pets: Path) -> None:
    samples = opened(pets)
    assert samples.facts.text == "pets · 6 images · 4×6×3 · 2 classes"
    assert samples.facts.class_names == ("cats", "dogs")
    assert names(samples) == [f"cats/{n}.JPG" for n in range(3)] + [f"dogs/{n}.png" for n in range(3)]
    assert samples.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert samples.parts is None
    assert samples.path(3) == pets / "dogs" / "0.png"
    assert samples.read(3)[0, 0].tolist() == [250, 10, 10]
    assert ImageFolder(path=str(pets)).glance() == samples.facts


def test_class_folders_are_read_to_the_bottom(pets: Path) -> None:
    picture(pets / "cats" / "2024" / "may" / "a.png")
    assert names(opened(pets))[:4] == ["cats/0.JPG", "cats/1.JPG", "cats/2.JPG", "cats/2024/may/a.png"]


def test_hidden_things_and_leftovers_of_macos_are_no_samples(pets: Path) -> None:
    picture(pets / ".thumbnails" / "0.png")
    picture(pets / "__MACOSX" / "0.png")
    picture(pets / "cats" / ".cache" / "0.png")
    (pets / "dogs" / "._0.png").write_bytes(b"resource fork")
    (pets / "dogs" / "notes.txt").touch()
    samples = opened(pets)
    assert len(samples) == 6
    assert samples.orphan_images == ()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_that_lead_back_or_nowhere_do_no_harm(pets: Path) -> None:
    (pets / "cats" / "again").symlink_to(pets / "cats")
    (pets / "cats" / "up").symlink_to(pets)
    (pets / "cats" / "gone.png").symlink_to(pets / "nowhere.png")
    (pets / "cats" / "self.png").symlink_to(pets / "cats" / "self.png")
    found = names(opened(pets))
    assert sorted(set(found)) == sorted(found)
    assert "cats/gone.png" not in found
    assert "cats/self.png" not in found


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a pipe is needed")
def test_a_pipe_called_like_an_image_is_no_sample(pets: Path) -> None:
    os.mkfifo(pets / "cats" / "pipe.png")
    assert len(opened(pets)) == 6


def test_a_folder_called_like_an_image_is_a_folder(pets: Path) -> None:
    picture(pets / "cats" / "x.png" / "inside.png")
    assert "cats/x.png/inside.png" in names(opened(pets))


def test_broken_images_are_samples_that_say_why_they_cannot_be_read(pets: Path) -> None:
    (pets / "cats" / "0.JPG").write_bytes(b"")
    bomb(pets / "cats" / "1.png", 50_000)
    (pets / "cats" / "2.png").write_text("hello")
    samples = opened(pets)
    assert samples.facts.sample_shape == (4, 6, 3)
    reasons = {}
    with quiet_pillow():
        for index in range(len(samples)):
            try:
                samples.read(index)
            except BrokenImage as error:
                reasons[samples.name(index)] = str(error)
    assert list(reasons) == ["cats/0.JPG", "cats/1.png", "cats/2.png"]
    assert reasons["cats/0.JPG"] == "the file is empty"
    assert "unpack to more than" in reasons["cats/1.png"]
    assert "none of PNG, JPEG" in reasons["cats/2.png"]


def test_images_of_wildly_different_size_are_fine(pets: Path) -> None:
    picture(pets / "cats" / "tall.png", (1, 3000))
    picture(pets / "dogs" / "dot.png", (1, 1))
    samples = opened(pets)
    assert {samples.read(index).shape for index in range(len(samples))} == {(4, 6, 3), (3000, 1, 3), (1, 1, 3)}


def test_images_beside_the_class_folders_have_no_label(pets: Path) -> None:
    picture(pets / "stray.png")
    samples = opened(pets)
    assert len(samples) == 6
    assert samples.orphan_images == ("stray.png",)


# --- train, val and test ----------------------------------------------------------------------------------------------
def test_train_val_and_test_folders_give_the_parts(tmp_path: Path) -> None:
    for part, classes in (("Train", ("cats", "dogs")), ("validation", ("dogs",)), ("test", ("cats", "owls"))):
        for name in classes:
            picture(tmp_path / part / name / "0.png")
    samples = opened(tmp_path)
    assert samples.facts.has_parts
    assert samples.facts.class_names == ("cats", "dogs", "owls")
    assert samples.parts is not None
    told = {samples.name(i): (int(samples.labels[i]), int(samples.parts[i])) for i in range(len(samples))}
    assert told == {
        "Train/cats/0.png": (0, TRAINING),
        "Train/dogs/0.png": (1, TRAINING),
        "validation/dogs/0.png": (1, VALIDATION),
        "test/cats/0.png": (0, TEST),
        "test/owls/0.png": (2, TEST),
    }


def test_a_test_folder_without_classes_is_images_without_labels(tmp_path: Path) -> None:
    for name in ("train/a/1.png", "train/b/1.png", "test/1.png"):
        picture(tmp_path / name)
    samples = opened(tmp_path)
    assert names(samples) == ["train/a/1.png", "train/b/1.png"]
    assert not samples.facts.has_parts
    assert samples.parts is None
    assert samples.orphan_images == ("test/1.png",)


def test_classes_may_be_called_train_and_test(tmp_path: Path) -> None:
    for name in ("train", "test"):
        picture(tmp_path / name / "0.png")
    assert opened(tmp_path).facts.class_names == ("test", "train")


def test_folders_without_images_beside_the_parts_are_left_alone(tmp_path: Path) -> None:
    for name in ("train/a", "train/b", "val/a"):
        picture(tmp_path / name / "0.png")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "readme.txt").touch()
    assert opened(tmp_path).facts.class_names == ("a", "b")


# --- what cannot be used ----------------------------------------------------------------------------------------------
def refused(folder: Path) -> str:
    with pytest.raises(DataError) as error:
        opened(folder)
    return str(error.value)


def test_no_such_folder(pets: Path) -> None:
    assert refused(pets / "gone").startswith(f"There is no folder {pets / 'gone'}.")


def test_a_folder_that_was_removed(pets: Path) -> None:
    samples = opened(pets)
    for path in sorted(pets.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    pets.rmdir()
    with pytest.raises(BrokenImage, match="No such file"):
        samples.read(0)
    assert refused(pets).startswith(f"There is no folder {pets}")


def test_a_file_instead_of_a_folder(tmp_path: Path) -> None:
    assert "is a file. Choose a folder" in refused(picture(tmp_path / "one.png"))


def test_an_empty_folder(tmp_path: Path) -> None:
    assert refused(tmp_path).startswith(
        f"{tmp_path} is empty. LayerLoom expects one subfolder of images for each class"
    )


def test_loose_images(tmp_path: Path) -> None:
    picture(tmp_path / "one.png")
    assert "holds images (1) but no subfolders" in refused(tmp_path)


def test_neither_images_nor_subfolders(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    assert "neither subfolders nor images" in refused(tmp_path)


def test_one_class(tmp_path: Path) -> None:
    picture(tmp_path / "cats" / "0.png")
    assert "has one class, cats; telling images apart takes two" in refused(tmp_path)


def test_one_class_in_parts(tmp_path: Path) -> None:
    picture(tmp_path / "train" / "cats" / "0.png")
    picture(tmp_path / "val" / "cats" / "0.png")
    assert "has one class, cats" in refused(tmp_path)


def test_a_class_without_images_is_named(pets: Path) -> None:
    (pets / "birds").mkdir()
    assert "1 of the class folders" in (text := refused(pets))
    assert "hold no readable image: birds." in text


def test_images_one_level_deeper(pets: Path) -> None:
    assert "lie one level deeper, in subfolders of pets" in refused(pets.parent)


def test_only_broken_images(pets: Path) -> None:
    for path in pets.glob("*/*"):
        path.write_bytes(b"")
    text = refused(pets)
    assert f"None of the images in {pets} can be read: cats/0.JPG (the file is empty), " in text
    assert "and 3 more" in text


def test_a_folder_that_may_not_be_read(pets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def deny(folder: Path) -> object:
        if Path(folder).name == "dogs":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(folders.os, "scandir", deny)
    assert refused(pets) == f"{pets / 'dogs'} cannot be read: Permission denied. Check its permissions."


# --- many files -------------------------------------------------------------------------------------------------------
class Cancelled(Exception):
    pass


def test_listing_reports_what_it_finds_and_can_be_cancelled(pets: Path) -> None:
    for number in range(2_500):
        (pets / "dogs" / f"n{number}.png").touch()
    seen: list[tuple[int, int]] = []
    ImageFolder(path=str(pets)).open(lambda found, total: seen.append((found, total)))
    assert len(seen) >= 2
    assert {total for _, total in seen} == {0}
    assert seen[-1][0] >= 3

    def cancel(found: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        ImageFolder(path=str(pets)).open(cancel)


def test_a_listing_takes_little_memory(tmp_path: Path) -> None:
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        for number in range(4_000):
            (tmp_path / label / f"{number:06}.png").touch()
        picture(tmp_path / label / "000000.png")
    tracemalloc.start()
    try:
        samples = opened(tmp_path)
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(samples) == 8_000
    assert kept < 60 * len(samples) + 500_000  # names of 12 bytes, where they begin, labels; and modules
    assert most < 200 * len(samples) + 1_000_000  # the names of one folder, while they are sorted


@given(st.integers(0, 10_050))
def test_names_without_partner_are_bounded(count: int) -> None:
    named = bounded(str(number) for number in range(count))
    assert len(named) == min(count, folders.MOST_NAMES + 1)
    assert (named[-1] == f"and {count - folders.MOST_NAMES:,} more") if count > folders.MOST_NAMES else True


def test_a_walk_finds_images_wherever_they_lie(tmp_path: Path) -> None:
    picture(tmp_path / "a" / "b" / "c" / "x.tiff")
    (tmp_path / "empty" / "b").mkdir(parents=True)
    walk = Walk(tmp_path)
    assert walk.has_images("a")
    assert not walk.has_images("empty")
    assert list(walk.images()) == ["a/b/c/x.tiff"]
    assert np.array_equal(walk.found, 1)


def test_a_grey_first_image_among_colour_ones_has_three_channels(tmp_path: Path) -> None:
    picture(tmp_path / "a" / "0.png", (6, 4), (9, 9, 9))
    for number in range(4):
        picture(tmp_path / "b" / f"{number}.png", (6, 4), (200, 9, number))
    assert ImageFolder(path=str(tmp_path)).open().facts.sample_shape == (4, 6, 3)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_names_that_are_no_text_are_written_out_and_read_all_the_same(pets: Path) -> None:
    for name in (b"caf\xe9.png", b"a\nb.png", b"\x1b[31m.png"):
        picture(pets / "cats" / os.fsdecode(name))
    picture(pets / os.fsdecode(b"v\xf6gel") / "1.png")
    samples = opened(pets)
    found = names(samples)
    assert {r"cats/caf\xe9.png", r"cats/a\nb.png", r"cats/\x1b[31m.png", r"v\xf6gel/1.png"} <= set(found)
    assert samples.facts.class_names == ("cats", "dogs", r"v\xf6gel")
    assert all(samples.read(index).ndim == 3 for index in range(len(samples)))
    project = Project(
        network=Network(), preparation=Preparation(left_out=tuple(found), class_names=samples.facts.class_names)
    )
    write_project(pets / "p.loom", project)
    assert read_project(pets / "p.loom") == project


@given(st.text())
def test_shown_names_hold_no_control_characters_and_common_ones_stay(name: str) -> None:
    text = shown(name)
    assert text.encode().decode() == text
    assert not any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in text)
    assert shown(text) == text
    if name.isprintable():
        assert text == name
