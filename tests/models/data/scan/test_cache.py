"""Results of files that have not changed are not worked out again, and a cache that fails is no failure."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import planted_faults
import pytest

from models.data.findings import ScanReport
from models.data.images import Bytes
from models.data.scan import ScanCache, scan_samples
from models.data.scan.cache import Results, Row
from models.data.sources import ImageFolder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    planted_faults.plant(tmp_path / "pets", 60)
    return tmp_path / "pets"


@pytest.fixture
def cache(tmp_path: Path) -> ScanCache:
    return ScanCache(tmp_path / "cache")


def scan(folder: Path, cache: ScanCache | None) -> ScanReport:
    return scan_samples(ImageFolder(path=str(folder)).open(), None, cache)


def texts(report: ScanReport) -> list[str]:
    return [finding.text for finding in report.findings]


@contextmanager
def read_names(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """The names of the files that are read meanwhile."""
    from models.data import decoding

    names: set[str] = set()
    original = decoding.read_image

    def read(path: Path) -> Bytes:
        names.add(path.name)
        return original(path)

    with monkeypatch.context() as patch:
        patch.setattr(decoding, "read_image", read)
        yield names


def test_an_unchanged_folder_is_not_read_again(folder: Path, cache: ScanCache, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = ImageFolder(path=str(folder)).open()
    first = scan_samples(samples, None, cache)
    assert first.from_cache == 0

    def fail(path: Path) -> Bytes:
        raise AssertionError(f"{path} is read again")

    monkeypatch.setattr("models.data.decoding.read_image", fail)
    second = scan_samples(samples, None, cache)
    assert second.from_cache == len(samples) == 80
    assert texts(second) == texts(first)
    assert second.facts == first.facts
    assert second.shapes == first.shapes
    assert [group.tolist() for group in second.look_alikes] == [group.tolist() for group in first.look_alikes]


def test_new_changed_and_removed_files_are_noticed(
    folder: Path, cache: ScanCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan(folder, cache)
    (folder / "cats" / "0.png").unlink()
    planted_faults.picture(777).save(folder / "cats" / "new.png")
    planted_faults.picture(778).save(folder / "cats" / "1.png")
    later = (folder / "dogs" / "2.png").stat().st_mtime_ns + 10**9
    os.utime(folder / "dogs" / "2.png", ns=(later, later))
    samples = ImageFolder(path=str(folder)).open()
    with read_names(monkeypatch) as names:
        report = scan_samples(samples, None, cache)
    assert {"new.png", "1.png", "2.png"} <= names
    assert report.from_cache == len(samples) - 3 == 77
    assert texts(report) == texts(scan(folder, None))


def test_what_a_cancelled_scan_has_found_is_kept(folder: Path, cache: ScanCache) -> None:
    def stop(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    samples = ImageFolder(path=str(folder)).open()
    with pytest.raises(KeyboardInterrupt):
        scan_samples(samples, stop, cache)
    assert scan_samples(samples, None, cache).from_cache > 0


@pytest.mark.parametrize("damage", [b"", b"no database at all" * 100, b"SQLite format 3\0" + bytes(5000)])
def test_a_damaged_database_is_made_anew(folder: Path, cache: ScanCache, damage: bytes) -> None:
    expected = texts(scan(folder, cache))
    cache.database(folder).write_bytes(damage)
    assert texts(scan(folder, cache)) == expected
    assert scan(folder, cache).from_cache == 80


def test_damage_inside_is_found_while_reading(folder: Path, cache: ScanCache) -> None:
    expected = texts(scan(folder, cache))
    path = cache.database(folder)
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    assert texts(scan(folder, cache)) == expected
    assert texts(scan(folder, cache)) == expected
    assert scan(folder, cache).from_cache == 80


def test_another_version_is_made_anew(folder: Path, cache: ScanCache) -> None:
    scan(folder, cache)
    with closing(sqlite3.connect(cache.database(folder))) as connection:
        connection.execute("PRAGMA user_version = 77")
    assert scan(folder, cache).from_cache == 0
    assert scan(folder, cache).from_cache == 80


def test_a_locked_database_is_gone_without(folder: Path, cache: ScanCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.data.scan.cache.PATIENCE", 0.0)
    expected = texts(scan(folder, cache))
    with closing(sqlite3.connect(cache.database(folder), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert texts(scan(folder, cache)) == expected
    assert scan(folder, cache).from_cache == 80  # what is locked is no damage: nothing was deleted


def test_a_place_that_cannot_be_written_is_gone_without(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    report = scan(folder, ScanCache(tmp_path / "file" / "cache"))
    assert texts(report) == texts(scan(folder, None))


def test_a_full_disk_is_gone_without(folder: Path, cache: ScanCache) -> None:
    results = Results(cache.database(folder))
    assert results._connection is not None
    results._connection.execute("PRAGMA max_page_count = 8")
    results.keep(Row(f"{number}", "1:2", bytes(60), "x" * 500) for number in range(3000))
    assert not results.is_open
    assert results.find(["1"]) == {}
    results.close()
    assert scan(folder, cache).from_cache == 0
    assert scan(folder, cache).from_cache == 80


def test_results_of_files_that_are_gone_are_dropped_in_the_end(folder: Path, cache: ScanCache) -> None:
    with closing(Results(cache.database(folder))) as results:
        results.keep(Row(f"gone/{number}.png", "1:2", bytes(62), "") for number in range(2500))
    scan(folder, cache)
    with closing(sqlite3.connect(cache.database(folder))) as connection:
        assert connection.execute("SELECT count(*) FROM looked").fetchone() == (80,)


def test_names_that_are_no_text_are_read_each_time(cache: ScanCache, folder: Path) -> None:
    with closing(Results(cache.database(folder))) as results:
        results.keep([Row("b\udcff.png", "1:2", bytes(62), ""), Row("a.png", "1:2", bytes(62), "")])
        results.flush()
        assert set(results.find(["b\udcff.png", "a.png"])) == {"a.png"}


def test_each_folder_has_its_own_database(tmp_path: Path, cache: ScanCache) -> None:
    assert cache.database(tmp_path / "a") != cache.database(tmp_path / "b")
    assert cache.database(tmp_path / "a").parent == cache.folder


def test_by_default_results_are_in_the_cache_folder(own_folders: Path) -> None:
    assert ScanCache().folder.name == "scans"
    assert ScanCache().folder.is_relative_to(own_folders) or os.name == "nt"
