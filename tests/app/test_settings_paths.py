"""Places on this machine."""

from __future__ import annotations

from pathlib import Path

from app import settings_paths as paths


def test_nothing_is_created(own_folders: Path) -> None:
    places = (paths.settings_file(), paths.autosave_folder(), paths.log_folder(), paths.runs_folder())
    assert len(set(places)) == 4
    assert not any(place.exists() for place in places)


def test_a_run_folder_is_named_after_time_and_project(tmp_path: Path) -> None:
    folder = paths.new_run_folder('Mine: "best" / ever? ' + "x" * 100, tmp_path)
    assert folder.parent == tmp_path
    stamp, words = folder.name.split("_", 2)[:2], folder.name.split("_", 2)[2]
    assert len(stamp) == 2
    assert words.startswith("Mine-best-ever-xxx")
    assert len(words) == paths.MAX_NAME


def test_a_name_of_signs_only(tmp_path: Path) -> None:
    assert paths.new_run_folder("???", tmp_path).name.endswith("_network")


def test_two_runs_of_one_moment_get_two_folders(tmp_path: Path) -> None:
    taken = set()
    for _ in range(3):
        folder = paths.new_run_folder("net", tmp_path)
        folder.mkdir()
        taken.add(folder)
    assert len(taken) == 3
