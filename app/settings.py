"""What the application remembers between sessions: window layout, theme, recent files. Kept on this machine only."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from app.settings_paths import samples_folder
from models.training.commands import Storage

MAX_RECENT = 10
MAX_DISMISSED = 500
PROBE_PERCENT = 3.0
LAYOUT_VERSION = 1
RUNS_COLUMNS_VERSION = 1


class Settings:
    """A typed face for QSettings in an INI file."""

    def __init__(self, path: Path) -> None:
        with suppress(OSError):  # a home that cannot be written to: nothing is remembered
            path.parent.mkdir(parents=True, exist_ok=True)
        self._store = QSettings(str(path), QSettings.Format.IniFormat)

    @property
    def theme(self) -> str:
        """`system`, `dark` or `light`."""
        return str(self._store.value("theme", "system"))

    @theme.setter
    def theme(self, name: str) -> None:
        self._store.setValue("theme", name)

    @property
    def storage(self) -> Storage:
        """How much memory prepared samples may take (`data/memory_mb`), and where those go that do not fit."""
        stored = str(self._store.value("data/memory_mb", ""))
        return Storage(int(stored) * 10**6 if stored.isdecimal() else None, str(samples_folder()))

    @property
    def memory_budget(self) -> int | None:
        """Bytes of memory for prepared samples; None for a quarter of the machine's."""
        return self.storage.memory

    @memory_budget.setter
    def memory_budget(self, budget: int | None) -> None:
        self._store.setValue("data/memory_mb", "" if budget is None else str(budget // 10**6))

    @property
    def exports_preprocessing(self) -> bool:
        """Whether exported models have their preprocessing inside."""
        return str(self._store.value("export/preprocessing", "true")) == "true"

    @exports_preprocessing.setter
    def exports_preprocessing(self, wanted: bool) -> None:
        self._store.setValue("export/preprocessing", "true" if wanted else "false")

    @property
    def isolate_training(self) -> bool:
        """Whether the engine runs in a process of its own, so that its crash is not the window's."""
        return str(self._store.value("training/isolate", "false")) == "true"

    @isolate_training.setter
    def isolate_training(self, wanted: bool) -> None:
        self._store.setValue("training/isolate", "true" if wanted else "false")

    @property
    def device(self) -> str:
        """What should compute: `auto`, `CPU`, `GPU:0`, or several GPUs, `GPU:0,GPU:1`."""
        return str(self._store.value("training/device", "auto"))

    @device.setter
    def device(self, choice: str) -> None:
        self._store.setValue("training/device", choice)

    @property
    def notifications(self) -> bool:
        """Whether the desktop is told when a long run has ended."""
        return str(self._store.value("training/notifications", "true")) == "true"

    @notifications.setter
    def notifications(self, wanted: bool) -> None:
        self._store.setValue("training/notifications", "true" if wanted else "false")

    @property
    def probe_percent(self) -> float:
        """Percent of the training time that looking inside may take."""
        stored = self._store.value("training/probe_percent", PROBE_PERCENT)
        try:
            percent = float(str(stored))
        except ValueError:
            return PROBE_PERCENT
        return min(max(percent, 0.0), 50.0) if math.isfinite(percent) else PROBE_PERCENT

    @probe_percent.setter
    def probe_percent(self, percent: float) -> None:
        self._store.setValue("training/probe_percent", percent)

    @property
    def dismissed_runs(self) -> list[str]:
        """Folder names of interrupted runs that need not be offered again."""
        return self._names("dismissed_runs")

    def dismiss_run(self, name: str) -> None:
        """Offer an interrupted run no more."""
        names = [name, *(other for other in self.dismissed_runs if other != name)]
        self._store.setValue("dismissed_runs", names[:MAX_DISMISSED])

    @property
    def recent_files(self) -> list[Path]:
        """Projects opened or saved lately, the latest first."""
        return [Path(name) for name in self._names("recent")]

    def add_recent(self, path: Path) -> None:
        """Put a file at the head of the recent ones."""
        names = [str(path), *(str(other) for other in self.recent_files if other != path)]
        self._store.setValue("recent", names[:MAX_RECENT])

    def _names(self, key: str) -> list[str]:
        """A list of texts; INI files hold one of a single text as that text."""
        stored = self._store.value(key, [])
        names = [stored] if isinstance(stored, str) else list(stored or [])  # type: ignore[call-overload]
        return [str(name) for name in names]

    def clear_recent(self) -> None:
        self._store.remove("recent")

    @property
    def geometry(self) -> QByteArray | None:
        value = self._store.value("geometry")
        return value if isinstance(value, QByteArray) else None

    @property
    def layout(self) -> QByteArray | None:
        """The dock layout, unless it was saved by a version with other docks."""
        value = self._store.value(f"layout/{LAYOUT_VERSION}")
        return value if isinstance(value, QByteArray) else None

    def remember_window(self, geometry: QByteArray, layout: QByteArray) -> None:
        self._store.setValue("geometry", geometry)
        self._store.setValue(f"layout/{LAYOUT_VERSION}", layout)
        self._store.sync()

    @property
    def runs_folders(self) -> list[Path]:
        """Folders whose runs are shown besides the application's own."""
        return [Path(name) for name in self._names("runs/folders")]

    @runs_folders.setter
    def runs_folders(self, folders: list[Path]) -> None:
        self._store.setValue("runs/folders", [str(folder) for folder in folders])

    @property
    def runs_columns(self) -> QByteArray | None:
        """Choice, order and widths of the columns of the table of runs."""
        value = self._store.value(f"runs/columns/{RUNS_COLUMNS_VERSION}")
        return value if isinstance(value, QByteArray) else None

    @runs_columns.setter
    def runs_columns(self, state: QByteArray) -> None:
        self._store.setValue(f"runs/columns/{RUNS_COLUMNS_VERSION}", state)

    def forget_window(self) -> None:
        self._store.remove("geometry")
        self._store.remove("layout")
