"""What a dropped file or folder is taken for."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from image_files import mask, picture

from models.data import folders
from models.data.recognition import content, recognise
from models.data.sources import DataError


def kind_of(path: Path) -> str:
    source = recognise(path)
    place = source.place()
    assert place is not None
    assert path in (place, place.parent, *place.parents) or place == path.parent
    return source.kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.zip", "zip"),
        ("a.ZIP", "zip"),
        ("a.npz", "arrays"),
        ("a.npy", "arrays"),
        ("a.csv", "table"),
        ("a.tsv", "table"),
    ],
)
def test_files_by_their_ending(tmp_path: Path, name: str, kind: str) -> None:
    (tmp_path / name).write_bytes(b"a,b\n1,2\n")
    assert kind_of(tmp_path / name) == kind


def test_folders_of_classes(tmp_path: Path) -> None:
    for name in ("cats/1.png", "dogs/1.png"):
        picture(tmp_path / "plain" / name)
        picture(tmp_path / "parts" / "train" / name)
        picture(tmp_path / "parts" / "test" / name)
    assert kind_of(tmp_path / "plain") == kind_of(tmp_path / "parts") == "image_folder"


def test_a_table_beside_folders_of_classes_that_names_no_image_changes_nothing(tmp_path: Path) -> None:
    for name in ("cats/1.png", "dogs/1.png"):
        picture(tmp_path / name)
    (tmp_path / "notes.csv").write_text("who,when\nme,today\n")
    assert kind_of(tmp_path) == "image_folder"


@pytest.mark.parametrize("below", ["", "images/", "train/"])
@pytest.mark.parametrize("suffix", ["", ".png"])
def test_images_with_a_table(tmp_path: Path, below: str, suffix: str) -> None:
    for name in ("1", "2"):
        picture(tmp_path / f"{below}{name}.png")
    (tmp_path / "labels.csv").write_text(f"file,label\n1{suffix},a\n2{suffix},b\n")
    assert kind_of(tmp_path) == "labelled_folder"
    assert len(recognise(tmp_path).open()) == 2
    if not below:
        assert recognise(tmp_path / "labels.csv") == recognise(tmp_path).replace(labels="labels.csv")


def test_of_several_tables_the_one_that_names_images(tmp_path: Path) -> None:
    picture(tmp_path / "1.png")
    (tmp_path / "a.csv").write_text("who,when\nme,today\n")
    (tmp_path / "b.csv").write_text("file,label\n1.png,a\n")
    assert recognise(tmp_path).model_dump()["labels"] == "b.csv"


def test_images_with_a_table_of_which_opening_tells_what_is_wrong(tmp_path: Path) -> None:
    picture(tmp_path / "1.png")
    (tmp_path / "labels.csv").write_text("file,label\nx.png,a\n")
    assert kind_of(tmp_path) == "labelled_folder"
    (tmp_path / "labels.csv").write_bytes(b"\0")
    assert kind_of(tmp_path) == "labelled_folder"


@pytest.mark.parametrize("masks", ["masks/1.png", "labels/1.png", "../1_mask.png", "../train/masks/1.png"])
def test_images_with_masks(tmp_path: Path, masks: str) -> None:
    folder = tmp_path / "cells"
    picture(folder / ("1.png" if "_mask" in masks else "train/images/1.png" if "train" in masks else "images/1.png"))
    mask(folder / masks.removeprefix("../"), [[0, 1]])
    assert kind_of(folder) == "mask_folder"


def test_classes_called_with_and_without_mask_are_classes(tmp_path: Path) -> None:
    for name in ("mask/1.png", "without_mask/1.png"):
        picture(tmp_path / name)
    assert kind_of(tmp_path) == "image_folder"


def test_folders_of_one_data_file(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x=np.zeros(3))
    (tmp_path / "readme.txt").touch()
    assert recognise(tmp_path).place() == tmp_path / "x.npz"


def test_of_arrays_that_go_together_the_largest_is_meant(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros(3))
    np.save(tmp_path / "b.npy", np.zeros((3, 8, 8)))
    assert recognise(tmp_path).place() == tmp_path / "b.npy"


def test_a_data_set_that_tensorflow_saved(tmp_path: Path) -> None:
    (tmp_path / "dataset_spec.pb").touch()
    assert kind_of(tmp_path) == "saved_dataset"


def test_what_a_folder_holds_alone_counts(tmp_path: Path) -> None:
    picture(tmp_path / "a" / "b" / "cats" / "1.png")
    picture(tmp_path / "a" / "b" / "dogs" / "1.png")
    assert content(tmp_path) == tmp_path / "a" / "b"
    (tmp_path / "a" / "readme.txt").touch()
    assert content(tmp_path) == tmp_path / "a"
    np.save(tmp_path / "c.npy", np.zeros(3))
    assert content(tmp_path) == tmp_path


# --- what is none -----------------------------------------------------------------------------------------------------
def refused(path: Path) -> str:
    with pytest.raises(DataError) as error:
        recognise(path)
    return str(error.value)


def test_nothing_there(tmp_path: Path) -> None:
    assert refused(tmp_path / "gone") == f"There is no file or folder {tmp_path / 'gone'}. Check the path."


def test_an_empty_folder(tmp_path: Path) -> None:
    assert refused(tmp_path).startswith(f"{tmp_path} is empty. LayerLoom reads a folder with a subfolder of images")


def test_one_image(tmp_path: Path) -> None:
    assert "1.png is one image. LayerLoom reads" in refused(picture(tmp_path / "1.png"))


def test_files_of_other_kinds(tmp_path: Path) -> None:
    (tmp_path / "a.docx").touch()
    (tmp_path / "README").touch()
    assert "a.docx is a file ending in .docx." in refused(tmp_path / "a.docx")
    assert "README is a file without ending." in refused(tmp_path / "README")


def test_a_folder_of_other_things_is_described(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "c.pdf"):
        (tmp_path / name).touch()
    (tmp_path / "empty").mkdir()
    assert f"{tmp_path} holds 1 folder without images, 2 .txt files, 1 .pdf file. " in refused(tmp_path)


def test_loose_images_alone(tmp_path: Path) -> None:
    picture(tmp_path / "1.png")
    assert "holds 1 .png file, and nothing says which class an image has." in refused(tmp_path)


def test_a_folder_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(folders.os, "scandir", deny)
    assert refused(tmp_path) == f"{tmp_path} cannot be read: Permission denied. Check its permissions."


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_a_path_that_no_project_could_name(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    for name in ("cats/1.png", "dogs/1.png"):
        picture(folder / name)
    assert rf"{tmp_path}/caf\xe9 has bytes in its name that are no text" in refused(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a pipe is needed")
@pytest.mark.parametrize("name", ["a.csv", "a.npz", "a.zip"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(DataError, match="a pipe or a device"):
        recognise(tmp_path / name).open()
