"""`MachineMonitor`: reads what processor, memory and GPU do, in a thread of its own and only while somebody looks."""

from __future__ import annotations

import shutil
import subprocess
from threading import Event, Thread

from PySide6.QtCore import QObject, Signal

from widgets.live.machine import MachineLoad

EVERY_S = 2.0
"""Seconds between two readings."""

FIRST_S = 0.2
"""Seconds over which the first reading counts the processor's work."""

GPU_TIMEOUT_S = 5.0
GPU_COMMAND = (
    "nvidia-smi", "--query-gpu=utilization.gpu,memory.used,memory.total,name", "--format=csv,noheader,nounits",
)  # fmt: skip
MEBIBYTE = 2**20

Gpu = tuple[float, int, int, str]
"""Share of its time that is in use, bytes in use, bytes there are, and its name."""


class MachineMonitor(QObject):
    """Reads while it is watched.

    Signals:
        loaded(MachineLoad): one more reading, told in this object's thread.
    """

    loaded = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ended = Event()
        self._thread: Thread | None = None

    @property
    def is_watching(self) -> bool:
        return self._thread is not None

    def watch(self, watched: bool) -> None:
        """Begin to read, or end."""
        if watched == self.is_watching:
            return
        if watched:
            self._ended = Event()
            self._thread = Thread(target=self._read, args=(self._ended,), name="machine load", daemon=True)
            self._thread.start()
        else:
            self._ended.set()
            self._thread = None

    def shut_down(self) -> None:
        """End, and wait for a reading under way."""
        thread = self._thread
        self.watch(False)
        if thread is not None:
            thread.join(GPU_TIMEOUT_S + 1)

    def _read(self, ended: Event) -> None:
        reader = LoadReader()
        pause = FIRST_S
        while not ended.wait(pause):
            load = reader.read()
            if load is not None and not ended.is_set():
                self.loaded.emit(load)
            pause = EVERY_S


class LoadReader:
    """Reads the machine's load. It lives in one thread; psutil is imported there, since a window opens without."""

    def __init__(self) -> None:
        import psutil

        self._psutil = psutil
        self._process = psutil.Process()
        self._command = GPU_COMMAND if shutil.which(GPU_COMMAND[0]) else None
        psutil.cpu_percent()  # the next call counts from here

    def read(self) -> MachineLoad | None:
        """What the machine does now; None where the system will not say."""
        try:
            processor = self._psutil.cpu_percent() / 100
            total = self._psutil.virtual_memory().total
            memory = self._memory()
        except (self._psutil.Error, OSError):
            return None
        gpu = self._gpu()
        return MachineLoad(processor, memory, total, *gpu) if gpu is not None else MachineLoad(processor, memory, total)

    def _memory(self) -> int:
        """Bytes that this process and those that it started take."""
        size = int(self._process.memory_info().rss)
        for child in self._process.children(recursive=True):
            try:
                size += int(child.memory_info().rss)
            except self._psutil.Error:  # it has ended meanwhile
                continue
        return size

    def _gpu(self) -> Gpu | None:
        """What the busiest GPU does; None where there is none. A tool that fails is not asked again."""
        if self._command is None:
            return None
        try:
            done = subprocess.run(self._command, capture_output=True, text=True, timeout=GPU_TIMEOUT_S, check=True)
            return max((parsed_gpu(line) for line in done.stdout.splitlines() if line.strip()), default=None)
        except (OSError, ValueError, subprocess.SubprocessError):
            self._command = None
            return None


def parsed_gpu(line: str) -> Gpu:
    """One line of nvidia-smi: `87, 10240, 15360, Tesla T4`. Raises ValueError for another one."""
    use, taken, total, name = (part.strip() for part in line.split(",", 3))
    return float(use) / 100, int(float(taken) * MEBIBYTE), int(float(total) * MEBIBYTE), name
