"""Masks as tools write them, and which image each belongs to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from image_files import bomb, mask, picture
from PIL import Image

from models.data import mask_pairs
from models.data.decoding import BrokenImage, quiet_pillow
from models.data.masks import MaskClasses, find_classes
from models.data.samples import TEST, TRAINING, FileSamples
from models.data.sources import SOURCES, DataError

SHAPES = [[0, 1, 1], [0, 2, 1]]


def opened(folder: Path, **settings: str) -> FileSamples:
    samples = SOURCES["mask_folder"].model_validate({"path": str(folder), **settings}).open()
    assert isinstance(samples, FileSamples)
    return samples


def pairs(samples: FileSamples) -> dict[str, str]:
    """The mask of every image, by their names."""
    assert samples.mask_names is not None
    return {samples.name(at): samples.mask_names[at] for at in range(len(samples))}


def read_mask(samples: FileSamples, index: int) -> npt.NDArray[np.uint8]:
    with quiet_pillow():
        found = samples.mask(index)
    assert found is not None
    assert found.dtype == np.uint8
    return found


def written(folder: Path, images: str = "images/{}.jpg", masks: str = "masks/{}.png", count: int = 3) -> Path:
    for number in range(count):
        picture(folder / images.format(number), (3, 2))
        mask(folder / masks.format(number), SHAPES)
    return folder


# --- what pixels stand for --------------------------------------------------------------------------------------------
def classes_of(folder: Path, *values: npt.ArrayLike, palette: bool = False) -> MaskClasses:
    with quiet_pillow():
        return find_classes([mask(folder / f"{n}.png", value, palette) for n, value in enumerate(values)])


def test_numbers_stand_for_themselves(tmp_path: Path) -> None:
    classes = classes_of(tmp_path, SHAPES, [[0, 4, 4]])
    assert classes.names == ("class 0", "class 1", "class 2", "class 3", "class 4")
    assert classes.read(tmp_path / "1.png").tolist() == [[0, 4, 4]]


def test_a_palette_is_not_looked_at(tmp_path: Path) -> None:
    classes = classes_of(tmp_path, SHAPES, palette=True)
    with Image.open(tmp_path / "0.png") as image:
        assert image.mode == "P"
    assert classes.read(tmp_path / "0.png").tolist() == SHAPES


def test_black_and_white_is_nothing_and_something(tmp_path: Path) -> None:
    classes = classes_of(tmp_path, [[0, 255], [255, 0]], [[0, 0], [0, 0]])
    assert classes.names == ("class 0", "class 1")
    assert classes.read(tmp_path / "0.png").tolist() == [[0, 1], [1, 0]]


def test_a_number_far_off_is_one_class_not_hundreds(tmp_path: Path) -> None:
    classes = classes_of(tmp_path, [[0, 1, 2, 255]])
    assert classes.names == ("class 0", "class 1", "class 2", "class 255")
    assert classes.read(tmp_path / "0.png").tolist() == [[0, 1, 2, 3]]


def test_one_bit_masks(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1").save(tmp_path / "bits.png")
    classes = find_classes([tmp_path / "bits.png"])
    assert classes.names == ("class 0", "class 1")
    assert classes.read(tmp_path / "bits.png").tolist() == [[0, 1]]


def test_sixteen_bit_masks_keep_their_numbers(tmp_path: Path) -> None:
    Image.fromarray(np.array([[0, 1000, 2000]], np.uint16)).save(tmp_path / "deep.png")
    classes = find_classes([tmp_path / "deep.png"])
    assert classes.names == ("class 0", "class 1000", "class 2000")
    assert classes.read(tmp_path / "deep.png").tolist() == [[0, 1, 2]]


def test_colours_are_numbered_in_order_whichever_mask_has_them(tmp_path: Path) -> None:
    red, green, black = (255, 0, 0), (0, 255, 0), (0, 0, 0)
    one = classes_of(tmp_path, [[red, black]], [[green, black]])
    other = classes_of(tmp_path / "turned", [[black, green]], [[black, red]])
    assert one == other
    assert one.names == ("class 0", "class 1", "class 2")
    assert one.read(tmp_path / "0.png").tolist() == [[2, 0]]
    assert one.read(tmp_path / "1.png").tolist() == [[1, 0]]


def test_grey_saved_as_rgb_is_numbers(tmp_path: Path) -> None:
    classes = classes_of(tmp_path, np.repeat(np.array(SHAPES)[:, :, None], 3, axis=2))
    assert not classes.in_colour
    assert classes.read(tmp_path / "0.png").tolist() == SHAPES


def test_transparency_of_a_mask_does_not_count(tmp_path: Path) -> None:
    Image.fromarray(np.array([[[255, 0, 0, 0], [0, 0, 255, 9]]], np.uint8)).save(tmp_path / "a.png")
    assert find_classes([tmp_path / "a.png"]).read(tmp_path / "a.png").tolist() == [[1, 0]]


@given(
    npst.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.sampled_from([0, 1, 3, 7, 255]))
)
def test_equal_numbers_are_one_class_and_different_ones_are_not(
    tmp_path_factory: pytest.TempPathFactory, values: npt.NDArray[np.uint8]
) -> None:
    path = mask(tmp_path_factory.mktemp("masks") / "m.png", values)
    if len(np.unique(values)) < 2:
        with pytest.raises(DataError, match="All pixels of the masks have the same number"):
            find_classes([path])
        return
    classes = find_classes([path])
    read = classes.read(path)
    assert (np.unique(read, return_inverse=True)[1] == np.unique(values, return_inverse=True)[1]).all()
    assert read.max() < len(classes.names)


def test_an_unknown_number_is_named(tmp_path: Path) -> None:
    classes = classes_of(tmp_path, SHAPES)
    with pytest.raises(BrokenImage, match="the mask has 7, 9, which the other masks lack; known are 0, 1, 2"):
        classes.read(mask(tmp_path / "later.png", [[0, 7, 9]]))


def test_an_unknown_colour_is_named(tmp_path: Path) -> None:
    classes = classes_of(tmp_path, [[(255, 0, 0), (0, 0, 0)]])
    with pytest.raises(
        BrokenImage, match="the mask has #00ff00, which the other masks lack; known are #000000, #ff0000"
    ):
        classes.read(mask(tmp_path / "later.png", [[(0, 255, 0)]]))


def test_colour_among_numbers_is_broken(tmp_path: Path) -> None:
    classes = classes_of(tmp_path, SHAPES)
    with pytest.raises(BrokenImage, match="the mask is in colour, and the others hold numbers"):
        classes.read(mask(tmp_path / "later.png", [[(0, 255, 0)]]))


def test_photographs_are_no_masks(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (30, 30, 3))
    with pytest.raises(DataError, match="more than 256 colours"):
        classes_of(tmp_path, noise)


def test_too_many_numbers(tmp_path: Path) -> None:
    Image.fromarray(np.arange(300, dtype=np.uint16)[None]).save(tmp_path / "depth.png")
    with pytest.raises(DataError, match="more than 256 different numbers"):
        find_classes([tmp_path / "depth.png"])


def test_broken_masks_are_left_out_of_the_search(tmp_path: Path) -> None:
    bomb(tmp_path / "bomb.png", 50_000)
    good = mask(tmp_path / "good.png", SHAPES)
    assert len(find_classes([tmp_path / "bomb.png", good]).names) == 3
    with quiet_pillow(), pytest.raises(DataError, match=r"None of the masks can be read: bomb\.png \(it would unpack"):
        find_classes([tmp_path / "bomb.png"])


# --- which image a mask belongs to ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("images", "masks"),
    [
        ("images/{}.jpg", "masks/{}.png"),
        ("images/{}.jpg", "masks/{}_mask.png"),
        ("images/{}.png", "masks/{}_seg.tif"),
        ("imgs/{}.bmp", "labels/{}_label.png"),
        ("JPEGImages/{}.jpg", "SegmentationClass/{}.png"),
        ("Images/sub/{}.png", "Annotations/sub/{}.png"),
        ("{}.jpg", "{}_mask.png"),
        ("{}.png", "masks/{}.png"),
        ("benign/{}.png", "benign/{}_mask.png"),
    ],
)
def test_layouts_as_people_have_them(tmp_path: Path, images: str, masks: str) -> None:
    samples = opened(written(tmp_path / "cells", images, masks))
    assert pairs(samples) == {images.format(n): masks.format(n) for n in range(3)}
    assert samples.facts.text == "cells · 3 images · 2×3×3 · 3 classes"
    assert samples.facts.target == "mask"
    assert samples.facts.has_masks
    assert samples.labels.tolist() == [-1, -1, -1]
    assert samples.orphan_masks == ()
    assert read_mask(samples, 2).tolist() == SHAPES


def test_folders_as_chosen(tmp_path: Path) -> None:
    written(tmp_path, "left/{}.png", "right/{}.png")
    assert pairs(opened(tmp_path, images="left", masks="right"))["left/0.png"] == "right/0.png"


@pytest.mark.parametrize("masks", ["{}/masks/0.png", "masks/{}/0.png"])
def test_train_and_test_folders_give_the_parts(tmp_path: Path, masks: str) -> None:
    for part in ("train", "test"):
        picture(tmp_path / masks.replace("masks", "images").format(part), (3, 2))
        mask(tmp_path / masks.format(part), SHAPES)
    samples = opened(tmp_path)
    assert samples.facts.has_parts
    assert samples.parts is not None
    told = dict(zip((samples.name(at).replace("images/", "") for at in range(2)), samples.parts.tolist(), strict=True))
    assert told == {"train/0.png": TRAINING, "test/0.png": TEST}


def test_those_without_partner_are_told(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "masks" / "1.png").unlink()
    mask(tmp_path / "masks" / "7.png", SHAPES)
    samples = opened(tmp_path)
    assert pairs(samples) == {"images/0.jpg": "masks/0.png", "images/2.jpg": "masks/2.png"}
    assert samples.orphan_masks == ("images/1.jpg", "masks/7.png")


def test_a_mask_that_was_not_looked_at_and_has_another_number_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mask_pairs, "LOOKED_AT", 2)  # the first one and the last one
    written(tmp_path)
    mask(tmp_path / "masks" / "1.png", [[9, 0, 0], [0, 0, 0]])
    samples = opened(tmp_path)
    assert samples.facts.class_names == ("class 0", "class 1", "class 2")
    with pytest.raises(BrokenImage, match="the mask has 9"):
        read_mask(samples, 1)
    assert read_mask(samples, 2).tolist() == SHAPES


def test_a_changed_mask_changes_the_data_set(tmp_path: Path) -> None:
    samples = opened(written(tmp_path))
    before = samples.fingerprint()
    assert samples.fingerprint() == opened(tmp_path).fingerprint() == before
    mask(tmp_path / "masks" / "1.png", np.ones((40, 40), np.uint8))
    assert samples.fingerprint() != before


def test_a_mask_of_another_size_is_read_as_it_is(tmp_path: Path) -> None:
    written(tmp_path)
    mask(tmp_path / "masks" / "0.png", [[0, 1]])
    assert read_mask(opened(tmp_path), 0).shape == (1, 2)


# --- what cannot be used ----------------------------------------------------------------------------------------------
def refused(folder: Path, **settings: str) -> str:
    with pytest.raises(DataError) as error:
        opened(folder, **settings)
    return str(error.value)


def test_no_masks(tmp_path: Path) -> None:
    picture(tmp_path / "cats" / "0.png")
    assert f"{tmp_path} holds the folders cats, but no masks. LayerLoom expects the folders" in refused(tmp_path)
    assert refused(tmp_path / "gone").startswith("There is no folder")


def test_no_pairs(tmp_path: Path) -> None:
    written(tmp_path, masks="masks/m{}.png")
    assert f"No image in {tmp_path} has a mask of the same name; there are images/0.jpg, " in refused(tmp_path)


def test_empty_folders(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    assert "The folders of images and masks in" in refused(tmp_path)


def test_folders_that_are_not_there(tmp_path: Path) -> None:
    written(tmp_path)
    assert f"There is no folder photos in {tmp_path}; there are the folders images, masks." in refused(
        tmp_path, images="photos"
    )


def test_several_masks_for_an_image(tmp_path: Path) -> None:
    written(tmp_path)
    mask(tmp_path / "masks" / "0_seg.png", SHAPES)
    assert "images/0.jpg in" in (text := refused(tmp_path))
    assert "has several masks: masks/0.png, masks/0_seg.png." in text


def test_several_images_for_a_mask(tmp_path: Path) -> None:
    written(tmp_path)
    picture(tmp_path / "images" / "0.png")
    assert "fits several images: images/0.jpg, images/0.png." in refused(tmp_path)


def test_masks_as_jpeg(tmp_path: Path) -> None:
    written(tmp_path, masks="masks/{}.jpg")
    assert "The mask masks/0.jpg in" in (text := refused(tmp_path))
    assert "Save the masks as PNG." in text


def test_opening_can_be_cancelled(tmp_path: Path) -> None:
    written(tmp_path)

    class Cancelled(Exception):
        pass

    def cancel(found: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        SOURCES["mask_folder"].model_validate({"path": str(tmp_path)}).open(cancel)
