"""Zip archives: what is inside becomes a data set, and what could do harm is refused before it is written."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
import time
import zipfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from image_files import mask, picture
from PIL import Image

from models.data import archive
from models.data.archive import cache_folder, unpacked
from models.data.archive_names import clean_name
from models.data.samples import FileSamples, Samples
from models.data.sources import SOURCES, DataError


def png(colour: int = 100) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (3, 2), (colour, 0, 200)).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(path: Path, files: Iterable[tuple[str | zipfile.ZipInfo, bytes]], kind: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", kind) as made:
        for name, data in files:
            made.writestr(name, data)
    return path


def pets(path: Path, below: str = "") -> Path:
    return zipped(path, [(f"{below}{name}/{n}.png", png(n)) for name in ("cats", "dogs") for n in range(2)])


def opened(path: Path) -> Samples:
    return SOURCES["zip"].model_validate({"path": str(path)}).open()


def refused(path: Path) -> str:
    with pytest.raises(DataError) as error:
        opened(path)
    assert not left_behind()
    return str(error.value)


def left_behind() -> list[Path]:
    """Everything in the cache: nothing, after a failure."""
    return list(cache_folder().rglob("*"))


@pytest.mark.parametrize("below", ["", "pets/", "a/b/pets/", "./pets//"])
def test_classes_in_an_archive(tmp_path: Path, below: str) -> None:
    samples = opened(pets(tmp_path / "pets.zip", below))
    assert samples.facts.text == "pets · 4 images · 2×3×3 · 2 classes"
    assert samples.name(0) == "cats/0.png"
    assert samples.read(1)[0, 0].tolist() == [1, 0, 200]


def test_labels_in_an_archive(tmp_path: Path) -> None:
    files = [(f"birds/{n}.png", png(n)) for n in range(4)]
    table = "file,label\n" + "".join(f"{n}.png,{'ab'[n % 2]}\n" for n in range(4))
    samples = opened(zipped(tmp_path / "birds.zip", [*files, ("birds/labels.csv", table.encode())]))
    assert samples.labels.tolist() == [0, 1, 0, 1]


def test_masks_in_an_archive(tmp_path: Path) -> None:
    picture(tmp_path / "cells" / "images" / "1.jpg", (3, 2))
    mask(tmp_path / "cells" / "masks" / "1.png", [[0, 1, 0], [0, 0, 0]])
    made = shutil.make_archive(str(tmp_path / "cells"), "zip", tmp_path, "cells")
    samples = opened(Path(made))
    assert samples.facts.has_masks
    found = samples.mask(0)
    assert found is not None
    assert found.tolist() == [[0, 1, 0], [0, 0, 0]]


def test_arrays_in_an_archive(tmp_path: Path) -> None:
    buffer = BytesIO()
    np.savez(buffer, x=np.zeros((6, 4, 4), np.uint8), y=np.array([0, 1, 0, 1, 0, 1]))
    samples = opened(zipped(tmp_path / "a.zip", [("a/data.npz", buffer.getvalue())]))
    assert len(samples) == 6
    assert samples.facts.name == "a"


def test_leftovers_of_macos_are_not_unpacked(tmp_path: Path) -> None:
    path = pets(tmp_path / "pets.zip")
    with zipfile.ZipFile(path, "a") as more:
        for name in ("__MACOSX/cats/._0.png", "cats/._0.png", ".DS_Store", "__MACOSX/dogs/x.png"):
            more.writestr(name, b"x")
    assert len(opened(path)) == 4
    assert sorted(entry.name for entry in unpacked(path).rglob("*") if entry.is_file()) == [
        "0.png",
        "0.png",
        "1.png",
        "1.png",
    ]


def test_an_archive_is_unpacked_once_until_it_changes(tmp_path: Path) -> None:
    path = pets(tmp_path / "pets.zip")
    seen: list[tuple[int, int]] = []
    place = unpacked(path, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (4 * len(png()), 4 * len(png()))
    marker = place / "still-here"
    marker.touch()
    assert unpacked(path, lambda done, total: pytest.fail("it was unpacked before")) == place
    assert marker.exists()
    pets(path, "changed/")
    assert unpacked(path) != place


def test_another_process_that_was_first_counts(tmp_path: Path) -> None:
    path = pets(tmp_path / "pets.zip")
    inner: list[Path] = []

    def meanwhile(done: int, total: int) -> None:
        if not inner:
            inner.append(Path())
            inner[0] = unpacked(path)

    place = unpacked(path, meanwhile)
    assert inner == [place]
    assert len(list(place.rglob("*.png"))) == 4
    assert [entry.name for entry in cache_folder().iterdir()] == [place.name]


def test_what_a_killed_process_left_is_removed_later(tmp_path: Path) -> None:
    old, new = cache_folder() / "unpacking-old", cache_folder() / "unpacking-new"
    for folder in (old, new):
        (folder / "inside").mkdir(parents=True)
    yesterday = time.time() - 2 * 24 * 3600
    os.utime(old, (yesterday, yesterday))
    unpacked(pets(tmp_path / "pets.zip"))
    assert not old.exists()
    assert new.exists()


def test_unpacking_can_be_cancelled_and_leaves_nothing(tmp_path: Path) -> None:
    class Cancelled(ValueError):
        pass

    def cancel(done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        unpacked(pets(tmp_path / "pets.zip"), cancel)
    assert not left_behind()


# --- names ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../evil.png", "would lead outside"),
        ("cats/../../evil.png", "would lead outside"),
        ("..\\evil.png", "would lead outside"),
        ("/etc/evil.png", "outside of its folder"),
        ("\\\\server\\share\\evil.png", "outside of its folder"),
        ("C:\\evil.png", "outside of its folder"),
        ("c:evil.png", "outside of its folder"),
        ("cats/aux.png", "no file name on Windows"),
        ("NUL", "no file name on Windows"),
        ("cats/com1 .png/x.png", "no file name on Windows"),
        ("cats./x.png", "no file name on Windows"),
        ("cats/a:stream.png", "cannot have everywhere"),
        ("cats/" + "a" * 252 + ".png", "more than 255 bytes"),
        ("cats/" + "ä" * 130 + ".png", "more than 255 bytes"),
        ("/".join(["folder"] * 200) + "/x.png", "more than 1,000 bytes"),
    ],
)
def test_names_that_are_refused(tmp_path: Path, name: str, why: str) -> None:
    path = pets(tmp_path / "pets.zip")
    with zipfile.ZipFile(path, "a") as more:
        info = zipfile.ZipInfo("x")
        info.filename = name
        more.writestr(info, png())
    assert "pets.zip holds " in (text := refused(path))
    assert why in text
    assert not (tmp_path / "evil.png").exists()


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_a_cleaned_name_stays_inside_everywhere(stored: str) -> None:
    try:
        name = clean_name("a.zip", stored)
    except DataError:
        return
    place = Path(os.path.normpath(Path("/base/folder") / name))
    assert place.is_relative_to("/base/folder")
    assert not {"\\", ":", "\0"} & set(name)
    assert clean_name("a.zip", name) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [("cats/x.png", "cats/x.png"), ("cats/x.png", "Cats/X.PNG"), ("a/ß.png", "a/SS.png"), ("é.png", "e\u0301.png")],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_are_one_file_elsewhere(tmp_path: Path, one: str, other: str) -> None:
    text = refused(zipped(tmp_path / "twice.zip", [(one, png()), (other, png(7))]))
    assert f"twice.zip holds {one} and {other}, which are one file on many systems" in text


def test_a_file_that_is_a_folder_as_well(tmp_path: Path) -> None:
    assert "both.zip cannot be unpacked" in refused(zipped(tmp_path / "both.zip", [("a", b"x"), ("a/b.png", png())]))


# --- kinds ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "what"), [(stat.S_IFLNK, "a link"), (stat.S_IFIFO, "a device or pipe"), (stat.S_IFBLK, "a device")]
)
def test_links_and_devices(tmp_path: Path, kind: int, what: str) -> None:
    info = zipfile.ZipInfo("cats/passwords.png")
    info.external_attr = (kind | 0o777) << 16
    text = refused(zipped(tmp_path / "link.zip", [(info, b"/etc/passwd")]))
    assert f"link.zip holds cats/passwords.png, {what}" in text


def test_an_encrypted_archive(tmp_path: Path) -> None:
    path = pets(tmp_path / "pets.zip")
    data = bytearray(path.read_bytes())
    for start in (b"PK\1\2", b"PK\3\4"):
        at = data.index(start)
        data[at + (8 if start == b"PK\1\2" else 6)] |= 1
    path.write_bytes(data)
    assert "pets.zip is encrypted: cats/0.png needs a password." in refused(path)


def test_an_unknown_compression(tmp_path: Path) -> None:
    path = pets(tmp_path / "pets.zip")
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 10] = 97
    data[data.index(b"PK\3\4") + 8] = 97
    path.write_bytes(data)
    assert "pets.zip cannot be unpacked: " in refused(path)


# --- bytes ------------------------------------------------------------------------------------------------------------
def test_an_archive_that_would_fill_the_disk_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "SMALL_BYTES", 2**20)
    zeros = zipped(tmp_path / "bomb.zip", [(f"{n}.bin", bytes(2**20)) for n in range(3)])
    text = refused(zeros)
    assert "bomb.zip has " in text
    assert "times as many, as archives do that are made to fill disks" in text


def test_small_archives_may_be_as_regular_as_they_like(tmp_path: Path) -> None:
    files = [(f"{name}/1.png", png()) for name in ("a", "b")]
    assert len(opened(zipped(tmp_path / "flat.zip", [*files, ("notes.txt", bytes(2**20))]))) == 2


def declare(path: Path, size: int) -> Path:
    """Let the archive say another size of its first file, in both places."""
    data = bytearray(path.read_bytes())
    for start, offset in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        at = data.index(start) + offset
        data[at : at + 4] = size.to_bytes(4, "little")
    path.write_bytes(data)
    return path


def test_too_many_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 2**30)
    text = refused(declare(pets(tmp_path / "pets.zip"), 3 * 2**30))
    assert "pets.zip would unpack to 3.0 GB. LayerLoom unpacks up to 1 GB" in text


@pytest.mark.parametrize("size", [1, 10, 5000])
@pytest.mark.parametrize("kind", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_files_of_another_size_than_declared(tmp_path: Path, size: int, kind: int) -> None:
    path = zipped(tmp_path / "lie.zip", [(f"{name}/1.png", bytes(1000)) for name in ("a", "b")], kind)
    assert "lie.zip cannot be unpacked: " in refused(declare(path, size))


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_FILES", 3)
    assert "pets.zip holds 4 files. LayerLoom unpacks up to 3." in refused(pets(tmp_path / "pets.zip"))


def test_a_list_of_files_that_would_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_DIRECTORY_BYTES", 100)
    assert "pets.zip lists too many files." in refused(pets(tmp_path / "pets.zip"))


def test_a_disk_without_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(archive.shutil, "disk_usage", lambda path: usage._replace(free=10))
    assert "has 0.00 GB left. Free some space" in refused(pets(tmp_path / "pets.zip"))


def test_a_disk_that_becomes_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = zipfile.ZipFile.open

    def full(self: zipfile.ZipFile, *arguments: Any, **more: Any) -> Iterator[bytes]:
        if "dogs" in str(arguments[0]):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, *arguments, **more)

    path = pets(tmp_path / "pets.zip")
    monkeypatch.setattr(zipfile.ZipFile, "open", full)
    assert f"The disk became full while pets.zip was unpacked to {cache_folder()}; nothing was kept." in refused(path)


# --- damaged and missing ----------------------------------------------------------------------------------------------
def test_damaged_archives(tmp_path: Path) -> None:
    whole = pets(tmp_path / "pets.zip").read_bytes()
    cut, text, flipped = tmp_path / "cut.zip", tmp_path / "text.zip", tmp_path / "flipped.zip"
    cut.write_bytes(whole[:-60])
    text.write_text("hello")
    at = 30 + len("cats/0.png") + 10  # behind the header and the name of the first file
    flipped.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
    assert "cut.zip is no zip archive, or its end is missing." in refused(cut)
    assert "text.zip is no zip archive, or its end is missing." in refused(text)
    assert "flipped.zip cannot be unpacked: " in refused(flipped)


def test_no_archive(tmp_path: Path) -> None:
    assert "gone.zip cannot be read: No such file or directory." in refused(tmp_path / "gone.zip")
    assert "is a folder. Choose a zip archive." in refused(tmp_path)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("zips") / "x.zip"
    path.write_bytes(data + b"PK\5\6" + data[:18].ljust(18, b"\0"))
    with pytest.raises(DataError, match=r"x\.zip"):
        opened(path)


def test_an_archive_with_nothing_of_use_names_itself(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^useless\.zip holds 1 \.txt file\. LayerLoom reads"):
        opened(zipped(tmp_path / "useless.zip", [("notes.txt", b"hello")]))


def test_an_archive_in_an_archive(tmp_path: Path) -> None:
    inner = pets(tmp_path / "pets.zip").read_bytes()
    with pytest.raises(DataError, match=r"outer\.zip holds another archive\."):
        opened(zipped(tmp_path / "outer.zip", [("pets.zip", inner)]))


@pytest.mark.skipif(sys.platform == "win32", reason="files are not executable there")
def test_nothing_unpacked_is_executable(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("cats/0.png")
    info.external_attr = (stat.S_IFREG | 0o4777) << 16
    samples = opened(zipped(tmp_path / "x.zip", [(info, png()), ("dogs/0.png", png())]))
    assert isinstance(samples, FileSamples)
    assert samples.path(0).stat().st_mode & 0o7111 == 0
