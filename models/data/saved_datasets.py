"""Sets that tf.data saved: converted once, by a program of its own that knows TensorFlow, and kept in the cache."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from uuid import uuid4

from platformdirs import user_cache_path

import models
from models.data.array_samples import open_arrays
from models.data.facts import DataError
from models.data.samples import Samples
from models.data.sources.arrays import ArrayFile
from models.data.sources.base import Progress
from models.files import reason

CONVERTER = "models.runtime.saved_datasets"
SPECIFICATION = "dataset_spec.pb"
PATIENCE = 0.1
"""Seconds between two looks at whether the user has thought better of it."""


def open_saved(path: Path, progress: Progress | None = None) -> Samples:
    """Open a set that tf.data saved, converting it where the cache does not have it yet. Raises DataError."""
    _check_folder(path)
    cached = cache_folder(path)
    if not (cached / "labels.npy").is_file():
        _fill(cached, path, progress or _nobody_waits)
    try:
        samples = open_arrays(ArrayFile(path=str(cached / "values.npy"), labels="labels.npy", test_values="-"))
    except DataError as error:
        told = str(error).replace('"labels.npy" in values.npy', f"The label of {path.name}")
        raise DataError(told.replace('"values.npy" in values.npy', f"The set {path.name}")) from error
    samples.facts = replace(samples.facts, name=path.name)
    return samples


def cache_folder(path: Path) -> Path:
    """Where a set's arrays are kept: named by its place, and by the size and the age of each of its files."""
    place = _digest([str(path.resolve())])
    try:
        files = sorted(file for file in path.rglob("*") if file.is_file())
        content = _digest(f"{file.relative_to(path)} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files)
    except OSError as error:
        raise DataError(f"{path} was not opened: {reason(error, reading=True)}") from error
    return user_cache_path("layerloom", appauthor=False) / "datasets" / f"{place}-{content}"


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode("utf-8", "surrogateescape")).hexdigest()[:20]


def _nobody_waits(_done: int, _total: int) -> None:
    """No progress is shown."""


def _check_folder(path: Path) -> None:
    try:
        if path.is_dir() and (path / SPECIFICATION).is_file():
            return
        found = sorted(entry.name for entry in path.iterdir())[:4] if path.is_dir() else None
    except (OSError, ValueError) as error:
        told = reason(error, reading=True) if isinstance(error, OSError) else f"{error}. Check the path."
        raise DataError(f"{path} was not opened: {told}") from error
    if found is None:
        what = "a file" if path.exists() else "not there"
        raise DataError(f"{path} is {what}, and a folder that tf.data.Dataset.save wrote was expected. Choose one.")
    raise DataError(
        f"{path.name} is no set that tf.data saved: it has no {SPECIFICATION}, but {', '.join(found) or 'nothing'}. "
        "Choose the folder that was given to tf.data.Dataset.save."
    )


# --- the conversion ---------------------------------------------------------------------------------------------------
def _fill(cached: Path, path: Path, progress: Progress) -> None:
    """Convert into a folder beside the right one, and move it there when it is whole."""
    building = cached.with_name(f"{cached.name}.{uuid4().hex}.part")
    try:
        building.mkdir(parents=True)
        _convert(path, building, progress)
        _forget_older(cached)
        try:
            building.rename(cached)
        except OSError:  # another LayerLoom was faster
            if not (cached / "labels.npy").is_file():
                raise
    except OSError as error:
        raise DataError(f"{path.name} was not converted: {reason(error)}") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _forget_older(cached: Path) -> None:
    """Remove what was kept of the same place before its files changed."""
    for older in cached.parent.glob(f"{cached.name.partition('-')[0]}-*"):
        if older != cached and older.suffix != ".part":
            shutil.rmtree(older, ignore_errors=True)


def _convert(path: Path, out: Path, progress: Progress) -> None:
    """Run the converter, and end it when the user thinks better of it. Raises DataError with what it says."""
    with (out / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", CONVERTER, str(path.resolve()), str(out)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env=_environment(),
            cwd=out,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        try:
            last = _follow(process, progress)
            process.wait()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
    if "error" in last:
        raise DataError(str(last["error"]))
    if "finished" not in last or process.returncode != 0:
        if not 0 <= process.returncode < 256:  # a signal's number, or what Windows gives in its place
            raise DataError(
                f"{path.name} is damaged: TensorFlow crashed while reading it (exit code {process.returncode}). Save "
                "it again, or take another copy."
            )
        lines = (out / "log.txt").read_text("utf-8", "replace").split("\n")
        told = next((line.strip() for line in reversed(lines) if line.strip()), f"exit code {process.returncode}")
        raise DataError(
            f"{path.name} was not converted: the program that reads it ended too early ({told[:200]}). "
            "Try again; if that does not help, run layerloom doctor."
        )
    (out / "log.txt").unlink()


def _follow(process: subprocess.Popen[bytes], progress: Progress) -> dict[str, object]:
    """Pass on what the converter says until it ends; its last message."""
    lines: SimpleQueue[bytes | None] = SimpleQueue()
    assert process.stdout is not None
    reader = threading.Thread(target=_read_lines, args=(iter(process.stdout), lines.put), daemon=True)
    reader.start()
    done = total = 0
    last: dict[str, object] = {}
    try:
        while True:
            try:
                line = lines.get(timeout=PATIENCE)
            except Empty:
                progress(done, total)
                continue
            if line is None:
                return last
            message = _message(line)
            if "done" in message:
                done, total = int(str(message["done"])), int(str(message["total"]))
                progress(done, total)
            last = message or last
    except BaseException:
        process.kill()
        raise
    finally:
        reader.join()


def _read_lines(stream: Iterable[bytes], put: Callable[[bytes | None], None]) -> None:
    with suppress(OSError, ValueError):
        for line in stream:
            put(line)
    put(None)


def _message(line: bytes) -> dict[str, object]:
    """A line of the converter's; nothing for what other libraries print."""
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def _environment() -> dict[str, str]:
    """The process finds these very packages, wherever they lie, and leaves the graphics card to training."""
    root = str(Path(models.__file__).resolve().parent.parent)
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH", "")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "CUDA_VISIBLE_DEVICES": "-1", "PYTHONUTF8": "1"}
