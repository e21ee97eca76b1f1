"""What data costs: epochs over a folder of JPEGs against hand-written tf.data, scanning, and memory for many files.

Each figure comes from a process of its own, so that none has another's memory or warmth. Run by hand:
`python tests/bench/data.py epochs|scan|listing|scan_memory FOLDER [ROUNDS]`, or through `make bench`.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.simplefilter("ignore")

import numpy as np  # noqa: E402 - TensorFlow's chatter is silenced before
from PIL import Image  # noqa: E402

from models.network.graph import Network  # noqa: E402

JPEGS, CLASSES, QUALITY = 5000, 10, 85
WIDTHS, HEIGHTS = (160, 256), (120, 256)
"""Smallest and largest sides of the JPEGs, in pixels."""

SIDE, BATCH, CACHED_EPOCHS = 64, 64, 4
STEPS_PER_EXECUTION = 16
"""Of 1, 8, 16 and 64 none is faster for `fit` with this network."""

WARM_UP = 256
"""Samples on which both sides compile all that they run before anything is measured."""

LISTED, TINY = 100_000, 50
"""Files in the folder for memory, and how many different pictures they are."""


# --- files ------------------------------------------------------------------------------------------------------------
def make_jpegs(folder: Path, count: int = JPEGS, seed: int = 1) -> None:
    """Write JPEGs of soft colours and grain, about as hard to decode as photographs of their size, in class folders."""
    generator = np.random.default_rng(seed)
    for number in range(count):
        width, height = (int(generator.integers(low, high + 1)) for low, high in (WIDTHS, HEIGHTS))
        coarse = generator.integers(0, 256, (*generator.integers(6, 20, 2), 3), dtype=np.uint8)
        soft = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC), np.int16)
        grainy = soft + generator.integers(-12, 13, (height, width, 1), dtype=np.int16)
        path = folder / f"class{number % CLASSES}" / f"{number:05}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.clip(grainy, 0, 255).astype(np.uint8)).save(path, quality=QUALITY)


def make_many(folder: Path, count: int = LISTED) -> None:
    """Name a few tiny PNGs again and again, as hard links where the disk has them, in class folders."""
    generator = np.random.default_rng(1)
    originals = folder.with_name(f"{folder.name}-originals")
    originals.mkdir(parents=True)
    for number in range(TINY):
        Image.fromarray(generator.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(originals / f"{number}.png")
    for number in range(count):
        path = folder / f"class{number % CLASSES}" / f"picture-{number:06}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        _link(originals / f"{number // (count // TINY) % TINY}.png", path)


def _link(original: Path, path: Path) -> None:
    try:
        os.link(original, path)
    except OSError:
        shutil.copyfile(original, path)


# --- epochs -----------------------------------------------------------------------------------------------------------
def network() -> Network:
    """Three convolutions with pooling: so little to compute that the data matters."""
    from models.blocks.convolution import Conv2D
    from models.blocks.dense import Dense
    from models.blocks.input import Input
    from models.blocks.pooling import GlobalAveragePooling2D, MaxPooling2D
    from models.network.graph import stack

    stages = [block for filters in (8, 16) for block in (Conv2D(filters=filters, activation="relu"), MaxPooling2D())]
    last = (Conv2D(filters=32, activation="relu"), GlobalAveragePooling2D(), Dense(units=CLASSES, activation="softmax"))
    return stack(Input(shape=(SIDE, SIDE, 3)), *stages, *last)


def epochs_of_layerloom(folder: Path, warm_up: Path) -> list[list[float]]:
    """Seconds of each epoch as the engine tells them: of a short run, and of the one over the folder.

    Nothing is held out, so that both sides do the same. The engine is a new one: it remembers prepared samples.
    """
    from models.data.preparation import Preparation
    from models.data.sources import ImageFolder
    from models.data.split import Split
    from models.runtime.engine import Engine
    from models.training.commands import Train
    from models.training.events import EpochDone, Event, Failed
    from models.training.plan import TrainingPlan

    seconds: list[list[float]] = []

    def hear(event: Event) -> None:
        assert not isinstance(event, Failed), event
        if isinstance(event, EpochDone):
            seconds[-1].append(event.seconds)

    engine = Engine(hear)
    preparation = Preparation(split=Split(validation=0.0))
    plan = TrainingPlan(batch_size=BATCH, epochs=1 + CACHED_EPOCHS)
    for path in (warm_up, folder):
        seconds.append([])
        engine.handle(Train("run", network(), ImageFolder(path=str(path)), plan, preparation=preparation))
    return seconds


def epochs_of_fit(folder: Path, warm_up: Path) -> list[list[float]]:
    """Seconds of each epoch of `fit` with the same network and tf.data written by hand, likewise after a short run."""
    return [_fit(warm_up), _fit(folder)]


def _fit(folder: Path) -> list[float]:
    import keras

    from models.runtime.builder import build_model

    model = build_model(network(), "theirs")
    model.compile(
        keras.optimizers.Adam(),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=STEPS_PER_EXECUTION,
        jit_compile=False,
    )
    seconds: list[float] = []
    began = 0.0

    def begin(_epoch: int, _logs: object) -> None:
        nonlocal began
        began = time.perf_counter()

    watch = keras.callbacks.LambdaCallback(
        on_epoch_begin=begin, on_epoch_end=lambda _epoch, _logs: seconds.append(time.perf_counter() - began)
    )
    model.fit(by_hand(folder), epochs=1 + CACHED_EPOCHS, verbose=0, callbacks=[watch])
    return seconds


def by_hand(folder: Path) -> Any:
    """Files decoded in parallel and in any order, cached, shuffled anew in every epoch, batched and prefetched."""
    import tensorflow as tf

    classes = sorted(path.name for path in folder.iterdir())
    files = [str(path) for name in classes for path in sorted((folder / name).iterdir())]
    labels = [label for label, name in enumerate(classes) for _ in (folder / name).iterdir()]
    order = np.random.default_rng(1).permutation(len(files))

    def read(path: Any, label: Any) -> tuple[Any, Any]:
        image = tf.io.decode_jpeg(tf.io.read_file(path), channels=3)
        return tf.image.resize(image, (SIDE, SIDE)) / 255.0, label

    listed = tf.data.Dataset.from_tensor_slices((np.array(files)[order], np.array(labels)[order]))
    decoded = listed.map(read, num_parallel_calls=tf.data.AUTOTUNE, deterministic=False).cache()
    return decoded.shuffle(1024, seed=1).batch(BATCH).prefetch(tf.data.AUTOTUNE)


def measure_epochs(folder: Path, warm_up: Path, rounds: int) -> dict[str, dict[str, list[float]]]:
    """Images per second of each round, both sides in turns: in the first epoch, when cached, and over all epochs.

    Both sides trace in their first epoch. What a short run's first epoch takes is taken off, samples and seconds, so
    that "first" tells what more files cost; "all" leaves everything in.
    """
    found: dict[str, dict[str, list[float]]] = {}
    sides = {"layerloom": epochs_of_layerloom, "fit": epochs_of_fit}
    for side in sides.values():
        side(warm_up, warm_up)  # the libraries are loaded and their threads are there
    for _ in range(rounds):
        for name, side in sides.items():
            short, epochs = side(folder, warm_up)
            rates = found.setdefault(name, {"first": [], "cached": [], "all": []})
            rates["first"].append((JPEGS - WARM_UP) / (epochs[0] - short[0]))
            rates["cached"].append(JPEGS / statistics.median(epochs[1:]))
            rates["all"].append(JPEGS * len(epochs) / sum(epochs))
    return found


# --- scanning ---------------------------------------------------------------------------------------------------------
def measure_scans(folder: Path, rounds: int) -> dict[str, list[float]]:
    """Files per second: decoding with Pillow in as many threads as cores, a first scan, and one with its results."""
    from models.data.scan import ScanCache, scan_samples
    from models.data.sources import ImageFolder

    files = sorted(folder.rglob("*.jpg"))
    samples = ImageFolder(path=str(folder)).open()
    found: dict[str, list[float]] = {"pillow": [], "scan": [], "rescan": []}
    _decode_all(files)  # the files are in the system's cache
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as place:
            works: dict[str, Callable[[], object]] = {
                "pillow": lambda: _decode_all(files),
                "scan": lambda place=place: scan_samples(samples, cache=ScanCache(Path(place))),
            }
            for name, work in (works | {"rescan": works["scan"]}).items():
                start = time.perf_counter()
                work()
                found[name].append(len(files) / (time.perf_counter() - start))
    return found


def _decode_all(files: list[Path]) -> None:
    def decode(path: Path) -> None:
        with Image.open(path) as image:
            image.load()

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(decode, files, chunksize=32):
            pass


# --- memory -----------------------------------------------------------------------------------------------------------
def peak_memory() -> int:
    """Most bytes of memory that this process has had at once.

    Not `ru_maxrss` where there is better: on Linux that begins with the peak of the process that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def measure_listing(folder: Path) -> dict[str, int]:
    """Bytes above the bare imports once the folder is opened, and once its samples are in the wall, each named once."""
    from PySide6.QtWidgets import QApplication

    import models.data.class_folders  # noqa: F401 - imports are no memory of the files
    from models.data.sources import ImageFolder
    from widgets.data.wall import ThumbnailWall

    application = QApplication([])
    wall = ThumbnailWall()
    wall.resize(900, 700)
    wall.show()
    application.processEvents()
    bare = peak_memory()
    samples = ImageFolder(path=str(folder)).open()
    opened = peak_memory()
    wall.set_items(np.arange(len(samples)), samples.name, lambda index: int(samples.labels[index]))
    assert sum("nowhere" in samples.name(index) for index in range(len(samples))) == 0  # as when they are searched
    application.processEvents()
    return {"files": len(samples), "opened": opened - bare, "listed": peak_memory() - bare}


def measure_scan_memory(folder: Path) -> dict[str, int]:
    """Bytes above the bare imports once all files are scanned, results kept; they are few pictures again and again."""
    from models.data.scan import ScanCache, scan_samples
    from models.data.sources import ImageFolder

    with tempfile.TemporaryDirectory() as place:
        some = next(path for path in folder.iterdir())
        with Image.open(next(some.iterdir())) as image:
            image.load()  # Pillow's plugins are loaded
        bare = peak_memory()
        samples = ImageFolder(path=str(folder)).open()
        report = scan_samples(samples, cache=ScanCache(Path(place)))
        assert len(report.copies) == TINY
        return {"files": len(samples), "scanned": peak_memory() - bare}


def main(what: str, folder: Path, rounds: int) -> None:
    """Print what was measured as JSON; files are made below `folder` where they are not there yet."""
    jpegs, warm_up, many = (folder / name for name in ("jpegs", "warm-up", "many"))
    if what in ("epochs", "scan") and not jpegs.exists():
        make_jpegs(jpegs)
        make_jpegs(warm_up, WARM_UP, seed=2)
    if what in ("listing", "scan_memory") and not many.exists():
        make_many(many)
    measures: dict[str, Callable[[], object]] = {
        "epochs": lambda: measure_epochs(jpegs, warm_up, rounds),
        "scan": lambda: measure_scans(jpegs, rounds),
        "listing": lambda: measure_listing(many),
        "scan_memory": lambda: measure_scan_memory(many),
    }
    print(json.dumps(measures[what]()))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 3)
