"""Where LayerLoom keeps things on this machine, by each system's custom. Nothing is created here."""

from __future__ import annotations

import re
from datetime import datetime
from hashlib import sha256
from itertools import count
from pathlib import Path

from platformdirs import PlatformDirs

_DIRS = PlatformDirs("layerloom", appauthor=False)
MAX_NAME = 60


def settings_file() -> Path:
    """Window layout, theme and recent files."""
    return _DIRS.user_config_path / "settings.ini"


def presets_folder() -> Path:
    """The user's own training presets, a file each."""
    return settings_file().with_name("presets")


def autosave_folder() -> Path:
    """Unsaved work of living and crashed sessions."""
    return _DIRS.user_state_path / "autosave"


def log_folder() -> Path:
    """Tracebacks of our own bugs."""
    return _DIRS.user_log_path


def runs_folder() -> Path:
    """Where runs go unless another place is named."""
    return _DIRS.user_data_path / "runs"


def scans_folder() -> Path:
    """What scans of data sets have found, so that files that have not changed need not be read again."""
    return _DIRS.user_cache_path / "scans"


def run_lists_folder() -> Path:
    """What the lists of runs have found, so that runs that have not changed need not be read again."""
    return _DIRS.user_cache_path / "runs"


def run_list_file(folder: Path, lists: Path | None = None) -> Path:
    """What is remembered of the runs in a folder, so that they need not be read again."""
    name = sha256(str(folder).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return (lists or run_lists_folder()) / f"{name}.json"


def samples_folder() -> Path:
    """Prepared samples that do not fit into memory, while they are trained on."""
    return _DIRS.user_cache_path / "samples"


def new_run_folder(name: str, parent: Path | None = None) -> Path:
    """A folder name for a run that starts now, free in `parent` (by default the runs folder)."""
    words = re.sub(r"[^\w-]+", "-", name).strip("-")[:MAX_NAME] or "network"
    first = (parent or runs_folder()) / f"{datetime.now():%Y-%m-%d_%H-%M-%S}_{words}"
    later = (first.with_name(f"{first.name}_{number}") for number in count(2))
    return first if not first.exists() else next(folder for folder in later if not folder.exists())
