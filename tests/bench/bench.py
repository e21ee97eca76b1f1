"""`make bench`: start-up, deep networks, building, throughput, smoothness, memory, curves, runs, data.

What has a baseline is measured against it in the same run.

Figures are medians over whole runs in turns (A B A B …), since machines are noisy. Nothing is asserted.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cases import CASES

from models.analysis import analyse
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.pooling import GlobalAveragePooling2D
from models.network.edits import replace_block
from models.network.expansion import expand
from models.network.graph import Network, stack
from models.network.project import Project, read_project, write_project
from models.zoo import template

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
HOME = Path(tempfile.mkdtemp(prefix="layerloom-bench-"))
"""Settings, autosaves and runs of the measured programs."""

PAINTS = 7
ROUNDS = 3
EDITS = 200
RUNS = 30


def environment() -> dict[str, str]:
    """The environment of a measured process: offscreen unless there is a display."""
    values = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests"))),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    values |= {f"XDG_{kind}_HOME": str(HOME / kind) for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
    values.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is compiled once
    values["PYTHONPYCACHEPREFIX"] = str(HOME / "bytecode")
    if not (values.get("DISPLAY") or values.get("WAYLAND_DISPLAY")):
        values["QT_QPA_PLATFORM"] = "offscreen"
    return values


def first_paint(kind: str) -> tuple[float, str]:
    """Seconds from starting a process to its first painted window, and what it says then."""
    start = time.perf_counter()
    command = [sys.executable, str(HERE / "first_paint.py"), kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stdout is not None
        said = process.stdout.readline().strip()
        seconds = time.perf_counter() - start
    return seconds, said


def bench_start() -> None:
    first_paint("layerloom"), first_paint("bare")  # warms the disk cache
    pairs = [(first_paint("layerloom"), first_paint("bare")) for _ in range(PAINTS)]
    ours = statistics.median(a[0] for a, _ in pairs)
    bare = statistics.median(b[0] for _, b in pairs)
    ratio = statistics.median(a[0] / b[0] for a, b in pairs)
    print(f"first painted window   layerloom {ours:.3f} s   bare window {bare:.3f} s   ratio {ratio:.2f} (goal <= 2)")
    print(f"at that moment         {pairs[0][0][1]}")


def bench_training() -> None:
    """Throughput with every live view on, in a window, against Keras alone."""
    for name, case in CASES.items():
        rates = _training("throughput", name, ROUNDS)
        window = rates.pop("window")
        print(f"training {name:<14}window {statistics.median(window):,.0f} images/s", end="")
        for key, (title, goal) in BASELINES.items():
            if key in rates:
                ratio, theirs = _ratio(window, rates[key]), statistics.median(rates[key])
                print(f"   {title} {theirs:,.0f} ratio {ratio:.2f} (goal >= {goal or case.goal})", end="")
        print()


BASELINES = {
    "fit": ("fit", 0.0),
    "compiled": ("compiled epochs", 0.9),
    "histograms": ("fit with histograms per batch", 1.8),
}
"""What a window's throughput is measured against, with the goal where it is not the case's own."""


def bench_smoothness() -> None:
    """Gaps between ticks of a timer in the window's thread."""
    for host in ("thread", "process"):
        for name, goal in (("LeNet, 64", 20), ("ResNet-50", 33)):
            gaps = _training("gaps", name, host)
            print(f"timer gaps, {name:<10}in a {host:<8}{_gaps_text(gaps, goal)}")
        gaps = _training("warm_up", host)
        print(f"timer gaps, TensorFlow loading in a {host:<8}max {gaps['max']:.0f} ms (goal <= 100)")


def _gaps_text(gaps: dict[str, float], goal: int) -> str:
    return (
        f"p50 {gaps['p50']:.1f} ms   p99 {gaps['p99']:.1f} ms (goal <= {goal})   max {gaps['max']:.1f} ms (goal <= 100)"
        f"   over {gaps['ticks']:,} ticks"
    )


def bench_redraw() -> None:
    """The curves at up to a million steps, against handing all points to pyqtgraph."""
    command = [sys.executable, str(HERE / "redraw.py")]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment()).stdout
    for steps, times in json.loads(output.strip().splitlines()[-1]).items():
        print(
            f"redraw at {int(steps):>9,} steps   a plot {times['plot']:.1f} ms   all three {times['curves']:.1f} ms "
            f"(goal <= 16)   pyqtgraph's setData {times['plain']:.1f} ms"
        )


def bench_runs() -> None:
    """The Runs page with thousands of runs."""
    command = [sys.executable, str(HERE / "runs_page.py")]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment()).stdout
    found = json.loads(output.strip().splitlines()[-1])
    runs = found.pop("runs")
    print(f"{runs:,} runs, ms             " + "   ".join(f"{what} {ms:.0f}" for what, ms in found.items()))


def bench_memory() -> None:
    ours, theirs = (_training(what, RUNS)["per_run"] for what in ("memory", "memory_of_fit"))
    print(f"memory over {RUNS} runs    window {ours:.1f} MB a run (goal <= 0.5)   Keras alone {theirs:.1f} MB a run")


def _training(*arguments: object) -> Any:
    """What `training.py` measures, in a process of its own."""
    command = [sys.executable, str(HERE / "training.py"), *map(str, arguments)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment()).stdout
    return json.loads(output.strip().splitlines()[-1])


def bench_edit(name: str, network: Network, node_id: str) -> None:
    block = network.node(node_id).block
    times = []
    for number in range(EDITS):
        changed = block.replace(filters=8 + number % 97)
        start = time.perf_counter()
        network = replace_block(network, node_id, changed)
        analyse(network)
        times.append((time.perf_counter() - start) * 1000)
    print(f"one edit, {name:<13}{statistics.median(times):.2f} ms   max {max(times):.2f} ms")


def bench_deep() -> None:
    """ResNet-152 with all of its composites unpacked: the values first, then the canvas."""
    network = expand(template("resnet152").network()).network
    path = HOME / "resnet152.loom"
    write_project(path, Project(name="resnet152", network=network))
    analysis = analyse(network)
    first, last = (network.nodes[index] for index in (1, -1))

    def edit(node_id: str, **changes: object) -> None:
        changed = network.node(node_id).block.replace(**changes)
        analyse(replace_block(network, node_id, changed), before=analysis)

    reading = _median_ms(lambda: read_project(path))
    print(f"ResNet-152, {len(network)} layers   file to network {reading:.1f} ms", end="   ")
    print(f"analysis {_median_ms(lambda: analyse(network)):.1f} ms", end="   ")
    start, end = _median_ms(lambda: edit(first.id, filters=48)), _median_ms(lambda: edit(last.id, units=7))
    print(f"after an edit of the first layer {start:.1f} ms, of the last one {end:.1f} ms")
    _canvas(path)


def _canvas(path: Path) -> None:
    """What the canvas takes for a project, in a process of its own: this one has no QApplication."""
    command = [sys.executable, str(HERE / "canvas.py"), str(path)]
    print(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment()).stdout, end="")


def _median_ms(work: Callable[[], object]) -> float:
    times = []
    for _ in range(EDITS // 10):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def bench_building() -> None:
    command = [sys.executable, str(HERE / "building.py"), str(ROUNDS)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment()).stdout
    for key, seconds in json.loads(output.strip().splitlines()[-1]).items():
        theirs, builder, live = (statistics.median(seconds[name]) for name in ("theirs", "builder", "live_model"))
        ratio = statistics.median(a / b for a, b in zip(seconds["builder"], seconds["theirs"], strict=True))
        print(
            f"building {key:<14}builder {builder:.2f} s   keras.applications {theirs:.2f} s   ratio {ratio:.2f} "
            f"(goal <= 1.2)   live model {live:.2f} s"
        )


def bench_data() -> None:
    """An epoch over files against hand-written tf.data, scanning them against decoding, memory for many files."""
    with tempfile.TemporaryDirectory(prefix="layerloom-bench-data-") as folder:
        rates = _data("epochs", folder)
        for part, title in (("first", "first epoch"), ("cached", "cached epoch"), ("all", "all epochs")):
            ours, theirs = rates["layerloom"][part], rates["fit"][part]
            print(
                f"{title + ', images/s':<23}layerloom {statistics.median(ours):,.0f}   tf.data and fit "
                f"{statistics.median(theirs):,.0f}   ratio {_ratio(ours, theirs):.2f}"
                + (" (goal >= 0.95)" if part != "all" else "")
            )
        found = _data("scan", folder)
        scan, rescan, pillow = (statistics.median(found[name]) for name in ("scan", "rescan", "pillow"))
        print(f"scan, files/s          first {scan:,.0f}   again {rescan:,.0f}   bare Pillow {pillow:,.0f}", end="   ")
        print(f"ratio {_ratio(found['scan'], found['pillow']):.2f}")
        memory = _data("listing", folder) | _data("scan_memory", folder)
        files = memory.pop("files")
        sizes = (f"{what} {size / 2**20:.0f} MB ({size / files:.0f} bytes a file)" for what, size in memory.items())
        print(f"peak memory, {files:,} files   {'   '.join(sizes)}   above the bare imports")


def _data(what: str, folder: str) -> Any:
    """What `data.py` measures, in a process of its own."""
    command = [sys.executable, str(HERE / "data.py"), what, folder, str(ROUNDS)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment()).stdout
    return json.loads(output.strip().splitlines()[-1])


def _ratio(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def deep_network(layers: int) -> Network:
    """A plain stack of so many convolutions."""
    convolutions = [Conv2D(filters=16, padding="same") for _ in range(layers)]
    return stack(Input(shape=(64, 64, 3)), *convolutions, GlobalAveragePooling2D(), Dense(units=10))


if __name__ == "__main__":
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores")
    bench_start()
    bench_edit("lenet5", template("lenet5").network(), "conv2d")
    bench_edit("512 layers", deep_network(509), "conv2d")
    bench_deep()
    bench_building()
    bench_training()
    bench_smoothness()
    bench_memory()
    bench_redraw()
    bench_runs()
    bench_data()
