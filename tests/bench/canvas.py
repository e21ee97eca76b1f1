"""How long the canvas takes for a deep network: to show it, after one edit, and for a frame while panning and zooming.

Run by hand: `python -m tests.bench.canvas` from the repository, or through `make bench`.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication

from app.garbage import IdleCollector
from models.analysis import Analysis, analyse
from models.blocks.convolution import Conv2D
from models.blocks.dense import Dense
from models.blocks.input import Input
from models.blocks.pooling import GlobalAveragePooling2D
from models.blocks.residual import ResidualBlock
from models.network import edits
from models.network.expansion import expand
from models.network.graph import Network, stack
from models.network.layout import layout
from models.network.project import read_project
from widgets.canvas import CanvasView

LAYERS = 515
"""As many as ResNet-152 has when it is unpacked."""

SIZE = (1000, 900)
ROUNDS, FRAMES = 9, 60


@dataclass(frozen=True)
class Figures:
    """Medians, in milliseconds.

    Attributes:
        opening: from a network and its analysis to the painted canvas.
        layout: the layout alone.
        setting: one edit of a setting in the first block: analysis, layout and cards.
        inserting: one block more behind the first: edit, analysis, layout and cards.
        opened: the edit of a setting in a chain of as many layers that stand in open composites.
        repaint: painting what is in view after such an edit.
        pan, zoom: one frame, scrolled or at another scale, painted.
        overview: painting the whole network, fitted into the view.
    """

    layers: int
    opening: float
    layout: float
    setting: float
    inserting: float
    opened: float
    repaint: float
    pan: float
    zoom: float
    overview: float


def deep_network(layers: int = LAYERS) -> Network:
    """A chain of residual blocks, unpacked into at least so many layers."""
    return expand(deep_chain(layers)).network


def deep_chain(layers: int = LAYERS) -> Network:
    """The same, its composites still packed."""
    blocks = [ResidualBlock(filters=64 * 2 ** min(index // 16, 3)) for index in range(layers // 7)]
    entry = (Input(shape=(64, 64, 3)), Conv2D(filters=64, kernel_size=(7, 7), strides=(2, 2), padding="same"))
    return stack(*entry, *blocks, GlobalAveragePooling2D(), Dense(units=10))


def measure(network: Network | None = None) -> Figures:
    """Measure with a network of layers, a deep one by default. Needs a QApplication."""
    network = network if network is not None else deep_network()
    analysis = analyse(network)
    canvas = CanvasView()
    canvas.resize(*SIZE)
    canvas.show()
    IdleCollector(canvas.opened_changed, canvas)  # as in the window: no full collection in the middle of an edit
    QApplication.processEvents()  # only an exposed window is painted
    figures = Figures(
        layers=len(network),
        opening=_median(lambda: _open(canvas, network, analysis), lambda: canvas.set_network(Network(), Analysis())),
        layout=_median(lambda: _lay_out(network)),
        setting=_edit(canvas, network, analysis, structure=False),
        inserting=_edit(canvas, network, analysis, structure=True),
        repaint=_median(lambda: _paint(canvas), lambda: canvas.set_network(network, analysis)),
        pan=_pan(canvas),
        zoom=_zoom(canvas),
        overview=_overview(canvas),
        opened=_edit_opened(canvas),
    )
    canvas.close()
    canvas.deleteLater()
    return figures


def _median(work: Callable[[], object], prepare: Callable[[], object] = lambda: None) -> float:
    times = []
    for _ in range(ROUNDS):
        prepare()
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def _paint(canvas: CanvasView) -> QPixmap:
    picture: QPixmap = canvas.grab()
    return picture


def _open(canvas: CanvasView, network: Network, analysis: Analysis) -> None:
    canvas.set_network(network, analysis)
    _paint(canvas)


def _lay_out(network: Network) -> None:
    result = layout(network)
    assert len(result.boxes) == len(network)
    assert len(result.routes) == len(network.edges)


def _edit(canvas: CanvasView, network: Network, analysis: Analysis, structure: bool) -> float:
    """Milliseconds from the edit to cards that show it, painting not included."""
    first = network.nodes[1]
    changed = edits.replace_block(network, first.id, first.block.replace(activation="relu"))

    def work() -> None:
        if structure:
            after, _ = edits.insert_after(network, first.id, (Conv2D(filters=64, padding="same"),))
        else:
            after = edits.replace_block(network, first.id, changed.node(first.id).block)
        canvas.set_network(after, analyse(after, before=analysis))

    return _median(work, lambda: canvas.set_network(network, analysis))


def _edit_opened(canvas: CanvasView) -> float:
    """Milliseconds of an edit while every composite is open."""
    network = deep_chain()
    canvas.set_network(network, analyse(network))
    canvas.set_open([node.id for node in network.nodes])
    milliseconds = _edit(canvas, network, analyse(network), structure=False)
    canvas.set_open(())
    return milliseconds


def _pan(canvas: CanvasView) -> float:
    """Milliseconds of a frame while the view moves through the network."""
    canvas.zoom_reset()
    bar, times = canvas.verticalScrollBar(), []
    for frame in range(FRAMES):
        start = time.perf_counter()
        bar.setValue(frame * bar.maximum() // FRAMES)
        canvas.viewport().repaint()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def _zoom(canvas: CanvasView) -> float:
    """Milliseconds of a frame while the network is zoomed at the middle of the view."""
    times = []
    for frame in range(FRAMES):
        start = time.perf_counter()
        canvas.set_zoom(0.3 + 0.02 * frame)
        canvas.viewport().repaint()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def _overview(canvas: CanvasView) -> float:
    canvas.fit()
    return _median(canvas.viewport().repaint)


def main() -> None:
    """Print the figures of the project that is named, or of a deep chain."""
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    figures = measure(read_project(Path(sys.argv[1])).network if len(sys.argv) > 1 else None)
    print(f"canvas of {figures.layers} layers, ms   open {figures.opening:.0f}   layout {figures.layout:.1f}")
    print(f"one edit (goal <= 16)      setting {figures.setting:.1f}   insert {figures.inserting:.1f}", end="   ")
    print(f"setting with all composites open {figures.opened:.1f}")
    print(f"one frame (goal <= 16)     pan {figures.pan:.1f}   zoom {figures.zoom:.1f}", end="   ")
    print(f"overview {figures.overview:.1f}   repaint {figures.repaint:.1f}")


if __name__ == "__main__":
    main()
